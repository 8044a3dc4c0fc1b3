"""What an application allows, as tests assert it: proved for every request, or failed with the one against it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from grantgraph.ask import ask, decide_in, policies_around
from grantgraph.catalog import Catalog, load_catalog
from grantgraph.claim import claim_never
from grantgraph.cli.options import read_cases, read_document
from grantgraph.diff import compare
from grantgraph.evaluate import Decision, Request, Verdict
from grantgraph.explain import find_principal, find_resource
from grantgraph.graph import PermissionGraph, build
from grantgraph.judge import judge
from grantgraph.model import Application, Promise, PromiseType
from grantgraph.paths import explain_path
from grantgraph.promises import keep
from grantgraph.prove import Proved
from grantgraph.reports import find_report
from grantgraph.rules import Proof, Severity, load_rules
from grantgraph.standing import Ground
from grantgraph.who import who_can


@dataclass(frozen=True, repr=False)
class Access:
    """An application, and what it allows. Every assertion fails where it cannot be decided, too.

    `cases` are the application in each case that its conditions leave open.
    """

    application: Application
    cases: tuple[Application, ...] = ()

    def __repr__(self) -> str:
        return f"<access of {self.application.source or self.application.name}>"

    @property
    def catalog(self) -> Catalog:
        """The actions of AWS, as of the date that reports name."""
        return load_catalog()

    def assert_never(self, who: str, *access: str, on: str = "") -> None:
        """No request of a principal has some access: access levels (`write`, ...) or actions.

        Args:
            who: a principal by its id, its name, or its kind (`unauthenticated`).
            on: only this resource.

        Raises:
            AssertionError: a request shows that it does, or it cannot be decided.
            UsageError: an argument names nothing.
        """
        __tracebackhide__ = True
        principal = find_principal(self.application, who)
        claim = claim_never(self.application, principal, access, on, self.catalog)
        _expect(isinstance(claim.answer, Proved), "prove", claim)

    def assert_isolated(self, who: str, on: str) -> None:
        """Two identities of a principal never reach the same data of a resource.

        Raises:
            AssertionError: two requests show that they do, or it cannot be decided.
            UsageError: an argument names nothing.
        """
        __tracebackhide__ = True
        principal = find_principal(self.application, who)
        title = f"identities of {principal.id} are apart on {on}"
        promise = Promise(title, PromiseType.ISOLATED, principal.id, on=find_resource(self.application, on).id)
        kept = keep(promise, self.application, self.catalog)
        if not isinstance(kept, Proof):
            raise AssertionError(
                getattr(kept, "message", "") or f"{title}: undecided: {getattr(kept, 'reason', '')}"
            )

    def assert_can(self, who: str, action: str, resource: str, **context: str) -> None:
        """A request is allowed. Keys of `context` are written with `__` for `:`, as in `aws__SourceIp`.

        Raises:
            AssertionError: it is denied, or it hinges on what is not known.
            UsageError: an argument names nothing.
        """
        __tracebackhide__ = True
        asked = ask(self.application, who, action, resource, _pairs(context), self.catalog)
        _expect(asked.verdict.allowed, "can", asked)

    def assert_cannot(self, who: str, action: str, resource: str, **context: str) -> None:
        """A request is denied.

        Raises:
            AssertionError: it is allowed, or it hinges on what is not known.
            UsageError: an argument names nothing.
        """
        __tracebackhide__ = True
        asked = ask(self.application, who, action, resource, _pairs(context), self.catalog)
        _expect(asked.verdict.decision in (Decision.IMPLICIT_DENY, Decision.EXPLICIT_DENY), "can", asked)

    def assert_only(self, who: Collection[str], action: str, resource: str) -> None:
        """Nobody but these principals can do an action on a resource by rights of their own.

        Raises:
            AssertionError: somebody else can, or may be able to.
            UsageError: an argument names nothing.
        """
        __tracebackhide__ = True
        allowed = {find_principal(self.application, one).id for one in who}
        found = who_can(self.application, action, resource, self.catalog)
        others = {one.id for one in found.holders} - allowed
        _expect(not others and not found.caveats, "who_can", found)

    def assert_no_way(self, start: str, end: str) -> None:
        """Nothing leads from a caller, principal, resource or entry point to another of them.

        Raises:
            AssertionError: there is a way, or may be one.
            UsageError: an argument names nothing.
        """
        __tracebackhide__ = True
        explained = explain_path(self.application, start, end, self.catalog)
        _expect(not explained.paths and not explained.open, "path", explained)

    def assert_no_wider_than(self, base: Access) -> None:
        """Nobody has access, and no way leads in, that another version of the application does not have.

        Raises:
            AssertionError: access was added, or it cannot be decided.
        """
        __tracebackhide__ = True
        found = compare(base.application, self.application, self.catalog)
        _expect(not found.widens and not found.may_widen, "diff", found)

    def assert_passes(
        self, *, select: Collection[str] = (), ignore: Collection[str] = (), severity: str = "low"
    ) -> None:
        """Every rule and every promise holds, as `grantgraph check` asks them.

        Args:
            select, ignore: ids of rules, or how they begin; all but those ignored, where none is selected.
            severity: the least that fails.

        Raises:
            AssertionError: there is a finding, or an open question.
        """
        __tracebackhide__ = True
        rules = tuple(
            one
            for one in load_rules()
            if (not select or one.id.startswith(tuple(select))) and not one.id.startswith(tuple(ignore))
        )
        checked = judge(self.application, self.cases, self.catalog, rules)
        order = list(Severity)
        worst = order.index(Severity(severity))
        failing = [one for one in checked.findings if one.severity.counts and order.index(one.severity) <= worst]
        _expect(not failing and not checked.doubts, "check", checked, "concise")

    def decide(self, request: Request, who: str) -> Verdict:
        """What IAM answers to one request of a principal.

        Raises:
            UsageError: there is no such principal.
        """
        principal = find_principal(self.application, who)
        policies = policies_around(self.application, request, self.ground.standing(principal))
        return decide_in(self.application, request, policies)[1]

    @cached_property
    def ground(self) -> Ground:
        """What every question about the application is prepared with."""
        return Ground(self.application)

    @cached_property
    def graph(self) -> PermissionGraph:
        """The permission graph: principals, resources and entry points, and what connects them."""
        return build(self.application, self.catalog)


def read(
    source: Path | str | Mapping[str, Any],
    *,
    parameters: Mapping[str, str] | None = None,
    account: str = "",
    region: str = "",
    partition: str = "",
) -> Access:
    """What an application allows.

    Args:
        source: a path, as commands take it; or a template itself, such as `Template.from_stack(stack).to_json()`.
        parameters: values of a template's parameters.
        account, region, partition: where it is deployed, where the input leaves that open.

    Raises:
        InputError: it cannot be read.
        UsageError: an argument cannot be used.
    """
    given = [f"{key}={value}" for key, value in (parameters or {}).items()]
    if isinstance(source, Mapping):
        return Access(read_document(json.dumps(source, indent=2), given, account, region, partition))
    return Access(*read_cases(Path(source), given, account, region, partition))


def _expect(holds: bool, subject: str, answer: object, format: str = "text") -> None:
    """Raise what a report says of an answer, unless it is as expected."""
    __tracebackhide__ = True
    if not holds:
        raise AssertionError(find_report(subject, format)(answer).rstrip())


def _pairs(context: Mapping[str, str]) -> list[str]:
    return [f"{key.replace('__', ':')}={value}" for key, value in context.items()]
