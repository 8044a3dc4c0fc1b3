"""Values that know where they were written: getters, expectations, and the way there and back."""

from __future__ import annotations

from decimal import Decimal

import pytest

from grantgraph.decode import decode_json
from grantgraph.node import Node, expect_fields, expect_keys, expect_str, expect_text, node_of, plain
from grantgraph.problems import (
    Bug,
    Level,
    Location,
    Parsed,
    Problem,
    Problems,
    bug,
    did_you_mean,
)
from grantgraph.text import Unknown, text

HERE = Location("f.json", 3, 7)


def test_a_path_of_keys_leads_to_a_value() -> None:
    node = node_of({"a": {"b": "c"}})
    assert node.get("a", "b") == node_of("c")


@pytest.mark.parametrize("path", [("x",), ("a", "x"), ("a", "b", "c"), ("list", "0")])
def test_a_path_that_ends_early_leads_nowhere(path: tuple[str, ...]) -> None:
    assert node_of({"a": {"b": "c"}, "list": ["d"]}).get(*path) is None


def test_only_an_object_has_fields_and_only_a_list_has_items() -> None:
    assert node_of([1]).fields == {} and node_of({"a": 1}).items == ()
    assert node_of("a").fields == {} and node_of("a").items == ()


def test_one_value_stands_for_a_list_of_one() -> None:
    assert node_of("a").one_or_many() == (node_of("a"),)
    assert node_of(["a", "b"]).one_or_many() == (node_of("a"), node_of("b"))
    assert node_of([]).one_or_many() == ()


@pytest.mark.parametrize(
    ("source", "spelled"), [("true", "true"), ("false", "false"), ("1", "1"), ("1.0", "1.0"), ('"x"', "x")]
)
def test_a_scalar_reads_as_the_text_that_json_spells(source: str, spelled: str) -> None:
    assert decode_json(f"[{source}]", "f").items[0].as_text() == spelled


@pytest.mark.parametrize("value", [None, [], {}, ["a"]])
def test_nothing_lists_and_objects_have_no_text(value: object) -> None:
    assert node_of(value).as_text() is None


def test_text_that_is_partly_unknown_is_text_and_no_string() -> None:
    node = Node(text(["a", Unknown("X")]))
    assert node.as_text() == text(["a", Unknown("X")])
    assert node.as_str() is None


def test_a_value_of_unknown_shape_may_be_text() -> None:
    assert Node(Unknown("X")).as_text() == text([Unknown("X")])


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "nothing"),
        (True, "a boolean"),
        (1, "a number"),
        (1.5, "a number"),
        ("a", "a string"),
        ([], "a list"),
        ({}, "an object"),
        (Unknown("X"), "a value that is not known here"),
    ],
)
def test_a_value_says_what_kind_it_is(value: object, words: str) -> None:
    assert node_of(value).describe() == words


def test_walking_meets_every_value_depth_first() -> None:
    node = node_of({"a": [1, 2], "b": 3})
    assert [one.value for one in node.walk() if not one.items and not one.fields] == [1, 2, 3]


def test_the_place_of_a_value_is_no_part_of_the_value() -> None:
    assert Node("a", HERE) == Node("a")


def test_the_spelling_of_a_number_is_kept_in_its_text() -> None:
    assert decode_json("[1.0]", "f").items[0].as_text() != decode_json("[1]", "f").items[0].as_text()


def test_plain_values_come_back_as_they_went_in() -> None:
    value = {"a": [1, True, None, "x", 1.5], "b": {}}
    assert plain(node_of(value)) == value


def test_unknown_parts_come_back_as_placeholders() -> None:
    assert plain(Node(text(["a/", Unknown("X")]))) == "a/${X}"


def test_a_value_that_json_has_no_word_for_is_refused() -> None:
    with pytest.raises(TypeError, match="not a JSON value: set"):
        node_of({"a": {1, 2}})


def test_an_expectation_that_fails_says_what_was_expected_and_where() -> None:
    problems = Problems()
    assert expect_text(Node(None, HERE), "`Sid`", problems) is None
    assert expect_str(Node((), HERE), "`Sid`", problems) is None
    assert expect_fields(Node("x", HERE), "a statement", problems) == {}
    assert [str(one) for one in problems.all()] == [
        "f.json:3:7: `Sid` must be a string, not nothing",
        "f.json:3:7: `Sid` must be a string, not a list",
        "f.json:3:7: a statement must be an object, not a string",
    ]


def test_an_unknown_key_is_reported_at_the_key_with_the_nearest_known_one() -> None:
    problems = Problems()
    node = decode_json('{"Effect": "Allow",\n "Acton": "*"}', "p.json")
    expect_keys(node, frozenset({"Action", "Effect"}), "a statement", problems)
    (problem,) = problems.all()
    assert str(problem) == "p.json:2:2: unknown key `Acton` in a statement (did you mean `Action`?)"


def test_the_same_problem_is_kept_once() -> None:
    problems = Problems()
    problems.note(HERE, "code", "odd")
    problems.note(HERE, "code", "odd")
    problems.unmodelled(HERE, "code", "odd")
    assert [one.level for one in problems.all()] == [Level.NOTE, Level.UNMODELLED]


def test_only_errors_stand_between_a_reader_and_its_value() -> None:
    error, note = (Problem(HERE, level, "c", "m") for level in (Level.ERROR, Level.NOTE))
    assert Parsed(1, (note, error)).errors == (error,)


def test_a_location_without_a_line_is_its_file() -> None:
    assert str(Location("f.yaml")) == "f.yaml" and str(HERE) == "f.json:3:7"


@pytest.mark.parametrize(
    ("word", "known", "help"),
    [
        ("reed", ["read", "write"], "did you mean `read`?"),
        ("zzz", ["read", "write"], "known: `read`, `write`"),
        ("JSON", ["json", "text"], "did you mean `json`?"),
        ("zzz", [], ""),
        ("zzz", [f"word{number}" for number in range(30)], ""),
    ],
)
def test_a_help_names_the_nearest_words_or_a_short_list(word: str, known: list[str], help: str) -> None:
    assert did_you_mean(word, known) == help


def test_what_cannot_happen_is_raised_as_a_bug() -> None:
    with pytest.raises(Bug, match="a witness that does not replay"):
        bug("a witness that does not replay")


def test_a_float_becomes_the_decimal_that_spells_it() -> None:
    assert node_of(0.1).value == Decimal("0.1")
