"""Policies as formulas over what a request may be.

The functions have the names of those in `evaluate`, in the same order, and share nothing with them but the
language: the one reading checks the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from grantgraph.evaluate.organization import NOT_RCP_SERVICES, RCP_RULE, RCP_SERVICES
from grantgraph.evaluate.request import CallerKind
from grantgraph.evaluate.special import NOT_SHAREABLE, TRUST_ACTIONS
from grantgraph.policy.arn import COLON_RULE, SHORT_ARN_RULE, ArnPattern, parse_arn
from grantgraph.policy.document import (
    Effect,
    Policy,
    PolicySet,
    PolicyType,
    Resources,
    Statement,
)
from grantgraph.policy.pattern import Pattern
from grantgraph.prove.actions import encode_actions
from grantgraph.prove.conditions import ANY_ARN, encode_condition, filled
from grantgraph.prove.formula import (
    FALSE,
    RESOURCE,
    TRUE,
    Formula,
    Free,
    Holds,
    Literal,
    conjunction,
    disjunction,
    negation,
)
from grantgraph.prove.frame import Frame
from grantgraph.prove.glob import Glob, Run, colons_in, glob_of, literal_glob, seal
from grantgraph.prove.principals import encode_principal, encode_principals, same_name
from grantgraph.text import Unknown

# ── statements ───────────────────────────────────────────────────────────────────────────────────────────


def encode_statement(statement: Statement, frame: Frame) -> Formula:
    """The requests of the frame that a statement is about, whoever makes them."""
    actions = encode_actions(statement.actions, frame.action)
    if actions == FALSE:
        return FALSE
    return conjunction(
        [
            actions,
            encode_resources(statement.resources, frame),
            *(encode_condition(condition, frame) for condition in statement.conditions),
        ]
    )


def encode_resources(resources: Resources, frame: Frame) -> Formula:
    """Whether Resource or NotResource covers the resource."""
    found = disjunction(_resource(one, frame) for one in resources.patterns)
    return _maybe_not(found, resources.negated)


def _resource(pattern: ArnPattern, frame: Frame) -> Formula:
    if pattern.pattern.is_star:
        return TRUE
    if not pattern.pattern.variables:
        return _plain_resource(pattern.pattern)
    return disjunction(
        conjunction([filled, _resource_glob(glob_of(parts))]) for filled, parts in filled(pattern.pattern, frame)
    )


@lru_cache(maxsize=10_000)
def _plain_resource(pattern: Pattern) -> Formula:
    """What a pattern without variables covers: the same in every question."""
    return _resource_glob(glob_of(pattern.parts))


def _resource_glob(glob: Glob) -> Formula:
    def holds(test: Glob) -> Formula:
        return Literal(Holds(RESOURCE, test))

    if colons_in(glob) < 5:
        wide = disjunction([holds(glob), holds((*glob, ":", Run()))])
        return conjunction([Literal(Free(SHORT_ARN_RULE)), wide])
    narrow, crossing = seal(glob), seal(glob, crossing_ends=True)
    found = [holds(narrow)]
    if narrow != crossing:
        found.append(conjunction([Literal(Free(COLON_RULE)), holds(crossing)]))
    lowered = _lower_fields(crossing)
    if lowered != crossing:
        found.append(conjunction([Literal(Free(CASE_RULE)), holds(lowered)]))
    return disjunction(found)


CASE_RULE = Unknown("rule 35", "whether the fields before the resource are compared with their case")


def _lower_fields(glob: Glob) -> Glob:
    """The glob with its first five fields in lower case."""
    colons, tokens = 0, []
    for token in glob:
        colons += token == ":"
        tokens.append(token.lower() if isinstance(token, str) and colons < 5 else token)
    return tuple(tokens)


def _maybe_not(formula: Formula, negated: bool) -> Formula:
    return negation(formula) if negated else formula


# ── the decision ─────────────────────────────────────────────────────────────────────────────────────────


def encode_allowed(policies: PolicySet, frame: Frame) -> Formula:
    """The requests of the frame that the policies allow."""
    action = frame.action.lower()
    if action == "sts:getcalleridentity":  # 121
        return TRUE if frame.caller.signed else FALSE
    if action == "sts:getsessiontoken" and frame.caller.kind in (CallerKind.USER, CallerKind.ROOT):
        return TRUE
    if not _token_fits(frame):
        return FALSE
    denied = _denied(policies, frame)
    if denied == TRUE:
        return FALSE
    gates = [_allow([policy], frame) for policy in [policies.vpc_endpoint] if policy is not None]
    if frame.caller.signed:
        if not frame.caller.service_linked:
            gates += [_allow(level, frame) for level in policies.scps]
        granted = _signed(policies, frame)
    else:
        resource = policies.resource_based
        granted = FALSE if resource is None else disjunction(_by_name(resource, policies, frame).values())
    return conjunction([granted, *gates, negation(denied)])


def _token_fits(frame: Frame) -> bool:
    """SAML and OpenID Connect tokens have an action each (53)."""
    saml = {"sts:assumerolewithsaml": True, "sts:assumerolewithwebidentity": False}.get(frame.action.lower())
    if frame.caller.kind is not CallerKind.WEB_IDENTITY or saml is None:
        return True
    return saml is (":saml-provider/" in str(frame.caller.name))


def _signed(policies: PolicySet, frame: Frame) -> Formula:
    root = frame.caller.kind is CallerKind.ROOT
    identity = TRUE if root else _allow(policies.identity_based, frame)
    limits = []
    if policies.permissions_boundary is not None and not root:
        limits.append(_allow([policies.permissions_boundary], frame))
    if policies.session is not None:
        limits.append(_allow(policies.session, frame))
    resource = policies.resource_based
    named = _by_name(resource, policies, frame) if resource is not None else {}
    direct, limited, account = (named.get(how, FALSE) for how in ("self", "limited", "account"))
    shared = FALSE if frame.action.lower() in NOT_SHAREABLE else disjunction([direct, limited, account])
    across = conjunction([shared, identity, *limits])
    if _resource_must_allow(policies, frame):
        if resource is None:
            unseen = Unknown(f"resource policy {frame.action}", "the resource's own policy was not given")
            return conjunction([Literal(Free(unseen)), identity, *limits])
        through = disjunction([limited, conjunction([account, identity])])
    else:
        through = disjunction([identity, limited])
    within = disjunction([direct, conjunction([through, *limits])])
    same = _same_account(frame)
    partition = _same_partition(frame)
    return conjunction(
        [partition, disjunction([conjunction([same, within]), conjunction([negation(same), across])])]
    )


def _same_partition(frame: Frame) -> Formula:
    """Roles are not assumed across partitions (64)."""
    arn = parse_arn(frame.caller.name)
    if arn is None or frame.action.lower() not in TRUST_ACTIONS:
        return TRUE
    return Literal(Holds(RESOURCE, (*"arn:", *literal_glob(arn.partition), ":", Run())))


def _same_account(frame: Frame) -> Formula:
    """Whether the resource belongs to the caller's account; where nothing says whose it is, it does (111, 112)."""
    account = frame.caller.account
    if account == "":
        return TRUE
    if frame.owner != "":
        return same_name(frame.owner, account)
    place: Glob = (Run(":"), ":", Run(":"), ":", Run(":"), ":", Run(":"), ":")
    owners: list[Glob] = [literal_glob(account), (), literal_glob("aws"), literal_glob("*")]
    known = [Literal(Holds(RESOURCE, (*place, *owner, ":", Run()))) for owner in owners]
    return disjunction([*known, Literal(Holds(RESOURCE, ANY_ARN), False)])


