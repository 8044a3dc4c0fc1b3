"""Compare synthesis with policy_sentry's write-policy, on the same needs.

    python scripts/compare_policy_sentry.py            writes the table of docs/compared.md
    python scripts/compare_policy_sentry.py --check    only says whether it is up to date
    python scripts/compare_policy_sentry.py --bench    measures the time of both

policy_sentry is asked in both of its ways. By access levels, it gets the ARNs that our own policy names, each
under the level that covers what the code calls there: the best that somebody who knows the ARNs can do. By names,
it gets the very actions that the code calls.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from grantgraph.catalog import Catalog, load_catalog
from grantgraph.node import node_of
from grantgraph.policy import render_policy
from grantgraph.sources import ReadOptions
from grantgraph.sources.model_yaml import read
from grantgraph.synthesize import synthesize
from scripts.bench import compare, per_call

Json = dict[str, Any]
Grant = tuple[str, str]
"""An action on a resource."""

PAGE = Path(__file__).resolve().parent.parent / "docs" / "compared.md"
TABLE = re.compile(r"(<!-- table -->\n).*?(<!-- end -->)", re.DOTALL)
LEVELS = ("read", "write", "list", "tagging", "permissions-management")

MODEL: Json = {
    "application": "compared",
    "environment": {"region": "us-east-1", "account": "123456789012"},
    "identity_pool": {"id": "us-east-1:pool"},
    "api": {"id": "a1b2c3d4e5", "stage": "prod"},
    "principals": {
        "visitor": {"type": "identity-pool:authenticated"},
        "worker": {"type": "function", "name": "worker", "logs": False},
        "other": {"type": "function", "name": "other", "logs": False},
    },
    "resources": {
        "Notes": {
            "type": "dynamodb:table",
            "name": "notes",
            "partition_key": "userId",
            "indexes": {"byTag": {"partition_key": "tag"}},
        },
        "Files": {"type": "s3:bucket", "name": "files"},
        "Jobs": {"type": "sqs:queue", "name": "jobs"},
        "Events": {"type": "sns:topic", "name": "events"},
        "Bus": {"type": "events:event-bus", "name": "bus"},
        "Clicks": {"type": "kinesis:stream", "name": "clicks"},
        "Secret": {"type": "secretsmanager:secret", "name": "secret"},
        "Config": {"type": "ssm:parameter", "name": "/config"},
        "Key": {"type": "kms:key", "name": "1234abcd-12ab-34cd-56ef-1234567890ab"},
        "Flow": {"type": "states:stateMachine", "name": "flow"},
        "Graph": {"type": "appsync:graphqlapi", "name": "graph"},
    },
    "routes": {"GET /notes": {"function": "other", "authorizer": "iam"}},
}


@dataclass(frozen=True, slots=True)
class Case:
    """One need: what the code calls, in AWS's words, and how a model says it."""

    title: str
    calls: tuple[str, ...]
    need: Json


def case(title: str, calls: str, **need: Any) -> Case:
    service, _, names = calls.partition(":")
    return Case(title, tuple(f"{service}:{name}" for name in names.split()), {"who": "worker", **need})


OWN = {"rows": "own", "attributes": ["userId", "title"]}
CASES = (
    case("read items", "dynamodb:BatchGetItem GetItem Query", access="read", to="Notes"),
    case("read one item", "dynamodb:GetItem", access="get", to="Notes"),
    case("write items", "dynamodb:DeleteItem PutItem UpdateItem", access="write", to="Notes"),
    case(
        "visitors read their own items", "dynamodb:GetItem Query", who="visitor", access="read", to="Notes", **OWN
    ),
    case("query through an index", "dynamodb:Query", access="query", to="Notes", index="byTag"),
    case("get objects below a key", "s3:GetObject", access="get", to="Files", keys="public/*"),
    case("list objects below a key", "s3:ListBucket", access="list", to="Files", keys="public/*"),
    case("put objects below a key", "s3:PutObject", access="put", to="Files", keys="in/*"),
    case("send messages", "sqs:SendMessage", access="send", to="Jobs"),
    case("work off messages", "sqs:DeleteMessage ReceiveMessage", access="receive", to="Jobs"),
    case("publish", "sns:Publish", access="publish", to="Events"),
    case("put events of one source", "events:PutEvents", access="put", to="Bus", sources="shop"),
    case("put records", "kinesis:PutRecord PutRecords", access="write", to="Clicks"),
    case("read records", "kinesis:GetRecords GetShardIterator ListShards", access="read", to="Clicks"),
    case("read a secret", "secretsmanager:GetSecretValue", access="read", to="Secret"),
    case("read parameters below a path", "ssm:GetParametersByPath", access="list", to="Config", keys="db/*"),
    case("decrypt what S3 holds", "kms:Decrypt", access="decrypt", to="Key", via="s3"),
    case("start executions", "states:StartExecution", access="start", to="Flow"),
    case("stop executions", "states:StopExecution", access="stop", to="Flow"),
    case("invoke a function", "lambda:InvokeFunction", access="invoke", to="other"),
    case("call a route", "execute-api:Invoke", who="visitor", access="invoke", to="GET /notes"),
    case("query one field", "appsync:GraphQL", who="visitor", access="query", to="Graph", fields="Query.note"),
)


