"""The decision: every policy that applies, in AWS's order, to one verdict with its reasons (rules 103 to 132)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from grantgraph.evaluate.layer import KEPT_ACTIONS, Compiled, Layer, Reading, compile_policies
from grantgraph.evaluate.organization import RCP_RULE, rcps_guard, scps_bind
from grantgraph.evaluate.principal import Named
from grantgraph.evaluate.request import Authorizer, CallerKind, Request
from grantgraph.evaluate.special import (
    MANAGED_RULE,
    NOT_SHAREABLE,
    PUBLIC_RULE,
    is_free_for_all,
    is_public,
    may_be_beyond_policies,
    resource_must_allow,
    same_partition,
    token_fits,
)
from grantgraph.evaluate.statement import Entry, Reason, match_actions
from grantgraph.evaluate.variable import MAYBE, NO, YES
from grantgraph.policy.arn import parse_arn
from grantgraph.policy.document import PolicySet, PolicyType
from grantgraph.policy.pattern import Match, literal_pattern
from grantgraph.text import Unknown, unknowns_in


class Decision(StrEnum):
    """What AWS answers; UNKNOWN only where the answer hinges on something we do not know."""

    ALLOWED = "allowed"
    IMPLICIT_DENY = "implicit-deny"
    EXPLICIT_DENY = "explicit-deny"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision for one request.

    It survives every filling of what is not known: allowed stays allowed, an explicit deny stays one, and an
    implicit deny stays a deny, though a statement that may deny could yet make it an explicit one.

    `because` holds the statements behind it: the denying ones, the allowing ones, or the ones that may.
    `layer` is the kind of policy that said no, when the answer is no. `unknowns` is what UNKNOWN hinges on.
    """

    decision: Decision
    because: tuple[Reason, ...] = ()
    layer: str = ""
    unknowns: frozenset[Unknown] = frozenset()

    @property
    def allowed(self) -> bool:
        return self.decision is Decision.ALLOWED


NO_SIGNATURE = "signature"
WRONG_TOKEN = "token"
OTHER_PARTITION = "partition"
BOUNDARY_RULE = Unknown("rule 117", "AWS does not say whether a boundary limits a service-linked role")
USER_POOL_RULE = Unknown("rule 178", "AWS's page disagrees with itself on a silent API policy behind a user pool")


def decide(request: Request, policies: PolicySet | Compiled) -> Verdict:
    """AWS's answer to one request, over all policies that apply to it."""
    compiled = policies if isinstance(policies, Compiled) else compile_policies(policies)
    plainly = _decide_plainly(request, compiled)
    if plainly is not None:
        return plainly
    if is_free_for_all(request):
        if request.caller.signed:
            return Verdict(Decision.ALLOWED)
        return Verdict(Decision.IMPLICIT_DENY, (), NO_SIGNATURE)
    return _Flow(request, compiled).verdict()


def _decide_plainly(request: Request, compiled: Compiled) -> Verdict | None:
    """The same answer on the short way, for the usual case; None where the request has to go the long one.

    Usual is: nothing but identity policies, a user or role in its own account, an action without rules of its own,
    and no statement that hinges on something unknown.
    """
    action = request.action
    try:
        split = compiled.by_action[action]
    except KeyError:
        if len(compiled.by_action) >= KEPT_ACTIONS:
            compiled.by_action.clear()
        usual = compiled.is_plain and not action.lower().startswith(_UNUSUAL)
        split = compiled.by_action[action] = compiled.split(action) if usual else None
    if split is None:
        return None
    caller, resource, given = request.caller, request.resource, request.resource_account
    if caller.kind not in _USUAL_CALLERS or request.situation.authorizer is not None or type(resource) is not str:
        return None
    if given is None:
        fields = resource.split(":", 5)
        given = fields[4] if len(fields) == 6 else ""
    if given != caller.account and given != "":
        return None
    denies, allows = split
    deciding: list[Entry] = []
    for entries in (denies, allows):
        for entry in entries:
            for test in entry.tests:
                found = test(request, None)
                if found is NO:
                    break
                if found is MAYBE:
                    return None
            else:
                deciding.append(entry)
        if deciding:
            break
    key = tuple(map(id, deciding))  # the entries live as long as what is kept beside them
    known = compiled.answers.get(key)
    if known is None:
        known = compiled.answers[key] = _plain_verdict(deciding)
    assert isinstance(known, Verdict)
    return known


