"""JSON and YAML to Nodes: places, bounds, refusals; and the values that come through."""

from __future__ import annotations

import json
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import grantgraph.decode
from grantgraph.decode import decode, decode_json, decode_yaml, read_text
from grantgraph.node import Node, node_of, plain
from grantgraph.problems import InputError, Location, Problem


def refusal_of_json(source: str) -> Problem:
    with pytest.raises(InputError) as caught:
        decode_json(source, "f.json")
    (problem,) = caught.value.problems
    assert str(caught.value) == f"{problem.at}: {problem.message}"
    return problem


def refusal_of_yaml(source: str) -> Problem:
    with pytest.raises(InputError) as caught:
        decode_yaml(source, "f.yaml")
    (problem,) = caught.value.problems
    assert str(caught.value) == f"{problem.at}: {problem.message}"
    return problem


# ── JSON: what is refused, and where ──


@pytest.mark.parametrize(
    ("source", "place", "message"),
    [
        ('{\n  "a": 1\n  "b": 2\n}', (3, 3), 'expected `,` or `}`, found `"`'),
        ("[1\n 2]", (2, 2), "expected `,` or `]`, found `2`"),
        ('{"a" 1}', (1, 6), "expected `:` after the key `a`, found `1`"),
        ('{\n "a": 1,\n}', (3, 1), "expected a key in double quotes, found `}`"),
        ("[1,\n 2,]", (2, 4), "expected a value, found `]`"),
        ("{,}", (1, 2), "expected a key in double quotes, found `,`"),
        ("{'a': 1}", (1, 2), "expected a key in double quotes, found `'`"),
        ("{// a comment\n}", (1, 2), "expected a key in double quotes, found `/`"),
        ('{"a": "x\\q"}', (1, 9), "bad string: invalid \\escape"),
        ('["\\u12"]', (1, 4), "bad string: invalid \\uXXXX escape"),
        ('{"a": "x\ny"}', (1, 9), "bad string: invalid control character"),
        ('{"a": "abc', (1, 7), "bad string: unterminated string"),
        ('{"a":\n "\\ud800"}', (2, 2), "bad string: `\\ud800` is half of a pair, and no character"),
        ('["x\\udc00"]', (1, 2), "bad string: `\\udc00` is half of a pair, and no character"),
        ("[NaN]", (1, 2), "expected a value, found `N`"),
        ("[-Infinity]", (1, 2), "expected a value, found `-`"),
        ("[+1]", (1, 2), "expected a value, found `+`"),
        ("[.5]", (1, 2), "expected a value, found `.`"),
        ("[01]", (1, 3), "expected `,` or `]`, found `1`"),
        ("[1.]", (1, 3), "expected `,` or `]`, found `.`"),
        ("[truex]", (1, 6), "expected `,` or `]`, found `x`"),
        ("[1e99999999999999999999]", (1, 2), "the number `1e99999999999999999999` is out of range"),
        ("[" + "1" * 401 + "]", (1, 2), "a number of more than 400 digits"),
        ("{} {}", (1, 4), "expected the end of the file, found `{`"),
        ('{"a":', (1, 6), "expected a value, found the end of the file"),
        ("[", (1, 2), "expected a value, found the end of the file"),
    ],
)
def test_bad_json_is_refused_at_its_place(source: str, place: tuple[int, int], message: str) -> None:
    problem = refusal_of_json(source)
    assert (problem.message, problem.at.line, problem.at.column) == (message, *place)


def test_the_comma_before_the_end_is_named() -> None:
    assert refusal_of_json("[1,]").help == refusal_of_json('{"a": 1,}').help == "take away the comma before it"


def test_a_duplicate_key_is_refused_with_the_place_of_the_first() -> None:
    problem = refusal_of_json('{"a": 1,\n "b": {"a": 2},\n "a": 3}')
    assert str(problem) == "f.json:3:2: duplicate key `a` (first at line 1)"


def test_two_spellings_of_one_key_are_duplicates() -> None:
    assert refusal_of_json('{"a": 1, "\\u0061": 2}').code == "duplicate-key"


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_a_hundred_thousand_levels_of_json_are_refused_without_recursion(opening: str) -> None:
    problem = refusal_of_json(opening * 100_000)
    assert (problem.code, problem.message) == ("depth", "nested deeper than 200 levels")


def test_two_hundred_levels_of_json_are_read() -> None:
    assert sum(1 for _ in decode_json("[" * 200 + "]" * 200, "f").walk()) == 200


def test_more_values_than_the_bound_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grantgraph.decode, "MAX_NODES", 10)
    assert refusal_of_json("[" + ",".join("1" * 11) + "]").message == "more than 10 values"


