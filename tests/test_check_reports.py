"""The gate's reports, read by what reads them: official schemas, other people's parsers, and a browser."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import junitparser
import pytest
from markdown_it import MarkdownIt
from sarif_pydantic import Sarif  # type: ignore[import-untyped]

from grantgraph.catalog import load_catalog
from grantgraph.findings import Severity
from grantgraph.ignores import Ignore
from grantgraph.problems import InputError
from grantgraph.reports import find_report, formats_of
from grantgraph.reports._style import colored
from grantgraph.reports.check_markdown import MOST
from grantgraph.review import NO_BASELINE, baseline_of, review
from grantgraph.rules import Checked, check, load_rules
from grantgraph.sources import load
from grantgraph.synthesize import synthesize, with_policies
from scripts.browser import find_browser
from tests.commands import Ended, Run
from tests.schemas import SARIF, official

ROOT = Path(__file__).parent.parent
APPS = ROOT / "fixtures" / "apps"
NOTES = APPS / "sst" / "a-notes-auth-users.json"
TODAY = date(2026, 11, 1)
FORMATS = formats_of("check")


@cache
def checked(path: Path) -> Checked:
    return check(load(path), load_catalog(), load_rules())


def real() -> list[Path]:
    """Real templates, each with findings of another kind."""
    return [NOTES, *sorted((APPS / "sst").glob("*.json"))[1:4], APPS / "account" / "account.json"]


def rendered(format: str, told: Checked) -> str:
    return find_report("check", format)(told)


def every_way(told: Checked) -> list[Checked]:
    """One answer in every state that it can be in: new, accepted, there before, let go, quiet."""
    known = baseline_of(told.findings[:1])
    ignores = [Ignore(one.fingerprint, "a reason", "web", date(2999, 1, 1)) for one in told.findings[1:2]]
    return [
        told,
        review(told, known, ignores, TODAY),
        review(told, NO_BASELINE, [Ignore("0" * 16)], TODAY),
        replace(told, unknown="warn", severity=Severity.HIGH),
        replace(told, unknown="allow", findings=()),
        replace(told, quiet=True),
    ]


# ── SARIF ──


@pytest.mark.parametrize("path", real(), ids=lambda one: one.name)
def test_sarif_holds_to_the_official_schema(path: Path) -> None:
    for told in every_way(checked(path)):
        document = json.loads(rendered("sarif", told))
        jsonschema.Draft7Validator(official(SARIF)).validate(document)
        # a reader of other hands, which asks more than the schema here and there
        run = Sarif.model_validate(document).runs[0]
        assert run.tool.driver.name == "grantgraph" and run.results is not None
        assert len(run.results) == len(document["runs"][0]["results"])


def test_the_official_schema_can_fail() -> None:
    document = json.loads(rendered("sarif", checked(NOTES)))
    document["runs"][0]["results"][0]["level"] = "terrible"
    with pytest.raises(jsonschema.ValidationError, match="terrible"):
        jsonschema.Draft7Validator(official(SARIF)).validate(document)


@pytest.mark.parametrize("path", real(), ids=lambda one: one.name)
def test_every_result_has_a_place_as_code_scanning_asks(path: Path) -> None:
    for told in every_way(checked(path)):
        for result in json.loads(rendered("sarif", told))["runs"][0]["results"]:
            assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            assert result["kind"] in ("fail", "open")


def test_sarif_tells_new_findings_from_those_that_are_accepted() -> None:
    told = every_way(checked(NOTES))[1]
    results = json.loads(rendered("sarif", told))["runs"][0]["results"]
    accepted = [one for one in results if one["suppressions"]]
    assert len(results) == len(checked(NOTES).findings) and len(accepted) == 2
    assert {one["suppressions"][0]["justification"] for one in accepted} == {
        "it was there before",
        "a reason, by web, until 2999-01-01",
    }


def test_a_path_is_a_code_flow_whose_steps_have_places() -> None:
    flows = [
        result["codeFlows"][0]["threadFlows"][0]["locations"]
        for result in json.loads(rendered("sarif", checked(APPS / "sst" / "f-full-notes.json")))["runs"][0][
            "results"
        ]
        if "codeFlows" in result
    ]
    assert flows and all(len(steps) > 1 for steps in flows)
    assert all(one["location"]["message"]["text"] for steps in flows for one in steps)


# ── JUnit, GitLab, GitHub ──


@pytest.mark.parametrize("path", real(), ids=lambda one: one.name)
def test_a_parser_of_junit_counts_what_the_gate_counts(path: Path) -> None:
    for told in every_way(checked(path)):
        [suite] = junitparser.JUnitXml.fromstring(rendered("junit", told).encode())
        failed = {one.name for one in suite for result in one.result if isinstance(result, junitparser.Failure)}
        assert suite.failures == len(failed) == len({one.rule for one in told.failing})
        errors = [one for one in suite for result in one.result if isinstance(result, junitparser.Error)]
        open_rules = {one.rule for one in told.doubts} - {one.rule for one in told.failing}
        assert suite.errors == len(errors) == (len(open_rules) if told.unknown == "fail" else 0)
        assert suite.tests == len(list(suite)) >= len(told.rules)


@pytest.mark.parametrize("path", real(), ids=lambda one: one.name)
def test_gitlab_gets_an_issue_for_everything_that_counts(path: Path) -> None:
    for told in every_way(checked(path)):
        issues = json.loads(rendered("gitlab", told))
        doubts = 0 if told.unknown == "allow" else len(told.doubts)
        assert len(issues) == len(told.findings) + doubts
        assert len({one["fingerprint"] for one in issues}) == len(issues)
        assert all(one["severity"] in ("info", "minor", "major", "critical", "blocker") for one in issues)
        assert all(one["location"]["path"] and one["location"]["lines"]["begin"] >= 1 for one in issues)


def test_github_gets_a_command_a_line() -> None:
    lines = rendered("github", checked(NOTES)).splitlines()
    assert len(lines) == len(checked(NOTES).findings) + 1
    assert all(line.startswith("::error ") for line in lines)
    assert "file=" in lines[0] and "line=" in lines[0] and lines[-1].endswith("::FAILED: 8 findings")


# ── Markdown ──


def test_a_comment_is_never_longer_than_one_may_be() -> None:
    told = checked(APPS / "account" / "account.json")
    many = replace(told, findings=told.findings * 400)
    assert len(rendered("markdown", many)) <= MOST < len(rendered("text", many))
    assert "there is no room for them here" in rendered("markdown", many)
    assert rendered("markdown", many).startswith("### ")


def test_one_huge_finding_does_not_break_a_comment() -> None:
    told = checked(NOTES)
    huge = replace(told, findings=(replace(told.findings[0], message="x" * MOST), *told.findings[1:]))
    assert len(rendered("markdown", huge)) <= MOST


# ── what every format owes ──


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("path", real(), ids=lambda one: one.name)
def test_a_report_is_the_same_every_time(format: str, path: Path) -> None:
    for told in every_way(checked(path)):
        assert rendered(format, told) == rendered(format, told)
        assert rendered(format, told).endswith("\n")


UNDECIDED = """\
Resources:
  Pool:
    Type: AWS::Cognito::IdentityPool
    Properties: {AllowUnauthenticatedIdentities: true}
  Attachment:
    Type: AWS::Cognito::IdentityPoolRoleAttachment
    Properties: {IdentityPoolId: !Ref Pool, Roles: {unauthenticated: !GetAtt Guest.Arn}}
  Guest:
    Type: AWS::IAM::Role
    Properties:
      ManagedPolicyArns: ["arn:aws:iam::aws:policy/NoSuch"]
      AssumeRolePolicyDocument:
        Statement:
          - Effect: Allow
            Principal: {Federated: cognito-identity.amazonaws.com}
            Action: sts:AssumeRoleWithWebIdentity
            Condition: {StringEquals: {"cognito-identity.amazonaws.com:aud": !Ref Pool,
              "cognito-identity.amazonaws.com:amr": unauthenticated}}