_UNUSUAL = ("sts:", "kms:", "iam:")
"""Services whose actions have rules of their own: trust, keys, what AWS manages itself."""

_USUAL_CALLERS = frozenset({CallerKind.USER, CallerKind.ROLE})


def _plain_verdict(deciding: list[Entry]) -> Verdict:
    because = tuple(entry.reason for entry in deciding)
    if not because:
        return Verdict(Decision.IMPLICIT_DENY, (), PolicyType.IDENTITY_BASED)
    if deciding[0].allows:
        return Verdict(Decision.ALLOWED, because)
    return Verdict(Decision.EXPLICIT_DENY, because, PolicyType.IDENTITY_BASED)


def decide_all(requests: Iterable[Request], policies: PolicySet | Compiled) -> Verdict:
    """The answer to a call that needs several permissions: every one must be allowed (26)."""
    return combine(decide(request, policies) for request in requests)


def combine(verdicts: Iterable[Verdict]) -> Verdict:
    """Several verdicts as one: the first of the strictest kind speaks, and an allowed call names every reason."""
    found = list(verdicts)
    for decision in (Decision.EXPLICIT_DENY, Decision.IMPLICIT_DENY, Decision.UNKNOWN):
        for verdict in found:
            if verdict.decision is decision:
                return verdict
    because = dict.fromkeys(reason for verdict in found for reason in verdict.because)
    return Verdict(Decision.ALLOWED, tuple(because))


