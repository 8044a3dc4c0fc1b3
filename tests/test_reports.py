"""The reports: goldens that fit on a screen, escapes that hold, and formats that are found by their names."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from grantgraph.catalog import load_catalog
from grantgraph.explain import explain_role, find_principal
from grantgraph.graph import build
from grantgraph.model import Application, Need, Principal, PrincipalType, Resource
from grantgraph.paths import explain_path
from grantgraph.problems import UsageError
from grantgraph.reports import find_report, formats_of
from grantgraph.reports._words import count
from grantgraph.rules import check, load_rules
from grantgraph.sources import load
from grantgraph.synthesize import synthesize, with_policies
from grantgraph.tighten import tighten
from grantgraph.who import who_can

ROOT = Path(__file__).parent.parent
GOLDENS = ROOT / "fixtures" / "reports"
FORMATS = {
    "check": ("concise", "github", "gitlab", "html", "json", "junit", "markdown", "sarif", "text"),
    "explain": ("json", "text"),
    "graph": ("dot", "graphml", "json", "mermaid", "text"),
    "path": ("json", "text"),
    "synth": ("json", "text"),
    "tighten": ("json", "text"),
    "who_can": ("json", "text"),
}


def answer(subject: str) -> Any:
    """What a subject reports on, made from the small inputs beside the goldens."""
    catalog = load_catalog()
    if subject == "synth":
        return synthesize(load(Path("fixtures/reports/model.yaml")), catalog)
    if subject == "tighten":
        return tighten(load(Path("fixtures/reports/wide.yaml")), catalog)
    application = load(Path("fixtures/reports/guest.yaml"))
    if subject == "check":
        return check(application, catalog, tuple(one for one in load_rules() if one.id in ("GG101", "GG102")))
    if subject == "explain":
        return explain_role(application, find_principal(application, "unauthenticated"), catalog)
    if subject == "path":
        return explain_path(application, "anyone", "Jobs", catalog)
    if subject == "who_can":
        return who_can(application, "sqs:SendMessage", "Jobs", catalog)
    return build(application, catalog)


@pytest.mark.parametrize(("subject", "format"), [(one, format) for one in FORMATS for format in FORMATS[one]])
def test_a_report_reads_as_it_did_when_it_was_checked(
    subject: str, format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    rendered = find_report(subject, format)(answer(subject))
    golden = GOLDENS / f"{subject}.{format}"
    if os.environ.get("GRANTGRAPH_ACCEPT") == "1":
        golden.write_text(rendered)
    assert rendered == golden.read_text()
    assert rendered == find_report(subject, format)(answer(subject))


@pytest.mark.parametrize("subject", FORMATS)
def test_the_formats_of_a_subject_are_found_by_name(subject: str) -> None:
    assert formats_of(subject) == FORMATS[subject]


def test_a_subject_that_nobody_reports_on_has_no_formats() -> None:
    assert formats_of("weather") == ()


def test_an_unknown_format_suggests_the_nearest() -> None:
    with pytest.raises(UsageError, match="`graph` has no format `mermade`") as caught:
        find_report("graph", "mermade")
    assert caught.value.help == "did you mean `mermaid`?"


@pytest.mark.parametrize("subject", FORMATS)
def test_every_json_report_names_its_schema(subject: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    document = json.loads(find_report(subject, "json")(answer(subject)))
    name = "explain-role" if subject == "explain" else subject.replace("_", "-")
    assert document["schema"] == f"grantgraph/{name}/1"


def test_numbers_are_counted_in_words_that_fit() -> None:
    assert [count(number, "finding") for number in (0, 1, 2)] == ["no findings", "1 finding", "2 findings"]
    assert count(2, "policy", "policies") == "2 policies"


def test_a_trust_that_was_written_nowhere_claims_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    application = load(Path("fixtures/reports/model.yaml"))
    judged = with_policies(application, synthesize(application, load_catalog()))
    rendered = find_report("explain", "text")(explain_role(judged, judged.principals[0], load_catalog()))
    assert "cognito-identity.amazonaws.com, by sts:AssumeRoleWithWebIdentity\n" in rendered


# ── hostile names ──

HOSTILE = [
    "<script>alert(1)</script>",
    'quote" and \\ backslash',
    "two\nlines\r\nPASSED: everything",
    "\x1b[31mred\x1b[0m \x9b2J",
    "#quot; &lt; `code` |pipe|",
    "\u202eright to left",
]


def hostile_graph(name: str) -> Any:
    table = Resource(name, "sqs:queue", "arn:aws:sqs:us-east-1:123456789012:q")
    principal = Principal(name, PrincipalType.ROLE, "arn:aws:iam::123456789012:role/r")
    need = Need(name, (name,), name)
    return build(Application(name, principals=(principal,), resources=(table,), needs=(need,)), load_catalog())


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("format", FORMATS["graph"])
def test_no_name_brings_a_control_character_into_a_graph(name: str, format: str) -> None:
    rendered = find_report("graph", format)(hostile_graph(name))
    assert all(one.isprintable() for one in rendered.split("\n"))


@pytest.mark.parametrize("format", FORMATS["graph"])
def test_no_name_adds_a_line_to_a_graph(format: str) -> None:
    plain, hostile = (
        find_report("graph", format)(hostile_graph(name)).count("\n") for name in ("plain", HOSTILE[2])
    )
    assert hostile == plain


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_in_dot_stays_within_its_quotes(name: str) -> None:
    from grantgraph.reports.graph_dot import quote

    inner = quote(name)[1:-1].replace("\\\\", "").replace('\\"', "")
    assert '"' not in inner and "\\" not in inner
    assert inner.count("&") == inner.count("&amp;")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_in_mermaid_holds_nothing_that_mermaid_or_a_browser_reads(name: str) -> None:
    from grantgraph.reports.graph_mermaid import quote

    inner = quote(name)[1:-1]
    assert not set('<>&"`|') & set(inner)


def test_a_name_in_mermaid_cannot_spell_an_entity() -> None:
    from grantgraph.reports.graph_mermaid import quote

    assert quote("#quot;") == '"#35;quot;"'


def test_harmless_names_are_quoted_as_they_are() -> None:
    from grantgraph.reports.graph_dot import quote as dot
    from grantgraph.reports.graph_mermaid import quote as mermaid

    assert dot("POST /notes") == mermaid("POST /notes") == '"POST /notes"'


def test_json_is_ascii_and_keeps_every_name() -> None:
    rendered = find_report("graph", "json")(hostile_graph("é 日本 \x9b \u202e"))
    assert rendered.isascii()
    assert json.loads(rendered)["application"] == "é 日本 \x9b \u202e"
