"""Policies as formulas over what a request may be.

The functions have the names of those in `evaluate`, in the same order, and share nothing with them but the
language: the one reading checks the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product

from grantgraph.evaluate.request import Caller, CallerKind
from grantgraph.policy.arn import COLON_RULE, SHORT_ARN_RULE, ArnPattern, parse_arn
from grantgraph.policy.document import (
    Condition,
    Effect,
    Family,
    Operator,
    Policy,
    PolicySet,
    PolicyType,
    PrincipalKind,
    PrincipalPattern,
    Principals,
    Quantifier,
    Resources,
    Statement,
    Unusable,
)
from grantgraph.policy.pattern import Part, Pattern, Variable
from grantgraph.prove.actions import encode_actions
from grantgraph.prove.comparison import Compare, Test
from grantgraph.prove.formula import (
    FALSE,
    RESOURCE,
    TRUE,
    Every,
    Formula,
    Free,
    Holds,
    Literal,
    Present,
    conjunction,
    disjunction,
    negation,
)
from grantgraph.prove.glob import EMPTY, Glob, Run, colons_in, glob_of, literal_glob, seal
from grantgraph.prove.spaces import Dimension
from grantgraph.text import Text, Unknown, letters, split_text, text

ANY_ARN: Glob = (*(token for _ in range(5) for token in (Run(":"), ":")), Run())


@dataclass(slots=True)
class Frame:
    """What an encoding is about: one caller and one action, and how each key's dimension looks.

    `stand_ins` maps the key of a policy variable to the letter that stands for its value. `owner` is the account
    that owns the resources, "" where their ARNs say it. `on_key` says that the resource is a KMS key, whose
    own policy is never bypassed (rule 123).
    """

    caller: Caller
    action: str
    dimension: Callable[[str], Dimension]
    owner: Text = ""
    on_key: bool = False
    stand_ins: dict[str, Unknown] = field(default_factory=dict)

    def stand_in(self, key: str) -> Unknown:
        """The letter for the value of a policy variable; its dimension takes no other value."""
        return self.stand_ins.setdefault(key, stand_in(key))


def stand_in(key: str) -> Unknown:
    """The letter that stands for whatever value a request carries for a key."""
    return Unknown(key, f"the value of `{key}` in the request")


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
    return disjunction(
        conjunction([filled, _resource_glob(glob_of(parts))]) for filled, parts in _filled(pattern.pattern, frame)
    )


def _resource_glob(glob: Glob) -> Formula:
    def holds(test: Glob) -> Formula:
        return Literal(Holds(RESOURCE, test))

    if colons_in(glob) < 5:
        wide = disjunction([holds(glob), holds((*glob, ":", Run()))])
        return conjunction([Literal(Free(SHORT_ARN_RULE)), wide])
    narrow, crossing = seal(glob), seal(glob, crossing_ends=True)
    if narrow == crossing:
        return holds(narrow)
    return disjunction([holds(narrow), conjunction([Literal(Free(COLON_RULE)), holds(crossing)])])


def _maybe_not(formula: Formula, negated: bool) -> Formula:
    return negation(formula) if negated else formula


# ── principals ───────────────────────────────────────────────────────────────────────────────────────────


def encode_principals(principals: Principals | None, frame: Frame, policy: PolicyType, bounded: bool) -> Formula:
    """Whether Principal or NotPrincipal covers the caller."""
    if principals is None:
        return TRUE
    if not principals.negated:
        return disjunction(encode_principal(one, frame.caller, policy)[0] for one in principals.members)
    if bounded:
        return TRUE
    excluded = []
    for one in principals.members:
        covers, how = encode_principal(one, frame.caller, PolicyType.RESOURCE_BASED)
        unsure = Literal(Free(Unknown(f"rule 60 {one}", "whether NotPrincipal exempts a session so named")))
        excluded.append(covers if how == "self" else conjunction([covers, unsure]))
    return negation(disjunction(excluded))


def encode_principal(member: PrincipalPattern, caller: Caller, policy: PolicyType) -> tuple[Formula, str]:
    """Whether one member of a Principal element is the caller, and how it is named: self, limited, account."""

    def contested(rule: str, reason: str) -> Formula:
        return Literal(Free(Unknown(f"{rule} {member}", reason)))

    signed = caller.kind in (CallerKind.ROOT, CallerKind.USER, CallerKind.ROLE, CallerKind.FEDERATED_USER)
    value = member.value
    match member.kind:
        case PrincipalKind.EVERYONE:
            if caller.kind is CallerKind.SERVICE:
                return contested("rule 58", "whether `*` is a service, too"), "self"
            if policy is PolicyType.TRUST:
                return contested("rule 57", "AWS refuses `*` in a trust policy") if signed else FALSE, "self"
            return TRUE, "self"
        case PrincipalKind.AWS if value == "*":
            unsigned = caller.kind in (CallerKind.ANONYMOUS, CallerKind.WEB_IDENTITY)
            excluded = caller.kind is CallerKind.SERVICE or (unsigned and policy is PolicyType.TRUST)
            return (FALSE if excluded else TRUE), "self"
        case PrincipalKind.AWS:
            return _aws_principal(value, caller) if signed else (FALSE, "self")
        case PrincipalKind.SERVICE:
            return (_same(value, caller.name) if caller.kind is CallerKind.SERVICE else FALSE), "self"
        case PrincipalKind.FEDERATED:
            return (_same(value, caller.name) if caller.kind is CallerKind.WEB_IDENTITY else FALSE), "self"
        case PrincipalKind.CANONICAL_USER:
            return contested("canonical user", "which account it is") if signed else FALSE, "account"


def _aws_principal(value: Text, caller: Caller) -> tuple[Formula, str]:
    if isinstance(value, str) and value.isdigit():
        return _same(value, caller.account), "account"
    arn = parse_arn(value)
    if arn is None:
        unknown = not isinstance(value, str)
        return (Literal(Free(Unknown(str(value), "a principal not known here"))) if unknown else FALSE), "self"
    if arn.resource == "root":
        return _same(arn.account, caller.account), "account"
    if split_text(arn.resource, "/")[0] in ("assumed-role", "federated-user"):
        own = caller.name if caller.kind is CallerKind.FEDERATED_USER else caller.session_arn
        if own is not None:
            return _same(value, own), "self"
        role = parse_arn(caller.name)
        names = split_text(arn.resource, "/")
        if caller.kind is not CallerKind.ROLE or role is None or len(names) != 3:
            return FALSE, "self"
        session = Literal(Free(Unknown(f"session {value}", "the name of the caller's session")))
        return conjunction([_same(names[1], split_text(role.resource, "/")[-1]), session]), "self"
    return _same(value, caller.name), "limited" if caller.kind is CallerKind.ROLE else "self"


def _same(one: Text, other: Text) -> Formula:
    """Whether two names are one name."""
    if one == other:
        return TRUE
    if isinstance(one, str) and isinstance(other, str):
        return FALSE
    if _distinct(one, other):
        return FALSE
    return Literal(Free(Unknown(f"{one} = {other}", f"whether `{one}` is `{other}` is decided at deployment")))


def _distinct(one: Text, other: Text) -> bool:
    """Whether two names differ whatever their unknown parts are, as far as their ends tell."""
    ours, theirs = list(letters(one)), list(letters(other))
    for left, right in ((ours, theirs), (ours[::-1], theirs[::-1])):
        for mine, yours in zip(left, right, strict=False):
            if isinstance(mine, Unknown) and isinstance(yours, Unknown) and mine.generated and yours.generated:
                if mine != yours:
                    return True
            elif isinstance(mine, Unknown) or isinstance(yours, Unknown):
                if mine != yours:
                    break
            elif mine != yours:
                return True
    return False


# ── conditions ───────────────────────────────────────────────────────────────────────────────────────────


def encode_condition(condition: Condition, frame: Frame) -> Formula:
    """The requests that satisfy one operator and key."""
    operator = condition.operator
    if isinstance(operator, Unknown):
        return Literal(Free(Unknown(f"{operator.name} {condition.key}", operator.reason)))
    dimension = frame.dimension(condition.key)
    if operator is Operator.NULL:
        absent = _absent_or_empty(dimension)
        wanted = [absent if value else negation(absent) for value in condition.values if isinstance(value, bool)]
        return disjunction(wanted)
    return disjunction(
        conjunction([presence, _encode_filled(condition, operator, dimension, tests, unusable)])
        for presence, tests, unusable in _tests(condition, operator, frame)
    )


def _absent(dimension: Dimension) -> Formula:
    if not dimension.may_be_present:
        return TRUE
    return Literal(Present(dimension.name), False) if dimension.may_be_absent else FALSE


def _absent_or_empty(dimension: Dimension) -> Formula:
    spelled = dimension.family in (Family.STRING, Family.ARN) and not dimension.multivalued
    empty = Literal(Holds(dimension.name, EMPTY)) if spelled and dimension.may_be_present else FALSE
    return disjunction([_absent(dimension), empty])


def _encode_filled(
    condition: Condition, operator: Operator, dimension: Dimension, tests: frozenset[Test], unusable: bool
) -> Formula:
    """The condition, once its policy variables have been replaced."""
    absent, negated, quantifier = _absent(dimension), operator.negated, condition.quantifier
    present = negation(absent)

    def unsure(rule: str, reason: str) -> Formula:
        about = (
            f"{rule} {condition.spelled_operator} {condition.key} {' '.join(map(str, condition.spelled_values))}"
        )
        return Literal(Free(Unknown(about, reason)))

    if quantifier is None:
        when_absent = absent if condition.if_exists or negated else FALSE
        if dimension.multivalued:
            inner = unsure("rule 76", "how a plain operator compares a set of values")
        else:
            inner = _any_value(dimension, tests, negated, unusable, operator, unsure)
        return disjunction([when_absent, conjunction([present, inner])])
    every = quantifier is Quantifier.FOR_ALL_VALUES
    nothing = _absent_or_empty(dimension)
    if dimension.multivalued:
        inner = Literal(Every(dimension.name, tests, negated if every else not negated), every)
        if negated and (unusable or _may_mistype(dimension, operator)):
            inner = conjunction([inner, unsure("rule 82", "what a negated operator does with a wrong type")])
    else:
        inner = _any_value(dimension, tests, negated, unusable, operator, unsure)
    if every:
        return disjunction([nothing, conjunction([present, inner])])
    result = conjunction([negation(nothing), inner])
    if condition.if_exists:
        contested = unsure("rule 77", "what ...IfExists does inside ForAnyValue")
        return disjunction([result, conjunction([absent, contested])])
    return result


def _any_value(
    dimension: Dimension,
    tests: frozenset[Test],
    negated: bool,
    unusable: bool,
    operator: Operator,
    unsure: Callable[[str, str], Formula],
) -> Formula:
    """One value passes some test; or, negated, none."""
    found = disjunction(Literal(Holds(dimension.name, test)) for test in sorted(tests, key=str))
    if not negated:
        return found
    result = negation(found)
    if operator.family is Family.ARN:
        typed = Literal(Holds(dimension.name, ANY_ARN))
        return conjunction(
            [result, disjunction([typed, unsure("rule 44", "whether a value that is no ARN differs")])]
        )
    if unusable or _may_mistype(dimension, operator):
        return conjunction([result, unsure("rule 82", "what a negated operator does with a wrong type")])
    return result


def _may_mistype(dimension: Dimension, operator: Operator) -> bool:
    """Whether a request may carry a value that the operator cannot compare."""
    return operator.family not in (Family.STRING, Family.ARN) and operator.family is not dimension.family


def _tests(
    condition: Condition, operator: Operator, frame: Frame
) -> Iterator[tuple[Formula, frozenset[Test], bool]]:
    """What the values ask, one answer for each way in which the policy variables may be present."""
    ignore_case = operator in (Operator.STRING_EQUALS_IGNORE_CASE, Operator.STRING_NOT_EQUALS_IGNORE_CASE)
    unusable = any(isinstance(value, Unusable) for value in condition.values)
    keys = sorted({one.key for value in condition.values for one in _variables(value)})
    for presence in product(*([True, False] for _ in keys)):
        present = {key for key, there in zip(keys, presence, strict=True) if there}
        when = conjunction(_with_value(key, frame, key in present) for key in keys)
        if when == FALSE:
            continue
        tests: set[Test] = set()
        for value in condition.values:
            if isinstance(value, Pattern | ArnPattern):
                own = value.pattern if isinstance(value, ArnPattern) else value
                parts = _replaced(own, frame, present)
                if parts is None:
                    continue
                glob = glob_of(parts, ignore_case=ignore_case)
                if isinstance(value, ArnPattern):
                    if colons_in(glob) < 5:
                        continue
                    glob = seal(glob)
                tests.add(glob)
            elif not isinstance(value, Unusable):
                tests.add(Compare(_positive(operator), value))
        yield when, frozenset(tests), unusable


def _variables(value: object) -> tuple[Variable, ...]:
    own = value.pattern if isinstance(value, ArnPattern) else value
    return own.variables if isinstance(own, Pattern) else ()


def _positive(operator: Operator) -> Operator:
    opposites = {
        Operator.NUMERIC_NOT_EQUALS: Operator.NUMERIC_EQUALS,
        Operator.DATE_NOT_EQUALS: Operator.DATE_EQUALS,
        Operator.NOT_IP_ADDRESS: Operator.IP_ADDRESS,
    }
    return opposites.get(operator, operator)


# ── policy variables ─────────────────────────────────────────────────────────────────────────────────────


def _filled(pattern: Pattern, frame: Frame) -> Iterator[tuple[Formula, tuple[Part, ...]]]:
    """The pattern with its variables replaced, one for each way in which they may be present."""
    keys = sorted({one.key for one in pattern.variables})
    for presence in product(*([True, False] for _ in keys)):
        present = {key for key, there in zip(keys, presence, strict=True) if there}
        when = conjunction(_with_value(key, frame, key in present) for key in keys)
        parts = _replaced(pattern, frame, present)
        if when != FALSE and parts is not None:
            yield when, parts


def _with_value(key: str, frame: Frame, wanted: bool) -> Formula:
    """That a variable has a value, or has none: a set is no value, and neither is the empty text (94, 97)."""
    dimension = frame.dimension(key)
    none = TRUE if dimension.multivalued else _absent_or_empty(dimension)
    return negation(none) if wanted else none


def _replaced(pattern: Pattern, frame: Frame, present: set[str]) -> tuple[Part, ...] | None:
    parts: list[Part] = []
    for part in pattern.parts:
        if not isinstance(part, Variable):
            parts.append(part)
        elif part.key in present:
            fixed = _fixed(frame.dimension(part.key))
            parts.extend(fixed if fixed is not None else (frame.stand_in(part.key),))
        elif part.default is not None:
            parts.append(part.default)
        else:
            return None
    return tuple(parts)


def _fixed(dimension: Dimension) -> tuple[str | Unknown, ...] | None:
    """The one value that a dimension can take, where it is known."""
    if len(dimension.domain) != 1:
        return None
    (glob,) = dimension.domain
    if not all(isinstance(token, str | Unknown) for token in glob):
        return None
    value = text(token for token in glob if isinstance(token, str | Unknown))
    return (value,) if isinstance(value, str) else value.parts


# ── the decision ─────────────────────────────────────────────────────────────────────────────────────────


def encode_allowed(policies: PolicySet, frame: Frame) -> Formula:
    """The requests of the frame that the policies allow."""
    if frame.action.lower() == "sts:getcalleridentity":  # 121
        return TRUE if frame.caller.signed else FALSE
    denied = _denied(policies, frame)
    if denied == TRUE:
        return FALSE
    gates = [_allow([policy], frame) for policy in [policies.vpc_endpoint] if policy is not None]
    signed = frame.caller.kind in (CallerKind.ROOT, CallerKind.USER, CallerKind.ROLE, CallerKind.FEDERATED_USER)
    if signed:
        gates += [_allow(level, frame) for level in policies.scps]
        granted = _signed(policies, frame)
    else:
        resource = policies.resource_based
        granted = FALSE if resource is None else disjunction(_by_name(resource, policies, frame).values())
    return conjunction([granted, *gates, negation(denied)])


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
    across = conjunction([disjunction([direct, limited, account]), identity, *limits])
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
    if arn is None or frame.action.lower() not in _TRUST_ACTIONS:
        return TRUE
    return Literal(Holds(RESOURCE, (*"arn:", *literal_glob(arn.partition), ":", Run())))


def _same_account(frame: Frame) -> Formula:
    """Whether the resource belongs to the caller's account; where nothing says whose it is, it does (111, 112)."""
    account = frame.caller.account
    if account == "":
        return TRUE
    if frame.owner != "":
        return _same(frame.owner, account)
    place: Glob = (Run(":"), ":", Run(":"), ":", Run(":"), ":", Run(":"), ":")
    owners: list[Glob] = [literal_glob(account), (), literal_glob("aws"), literal_glob("*")]
    known = [Literal(Holds(RESOURCE, (*place, *owner, ":", Run()))) for owner in owners]
    return disjunction([*known, Literal(Holds(RESOURCE, ANY_ARN), False)])


