"""Real templates made tight: the gate passes afterwards, git takes the patch, and others read what was written."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.commands import Run
from tests.test_cli import APPS, NOTES

WIDE = ["a-notes-auth-users", "b-api-user-pool", "c-auth-triggers", "d-auth0-federation", "j-api-authorizers"]
"""Templates whose visitors administer things: nothing that visitors need is a finding of these rules."""
ADMINISTERING = ("--select", "GG101", "--select", "GG102")
BUT_FOR_ADMINISTRATORS = ("--ignore", "GG403")
"""What an administrator reads is not told beside that, and is when there is none any more."""
SERVERLESS = ["1-httpapi-user-pool", "3-event-sources"]
ASSEMBLIES = ["notes", "two-stacks"]

Found = tuple[str, str, str, frozenset[str]]


def findings(run: Run, path: Path, *options: str) -> list[Found]:
    """What the gate finds: rule, principal, resource and actions."""
    found = json.loads(run("check", path, "--format", "json", *options).out)["findings"]
    return [(one["rule"], one["principal"], one["on"], frozenset(one["actions"])) for one in found]


def narrower(after: list[Found], before: list[Found]) -> bool:
    """Whether every finding was there before, about no fewer actions."""
    return all(any(one[:3] == old[:3] and one[3] <= old[3] for old in before) for one in after)


def here(folder: Path, *path: str) -> Path:
    """A copy of an application."""
    source = APPS.joinpath(*path)
    return Path(
        shutil.copytree(source, folder / source.name)
        if source.is_dir()
        else shutil.copy(source, folder / source.name)
    )


# ── the gate, before and after ──


@pytest.mark.parametrize("name", WIDE)
def test_the_gate_fails_before_and_passes_after(run: Run, tmp_path: Path, name: str) -> None:
    file = here(tmp_path, "sst", f"{name}.json")
    assert run("check", file, *ADMINISTERING).code == 1
    assert run("synth", file, "--apply").code == 0
    passed = run("check", file, *ADMINISTERING)
    assert (passed.code, passed.out.partition(":")[0]) == (0, "PASSED")
    assert run("synth", file, "--check").code == 0


def test_what_visitors_do_need_stays_a_finding_about_fewer_actions(run: Run, tmp_path: Path) -> None:
    file = here(tmp_path, "sst", "f-full-notes.json")
    before = findings(run, file)
    assert run("synth", file, "--apply").code == 0
    after = findings(run, file)
    assert narrower(after, before) and len(after) < len(before)
    guests = {on: actions for rule, _, on, actions in after if rule == "GG101"}
    assert guests["UploadsBucketC4B27CC7"] == {"s3:PutObject", "s3:PutObjectTagging"}
    assert run("synth", file, "--check").code == 0


@pytest.mark.parametrize("name", ASSEMBLIES)
def test_the_patch_of_an_assembly_is_taken_by_git(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    here(tmp_path, "cdk", name)
    monkeypatch.chdir(tmp_path / name)
    before = findings(run, Path("cdk.out"))
    (tmp_path / "patch").write_text(run("synth", "cdk.out", "--diff").out, encoding="utf-8")
    git = subprocess.run(["git", "apply", tmp_path / "patch"], capture_output=True, text=True, check=False)
    assert (git.returncode, git.stderr) == (0, "")
    assert narrower(findings(run, Path("cdk.out")), before)
    assert run("synth", "cdk.out", "--check").code == 0
    assert run("synth", "cdk.out", "--diff").err == "nothing to change\n"


@pytest.mark.parametrize("name", SERVERLESS)
def test_policy_templates_of_sam_become_what_is_needed_of_them(run: Run, tmp_path: Path, name: str) -> None:
    file = here(tmp_path, "sam", f"{name}.yaml")
    before = findings(run, file, *BUT_FOR_ADMINISTRATORS)
    text = file.read_text(encoding="utf-8")
    assert run("synth", file, "--apply").code == 0
    assert narrower(findings(run, file, *BUT_FOR_ADMINISTRATORS), before)
    assert run("synth", file, "--check").code == 0
    after = file.read_text(encoding="utf-8")
    assert [line for line in text.split("\n") if "#" in line] == [
        line for line in after.split("\n") if "#" in line
    ]
    assert {"!Ref", "!GetAtt"} <= {word for word in ("!Ref", "!GetAtt") if word in after}
    assert "Ref: " not in after and "Fn::" not in after


# ── both orders of the keys ──


def swapped(folder: Path, *, swap: bool) -> Path:
    """A model that keeps visitors to their own rows, beside the seed application with its keys in some order."""
    text = NOTES.read_text(encoding="utf-8")
    if swap:
        text = text.replace('"noteId"', '"?"').replace('"userId"', '"noteId"').replace('"?"', '"userId"')
    (folder / "template.json").write_text(text, encoding="utf-8")
    file = folder / "grantgraph.yaml"
    file.write_text(
        "from: template.json\n"
        "resources:\n  Notes: {from: NotesTable7100B0E8, identity: userId}\n"
        "needs:\n  - {who: authenticated, access: [read, write], to: Notes, rows: own}\n"
        "promises:\n  - {title: notes are private, isolated: {who: authenticated, on: Notes}}\n",
        encoding="utf-8",
    )
    return file


def test_rows_of_ones_own_are_kept_where_the_partition_key_is_the_identity(run: Run, tmp_path: Path) -> None:
    file = swapped(tmp_path, swap=True)
    assert "promise: notes are private" in {rule for rule, *_ in findings(run, file)}
    assert run("synth", file, "--check").code == 1
    assert run("synth", file, "--apply").code == 0
    template = (tmp_path / "template.json").read_text(encoding="utf-8")
    assert '"dynamodb:LeadingKeys"' in template and '"dynamodb:*"' not in template
    assert run("synth", file, "--check").code == 0
    assert "promise: notes are private" not in {rule for rule, *_ in findings(run, file)}


def test_rows_of_ones_own_are_refused_where_it_is_the_sort_key(run: Run, tmp_path: Path) -> None:
    file = swapped(tmp_path, swap=False)
    before = (tmp_path / "template.json").read_bytes()
    ended = run("synth", file, "--apply")
    assert (ended.code, ended.out) == (2, "")
    assert "dynamodb:LeadingKeys restrains the partition key `noteId` only" in ended.err
    assert (tmp_path / "template.json").read_bytes() == before


# ── read by others ──


def linted(*files: Path) -> Counter[tuple[str, str]]:
    """What cfn-lint says of templates: file and rule. It translates what is written for SAM by itself."""
    ended = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), "--format", "json", *map(str, files)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout, ended.stderr
    return Counter((Path(one["Filename"]).name, one["Rule"]["Id"]) for one in json.loads(ended.stdout))


def test_cfn_lint_finds_nothing_new_in_changed_templates(run: Run, tmp_path: Path) -> None:
    files = [here(tmp_path, "sst", f"{name}.json") for name in ("a-notes-auth-users", "f-full-notes")]
    files += [here(tmp_path, "sam", f"{name}.yaml") for name in SERVERLESS]
    before = linted(*files)
    texts = [one.read_bytes() for one in files]
    for file in files:
        assert run("synth", file, "--apply").code == 0
    assert [one.read_bytes() for one in files] != texts
    assert linted(*files) - before == Counter()


def read_yaml(text: str) -> dict[str, Any]:
    """A template with its short functions written out, as SAM's own reader has it."""
    from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # it has no types

    return dict(yaml_parse(text))