def test_crlf_counts_as_one_line_end() -> None:
    problem = refusal_of_json('{\r\n  "a": 1,\r\n  "b" 2}')
    assert (problem.at.line, problem.at.column) == (3, 7)


# ── JSON: what is read ──


def test_every_value_and_every_key_has_its_place() -> None:
    node = decode_json('{\n  "a": [true,\n    null]\n}', "f.json")
    inner = node.fields["a"]
    assert node.at == Location("f.json", 1, 1) and node.key_at["a"] == Location("f.json", 2, 3)
    assert inner.at == Location("f.json", 2, 8)
    assert [one.at for one in inner.items] == [Location("f.json", 2, 9), Location("f.json", 3, 5)]


@pytest.mark.parametrize("spelled", ["1.0", "1", "10.50", "-0.10", "123456789012345678901234567890"])
def test_a_number_keeps_its_spelling(spelled: str) -> None:
    assert decode_json(f"[{spelled}]", "f").items[0].as_text() == spelled


def test_a_pair_of_surrogates_is_one_character() -> None:
    assert decode_json('["\\ud83d\\ude00"]', "f") == node_of(["😀"])


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(values, st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_whatever_json_writes_is_read_as_it_was(value: object, ascii_only: bool, indent: int | str | None) -> None:
    written = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    assert decode_json(written, "f") == node_of(value)


@given(values)
def test_what_was_read_is_written_as_it_was(value: object) -> None:
    assert plain(decode_json(json.dumps(value), "f")) == json.loads(json.dumps(value))


# ── YAML: what is refused, and where ──


@pytest.mark.parametrize(
    ("source", "place", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", (3, 1), "duplicate key `a`"),
        ("a: !Foo x\n", (1, 4), "unknown tag `!Foo`"),
        ("a: !GetAtt Notes.Arn\n", (1, 4), "unknown tag `!GetAtt`"),
        ("a: !!python/object/apply:os.system [ls]\n", (1, 4), "unknown tag `!!python/object/apply:os.system`"),
        ("a: !!binary aGk=\n", (1, 4), "unknown tag `!!binary`"),
        ("a: 1\n---\nb: 2\n", (2, 1), "a second YAML document in one file"),
        ("x: &x {a: 1}\ny:\n  <<: *x\n", (3, 3), "merge keys (`<<`) are not read"),
        ("a: *x\n", (1, 4), "there is no anchor `&x` before this"),
        ("a: &x [*x]\n", (1, 8), "there is no anchor `&x` before this"),
        ("a:\n  ? [b]\n  : c\n", (2, 5), "a key must be a string, not a list"),
        ("~: a\n", (1, 1), "a key must be a string, not nothing"),
        ("a: 1.0e99999999999999999999\n", (1, 4), "the number `1.0e99999999999999999999` is out of range"),
        ("a: 1\nb: \x1b[31m\n", (2, 4), "not YAML: the character U+001B is not allowed"),
    ],
)
def test_bad_yaml_is_refused_at_its_place(source: str, place: tuple[int, int], message: str) -> None:
    problem = refusal_of_yaml(source)
    assert (problem.message, problem.at.line, problem.at.column) == (message, *place)


@pytest.mark.parametrize(
    ("source", "line"), [("a:\n\tb: 1\n", 2), ("a: 1\n  b: 2\n", 2), ("a: [1, 2\nb: 3\n", 2), ("a: @x", 1)]
)
def test_what_is_not_yaml_is_refused_at_its_line(source: str, line: int) -> None:
    problem = refusal_of_yaml(source)
    assert problem.at.line == line and problem.message.startswith("not YAML: ")


def test_an_unclosed_bracket_is_named_with_the_line_that_opened_it() -> None:
    assert refusal_of_yaml("a: 1\nb: [1, 2\nc: 3\n").help.endswith("which starts at line 2")


def test_a_duplicate_key_of_yaml_names_the_line_of_the_first() -> None:
    assert refusal_of_yaml("a: 1\nb: 2\na: 3\n").help == "first at line 1"


def test_an_alias_bomb_is_refused_before_it_goes_off() -> None:
    names = "abcdefghij"
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for before, name in pairwise(names):
        lines.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]")
    problem = refusal_of_yaml("\n".join(lines))
    assert (problem.code, problem.help) == ("size", "an alias of aliases?")


@pytest.mark.parametrize("source", ["[" * 100_000, "a: " + "{a: " * 300, "- " * 300 + "x"])
def test_deep_yaml_is_refused_without_recursion(source: str) -> None:
    assert refusal_of_yaml(source).code == "depth"


# ── YAML: what is read ──


