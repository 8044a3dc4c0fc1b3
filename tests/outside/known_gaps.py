"""Where MiniStack's evaluator is known to answer otherwise than AWS documents: the only place that says so.

A gap excuses a disagreement about a decision that it `touches`, and nothing else does. Each has an example, a
case in the format of docs/cases.md with AWS's answer, on which MiniStack must still answer otherwise: a gap that
was closed has to go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.outside.peer import account_of, as_list, conditions, documents_of, statements

Json = dict[str, Any]

OWN, OTHER = "111122223333", "444455556666"
OBJECT = {"action": "s3:GetObject", "resource": "arn:aws:s3:::b/x"}
QUEUE = f"arn:aws:sqs:us-east-1:{OWN}:q"
FUNCTION = f"arn:aws:lambda:us-east-1:{OWN}:function:f"
ROLE = f"arn:aws:iam::{OWN}:role/app"
NOT_SHAREABLE = ("sqs:setqueueattributes", "sqs:deletequeue", "sqs:addpermission")
"""Of the actions that a queue cannot share, those that the cases here use."""


@dataclass(frozen=True, slots=True)
class Gap:
    """One way in which MiniStack is known to differ.

    Attributes:
        name: what it is called in reports.
        why: what MiniStack does, and what AWS documents.
        rules: the rules of docs/semantics.md that settle it.
        touches: whether a decision, its request and its policies, comes near it.
        example: a case with AWS's answer.
        wrongly: the only way in which it can be wrong, `allows` or `denies`; "" where it can be both.
    """

    name: str
    why: str
    rules: tuple[int, ...]
    touches: Callable[[Json, Json], bool]
    example: Json
    wrongly: str = ""


# ── what a decision holds ──


def elements(policies: Json, *names: str) -> Iterator[str]:
    """The values of elements such as Action, over all statements."""
    for statement in statements(documents_of(policies)):
        for name in names:
            yield from as_list(statement.get(name, []))


def compared(request: Json, policies: Json, *families: str) -> Iterator[str]:
    """The texts that conditions of some families of operators compare, of both sides."""
    context = {key.lower(): value for key, value in request.get("context", {}).items()}
    for operator, key, values in conditions(policies):
        name = operator.rpartition(":")[2]
        if name.startswith(families):
            yield from (str(value) for value in (*values, *as_list(context.get(key, []))))


def is_set(operator: str) -> bool:
    return operator.startswith(("forallvalues:", "foranyvalue:"))


def members(policies: Json, kind: str) -> Iterator[str]:
    """The members of one kind of every Principal element."""
    policy = policies.get("resource_based")
    for statement in statements([policy] if policy else []):
        element = statement.get("Principal", {})
        if isinstance(element, dict):
            yield from as_list(element.get(kind, []))
        elif kind == "*":
            yield element


def head(arn: str) -> str:
    """An ARN up to its fifth colon."""
    return ":".join(arn.split(":", 5)[:5])


# ── what the gaps touch ──


def has_variable(request: Json, policies: Json) -> bool:
    current = [one for one in documents_of(policies) if one.get("Version") == "2012-10-17"]
    return any("${" in str(statement) for statement in statements(current))


def has_wild_service(request: Json, policies: Json) -> bool:
    found = elements(policies, "Action", "NotAction")
    return any(one.strip("*") and re.search(r"[*?]", one.partition(":")[0]) for one in found)


def has_empty_element(request: Json, policies: Json) -> bool:
    names = ("Action", "NotAction", "Resource", "NotResource")
    return any(statement.get(name) == [] for statement in statements(documents_of(policies)) for name in names)


def has_wildcard_inside_arn(request: Json, policies: Json) -> bool:
    """A wildcard before the fifth colon that is not a whole field, or not a star."""
    fields = (field for one in elements(policies, "Resource", "NotResource") for field in head(one).split(":"))
    return any("?" in field or ("*" in field and field != "*") for field in fields)


def has_wild_arn_condition(request: Json, policies: Json) -> bool:
    patterns = (value for operator, _, values in conditions(policies) if "arn" in operator for value in values)
    return any(re.search(r"[*?]", head(one)) for one in patterns)


def has_line_end(request: Json, policies: Json) -> bool:
    return "\n" in request["resource"] or "\n" in str(request.get("context", {}).values())


def has_odd_date(request: Json, policies: Json) -> bool:
    """A date that is neither complete nor a number of seconds of today's length."""
    full = r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[-+]\d\d:\d\d))?|\d{9,10}"
    return any(not re.fullmatch(full, one) for one in compared(request, policies, "date"))


