"""Build the site of docs into build/docs: `make docs`.

The pages are those of docs, and ARCHITECTURE.md. What the code says of itself is added to them: each rule's
docstring is a page, and docs/commands.md goes on with the help of every command. Nothing that is made here is kept
in the repository. A warning of Sphinx fails the build.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grantgraph.rules import Rule

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
_LINK = re.compile(r"(?<!!)\[(?P<words>[^\]]*)\]\((?P<target>[^)#\s]+)(?P<anchor>#[^)\s]*)?\)")
_SECTION = re.compile(r"(?m)^## (.+)\n")
_LABELS = "What it proves|Why it matters|Example|How the evidence reads|How to fix|When to accept it|References"
_LABEL = re.compile(rf"(?m)^(?P<label>{_LABELS}):\s(?P<first>.)")
_WIDTH = 88


def build(target: Path, work: Path) -> int:
    """Lay the pages out in `work`, which is emptied, and build them into `target`; the exit code of Sphinx."""
    shutil.rmtree(work, ignore_errors=True)
    source = work / "source"
    for name, text in pages().items():
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for path in DOCS.rglob("*.json"):
        copy = source / path.relative_to(DOCS)
        copy.parent.mkdir(exist_ok=True)
        shutil.copyfile(path, copy)
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-W", "--keep-going", "-n", "-q"]
    ended = subprocess.run([*command, "-c", DOCS, "-d", work / "doctrees", source, target], check=False)
    return ended.returncode


def pages() -> dict[str, str]:
    """Every page of the site by its path in it."""
    written = {str(path.relative_to(DOCS)): path.read_text("utf-8") for path in sorted(DOCS.rglob("*.md"))}
    written["architecture.md"] = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    found = {name: _within(name, text, written) for name, text in written.items()}
    rules = dict(_rules())
    found |= {f"rules/{id}.md": page for id, (_, page) in rules.items()}
    found["rules.md"] += _rule_list(rules)
    found["commands.md"] += "\n".join(["", *_commands()])
    found["decisions/README.md"] += _tree([one for one in found if re.match(r"decisions/\d", one)], ":maxdepth: 1")
    found["index.md"] = _index(found)
    return found


# ── links and navigation ─────────────────────────────────────────────────────────────────────────────────────


def _within(name: str, text: str, known: Mapping[str, str]) -> str:
    """A page whose links stay on the site: what is not on it is named, and not linked."""
    folder = Path("docs" if name != "architecture.md" else ".", name).parent

    def replaced(found: re.Match[str]) -> str:
        target = found["target"]
        if "://" in target or target.startswith("mailto:"):
            return found[0]
        path = _normal(folder / target)
        if path == "ARCHITECTURE.md":
            own = "architecture.md"
        elif path.startswith("docs/"):
            own = path.removeprefix("docs/")
        else:
            return f"{found['words']} (`{path}`)" if f"`{path}`" != found["words"] else found["words"]
        if own == "decisions":
            own = "decisions/README.md"
        up = "../" * name.count("/")
        return f"[{found['words']}]({up}{own}{found['anchor'] or ''})"

    return _LINK.sub(replaced, text)


def _normal(path: Path) -> str:
    parts: list[str] = []
    for one in path.parts:
        if one == "..":
            parts.pop()
        else:
            parts.append(one)
    return "/".join(parts)


def _index(found: Mapping[str, str]) -> str:
    """The first page, with a tree of pages for each of its sections, and one for those that it does not name."""
    text = found["index.md"]
    heads = [(one.start(), one[1]) for one in _SECTION.finditer(text)]
    trees, named = [], {"index.md"}
    for (start, title), (end, _) in zip(heads, [*heads[1:], (len(text), "")], strict=True):
        own = [one["target"] for one in _LINK.finditer(text[start:end]) if one["target"] in found]
        first = [one for one in dict.fromkeys(own) if one not in named]
        named.update(first)
        trees.append(_tree(first, ":hidden:", f":caption: {title}"))
    rest = [one for one in found if one not in named and not one.startswith(("rules/", "decisions/"))]
    return text + "".join(trees) + (_tree(rest, ":hidden:", ":caption: More") if rest else "")


def _tree(names: list[str], *options: str) -> str:
    """Where pages are in the navigation; names are those of the site."""
    return "\n".join(["", "```{toctree}", *options, "", *(f"/{one}" for one in names), "```", ""])


# ── what the code says of itself ─────────────────────────────────────────────────────────────────────────────


def _rules() -> Iterator[tuple[str, tuple[Rule, str]]]:
    """Each built-in rule with its page."""
    from grantgraph.rules import load_rules

    for rule in load_rules():
        title, _, body = rule.page.partition("\n")
        sections = _LABEL.sub(lambda found: f"## {found['label']}\n\n{found['first'].upper()}", body)
        linked = re.sub(r"docs/(\w+\.md)", r"[\1](../\1)", sections)
        yield rule.id, (rule, f"# {rule.id}: {title.rstrip('.')}\n\nSeverity: {rule.severity}\n{linked}\n")


def _rule_list(rules: Mapping[str, tuple[Rule, str]]) -> str:
    rows = [f"| [{id}](rules/{id}.md) | {one.severity} | {one.title} |" for id, (one, _) in rules.items()]
    table = ["", "| rule | severity | what it finds |", "| --- | --- | --- |", *rows, ""]
    return "\n".join(table) + _tree([f"rules/{id}.md" for id in rules], ":hidden:")


def command_line() -> Any:
    """The command line with all of its commands."""
    from typer.main import get_command

    import grantgraph.cli

    for module in pkgutil.iter_modules(grantgraph.cli.__path__):  # the commands hang themselves on `app`
        importlib.import_module(f"grantgraph.cli.{module.name}")
    return get_command(grantgraph.cli.app)


def _commands() -> Iterator[str]:
    """Every command by its own help."""
    for name, command in sorted(_walk("grantgraph", command_line())):
        yield f"## {name}\n\n```text\n{_help(name, command)}\n```\n"


def _walk(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    """Every command by its whole name; a group is its commands."""
    below = getattr(command, "commands", {})
    for word, one in below.items():
        yield from _walk(f"{name} {word}", one)
    if not below:
        yield name, command


def _help(name: str, command: Any) -> str:
    context = command.make_context(
        name, [], resilient_parsing=True, max_content_width=_WIDTH, terminal_width=_WIDTH
    )
    text: str = command.get_help(context)
    return text


if __name__ == "__main__":
    sys.exit(build(ROOT / "build" / "docs", ROOT / "build" / "docs-work"))
