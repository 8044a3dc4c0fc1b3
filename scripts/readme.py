"""Put what the commands print into the README: `python scripts/readme.py`; with --check, compare only."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
BLOCK = re.compile(r"<!-- demo: (?P<command>[^\n]+) -->\n```\n(?P<shown>.*?)```\n", re.DOTALL)
SHOWN_LINES = 14


def output_of(command: str) -> str:
    """What a command prints on a terminal without color, its errors too."""
    ours, theirs = pty.openpty()
    run = subprocess.Popen(
        [sys.executable, "-m", "grantgraph", *command.split()],
        cwd=ROOT,
        stdout=theirs,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
    )
    os.close(theirs)
    printed = b"".join(iter(lambda: _read(ours), b""))
    os.close(ours)
    _, errors = run.communicate()
    return (printed.replace(b"\r\n", b"\n") + errors).decode()


def _read(terminal: int) -> bytes:
    """What comes next, nothing once all have gone: Linux calls that an error."""
    try:
        return os.read(terminal, 65_536)
    except OSError:
        return b""


def shown_of(command: str) -> str:
    """The first screen of it."""
    lines = output_of(command).splitlines()
    cut = [*lines[:SHOWN_LINES], "..."] if len(lines) > SHOWN_LINES else lines
    return "\n".join([f"$ grantgraph {command}", *cut]) + "\n"


def filled(readme: str) -> str:
    """The README with every block up to date."""
    return BLOCK.sub(
        lambda found: f"<!-- demo: {found['command']} -->\n```\n{shown_of(found['command'])}```\n", readme
    )


def main() -> int:
    readme = README.read_text(encoding="utf-8")
    fresh = filled(readme)
    if "--check" in sys.argv:
        return int(fresh != readme)
    README.write_text(fresh, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
