"""The file of an account: what it holds, whatever wrote it, with its shape checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from grantgraph.account_file import FAMILY, IDENTITIES, SCHEMA, Gap, GapKind
from grantgraph.node import Node, expect_keys
from grantgraph.policy.arn import Arn, parse_arn
from grantgraph.problems import InputError, Level, Location, Problem, Problems

MOST_ENTRIES = 100_000
"""How many identities, or resources, one file may hold."""
_KEYS = frozenset({"account", "alias", "counted", "fetched", "gaps", "iam", "partition", "regions", "resources"})
_RESOURCE = frozenset({"name", "properties", "region", "type", "unread"})
_GAP = frozenset({"code", "harmless", "hides", "kind", "message", "operation", "region", "resources", "service"})
_ACCOUNT = re.compile(r"\d{12}")


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A resource in CloudFormation's words; `unread` says of which properties nothing is known, and why."""

    type: str
    region: str
    name: str
    properties: Mapping[str, Node]
    unread: Mapping[str, str]
    at: Location


@dataclass(frozen=True, slots=True, eq=False)
class Saved:
    """An account as a file has it.

    `whole` is whether resources were asked for at all; the AWS CLI prints identities only. `cut` is where the file
    says that it is not all.
    """

    top: Node
    account: str
    partition: str
    identities: Mapping[str, tuple[Node, ...]]
    whole: bool
    regions: tuple[str, ...] = ()
    alias: str = ""
    fetched: str = ""
    resources: tuple[Entry, ...] = ()
    counted: Mapping[str, int] = field(default_factory=dict)
    gaps: tuple[tuple[Gap, Location], ...] = ()
    cut: Location | None = None


def read_document(top: Node, problems: Problems) -> Saved:
    """What a file says of an account.

    Raises:
        InputError: it is of another format, or has the wrong shape, with the place.
    """
    schema = top.get("schema")
    spelled = (schema.as_str() if schema is not None else None) or ""
    if schema is None or not spelled.startswith(FAMILY):
        return _plain(top)
    if spelled != SCHEMA:
        fail(schema, f"the format `{spelled[:40]}` is not read", f"this version reads `{SCHEMA}`")
    expect_keys(top, _KEYS | {"schema"}, "an account", problems)
    account = text(top, "account")
    if not _ACCOUNT.fullmatch(account):
        fail(top.fields["account"], f"`{account[:40]}` is no account", "an account is twelve digits")
    resources = tuple(_resources(top))
    return Saved(
        top,
        account,
        text(top, "partition"),
        _identities(_object(needed(top, "iam"), "`iam`")),
        True,
        tuple(_texts(top, "regions")),
        text(top, "alias", ""),
        text(top, "fetched", ""),
        resources,
        dict(_counted(top)),
        tuple(_gaps(top)),
    )


def _plain(top: Node) -> Saved:
    """What the AWS CLI prints, whatever else is beside it."""
    identities = _identities(top)
    arns = [arn for section in IDENTITIES for one in identities[section] for arn in _own_arn(one)]
    accounts = {str(arn.account) for arn, _ in arns if arn.account != "aws"}
    if len(accounts) > 1:
        first = next(node for arn, node in arns if str(arn.account) == max(accounts))
        fail(first, f"the file is about more than one account: {', '.join(sorted(accounts)[:3])}")
    partition = next((str(arn.partition) for arn, _ in arns), "aws")
    more = top.get("IsTruncated")
    cut = more.at if more is not None and more.value is True else None
    return Saved(top, accounts.pop() if accounts else "", partition, identities, False, cut=cut)


def _own_arn(one: Node) -> Iterator[tuple[Arn, Node]]:
    node = one.get("Arn")
    arn = parse_arn((node.as_str() if node is not None else None) or "")
    if arn is not None and node is not None:
        yield arn, node


def _identities(node: Node) -> Mapping[str, tuple[Node, ...]]:
    found = {}
    for section in IDENTITIES:
        entries = entries_of(node, section)
        if len(entries) > MOST_ENTRIES:
            fail(node.fields[section], f"`{section}` holds more than {MOST_ENTRIES:,} entries")
        found[section] = tuple(_object(one, f"a member of `{section}`") for one in entries)
    return found


