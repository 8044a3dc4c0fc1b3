"""Strings as YAML writes them, whatever they hold; and words for a comment, on one line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

_WORD = r"[A-Za-z0-9_./*:+=@$-]*"
_PLAIN = re.compile(rf"([A-Za-z_./$]{_WORD}|[0-9]+[A-Za-z_./]{_WORD})( [A-Za-z0-9_./$]{_WORD})*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n", "~"})
_NUMBER = re.compile(
    r"[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?|0[xob][0-9a-f_]+|[0-9:.]+|\.(nan|inf)",
    re.IGNORECASE,
)
_DATE = re.compile(r"[0-9]{4}-[0-9]")

Value: TypeAlias = "str | bool | Sequence[Value] | Mapping[str, Value]"


def yaml_scalar(value: str) -> str:
    """A string as YAML: plain where nobody can take it for something else, in double quotes elsewhere."""
    plain = _PLAIN.fullmatch(value) and not value.endswith(":") and ": " not in value
    if plain and value.lower() not in _WORDS and not _NUMBER.fullmatch(value) and not _DATE.match(value):
        return value
    return '"' + "".join(map(_escaped, value)) + '"'


def yaml_flow(value: Value) -> str:
    """A value as YAML on one line; a list of one is written as the one."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return yaml_scalar(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(key)}: {yaml_flow(one)}" for key, one in value.items()) + "}"
    return yaml_flow(value[0]) if len(value) == 1 else "[" + ", ".join(map(yaml_flow, value)) + "]"


def _key(key: str) -> str:
    return key if key == "on" else yaml_scalar(key)  # a word of model files, which nobody reads as YAML 1.1


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return "\\" + letter
    code = ord(letter)
    if 0x20 <= code < 0x7F or (letter.isprintable() and 0xA0 <= code < 0xD800):
        return letter
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def one_line(words: str) -> str:
    """Words for a comment: on one line, with nothing in them that YAML or a terminal takes for more."""
    return "".join(letter if letter == '"' or letter == "\\" else _escaped(letter) for letter in words)
