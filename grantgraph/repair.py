"""Findings repaired: the policies that show them made tight, and no others; what stays, and why.

A policy is changed only where the prover shows that the narrower one keeps what is needed, where it can be written
into the input, and where some finding goes with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from grantgraph.catalog import Catalog
from grantgraph.decode import reading_instead
from grantgraph.evaluate import Decision, Request, decide
from grantgraph.findings import Finding
from grantgraph.infer.holdings import Key
from grantgraph.patch import Plan, Read, Unpatched, plan
from grantgraph.policy.document import Policy, PolicySet
from grantgraph.prove import Proved
from grantgraph.rules import Checked
from grantgraph.tighten import Rewritten, Tight, Tightened, keys_of, tighten_only

Judge = Callable[[], Checked]
"""Judges an input again, as it was judged before."""


@dataclass(frozen=True, slots=True)
class Repair:
    """What a repair changes, what is found then, the findings that went, and why the others stay.

    `tightened` has those policies tight that are changed, and no others.
    """

    tightened: Tightened
    plan: Plan
    after: Checked
    repaired: tuple[Finding, ...]
    left: tuple[tuple[Finding, str], ...]


def repair(checked: Checked, tightened: Tightened, read: Read, judge: Judge, catalog: Catalog) -> Repair:
    """Choose the policies that make findings go, and judge the changed input as it was judged before."""
    return _Repairing(checked, tightened, read, judge, catalog).repair()


@dataclass(slots=True)
class _Repairing:
    checked: Checked
    tightened: Tightened
    read: Read
    judge: Judge
    catalog: Catalog
    roles: Mapping[str, Tight] = field(init=False)
    refused: dict[Key, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.roles = {role.principal.id: role for role in self.tightened.roles}

    def repair(self) -> Repair:
        """Narrow what shows the findings, again and again: another policy may show what is left of them."""
        findings = self.checked.failing
        behind: list[frozenset[Key]] = [frozenset()] * len(findings)
        chosen: frozenset[Key] = frozenset()
        while True:
            only, found, after = self.changed(chosen)
            left = [_still(one, after.failing) for one in findings]
            behind = [
                keys if still is None else keys | self.behind(still)
                for keys, still in zip(behind, left, strict=True)
            ]
            wanted = frozenset[Key]().union(*behind) - self.refused.keys()
            if wanted == chosen:
                break
            chosen = wanted
        gone = [keys for keys, still in zip(behind, left, strict=True) if still is None]
        useful = frozenset[Key]().union(*gone) & chosen
        if useful != chosen:
            only, found, after = self.changed(useful)
        both = list(zip(findings, left, strict=True))
        return Repair(
            only,
            found,
            after,
            tuple(one for one, still in both if still is None),
            tuple((one, self.why(still)) for one, still in both if still is not None),
        )

    def changed(self, chosen: frozenset[Key]) -> tuple[Tightened, Plan, Checked]:
        """The changes that make policies tight, but for those that are refused; and what is found then."""
        while True:
            only = tighten_only(self.tightened, chosen - self.refused.keys(), self.catalog)
            known = len(self.refused)
            for role in only.judged():
                if role.changes and not isinstance(role.proof, Proved):
                    self.refuse([role], "the narrower policy is not proved to keep what is needed")
            if len(self.refused) > known:
                continue
            found = plan(only, self.read, self.catalog)
            if not found.unpatched:
                break
            for one in found.unpatched:
                self.refuse_unpatched(only, one)
        if not found.files:
            return only, found, self.checked
        with reading_instead(found.texts):
            return only, found, self.judge()

    def refuse_unpatched(self, tightened: Tightened, one: Unpatched) -> None:
        """Leave out what cannot be written: the policy of that place, or all where it is nobody's alone."""
        why = f"it cannot be changed in place: {one.why}"
        roles = list(tightened.judged())
        here = [
            own
            for role in roles
            for own in role.rewritten
            if own.changes and str(own.policy.statements[0].at) == str(one.at)
        ]
        self.refused.update((key, why) for own in here for key in keys_of(own.policy))
        if not here:
            self.refuse([role for role in roles if role.principal.at == one.at] or roles, why)

    def refuse(self, roles: Iterable[Tight], why: str) -> None:
        changed = (own for role in roles for own in role.rewritten if own.changes)
        self.refused.update((key, why) for own in changed for key in keys_of(own.policy))

    # ── what shows a finding ──

    def policies(self, finding: Finding) -> tuple[Rewritten, ...]:
        """The policies of a role that allow, as they are today, the request which shows a finding."""
        role, request = self.roles.get(finding.principal), finding.request
        if role is None or request is None:
            return ()
        return tuple(one for one in role.rewritten if _allows(one.policy, request))

    def behind(self, finding: Finding) -> frozenset[Key]:
        return frozenset(key for one in self.policies(finding) if one.changes for key in keys_of(one.policy))

    def why(self, finding: Finding) -> str:
        """Why a finding stays."""
        role = self.roles.get(finding.principal)
        if role is not None and role.left:
            return f"nothing is inferred of `{role.principal.id}`: {role.left}"
        policies = self.policies(finding)
        if not policies and finding.when:
            return "it holds in some cases only, and this repairs what holds in all: say the case by `--param`"
        if role is None or not policies:
            return "no policy of a role is behind it"
        for key in (key for one in policies for key in sorted(keys_of(one.policy))):
            if key in self.refused:
                return self.refused[key]
        needed = {name for need in role.needs for name in need.actions}
        names = [name for name in finding.actions if name in needed]
        if not names:
            return "nothing tells that it is not needed"
        return f"{'the model needs' if self.tightened.from_model else 'taken for needed:'} {_some(names)}"


def _allows(policy: Policy, request: Request) -> bool:
    """Whether a policy by itself allows a request, or may."""
    alone = PolicySet(identity_based=(replace(policy, unseen=()),))
    return decide(request, alone).decision in (Decision.ALLOWED, Decision.UNKNOWN)


def _some(names: list[str], most: int = 3) -> str:
    shown = ", ".join(f"`{one}`" for one in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def _still(finding: Finding, findings: Iterable[Finding]) -> Finding | None:
    """What is left of a finding: one of the same rule, about the same, and about some of the same actions."""
    about = (finding.rule, finding.principal, finding.on)
    actions = set(finding.actions)
    for one in findings:
        if (one.rule, one.principal, one.on) == about and (
            one.fingerprint == finding.fingerprint or not actions.isdisjoint(one.actions)
        ):
            return one
    return None