@pytest.mark.parametrize(
    ("spelled", "value"),
    [
        ("2012-10-17", "2012-10-17"),
        ("012345678901", "012345678901"),
        ("yes", "yes"),
        ("on", "on"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        (".inf", ".inf"),
        ("1e5", "1e5"),
        ('"1"', "1"),
        ("'true'", "true"),
        ("!!str 1", "1"),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("null", None),
        ("", None),
        ("-7", -7),
        ("1.50", Decimal("1.50")),
    ],
)
def test_a_plain_scalar_is_a_number_only_where_json_would_say_so(spelled: str, value: object) -> None:
    read = decode_yaml(f"a: {spelled}\n", "f").fields["a"]
    assert (read.value, type(read.value)) == (value, type(value))


def test_a_decimal_of_yaml_keeps_its_spelling() -> None:
    assert decode_yaml("a: 1.50", "f").fields["a"].as_text() == "1.50"


def test_a_number_too_long_for_a_number_stays_text() -> None:
    assert decode_yaml("a: " + "9" * 5000, "f").fields["a"].as_text() == "9" * 5000


def test_an_alias_stands_for_the_value_of_its_anchor() -> None:
    assert decode_yaml("a: &x [1]\nb: *x\n", "f") == node_of({"a": [1], "b": [1]})


def test_a_later_anchor_takes_the_place_of_an_earlier_one() -> None:
    assert decode_yaml("a: &x 1\nb: &x 2\nc: *x\n", "f") == node_of({"a": 1, "b": 2, "c": 2})


def test_every_value_and_key_of_yaml_has_its_place() -> None:
    node = decode_yaml("a:\n  b: [c,\n      d]\n", "f.yaml")
    inner = node.get("a", "b")
    assert inner is not None and inner.items[1].at == Location("f.yaml", 3, 7)
    assert node.fields["a"].key_at["b"] == Location("f.yaml", 2, 3)


def test_a_tag_means_what_its_reader_says() -> None:
    def tag(name: str, value: Node) -> Node | None:
        return node_of({name: plain(value)}) if name == "Ref" else None

    assert decode_yaml("a: !Ref Notes\n", "f", tag) == node_of({"a": {"Ref": "Notes"}})


@given(values)
def test_whatever_json_writes_is_yaml_of_the_same_shape(value: object) -> None:
    written = json.dumps({"value": value}, ensure_ascii=True)
    read = decode(written, "f")
    assert read.fields["value"] == node_of(value)


# ── files ──


def test_text_that_starts_with_a_bracket_is_json_and_other_text_is_yaml() -> None:
    assert decode(' \n{"a": 1}', "f") == decode("a: 1", "f") == node_of({"a": 1})


@pytest.mark.parametrize("source", ["", " \n\t "])
def test_an_empty_text_is_said_to_be_empty(source: str) -> None:
    with pytest.raises(InputError, match="`f` is empty"):
        decode(source, "f")


def test_a_text_of_comments_alone_is_empty() -> None:
    with pytest.raises(InputError, match="`f` is empty"):
        decode("# nothing but this\n", "f")


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    file = tmp_path / "f.json"
    file.write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert decode(read_text(file), "f").at == Location("f", 1, 1)


def test_a_file_that_is_not_utf8_is_refused_at_its_byte(tmp_path: Path) -> None:
    file = tmp_path / "f.json"
    file.write_bytes(b'{"a": "\xff"}')
    with pytest.raises(InputError, match=r"is not UTF-8: byte 8 is 0xff"):
        read_text(file)


def test_a_file_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grantgraph.decode, "MAX_BYTES", 10)
    file = tmp_path / "f.json"
    file.write_text("[1, 2, 3, 4]")
    with pytest.raises(InputError, match="has 12 bytes; at most 10 are read"):
        read_text(file)


def test_the_bound_holds_for_a_device_that_has_no_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grantgraph.decode, "MAX_BYTES", 10)
    with pytest.raises(InputError, match="`/dev/zero` has more than 10 bytes"):
        read_text(Path("/dev/zero"))


def test_an_empty_device_reads_as_empty_text() -> None:
    assert read_text(Path("/dev/null")) == ""


def test_a_directory_is_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a directory") as caught:
        read_text(tmp_path)
    assert caught.value.help == "name a file in it"


def test_a_missing_file_names_the_nearest_one(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").touch()
    with pytest.raises(InputError, match="there is no file") as caught:
        read_text(tmp_path / "tempalte.yaml")
    assert caught.value.help == "did you mean `template.yaml`?"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_text(tmp_path / "gone" / "template.yaml")
    assert caught.value.help == f"there is no folder `{tmp_path / 'gone'}` either"
