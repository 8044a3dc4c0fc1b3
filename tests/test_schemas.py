"""The JSON Schemas say what the readers read and what the commands print: no more, no less."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import grantgraph.node
from grantgraph.decode import decode
from grantgraph.node import Node
from grantgraph.reports import formats_of
from grantgraph.resources import resource_types
from grantgraph.settings import find_settings
from grantgraph.sources import load
from grantgraph.sources._model import (
    application,
    bindings,
    bound,
    events,
    file,
    needs,
    principals,
    promises,
    resources,
    routes,
)
from scripts.build_schemas import FOLDER, rendered, schemas
from scripts.schemas.outputs import output_schemas
from tests.commands import Run

ROOT = Path(__file__).parent.parent
APPS = ROOT / "fixtures" / "apps"
SCHEMAS = {name: json.loads((FOLDER / f"{name}.schema.json").read_text()) for name in schemas()}
OUTPUTS = output_schemas()


def wrong(name: str, value: Any) -> list[str]:
    """What a schema finds wrong with a value."""
    validator = jsonschema.Draft202012Validator(
        SCHEMAS[name], format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(value)]


def objects_of(schema: Any) -> Iterator[Mapping[str, Any]]:
    """Every object that a schema describes."""
    if isinstance(schema, Mapping):
        if schema.get("type") in ("object", ["object", "null"]):
            yield schema
        for one in schema.values():
            yield from objects_of(one)
    elif isinstance(schema, list):
        for one in schema:
            yield from objects_of(one)


# ── the files ──


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_what_the_code_gives_today(name: str) -> None:
    file = FOLDER / f"{name}.schema.json"
    assert file.read_text() == rendered(schemas()[name]), "run python scripts/build_schemas.py"
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])


def test_every_schema_is_named_on_its_page() -> None:
    page = (FOLDER / "README.md").read_text()
    files = {one.name for one in FOLDER.glob("*.json")}
    assert files == {f"{name}.schema.json" for name in SCHEMAS}
    assert all(f"]({one})" in page for one in files)


# ── the model file ──


def plain(node: Node) -> Any:
    """What an editor sees of a document."""
    match node.value:
        case str() | int() | None:
            return node.value
        case Decimal():
            return float(node.value)
        case tuple():
            return [plain(one) for one in node.value]
        case _:
            return {key: plain(one) for key, one in node.fields.items()}


def document(text: str) -> Any:
    return plain(decode(text, "model.yaml"))


MODELS = [
    APPS / "notes/grantgraph.yaml",
    APPS / "notes/keys-swapped.yaml",
    APPS / "same/model.yaml",
    APPS / "shop/grantgraph.yaml",
    APPS / "sst/notes.yaml",
    ROOT / "fixtures/reports/model.yaml",
]


def test_these_are_all_models_that_there_are() -> None:
    found = {one for one in (ROOT / "fixtures").rglob("*.yaml") if "\nneeds:" in one.read_text()}
    assert found == set(MODELS)


@pytest.mark.parametrize("path", MODELS, ids=lambda one: str(one.relative_to(ROOT)))
def test_a_model_holds_to_the_schema(path: Path) -> None:
    assert wrong("model", document(path.read_text())) == []


def keys_in(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every key of a document, by its path."""
    for key, member in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        if isinstance(value, dict):
            yield (*at, key)
        yield from keys_in(member, (*at, key))


def misspelt(value: Any, path: tuple[Any, ...]) -> Any:
    """The document with one key spelled wrong."""
    copy = json.loads(json.dumps(value))
    here = copy
    for step in path[:-1]:
        here = here[step]
    here[f"{path[-1]}x"] = here.pop(path[-1])
    return copy


SECTIONS = {("resources",), ("principals",), ("routes",)}
"""Where the keys are names that the author gives."""