# ── both tools ──


def ours(needs: Iterable[Json], catalog: Catalog) -> list[Json]:
    """The statements that grantgraph writes for needs of one principal."""
    wanted = list(needs)
    model = read(Path("compared.yaml"), node_of({**MODEL, "needs": wanted}), ReadOptions())
    found = synthesize(model, catalog)
    (one,) = [each for each in found.syntheses if each.principal.id == wanted[0]["who"]]
    return [statement for policy in one.policies for statement in render_policy(policy)["Statement"]]


@cache
def writer() -> Callable[[Json], Json]:
    """policy_sentry's write-policy, with the data that it comes with: it prefers what it finds in one's home."""
    home = os.environ.get("HOME")
    with tempfile.TemporaryDirectory() as empty:
        os.environ["HOME"] = empty
        try:
            from policy_sentry.command.write_policy import write_policy_with_template
        finally:
            os.environ.pop("HOME") if home is None else os.environ.update(HOME=home)
    return write_policy_with_template


def theirs(template: Mapping[str, Any]) -> list[Json]:
    """The statements that policy_sentry writes for a template."""
    found: list[Json] = writer()(dict(template))["Statement"]
    return found


def granted(statements: Iterable[Json]) -> set[Grant]:
    """Every action on every resource."""
    return {
        (action, resource)
        for one in statements
        for action in as_list(one["Action"])
        for resource in as_list(one["Resource"])
    }


