"""What the README and the pages of docs show is what the commands print, and the demo runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from markdown_it import MarkdownIt

from scripts.pages import ROOT, PageError, commands_of, filled, pages
from tests.schemas import GITHUB_WORKFLOW, PRE_COMMIT, official

PAGES = pages()
KEPT = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").rglob("*.md"))]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


# ── sessions ──


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_page_shows_what_the_commands_print(page: Path) -> None:
    fresh = filled(page)
    assert fresh == page.read_text(encoding="utf-8"), f"run python scripts/pages.py {name(page)}"


def test_every_prompt_is_that_of_a_session_which_runs() -> None:
    blocks = [(path, one) for path in KEPT for one in MarkdownIt().parse(path.read_text()) if one.type == "fence"]
    with_prompts = [(path, one) for path, one in blocks if re.search(r"^\$ ", one.content, re.MULTILINE)]
    assert with_prompts and all(one.info == "console" and path in PAGES for path, one in with_prompts)


def written(folder: Path, *lines: str) -> Path:
    page = folder / "page.md"
    page.write_text("\n".join(lines) + "\n")
    return page


def shown(folder: Path, *lines: str) -> str:
    return filled(written(folder, *lines))


def test_what_a_command_printed_before_gives_way(tmp_path: Path) -> None:
    page = shown(tmp_path, "```console", "$ echo new", "old", "```", "", "prose")
    assert page == "```console\n$ echo new\nnew\n```\n\nprose\n"


def test_commands_share_a_folder_and_the_exit_code_of_the_one_before(tmp_path: Path) -> None:
    page = shown(tmp_path, "```console", "$ echo yes > answer; false", "$ echo $?", "$ cat answer", "```")
    assert "$ echo $?\n1\n$ cat answer\nyes\n" in page


def test_a_command_goes_on_after_a_backslash(tmp_path: Path) -> None:
    assert "> two\none two\n" in shown(tmp_path, "```console", "$ echo one \\", "> two", "```")
    assert commands_of("$ a\n> b\n") == [["a"]]


def test_a_block_is_cut_where_the_page_says_so(tmp_path: Path) -> None:
    page = shown(
        tmp_path, "<!-- lines: 2 -->", "```console", "$ seq 9", "$ seq 2", "```", "```console", "$ seq 3", "```"
    )
    assert "$ seq 9\n1\n2\n...\n$ seq 2\n1\n2\n```" in page and "$ seq 3\n1\n2\n3\n" in page


def test_files_and_hidden_commands_come_before_what_follows(tmp_path: Path) -> None:
    lines = ["<!-- file: a/b.txt -->", "```", "text", "```", "", "<!-- run: mv a/b.txt c -->"]
    assert "$ cat c\ntext\n" in shown(tmp_path, *lines, "", "```console", "$ cat c", "```")


def test_a_page_begins_with_the_folder_that_it_names_and_changes_only_a_copy(tmp_path: Path) -> None:
    page = shown(tmp_path, "<!-- in: fixtures/apps/notes -->", "", "```console", "$ rm tight.yaml", "$ ls", "```")
    assert "grantgraph.yaml" in page and "tight" not in page.partition("$ ls")[2]
    assert (ROOT / "fixtures/apps/notes/tight.yaml").exists()


WRONG = {
    "a word that is none": (["<!-- hide: x -->"], "`hide` is not one of"),
    "a hidden command that fails": (["<!-- run: false -->"], "`false` ended with 1"),
    "a command that is not there": (["```console", "$ grantgraf", "```"], "`grantgraf` ended with 127"),
    "the folder that it runs in": (["```console", "$ pwd", "```"], "names the folder that it runs in"),
}


@pytest.mark.parametrize(("lines", "message"), WRONG.values(), ids=WRONG)
def test_a_page_that_cannot_be_shown_is_refused_with_its_place(
    tmp_path: Path, lines: list[str], message: str
) -> None:
    page = written(tmp_path, "# Title", "", *lines)
    with pytest.raises(PageError, match=re.escape(f"{page}:3: ")) as refused:
        filled(page)
    assert message in str(refused.value)


# ── files that pages tell readers to write ──


def files_in(page: Path) -> dict[str, Any]:
    """The YAML files of a page, by the names that it gives them; only old readers of YAML take `on` for a yes."""
    found = re.findall(r"<!-- file: (\S+) -->\n```yaml\n(.*?)```", page.read_text(), re.DOTALL)
    return {name: yaml.safe_load(re.sub("^on:", '"on":', text, flags=re.MULTILINE)) for name, text in found}


@pytest.mark.parametrize("page", [ROOT / "docs/tutorial.md", ROOT / "docs/how-to/ci.md"], ids=name)
def test_the_files_for_pipelines_hold_to_their_schemas_and_to_what_is_there(page: Path) -> None:
    files = files_in(page)
    workflow, hooks = files[".github/workflows/grantgraph.yml"], files[".pre-commit-config.yaml"]
    jsonschema.validate(workflow, official(GITHUB_WORKFLOW))
    jsonschema.validate(hooks, official(PRE_COMMIT))
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    [gate] = [one for one in workflow["jobs"]["check"]["steps"] if one.get("id") == "gate"]
    assert gate["with"].keys() <= action["inputs"].keys()
    known = {one["id"] for one in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    assert {one["id"] for one in hooks["repos"][0]["hooks"]} <= known
    header = (ROOT / "templates/check.yml").read_text().partition("\n---\n")[0]
    [component] = files[".gitlab-ci.yml"]["include"]
    assert component["inputs"].keys() <= yaml.safe_load(header)["spec"]["inputs"].keys()


# ── the demo ──


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
