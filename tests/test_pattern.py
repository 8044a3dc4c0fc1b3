"""Patterns against text: what matches, and that matching is exact, quick and three-valued."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grantgraph.policy.pattern import Match, Pattern, Variable, Wild, literal_pattern, parse_pattern
from grantgraph.text import Text, Unknown, text

ONE, RUN = Wild.ONE, Wild.RUN


def as_regex(spelled: str) -> str:
    return "".join(".*" if one == "*" else "." if one == "?" else re.escape(one) for one in spelled)


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=10))
@settings(max_examples=500, deadline=None, derandomize=True, database=None)
def test_matching_is_what_a_regular_expression_says(spelled: str, value: str) -> None:
    expected = re.fullmatch(as_regex(spelled), value, re.DOTALL) is not None
    pattern = parse_pattern(spelled)
    assert pattern.match(value) is (Match.YES if expected else Match.NO)
    tester = pattern.tester()
    assert tester is not None and tester(value) is expected


@pytest.mark.parametrize(
    ("spelled", "parts"),
    [
        ("abc", ("abc",)),
        ("", ()),
        ("a**b", ("a", RUN, "b")),
        ("a*?*b", ("a", ONE, RUN, "b")),
        ("${aws:UserName}", (Variable("aws:username"),)),
        ("${key, 'none'}", (Variable("key", "none"),)),
        ("a${*}b${?}${$}", ("a*b?$",)),
        ("${open", ("${open",)),
        ("${}", (Variable(""),)),
    ],
)
def test_parsing(spelled: str, parts: tuple[object, ...]) -> None:
    assert parse_pattern(spelled).parts == parts


def test_the_old_version_has_no_variables() -> None:
    pattern = parse_pattern("${aws:username}/${*}", variables=False)
    assert pattern.literal == "${aws:username}/${*}"


def test_equals_has_no_wildcards() -> None:
    assert parse_pattern("a*?", wildcards=False).literal == "a*?"


@pytest.mark.parametrize("value", ["", "a", "*", "?", "${x}", "$", "a*b?${c}$", "${"])
def test_a_literal_is_written_so_that_it_reads_back(value: str) -> None:
    written = str(literal_pattern(value))
    assert parse_pattern(written) == literal_pattern(value)


def test_filling_in_is_not_read_again() -> None:
    filled = parse_pattern("${a}/*").substitute(lambda variable: "${b}*")
    assert filled is not None
    assert filled.match("${b}*/x") is Match.YES
    assert filled.match("${b}c/x") is Match.NO


def test_no_value_no_pattern() -> None:
    assert parse_pattern("x${a}").substitute(lambda variable: None) is None


NAME = Unknown("Bucket.Ref", generated=True)
OTHER = Unknown("Other.Ref", generated=True)
PARAMETER = Unknown("Parameter")


@pytest.mark.parametrize(
    ("parts", "value", "expected"),
    [
        (("a", NAME), text(["a", NAME]), Match.YES),
        (("a", NAME, RUN), text(["a", NAME, "/x"]), Match.YES),
        ((NAME,), text([OTHER]), Match.NO),
        ((NAME,), text([PARAMETER]), Match.MAYBE),
        ((NAME,), "bucket", Match.MAYBE),
        (("a", NAME), "b", Match.NO),
        ((RUN,), text([PARAMETER]), Match.YES),
        ((ONE,), text([PARAMETER]), Match.MAYBE),
        (("prod-", RUN), text(["prod-", NAME]), Match.YES),
        (("prod-", RUN), text([PARAMETER, "x"]), Match.MAYBE),
    ],
)
def test_unknown_parts(parts: tuple[object, ...], value: Text, expected: Match) -> None:
    assert Pattern(parts).match(value) is expected  # type: ignore[arg-type]


def test_a_definite_answer_survives_every_filling() -> None:
    words = ["".join(word) for size in range(3) for word in itertools.product("ab", repeat=size)]
    for spelled in ("", "a", "*", "?", "a*", "*b", "?a*"):
        pattern = parse_pattern(spelled)
        for value in (text([PARAMETER]), text(["a", PARAMETER]), text([PARAMETER, "b"])):
            found = pattern.match(value)
            fillings = (
                {
                    pattern.match("".join(word if part is PARAMETER else str(part) for part in value.parts))
                    for word in words
                }
                if not isinstance(value, str)
                else set()
            )
            if found is not Match.MAYBE:
                assert fillings == {found}, (spelled, value)
