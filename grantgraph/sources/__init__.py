"""Where applications come from: one file a source; each offers `SOURCE`, and nothing is registered."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import product
from pathlib import Path

from grantgraph.decode import MAX_BYTES, Tag, decode, read_text
from grantgraph.discovery import discover
from grantgraph.model import Application, Choice
from grantgraph.node import Node
from grantgraph.problems import InputError, Level

STANDARD_INPUT = Path("-")
MODEL = "grantgraph.yaml"
"""The model file that stands for its folder: one that is bound to an input, or where nothing else is read."""
MODEL_FILE = "a model file"


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the caller knows and an input may leave open; None where the caller does not know either.

    `portable` leaves open where a model is deployed, whatever it says: for code that runs anywhere.
    `assume` is what is taken for granted for one reading of several (`load_cases`). `root` is the folder under
    which a model file may name its input, wherever it lies itself.
    """

    parameters: Mapping[str, str] = field(default_factory=dict)
    partition: str | None = None
    region: str | None = None
    account: str | None = None
    portable: bool = False
    assume: tuple[Choice, ...] = ()
    root: Path = Path()


@dataclass(frozen=True, slots=True)
class Source:
    """A kind of input.

    Attributes:
        name: what it is, with its article, for the message that nothing recognised an input.
        recognises: whether an input is of this kind; the Node is None for a folder.
        read: the application that it holds.
        tag: what the YAML tags of this kind mean.
    """

    name: str
    recognises: Callable[[Path, Node | None], bool]
    read: Callable[[Path, Node | None, ReadOptions], Application]
    tag: Tag | None = None


NO_OPTIONS = ReadOptions()


def load(path: Path | str, options: ReadOptions = NO_OPTIONS) -> Application:
    """The application at a path, whatever kind of input that is; `-` is standard input.

    Raises:
        InputError: there is nothing to read, it cannot be decoded, or no source recognises it.
    """
    return _reader(Path(path))(options)


def load_cases(path: Path | str, options: ReadOptions = NO_OPTIONS) -> tuple[Application, tuple[Application, ...]]:
    """The application at a path, and the same in every case that its conditions leave open.

    There are no cases where nothing is open. A case that AWS would refuse to deploy, because something that it
    refers to is not there, is left out.

    Raises:
        InputError: as `load` does.
    """
    read = _reader(Path(path))
    whole = read(options)
    cases = []
    for choices in product(*whole.choices) if whole.choices else ():
        case = read(replace(options, assume=choices))
        known = {problem.message for problem in whole.problems}
        errors = [one for one in case.problems if one.level is Level.ERROR and one.message not in known]
        if not any(one.code == "no-target" for one in errors):
            cases.append(case)
    return whole, tuple(cases)


def _reader(path: Path) -> Callable[[ReadOptions], Application]:
    """What reads a path, which may be asked more than once; a bound model stands for its folder."""
    is_folder = path != STANDARD_INPUT and path.is_dir()
    if is_folder and bound_model(path) is not None:
        return _reader(path / MODEL)
    source, node = find_source(path)
    return partial(source.read, path / MODEL if is_folder and node is not None else path, node)


def bound_model(path: Path) -> tuple[Path, str] | None:
    """The model file at a path, and the path of the input that it names; None where it is bound to nothing.

    Raises:
        InputError: the file cannot be decoded.
    """
    file = path / MODEL if path.is_dir() else path
    if file.suffix not in (".yaml", ".yml", ".json") or not file.is_file():
        return None
    source, node = find_source(file)
    named = node.get("from") if node is not None and source.name == MODEL_FILE else None
    return (file, named.as_str() or "") if named is not None else None


def find_source(path: Path) -> tuple[Source, Node | None]:
    """The source that reads a path, and what the path holds; for a folder, None where it is read as a folder.

    Raises:
        InputError: there is nothing to read, it cannot be decoded, or no source recognises it.
    """
    sources: tuple[Source, ...] = discover(__name__, "SOURCE")
    node = None if path != STANDARD_INPUT and path.is_dir() else _decode(path, sources)
    for source in sources:
        if source.recognises(path, node):
            return source, node
    if node is None and (path / MODEL).is_file():
        return find_source(path / MODEL)
    kinds = ", ".join(source.name for source in sources[:-1]) + f" or {sources[-1].name}"
    raise InputError(f"`{path}` is not {kinds}: {_contents(path, node)}", help=_advice(node))


def _decode(path: Path, sources: tuple[Source, ...]) -> Node:
    text = _read_standard_input() if path == STANDARD_INPUT else read_text(path)
    return decode(text, str(path), partial(_meaning, sources))


def _meaning(sources: tuple[Source, ...], tag: str, value: Node) -> Node | None:
    """What a YAML tag means to the first source that knows it."""
    meanings = (source.tag(tag, value) for source in sources if source.tag)
    return next((meaning for meaning in meanings if meaning is not None), None)


def _read_standard_input() -> str:
    data = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise InputError(f"standard input has more than {MAX_BYTES:,} bytes, which is the most that is read")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"standard input is not UTF-8: byte {error.start + 1}") from None


def _contents(path: Path, node: Node | None) -> str:
    if node is None:
        return "it is a folder without a `manifest.json` that lists artifacts, and without a `cdk.out`"
    if not node.fields:
        return f"it holds {node.describe()}" if not isinstance(node.value, Mapping) else "it is an empty object"
    keys = [f"`{key[:40]}`" for key in node.fields]
    return f"its top-level keys are {', '.join(keys[:8])}{', ...' if len(keys) > 8 else ''}"


def _advice(node: Node | None) -> str:
    if node is None:
        return "name a file in it, or run `cdk synth` first"
    return "a template has `Resources` at the top, a model file has `application`"


def load_text(text: str, name: str, options: ReadOptions = NO_OPTIONS) -> Application:
    """The application that a text holds; `name` stands for its path in what is said of it.

    Raises:
        InputError: it cannot be decoded, or no source recognises it.
    """
    sources: tuple[Source, ...] = discover(__name__, "SOURCE")
    node = decode(text, name, partial(_meaning, sources))
    for source in sources:
        if source.recognises(Path(name), node):
            return source.read(Path(name), node, options)
    raise InputError(f"`{name}` is nothing that is known: {_contents(Path(name), node)}", help=_advice(node))
