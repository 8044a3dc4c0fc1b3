"""What is installed is whole: the wheel holds the catalog, the rules and the command."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_the_catalog_the_rules_and_the_licence(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "grantgraph/catalog/catalog.bin" in names
    assert "grantgraph/catalog/managed_policies.bin" in names
    rules = {path.name for path in (ROOT / "rules").glob("*.py")}
    assert {f"grantgraph/_rules/{name}" for name in rules} <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if name.startswith(("tests/", "fixtures/", "scripts/"))]


def test_the_wheel_checks_a_template_away_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    unpacked = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(unpacked)
    code = (
        f"import sys; sys.path.insert(0, {str(unpacked)!r}); import grantgraph;"
        f"assert grantgraph.__file__.startswith({str(unpacked)!r});"
        "from grantgraph.cli import main; main()"
    )
    template = ROOT / "fixtures" / "apps" / "sst" / "a-notes-auth-users.json"
    run = subprocess.run(
        [sys.executable, "-c", code, "check", str(template)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1, run.stderr
    assert run.stdout.splitlines()[-1] == "FAILED: 8 findings"