"""


@pytest.mark.parametrize("format", FORMATS)
def test_undecided_is_a_result_of_its_own_in_every_format(run: Run, tmp_path: Path, format: str) -> None:
    path = tmp_path / "app.yaml"
    path.write_text(UNDECIDED)
    ended = run("check", path, "-f", format)
    assert ended.code == 3
    assert "NoSuch" in ended.out and ("undecided" in ended.out.lower())


@pytest.mark.parametrize("format", FORMATS)
def test_several_reports_are_written_at_once(run: Run, tmp_path: Path, format: str) -> None:
    ended = run("check", NOTES, "-f", format, *(f"--output={one}={tmp_path / one}" for one in FORMATS))
    assert ended.code == 1 and (tmp_path / format).read_text() == ended.out
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted(FORMATS)


# ── names that are made to hurt ──

HOSTILE = [
    "<script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "</pre></table></details><svg onload=document.title='owned'>",
    "a`<b>`c",
    "]](javascript:alert(1)) [x](https://example.com)",
    "::error::forged%0A::set-output name=x::y",
    "two\nlines\r\nPASSED: everything",
    "\x1b[31mred\x1b[0m \x9b2J \x00\x08",
    "]]>&lt;&amp;\uffff",
    "\u202eright to left",
]


def hostile(name: str, tmp_path: Path) -> Checked:
    """An application whose name, guest and queue all are called so, and what is accepted of it for that reason."""
    model = {
        "application": name,
        "environment": {"region": "us-east-1", "account": "123456789012"},
        "resources": {
            f"{name} queue": {"type": "sqs:queue", "name": "jobs"},
            "T": {"type": "sns:topic", "name": "t"},
        },
        "principals": {name: {"type": "identity-pool:unauthenticated"}},
        "needs": [
            {"who": name, "access": "send", "to": f"{name} queue"},
            {"who": name, "access": "publish", "to": "T"},
        ],
    }
    path = tmp_path / "app.json"
    path.write_text(json.dumps(model))
    catalog = load_catalog()
    application = load(path)
    told = check(with_policies(application, synthesize(application, catalog)), catalog, load_rules())
    assert any(one.rule == "GG101" and one.principal == name for one in told.findings)
    return review(told, NO_BASELINE, [Ignore(told.findings[-1].fingerprint, name, name)], TODAY)


OURS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "h1",
        "h2",
        "h3",
        "p",
        "span",
        "b",
        "strong",
        "em",
        "code",
    ),
    *("pre", "table", "tbody", "tr", "td", "ul", "li", "details", "summary", "sub"),
}


class Tags(HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {tag, *(f"{tag}.{name}" for name, _ in attrs)}


def holds_our_tags_only(page: str) -> None:
    attributes = {"html.lang", "meta.charset", "meta.http-equiv", "meta.content", "meta.name"}
    attributes |= {f"{tag}.class" for tag in ("p", "span", "summary")} | {"details.open"}
    assert Tags(page).found <= OURS | attributes


def holds_our_tags_only_once_rendered(comment: str) -> None:
    holds_our_tags_only(MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(comment))


def holds_lines_of_commands(text: str) -> None:
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in text.splitlines())


def is_json(text: str) -> None:
    json.loads(text)


HELD: dict[str, Callable[[str], object]] = {
    "html": holds_our_tags_only,
    "markdown": holds_our_tags_only_once_rendered,
    "github": holds_lines_of_commands,
    "json": is_json,
    "sarif": lambda text: jsonschema.Draft7Validator(official(SARIF)).validate(json.loads(text)),
    "gitlab": is_json,
    "junit": lambda text: list(junitparser.JUnitXml.fromstring(text.encode())),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_steers_what_shows_a_report(name: str, tmp_path: Path) -> None:
    told = hostile(name, tmp_path)
    for way in (told, replace(told, findings=(*told.findings, *(one.finding for one in told.accepted)))):
        for format in FORMATS:
            with colored(False):
                text = rendered(format, way)
            assert all(one.isprintable() for one in text.replace("\n", "")), format
            HELD.get(format, len)(text)
            if format in ("text", "concise", "junit"):
                assert not any(line.startswith("PASSED") for line in text.splitlines())


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_paints_itself(name: str, tmp_path: Path) -> None:
    told = hostile(name, tmp_path)
    with colored(True):
        text = rendered("text", told)
    assert "\x1b[31mred" not in text and "\x9b" not in text and "\x1b[" in text


BROWSER = find_browser()


@pytest.mark.skipif(BROWSER is None, reason="no browser, and no apt to get one")
def test_a_browser_shows_the_page_and_runs_nothing_in_it(tmp_path: Path) -> None:
    assert BROWSER is not None
    for number, name in enumerate(HOSTILE):
        page = tmp_path / f"{number}.html"
        page.write_text(rendered("html", hostile(name, tmp_path)), encoding="utf-8")
        shown = BROWSER.run(page, "--dump-dom")
        assert "<title>grantgraph: " in shown and "FAILED" in shown and "<title>owned" not in shown
        holds_our_tags_only(shown)


@pytest.mark.skipif(BROWSER is None, reason="no browser, and no apt to get one")
def test_the_browser_would_run_what_is_not_escaped(tmp_path: Path) -> None:
    assert BROWSER is not None
    page = tmp_path / "control.html"
    text = rendered("html", checked(NOTES))
    page.write_text(text.replace("</h1>", "</h1><script>document.title='owned'</script>"), encoding="utf-8")
    assert "<title>owned</title>" not in BROWSER.run(page, "--dump-dom"), "the page's own policy forbids scripts"
    page.write_text(
        text.replace("</h1>", "</h1><script>document.title='owned'</script>").replace("default-src 'none'", "", 1),
        encoding="utf-8",
    )
    assert "<title>owned</title>" in BROWSER.run(page, "--dump-dom")


@pytest.mark.skipif(BROWSER is None, reason="no browser, and no apt to get one")
def test_a_screenshot_of_the_page_is_not_blank(tmp_path: Path) -> None:
    assert BROWSER is not None
    page, shot, blank = tmp_path / "page.html", tmp_path / "page.png", tmp_path / "blank.png"
    page.write_text(rendered("html", checked(NOTES)), encoding="utf-8")
    BROWSER.run(page, f"--screenshot={shot}", "--window-size=1100,900")
    page.write_text("<title>blank</title>", encoding="utf-8")
    BROWSER.run(page, f"--screenshot={blank}", "--window-size=1100,900")
    assert shot.read_bytes().startswith(b"\x89PNG") and len(shot.read_bytes()) > 3 * len(blank.read_bytes())


# ── color ──


@pytest.fixture
def terminal(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command line on a terminal."""
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")

    def on_a_terminal(*arguments: object) -> Ended:
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        return run(*arguments)

    return on_a_terminal


