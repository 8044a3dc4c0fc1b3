"""What many tests run: the command line in this process."""

from __future__ import annotations

import sys

import pytest

from grantgraph.cli import main
from tests.commands import Ended, Run

pytest_plugins = ["pytester"]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command line in this process."""

    def run(*arguments: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["grantgraph", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            main()
        code = caught.value.code
        assert code is None or isinstance(code, int)
        captured = capsys.readouterr()
        return Ended(code or 0, captured.out, captured.err)

    return run