def _resources(top: Node) -> Iterator[Entry]:
    entries = entries_of(top, "resources")
    if len(entries) > MOST_ENTRIES:
        fail(top.fields["resources"], f"`resources` holds more than {MOST_ENTRIES:,} entries")
    seen: set[tuple[str, str, str]] = set()
    for node in entries:
        _only(_object(node, "a resource"), _RESOURCE, "a resource")
        type, region, name = (text(node, key) for key in ("type", "region", "name"))
        if (type, region, name) in seen:
            fail(node, f"the resource `{name}` of the type {type} is here twice")
        seen.add((type, region, name))
        given = node.get("properties")
        properties = _object(given, "`properties`").fields if given is not None else {}
        unread = node.get("unread")
        reasons = _object(unread, "`unread`") if unread is not None else Node({})
        why = {key: text(reasons, key) for key in reasons.fields}
        yield Entry(type, region, name, properties, why, node.at)


def _counted(top: Node) -> Iterator[tuple[str, int]]:
    node = top.get("counted")
    for type, number in (_object(node, "`counted`").fields if node is not None else {}).items():
        if not isinstance(number.value, int) or isinstance(number.value, bool):
            fail(number, f"the number of `{type}` must be a whole number, not {number.describe()}")
        yield type, number.value


def _gaps(top: Node) -> Iterator[tuple[Gap, Location]]:
    for node in entries_of(top, "gaps"):
        _only(_object(node, "a gap"), _GAP, "a gap")
        kind = text(node, "kind")
        if kind not in list(GapKind):
            fail(node.fields["kind"], f"`{kind[:40]}` is no reason why a call gave no answer", ", ".join(GapKind))
        harmless = node.get("harmless")
        yield (
            Gap(
                text(node, "service"),
                text(node, "operation"),
                text(node, "region", ""),
                GapKind(kind),
                text(node, "code", ""),
                text(node, "message", ""),
                tuple(_texts(node, "resources")),
                tuple(_texts(node, "hides")),
                harmless is not None and harmless.value is True,
            ),
            node.at,
        )


# ── shapes ──


def fail(node: Node, message: str, help: str = "") -> NoReturn:
    """Refuse the file.

    Raises:
        InputError: always.
    """
    raise InputError(
        f"{node.at}: {message}", [Problem(node.at, Level.ERROR, "account-format", message, help)], help
    )


def needed(node: Node, key: str) -> Node:
    """A member that has to be there.

    Raises:
        InputError: it is not.
    """
    member = node.get(key)
    if member is None:
        fail(node, f"`{key}` is missing")
    return member


def text(node: Node, key: str, otherwise: str | None = None) -> str:
    """A member that has to be a string.

    Raises:
        InputError: it is not, or it is not there and there is nothing to take instead.
    """
    member = node.get(key)
    if member is None and otherwise is not None:
        return otherwise
    member = needed(node, key)
    if not isinstance(member.value, str):
        fail(member, f"`{key}` must be a string, not {member.describe()}")
    return member.value


def entries_of(node: Node, key: str) -> tuple[Node, ...]:
    """A member that is a list; empty where it is not there.

    Raises:
        InputError: it is something else.
    """
    member = node.get(key)
    if member is None or member.value is None:
        return ()
    if not isinstance(member.value, tuple):
        fail(member, f"`{key}` must be a list, not {member.describe()}")
    return member.value


def _texts(node: Node, key: str) -> Iterator[str]:
    for member in entries_of(node, key):
        if not isinstance(member.value, str):
            fail(member, f"`{key}` must hold strings, not {member.describe()}")
        yield member.value


def _object(node: Node, what: str) -> Node:
    if not isinstance(node.value, Mapping):
        fail(node, f"{what} must be an object, not {node.describe()}")
    return node


def _only(node: Node, known: frozenset[str], what: str) -> None:
    problems = Problems()
    expect_keys(node, known, what, problems)
    if problems.found:
        first = problems.found[0]
        raise InputError(f"{first.at}: {first.message}", problems.found, first.help)