def has_odd_boolean(request: Json, policies: Json) -> bool:
    return any(one.lower() not in ("true", "false") for one in compared(request, policies, "bool"))


def has_binary(request: Json, policies: Json) -> bool:
    return any(compared(request, policies, "binary"))


def has_odd_number(request: Json, policies: Json) -> bool:
    """A number that is no plain decimal, or has more digits than binary fractions hold."""
    plain = r"[-+]?[0-9]{1,15}(\.[0-9]{1,6})?"
    return any(not re.fullmatch(plain, one) for one in compared(request, policies, "numeric"))


def has_json_value(request: Json, policies: Json) -> bool:
    return any(not isinstance(one, str) for _, _, values in conditions(policies) for one in values)


def asks_null_of_empty(request: Json, policies: Json) -> bool:
    empty = {key.lower() for key, value in request.get("context", {}).items() if value in ("", [])}
    return any(operator == "null" and key in empty for operator, key, _ in conditions(policies))


def asks_null_twice(request: Json, policies: Json) -> bool:
    return any(operator == "null" and len(values) > 1 for operator, _, values in conditions(policies))


def quantifies_empty(request: Json, policies: Json) -> bool:
    empty = {key.lower() for key, value in request.get("context", {}).items() if value == ""}
    return any(is_set(operator) and key in empty for operator, key, _ in conditions(policies))


def names_principal_arn(request: Json, policies: Json) -> bool:
    session = any(word in request["principal"] for word in (":role/", ":assumed-role/"))
    return session and any(key == "aws:principalarn" for _, key, _ in conditions(policies))


def has_wild_principal(request: Json, policies: Json) -> bool:
    return any(one != "*" and re.search(r"[*?]", one) for one in members(policies, "AWS"))


def differs_in_case(request: Json, policies: Json) -> bool:
    own = request["principal"]
    found = (*members(policies, "AWS"), *members(policies, "Service"))
    return any(one != own and one.lower() == own.lower() for one in found)


def names_path(request: Json, policies: Json) -> bool:
    """Another role of the same name."""
    own = request["principal"]
    found = [one for one in members(policies, "AWS") if ":role/" in one and ":role/" in own and one != own]
    return any(one.rpartition("/")[2] == own.rpartition("/")[2] for one in found)


def has_not_principal(request: Json, policies: Json) -> bool:
    policy = policies.get("resource_based")
    return any("NotPrincipal" in statement for statement in statements([policy] if policy else []))


def has_canonical_user(request: Json, policies: Json) -> bool:
    return any(members(policies, "CanonicalUser"))


def is_limited_for_everyone(request: Json, policies: Json) -> bool:
    everyone = "*" in (*members(policies, "AWS"), *members(policies, "*"))
    limited = policies.get("permissions_boundary") or policies.get("session") is not None
    return everyone and bool(limited)


def is_federated_user(request: Json, policies: Json) -> bool:
    return ":federated-user/" in request["principal"] and policies.get("resource_based") is not None


def is_star_for_service(request: Json, policies: Json) -> bool:
    return ":" not in request["principal"] and "*" in (*members(policies, "AWS"), *members(policies, "*"))


def is_trusted_by_name(request: Json, policies: Json) -> bool:
    """A trust policy of the caller's account that does more than name the account."""
    delegates = {"", OWN, OTHER, f"arn:aws:iam::{OWN}:root", f"arn:aws:iam::{OTHER}:root"}
    named = bool(policies.get("resource_is_trust")) and not delegates.issuperset(members(policies, "AWS"))
    return named and account_of(request["resource"]) == account_of(request["principal"])


def crosses_partition(request: Json, policies: Json) -> bool:
    own, other = (spelled.split(":")[1:2] for spelled in (request["principal"], request["resource"]))
    return bool(policies.get("resource_is_trust")) and own != other


