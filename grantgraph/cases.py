"""Decision cases: a request, the policies around it, and the answer that is expected.

The same files are this project's specification (`fixtures/decisions`) and its users' tests. The format is in
docs/cases.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from grantgraph.decode import decode, read_text
from grantgraph.evaluate import (
    Authorizer,
    Caller,
    ContextValue,
    Decision,
    Request,
    Situation,
    Verdict,
    decide_all,
    parse_caller,
    scope_down,
)
from grantgraph.evaluate import request as make_request
from grantgraph.node import Node, expect_fields, expect_keys, expect_str, node_of, plain
from grantgraph.policy import Policy, PolicySet, PolicyType, parse_policy, render_policy
from grantgraph.problems import InputError, Location, Problem, Problems, UsageError, did_you_mean
from grantgraph.text import Text, Unknown, text

ACCOUNT = "111122223333"
RULES = range(1, 188)

SCOPE_DOWN = "scope-down"
"""What `session` says for the session policies that an identity pool puts on its guests."""

_REQUEST_KEYS = frozenset(
    {
        "principal",
        "session",
        "federated_by",
        "canonical_id",
        "action",
        "resource",
        "context",
        "resource_account",
        "also",
        "situation",
    }
)
_ALSO_KEYS = frozenset({"action", "resource", "context", "resource_account"})
_SITUATION_FLAGS = (
    "caller_in_management_account",
    "resource_in_management_account",
    "aws_managed_key",
    "restrict_public_buckets",
)
_ONE_POLICY = {
    "resource_based": PolicyType.RESOURCE_BASED,
    "trust": PolicyType.TRUST,
    "permissions_boundary": PolicyType.PERMISSIONS_BOUNDARY,
    "vpc_endpoint": PolicyType.VPC_ENDPOINT,
}
_MANY_POLICIES = {"identity_based": PolicyType.IDENTITY_BASED, "session": PolicyType.SESSION}
_LEVELS = {"scps": PolicyType.SCP, "rcps": PolicyType.RCP}
_CASE_KEYS = frozenset({"note", "rules", "request", "expect", *_ONE_POLICY, *_MANY_POLICIES, *_LEVELS})
_EXPECT_KEYS = frozenset({"decision", "because", "unknowns", "layer"})
_DECISIONS: Mapping[str, Decision] = {
    **{decision.value: decision for decision in Decision},
    "implicitDeny": Decision.IMPLICIT_DENY,
    "explicitDeny": Decision.EXPLICIT_DENY,
}


@dataclass(frozen=True, slots=True)
class Expected:
    """What a case expects; None where it does not say.

    `because` are the Sids of the statements behind the decision, `unknowns` names that must be among those the
    decision hinges on, `layer` the kind of policy that says no.
    """

    decision: Decision
    because: tuple[str, ...] | None = None
    unknowns: tuple[str, ...] | None = None
    layer: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One decision, and what is expected of it.

    `requests` holds the request and what the same call needs `also`. `rules` are the rules of docs/semantics.md
    that the case pins. `problems` is what reading its policies said. `plain` is the case with every short form
    written out, as plain JSON values; None where something in it is not known.
    """

    note: str
    requests: tuple[Request, ...]
    policies: PolicySet
    expected: Expected
    rules: tuple[int, ...] = ()
    at: Location = field(default=Location(""), compare=False)
    problems: tuple[Problem, ...] = field(default=(), compare=False)
    plain: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What a case came to; `differences` says in words where it is not what was expected."""

    case: Case
    verdict: Verdict
    differences: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.differences


def load_cases(path: Path | str) -> tuple[Case, ...]:
    """The cases of a file, or of every YAML and JSON file under a folder, in order.

    Raises:
        InputError: a file cannot be read, or something in it is not a case; every such place is named.
    """
    root = Path(path)
    files = [root]
    if root.is_dir():
        files = sorted(one for one in root.rglob("*") if one.suffix in (".yaml", ".yml", ".json"))
        if not files:
            raise InputError(f"there are no cases under `{root}`", help="files end in .yaml or .json")
    problems = Problems()
    cases: list[Case] = []
    for file in files:
        document = decode(read_text(file), str(file))
        for node in document.one_or_many():
            found = read_case(node, problems)
            if found is not None:
                cases.append(found)
    if problems.found:
        first = problems.found[0]
        raise InputError(str(first), problems.all(), first.help)
    return tuple(cases)


def case_of(document: Mapping[str, Any], like: Case | None = None) -> Case:
    """A case from plain values, as `load_cases` reads it from a file.

    Args:
        document: the case as `json.loads` gives it.
        like: a case with the very same policies, which are then not read again.

    Raises:
        InputError: the document is not a case.
    """
    problems = Problems()
    if like is None:
        found = read_case(node_of(document), problems)
    else:
        requests = _requests(node_of(document["request"]), problems)
        found = None if requests is None else replace(like, requests=requests)
        if found is not None and like.plain is not None:
            written = [_plain_request(one) for one in found.requests]
            found = replace(found, plain={**like.plain, "requests": written})
    if found is None or problems.found:
        first = problems.found[0]
        raise InputError(str(first), problems.all(), first.help)
    return found


def run_case(case: Case) -> CaseResult:
    """Decide a case, and compare with what it expects."""
    verdict = decide_all(case.requests, case.policies)
    expected = case.expected
    differences = []
    if verdict.decision is not expected.decision:
        why = ", ".join(sorted(one.name for one in verdict.unknowns)) or verdict.layer
        tail = f" ({why})" if why else ""
        differences.append(f"expected {expected.decision}, got {verdict.decision}{tail}")
    sids = sorted({reason.statement.sid for reason in verdict.because})
    if expected.because is not None and sids != sorted(set(expected.because)):
        differences.append(f"expected because of {_list(sorted(set(expected.because)))}, got {_list(sids)}")
    names = {one.name for one in verdict.unknowns}
    for name in expected.unknowns or ():
        if name not in names:
            differences.append(f"expected to hinge on {name}, got {_list(sorted(names))}")
    if expected.layer is not None and expected.layer != verdict.layer:
        differences.append(f"expected the layer `{expected.layer}`, got `{verdict.layer}`")
    return CaseResult(case, verdict, tuple(differences))


def coverage(cases: Iterable[Case]) -> tuple[frozenset[int], tuple[int, ...]]:
    """The rules that some case pins, and those that none does."""
    covered = frozenset(rule for case in cases for rule in case.rules)
    return covered, tuple(rule for rule in RULES if rule not in covered)


def _list(words: list[str]) -> str:
    return ", ".join(f"`{word}`" for word in words) or "nothing"


# ── reading ──


def read_case(node: Node, problems: Problems) -> Case | None:
    """One case; None when something in it cannot be read, which the problems then say."""
    before = len(problems.found)
    members = expect_fields(node, "a case", problems)
    expect_keys(node, _CASE_KEYS, "a case", problems)
    for key in ("request", "expect"):
        if key not in members:
            problems.error(node.at, "missing-key", f"a case needs `{key}`")
    if len(problems.found) > before:
        return None
    note = expect_str(members["note"], "note", problems) if "note" in members else ""
    rules = _rules(members.get("rules"), problems)
    requests = _requests(members["request"], problems)
    found = Problems()
    policies, documents = _policies(members, problems, found)
    expected = _expected(members["expect"], problems)
    if len(problems.found) > before or requests is None or expected is None:
        return None
    known = not any(isinstance(one.value, Unknown) or set(one.fields) == {"unknown"} for one in node.walk())
    known = known and not any(isinstance(one, Unknown) for each in requests for one in each.context.values())
    written = {"requests": [_plain_request(one) for one in requests], "policies": documents} if known else None
    return Case(note or "", requests, policies, expected, rules, node.at, found.all(), written)


def _rules(node: Node | None, problems: Problems) -> tuple[int, ...]:
    found = []
    for one in node.one_or_many() if node is not None else ():
        if not isinstance(one.value, int) or isinstance(one.value, bool) or one.value not in RULES:
            problems.error(one.at, "rule", f"there is no rule `{one.as_text()}`", "rules are numbers, 1 to 187")
        else:
            found.append(one.value)
    return tuple(found)


def _requests(node: Node, problems: Problems) -> tuple[Request, ...] | None:
    members = expect_fields(node, "a request", problems)
    expect_keys(node, _REQUEST_KEYS, "a request", problems)
    missing = [key for key in ("principal", "action", "resource") if key not in members]
    for key in missing:
        problems.error(node.at, "missing-key", f"a request needs `{key}`")
    if missing:
        return None
    caller = _caller(members, problems)
    situation = _situation(members.get("situation"), problems)
    if caller is None:
        return None
    first = _request(node, caller, situation, {}, problems)
    found = [first]
    for one in members["also"].one_or_many() if "also" in members else ():
        expect_keys(one, _ALSO_KEYS, "a further request", problems)
        found.append(_request(one, caller, situation, members, problems))
    return tuple(one for one in found if one is not None)


def _request(
    node: Node, caller: Caller, situation: Situation, usual: Mapping[str, Node], problems: Problems
) -> Request | None:
    members = {**{key: usual[key] for key in _ALSO_KEYS & usual.keys()}, **node.fields}
    action = expect_str(members["action"], "action", problems)
    resource = _text(members["resource"], "resource", problems)
    context: dict[str, ContextValue] = {}
    if "context" in members:
        for key, value in expect_fields(members["context"], "context", problems).items():
            found = _context_value(value, key, problems)
            if found is not None:
                context[key] = found
    account = members.get("resource_account")
    owner = _text(account, "resource_account", problems) if account is not None else None
    if action is None or resource is None:
        return None
    return make_request(caller, action, resource, context, owner, situation)


def _caller(members: Mapping[str, Node], problems: Problems) -> Caller | None:
    node = members["principal"]
    spelled = expect_str(node, "principal", problems)
    if spelled is None:
        return None
    try:
        caller = parse_caller(_long_arn(spelled))
    except UsageError as error:
        problems.error(node.at, "principal", error.message, error.help)
        return None

    def given(key: str) -> str:
        return (expect_str(members[key], key, problems) or "") if key in members else ""

    return replace(
        caller,
        session=given("session") or caller.session,
        federated_by=_long_arn(given("federated_by")),
        canonical_id=given("canonical_id"),
    )


def _long_arn(spelled: str) -> str:
    """`role/app` as the role of that name in account 111122223333, and so on; anything else as it is."""
    if ":" in spelled:
        return spelled
    kind = spelled.partition("/")[0]
    if spelled == "root" or kind in ("role", "user"):
        return f"arn:aws:iam::{ACCOUNT}:{spelled}"
    if kind in ("oidc-provider", "saml-provider"):
        return f"arn:aws:iam::{ACCOUNT}:{spelled}"
    if kind in ("assumed-role", "federated-user"):
        return f"arn:aws:sts::{ACCOUNT}:{spelled}"
    return spelled


def _situation(node: Node | None, problems: Problems) -> Situation:
    if node is None:
        return Situation()
    expect_keys(node, frozenset({*_SITUATION_FLAGS, "authorizer"}), "a situation", problems)
    flags: dict[str, bool] = {}
    authorizer = None
    for key, value in expect_fields(node, "a situation", problems).items():
        if key == "authorizer":
            known = [one.value for one in Authorizer]
            if value.as_str() not in known:
                problems.error(
                    value.at,
                    "authorizer",
                    f"there is no authorizer `{value.as_text()}`",
                    did_you_mean(str(value.as_text()), known),
                )
            else:
                authorizer = Authorizer(str(value.as_str()))
        elif not isinstance(value.value, bool):
            problems.error(value.at, "type", f"{key} must be true or false, not {value.describe()}")
        elif key in _SITUATION_FLAGS:
            flags[key] = value.value
    return Situation(**flags, authorizer=authorizer)


def _unknown(node: Node) -> Unknown | None:
    """`{unknown: reason}`."""
    if set(node.fields) != {"unknown"}:
        return None
    reason = node.fields["unknown"].as_str() or "unknown"
    return Unknown(reason, reason)


def _text(node: Node, what: str, problems: Problems) -> Text | None:
    """Text; a list writes it in pieces, of which some may be `{unknown: reason}`."""
    parts: list[Text | Unknown] = []
    for one in node.one_or_many():
        unknown = _unknown(one)
        value = unknown if unknown is not None else expect_str(one, what, problems)
        if value is None:
            return None
        parts.append(value)
    return text(parts)


def _context_value(node: Node, key: str, problems: Problems) -> ContextValue | None:
    unknown = _unknown(node)
    if unknown is not None:
        return unknown
    if isinstance(node.value, tuple):
        members = [expect_str(one, f"a value of `{key}`", problems) for one in node.items]
        return tuple(one for one in members if one is not None)
    return expect_str(node, f"the value of `{key}`", problems)


def _policies(
    members: Mapping[str, Node], problems: Problems, found: Problems
) -> tuple[PolicySet, dict[str, Any]]:
    documents: dict[str, Any] = {}
    given: dict[str, Any] = {}

    def read(nodes: list[Node], type: PolicyType) -> tuple[Policy, ...]:
        parsed = [parse_policy(one, type) for one in nodes]
        found.found += [problem for one in parsed for problem in one.problems]
        return tuple(one.value for one in parsed)

    if "trust" in members and "resource_based" in members:
        problems.error(members["trust"].at, "both", "a case has `trust` or `resource_based`, not both")
    for key, type in _ONE_POLICY.items():
        if key in members:
            nodes = _documents(members[key])
            if len(nodes) != 1:
                problems.error(members[key].at, "one", f"`{key}` is one policy, not {len(nodes)}")
                continue
            name = "resource_based" if key == "trust" else key
            given[name] = read(nodes, type)[0]
            documents[name] = plain(nodes[0])
    documents["resource_is_trust"] = "trust" in members
    for key, type in _MANY_POLICIES.items():
        if key in members:
            nodes = _documents(members[key])
            if key == "session" and members[key].as_text() == SCOPE_DOWN:
                nodes = [node_of(render_policy(one), members[key].at) for one in scope_down()]
            given[key] = read(nodes, type)
            documents[key] = [plain(one) for one in nodes]
    for key, type in _LEVELS.items():
        if key in members:
            levels = [_documents(level) for level in members[key].one_or_many()]
            given[key] = tuple(read(level, type) for level in levels)
            documents[key] = [[plain(one) for one in level] for level in levels]
    return PolicySet(**given), documents


def _documents(node: Node) -> list[Node]:
    """Whole documents: as they are, or made of a statement or a list of statements."""
    items = node.one_or_many()
    if items and all("Statement" in one.fields for one in items):
        return list(items)
    if not items:
        return []
    return [Node({"Version": Node("2012-10-17", node.at), "Statement": node}, node.at)]


def _expected(node: Node, problems: Problems) -> Expected | None:
    members = expect_fields(node, "expect", problems) if node.as_text() is None else {"decision": node}
    if members is not None and node.as_text() is None:
        expect_keys(node, _EXPECT_KEYS, "expect", problems)
    if "decision" not in members:
        problems.error(node.at, "missing-key", "expect needs `decision`")
        return None
    spelled = members["decision"].as_str() or ""
    if spelled not in _DECISIONS:
        at = members["decision"].at
        help = did_you_mean(spelled, _DECISIONS)
        problems.error(at, "decision", f"there is no decision `{members['decision'].as_text()}`", help)
        return None

    def words(key: str) -> tuple[str, ...] | None:
        if key not in members:
            return None
        found = [expect_str(one, key, problems) for one in members[key].one_or_many()]
        return tuple(one for one in found if one is not None)

    layer = expect_str(members["layer"], "layer", problems) if "layer" in members else None
    return Expected(_DECISIONS[spelled], words("because"), words("unknowns"), layer)


def _plain_request(request: Request) -> dict[str, Any]:
    """A request with nothing left to expand."""
    caller, situation = request.caller, request.situation
    flags: dict[str, Any] = {key: True for key in _SITUATION_FLAGS if getattr(situation, key)}
    if situation.authorizer is not None:
        flags["authorizer"] = situation.authorizer.value
    principal = str(caller.name) if caller.name else caller.kind.value
    found: dict[str, Any] = {"principal": principal, "action": request.action, "resource": str(request.resource)}
    if not caller.path_known:
        found["principal"] = str(caller.session_arn)
    elif caller.session is not None:
        found["session"] = str(caller.session)
    for key in ("federated_by", "canonical_id"):
        if getattr(caller, key):
            found[key] = str(getattr(caller, key))
    if request.context:
        found["context"] = {
            key: [str(one) for one in value] if isinstance(value, tuple) else str(value)
            for key, value in request.context.items()
        }
    if request.resource_account is not None:
        found["resource_account"] = str(request.resource_account)
    if flags:
        found["situation"] = flags
    return found