@pytest.mark.parametrize("path", MODELS, ids=lambda one: str(one.relative_to(ROOT)))
def test_a_misspelt_key_does_not_hold_to_the_schema(path: Path) -> None:
    model = document(path.read_text())
    named = [one for one in keys_in(model) if one[:-1] in SECTIONS or one[-2:-1] in (("indexes",), ("context",))]
    paths = [one for one in keys_in(model) if one not in named]
    assert named and len(paths) > len(named)
    assert [one for one in paths if not wrong("model", misspelt(model, one))] == []


WRONG_MODELS = {
    "a type that is none": "resources: {Notes: {type: dynamodb:tabel, partition_key: a}}",
    "a table without a key": "resources: {Notes: {type: dynamodb:table}}",
    "a bucket with the key of a table": "resources: {Files: {type: s3:bucket, sort_key: a}}",
    "a principal without a type": "principals: {a: {name: b}}",
    "no account": "principals: {a: {type: account}}",
    "a word that is none": "needs: [{who: a, access: raed, to: b}]",
    "no access": "needs: [{who: a, access: [], to: b}]",
    "a need of nobody": "needs: [{access: read, to: b}]",
    "a promise of two kinds": "promises: [{title: t, never: {who: a, access: write}, isolated: {who: a}}]",
    "a promise of nothing": "promises: [{title: t}]",
    "an access level that is none": "promises: [{title: t, never: {who: a, access: wirte}}]",
    "a route that is none": "routes: {notes: {function: f}}",
    "an authorizer that is none": "routes: {GET /a: {function: f, authorizer: iamm}}",
    "an account that is a number": "environment: {account: 123456789012}",
    "an event of two kinds": "principals: {f: {type: function, on: {from: a, schedule: rate(1 hour)}}}",
    "a request that lives too long": "needs: [{who: a, access: get, to: b, presigned: 604801}]",
}  # fmt: skip


@pytest.mark.parametrize("text", WRONG_MODELS.values(), ids=WRONG_MODELS)
def test_what_the_reader_refuses_the_schema_refuses(text: str, tmp_path: Path) -> None:
    model = tmp_path / "grantgraph.yaml"
    model.write_text(f"application: a\n{text}\n")
    with pytest.raises(grantgraph.problems.InputError):
        load(model)
    assert wrong("model", document(model.read_text())) != []


def everything() -> str:
    """A model with every kind of object in it."""
    types = [
        {"type": one, "partition_key": "a"} if one == "dynamodb:table" else {"type": one}
        for one in resource_types()
    ]
    model: dict[str, Any] = {
        "application": "a",
        "environment": {"region": "us-east-1"},
        "identity_pool": {"id": "us-east-1:1"},
        "api": {"id": "a"},
        "resources": {f"R{number}": one for number, one in enumerate(types)},
        "principals": {f"p{number}": {"type": one} for number, one in enumerate(principals._TYPES)},
        "routes": {},
        "needs": [{"who": "p0", "access": "read", "to": "T"}],
        "promises": [
            {"title": "a", "never": {"who": "p0", "access": "write"}},
            {"title": "b", "isolated": {"who": "p0"}},
        ],
    }
    model["resources"]["T"] = {
        "type": "dynamodb:table",
        "partition_key": "a",
        "indexes": {"i": {"partition_key": "b"}},
    }
    model["principals"]["f"] = {"type": "function", "on": {"schedule": "rate(1 hour)"}}
    model["routes"]["GET /a"] = {"function": "f"}
    return json.dumps(model)


def record_keys(asked: set[frozenset[str]]) -> Callable[[Node, frozenset[str], str, Any], None]:
    """A reader's check of keys that also notes which it knows."""

    def expect_keys(node: Node, known: frozenset[str], what: str, problems: Any) -> None:
        asked.add(known)
        grantgraph.node.expect_keys(node, known, what, problems)

    return expect_keys


def is_closed(schema: Mapping[str, Any]) -> bool:
    return schema.get("additionalProperties") is False