def _resource_must_allow(policies: PolicySet, frame: Frame) -> bool:
    if policies.resource_based is not None and policies.resource_based.type is PolicyType.TRUST:
        return True
    return frame.on_key or frame.action.lower() in TRUST_ACTIONS


_ALWAYS_ALLOWED = frozenset({"sts:getcalleridentity", "sts:getsessiontoken"})
_RULES_OF_THEIR_OWN = frozenset({"kms:retiregrant"} | _ALWAYS_ALLOWED | TRUST_ACTIONS | NOT_SHAREABLE)


def has_rules_of_its_own(action: str) -> bool:
    """Whether the decision reads the action's very name: such an action is like no other."""
    return action.lower() in _RULES_OF_THEIR_OWN


def needs_no_grant(action: str) -> bool:
    """Whether an action may be allowed although no policy allows it (121)."""
    return action.lower() in _ALWAYS_ALLOWED


def reads_service(service: str, policies: PolicySet) -> bool:
    """Whether the decision may read the service of an action, beside what statements name."""
    return service == "kms" or bool(policies.rcps)


def _allow(policies: Iterable[Policy], frame: Frame) -> Formula:
    """The requests that some Allow statement of some policy is about."""
    found: list[Formula] = []
    for policy in policies:
        for one in policy.statements:
            if one.effect is Effect.ALLOW:
                covers = encode_principals(one.principals, frame, policy.type, False)
                found.append(conjunction([covers, encode_statement(one, frame)]))
        found += [Literal(Free(unseen)) for unseen in policy.unseen]
    return disjunction(found)


def _by_name(policy: Policy, policies: PolicySet, frame: Frame) -> dict[str, Formula]:
    """The Allow statements of a resource policy, by how they name the caller."""
    found: dict[str, list[Formula]] = {"self": [], "limited": [], "account": []}
    for statement in policy.statements:
        if statement.effect is not Effect.ALLOW or statement.principals is None:
            continue
        if statement.principals.negated:
            named = [(encode_principals(statement.principals, frame, policy.type, False), "self")]
        else:
            members = statement.principals.members
            named = [encode_principal(one, frame.caller, policy.type) for one in members]
        named = [(covers, how) for covers, how in named if covers != FALSE]
        about = encode_statement(statement, frame) if named else FALSE
        for covers, how in named:
            found[how].append(conjunction([covers, about]))
    found["self"] += [Literal(Free(unseen)) for unseen in policy.unseen]
    return {how: disjunction(parts) for how, parts in found.items()}


def _binds(type: PolicyType, frame: Frame) -> Formula:
    """Whether an organization's policy says anything about the caller and the service (107 to 110)."""
    if type is PolicyType.SCP:
        return TRUE if frame.caller.signed and not frame.caller.service_linked else FALSE
    if type is not PolicyType.RCP:
        return TRUE
    service = frame.action.lower().partition(":")[0]
    if frame.caller.service_linked or frame.action.lower() == "kms:retiregrant" or service in NOT_RCP_SERVICES:
        return FALSE
    return TRUE if service in RCP_SERVICES else Literal(Free(RCP_RULE))


def _denied(policies: PolicySet, frame: Frame) -> Formula:
    """The requests that some Deny statement is about."""
    bounded = policies.permissions_boundary is not None
    found: list[Formula] = []
    for policy in policies.all():
        guards = _binds(policy.type, frame)
        for statement in policy.statements:
            if statement.effect is Effect.DENY and guards != FALSE:
                covers = encode_principals(statement.principals, frame, policy.type, bounded)
                found.append(conjunction([guards, covers, encode_statement(statement, frame)]))
        found += [Literal(Free(Unknown(f"deny in {one.name}", one.reason))) for one in policy.unseen]
    return disjunction(found)