def test_a_terminal_gets_the_whole_report_in_color(terminal: Run) -> None:
    shown = terminal("check", NOTES).out
    assert shown.startswith("\x1b[31;1mFAILED: 8 findings\x1b[0m\n") and "what to do:" in shown


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_terminal_without_color_stays_plain(
    terminal: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    shown = terminal("check", NOTES).out
    assert "\x1b" not in shown and "what to do:" in shown


def test_color_can_be_asked_for_and_refused(terminal: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in terminal("check", NOTES, "--color", "never").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[31;1m" in terminal("check", NOTES, "--color", "always").out


def test_a_pipe_gets_a_line_a_finding_without_color(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    ended = run("check", NOTES)
    assert "\x1b" not in ended.out and len(ended.out.splitlines()) == len(checked(NOTES).findings) + 1
    assert "\x1b" in run("check", NOTES, "-f", "text", "--color", "always").out


def test_a_word_that_is_no_color_is_an_error(run: Run) -> None:
    assert "did you mean `always`?" in run("check", NOTES, "--color", "alway").err


def test_a_file_that_is_gone_leaves_the_frame_out(tmp_path: Path) -> None:
    path = tmp_path / "app.json"
    path.write_text(NOTES.read_text())
    told = check(load(path), load_catalog(), load_rules())
    path.unlink()
    text = rendered("text", told)
    assert "> 293 |" not in text and text.startswith("FAILED: ")
    with pytest.raises(InputError):
        load(path)
