"""What the README shows is what the commands print, and the demo runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from scripts.readme import BLOCK, README, filled

ROOT = Path(__file__).parent.parent


def test_the_readme_shows_what_the_commands_print() -> None:
    readme = README.read_text(encoding="utf-8")
    assert len(BLOCK.findall(readme)) == 2
    assert filled(readme) == readme


def test_the_demo_runs_to_its_end_with_the_exit_codes_that_it_expects(tmp_path: Path) -> None:
    wrapper = tmp_path / "grantgraph"
    wrapper.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m grantgraph "$@"\n', encoding="utf-8")
    wrapper.chmod(0o755)
    run = subprocess.run(
        ["sh", "scripts/demo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "GRANTGRAPH": str(wrapper), "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.count("(exit code") == 5
