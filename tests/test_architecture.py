"""The map of the code is a test: layers, and what start-up may import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from importlinter.cli import lint_imports

ROOT = Path(__file__).parent.parent
HEAVY = ("networkx", "boto3", "policy_sentry", "pydantic", "yaml", "grantgraph.prove", "grantgraph.catalog")


def modules_after(*arguments: str) -> set[str]:
    """The modules that a run of the command line has imported."""
    code = (
        "import atexit, sys\n"
        "atexit.register(lambda: print('\\n'.join(sys.modules), file=sys.stderr))\n"
        f"sys.argv = ['grantgraph', *{list(arguments)!r}]\n"
        "from grantgraph.cli import main; main()"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    return set(run.stderr.splitlines())


def test_every_module_has_its_place_in_the_layers() -> None:
    assert lint_imports(str(ROOT / "pyproject.toml"), cache_dir=None) == 0


def test_help_imports_nothing_heavy() -> None:
    loaded = modules_after("--help")
    assert "typer" in loaded
    assert [name for name in HEAVY if name in loaded] == []


def test_check_draws_no_graph_and_asks_no_account() -> None:
    loaded = modules_after("check", "fixtures/apps/notes/tight.yaml")
    assert "grantgraph.prove" in loaded
    assert [name for name in ("networkx", "boto3", "policy_sentry") if name in loaded] == []


def test_importing_the_package_is_free() -> None:
    code = "import sys; before = set(sys.modules); import grantgraph; print(set(sys.modules) - before)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert run.stdout.strip() == "{'grantgraph'}"
