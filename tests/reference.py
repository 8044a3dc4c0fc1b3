"""The meaning of IAM policies, slow and obvious: the second opinion for every decision that grantgraph makes.

Plain Python over plain JSON documents; it shares nothing with the package. Every request is fully known.
True and False are sure, None is "AWS does not say" (a contested rule). Numbers are those of docs/semantics.md.
"""

import base64
import binascii
import calendar
import re
import socket
from fractions import Fraction
from functools import lru_cache
from typing import Any

Json = dict[str, Any]
Answer = bool | None
Pattern = tuple[Any, ...]

STAR, ONE = object(), object()
POSITIVE = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "numericnotequals": "numericequals",
    "datenotequals": "dateequals",
    "notipaddress": "ipaddress",
    "arnnotequals": "arnlike",
    "arnnotlike": "arnlike",
    "arnequals": "arnlike",
}
BASES = {
    "stringequals",
    "stringequalsignorecase",
    "stringlike",
    "bool",
    "binaryequals",
    "ipaddress",
    "arnlike",
    "null",
}
ORDERS = {
    "equals": lambda a, b: a == b,
    "lessthan": lambda a, b: a < b,
    "lessthanequals": lambda a, b: a <= b,
    "greaterthan": lambda a, b: a > b,
    "greaterthanequals": lambda a, b: a >= b,
}
BASES |= {kind + order for kind in ("numeric", "date") for order in ORDERS}


def some(answers: Any) -> Answer:
    best: Answer = False
    for answer in answers:
        if answer is True:
            return True
        best = best if answer is False else None
    return best


def every(answers: Any) -> Answer:
    return no(some(no(answer) for answer in answers))


def no(answer: Any) -> Answer:
    return None if answer is None else not answer


