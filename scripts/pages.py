"""Put what commands print into the README and the pages of docs: `python scripts/pages.py [PAGE...]`.

A block of `console` is a session: lines that begin with `$ ` are run, one after the other, and what follows each
is what it prints on a terminal. Every page has a folder of its own, which is thrown away. Comments say the rest:

    <!-- in: DIR -->       the page's folder begins as a copy of DIR; without it, it has the `fixtures` alone
    <!-- run: COMMAND -->  runs, and is not shown
    <!-- file: NAME -->    the block that follows is written to a file
    <!-- lines: N -->      of each command in the block that follows, N lines are shown

With --check, pages are compared and none is written.
"""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parent.parent
PLAIN = {"NO_COLOR": "1", "TERM": "dumb", "LC_ALL": "C.UTF-8", "TZ": "UTC", "BASH_ENV": ""}
GIT = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in (
        ("NAME", "grantgraph"), ("EMAIL", "grantgraph@example.com"), ("DATE", "2026-01-01T00:00:00Z"),
    )},
}  # fmt: skip
_SAYS = re.compile(r"<!-- (\w+): (.+?) -->\s*")
_WORDS = ("in", "run", "file", "lines")


class PageError(Exception):
    """A page says something that cannot be done."""


@dataclass(slots=True)
class Session:
    """The folder of a page, and the exit code of what ran in it last."""

    folder: Path
    programs: Path
    ended: int = 0

    def run(self, command: str) -> str:
        """What a command prints on a terminal without color, its errors among it."""
        ours, theirs = pty.openpty()
        running = subprocess.Popen(
            ["bash", "-c", f"(exit {self.ended})\n{command}"],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
                **PLAIN,
                **GIT,
                "PATH": f"{self.programs}:{os.environ['PATH']}",
                "HOME": str(self.programs),
            },
        )
        os.close(theirs)
        printed = b"".join(iter(lambda: _read(ours), b""))
        os.close(ours)
        self.ended = running.wait()
        return printed.replace(b"\r\n", b"\n").decode()


def _read(terminal: int) -> bytes:
    """What comes next, nothing once all have gone: Linux calls that an error."""
    try:
        return os.read(terminal, 65_536)
    except OSError:
        return b""


@contextmanager
def session(start: Path | None) -> Iterator[Session]:
    """A folder for a page, which begins as a copy of another one, and `grantgraph` as it is installed."""
    with tempfile.TemporaryDirectory() as made:
        folder, programs = Path(made, "page"), Path(made, "bin")
        programs.mkdir()
        command = programs / "grantgraph"
        command.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m grantgraph "$@"\n')
        command.chmod(0o755)
        if start is None:
            folder.mkdir()
            (folder / "fixtures").symlink_to(ROOT / "fixtures")
        else:
            shutil.copytree(start, folder)
        yield Session(folder, programs)


@dataclass(slots=True)
class _Page:
    """A page while it is filled: its lines, and what its comments said of the next block."""

    path: Path
    lines: list[str]
    said: dict[str, str] = field(default_factory=dict)

    def wrong(self, token: Token, message: str) -> PageError:
        line = token.map[0] + 1 if token.map else 0
        return PageError(f"{self.path}:{line}: {message}")


def filled(path: Path) -> str:
    """The page with every block up to date.

    Raises:
        PageError: a comment is not known, a hidden command fails, or a command ends as no command may.
    """
    text = path.read_text(encoding="utf-8")
    tokens = [one for one in MarkdownIt().parse(text) if one.type in ("fence", "html_block")]
    page = _Page(path, text.split("\n"))
    said = [found for one in tokens if one.type == "html_block" for found in _SAYS.findall(one.content)]
    starts = [value for word, value in said if word == "in"]
    with session(ROOT / starts[0] if starts else None) as own:
        replaced = [(token, shown) for token in tokens if (shown := _token(page, token, own)) is not None]
    for token, shown in reversed(replaced):
        assert token.map is not None
        page.lines[token.map[0] + 1 : token.map[1] - 1] = shown
    return "\n".join(page.lines)


def _token(page: _Page, token: Token, own: Session) -> list[str] | None:
    """Do what a block or a comment says; the lines that the block shall have."""
    if token.type == "html_block":
        for word, value in _SAYS.findall(token.content):
            if word not in _WORDS:
                raise page.wrong(token, f"`{word}` is not one of {', '.join(_WORDS)}")
            if word == "run":
                printed = own.run(value)
                if own.ended:
                    raise page.wrong(token, f"`{value}` ended with {own.ended}: {printed}")
            else:
                page.said[word] = value
        return None
    if "file" in page.said:
        target = own.folder / page.said.pop("file")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(token.content, encoding="utf-8")
    most = int(page.said.pop("lines", 0))
    if token.info != "console":
        return None
    shown = []
    for command in commands_of(token.content):
        lines = own.run("\n".join(command)).splitlines()
        if own.ended not in (0, 1, 2, 3):
            raise page.wrong(token, f"`{command[0]}` ended with {own.ended}: {' '.join(lines)}")
        first, *more = command
        shown += [f"$ {first}", *(f"> {one}" for one in more)]
        shown += [*lines[:most], "..."] if most and len(lines) > most else lines
        if any(str(own.folder) in one for one in lines):
            raise page.wrong(token, f"`{first}` names the folder that it runs in")
    return shown


def commands_of(content: str) -> list[list[str]]:
    """The commands of a session, each with the lines on which it goes on."""
    found: list[list[str]] = []
    before = ""
    for line in content.splitlines():
        if line.startswith("$ "):
            found.append([line[2:]])
        elif line.startswith("> ") and before.endswith("\\") and found:
            found[-1].append(line[2:])
        before = line
    return found


def pages() -> list[Path]:
    """The README and every page of docs that shows a session."""
    known = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [one for one in known if "```console\n" in one.read_text(encoding="utf-8")]


def main() -> int:
    named = [Path(one).resolve() for one in sys.argv[1:] if not one.startswith("-")]
    stale = 0
    for path in named or pages():
        fresh = filled(path)
        if fresh != path.read_text(encoding="utf-8"):
            stale += 1
            print(path.relative_to(ROOT))
            if "--check" not in sys.argv:
                path.write_text(fresh, encoding="utf-8")
    return int(bool(stale) and "--check" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