class _Flow:
    """One request on its way through the layers."""

    __slots__ = (
        "boundary",
        "bounded",
        "compiled",
        "doubts",
        "endpoint",
        "identity",
        "rcps",
        "reasons",
        "request",
        "resource",
        "scps",
        "session",
    )

    def __init__(self, request: Request, compiled: Compiled) -> None:
        self.request = request
        self.compiled = compiled
        self.bounded = compiled.boundary is not None
        self.doubts: set[Unknown] = set()
        self.reasons: list[Reason] = []
        self.rcps = self.read_rcps() if compiled.rcps else ()
        self.scps = self.read_all(compiled.scps) if compiled.scps and scps_bind(request) else ()
        self.endpoint = self.read(compiled.endpoint)
        self.resource = self.read(compiled.resource)
        self.identity = self.boundary = self.session = None
        if request.caller.signed or request.situation.authorizer is Authorizer.LAMBDA:
            self.identity = self.read(compiled.identity)
            self.boundary = self.read_boundary()
            self.session = self.read(compiled.session)

    # ── reading the layers ──

    def read(self, layer: Layer | None) -> Reading | None:
        return None if layer is None else layer.read(self.request, self.bounded)

    def read_all(self, layers: tuple[Layer, ...]) -> tuple[Reading, ...]:
        return tuple(layer.read(self.request, self.bounded) for layer in layers)

    def read_rcps(self) -> tuple[Reading, ...]:
        """RCPs only deny: RCPFullAWSAccess is attached at every level and cannot be taken off (17, 109)."""
        guard = rcps_guard(self.request)
        if guard is NO:
            return ()
        readings = self.read_all(self.compiled.rcps)
        if guard is MAYBE:
            for reading in readings:
                if reading.deny is not NO:
                    reading.deny = MAYBE
                    self.doubts.add(RCP_RULE)
        return readings

    def read_boundary(self) -> Reading | None:
        reading = self.read(self.compiled.boundary)
        if reading is not None and self.request.caller.service_linked:
            if reading.allow is NO or reading.deny is YES:
                self.doubts.add(BOUNDARY_RULE)
            reading.allow = max(reading.allow, MAYBE)
            reading.deny = min(reading.deny, MAYBE)
        return reading

    def readings(self) -> Iterator[Reading]:
        """Every layer that was read, in AWS's order (105)."""
        yield from self.rcps
        yield from self.scps
        for one in (self.endpoint, self.resource, self.identity, self.boundary, self.session):
            if one is not None:
                yield one

    # ── the answer ──

    def verdict(self) -> Verdict:
        denied = NO
        for reading in self.readings():
            if reading.deny is not NO:
                if reading.deny is YES:
                    return self.explicit_deny()
                denied = MAYBE
        allow, missing = self.allow()
        if allow is NO:
            return Verdict(Decision.IMPLICIT_DENY, (), missing)
        if allow is YES and denied is NO:
            return Verdict(Decision.ALLOWED, tuple(self.reasons))
        return self.unknown(missing)

    def explicit_deny(self) -> Verdict:
        """Any Deny is final (104); the first layer in AWS's order is named."""
        denying = [reading for reading in self.readings() if reading.deny is YES]
        because = [entry.reason for reading in denying for found, entry in reading.denying if found is YES]
        return Verdict(Decision.EXPLICIT_DENY, tuple(because), str(denying[0].name))

    def unknown(self, missing: str) -> Verdict:
        hinges: dict[Reason, None] = {}
        unknowns = set(self.doubts)
        for reading in self.readings():
            unknowns.update(reading.unseen)
            for found, entry in (*reading.denying, *reading.allowing):
                unsure = any(who is MAYBE for who in reading.ways.get(id(entry), {}).values())
                if found is not MAYBE and not unsure and (entry.allows or reading.deny is not MAYBE):
                    continue
                if entry.allows and reading.allow is YES and not reading.named:
                    continue  # another statement of the layer allows for sure
                hinges[entry.reason] = None
                why: set[Unknown] = set()
                match_actions(entry.reason.statement.actions, self.request.action, why)
                entry.match(self.request, why)
                entry.match_caller(self.request, self.bounded, why)
                unknowns |= why
        hinges.update(dict.fromkeys(self.reasons))
        return Verdict(Decision.UNKNOWN, tuple(hinges), missing, frozenset(unknowns))

    # ── what must allow ──

    def allow(self) -> tuple[Match, str]:
        """Whether everything that must allow does, and the layer that is missing."""
        request = self.request
        if not token_fits(request):
            return NO, WRONG_TOKEN
        if not same_partition(request):
            return NO, OTHER_PARTITION
        for gate in (*self.scps, *([self.endpoint] if self.endpoint is not None else ())):
            if gate.allow is NO:
                return NO, str(gate.name)
        if request.situation.authorizer not in (None, Authorizer.IAM) and request.service == "execute-api":
            granted, missing = self.api_allow()
        elif not request.caller.signed:
            granted, missing = self.resource_only()
        else:
            granted, missing = self.signed()
        for gate in (*self.scps, *([self.endpoint] if self.endpoint is not None else ())):
            if gate.allow < granted:
                granted, missing = gate.allow, str(gate.name)
        if granted is YES and may_be_beyond_policies(request):
            self.doubts.add(MANAGED_RULE)
            granted = MAYBE
        return granted, missing

    def resource_only(self) -> tuple[Match, str]:
        """A caller without identity policies: only the resource's own policy can allow (120, 127)."""
        if self.resource is None:
            return NO, PolicyType.RESOURCE_BASED
        allow = self.shared()
        if allow is not NO:
            self.reasons += self.resource.reasons(allow)
        return allow, str(self.resource.name)

    def shared(self) -> Match:
        """What the resource's policy allows to those outside its account (125, 173)."""
        if self.resource is None:
            return NO
        allow = self.resource.allow
        request = self.request
        if request.action.lower() in NOT_SHAREABLE:
            return NO
        public = request.situation.restrict_public_buckets and request.service == "s3"
        if public and request.caller.kind is not CallerKind.SERVICE and allow is not NO:
            policy = self.compiled.policies.resource_based
            found = is_public(policy) if policy is not None else NO
            if found is MAYBE:
                self.doubts.add(PUBLIC_RULE)
            allow = min(allow, ~found)
        return allow

    def signed(self) -> tuple[Match, str]:
        """Identity, boundary, session and resource policies of a signing caller (111 to 119)."""
        same = self.same_account()
        if same is YES:
            return self.same_account_allow()
        if same is NO:
            return self.other_account_allow()
        own = self.same_account_allow()
        other = self.other_account_allow()
        if own[0] is other[0]:
            return own
        self.doubts |= unknowns_in(self.request.resource_account or self.request.resource)
        return MAYBE, own[1] or other[1]

    def same_account(self) -> Match:
        """Whether the resource belongs to the caller's account; left unsaid, it does."""
        account = self.request.resource_account
        own = self.request.caller.account
        if account is None:
            resource = self.request.resource
            if isinstance(resource, str):
                fields = resource.split(":", 5)
                account = fields[4] if len(fields) == 6 else ""
            else:
                arn = parse_arn(resource)
                account = arn.account if arn is not None else ""
        if account in ("", "*", "aws", own) or own == "":
            return YES
        return literal_pattern(account).match(own)

    def limits(self) -> tuple[Match, Match, Match]:
        """Identity, boundary and session; the root user needs no identity policy (103)."""
        root = self.request.caller.kind is CallerKind.ROOT
        identity = YES if root or self.identity is None else self.identity.allow
        boundary = YES if root or self.boundary is None else self.boundary.allow
        session = YES if self.session is None else self.session.allow
        return identity, boundary, session

    def same_account_allow(self) -> tuple[Match, str]:
        """The table of rule 114: what a resource policy bypasses depends on how it names the caller."""
        identity, boundary, session = self.limits()
        resource = self.resource
        direct = limited = account = NO
        if resource is not None:
            direct, limited = resource.by_name(Named.SELF), resource.by_name(Named.LIMITED)
            account = resource.by_name(Named.ACCOUNT)
        must = resource_must_allow(self.request, self.compiled.policies.resource_based)
        if must and resource is None:
            return self.policy_not_given()
        through = max(limited, min(account, identity)) if must else max(limited, identity)
        granted = max(direct, min(through, boundary, session))
        if granted is not NO:
            self.give_reasons(granted, direct, min(limited, boundary, session), must)
        if granted is YES:
            return YES, ""
        if resource is not None and must and max(limited, account) <= granted:
            return granted, str(resource.name)
        return granted, _first_missing(granted, through, boundary, session)

    def give_reasons(self, granted: Match, direct: Match, limited: Match, must: bool) -> None:
        if self.resource is not None:
            if direct >= granted:
                self.reasons += self.resource.reasons(granted, Named.SELF)
            if limited >= granted:
                self.reasons += self.resource.reasons(granted, Named.LIMITED)
            if must:
                self.reasons += self.resource.reasons(granted, Named.ACCOUNT)
        identity, boundary, session = self.limits()
        if self.identity is not None and min(identity, boundary, session) >= granted:
            self.reasons += self.identity.reasons(granted)

    def policy_not_given(self) -> tuple[Match, str]:
        about = f"the own policy of `{self.request.resource}` was not given"
        self.doubts.add(Unknown(str(self.request.resource), about))
        return MAYBE, PolicyType.RESOURCE_BASED

    def other_account_allow(self) -> tuple[Match, str]:
        """Across accounts both sides must allow, and nothing is bypassed (112, 118)."""
        identity, boundary, session = self.limits()
        if self.resource is None and resource_must_allow(self.request, None) and identity is not NO:
            return self.policy_not_given()
        resource = self.shared()
        granted = min(resource, identity, boundary, session)
        if granted is not NO:
            if self.resource is not None:
                self.reasons += self.resource.reasons(granted)
            if self.identity is not None:
                self.reasons += self.identity.reasons(granted)
        if granted is YES:
            return YES, ""
        if resource is granted:
            return granted, str(self.resource.name if self.resource is not None else PolicyType.RESOURCE_BASED)
        return granted, _first_missing(granted, identity, boundary, session)

    def api_allow(self) -> tuple[Match, str]:
        """An API method whose callers do not sign (178): the API's policy, when there is one, must allow."""
        authorizer = self.request.situation.authorizer
        resource = self.resource
        if authorizer is Authorizer.LAMBDA:
            identity = NO if self.identity is None else self.identity.allow
            own = NO if resource is None else resource.allow
            same = self.same_account() is not NO
            granted = max(identity, own) if same else min(identity, own)
            for reading in (resource, self.identity):
                if reading is not None and granted is not NO:
                    self.reasons += reading.reasons(granted)
            return granted, PolicyType.IDENTITY_BASED
        if resource is None:
            return YES, ""  # a public method, or one whose users a pool has checked: no policy takes part (177)
        self.reasons += resource.reasons(YES)
        if resource.allow is NO and authorizer is Authorizer.USER_POOL:
            self.doubts.add(USER_POOL_RULE)
            return MAYBE, str(resource.name)
        return resource.allow, str(resource.name)


def _first_missing(granted: Match, identity: Match, boundary: Match, session: Match) -> str:
    """The first layer, in AWS's order, that allows no more than what was granted."""
    if identity is granted:
        return PolicyType.IDENTITY_BASED
    if boundary is granted:
        return PolicyType.PERMISSIONS_BOUNDARY
    return PolicyType.SESSION if session is granted else PolicyType.IDENTITY_BASED


__all__ = ["Decision", "Reason", "Verdict", "combine", "decide", "decide_all"]