def many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def spell(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


# ── patterns (18-21, 28-39, 90-100) ──


def tokens(text: str, context: Json, variables: bool, wild: bool, value_is_wild: bool = False) -> Pattern | None:
    """Characters and wildcards with the variables filled in; None when a variable has no value (95, 96)."""
    if "${" not in text:
        return tuple(STAR if wild and one == "*" else ONE if wild and one == "?" else one for one in text)
    found, at = [], 0
    while at < len(text):
        end = text.find("}", at) if text.startswith("${", at) else -1
        if end < 0:
            found.append(STAR if wild and text[at] == "*" else ONE if wild and text[at] == "?" else text[at])
            at += 1
            continue
        inside, at = text[at + 2 : end], end + 1
        if not variables:
            found += "${" + inside + "}"  # Version 2008-10-17 (3)
        elif inside in ("*", "?", "$"):
            found.append(inside)
        else:
            match = re.fullmatch(r"([^,]*),\s*'(.*)'\s*", inside, re.S)
            key, default = match.groups() if match else (inside, None)
            value = context.get(key.strip().lower())
            value = default if not value or isinstance(value, list) else value  # (94, 97)
            if value is None:
                return None
            found += (tokens(value, {}, False, True) or ()) if value_is_wild else value  # (98, 99)
    return tuple(found)


@lru_cache(maxsize=20_000)
def like(pattern: Pattern, text: str, bound: frozenset[int] = frozenset()) -> bool:
    """Whether the whole text matches; the wildcards at the places in `bound` do not match a colon."""
    reach = {0}
    for place, token in enumerate(pattern):
        after = set()
        for at in reach:
            if token is STAR:
                after.add(at)
                while at < len(text) and not (place in bound and text[at] == ":"):
                    at += 1
                    after.add(at)
            elif at < len(text) and (
                token == text[at] or (token is ONE and not (place in bound and text[at] == ":"))
            ):
                after.add(at + 1)
        reach = after
    return len(text) in reach


def fields(pattern: Pattern) -> Any:
    cut: list[Pattern] = [()]
    for token in pattern:
        if token == ":" and len(cut) < 6:
            cut.append(())
        else:
            cut[-1] += (token,)
    return cut


def segments(pattern: Pattern, arn: str) -> bool:
    """The six parts one by one (43)."""
    own, given = fields(pattern), arn.split(":", 5)
    return len(own) == len(given) == 6 and all(like(one, part) for one, part in zip(own, given, strict=True))


@lru_cache(maxsize=20_000)
def resource_like(pattern: Pattern, resource: str) -> Answer:
    if pattern and all(token is STAR for token in pattern):
        return True
    if segments(pattern, resource):
        return True
    if resource == "*" or not resource.startswith("arn:"):
        return False
    if len(fields(pattern)) < 6:  # (34)
        return None if like(pattern, resource) or like((*pattern, ":", STAR), resource) else False
    ordered: Pattern = ()
    place = 0  # `*?` and `?*` are the same run
    while place < len(pattern):
        run = place
        while run < len(pattern) and pattern[run] in (STAR, ONE):
            run += 1
        wilds = pattern[place:run]
        ordered += (ONE,) * wilds.count(ONE) + (STAR,) * (STAR in wilds) + pattern[run : run + 1]
        place = run + 1
    colons, bound = 0, set()
    for place, token in enumerate(ordered):
        colons += token == ":"
        ends_segment = token is STAR and ordered[place + 1 : place + 2] == (":",)
        if colons < 5 and token in (STAR, ONE) and not ends_segment:
            bound.add(place)
    if like(ordered, resource, frozenset(bound)):  # (31)
        return None
    *head, tail = fields(pattern)
    low = [token.lower() if isinstance(token, str) else token for field in head for token in (*field, ":")]
    low_pattern = (*low, *tail)
    return None if segments(low_pattern, resource) else False  # (35)


def compared(text: str, context: Json, variables: bool, wild: bool, compare: Any) -> Answer:
    """One pattern of the policy against something, by `compare`; wildcards inside values are contested (98)."""
    plain = tokens(text, context, variables, wild)
    if plain is None:
        return False
    found: Answer = compare(plain)
    if (
        found is False
        and wild
        and "${" in text
        and compare(tokens(text, context, variables, wild, True)) is not False
    ):
        return None
    return found


# ── conditions (65-102) ──


def number(text: str) -> Any:
    return Fraction(text) if re.fullmatch(r"[-+]?[0-9]{1,100}(\.[0-9]{1,100})?", text) else None


def date(text: str) -> Any:
    if re.fullmatch(r"[0-9]{1,3}|[0-9]{5,20}", text):
        return Fraction(text) if int(text) < 253402300800 else None
    form = (
        r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(\.[0-9]{1,9})?)?"
        r"(Z|[-+][0-9]{2}:[0-9]{2})?)?)?)?"
    )
    match = re.fullmatch(form, text)
    if not match:
        return None
    year, month, day, hour, minute, second = (int(match[at] or (at in (2, 3))) for at in range(1, 7))
    months = 28 + (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))
    if not (year and 1 <= month <= 12 and 1 <= day <= (months if month == 2 else 30 + (month + month // 8) % 2)):
        return None
    zone = match[8] or "Z"
    shift = 0 if zone == "Z" else (int(zone[1:3]) * 60 + int(zone[4:])) * (-60 if zone[0] == "-" else 60)
    if hour > 23 or minute > 59 or second > 59 or abs(shift) >= 86400:
        return None
    fraction = Fraction(((match[7] or "0")[:7]).replace(".", "0.", 1))
    return calendar.timegm((year, month, day, hour, minute, second)) - shift + fraction


def address(text: str) -> Any:
    """(bits, width) of an address."""
    for family, width in ((socket.AF_INET, 32), (socket.AF_INET6, 128)):
        try:
            return int.from_bytes(socket.inet_pton(family, text), "big"), width
        except (OSError, ValueError):
            continue
    return None


def network(text: str) -> Any:
    base, slash, prefix = text.partition("/")
    found = address(base)
    if found is None or (slash and not re.fullmatch("[0-9]{1,3}", prefix)):
        return None
    length = int(prefix) if slash else found[1]
    return (*found, length) if length <= found[1] else None


def inside(found: Any, net: Any) -> Any:
    bits, width = found
    return width == net[1] and bits >> (width - net[2]) == net[0] >> (width - net[2])


def unmapped(bits: Any, width: Any, length: Any = 128) -> Any:
    """The IPv4 form of an address or network under ::ffff:0:0/96 (87)."""
    return (bits & 0xFFFFFFFF, 32, length - 96) if width == 128 and length >= 96 and bits >> 32 == 0xFFFF else None


def equal(base: str, given: str, value: str, context: Json, variables: bool, negated: bool) -> Answer:
    """One value of the request and one of the condition, by a positive operator."""
    if base in ("stringequals", "stringlike", "stringequalsignorecase"):
        if base == "stringequalsignorecase":
            given = given.lower()
            return compared(value, context, variables, False, lambda own: "".join(own).lower() == given)
        return compared(value, context, variables, base == "stringlike", lambda own: like(own, given))
    if base == "arnlike":
        if given.count(":") < 5:
            return None if negated else False  # (44)

        def arn_like(own: Any) -> Any:
            return None if len(fields(own)) < 6 and like(own, given) else segments(own, given)

        return compared(value, context, variables, True, arn_like)
    if base == "bool":
        if value.lower() not in ("true", "false"):
            return None if "${" in value else False  # (92)
        return given.lower() == value.lower()
    if base == "binaryequals":
        try:
            return base64.b64decode(given, validate=True) == base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            return False
    if base == "ipaddress":
        found, net = address(given), network(value)
        if found is None or net is None:
            return None if negated else False  # (82)
        as_written = inside(found, net)
        inner, inner_net = unmapped(*found), unmapped(*net)
        as_mapped = inside(inner[:2] if inner else found, inner_net or net)
        return as_written if as_written == as_mapped else None  # (87)
    read = number if base.startswith("numeric") else date
    left, right = read(given), read(value)
    if left is None or right is None:
        too_late = read is date and any(
            side is None and text.isdigit() for side, text in ((left, given), (right, value))
        )
        return None if negated or too_late else False  # (82, 83)
    return bool(ORDERS[base.removeprefix("numeric").removeprefix("date")](left, right))


def condition(spelled: str, key: str, values: Any, context: Json, variables: bool) -> Answer:
    name = spelled.lower()
    quantifier, colon, rest = name.partition(":")
    if colon and quantifier in ("forallvalues", "foranyvalue"):
        name = rest
    else:
        quantifier = ""
    if_exists, name = name.endswith("ifexists"), name.removesuffix("ifexists")
    base, negated = POSITIVE.get(name, name), name in POSITIVE and "not" in name
    if base not in BASES or (base == "null" and (quantifier or if_exists)):
        return None  # AWS refuses such a policy (67, 69)
    given = context.get(key.lower())
    if base == "null":  # (70)
        return (given in (None, "", [])) in [
            value.lower() == "true" for value in values if value.lower() in ("true", "false")
        ]
    if given is None or given == [] or (given == "" and quantifier):
        if quantifier == "forallvalues":
            return True  # (72)
        if quantifier == "foranyvalue":
            return None if if_exists and given is None else False  # (73, 77)
        return None if given == [] else if_exists or negated  # (68, 69, 76)

    def holds(one: Any) -> Any:
        found = some(equal(base, one, value, context, variables, negated) for value in values)
        return no(found) if negated else found  # (65, 74)

    if not quantifier:
        return None if isinstance(given, list) else holds(given)  # (76)
    return (every if quantifier == "forallvalues" else some)(holds(one) for one in many(given))


# ── statements and principals (18-27, 46-64) ──


def action_like(spelled: str, action: str) -> bool:
    if spelled and not spelled.strip("*"):
        return True
    service, _, name = spelled.lower().partition(":")
    own, _, asked = action.lower().partition(":")
    readable = re.fullmatch("[a-z0-9-]+", service) and name and not re.search(r"[\s,:]", name)
    return bool(readable) and service == own and like(tokens(name, {}, False, True), asked)


def about(statement: Json, request: Json, variables: bool) -> Answer:
    """Whether action, resource and conditions fit."""
    return every(parts(statement, request, variables))


def parts(statement: Json, request: Json, variables: bool) -> Any:
    context = request["context"]
    actions = many(statement.get("Action", statement.get("NotAction")))
    found = some(action_like(one, request["action"]) for one in actions)
    yield found if "Action" in statement else no(found)
    for element in ("Resource", "NotResource"):
        if element in statement:
            found = some(
                compared(one, context, variables, True, lambda own: resource_like(own, request["resource"]))
                for one in many(statement[element])
            )
            yield found if element == "Resource" else no(found)
    for operator, block in statement.get("Condition", {}).items():
        for key, values in block.items():
            yield condition(operator, key, [spell(value) for value in many(values)], context, variables)


def names(kind: str, value: str, caller: Json, where: str) -> Any:
    """Whether one member of a Principal element is the caller, and how it names it."""
    who, arn = caller["kind"], caller.get("arn", "")
    signed = who in ("root", "user", "role", "federated-user")
    if kind == "*":
        if where == "rcp":
            return True, "self"
        if who == "service":
            return None, "self"  # (58)
        return ((None if signed else False) if where == "trust" else True), "self"  # (57)
    if kind == "Service":
        return who == "service" and value == arn, "self"
    if kind == "Federated":
        return who == "web identity" and value == arn, "self"
    if kind == "CanonicalUser":
        known = caller.get("canonical_id")
        return (False if not signed else value == known if known else None), "account"  # (54)
    if value == "*":
        return who != "service" and (signed or where != "trust"), "self"
    if not signed:
        return False, "self"
    if re.fullmatch("[0-9]+", value) or re.fullmatch(r"arn:[^:]*:[^:]*:[^:]*:[^:]*:root", value):
        account = value if value.isdigit() else value.split(":")[4]
        return account == caller["account"], "account"
    if ":assumed-role/" in value or ":federated-user/" in value:
        own = caller.get("session_arn")
        unnamed = who == "role" and not own and value.split("/")[1:2] == [arn.rpartition("/")[2]]
        return (None if unnamed and value.count("/") == 2 else value == own), "self"
    if who == "federated-user":
        user = caller.get("federated_by")
        unsure = f":{caller['account']}:user/" in value and not user
        return (None if unsure else value == user), "limited"  # (52)
    if who == "role":
        if not caller.get("path_known", True) and re.match(r"arn:[^:]*:iam::[^:]*:role/", value):
            return re.sub("role/.*/", "role/", value) == arn, "limited"  # (48)
        return value == arn, "limited"
    return value == arn, "self"


def members(element: Any) -> Any:
    return (
        [("*", "*")] if element == "*" else [(kind, one) for kind, list_ in element.items() for one in many(list_)]
    )


def fits_caller(statement: Json, request: Json, where: str, bounded: bool) -> Any:
    """How surely the statement is about the caller: {how the caller is named: answer}."""
    caller = request["caller"]
    if "Principal" in statement:
        found = [names(kind, value, caller, where) for kind, value in members(statement["Principal"])]
        return {way: some(fit for fit, how in found if how == way) for way in {how for _, how in found}}
    if "NotPrincipal" not in statement:
        return {}  # (9)
    if bounded and statement["Effect"] == "Deny":
        return {"self": True}  # (61)
    listed = [
        (*names(kind, value, caller, "resource"), value) for kind, value in members(statement["NotPrincipal"])
    ]
    sure = {how for fit, how, _ in listed if fit is True}
    needed = {
        "root": {"account"},
        "user": {"self", "account"},
        "role": {"self", "limited", "account"},
        "federated-user": {"self", "limited", "account"},
    }.get(caller["kind"], {"self"})
    exempt = any(fit is True and value == "*" for fit, _, value in listed) or needed <= sure
    may = any(fit is not False for fit, _, _ in listed)
    return {"self": False if exempt else None if may else True}  # (60)


def layer(documents: Any, request: Json, where: str = "", bounded: bool = False) -> Any:
    """What some documents say together: allow by the way the caller is named, and deny."""
    allow: dict[str, list[Answer]] = {"self": [], "limited": [], "account": []}
    deny: list[Answer] = []
    for document in documents:
        variables = document.get("Version") == "2012-10-17"
        for statement in many(document["Statement"]):
            ways = fits_caller(statement, request, where, bounded) if where else {"self": True}
            if all(fit is False for fit in ways.values()):
                continue
            found = about(statement, request, variables)
            for how, fit in ways.items():
                (deny if statement["Effect"] == "Deny" else allow[how]).append(every([fit, found]))
    by_name = {how: some(found) for how, found in allow.items()}
    return {**by_name, "allow": some(by_name.values()), "deny": some(deny)}


# ── the decision (103-132, 173, 178) ──

NOT_SHAREABLE = {
    "addpermission",
    "createqueue",
    "deletequeue",
    "listqueues",
    "listqueuetags",
    "removepermission",
    "setqueueattributes",
    "tagqueue",
    "untagqueue",
}
GUARDED = {
    "aoss",
    "cognito-identity",
    "cognito-idp",
    "dynamodb",
    "ecr",
    "events",
    "firehose",
    "kms",
    "logs",
    "s3",
    "secretsmanager",
    "sqs",
    "sts",
    "xray",
}
ASSUMING = {"assumerole", "assumerolewithwebidentity", "assumerolewithsaml", "setsourceidentity"}


def read_caller(request: Json) -> Json:
    """Who asks, from the spelling of the principal."""
    spelled = request["principal"]
    caller = {
        "arn": spelled,
        "canonical_id": request.get("canonical_id"),
        "federated_by": request.get("federated_by"),
    }
    if ":" not in spelled:
        providers = (
            "cognito-identity.amazonaws.com",
            "accounts.google.com",
            "graph.facebook.com",
            "www.amazon.com",
        )
        kind = "anonymous" if spelled == "anonymous" else "web identity" if spelled in providers else "service"
        return {**caller, "kind": kind, "arn": "" if kind == "anonymous" else spelled}
    partition, account, (kind, *names_) = (
        spelled.split(":")[1],
        spelled.split(":")[4],
        spelled.split(":", 5)[5].split("/"),
    )
    caller["account"] = account
    if kind == "assumed-role":
        role = f"arn:{partition}:iam::{account}:role/{names_[0]}"
        return {**caller, "kind": "role", "arn": role, "path_known": False, "session_arn": spelled}
    if kind == "role" and request.get("session"):
        caller["session_arn"] = f"arn:{partition}:sts::{account}:assumed-role/{names_[-1]}/{request['session']}"
    if kind == "federated-user":
        caller["session_arn"] = spelled
    return {**caller, "kind": "web identity" if kind.endswith("-provider") else kind}


def decide(request: Json, policies: Json) -> str:
    """`allowed`, `implicit-deny`, `explicit-deny` or `unknown`."""
    caller, situation = read_caller(request), request.get("situation", {})
    request = {**request, "caller": caller}
    signed = caller["kind"] in ("root", "user", "role", "federated-user")
    service, _, name = request["action"].lower().partition(":")
    if (service, name) == ("sts", "getcalleridentity"):  # (121)
        return "allowed" if signed else "implicit-deny"
    if (service, name) == ("sts", "getsessiontoken") and caller["kind"] in ("user", "root"):
        return "allowed"
    context = {key.lower(): value for key, value in request.get("context", {}).items()}
    request = {**request, "context": {**from_caller(caller, signed), **context}}
    arn = caller.get("arn", "")
    linked = ":role/aws-service-role/" in arn
    boundary_given = policies.get("permissions_boundary") is not None
    given = policies.get("resource_based")
    where = "trust" if policies.get("resource_is_trust") else "resource"

    def read(documents: Any, where: str = "") -> Any:
        return layer(documents, request, where, boundary_given)

    denies, gates = [], []
    exempt_key = service == "kms" and (situation.get("aws_managed_key") or name == "retiregrant")
    if not (situation.get("resource_in_management_account") or linked or exempt_key):  # (109, 110)
        sure = (
            True
            if service in GUARDED
            else False
            if service in ("appsync", "execute-api", "iot", "lambda", "sns")
            else None
        )
        denies += [every([sure, read(level, "rcp")["deny"]]) for level in policies.get("rcps", [])]
    if signed and not linked and not situation.get("caller_in_management_account"):  # (107)
        gates += [read(level) for level in policies.get("scps", [])]
    if policies.get("vpc_endpoint") is not None:
        gates.append(read([policies["vpc_endpoint"]], "endpoint"))
    resource = read([given], where) if given is not None else None
    nothing: Json = {"allow": False, "deny": False, "self": False, "limited": False, "account": False}
    own = resource or nothing
    authorizer = situation.get("authorizer") if service == "execute-api" else None
    identity, boundary, session = nothing, {**nothing, "allow": True}, {**nothing, "allow": True}
    if signed or situation.get("authorizer") == "lambda":
        identity = read(policies.get("identity_based", []))
        if boundary_given:
            boundary = read([policies["permissions_boundary"]])
            if linked:  # (117)
                boundary = {
                    "allow": boundary["allow"] or None,
                    "deny": None if boundary["deny"] else boundary["deny"],
                }
        if policies.get("session") is not None:
            session = read(policies["session"])
    denies += [one["deny"] for one in (*gates, own, identity, boundary, session)]
    root = caller["kind"] == "root"
    may = True if root else identity["allow"]  # (103)
    limits = [True if root else boundary["allow"], session["allow"]]
    shared = own["allow"]
    if service == "sqs" and name in NOT_SHAREABLE:  # (173)
        shared = False
    if situation.get("restrict_public_buckets") and service == "s3" and caller["kind"] != "service" and given:
        shared = every([shared, no(public(given))])  # (125)
    owner = request.get("resource_account") or (request["resource"].split(":", 5) + [""] * 5)[4]
    same = owner in ("", "*", "aws", caller.get("account")) or not caller.get("account")
    is_key = service == "kms" and re.match("arn:[^:]*:[^:]*:[^:]*:[^:]*:key/", request["resource"])
    must = (
        (where == "trust" and given is not None) or (service == "sts" and name in ASSUMING) or is_key
    )  # (113, 119, 123)
    if authorizer in ("none", "user-pool"):  # (178)
        granted = True if resource is None else own["allow"] or (own["allow"] if authorizer == "none" else None)
        granted = own["allow"] if resource is not None and own["allow"] is None else granted
    elif authorizer == "lambda":
        granted = (some if same else every)([identity["allow"], own["allow"]])
    elif not signed:
        granted = shared  # (120, 127)
    elif must and resource is None:
        granted = None if same or may is not False else False
    elif same:  # (114)
        through = some([own["limited"], every([own["account"], may])]) if must else some([own["limited"], may])
        granted = some([own["self"], every([through, *limits])])
    else:
        granted = every([shared, may, *limits])  # (112, 118)
    granted = every([granted, *(gate["allow"] for gate in gates)])
    saml = ":saml-provider/" in arn
    if (
        caller["kind"] == "web identity"
        and name in ("assumerolewithsaml", "assumerolewithwebidentity")
        and service == "sts"
    ):
        granted = granted if saml == (name == "assumerolewithsaml") else False  # (53)
    if service == "sts" and name in ASSUMING and arn.count(":") > 4 and request["resource"].count(":") > 4:
        granted = granted if arn.split(":")[1] == request["resource"].split(":")[1] else False  # (64)
    if granted and beyond_policies(service, name, request["resource"]):
        granted = None  # (131)
    denied = some(denies)
    if denied:
        return "explicit-deny"
    if granted is False:
        return "implicit-deny"
    return "allowed" if granted and denied is False else "unknown"


def from_caller(caller: Json, signed: bool) -> Json:
    """Condition keys that follow from who asks (63, 102)."""
    kind, arn = caller["kind"], caller.get("arn", "")
    types = {
        "root": "Account",
        "user": "User",
        "role": "AssumedRole",
        "federated-user": "FederatedUser",
        "anonymous": "Anonymous",
    }
    found = {
        "aws:principalaccount": caller.get("account") or ("anonymous" if kind == "anonymous" else None),
        "aws:principalarn": arn if signed else None,
        "aws:principaltype": types.get(kind),
        "aws:principalisawsservice": "true" if kind == "service" else "false" if signed else None,
        "aws:principalservicename": arn if kind == "service" else None,
        "aws:username": arn.rpartition("/")[2] if kind == "user" else None,
    }
    return {key: value for key, value in found.items() if value is not None}


def beyond_policies(service: str, name: str, resource: str) -> bool:
    tail = (resource.split(":", 5) + [""] * 5)[:6]
    if service == "iam" and not name.startswith(("get", "list", "simulate", "generate", "describe")):
        return (tail[4] == "aws" and tail[5].startswith("policy/")) or tail[5].startswith("role/aws-reserved/")
    return (
        service == "kms"
        and name in ("createalias", "updatealias", "deletealias")
        and tail[5].startswith("alias/aws/")
    )


def public(document: Json) -> Answer:
    """Whether S3 takes a bucket policy for a public one (125)."""
    fixed = {
        "aws:principalorgid",
        "aws:sourcearn",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:sourceowner",
        "aws:sourceaccount",
        "aws:userid",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
    }

    def narrow(value: str) -> Any:
        net = network(value)
        return net is not None and net[2] >= (8 if net[1] == 32 else 32)

    def fixes(operator: Any, key: str, values: Any) -> Any:
        name = operator.lower().removeprefix("foranyvalue:")
        if name == "ipaddress" and key == "aws:sourceip":
            return all(map(narrow, values))
        plain = name == "stringequals" or not any(mark in value for value in values for mark in "*?")
        no_variable = not any("${" in value for value in values)
        return (
            name in ("stringequals", "stringlike", "arnequals", "arnlike")
            and key in fixed
            and plain
            and no_variable
        )

    answers: list[Answer] = [False]
    for statement in many(document["Statement"]):
        everyone = "NotPrincipal" in statement or any(
            value == "*" and kind in ("*", "AWS") for kind, value in members(statement.get("Principal", {}))
        )
        if statement["Effect"] == "Allow" and everyone:
            rules = [
                (op, key.lower(), [spell(v) for v in many(values)])
                for op, block in statement.get("Condition", {}).items()
                for key, values in block.items()
            ]
            answers.append(
                False
                if any(values and fixes(*rule) for rule in rules for values in rule[2:])
                else None
                if rules
                else True
            )
    return some(answers)