@pytest.mark.parametrize(
    ("path", "tool"),
    [
        (("sst", "a-notes-auth-users.json"), "cfn"),
        (("sst", "f-full-notes.json"), "cfn"),
        (("sam", "3-event-sources.yaml"), "sam"),
    ],
)
def test_what_is_emitted_fits_into_the_template_that_it_is_of(
    run: Run, tmp_path: Path, path: tuple[str, ...], tool: str
) -> None:
    file = here(tmp_path, *path)
    ended = run("synth", file, "--emit", tool)
    assert ended.code == 0, ended.err
    own, emitted = (read_yaml(text) for text in (file.read_text(encoding="utf-8"), ended.out))
    parameters = {**own.get("Parameters", {}), **emitted.get("Parameters", {})}
    together = dict(own, Parameters=parameters, Resources={**own["Resources"], **emitted["Resources"]})
    assert len(together["Resources"]) == len(own["Resources"]) + len(emitted["Resources"])
    whole = tmp_path / "whole.json"
    whole.write_text(json.dumps(together), encoding="utf-8")
    (tmp_path / "own.json").write_text(json.dumps(own), encoding="utf-8")
    new = linted(whole, tmp_path / "own.json")
    errors = {rule for name, rule in new if name == "whole.json" and rule.startswith("E")}
    assert errors <= {rule for name, rule in new if name == "own.json"}
    named = [one["Properties"]["Roles"] for one in emitted["Resources"].values()]
    assert len(named) == len({json.dumps(one) for one in named})  # a role takes each name once