def test_the_schema_has_the_keys_that_the_reader_knows_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: set[frozenset[str]] = set()
    expect_keys = record_keys(asked)
    for module in (application, events, file, needs, principals, promises, resources, routes):
        monkeypatch.setattr(module, "expect_keys", expect_keys)
    model = tmp_path / "grantgraph.yaml"
    model.write_text(everything())
    with pytest.raises(grantgraph.problems.InputError):  # the account has neither number nor ARN
        load(model)
    said = {frozenset(one["properties"]) for one in objects_of(SCHEMAS["model"]["else"]) if is_closed(one)}
    shared = {frozenset(one["properties"]) for one in objects_of(SCHEMAS["model"]["$defs"]) if is_closed(one)}
    assert said | shared == asked


def test_beside_an_input_the_schema_has_the_keys_that_the_reader_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: set[frozenset[str]] = set()
    expect_keys = record_keys(asked)
    for module in (bindings, bound):
        monkeypatch.setattr(module, "expect_keys", expect_keys)
    (tmp_path / "template.json").write_text(SST.read_text())
    application = load(SST)
    model: dict[str, Any] = {
        "from": "template.json",
        "principals": {one.id: None for one in application.principals},
        "resources": {one.id: None for one in application.resources},
        "routes": {one.id: None for one in application.entry_points if one.type == "route"},
    }
    (tmp_path / "grantgraph.yaml").write_text(json.dumps(model))
    load(tmp_path / "grantgraph.yaml")
    then = SCHEMAS["model"]["then"]
    whole = {one for one in asked if "needs" in one}
    assert {
        frozenset(then["properties"]) | {"identity_pool", "api"}
    } == whole  # these two have an answer of their own
    for key in ("principals", "resources", "routes"):
        [entry] = (one for one in objects_of(then["properties"][key]) if "from" in one.get("properties", ()))
        own = {one for one in asked - whole if one <= entry["properties"].keys()}
        assert own and frozenset().union(*own) == entry["properties"].keys()


# ── settings ──


@pytest.mark.parametrize(
    "page", [ROOT / "docs/tutorial.md", ROOT / "docs/how-to/adopt.md"], ids=lambda one: one.stem
)
def test_settings_that_pages_show_hold_to_the_schema(page: Path) -> None:
    blocks = [one.partition("```")[0] for one in page.read_text().split("```toml\n")[1:]]
    assert blocks and [wrong("settings", tomllib.loads(one)) for one in blocks] == [[]] * len(blocks)


WRONG_SETTINGS = [
    'severty = "high"',
    'severity = "worst"',
    'unknown = "pass"',
    'select = "GG1"',
    "params = {Stage = 1}",
    "ignores = 1",
    '[[ignores]]\nreason = "r"',
    '[[ignores]]\nfingerprint = "a"\nreson = "r"',
    '[[ignores]]\nfingerprint = "a"\nuntil = "tomorrow"',
]


@pytest.mark.parametrize("text", WRONG_SETTINGS)
def test_settings_that_are_refused_do_not_hold_to_the_schema(text: str, tmp_path: Path) -> None:
    (tmp_path / "grantgraph.toml").write_text(text)
    with pytest.raises(grantgraph.problems.InputError):
        find_settings(tmp_path)
    assert wrong("settings", tomllib.loads(text)) != []


# ── what commands print ──

