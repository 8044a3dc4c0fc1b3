"""The files that pipelines take from this repository: they hold to their schemas, and their scripts run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from typer.main import get_command

from tests.schemas import GITHUB_ACTION, GITLAB_CI, official

ROOT = Path(__file__).parent.parent
NOTES = ROOT / "fixtures" / "apps" / "sst" / "a-notes-auth-users.json"
TIGHT = ROOT / "fixtures" / "apps" / "notes" / "tight.yaml"
EXPRESSION = re.compile(r"\$\{\{ *inputs\.(\w+) *\}\}")
COMPONENT = re.compile(r"\$\[\[ *inputs\.(\w+) *\]\]")


def read(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text())


def command_in(folder: Path) -> None:
    """A `grantgraph` as an installation would put it there."""
    program = folder / "bin" / "grantgraph"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m grantgraph "$@"\n')
    program.chmod(0o755)


def bash(script: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


# ── the GitHub Action ──


def step(**inputs: str) -> tuple[str, dict[str, str]]:
    """The checking step: its script, and what it finds in the environment."""
    action = read("action.yml")
    values = {name: inputs.get(name, one["default"]) for name, one in action["inputs"].items()}
    [found] = [one for one in action["runs"]["steps"] if one.get("id") == "check"]
    return found["run"], {key: EXPRESSION.sub(lambda m: values[m[1]], one) for key, one in found["env"].items()}


def run_action(folder: Path, **inputs: str) -> tuple[subprocess.CompletedProcess[str], str, str]:
    """How the step ended, what it hands on, and what the summary of the workflow shows."""
    command_in(folder / "temp" / "grantgraph")
    script, environment = step(**inputs)
    told = {"RUNNER_TEMP": str(folder / "temp")}
    files = {name: folder / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    ended = bash(script, folder, **environment, **told, **{name: str(one) for name, one in files.items()})
    output, summary = (one.read_text() if one.exists() else "" for one in files.values())
    return ended, output, summary


def test_the_action_holds_to_githubs_schema() -> None:
    jsonschema.validate(read("action.yml"), official(GITHUB_ACTION))


def test_no_input_becomes_a_part_of_a_script() -> None:
    assert not [one["name"] for one in read("action.yml")["runs"]["steps"] if "${{" in one.get("run", "")]


def test_the_action_fails_on_a_finding_and_tells_it_everywhere(tmp_path: Path) -> None:
    ended, output, summary = run_action(tmp_path, path=str(NOTES), sarif="found.sarif")
    assert ended.returncode == 1 and output == "exit-code=1\nsarif=found.sarif\n"
    assert ended.stdout.count("::error file=") == 8 and summary.startswith("### ❌ FAILED: 8 findings")
    assert len(json.loads((tmp_path / "found.sarif").read_text())["runs"][0]["results"]) == 8


def test_the_action_passes_what_is_tight(tmp_path: Path) -> None:
    ended, output, summary = run_action(tmp_path, path=str(TIGHT))
    assert ended.returncode == 0 and "exit-code=0" in output and "PASSED" in summary


def test_the_action_takes_other_options_one_a_line(tmp_path: Path) -> None:
    ended, _, _ = run_action(tmp_path, path=str(NOTES), arguments="--select=GG101\n\n--exit-zero\n")
    assert ended.returncode == 0 and ended.stdout.count("::error file=") == 2


def test_the_action_says_what_cannot_be_read(tmp_path: Path) -> None:
    ended, output, _ = run_action(tmp_path, path="gone.json")
    assert ended.returncode == 2 and "exit-code=2" in output and "there is no file" in ended.stderr


@pytest.mark.parametrize("hostile", ['"; touch owned; "', "$(touch owned)", "`touch owned`", "a b; touch owned"])
@pytest.mark.parametrize("name", ["path", "since", "arguments", "sarif"])
def test_nothing_that_an_input_says_is_run(tmp_path: Path, hostile: str, name: str) -> None:
    run_action(tmp_path, **{"path": str(TIGHT), name: hostile})
    assert not (tmp_path / "owned").exists()


# ── the GitLab component ──


def component(**inputs: str) -> Any:
    """The component's job, with its inputs put in as GitLab does."""
    header, body = (ROOT / "templates" / "check.yml").read_text().split("\n---\n")
    known = yaml.safe_load(header)["spec"]["inputs"]
    values = {name: inputs.get(name, one.get("default")) for name, one in known.items()}
    return yaml.safe_load(COMPONENT.sub(lambda found: json.dumps(values[found[1]]), body))


def run_job(folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    command_in(folder / ".grantgraph")
    job = component(**inputs)["grantgraph"]
    *installs, checks = job["script"]
    assert all("venv" in one or "pip install" in one for one in installs)
    return bash(checks, folder, **job["variables"])


def test_the_component_holds_to_gitlabs_schema() -> None:
    jsonschema.validate(component(), official(GITLAB_CI))


def test_the_component_writes_the_reports_that_it_hands_on(tmp_path: Path) -> None:
    ended = run_job(tmp_path, path=str(NOTES), options="--select GG101")
    assert ended.returncode == 1 and ended.stdout.startswith("FAILED: 2 findings")
    reports = component()["grantgraph"]["artifacts"]["reports"]
    assert len(json.loads((tmp_path / reports["codequality"]).read_text())) == 2
    assert (tmp_path / reports["junit"]).read_text().startswith("<?xml")


def test_the_component_passes_what_is_tight(tmp_path: Path) -> None:
    assert run_job(tmp_path, path=str(TIGHT)).returncode == 0


# ── hooks and the container ──


def test_every_hook_is_a_command() -> None:
    import grantgraph.cli.checking
    import grantgraph.cli.commands  # noqa: F401 - the commands hang themselves on `app`
    from grantgraph.cli import app

    commands = get_command(app).commands  # type: ignore[attr-defined]
    hooks = read(".pre-commit-hooks.yaml")
    assert {one["id"] for one in hooks} == {"grantgraph-check", "grantgraph-test"}
    for hook in hooks:
        program, command = hook["entry"].split()
        assert program == "grantgraph" and command in commands and hook["language"] == "python"
        assert {"name", "description", "files", "pass_filenames"} <= hook.keys()


@pytest.mark.skipif(shutil.which("podman") is None, reason="nothing here builds containers")
def test_the_container_checks_a_template(tmp_path: Path) -> None:
    subprocess.run(["podman", "build", "-t", "grantgraph-test", str(ROOT)], check=True)
    mount = f"{NOTES.parent}:/work:ro"
    ended = subprocess.run(
        ["podman", "run", "--rm", "--network", "none", "-v", mount, "grantgraph-test", "check", NOTES.name],
        check=False,
    )
    assert ended.returncode == 1
