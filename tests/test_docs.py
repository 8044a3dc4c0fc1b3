"""The pages of docs lead where they say, and the site is built from them and from what the code says of itself."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

import grantgraph.rules
from scripts import build_docs

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
KEPT = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted(DOCS.rglob("*.md"))]
BY_NAME = {str(one.relative_to(ROOT)): one for one in KEPT}


# ── links ──


def tokens_of(text: str) -> list[Token]:
    return MarkdownIt().enable("table").parse(text)


def links_in(text: str) -> Iterator[str]:
    for token in tokens_of(text):
        for one in token.children or ():
            target = one.attrGet("href") if one.type == "link_open" else one.attrGet("src")
            if target:
                yield unquote(str(target))


def anchors_in(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub and the site make them."""
    found: set[str] = set()
    tokens = tokens_of(text)
    for before, token in pairwise(tokens):
        if before.type == "heading_open":
            words = "".join(one.content for one in token.children or ())
            slug = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
            found.add(next(one for one in (slug, *(f"{slug}-{n}" for n in range(1, 99))) if one not in found))
    return found


def wrong_links(page: Path, text: str) -> list[str]:
    """Every link of a page that leads nowhere."""
    return [target for target in links_in(text) if not _leads_somewhere(page, urlsplit(target))]


def _leads_somewhere(page: Path, link: SplitResult) -> bool:
    """An address is only looked at; a path has to be there, and so has an anchor in it."""
    if link.scheme or link.netloc:
        return link.scheme == "https" and "." in link.netloc and " " not in link.path
    path = (page.parent / link.path).resolve() if link.path else page
    if not path.is_relative_to(ROOT) or not path.exists():
        return False
    return not link.fragment or (path.suffix == ".md" and link.fragment in anchors_in(path.read_text()))


@pytest.mark.parametrize("page", BY_NAME.values(), ids=BY_NAME)
def test_every_link_leads_somewhere(page: Path) -> None:
    assert wrong_links(page, page.read_text()) == []


WRONG = [
    "gone.md",
    "model.md#no-such-section",
    "../../../etc/passwd",
    "http://example.com",
    "https:/x",
    "#nothing",
]


@pytest.mark.parametrize("target", WRONG)
def test_a_link_that_leads_nowhere_is_found(target: str) -> None:
    assert wrong_links(DOCS / "index.md", f"# Page\n\n[words]({target})\n") == [target]


def test_pages_that_the_code_names_are_there() -> None:
    sources = [one for folder in ("grantgraph", "rules", "scripts") for one in (ROOT / folder).rglob("*.py")]
    assert len(sources) > 200
    for path in [*sources, *KEPT]:
        for named in re.findall(r"(?<![\w/-])docs/[\w/-]+\.(?:md|json)\b", path.read_text()):
            assert (ROOT / named).exists(), f"{path} names {named}"


# ── the site ──


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    assert build_docs.build(folder / "site", folder / "work") == 0
    return folder / "site"


class Loaded(HTMLParser):
    """What a page loads from elsewhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "link", "img", "iframe", "source"):
            self.found += [value for name, value in attrs if name in ("src", "href", "srcset") and value]


def test_the_site_has_every_page_rule_and_command(site: Path) -> None:
    for path in DOCS.rglob("*.md"):
        assert (site / path.relative_to(DOCS)).with_suffix(".html").exists()
    for rule in grantgraph.rules.load_rules():
        page = (site / "rules" / f"{rule.id}.html").read_text()
        assert "How to fix" in page and "When to accept it" in page
    commands = (site / "commands.html").read_text()
    for name in ("check", "synth", "explain role", "prove never", "baseline write", "fetch", "diff"):
        assert f"grantgraph {name}" in commands


def test_the_site_needs_no_network(site: Path) -> None:
    loaded = {one for path in site.rglob("*.html") for one in Loaded(path.read_text()).found}
    assert loaded and not [one for one in loaded if urlsplit(one).netloc]
    styles = "".join(path.read_text() for path in site.rglob("*.css"))
    assert styles and not re.search(r"(@import|url\()\s*['\"]?(https?:)?//", styles)


def test_a_link_that_leads_nowhere_fails_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    broken = "# Page\n\n[words](other.md#gone)\n\n```{toctree}\nother.md\n```\n"
    monkeypatch.setattr(build_docs, "pages", lambda: {"index.md": broken, "other.md": "# Other\n"})
    assert build_docs.build(tmp_path / "site", tmp_path / "work") != 0
    assert "gone" in capfd.readouterr().err


def test_a_page_that_the_first_one_does_not_name_is_still_in_the_navigation() -> None:
    found = build_docs.pages() | {"new.md": "# New\n"}
    plain = found | {"index.md": (DOCS / "index.md").read_text()}
    assert "/new.md" in build_docs._index(plain).partition(":caption: More")[2]


# ── commands ──


def commands_in(page: Path) -> Iterator[list[str]]:
    """Every command line of grantgraph in the blocks of a page, without comments and what a shell adds."""
    for token in tokens_of(page.read_text()):
        if token.type in ("fence", "code_block") and token.info in ("", "console"):
            for line in token.content.splitlines():
                found = re.match(r"(\$ |RUN )?grantgraph (?P<rest>.*)", line)
                if found:
                    shell = re.split(r"\s(?:[>|&]|2>)", re.split(r"\s{2,}|\s#", found["rest"])[0])[0]
                    yield shlex.split(shell)


def refused(words: list[str]) -> str:
    """What the command line says against a command; nothing where it would run it."""
    command: Any = build_docs.command_line()
    name = "grantgraph"
    while words and getattr(command, "commands", {}).get(words[0]) is not None:
        command, name = command.commands[words[0]], f"{name} {words[0]}"
        words = words[1:]
    if getattr(command, "commands", None) is not None:
        return "" if words in ([], ["--help"], ["--version"]) else f"{name} has no command {words[0]}"
    try:
        command.make_context(name, words)
    except Exception as error:  # noqa: BLE001 - the library of the command line has its own, by another name
        return f"{name}: {error}"
    return ""


def test_every_command_that_a_page_shows_is_one_with_its_options() -> None:
    found = [(page, words) for page in KEPT for words in commands_in(page)]
    assert len(found) > 60
    wrong = {f"{page.name}: {' '.join(words)}": refused(list(words)) for page, words in found}
    assert {line: why for line, why in wrong.items() if why} == {}


@pytest.mark.parametrize("line", ["chekc", "check --verbos", "prove implies one.json", "explain path a"])
def test_a_command_that_is_none_is_found(line: str) -> None:
    assert refused(line.split()) != ""