NOTES, TIGHT = APPS / "notes" / "grantgraph.yaml", APPS / "notes" / "tight.yaml"
SAME, PLAN = APPS / "same" / "template.yaml", APPS / "same" / "first-plan.json"
SST, CDK = APPS / "sst" / "f-full-notes.json", APPS / "cdk" / "notes" / "cdk.out"
TOGETHER = APPS / "sst" / "a-notes-auth-users.json"
POLICIES = ROOT / "fixtures" / "policies"
IDENTITIES = APPS / "account" / "authorization-details.json"
CHANGES = APPS / "terraform" / "changes" / "plan.json"
COMMANDS: Mapping[str, list[tuple[Any, ...]]] = {
    "can": [
        ("can", "authenticated", "dynamodb:GetItem", "Notes", NOTES),
        ("can", "Unauthenticated", "s3:PutObject", "Uploads/inbox/x", SAME),
        ("can", 'aws_iam_role.visitor["unauthenticated"]', "s3:PutObject", "aws_s3_bucket.uploads/x", PLAN),
        ("can", "alice", "s3:GetObject", "arn:aws:s3:::reports/x", IDENTITIES),
    ],
    "check": [("check", one) for one in (TIGHT, SAME, SST, TOGETHER, CDK, CHANGES, PLAN, NOTES)],
    "diff": [
        ("diff", TIGHT, SAME),
        ("diff", SAME, TIGHT),
        ("diff", POLICIES / "team-folders.json", POLICIES / "all-folders.json"),
        ("diff", POLICIES / "all-tables.json", POLICIES / "any-table.json"),
        ("diff", TIGHT, TIGHT),
    ],
    "explain": [
        ("explain", "role", "authenticated", SST),
        ("explain", "role", "Unauthenticated", SAME),
        ("explain", "role", "PutNoteRole", SAME),
        ("explain", "role", "AdminRole38563C57", CDK),
    ],
    "graph": [("graph", SAME), ("graph", IDENTITIES)],
    "path": [("explain", "path", "anyone", "Uploads", SAME), ("explain", "path", "guests", "Notes", SAME)],
    "prove": [
        ("prove", "implies", POLICIES / "team-folders.json", POLICIES / "all-folders.json"),
        ("prove", "implies", POLICIES / "all-folders.json", POLICIES / "team-folders.json"),
        ("prove", "implies", POLICIES / "all-tables.json", POLICIES / "any-table.json"),
    ],
    "summary": [
        ("prove", "summary", POLICIES / "team-folders.json"),
        ("prove", "summary", CDK, "--principal", "AdminRole38563C57"),
        ("prove", "summary", IDENTITIES, "--principal", "alice"),
    ],
    "synth": [("synth", NOTES, "--boundary"), ("synth", APPS / "shop" / "grantgraph.yaml")],
    "test": [("test", ROOT / "fixtures" / "decisions" / "01-documents.yaml")],
    "tighten": [
        ("synth", APPS / "sst" / "a-notes-auth-users.json"),
        ("synth", APPS / "sst" / "notes.yaml"),
        ("synth", SST),
        ("synth", CDK),
        ("synth", APPS / "account" / "template.yaml"),
    ],
    "who_can": [
        ("who-can", "s3:PutObject", "Uploads/inbox/x", SAME),
        ("who-can", "s3:PutObject", "aws_s3_bucket.uploads/x", PLAN),
    ],
}  # fmt: skip


def test_every_json_report_has_a_schema_and_commands_that_print_it() -> None:
    reports = {path.name.removesuffix("_json.py") for path in (ROOT / "grantgraph/reports").glob("*_json.py")}
    reports.discard("emit")  # the documents alone, as AWS reads them
    assert reports == OUTPUTS.keys() == COMMANDS.keys()
    assert all("json" in formats_of(one) for one in reports)


@pytest.mark.parametrize("name", OUTPUTS)
def test_every_object_of_an_output_has_its_keys_and_no_others(name: str) -> None:
    for one in objects_of(SCHEMAS[name]):
        is_map = isinstance(one.get("additionalProperties"), dict)
        is_statement = one == {"type": "object"}
        assert one.get("additionalProperties") is False or is_map or is_statement


