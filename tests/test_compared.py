"""Synthesis beside policy_sentry, on the same needs: what docs/compared.md says of both."""

from __future__ import annotations

from scripts.compare_policy_sentry import CASES, MODEL, PAGE, filled, rows
from tests.apps import CATALOG


def test_the_page_shows_what_both_tools_write() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert filled(page, CATALOG) == page


def test_the_needs_speak_of_every_kind_of_resource() -> None:
    assert set(MODEL["resources"]) | {"other", "GET /notes"} == {one.need["to"] for one in CASES}


def test_neither_tool_leaves_out_what_is_called_and_grantgraph_grants_less() -> None:
    for one in rows(CATALOG):
        assert one.short(one.ours) == []
        assert one.short(one.theirs) == []
        assert len(one.beyond(one.ours)) < len(one.beyond(one.theirs))
        assert {action for statement in one.named for action in statement["Action"]} == set(one.case.calls)
