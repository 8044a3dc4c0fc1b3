"""`check` as JUnit XML: a test case for each rule, which fails with its findings, or is undecided.

https://github.com/testmoapp/junitxml
"""

from __future__ import annotations

from xml.etree import ElementTree

from grantgraph.findings import Doubt, Finding
from grantgraph.reports._check import doubt_words, evidence, verdict
from grantgraph.reports._words import place
from grantgraph.rules import Checked
from grantgraph.text import visible


def render(checked: Checked) -> str:
    """A suite with a case for every rule that was asked and every promise, in a fixed order."""
    titles = {rule.id: f"{rule.id}: {rule.title}" for rule in checked.rules}
    others = [*(one.rule for one in checked.findings), *(one.rule for one in checked.doubts)]
    others += [one.rule for one in checked.proved]
    titles.update({rule: rule for rule in others if rule not in titles})
    suite = ElementTree.Element("testsuite", name=visible(f"grantgraph {checked.application.name}"))
    failures = errors = 0
    for rule, title in titles.items():
        case = ElementTree.SubElement(suite, "testcase", classname="grantgraph", name=visible(title))
        failing = [one for one in checked.failing if one.rule == rule]
        milder = [one for one in checked.findings if one.rule == rule and one not in failing]
        doubts = [one for one in checked.doubts if one.rule == rule]
        if failing:
            failures += 1
            told = "\n\n".join(map(_finding, failing))
            _part(case, "failure", failing[0].message, told, type=str(failing[0].severity))
        elif doubts and checked.unknown == "fail":
            errors += 1
            _part(case, "error", doubts[0].reason, "\n".join(map(_doubt, doubts)), type="undecided")
        if milder or (doubts and failing):
            told = "\n\n".join([*map(_finding, milder), *map(_doubt, doubts)])
            ElementTree.SubElement(case, "system-out").text = told
    suite.set("tests", str(len(titles)))
    suite.set("failures", str(failures))
    suite.set("errors", str(errors))
    ElementTree.SubElement(suite, "system-out").text = visible(verdict(checked))
    suites = ElementTree.Element("testsuites", tests=str(len(titles)), failures=str(failures), errors=str(errors))
    suites.append(suite)
    ElementTree.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(suites, encoding="unicode") + "\n"


def _part(case: ElementTree.Element, kind: str, message: str, told: str, type: str) -> None:
    ElementTree.SubElement(case, kind, message=visible(message), type=type).text = told


def _finding(finding: Finding) -> str:
    lines = [f"{place(finding.at)}: {finding.message}" if finding.at.file else finding.message]
    lines += [f"  {label:<9}{words}" for label, words in evidence(finding)]
    lines += [f"  {'fix':<9}{finding.help}"] if finding.help else []
    return "\n".join(map(visible, lines))


def _doubt(doubt: Doubt) -> str:
    return visible(f"{place(doubt.at)}: {doubt_words(doubt)}" if doubt.at.file else doubt_words(doubt))
