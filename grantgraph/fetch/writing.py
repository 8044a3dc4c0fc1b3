"""An account to the text of its file: sorted, so that the same account gives the same bytes but for the date."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from grantgraph.account_file import IDENTITIES, SCHEMA, Gap
from grantgraph.decode import MAX_BYTES
from grantgraph.fetch.kinds import Counted, Found, Identity, Unread
from grantgraph.fetch.run import Account
from grantgraph.problems import UsageError


def render_account(account: Account, now: datetime | None = None) -> str:
    """The text of an account's file.

    Raises:
        UsageError: it is larger than what can be read again.
    """
    fetched = (now or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    found: dict[str, Any] = {
        "schema": SCHEMA,
        "account": account.account,
        "partition": account.partition,
        "fetched": fetched,
        "regions": list(account.regions),
        "iam": _identities(account),
        "resources": sorted(_resources(account), key=lambda one: (one["type"], one["region"], one["name"])),
        "counted": _counted(account),
        "gaps": [one.as_json() for one in grouped(account.gaps)],
        **({"alias": account.alias} if account.alias else {}),
    }
    text = json.dumps(found, indent=1, sort_keys=True) + "\n"
    if len(text) > MAX_BYTES:
        raise UsageError(
            f"the account takes {len(text):,} bytes, and {MAX_BYTES:,} is the most that is read",
            "fetch fewer regions at a time",
        )
    return text


def _identities(account: Account) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {section: [] for section in IDENTITIES}
    for _, one in account.read:
        if isinstance(one, Identity):
            found[one.section].append(one.entry)
    return {section: sorted(entries, key=lambda one: str(one["Arn"])) for section, entries in found.items()}


def _resources(account: Account) -> Iterator[dict[str, Any]]:
    for asked_in, one in account.read:
        if isinstance(one, Found):
            unread = {key: value.reason for key, value in one.properties.items() if isinstance(value, Unread)}
            given = {
                key: value for key, value in one.properties.items() if value is not None and key not in unread
            }
            found = {"type": one.type, "region": one.region or asked_in, "name": one.name, "properties": given}
            yield {**found, "unread": unread} if unread else found


def _counted(account: Account) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for _, one in account.read:
        if isinstance(one, Counted):
            counts[one.type] += one.number
    return dict(counts)


def grouped(gaps: Iterable[Gap]) -> list[Gap]:
    """Gaps with the resources of each operation together, in order."""
    groups: dict[Gap, list[Gap]] = {}
    for one in gaps:
        groups.setdefault(replace(one, message="", resources=()), []).append(one)
    found = []
    for shared, ones in groups.items():
        resources = tuple(sorted({name for one in ones for name in one.resources}))
        message = min(one.message for one in ones)
        found.append(replace(shared, message=message, resources=resources))
    return sorted(found, key=lambda one: (one.service, one.operation, one.region, one.kind, one.code, one.hides))
