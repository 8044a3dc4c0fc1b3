"""Settings of a project: `grantgraph.toml`, or `[tool.grantgraph]` in `pyproject.toml`.

The nearest file counts, from the current folder up to the repository's root. What a command line says comes first.
Folders of rules are code, and named on the command line only: whoever checks a repository does not run it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grantgraph.ignores import Ignore, read_ignore
from grantgraph.problems import InputError, Level, Location, Problem, did_you_mean

FILE, SHARED = "grantgraph.toml", "pyproject.toml"
MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Settings:
    """What a project has settled once and for all.

    Attributes:
        select, ignore: ids of rules, or what they begin with; the empty selection is all.
        severity: the least severe finding that fails the gate.
        unknown: what an undecided question does: `fail` (the default), `warn` or `allow`.
        baseline: the file of findings that were there before, "" for none.
        params: values of templates' parameters.
        ignores: findings that are accepted.
        home: the folder of the file, from which paths in it are read.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: str = ""
    unknown: str = ""
    baseline: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    account: str = ""
    region: str = ""
    partition: str = ""
    ignores: tuple[Ignore, ...] = ()
    home: Path = Path()


CHOICES: Mapping[str, tuple[str, ...]] = {
    "severity": ("high", "medium", "low"),
    "unknown": ("fail", "warn", "allow"),
}
_LISTS = ("select", "ignore")
_WORDS = ("severity", "unknown", "baseline", "account", "region", "partition")


def find_settings(start: Path) -> Settings:
    """The settings that hold in a folder.

    Raises:
        InputError: a file cannot be read, or says what settings cannot say; every such place is in its problems.
    """
    for folder in (start, *start.parents):
        own = folder / FILE
        if own.is_file():
            text = _text(own)
            return _read(own, text, _load(own, text))
        shared = folder / SHARED
        if shared.is_file():
            text = _text(shared)
            tools = _load(shared, text).get("tool", {})
            if "grantgraph" in tools:
                return _read(shared, text, tools["grantgraph"])
        if (folder / ".git").exists():
            break
    return Settings(home=start)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"`{path}` has more than {MAX_BYTES:,} bytes")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot read `{path}`: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise InputError(f"`{path}` is not UTF-8") from None


def _load(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        at = Location(str(path), int(place.group(1)), int(place.group(2))) if place else Location(str(path))
        message = f"not TOML: {str(error).partition(' (at ')[0]}"
        raise InputError(f"{at}: {message}", [Problem(at, Level.ERROR, "toml", message)]) from None


def _read(path: Path, text: str, table: Any) -> Settings:
    reader = _Reader(path, text)
    settings = reader.settings(table)
    if reader.problems:
        raise InputError(f"`{path}` cannot be understood", sorted(reader.problems, key=lambda one: one.at.line))
    return settings


class _Reader:
    """A table of settings while it is read."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.lines = text.split("\n")
        self.problems: list[Problem] = []

    def at(self, key: str, nth: int = 0) -> Location:
        """Where a key is set, the nth time that it is; TOML's reader does not tell."""
        spelled = re.compile(rf"""\s*["']?{re.escape(key)}["']?\s*=|\s*\[+\s*([\w.-]*\.)?{re.escape(key)}\s*\]+""")
        found = [number for number, line in enumerate(self.lines, 1) if spelled.match(line)]
        return Location(str(self.path), found[min(nth, len(found) - 1)], 1) if found else Location(str(self.path))

    def problem(self, at: Location, message: str, help: str = "") -> None:
        self.problems.append(Problem(at, Level.ERROR, "settings", message, help))

    def settings(self, table: Any) -> Settings:
        if not isinstance(table, dict):
            self.problem(Location(str(self.path)), "settings must be a table")
            return Settings()
        known = {*_LISTS, *_WORDS, "params", "ignores"}
        for key in table.keys() - known:
            self.problem(self.at(key), f"there is no setting `{key}`", did_you_mean(key, known))
        lists = {key: self.strings(key, table.get(key, [])) for key in _LISTS}
        words = {key: self.word(key, table.get(key, "")) for key in _WORDS}
        params = table.get("params", {})
        if not isinstance(params, dict) or not all(isinstance(one, str) for one in params.values()):
            self.problem(self.at("params"), "`params` must be a table of strings")
            params = {}
        return Settings(
            select=lists["select"],
            ignore=lists["ignore"],
            severity=words["severity"],
            unknown=words["unknown"],
            baseline=words["baseline"],
            params=params,
            account=words["account"],
            region=words["region"],
            partition=words["partition"],
            ignores=tuple(self.ignores(table)),
            home=self.path.parent,
        )

    def strings(self, key: str, value: Any) -> tuple[str, ...]:
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return tuple(value)
        self.problem(self.at(key), f"`{key}` must be a list of strings")
        return ()

    def word(self, key: str, value: Any) -> str:
        if not isinstance(value, str):
            self.problem(self.at(key), f"`{key}` must be a string")
            return ""
        allowed = CHOICES.get(key)
        if value and allowed is not None and value not in allowed:
            words = " or ".join(f"`{one}`" for one in allowed)
            self.problem(self.at(key), f"`{key}` must be {words}, not `{value}`", did_you_mean(value, allowed))
            return ""
        return value

    def ignores(self, table: dict[str, Any]) -> list[Ignore]:
        given = table.get("ignores", [])
        if not isinstance(given, list):
            self.problem(self.at("ignores"), "`ignores` must be a list of tables, each `[[ignores]]`")
            return []
        found = []
        for number, one in enumerate(given):
            at = self.at("ignores", number)
            if not isinstance(one, dict):
                self.problem(at, "an accepted finding must be a table")
                continue
            read = read_ignore(one, at, self.problem)
            found += [read] if read is not None else []
        return found