def is_saml(request: Json, policies: Json) -> bool:
    return ":saml-provider/" in request["principal"]


def has_no_policy_elsewhere(request: Json, policies: Json) -> bool:
    owner = request.get("resource_account") or account_of(request["resource"])
    return policies.get("resource_based") is None and owner not in (None, account_of(request["principal"]))


def is_not_shareable(request: Json, policies: Json) -> bool:
    own, owner = (
        account_of(request["principal"]),
        request.get("resource_account") or account_of(request["resource"]),
    )
    return request["action"].lower() in NOT_SHAREABLE and own != owner


# ── the gaps ──


def allow(action: str = "s3:GetObject", resource: Any = "*", **more: Any) -> Json:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def when(operator: str, key: str, value: Any, **context: str) -> Json:
    """A case of one condition, of which only the condition matters."""
    return {
        "request": {"principal": "user/alice", **OBJECT, "context": {key: context["given"]} if context else {}},
        "identity_based": allow(Condition={operator: {key: value}}),
    }


def granted(principal: Any, to: str, **more: Any) -> Json:
    """A case of a bucket policy that allows its object to somebody."""
    return {
        "request": {"principal": to, **OBJECT},
        "resource_based": allow(Principal=principal),
        **more,
    }


GAPS: tuple[Gap, ...] = (
    Gap(
        "policy variables",
        "It does not fill in policy variables, nor `${*}`: they are text.",
        (90, 91, 93),
        has_variable,
        {
            "request": {"principal": "user/alice", "action": "s3:GetObject", "resource": "arn:aws:s3:::b/alice/x"},
            "identity_based": allow(resource="arn:aws:s3:::b/${aws:username}/*"),
            "expect": "allowed",
        },
    ),
    Gap(
        "wildcards for the service",
        "It matches an action as one text, so that `*:GetObject` and `s?:*` match. AWS wants a service by name, "
        "or a bare star.",
        (20,),
        has_wild_service,
        {
            "request": {"principal": "user/alice", **OBJECT},
            "identity_based": allow("*:GetObject"),
            "expect": "implicit-deny",
        },
    ),
    Gap(
        "empty lists",
        "It takes an empty list of actions or resources for all of them.",
        (15,),
        has_empty_element,
        {
            "request": {"principal": "user/alice", **OBJECT},
            "identity_based": {"Effect": "Allow", "Action": [], "Resource": "*"},
            "expect": "implicit-deny",
        },
    ),
    Gap(
        "wildcards in the fields of a resource",
        "It matches an ARN as one text. By AWS's page a wildcard stays inside its field, unless it is a star that "
        "ends it.",
        (31, 32),
        has_wildcard_inside_arn,
        {
            "request": {"principal": "user/alice", "action": "lambda:GetFunction", "resource": FUNCTION},
            "identity_based": allow("lambda:*", f"arn:aws:lambda?us-east-1:{OWN}:function:f"),
            "expect": "implicit-deny",
        },
    ),
    Gap(
        "wildcards in ARN conditions",
        "It matches ARN operators as one text. AWS checks each of the six fields separately.",
        (43,),
        has_wild_arn_condition,
        {
            **when(
                "ArnLike",
                "aws:SourceArn",
                f"arn:aws:x:*:{OWN}:finance/*",
                given=f"arn:aws:x:us-east-2:{OTHER}:store/abc:{OWN}:finance/document.txt",
            ),
            "expect": "implicit-deny",
        },
    ),
    Gap(
        "line ends",
        "Its star does not match a line end. AWS's star matches any run of characters.",
        (40,),
        has_line_end,
        {
            "request": {"principal": "user/alice", "action": "s3:GetObject", "resource": "arn:aws:s3:::b/x\ny"},
            "identity_based": allow(resource="arn:aws:s3:::b/*"),
            "expect": "allowed",
        },
    ),
    Gap(
        "incomplete dates",
        "It reads `2026` as seconds since 1970, and not `2026-01` at all. AWS takes both for dates.",
        (83,),
        has_odd_date,
        {**when("DateLessThan", "k:Date", "2026", given="2020-01-01T00:00:00Z"), "expect": "allowed"},
    ),
    Gap(
        "Bool of other words",
        "It compares words. AWS's Bool knows true and false.",
        (84,),
        has_odd_boolean,
        {**when("Bool", "k:Flag", "yes", given="yes"), "expect": "implicit-deny"},
    ),
    Gap(
        "BinaryEquals",
        "It compares the base64 texts. AWS compares bytes, which have several spellings.",
        (85,),
        has_binary,
        {**when("BinaryEquals", "k:Bytes", "YR==", given="YQ=="), "expect": "allowed"},
    ),
    Gap(
        "numbers as binary fractions",
        "It reads numbers as Python's float does: to 17 digits, and `1e1`. AWS documents integers and decimals.",
        (81, 82),
        has_odd_number,
        {**when("NumericEquals", "k:Number", "0.3", given="0.30000000000000000001"), "expect": "implicit-deny"},
    ),
    Gap(
        "JSON values",
        "It spells JSON's true as `True`, and 1.50 as `1.5`. AWS takes the text as it stands.",
        (11,),
        has_json_value,
        {**when("StringEquals", "k:Text", True, given="true"), "expect": "allowed"},
    ),
    Gap(
        "Null of an empty value",
        "It takes an empty value for a value. AWS: `false` asks whether the key exists and its value is not null.",
        (70,),
        asks_null_of_empty,
        {**when("Null", "k:Text", "false", given=""), "expect": "implicit-deny"},
    ),
    Gap(
        "Null of two values",
        "It reads the first value only. AWS: several values are alternatives.",
        (65, 70),
        asks_null_twice,
        {**when("Null", "k:Text", ["true", "false"], given="a"), "expect": "allowed"},
    ),
    Gap(
        "sets that are an empty text",
        "It takes an empty text for a set of one. AWS: ForAllValues is true for an empty data set, such as an "
        "empty string, and ForAnyValue false.",
        (72, 73),
        quantifies_empty,
        {**when("ForAllValues:StringEquals", "k:Text", "a", given=""), "expect": "allowed"},
    ),
    Gap(
        "aws:PrincipalArn of a session",
        "It gives the ARN of the session. AWS gives the ARN of its role, with the path.",
        (63,),
        names_principal_arn,
        {
            "request": {"principal": "role/app", **OBJECT},
            "identity_based": allow(Condition={"ArnEquals": {"aws:PrincipalArn": ROLE}}),
            "expect": "allowed",
        },
    ),
    Gap(
        "wildcards in principals",
        "It matches wildcards in the ARN of a principal. AWS knows the star alone there.",
        (49, 50),
        has_wild_principal,
        {**granted({"AWS": f"arn:aws:iam::{OWN}:user/*"}, "user/alice"), "expect": "implicit-deny"},
    ),
    Gap(
        "case of principals",
        "It compares principals without case. AWS compares users with case.",
        (51,),
        differs_in_case,
        {**granted({"AWS": f"arn:aws:iam::{OWN}:user/Alice"}, "user/alice"), "expect": "implicit-deny"},
    ),
    Gap(
        "paths of roles",
        "It knows roles by their last name. The ARN of a role in a Principal holds its path, too.",
        (48,),
        names_path,
        {**granted({"AWS": f"arn:aws:iam::{OWN}:role/team/app"}, "role/app"), "expect": "implicit-deny"},
    ),
    Gap(
        "NotPrincipal",
        "It never matches a statement with NotPrincipal.",
        (60, 61, 62),
        has_not_principal,
        {
            "request": {"principal": "user/alice", **OBJECT},
            "identity_based": allow(),
            "resource_based": {
                "Effect": "Deny",
                "NotPrincipal": {"AWS": OTHER},
                "Action": "s3:*",
                "Resource": "*",
            },
            "expect": "explicit-deny",
        },
    ),
    Gap(
        "canonical users",
        "It has no canonical ids.",
        (54,),
        has_canonical_user,
        {
            "request": {"principal": "user/alice", "canonical_id": "c1", **OBJECT},
            "identity_based": allow(),
            "resource_based": {
                "Effect": "Deny",
                "Principal": {"CanonicalUser": "c1"},
                "Action": "s3:*",
                "Resource": "*",
            },
            "expect": "explicit-deny",
        },
    ),
    Gap(
        "everyone, beyond limits",
        "It holds what a resource policy gives to everyone within boundary and session policy. AWS: neither "
        "limits what is given to a star in the same account.",
        (56, 114),
        is_limited_for_everyone,
        {
            **granted("*", "role/app", session=[allow("sqs:*")]),
            "expect": "allowed",
        },
        "denies",
    ),
    Gap(
        "federated users in resource policies",
        "It holds what a resource policy gives to a federated session within its limits, and does not know the "
        "user who federated it. AWS: the session's own ARN passes them, and the user's ARN matches.",
        (52, 114),
        is_federated_user,
        {
            **granted(
                {"AWS": f"arn:aws:sts::{OWN}:federated-user/bob"},
                f"arn:aws:sts::{OWN}:federated-user/bob",
                session=[allow("sqs:*")],
            ),
            "expect": "allowed",
        },
    ),
    Gap(
        "services and the star",
        "It takes a service for one of `*`. Under AWS a service is no principal of that kind; for the bare star "
        "AWS does not say.",
        (58,),
        is_star_for_service,
        {**granted({"AWS": "*"}, "lambda.amazonaws.com"), "expect": "implicit-deny"},
    ),
    Gap(
        "trust that names the caller",
        "It wants an identity policy for AssumeRole, always. AWS: in one account a trust policy that names the "
        "caller is enough.",
        (119,),
        is_trusted_by_name,
        {
            "request": {"principal": "user/alice", "action": "sts:AssumeRole", "resource": ROLE},
            "trust": {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{OWN}:user/alice"},
                "Action": "sts:AssumeRole",
            },
            "expect": "allowed",
        },
        "denies",
    ),
    Gap(
        "trust across partitions",
        "It does not look at partitions. AWS: roles are not assumed across them.",
        (64,),
        crosses_partition,
        {
            "request": {
                "principal": "user/alice",
                "action": "sts:AssumeRole",
                "resource": f"arn:aws-cn:iam::{OTHER}:role/app",
            },
            "identity_based": allow("sts:AssumeRole"),
            "trust": {"Effect": "Allow", "Principal": {"AWS": OWN}, "Action": "sts:AssumeRole"},
            "expect": "implicit-deny",
        },
        "allows",
    ),
    Gap(
        "SAML providers",
        "It takes every provider for one of web identities. AWS: SAML has an action of its own.",
        (53,),
        is_saml,
        {
            "request": {
                "principal": f"arn:aws:iam::{OWN}:saml-provider/idp",
                "action": "sts:AssumeRoleWithWebIdentity",
                "resource": ROLE,
            },
            "trust": {
                "Effect": "Allow",
                "Principal": {"Federated": f"arn:aws:iam::{OWN}:saml-provider/idp"},
                "Action": "sts:*",
            },
            "expect": "implicit-deny",
        },
        "allows",
    ),
    Gap(
        "other accounts without a policy",
        "It asks a resource without a policy for nothing. AWS: across accounts the resource's policy must allow.",
        (112,),
        has_no_policy_elsewhere,
        {
            "request": {"principal": "user/alice", **OBJECT, "resource_account": OTHER},
            "identity_based": allow(),
            "expect": "implicit-deny",
        },
        "allows",
    ),
    Gap(
        "what a queue cannot share",
        "It lets a queue's policy share every action. AWS lists those that it cannot give to another account.",
        (173,),
        is_not_shareable,
        {
            "request": {
                "principal": f"arn:aws:iam::{OTHER}:user/bob",
                "action": "sqs:SetQueueAttributes",
                "resource": QUEUE,
            },
            "identity_based": allow("sqs:*"),
            "resource_based": {
                "Effect": "Allow",
                "Principal": {"AWS": OTHER},
                "Action": "sqs:SetQueueAttributes",
                "Resource": "*",
            },
            "expect": "implicit-deny",
        },
        "allows",
    ),
)


def excuses(request: Json, policies: Json, allowed: bool) -> list[str]:
    """The names of the gaps that could explain that MiniStack wrongly allows, or wrongly denies."""
    word = "allows" if allowed else "denies"
    return [gap.name for gap in GAPS if gap.wrongly in ("", word) and gap.touches(request, policies)]