class Seen:
    """Which keys of which objects outputs have had; objects with the same keys are one."""

    def __init__(self) -> None:
        self.keys: set[tuple[frozenset[str], str]] = set()

    def see(self, whole: Mapping[str, Any], schema: Mapping[str, Any], value: Any) -> None:
        schema = _followed(whole, schema)
        for one in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
            branch = {**_followed(whole, one), "$defs": whole.get("$defs", {})}
            if jsonschema.Draft202012Validator(branch).is_valid(value):
                self.see(whole, one, value)
        if isinstance(value, dict):
            known = schema.get("properties", {})
            for key, member in value.items():
                if key in known:
                    self.keys.add((frozenset(known), key))
                self.see(whole, known.get(key, schema.get("additionalProperties", {})), member)
        elif isinstance(value, list):
            for one in value:
                self.see(whole, schema.get("items", {}), one)


def _followed(whole: Mapping[str, Any], schema: Any) -> Mapping[str, Any]:
    if not isinstance(schema, Mapping):
        return {}
    found: Mapping[str, Any] = whole["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return found


def made(folder: Path, run: Run) -> Mapping[str, list[tuple[Any, ...]]]:
    """Commands about what no fixture has: accepted findings, renamed roles, boundaries."""
    wide = TIGHT.read_text().replace("[s3:GetObject, s3:PutObject]", '"s3:*"')
    (folder / "wide.yaml").write_text(wide)
    found = json.loads(run("check", folder / "wide.yaml", "--format", "json").out)["findings"]
    known = [{"fingerprint": one["fingerprint"], "reason": "r", "owner": "o"} for one in found]
    accepted = {"grantgraph": {"ignore": [*known, {"fingerprint": "0", "reason": "r"}]}}
    (folder / "accepted.yaml").write_text(
        wide.replace("  Uploads:\n", f"  Uploads:\n    Metadata: {json.dumps(accepted)}\n")
    )
    (folder / "renamed.yaml").write_text(
        TIGHT.read_text().replace("  Authenticated", "  Users").replace("!GetAtt Authenticated.", "!GetAtt Users.")
    )
    over_tls = {"Bool": {"aws:SecureTransport": "true"}}
    secure = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": over_tls}}
    limits = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": secure}}
    role = "  Authenticated:\n    Type: AWS::IAM::Role\n    Properties:\n"
    (folder / "bounded.yaml").write_text(
        TIGHT.read_text().replace(
            role, f"  Limits: {json.dumps(limits)}\n{role}      PermissionsBoundary: !Ref Limits\n"
        )
    )
    (folder / "same.yaml").write_text(TIGHT.read_text().replace("s3:GetObject, ", "s3:GetObject, s3:GetObjec?, "))
    return {
        "check": [("check", folder / "accepted.yaml")],
        "diff": [("diff", TIGHT, folder / "renamed.yaml"), ("diff", TIGHT, folder / "same.yaml")],
        "summary": [("prove", "summary", folder / "bounded.yaml", "--principal", "authenticated")],
    }


UNSEEN = {(frozenset({"answer", "reason"}), key) for key in ("answer", "reason")}
"""What no fixture brings about: a tight policy of which it is not known whether it allows all that is needed."""


def test_what_commands_print_holds_to_the_schemas_which_know_nothing_else(tmp_path: Path, run: Run) -> None:
    seen = Seen()
    more = made(tmp_path, run)
    for name, commands in COMMANDS.items():
        for command in (*commands, *more.get(name, ())):
            ended = run(*command, "--format", "json")
            assert ended.code in (0, 1, 3), f"{command}: {ended.err}"
            printed = json.loads(ended.out)
            assert wrong(name, printed) == [], command
            assert wrong(name, printed | {"more": 1}) != [], command
            seen.see(SCHEMAS[name], SCHEMAS[name], printed)
    known = {
        (frozenset(one["properties"]), key)
        for name in COMMANDS
        for one in objects_of(SCHEMAS[name])
        for key in one.get("properties", ())
    }
    missing = sorted(f"{key} of {sorted(keys)}" for keys, key in (known - seen.keys) ^ UNSEEN)
    assert not missing, "\n".join(missing)