def as_list(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def template_of(calls: Iterable[Grant]) -> Json:
    """What policy_sentry is told: each ARN under the first level that covers a call."""
    found: dict[str, list[str]] = {}
    for action, resource in sorted(calls):
        for level in LEVELS:
            if (action, resource) in granted(theirs({"mode": "crud", level: [resource]})):
                if resource not in found.setdefault(level, []):
                    found[level].append(resource)
                break
    return {"mode": "crud", **found}


# ── side by side ──


@dataclass(frozen=True, slots=True)
class Row:
    """One case, and what each tool grants."""

    case: Case
    calls: set[Grant]
    ours: set[Grant]
    limits: tuple[str, ...]
    theirs: set[Grant]
    named: list[Json]

    def beyond(self, grants: set[Grant]) -> list[str]:
        """The actions that are granted, and not called."""
        return sorted({action for action, _ in grants - self.calls})

    def short(self, grants: set[Grant]) -> list[str]:
        """The actions that are called, and not granted."""
        return sorted({action for action, _ in self.calls - grants})

    @property
    def open_arns(self) -> list[str]:
        """ARNs to fill in by hand in what policy_sentry writes by names, and actions it leaves on everything."""
        return sorted({resource for _, resource in granted(self.named) if "${" in resource or resource == "*"})


def rows(catalog: Catalog) -> list[Row]:
    """Every case."""
    found = []
    for one in CASES:
        statements = ours([one.need], catalog)
        mine = granted(statements)
        calls = {(action, resource) for action, resource in mine if action in one.calls}
        calls |= {(action, "") for action in one.calls if action not in {action for action, _ in calls}}
        keys = {key for each in statements for block in each.get("Condition", {}).values() for key in block}
        named = theirs({"mode": "actions", "actions": list(one.calls)})
        found.append(Row(one, calls, mine, tuple(sorted(keys)), granted(theirs(template_of(calls))), named))
    return found


WORST = ("Permissions management", "Write", "Tagging", "Read", "List")


def worst(actions: list[str], catalog: Catalog) -> str:
    """Two actions that nobody wants to grant by accident: what manages permissions first, then what deletes."""

    def rank(name: str) -> tuple[int, bool, str]:
        action = catalog.action(name)
        level = WORST.index(action.access_level.value) if action is not None else len(WORST)
        return level, not name.partition(":")[2].startswith(("Delete", "Purge")), name

    chosen = [name.partition(":")[2] for name in sorted(actions, key=rank)[:2]]
    return ", ".join(chosen)


def cell(row: Row, grants: set[Grant]) -> str:
    """How many actions are granted, how many of them too many, and how many are missing."""
    extra, missing = row.beyond(grants), row.short(grants)
    text = f"{len({action for action, _ in grants})}, {len(extra)} too many"
    return text + (f", {len(missing)} too few" if missing else "")


def table(catalog: Catalog) -> str:
    """The comparison as Markdown."""
    found = rows(catalog)
    lines = [
        "| what the code does | calls | grantgraph | limited by | policy_sentry | such as | to fill in |",
        "| --- | --: | --: | --- | --: | --- | --: |",
    ]
    for one in found:
        limits = ", ".join(f"`{key.partition(':')[2]}`" for key in one.limits)
        mine, sentry = cell(one, one.ours), cell(one, one.theirs)
        bad = worst(one.beyond(one.theirs), catalog)
        calls = len(one.case.calls)
        lines.append(
            f"| {one.case.title} | {calls} | {mine} | {limits} | {sentry} | {bad} | {len(one.open_arns)} |"
        )
    total = [sum(len(one.case.calls) for one in found)]
    total += [sum(len({action for action, _ in grants}) for grants in side) for side in _sides(found)]
    extra = [
        sum(len(one.beyond(grants)) for one, grants in zip(found, side, strict=True)) for side in _sides(found)
    ]
    lines.append(
        f"| all {len(found)} | {total[0]} | {total[1]}, {extra[0]} too many | "
        f"{sum(bool(one.limits) for one in found)} needs | {total[2]}, {extra[1]} too many | | "
        f"{sum(len(one.open_arns) for one in found)} |"
    )
    return "\n".join(lines) + "\n"


def _sides(found: list[Row]) -> tuple[list[set[Grant]], list[set[Grant]]]:
    return [one.ours for one in found], [one.theirs for one in found]


def filled(page: str, catalog: Catalog) -> str:
    """The page with its table up to date."""
    return TABLE.sub(lambda found: f"{found[1]}{table(catalog)}{found[2]}", page)


# ── time ──


def bench(catalog: Catalog, runs: int) -> None:
    """CPU time of both on the needs that one function can have: of whole processes, and of the calls in them."""
    needs = [one.need for one in CASES if one.need["who"] == "worker"]
    principals = {id: one for id, one in MODEL["principals"].items() if one["type"] == "function"}
    parts = {part: MODEL[part] for part in ("application", "environment", "resources")}
    model = {**parts, "principals": principals, "needs": needs}
    calls = {call for one in rows(catalog) if one.case.need["who"] == "worker" for call in one.calls}
    template = template_of(calls)
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        (home / "grantgraph.json").write_text(json.dumps(model))
        (home / "template.yml").write_text(json.dumps(template))
        command = [sys.executable, "-m", "grantgraph", "synth", str(home / "grantgraph.json")]
        other = [sys.executable, "-c", "from policy_sentry.bin.cli import main; main()", "write-policy"]
        seconds, ratio = compare(command, [*other, "--input-file", str(home / "template.yml")], runs)
    application = read(Path("compared.yaml"), node_of(model), ReadOptions())
    mine, sentry = per_call(partial(synthesize, application, catalog)), per_call(partial(theirs, template))
    title = f"{len(needs)} needs of one function"
    print(f"{title:<40}{'CPU ms':>8}  times policy_sentry")
    print(f"{'grantgraph synth, whole process':<40}{seconds * 1000:>8.0f}  {ratio:.2f}")
    print(f"{'synthesize, with every proof':<40}{mine * 1000:>8.1f}  {mine / sentry:.2f}")


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare synthesis with policy_sentry.")
    parser.add_argument("--check", action="store_true", help="only say whether docs/compared.md is up to date")
    parser.add_argument("--bench", action="store_true", help="measure the time of both")
    parser.add_argument("--runs", type=int, default=7, help="counted runs of each command")
    options = parser.parse_args()
    catalog = load_catalog()
    if options.bench:
        bench(catalog, options.runs)
        return 0
    page = PAGE.read_text(encoding="utf-8")
    fresh = filled(page, catalog)
    if options.check:
        return int(fresh != page)
    PAGE.write_text(fresh, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