def _resource_must_allow(policies: PolicySet, frame: Frame) -> bool:
    if policies.resource_based is not None and policies.resource_based.type is PolicyType.TRUST:
        return True
    return frame.on_key or frame.action.lower() in _TRUST_ACTIONS


_TRUST_ACTIONS = frozenset(
    {"sts:assumerole", "sts:assumerolewithwebidentity", "sts:assumerolewithsaml", "sts:setsourceidentity"}
)


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
    bounded = policies.permissions_boundary is not None
    found: dict[str, list[Formula]] = {"self": [], "limited": [], "account": []}
    for statement in policy.statements:
        if statement.effect is not Effect.ALLOW or statement.principals is None:
            continue
        about = encode_statement(statement, frame)
        if statement.principals.negated:
            covers = encode_principals(statement.principals, frame, policy.type, bounded)
            found["self"].append(conjunction([covers, about]))
            continue
        for member in statement.principals.members:
            covers, how = encode_principal(member, frame.caller, policy.type)
            found[how].append(conjunction([covers, about]))
    found["self"] += [Literal(Free(unseen)) for unseen in policy.unseen]
    return {how: disjunction(parts) for how, parts in found.items()}


def _denied(policies: PolicySet, frame: Frame) -> Formula:
    """The requests that some Deny statement is about."""
    bounded = policies.permissions_boundary is not None
    signed = frame.caller.kind in (CallerKind.ROOT, CallerKind.USER, CallerKind.ROLE, CallerKind.FEDERATED_USER)
    found: list[Formula] = []
    for policy in policies.all():
        if policy.type is PolicyType.SCP and not signed:
            continue
        for statement in policy.statements:
            if statement.effect is Effect.DENY:
                covers = encode_principals(statement.principals, frame, policy.type, bounded)
                found.append(conjunction([covers, encode_statement(statement, frame)]))
        found += [Literal(Free(Unknown(f"deny in {one.name}", one.reason))) for one in policy.unseen]
    return disjunction(found)
