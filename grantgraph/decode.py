"""JSON and YAML text to Nodes: every value with its place, every bound checked, duplicate keys refused."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal, InvalidOperation
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]  # C, untyped
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NoReturn

from grantgraph.node import Node
from grantgraph.problems import InputError, Level, Location, Problem

if TYPE_CHECKING:
    import yaml

MAX_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 200
MAX_NODES = 2_000_000
MAX_NUMBER_LENGTH = 400

Tag = Callable[[str, Node], "Node | None"]
"""What an application-specific YAML tag means: (tag without `!`, value) → the value in long form."""


_INSTEAD: ContextVar[Mapping[Path, str]] = ContextVar(
    "texts that stand for those of files", default=MappingProxyType({})
)


@contextmanager
def reading_instead(texts: Mapping[Path, str]) -> Iterator[None]:
    """Let texts stand for those of files, as if they had been written: how a change is read before it is made."""
    before = _INSTEAD.set({path.resolve(): text for path, text in texts.items()})
    try:
        yield
    finally:
        _INSTEAD.reset(before)


def read_text(path: Path) -> str:
    """The text of a file, with a bound on its size.

    Raises:
        InputError: the file is missing, a directory, too large, or not UTF-8.
    """
    instead = _INSTEAD.get()
    if instead and (known := instead.get(path.resolve())) is not None:
        return known
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise InputError(f"`{path}` is a directory", help="name a file in it")
        if size > MAX_BYTES:
            raise InputError(f"`{path}` has {size:,} bytes; at most {MAX_BYTES:,} are read")
        with path.open("rb") as stream:  # a device has no size: the bound holds for what is read, too
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise InputError(f"there is no file `{path}`", help=_nearby(path)) from None
    except OSError as error:
        raise InputError(f"cannot read `{path}`: {error.strerror or error}") from None
    if len(data) > MAX_BYTES:
        raise InputError(f"`{path}` has more than {MAX_BYTES:,} bytes, which is the most that is read")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"`{path}` is not UTF-8: byte {error.start + 1} is {data[error.start]:#04x}") from None


def _nearby(path: Path) -> str:
    from grantgraph.problems import did_you_mean

    if not path.parent.is_dir():
        return f"there is no folder `{path.parent}` either"
    names = [entry.name for entry in path.parent.iterdir()]
    help = did_you_mean(path.name, names)
    return help if help.startswith("did you") else ""


def decode(source: str, file: str, tag: Tag | None = None) -> Node:
    """JSON when the text starts like JSON, YAML otherwise.

    Raises:
        InputError: the text is neither, or breaks a bound; the problem has line and column.
    """
    start = source.lstrip()[:1]
    if not start:
        raise InputError(f"`{file}` is empty")
    if start in "{[":
        return decode_json(source, file)
    return decode_yaml(source, file, tag)


def decode_json(source: str, file: str) -> Node:
    """JSON text to a Node.

    Raises:
        InputError: not JSON, a duplicate key, or too deep, with line and column.
    """
    return _Json(source, file).document()


class _Lines:
    """Offsets to places."""

    def __init__(self, source: str, file: str) -> None:
        self.file = file
        self.starts = [0, *(found.end() for found in re.finditer("\n", source))]

    def at(self, offset: int, path: str = "") -> Location:
        line = bisect_right(self.starts, offset)
        return Location(self.file, line, offset - self.starts[line - 1] + 1, path)


_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORDS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None}


class _Json:
    def __init__(self, source: str, file: str) -> None:
        self.source = source
        self.lines = _Lines(source, file)
        self.nodes = 0

    def fail(self, offset: int, message: str, help: str = "", code: str = "json") -> NoReturn:
        at = self.lines.at(min(offset, len(self.source)))
        raise InputError(f"{at}: {message}", [Problem(at, Level.ERROR, code, message, help)], help)

    def skip(self, offset: int) -> int:
        found = _SPACE.match(self.source, offset)
        return found.end() if found else offset

    def found(self, offset: int) -> str:
        return f"`{self.source[offset]}`" if offset < len(self.source) else "the end of the file"

    def document(self) -> Node:
        node, end = self.value(self.skip(0), 0)
        end = self.skip(end)
        if end != len(self.source):
            self.fail(end, f"expected the end of the file, found {self.found(end)}")
        return node

    def value(self, offset: int, depth: int) -> tuple[Node, int]:
        if depth > MAX_DEPTH:
            self.fail(offset, f"nested deeper than {MAX_DEPTH} levels", code="depth")
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self.fail(offset, f"more than {MAX_NODES:,} values", code="size")
        first = self.source[offset : offset + 1]
        if first == '"':
            word, end = self.string(offset)
            return Node(word, self.lines.at(offset)), end
        if first == "{":
            return self.object(offset, depth)
        if first == "[":
            return self.list(offset, depth)
        number = _NUMBER.match(self.source, offset)
        if number:
            return Node(self.number(number, offset), self.lines.at(offset)), number.end()
        for word, meaning in _WORDS.items():
            if self.source.startswith(word, offset):
                return Node(meaning, self.lines.at(offset)), offset + len(word)
        self.fail(offset, f"expected a value, found {self.found(offset)}")

    def number(self, found: re.Match[str], offset: int) -> int | Decimal:
        spelled = found.group()
        if len(spelled) > MAX_NUMBER_LENGTH:
            self.fail(offset, f"a number of more than {MAX_NUMBER_LENGTH} digits", code="size")
        if found.group(1) is None and found.group(2) is None:
            return int(spelled)
        try:
            return Decimal(spelled)
        except InvalidOperation:
            self.fail(offset, f"the number `{spelled}` is out of range")

    def string(self, offset: int) -> tuple[str, int]:
        try:
            word, end = scanstring(self.source, offset + 1, True)
        except JSONDecodeError as error:
            what = error.msg.removesuffix(" at").removesuffix(" starting")
            self.fail(error.pos, f"bad string: {what[0].lower()}{what[1:]}")
        if not word.isascii() and (half := _SURROGATE.search(word)):
            self.fail(offset, f"bad string: `\\u{ord(half.group()):04x}` is half of a pair, and no character")
        return word, end

    def no_end(self, at: int, mark: str, what: str) -> None:
        """After a comma: another member, and not the end."""
        if self.source[at : at + 1] == mark:
            self.fail(at, f"expected {what}, found `{mark}`", "take away the comma before it")

    def object(self, offset: int, depth: int) -> tuple[Node, int]:
        members: dict[str, Node] = {}
        places: dict[str, Location] = {}
        at = self.skip(offset + 1)
        if self.source[at : at + 1] == "}":
            return Node(members, self.lines.at(offset)), at + 1
        while True:
            if self.source[at : at + 1] != '"':
                self.fail(at, f"expected a key in double quotes, found {self.found(at)}")
            key, end = self.string(at)
            if key in members:
                self.fail(at, f"duplicate key `{key}`", f"first at line {places[key].line}", "duplicate-key")
            places[key] = self.lines.at(at)
            colon = self.skip(end)
            if self.source[colon : colon + 1] != ":":
                self.fail(colon, f"expected `:` after the key `{key}`, found {self.found(colon)}")
            members[key], end = self.value(self.skip(colon + 1), depth + 1)
            at = self.skip(end)
            after = self.source[at : at + 1]
            if after == "}":
                return Node(members, self.lines.at(offset), places), at + 1
            if after != ",":
                self.fail(at, f"expected `,` or `}}`, found {self.found(at)}")
            at = self.skip(at + 1)
            self.no_end(at, "}", "a key in double quotes")

    def list(self, offset: int, depth: int) -> tuple[Node, int]:
        members: list[Node] = []
        at = self.skip(offset + 1)
        if self.source[at : at + 1] == "]":
            return Node((), self.lines.at(offset)), at + 1
        while True:
            member, end = self.value(at, depth + 1)
            members.append(member)
            at = self.skip(end)
            after = self.source[at : at + 1]
            if after == "]":
                return Node(tuple(members), self.lines.at(offset)), at + 1
            if after != ",":
                self.fail(at, f"expected `,` or `]`, found {self.found(at)}")
            at = self.skip(at + 1)
            self.no_end(at, "]", "a value")


_NOT_IN_YAML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PLAIN_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_PLAIN_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+([eE][-+]?[0-9]+)?")
_SHAPES = tuple(f"tag:yaml.org,2002:{shape}" for shape in ("str", "seq", "map"))
_PLAIN_WORDS: Mapping[str, bool | None] = {
    spelling: meaning
    for word, meaning in (("true", True), ("false", False), ("null", None))
    for spelling in (word, word.capitalize(), word.upper())
} | {"~": None, "": None}


def decode_yaml(source: str, file: str, tag: Tag | None = None) -> Node:
    """YAML text to a Node.

    Plain scalars become booleans, null, integers and decimals only in the spellings that JSON shares, so
    that `2012-10-17` stays text and an account number keeps its leading zero. Without `tag`,
    application-specific tags are refused.

    Raises:
        InputError: not YAML, a duplicate key, an alias bomb, or too deep, with line and column.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Yaml(file, tag).document(yaml.parse(source, Loader=loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = Location(file, mark.line + 1, mark.column + 1) if mark else Location(file)
        if "nesting depth" in (error.problem or ""):  # libyaml has a bound of its own, and reads ahead of ours
            message = f"nested deeper than {MAX_DEPTH} levels"
            raise InputError(f"{at}: {message}", [Problem(at, Level.ERROR, "depth", message)]) from None
        message = f"not YAML: {error.problem or error.context}"
        start = error.context_mark
        help = f"{error.context}, which starts at line {start.line + 1}" if error.context and start else ""
        raise InputError(f"{at}: {message}", [Problem(at, Level.ERROR, "yaml", message, help)], help) from None
    except yaml.YAMLError as error:  # a character that YAML does not know; its mark counts bytes
        found = _NOT_IN_YAML.search(source)
        at = _Lines(source, file).at(found.start()) if found else Location(file)
        named = f"the character U+{ord(found.group()):04X} is not allowed" if found else str(error).splitlines()[0]
        message = f"not YAML: {named}"
        raise InputError(f"{at}: {message}", [Problem(at, Level.ERROR, "yaml", message)]) from None


class _Yaml:
    """Builds Nodes from parse events with a stack of its own: depth costs no recursion."""

    def __init__(self, file: str, tag: Tag | None) -> None:
        self.file = file
        self.tag = tag
        self.anchors: dict[str, tuple[Node, int]] = {}
        self.nodes = 0

    def fail(self, at: Location, message: str, help: str = "", code: str = "yaml") -> NoReturn:
        raise InputError(f"{at}: {message}", [Problem(at, Level.ERROR, code, message, help)], help)

    def at(self, event: yaml.Event) -> Location:
        mark = event.start_mark
        return Location(self.file, mark.line + 1, mark.column + 1) if mark else Location(self.file)

    def count(self, more: int, at: Location) -> None:
        self.nodes += more
        if self.nodes > MAX_NODES:
            self.fail(at, f"expands to more than {MAX_NODES:,} values", "an alias of aliases?", "size")

    def document(self, events: object) -> Node:
        import yaml

        root: Node | None = None
        stack: list[_Open] = []
        for event in events:  # type: ignore[attr-defined]
            node: Node | None = None
            size = 1
            match event:
                case yaml.ScalarEvent():
                    node = self.scalar(event)
                case yaml.AliasEvent():
                    at = self.at(event)
                    if event.anchor not in self.anchors:
                        self.fail(at, f"there is no anchor `&{event.anchor}` before this")
                    node, size = self.anchors[event.anchor]
                case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                    if len(stack) >= MAX_DEPTH:
                        self.fail(self.at(event), f"nested deeper than {MAX_DEPTH} levels", code="depth")
                    mapping = isinstance(event, yaml.MappingStartEvent)
                    stack.append(_Open(mapping, self.at(event), event.anchor, event.tag, self.nodes))
                case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                    done = stack.pop()
                    size = self.nodes - done.nodes_before + 1
                    node = self.tagged(done.tag, done.node())
                    if done.anchor:
                        self.anchors[done.anchor] = (node, size)
                    size = 1
                case yaml.DocumentStartEvent() if root is not None:
                    self.fail(self.at(event), "a second YAML document in one file")
                case _:
                    continue
            if node is None:
                continue
            self.count(size, node.at)
            if isinstance(event, yaml.ScalarEvent) and event.anchor:
                self.anchors[event.anchor] = (node, 1)
            if stack:
                stack[-1].add(node, self)
            else:
                root = node
        if root is None:
            raise InputError(f"`{self.file}` is empty")
        return root

    def scalar(self, event: yaml.ScalarEvent) -> Node:
        at = self.at(event)
        spelled = event.value
        if event.tag is None and event.implicit[0]:
            if spelled in _PLAIN_WORDS:
                return Node(_PLAIN_WORDS[spelled], at)
            if len(spelled) <= MAX_NUMBER_LENGTH:
                if _PLAIN_INT.fullmatch(spelled):
                    return Node(int(spelled), at)
                if _PLAIN_DECIMAL.fullmatch(spelled):
                    try:
                        return Node(Decimal(spelled), at)
                    except InvalidOperation:
                        self.fail(at, f"the number `{spelled}` is out of range")
        return self.tagged(event.tag, Node(spelled, at))

    def tagged(self, tag: str | None, node: Node) -> Node:
        if tag is None or tag in ("!", *_SHAPES):
            return node
        meaning = self.tag(tag.lstrip("!"), node) if self.tag else None
        if meaning is None:
            spelled = tag.replace("tag:yaml.org,2002:", "!!")
            self.fail(node.at, f"unknown tag `{spelled}`", code="yaml-tag")
        return meaning


class _Open:
    """A mapping or a sequence whose end has not come yet."""

    def __init__(
        self, mapping: bool, at: Location, anchor: str | None, tag: str | None, nodes_before: int
    ) -> None:
        self.mapping, self.at, self.anchor, self.tag = mapping, at, anchor, tag
        self.nodes_before = nodes_before
        self.members: dict[str, Node] = {}
        self.places: dict[str, Location] = {}
        self.list: list[Node] = []
        self.key: str | None = None

    def add(self, node: Node, reader: _Yaml) -> None:
        if not self.mapping:
            self.list.append(node)
        elif self.key is None:
            key = node.as_str()
            if key is None:
                reader.fail(node.at, f"a key must be a string, not {node.describe()}")
            if key == "<<":
                reader.fail(node.at, "merge keys (`<<`) are not read", "write the members out")
            if key in self.members:
                first = self.places[key].line
                reader.fail(node.at, f"duplicate key `{key}`", f"first at line {first}", "duplicate-key")
            self.key = key
            self.places[key] = node.at
        else:
            self.members[self.key] = node
            self.key = None

    def node(self) -> Node:
        if self.mapping:
            return Node(self.members, self.at, self.places)
        return Node(tuple(self.list), self.at)
