"""Text that may hold parts decided elsewhere: normal form, joining, splitting, and showing it."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grantgraph.text import (
    Symbolic,
    Text,
    Unknown,
    letters,
    parts_of,
    split_text,
    text,
    unknowns_in,
    visible,
)

TABLE = Unknown("Notes", generated=True)
REGION = Unknown("AWS::Region")

pieces = st.lists(st.one_of(st.text(alphabet="ab:/", max_size=4), st.sampled_from([TABLE, REGION])), max_size=6)


def test_known_parts_join_to_a_plain_string() -> None:
    assert text(["arn:", "", "aws"]) == "arn:aws"


def test_nothing_joins_to_the_empty_string() -> None:
    assert text([]) == "" and text(["", ""]) == ""


def test_neighbouring_literals_melt_and_empty_ones_vanish() -> None:
    assert text(["a", "", "b", TABLE, "", "c", "d"]) == Symbolic(("ab", TABLE, "cd"))


def test_symbolic_text_inside_text_is_flattened() -> None:
    inner = text(["a", TABLE, "b"])
    assert text(["x", inner, "y"]) == Symbolic(("xa", TABLE, "by"))


def test_two_spellings_of_one_text_are_equal() -> None:
    assert text(["a", text(["b", TABLE])]) == text(["ab", TABLE])


@given(pieces)
def test_joining_gives_the_normal_form(parts: list[str | Unknown]) -> None:
    joined = text(parts)
    if isinstance(joined, Symbolic):
        assert any(isinstance(part, Unknown) for part in joined.parts)
        assert "" not in joined.parts
        kinds = [isinstance(part, str) for part in joined.parts]
        assert not any(one and after for one, after in pairwise(kinds))
    assert text(parts_of(joined)) == joined


@given(pieces)
def test_joining_keeps_every_letter_in_order(parts: list[str | Unknown]) -> None:
    expected = [letter for part in parts for letter in (part if isinstance(part, str) else (part,))]
    assert list(letters(text(parts))) == expected


@given(pieces, st.integers(min_value=-1, max_value=4))
def test_joining_what_was_split_gives_the_text_back(parts: list[str | Unknown], limit: int) -> None:
    whole = text(parts)
    fields = split_text(whole, ":", limit)
    assert _join(fields, ":") == whole


@given(st.text(alphabet="ab:", max_size=12), st.integers(min_value=-1, max_value=4))
def test_a_plain_string_splits_as_python_splits_it(value: str, limit: int) -> None:
    assert split_text(value, ":", limit) == tuple(value.split(":", limit))


def test_an_unknown_part_is_never_split() -> None:
    arn = text(["arn:aws:dynamodb:", REGION, ":1:table/", TABLE])
    assert split_text(arn, ":") == ("arn", "aws", "dynamodb", text([REGION]), "1", text(["table/", TABLE]))


def test_a_limit_leaves_the_rest_whole() -> None:
    arn = text(["arn:aws:s3:::", TABLE, "/a:b"])
    assert split_text(arn, ":", 5) == ("arn", "aws", "s3", "", "", text([TABLE, "/a:b"]))


def test_a_text_names_the_unknowns_in_it() -> None:
    assert unknowns_in(text([REGION, "/", TABLE])) == {REGION, TABLE}
    assert unknowns_in("plain") == frozenset()


def test_an_unknown_is_itself_whatever_the_reason() -> None:
    assert Unknown("A", "one reason") == Unknown("A", "another")
    assert Unknown("A") != Unknown("B")


def test_only_generated_names_and_the_environment_are_one_word() -> None:
    assert TABLE.plain and REGION.plain
    assert not Unknown("Parameter").plain


def test_unknown_parts_are_spelled_like_placeholders() -> None:
    assert str(text(["table/", TABLE])) == "table/${Notes}"


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[31mred", "\\u001b[31mred"),
        ("two\nlines", "two\\u000alines"),
        ("\x9b2J", "\\u009b2J"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("a\u2028b", "a\\u2028b"),
        ("bell\x07, delete\x7f", "bell\\u0007, delete\\u007f"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_steers_a_terminal_is_spelled_out(hostile: str, shown: str) -> None:
    assert visible(hostile) == shown


@pytest.mark.parametrize("harmless", ["", "plain words", "`notes` é 日本 😀", "a\\b"])
def test_harmless_words_are_shown_as_they_are(harmless: str) -> None:
    assert visible(harmless) == harmless


def _join(fields: tuple[Text, ...], separator: str) -> Text:
    parts: list[Text] = []
    for field in fields:
        parts += [separator, field] if parts else [field]
    return text(parts)
