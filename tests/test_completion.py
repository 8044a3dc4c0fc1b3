"""What a shell offers while a command is typed."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

OFFERED = {
    "check -f ": {"concise", "github", "gitlab", "html", "json", "junit", "markdown", "sarif", "text"},
    "check --format s": {"sarif"},
    "graph -f ": {"dot", "json", "mermaid", "text"},
    "prove implies -f ": {"json", "text"},
    "explain role -f j": {"json"},
    "check --select GG10": {"GG101", "GG102"},
    "rule GG2": {"GG201", "GG202", "GG203", "GG204"},
    "check --unknown ": {"fail", "warn", "allow"},
    "check --severity h": {"high"},
    "diff --fail-on ": {"widen", "any"},
    "basel": {"baseline"},
    "check --fi": {"--fix"},
    "synth --emit ": {"cdk", "cfn", "json", "sam", "terraform"},
    "synth --wildcards re": {"read", "receive"},
}


@pytest.mark.parametrize("typed", OFFERED)
def test_a_shell_offers_what_fits(typed: str) -> None:
    words = f"grantgraph {typed}"
    ended = subprocess.run(
        [sys.executable, "-m", "grantgraph"],
        env={
            **os.environ,
            "_GRANTGRAPH_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split(" ")) - 1),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert OFFERED[typed] <= set(ended.stdout.split())


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_can_be_shown_for_a_shell(shell: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "grantgraph", "--show-completion", shell],
        env={
            **os.environ,
            "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1",
        },  # tests may run outside of any shell
        capture_output=True,
        text=True,
        check=True,
    )
    assert "_GRANTGRAPH_COMPLETE" in ended.stdout
