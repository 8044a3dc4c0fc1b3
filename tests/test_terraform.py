"""What plans and states of Terraform mean: what is known, what refers to what, and what stays open."""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grantgraph.ask import ask
from grantgraph.catalog import load_catalog
from grantgraph.cli import main
from grantgraph.decode import decode, decode_json
from grantgraph.evaluate import Decision
from grantgraph.grants import grants_of, unseen_of
from grantgraph.model import Authorizer, PrincipalType
from grantgraph.policy import PolicyType, parse_arn, parse_policy
from grantgraph.problems import InputError, Level, Problems, UsageError
from grantgraph.rules import check, load_rules
from grantgraph.sources import ReadOptions, load
from grantgraph.sources._terraform.configuration import Configuration
from grantgraph.sources._terraform.document import Instance, module_path, read_document
from grantgraph.sources._terraform.environments import Environments
from grantgraph.sources._terraform.policies import recover
from grantgraph.sources._terraform.reader import Reader
from grantgraph.sources._terraform.types import terraform_types
from grantgraph.text import Text, Unknown, text, unknowns_in
from tests.terraform_plans import (
    HERE,
    NO_OPTIONS,
    TRUST,
    allow,
    codes,
    document,
    errors,
    plan,
    read,
    resource,
    role,
    says,
    thing,
    visitors_trust,
    who,
)

APPS = Path(__file__).parent.parent / "fixtures" / "apps" / "terraform"
QUEUE = resource("aws_sqs_queue.q", {"name": "q"}, ["arn", "id", "url", "policy"])


def name_of(value: Text) -> str:
    return str(value).rpartition(":")[2]


# ── what is read, and what is not ──


@pytest.mark.parametrize("version", ["0.1", "0.2", "1.0", "1.2", "1.17"])
def test_formats_that_mean_the_same_are_read(version: str) -> None:
    assert [one.id for one in read(plan(QUEUE) | {"format_version": version}).resources] == ["aws_sqs_queue.q"]


@pytest.mark.parametrize("version", ["2.0", "0.3", "1", "", 1, None, "1.2\n"])
def test_another_format_is_refused_with_its_place(version: object) -> None:
    with pytest.raises(
        InputError, match=r"(?s)^plan\.json:2:\d+: format version `.*` of Terraform's JSON is not read"
    ):
        read({"format_version": version} | plan(QUEUE) | {"format_version": version})


def test_terraforms_own_state_file_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "terraform.tfstate"
    path.write_text(json.dumps({"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "x"}))
    with pytest.raises(InputError, match="private to Terraform") as raised:
        load(path)
    assert raised.value.help == "write one with `terraform show -json`"


def test_other_json_of_terraform_is_refused() -> None:
    with pytest.raises(InputError, match="neither a plan nor a state"):
        read({"format_version": "1.0", "provider_schemas": {}, "valid": True})


def test_an_empty_state_has_nothing_to_decide() -> None:
    assert codes(read({"format_version": "1.0"}), Level.NOTE) == ["nothing-to-decide"]


def test_a_truncated_plan_is_refused_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text((APPS / "services" / "plan.json").read_text()[:50_000])
    with pytest.raises(InputError, match=r"plan\.json:1:\d+: "):
        load(path)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({"planned_values": {"root_module": []}}, "a module must be an object, not a list"),
        ({"planned_values": {"root_module": {"resources": {}}}}, "`resources` must be a list, not an object"),
        ({"planned_values": {"root_module": {"resources": ["x"]}}}, "a resource must be an object, not a string"),
        ({"planned_values": {"root_module": {"resources": [{"address": 1}]}}}, "`address` must be a string"),
        ({"planned_values": {"root_module": {"child_modules": 3}}}, "`child_modules` must be a list"),
        ({"resource_changes": {}}, "`resource_changes` must be a list, not an object"),
        ({"resource_changes": [1]}, "a resource change must be an object, not a number"),
        ({"variables": []}, "`variables` must be an object, not a list"),
    ],
)
def test_a_part_of_the_wrong_shape_is_one_message_with_its_place(broken: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=rf"^plan\.json:\d+:\d+: {message}"):
        read(plan(QUEUE) | broken)


def test_values_of_the_wrong_shape_are_errors_and_not_a_crash() -> None:
    strange: list[Any] = [7, [], {}, [[]], {"a": {}}, [None], "", False]
    for value in strange:
        for type in terraform_types():
            attributes = [
                "name",
                "role",
                "policy",
                "roles",
                "target",
                "inline_policy",
                "statement",
                "lambda_config",
            ]
            address = f"{type}.x"
            values = dict.fromkeys([*attributes, "assume_role_policy", "role_mapping", "bucket"], value)
            application = read(plan(resource(address, values)))
            assert all(str(one.at) for one in application.problems), (type, value)


def test_a_resource_twice_is_refused() -> None:
    with pytest.raises(InputError, match=r"there are two resources `aws_sqs_queue\.q`"):
        read(plan(QUEUE, QUEUE))


def test_parameters_are_refused() -> None:
    with pytest.raises(UsageError, match="holds the values of its variables"):
        read(plan(QUEUE), ReadOptions({"a": "b"}))


def test_a_plan_that_met_an_error_leaves_the_gate_undecided() -> None:
    for part in ({"errored": True}, {"complete": False}):
        application = read(plan(role()) | part)
        assert "incomplete-plan" in codes(application)
        assert check(application, load_catalog(), load_rules()).doubts


# ── names, places, environments ──


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("aws_x.y", ()),
        ("module.a.aws_x.y[0]", (("a", None),)),
        ('module.a["x"].module.b[2].aws_x.y["k"]', (("a", "x"), ("b", 2))),
        ('module.a["x.y[\\"0\\"].module.z"].data.aws_x.y', (("a", 'x.y["0"].module.z'),)),
    ],
)
def test_an_address_says_which_modules_lead_to_it(address: str, path: tuple[tuple[str, object], ...]) -> None:
    assert module_path(address) == path


def test_a_resource_is_called_by_its_address() -> None:
    address = 'module.api["x"].aws_iam_role.fn[0]'
    assert who(read(plan(role(address))), address).at.line > 1


def test_a_name_that_aws_makes_begins_as_it_was_asked_to() -> None:
    values = {"bucket_prefix": "notes-"}
    bucket = thing(read(plan(resource("aws_s3_bucket.b", values, ["arn", "bucket"]))), "aws_s3_bucket.b")
    assert bucket.arn == text(("arn:aws:s3:::notes-", Unknown("aws_s3_bucket.b", generated=True)))


def test_a_name_that_may_hold_slashes_is_any_text() -> None:
    refers = {"name": ["random_id.x.hex", "random_id.x"]}
    secret = resource("aws_secretsmanager_secret.s", {}, ["arn", "name"], refers)
    found = thing(read(plan(secret)), "aws_secretsmanager_secret.s")
    assert Unknown("aws_secretsmanager_secret.s") in unknowns_in(found.arn)


def test_a_secret_ends_in_letters_of_aws() -> None:
    new = resource("aws_secretsmanager_secret.s", {"name": "db"}, ["arn"])
    suffix = Unknown("aws_secretsmanager_secret.s.Suffix", generated=True)
    arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-"
    assert thing(read(plan(new)), "aws_secretsmanager_secret.s").arn == text((arn, suffix))
    there = resource("aws_secretsmanager_secret.s", {"name": "db", "arn": arn + "aBcDeF"}, actions=["no-op"])
    assert thing(read(plan(there)), "aws_secretsmanager_secret.s").arn == arn + "aBcDeF"


def test_the_path_of_a_role_is_in_its_arn() -> None:
    application = read(plan(role(values={"path": "/app/"})))
    assert who(application, "aws_iam_role.r").arn == "arn:aws:iam::111122223333:role/app/r"


def test_what_is_known_of_an_arn_is_kept_and_the_rest_is_open() -> None:
    (queue,) = read(plan(QUEUE), NO_OPTIONS).resources
    assert queue.arn == text(("arn:aws:sqs:eu-west-1:", Unknown("AWS::AccountId"), ":q"))


def provider(**expressions: Any) -> dict[str, Any]:
    return {"expressions": expressions}


def region_of(providers: dict[str, Any], key: str = "aws", **top: Any) -> str:
    document = plan({**QUEUE, "provider": key}, **top)
    document["configuration"]["provider_config"] = providers
    (queue,) = read(document, NO_OPTIONS).resources
    arn = parse_arn(queue.arn)
    assert arn is not None
    return str(arn.region)


def test_a_region_is_the_providers() -> None:
    west = provider(region={"constant_value": "us-west-2"})
    assert region_of({"aws": west}) == "us-west-2"
    assert region_of({"aws": provider(region={"constant_value": "us-east-1"}), "aws.west": west}, "aws.west") == (
        "us-west-2"
    )
    by_variable = provider(region={"references": ["var.region"]})
    assert region_of({"aws": by_variable}, variables={"region": {"value": "cn-north-1"}}) == "cn-north-1"
    assert region_of({"aws": by_variable}, variables={"region": {"value": "north"}}) == "${AWS::Region}"
    assert region_of({"aws": by_variable, "aws.b": provider(region={"references": ["local.r"]})}, "aws.b") == (
        "${region of aws.b}"
    )


def test_a_resource_may_have_a_region_of_its_own() -> None:
    (queue,) = read(plan({**QUEUE, "values": {"name": "q", "region": "ap-south-1"}})).resources
    assert str(queue.arn) == "arn:aws:sqs:ap-south-1:111122223333:q"


def test_an_account_is_what_the_provider_is_held_to_or_found_in() -> None:
    for given in (
        provider(allowed_account_ids={"constant_value": ["444455556666"]}),
        provider(assume_role=[{"role_arn": {"constant_value": "arn:aws:iam::444455556666:role/deploy"}}]),
    ):
        document = plan(QUEUE)
        document["configuration"]["provider_config"]["aws"] = given
        assert read(document, NO_OPTIONS).environment.account == "444455556666"
    identity = resource("data.aws_caller_identity.me", {"account_id": "777788889999"}, actions=["read"])
    assert read(plan(QUEUE, identity), NO_OPTIONS).environment.account == "777788889999"
    there = resource("aws_sqs_queue.old", {"name": "o", "arn": "arn:aws:sqs:eu-west-1:123456789012:o"})
    assert read(plan(QUEUE, there), NO_OPTIONS).environment.account == "123456789012"


def test_providers_with_credentials_of_their_own_are_not_taken_to_be_one_account() -> None:
    other = {**resource("aws_sqs_queue.other", {"name": "other"}, ["arn"]), "provider": "aws.other"}
    document = plan(QUEUE, other)
    document["configuration"]["provider_config"]["aws.other"] = provider(profile={"constant_value": "other"})
    accounts = {one.account for one in read(document, NO_OPTIONS).resources}
    assert accounts == {text((Unknown("AWS::AccountId"),)), text((Unknown("account of aws.other"),))}


def test_an_option_that_contradicts_the_plan_is_refused() -> None:
    with pytest.raises(UsageError, match="`--region us-east-1` contradicts the plan, which is for `eu-west-1`"):
        read(plan(QUEUE), ReadOptions(region="us-east-1"))


# ── policies ──


def one_policy(*resources: dict[str, Any], **more: Any) -> Any:
    """The only policy of the role `aws_iam_role.r`."""
    application = read(plan(role(), *resources, **more))
    assert not errors(application), errors(application)
    (policy,) = who(application, "aws_iam_role.r").policies
    return policy


def inline(
    policy: str = "", refers: list[str] | None = None, address: str = "aws_iam_role_policy.p"
) -> dict[str, Any]:
    values = {"name": "p", "role": "r"} | ({"policy": policy} if policy else {})
    return resource(address, values, [] if policy else ["policy"], {"policy": refers} if refers else None)


def test_a_statement_points_into_the_string_that_holds_it() -> None:
    written = document(allow("s3:GetObject", "arn:aws:s3:::b/<&>/\u00e9\t*"), allow("sqs:SendMessage"))
    # as Terraform writes it: on one line, with <, > and & spelled out
    source = json.dumps(plan(role(), inline(written)), ensure_ascii=False)
    source = source.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    node = decode(source, "plan.json")
    from grantgraph.sources.terraform import SOURCE

    (policy,) = who(SOURCE.read(Path("plan.json"), node, HERE), "aws_iam_role.r").policies
    for statement, action in zip(policy.statements, ("s3:GetObject", "sqs:SendMessage"), strict=True):
        assert statement.at.line == 1 and statement.at.path == "aws_iam_role_policy.p"
        assert source[statement.at.column - 1 :].startswith('{\\"Effect\\"')
        (pattern,) = statement.actions.patterns
        assert source[pattern.at.column - 1 :].startswith(f'\\"{action}\\"')


def test_a_policy_that_is_not_json_is_an_error_inside_its_string() -> None:
    found = errors(read(plan(role(), inline('{"Version": "2012-10-17", oops}'))))
    assert len(found) == 1
    assert "`policy` of `aws_iam_role_policy.p` is not JSON that can be read: expected a key" in found[0]


def test_a_key_twice_in_a_policy_is_an_error() -> None:
    (found,) = errors(read(plan(role(), inline('{"Statement": [], "Statement": []}'))))
    assert "duplicate key `Statement`" in found


def test_a_policy_of_which_nothing_is_known_is_undecided() -> None:
    application = read(plan(role(), inline(refers=["aws_sqs_queue.q.arn", "aws_sqs_queue.q"]), QUEUE))
    (unseen,) = unseen_of(who(application, "aws_iam_role.r"))
    assert unseen.reason == (
        "`aws_iam_role_policy.p.policy` is known only after the plan is applied: "
        "it is made from `aws_sqs_queue.q.arn`"
    )


def statement(**more: Any) -> dict[str, Any]:
    nothing: dict[str, Any] = {
        "effect": None,
        "sid": None,
        "condition": [],
        "principals": [],
        "not_principals": [],
    }
    return {**nothing, "actions": None, "not_actions": None, "resources": None, "not_resources": None, **more}


def policy_data(
    *statements: dict[str, Any], unknown: Any = None, address: str = "d", **more: Any
) -> dict[str, Any]:
    """A document whose reading waits for the apply."""
    values = {"statement": list(statements), "version": None, **more}
    hidden = {"json": True, "minified_json": True, **({"statement": unknown} if unknown is not None else {})}
    return resource(f"data.aws_iam_policy_document.{address}", values, hidden, {}, ["read"])


JSON = ["data.aws_iam_policy_document.d.json", "data.aws_iam_policy_document.d"]


def test_a_document_that_waits_keeps_what_is_known_of_it() -> None:
    data = policy_data(
        statement(actions=["sqs:SendMessage"], resources=[None, "arn:aws:sqs:eu-west-1:111122223333:q"]),
        unknown=[{"resources": [True, False]}],
    )
    policy = one_policy(inline(refers=JSON), data, QUEUE)
    made = "${data.aws_iam_policy_document.d.statement[0].resources[0]}"
    assert says(policy) == [("Allow", ["sqs:SendMessage"], [made, "arn:aws:sqs:eu-west-1:111122223333:q"])]
    assert not policy.unseen


def test_what_a_waiting_document_denies_to_is_any_resource() -> None:
    data = policy_data(statement(effect="Deny", not_actions=["sqs:*"]), unknown=[{"resources": True}])
    policy = one_policy(inline(refers=JSON), data)
    assert says(policy) == [("Deny", ["sqs:*"], ["${data.aws_iam_policy_document.d.statement[0].resources}"])]
    assert policy.statements[0].actions.negated


def test_variables_are_spelled_with_an_ampersand_in_a_document() -> None:
    condition = {"test": "StringLike", "variable": "s3:prefix", "values": ["&{aws:username}/*"]}
    data = policy_data(
        statement(actions=["s3:Get*"], resources=["arn:aws:s3:::b/&{aws:username}/*"], condition=[condition])
    )
    policy = one_policy(inline(refers=JSON), data)
    assert says(policy)[0][2] == ["arn:aws:s3:::b/${aws:username}/*"]
    assert str(policy.statements[0].conditions[0]) == "StringLike s3:prefix ${aws:username}/*"


def test_sources_come_first_and_overrides_win_by_sid() -> None:
    source = document(allow("s3:Get*", Sid="A"), allow("s3:Put*", Sid="B"), allow("s3:List*"))
    override = document(allow("sns:*", Sid="B"))
    own = [
        statement(sid="A", actions=["sqs:Get*"], resources=["*"]),
        statement(actions=["sqs:List*"], resources=["*"]),
    ]
    data = policy_data(*own, source_policy_documents=[source], override_policy_documents=[override])
    actions = [action for _, (action,), _ in says(one_policy(inline(refers=JSON), data))]
    assert actions == ["sqs:Get*", "sns:*", "s3:List*", "sqs:List*"]


def test_a_source_that_waits_is_followed() -> None:
    inner = policy_data(statement(actions=["s3:Get*"], resources=["*"]), address="inner")
    data = policy_data(statement(actions=["sqs:Get*"], resources=["*"]), source_policy_documents=[None])
    data["unknown"]["source_policy_documents"] = [True]
    data["refers"] = {"source_policy_documents": ["data.aws_iam_policy_document.inner.json"]}
    actions = [action for _, (action,), _ in says(one_policy(inline(refers=JSON), data, inner))]
    assert actions == ["s3:Get*", "sqs:Get*"]


def test_an_override_that_is_not_known_leaves_the_whole_document_open() -> None:
    data = policy_data(statement(sid="A", actions=["sqs:Get*"], resources=["*"]), override_policy_documents=[None])
    data["unknown"]["override_policy_documents"] = [True]
    data["refers"] = {"override_policy_documents": ["local.more"]}
    policy = one_policy(inline(refers=JSON), data)
    assert not policy.statements and policy.unseen


def test_a_list_of_sources_that_is_hidden_may_hold_any() -> None:
    inner = policy_data(statement(actions=["s3:Get*"], resources=["*"]), address="inner")
    data = policy_data(statement(actions=["sqs:Get*"], resources=["*"]))
    data["unknown"]["source_policy_documents"] = True
    data["refers"] = {"source_policy_documents": ["data.aws_iam_policy_document.inner.json"]}
    policy = one_policy(inline(refers=JSON), data, inner)
    assert policy.unseen and says(policy) == [("Allow", ["sqs:Get*"], ["*"])]


def test_a_statement_without_a_shape_beside_sources_leaves_the_whole_document_open() -> None:
    source = document(allow("s3:*", Sid="A"))
    data = policy_data(statement(actions=["sqs:*"], resources=["*"]), source_policy_documents=[source])
    data["unknown"]["statement"] = [{"sid": True}]
    policy = one_policy(inline(refers=JSON), data)
    assert policy.unseen and not policy.statements


def test_documents_that_are_made_from_each_other_end() -> None:
    ones = []
    for name, other in (("a", "b"), ("b", "a")):
        data = policy_data(statement(actions=["sqs:Get*"], resources=["*"]), address=name)
        data["values"]["source_policy_documents"] = [None]
        data["unknown"]["source_policy_documents"] = [True]
        data["refers"] = {"source_policy_documents": [f"data.aws_iam_policy_document.{other}.json"]}
        ones.append(data)
    refers = ["data.aws_iam_policy_document.a.json"]
    assert one_policy(inline(refers=refers), *ones).unseen


@pytest.mark.parametrize(
    "refers",
    [
        ["local.policy"],
        ["data.aws_iam_policy_document.d.json", "aws_sqs_queue.q.arn"],
        ["data.aws_iam_policy_document.d.id"],
        ["data.aws_iam_policy_document.d.json", "data.aws_iam_policy_document.e.json"],
        ["data.aws_iam_policy_document.d.json", "local.x"],
        [],
    ],
)
def test_a_policy_that_may_be_more_than_one_document_is_undecided(refers: list[str]) -> None:
    others = [policy_data(statement(actions=["s3:*"], resources=["*"]), address=name) for name in ("d", "e")]
    policy = one_policy(inline(refers=refers), *others, QUEUE)
    assert not policy.statements and policy.unseen


def test_an_answer_says_which_values_are_taken_from_references() -> None:
    data = policy_data(statement(actions=["s3:Get*"], resources=["*"]))
    found = {one.code: one.message for one in read(plan(role(), inline(refers=JSON), data)).problems}
    assert "`aws_iam_role_policy.p.policy`" in found["taken-from-references"]
    assert found["no-unknown-blocks"].startswith("1 new role is taken to have no inline policy")


def rebuilt(path: Path) -> list[tuple[Instance, Reader]]:
    top = decode_json(path.read_text(), str(path))
    document = read_document(top, Problems())
    configuration = Configuration(document)
    environments = Environments(document, configuration, NO_OPTIONS, terraform_types())
    reader = Reader(document, configuration, environments, Problems())
    every = (*document.instances, *document.earlier)
    return [(one, reader) for one in every if one.type == "aws_iam_policy_document" and one.values.get("json")]


@pytest.mark.parametrize("path", sorted(APPS.glob("*/*.json")), ids=str)
def test_a_document_put_together_again_is_what_terraform_wrote(path: Path) -> None:
    for one, reader in rebuilt(path):
        written = one.values.get("json")
        assert written is not None
        theirs = parse_policy(json.loads(written.as_str() or ""), PolicyType.RESOURCE_BASED).value
        ours = parse_policy(recover(reader, one), PolicyType.RESOURCE_BASED).value
        for own, other in zip(ours.statements, theirs.statements, strict=True):
            assert (own.effect, own.sid, own.actions.negated) == (other.effect, other.sid, other.actions.negated)
            assert {one.spelled for one in own.actions.patterns} == {one.spelled for one in other.actions.patterns}
            assert set(own.resources.patterns) == set(other.resources.patterns)
            assert own.principals == other.principals
            assert set(map(str, own.conditions)) == set(map(str, other.conditions))


# ── roles, users, groups ──

ROLE_ID = ["aws_iam_role.r.id", "aws_iam_role.r"]


def attached(refers: list[str], **more: Any) -> dict[str, Any]:
    unknown = ["id", "role"]
    return resource(
        "aws_iam_role_policy_attachment.a", {"policy_arn": READ_ONLY}, unknown, {"role": refers}, **more
    )


READ_ONLY = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


def test_an_attachment_finds_its_role_by_name_and_by_reference() -> None:
    by_name = resource("aws_iam_role_policy_attachment.n", {"policy_arn": READ_ONLY, "role": "r"}, ["id"])
    for one in (by_name, attached(ROLE_ID)):
        assert [policy.name for policy in who(read(plan(role(), one)), "aws_iam_role.r").policies] == [
            "AWSLambdaBasicExecutionRole"
        ]


def test_a_policy_finds_its_way_through_modules() -> None:
    policy = resource(
        'module.m["k"].aws_iam_policy.p', {"name": "p", "policy": document(allow("s3:*"))}, ["arn", "id"]
    )
    inside = resource(
        'module.m["k"].aws_iam_role_policy_attachment.a',
        {},
        ["role", "policy_arn"],
        {"role": ["var.role"], "policy_arn": ["aws_iam_policy.p.arn", "aws_iam_policy.p"]},
    )
    outside = resource(
        "aws_iam_role_policy_attachment.b",
        {"role": "other"},
        ["policy_arn"],
        {"policy_arn": ['module.m["k"].arn', 'module.m["k"]']},
    )
    call = {
        "expressions": {"role": {"references": ROLE_ID}},
        "module": {
            "outputs": {"arn": {"expression": {"references": ["aws_iam_policy.p.arn", "aws_iam_policy.p"]}}}
        },
    }
    document_ = plan(role(), role("aws_iam_role.o", "other"), policy, inside, outside, modules={"m": call})
    blocks = document_["configuration"]["root_module"]["module_calls"]["m"]["module"]
    blocks["resources"] = plan(policy, inside)["configuration"]["root_module"]["resources"] or [
        {**block, "address": block["address"]} for block in _blocks_of(policy, inside)
    ]
    application = read(document_)
    for id in ("aws_iam_role.r", "aws_iam_role.o"):
        assert [one.name for one in who(application, id).policies] == ["p"], id


def _blocks_of(*resources: dict[str, Any]) -> list[dict[str, Any]]:
    bare = [{**one, "module": "", "address": one["address"].rpartition("].")[2]} for one in resources]
    blocks: list[dict[str, Any]] = plan(*bare)["configuration"]["root_module"]["resources"]
    return blocks


@pytest.mark.parametrize("refers", [["aws_iam_role.r", "each.key"], ["each.value.id", "each.value"]])
def test_an_instance_is_linked_to_the_one_under_its_own_key(refers: list[str]) -> None:
    roles = [role(f'aws_iam_role.r["{key}"]', key) for key in ("a", "b")]
    policies = [
        resource(
            f'aws_iam_role_policy.p["{key}"]',
            {"name": f"for-{key}", "policy": document(allow("s3:*"))},
            ["role"],
            {"role": refers, "for_each": ["aws_iam_role.r"]},
        )
        for key in ("a", "b")
    ]
    application = read(plan(*roles, *policies))
    for key in ("a", "b"):
        assert [one.name for one in who(application, f'aws_iam_role.r["{key}"]').policies] == [f"for-{key}"]


@pytest.mark.parametrize(
    "refers",
    [
        ["aws_iam_role.r.id", "aws_iam_role.r", "aws_iam_role.s.id", "aws_iam_role.s"],
        ["local.role"],
        ["module.m", "each.key"],
        ["aws_iam_role.r.id", "aws_iam_role.r", "local.suffix"],
        [],
    ],
)
def test_what_may_belong_to_more_than_one_role_leaves_each_undecided(refers: list[str]) -> None:
    application = read(plan(role(), role("aws_iam_role.s", "s"), attached(refers)))
    for id in ("aws_iam_role.r", "aws_iam_role.s"):
        (unseen,) = unseen_of(who(application, id))
        assert "`aws_iam_role_policy_attachment.a` may attach a policy to it" in unseen.reason


@pytest.mark.parametrize(
    "chosen_by", [["each.value"], ["each.value", "each.key"], ["each.value.role", "each.key"]]
)
def test_an_instance_that_a_value_chooses_is_not_known(chosen_by: list[str]) -> None:
    roles = [role(f'aws_iam_role.r["{key}"]', key) for key in ("a", "b")]
    policy = resource(
        'aws_iam_role_policy.p["a"]',
        {"name": "p", "policy": document(allow("s3:*"))},
        ["role"],
        {"role": ["aws_iam_role.r", *chosen_by]},
    )
    application = read(plan(*roles, policy))
    assert all(unseen_of(one) for one in application.principals)


def test_a_list_that_the_plan_hides_may_hold_anybody() -> None:
    policy = resource("aws_iam_policy.p", {"name": "p", "policy": document(allow("s3:*"))}, ["arn", "id"])
    attachment = resource(
        "aws_iam_policy_attachment.a",
        {"name": "a"},
        ["policy_arn", "roles"],
        {"policy_arn": ["aws_iam_policy.p.arn", "aws_iam_policy.p"], "roles": ROLE_ID},
    )
    application = read(plan(role(), role("aws_iam_role.s", "s"), policy, attachment))
    assert all(unseen_of(one) for one in application.principals)
    own = role(unknown=["arn", "id", "inline_policy", "managed_policy_arns"])
    own["refers"] = {"managed_policy_arns": ["aws_iam_policy.p.arn", "aws_iam_policy.p"]}
    assert unseen_of(who(read(plan(own, policy)), "aws_iam_role.r"))


def test_a_role_of_one_provider_is_not_taken_for_its_namesake_of_another() -> None:
    other = {**role("aws_iam_role.o", "r"), "provider": "aws.other"}
    policy = resource("aws_iam_role_policy.p", {"name": "p", "role": "r", "policy": document(allow("s3:*"))})
    document_ = plan(role(), other, policy)
    document_["configuration"]["provider_config"]["aws.other"] = provider(profile={"constant_value": "other"})
    application = read(document_)
    assert [one.name for one in who(application, "aws_iam_role.r").policies] == ["p"]
    assert not who(application, "aws_iam_role.o").policies
    document_ = plan(other, policy)
    document_["configuration"]["provider_config"]["aws.other"] = provider(profile={"constant_value": "other"})
    assert unseen_of(who(read(document_), "aws_iam_role.o"))


def test_a_provider_for_another_region_is_still_in_the_account() -> None:
    policy = {**inline(document(allow("s3:*"))), "provider": "aws.west"}
    document_ = plan(role(), policy)
    document_["configuration"]["provider_config"]["aws.west"] = provider(region={"constant_value": "us-west-2"})
    (found,) = who(read(document_, NO_OPTIONS), "aws_iam_role.r").policies
    assert found.name == "p"


def test_exclusive_attachments_are_all_there_are() -> None:
    other = resource("aws_iam_role_policy_attachment.a", {"role": "r", "policy_arn": "arn:aws:iam::aws:policy/X"})
    only = resource("aws_iam_role_policy_attachments_exclusive.e", {"role_name": "r", "policy_arns": [READ_ONLY]})
    (policy,) = who(read(plan(role(), other, only)), "aws_iam_role.r").policies
    assert policy.name == "AWSLambdaBasicExecutionRole"


def test_a_plan_that_says_nothing_of_what_is_unknown_is_refused() -> None:
    document_ = plan(role())
    document_["resource_changes"] = []
    with pytest.raises(InputError, match=r"`resource_changes` says nothing of `aws_iam_role\.r`"):
        read(document_)


def test_a_role_outside_the_plan_is_said_to_be_so() -> None:
    policy = resource(
        "aws_iam_role_policy.p", {"name": "p", "role": "elsewhere", "policy": document(allow("s3:*"))}
    )
    found = who(read(plan(policy)), "elsewhere")
    assert [one.name for one in found.policies] == ["p", "policies outside the input"]


def test_inline_blocks_of_a_role_are_its_policies() -> None:
    blocks = [{"name": "a", "policy": document(allow("s3:*"))}, {"name": "", "policy": ""}]
    application = read(plan(role(values={"inline_policy": blocks, "managed_policy_arns": [READ_ONLY]})))
    names = [one.name for one in who(application, "aws_iam_role.r").policies]
    assert names == ["a", "AWSLambdaBasicExecutionRole"]


def test_a_block_whose_document_waits_is_undecided_or_recovered() -> None:
    data = policy_data(statement(actions=["s3:Get*"], resources=["*"]))
    blocks = [{"name": "a"}, {"name": "b"}]
    expressions = [
        {"name": {"constant_value": "a"}, "policy": {"references": JSON}},
        {"name": {"constant_value": "b"}, "policy": {"references": ["local.x"]}},
    ]
    one = role(
        values={"inline_policy": blocks, "managed_policy_arns": []},
        unknown={"arn": True, "inline_policy": [{"policy": True}, {"policy": True}]},
        refers={"inline_policy": expressions},
    )
    first, second = who(read(plan(one, data)), "aws_iam_role.r").policies
    assert says(first) == [("Allow", ["s3:Get*"], ["*"])]
    assert second.unseen and not second.statements


def test_policies_of_an_existing_role_that_are_not_known_are_undecided() -> None:
    there = role(values={"arn": "arn:aws:iam::111122223333:role/r", "managed_policy_arns": []}, actions=["update"])
    assert unseen_of(who(read(plan(there)), "aws_iam_role.r"))


def test_a_plan_without_its_configuration_is_read_with_what_is_unknown_left_open() -> None:
    document_ = plan(role(), attached(ROLE_ID))
    del document_["configuration"]
    assert unseen_of(who(read(document_), "aws_iam_role.r"))


def test_a_changed_role_has_what_the_plan_leaves_it() -> None:
    application = load(APPS / "changes" / "plan.json")
    policies = {one.name: one for one in who(application, "aws_iam_role.worker").policies}
    assert sorted(policies) == ["AWSLambdaBasicExecutionRole", "jobs", "reports"]
    assert says(policies["reports"]) == [("Allow", ["s3:GetObject"], ["arn:aws:s3:::reports-example/*"])]
    assert application.changes["delete"] == ("aws_iam_role_policy.everything[0]",)


def test_a_user_has_the_policies_of_its_groups() -> None:
    group = resource("aws_iam_group.g", {"name": "g", "path": "/"}, ["arn", "id"])
    user = resource("aws_iam_user.u", {"name": "u", "path": "/"}, ["arn", "id"])
    policy = resource("aws_iam_group_policy.p", {"name": "p", "group": "g", "policy": document(allow("s3:*"))})
    by_user = resource("aws_iam_user_group_membership.m", {"user": "u", "groups": ["g"]})
    by_group = resource("aws_iam_group_membership.m", {"name": "m", "group": "g", "users": ["u"]})
    for membership in (by_user, by_group):
        found = who(read(plan(group, user, policy, membership)), "aws_iam_user.u")
        assert found.type is PrincipalType.USER and [one.name for one in found.policies] == ["p"]


def test_a_user_in_a_group_that_is_not_in_the_plan_is_undecided() -> None:
    user = resource("aws_iam_user.u", {"name": "u", "path": "/"}, ["arn", "id"])
    member = resource("aws_iam_user_group_membership.m", {"user": "u", "groups": ["admins"]})
    assert unseen_of(who(read(plan(user, member)), "aws_iam_user.u"))


def test_a_managed_policy_that_the_plan_has_read_is_known() -> None:
    arn = "arn:aws:iam::aws:policy/job-function/Billing"
    values = {"name": "Billing", "path": "/job-function/", "arn": arn, "policy": document(allow("aws-portal:*"))}
    read_before = resource("data.aws_iam_policy.b", values, actions=["read"])
    prior = plan(read_before)["planned_values"]
    attachment = resource("aws_iam_role_policy_attachment.a", {"role": "r", "policy_arn": arn})
    application = read(plan(role(), attachment, prior_state={"format_version": "1.0", "values": prior}))
    (policy,) = who(application, "aws_iam_role.r").policies
    assert says(policy) == [("Allow", ["aws-portal:*"], ["*"])] and not policy.unseen
    assert application.environment.account == "111122223333"


def test_a_boundary_is_found_by_reference() -> None:
    boundary = resource("aws_iam_policy.b", {"name": "b", "policy": document(allow("s3:*"))}, ["arn", "id"])
    refers = {"permissions_boundary": ["aws_iam_policy.b.arn", "aws_iam_policy.b"]}
    one = role(unknown=["arn", "id", "permissions_boundary"], refers=refers)
    found = who(read(plan(one, boundary)), "aws_iam_role.r").boundary
    assert found is not None and says(found) == [("Allow", ["s3:*"], ["*"])]


# ── identity pools ──

POOL = resource("aws_cognito_identity_pool.p", {"allow_unauthenticated_identities": True}, ["id", "arn"])
BOTH = ["aws_iam_role.a.arn", "aws_iam_role.a", "aws_iam_role.g.arn", "aws_iam_role.g"]


def visitor(id: str, kind: str) -> dict[str, Any]:
    return role(f"aws_iam_role.{id}", id, values={"assume_role_policy": visitors_trust(kind)})


def roles_attachment(refers: list[str]) -> dict[str, Any]:
    pool = {"identity_pool_id": ["aws_cognito_identity_pool.p.id", "aws_cognito_identity_pool.p"]}
    return resource(
        "aws_cognito_identity_pool_roles_attachment.x",
        {},
        ["identity_pool_id", "roles"],
        {**pool, "roles": refers},
    )


def test_trust_policies_tell_whose_role_is_whose_where_the_plan_hides_it() -> None:
    for order in (BOTH, BOTH[2:] + BOTH[:2]):
        ones = [visitor("a", "authenticated"), visitor("g", "unauthenticated")]
        (pool,) = read(plan(POOL, *ones, roles_attachment(order))).pools
        assert (pool.authenticated, pool.unauthenticated) == ("aws_iam_role.a", "aws_iam_role.g")


def test_one_role_of_an_attachment_that_is_hidden_may_not_be_all() -> None:
    only = visitor("a", "authenticated")
    attachment = roles_attachment(BOTH[:2])
    application = read(plan(POOL, only, attachment))
    assert application.pools[0].authenticated == "aws_iam_role.a"
    assert "role-attachment" in codes(application)
    closed = resource("aws_cognito_identity_pool.p", {"allow_unauthenticated_identities": False}, ["id", "arn"])
    assert "role-attachment" not in codes(read(plan(closed, only, attachment)))


@pytest.mark.parametrize(("first", "second"), [("authenticated", "authenticated"), ("authenticated", "*")])
def test_where_trust_policies_do_not_tell_the_gate_is_undecided(first: str, second: str) -> None:
    application = read(plan(POOL, visitor("a", first), visitor("g", second), roles_attachment(BOTH)))
    assert "role-attachment" in codes(application)
    assert any(one.rule == "reading" for one in check(application, load_catalog(), load_rules()).doubts)


def test_a_rule_of_a_role_mapping_chooses_a_role() -> None:
    def attachment(refers: list[str]) -> dict[str, Any]:
        rule = {"claim": "c", "match_type": "Equals", "value": "v"}
        expressions = [
            {
                "type": {"constant_value": "Rules"},
                "mapping_rule": [
                    {
                        **{key: {"constant_value": one} for key, one in rule.items()},
                        "role_arn": {"references": refers},
                    }
                ],
            }
        ]
        return resource(
            "aws_cognito_identity_pool_roles_attachment.x",
            {"role_mapping": [{"type": "Rules", "mapping_rule": [rule]}], "identity_pool_id": "pool", "roles": {}},
            {"role_mapping": [{"mapping_rule": [{"role_arn": True}]}]},
            {"role_mapping": expressions},
        )

    admin = visitor("admin", "authenticated")
    application = read(plan(admin, attachment(["aws_iam_role.admin.arn", "aws_iam_role.admin"])))
    assert application.pools[0].mapped == ("aws_iam_role.admin",)
    assert "role-mapping" in codes(read(plan(admin, attachment(["local.admin"]))))


# ── resources and their policies ──


def test_a_policy_of_its_own_wins_over_what_was_found_on_the_resource() -> None:
    old, new = document(allow("sqs:*", Principal="*")), document(allow("sqs:SendMessage", Principal="*"))
    queue = resource("aws_sqs_queue.q", {"name": "q", "url": "https://q", "policy": old}, actions=["no-op"])
    separate = resource("aws_sqs_queue_policy.p", {"queue_url": "https://q", "policy": new}, actions=["update"])
    document_ = plan(queue, separate)
    del document_["configuration"]["root_module"]["resources"][0]["expressions"]["policy"]
    policy = thing(read(document_), "aws_sqs_queue.q").policy
    assert policy is not None and says(policy)[0][1] == ["sqs:SendMessage"]


def test_the_policy_of_a_resource_that_is_not_known_may_be_anyones() -> None:
    policy = resource(
        "aws_sqs_queue_policy.p",
        {"policy": document(allow("sqs:*", Principal="*"))},
        ["queue_url"],
        {"queue_url": ["local.url"]},
    )
    found = thing(read(plan(QUEUE, policy)), "aws_sqs_queue.q").policy
    assert found is not None and found.unseen


def test_blocks_are_told_apart_by_their_constants_in_any_order() -> None:
    functions = [
        resource(f"aws_lambda_function.{name}", {"function_name": name, "role": "arn:aws:iam::1:role/x"}, ["arn"])
        for name in ("f", "g")
    ]
    events = {"f": ["s3:ObjectRemoved:*", "s3:ObjectCreated:*"], "g": ["s3:ObjectTagging:*"]}
    blocks = [
        {
            "events": {"constant_value": events[name]},
            "lambda_function_arn": {
                "references": [f"aws_lambda_function.{name}.arn", f"aws_lambda_function.{name}"]
            },
        }
        for name in ("f", "g")
    ]
    notification = resource(
        "aws_s3_bucket_notification.n",
        {"bucket": "b", "lambda_function": [{"events": events["g"]}, {"events": sorted(events["f"])}]},
        {"lambda_function": [{"lambda_function_arn": True}] * 2},
        {"lambda_function": blocks},
    )
    bucket = resource("aws_s3_bucket.b", {"bucket": "b", "id": "b"}, ["arn"])
    ways = [one.target for one in read(plan(bucket, notification, *functions)).entry_points]
    assert ways == ["aws_lambda_function.g", "aws_lambda_function.f"]


def test_the_policy_of_a_stream_is_not_its_tables() -> None:
    table = resource("aws_dynamodb_table.t", {"name": "t", "hash_key": "k"}, ["arn", "stream_arn"])
    policy = document(allow("dynamodb:*", Principal="*"))
    of_stream = resource(
        "aws_dynamodb_resource_policy.p",
        {"policy": policy},
        ["resource_arn"],
        {"resource_arn": ["aws_dynamodb_table.t.stream_arn", "aws_dynamodb_table.t"]},
    )
    application = read(plan(table, of_stream))
    assert thing(application, "aws_dynamodb_table.t").policy is None and "stream-policy" in codes(application)


def test_a_new_key_without_a_policy_trusts_its_account() -> None:
    key = resource("aws_kms_key.k", {}, ["arn", "key_id", "id", "policy"])
    policy = thing(read(plan(key)), "aws_kms_key.k").policy
    assert policy is not None and policy.statements[0].sid == "Enable IAM User Permissions"


def test_two_policies_of_one_key_leave_it_undecided() -> None:
    key = resource("aws_kms_key.k", {"key_id": "k1", "id": "k1"}, ["arn"])
    policies = [
        resource(f"aws_kms_key_policy.{name}", {"key_id": "k1", "policy": document(allow("kms:*", Principal="*"))})
        for name in ("a", "b")
    ]
    application = read(plan(key, *policies))
    policy = thing(application, "aws_kms_key.k").policy
    assert policy is not None and policy.unseen and "resource-policy-collision" in codes(application)


def test_types_that_are_not_understood_are_counted() -> None:
    application = read(plan(QUEUE, resource("aws_vpc.a"), resource("aws_vpc.b"), resource("random_pet.c")))
    assert application.counted == {"aws_vpc": 2, "random_pet": 1}


# ── a plan, and the state after it ──


SAME = APPS.parent / "same"


@pytest.mark.parametrize(
    ("first", "later"),
    [
        (APPS / "services" / "plan.json", APPS / "services" / "state.json"),
        (SAME / "first-plan.json", SAME / "plan.json"),
    ],
    ids=["services", "same"],
)
def test_what_is_allowed_after_a_plan_the_plan_never_denied(first: Path, later: Path) -> None:
    before, after = load(first), load(later)
    catalog = load_catalog()
    compared = 0
    for principal in after.principals:
        planned = who(before, principal.id)
        may = {
            (grant.resource, str(action))
            for grant in grants_of(before, planned, catalog)
            for reach in grant.reaches
            for action in reach.actions
        }
        for grant in grants_of(after, principal, catalog):
            for action in grant.actions():
                known = (grant.resource, str(action)) in may
                assert known or unseen_of(planned), (principal.id, str(action), grant.resource)
                compared += known
    assert compared > 5


def test_a_plan_knows_the_roles_the_ways_in_and_the_types_of_the_state_after_it() -> None:
    before, after = load(APPS / "services" / "plan.json"), load(APPS / "services" / "state.json")
    assert [(one.id, one.type) for one in before.principals] == [(one.id, one.type) for one in after.principals]
    assert [(one.id, one.type) for one in before.resources] == [(one.id, one.type) for one in after.resources]
    keys = [(one.id, one.target, one.authorizer, one.source) for one in before.entry_points]
    assert keys == [(one.id, one.target, one.authorizer, one.source) for one in after.entry_points]
    assert dict(before.counted) == dict(after.counted)


def test_routes_are_known_with_their_authorizers_and_functions() -> None:
    application = load(APPS / "services" / "plan.json")
    route = application.entry_point("GET /notes/{id}")
    assert route is not None and route.authorizer is Authorizer.IAM
    assert str(route.arn).endswith(":${aws_api_gateway_rest_api.rest}/prod/GET/notes/*")


def test_a_short_api_is_one_route() -> None:
    refers = {"target": ["aws_lambda_function.f.arn", "aws_lambda_function.f"]}
    api = resource("aws_apigatewayv2_api.a", {"name": "a", "protocol_type": "HTTP"}, ["id", "target"], refers)
    function = resource("aws_lambda_function.f", {"function_name": "f", "role": "arn:aws:iam::1:role/x"}, ["arn"])
    (route,) = read(plan(api, function)).entry_points
    assert (route.id, route.target, route.authorizer) == ("$default", "aws_lambda_function.f", Authorizer.NONE)


# ── from the command line ──


Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["grantgraph", *words])
        with pytest.raises(SystemExit) as stopped:
            main()
        shown = capsys.readouterr()
        return int(stopped.value.code or 0), shown.out + shown.err

    return run


def test_check_says_what_the_plan_does_and_is_about(run: Run) -> None:
    code, shown = run("check", str(APPS / "changes" / "plan.json"), "--format", "text")
    assert code == 0
    assert "judged as planned, with 2 changed, 1 destroyed, 2 replaced" in shown
    assert "1 value that is known only after apply is read as what the configuration refers to" in shown
    code, shown = run("check", str(APPS / "changes" / "plan.json"), "--format", "json")
    assert json.loads(shown)["changes"]["delete"] == ["aws_iam_role_policy.everything[0]"]


def test_the_known_plan_is_judged(run: Run) -> None:
    path = str(APPS / "notes-known" / "plan.json")
    code, shown = run("check", path, "--account", "123456789012")
    assert code == 1
    assert "GG101 high: guests can write to `aws_s3_bucket.uploads`: s3:PutObject" in shown
    assert "GG102 high: signed-in users can administer `aws_dynamodb_table.notes`" in shown
    code, shown = run("explain", "role", "authenticated", path, "--account", "123456789012")
    assert code == 0 and "aws_dynamodb_table.notes" in shown
    role_name = 'aws_iam_role.user["unauthenticated"]'
    code, shown = run("can", role_name, "s3:PutObject", "aws_s3_bucket.uploads/public/a", path)
    assert code == 0, shown
    code, shown = run("graph", path)
    assert code == 0 and "principal aws_iam_role.user" in shown


def test_the_first_plan_of_an_application_is_undecided_and_never_clean(run: Run) -> None:
    code, shown = run("check", str(APPS / "services" / "plan.json"))
    assert code == 1
    assert "the policy of `aws_sqs_queue.jobs`" in shown and "known only after the plan is applied" in shown


# ── input made to hurt ──


def test_modules_that_hand_a_value_around_in_a_circle_end() -> None:
    call = {"expressions": {"x": {"references": ["module.m.x"]}}, "module": {"outputs": {}}}
    call["module"] = {"outputs": {"x": {"expression": {"references": ["var.x"]}}}}
    inside = resource("module.m.aws_sqs_queue.q", {"name": "q"})
    application = read(plan(role(), inside, attached(["module.m.x"]), modules={"m": call}))
    assert unseen_of(who(application, "aws_iam_role.r"))


def test_references_that_multiply_end_soon() -> None:
    outputs = {f"o{at}": {"expression": {"references": [f"var.v{at}"] * 8}} for at in range(30)}
    call = {
        "expressions": {f"v{at}": {"references": [f"module.m.o{at + 1}"] * 8} for at in range(30)},
        "module": {"outputs": outputs},
    }
    start = time.process_time()
    application = read(
        plan(role(), resource("module.m.aws_sqs_queue.q"), attached(["module.m.o0"]), modules={"m": call})
    )
    assert unseen_of(who(application, "aws_iam_role.r"))
    assert time.process_time() - start < 5


def test_modules_nested_deeper_than_any_are_refused_or_read() -> None:
    module: dict[str, Any] = {"resources": []}
    for at in range(90):
        module = {"address": f"module.m{at}", "child_modules": [module]}
    assert not read({"format_version": "1.2", "planned_values": {"root_module": module}}).resources
    for at in range(200):
        module = {"address": f"module.m{at}", "child_modules": [module]}
    with pytest.raises(InputError, match="nested deeper"):
        read({"format_version": "1.2", "planned_values": {"root_module": module}})


@pytest.mark.parametrize(
    "key", ['a"].b', "a/b:c", "\u202eevil", "x\ny", "${aws:username}", "{{resolve:ssm:x}}", ""]
)
def test_a_key_of_any_text_is_only_a_name(key: str) -> None:
    address = f"aws_sqs_queue.q[{json.dumps(key)}]"
    application = read(plan(resource(address, {"name": "q"}, ["arn"]) if "\n" not in key else QUEUE))
    assert not errors(application) and len(application.resources) == 1


def test_a_name_with_a_wildcard_is_no_pattern() -> None:
    queue = resource("aws_sqs_queue.q", {"name": "a*"}, ["arn"])
    assert name_of(thing(read(plan(queue)), "aws_sqs_queue.q").arn) == "a*"


def test_an_address_without_end_is_refused() -> None:
    with pytest.raises(InputError, match="more than 2,000 characters"):
        read(plan(resource("aws_sqs_queue." + "q" * 3_000)))


def large(roles: int, rest: int) -> dict[str, Any]:
    """A plan of some roles, each with a policy that its key ties to it, a queue each, and what nobody reads."""
    ones: list[dict[str, Any]] = []
    refers = {"role": ["aws_iam_role.r", "count.index"]}
    for at in range(roles):
        values = {"name": "p", "policy": document(allow("s3:*"))}
        ones.append(role(f"aws_iam_role.r[{at}]", f"r{at}"))
        ones.append(resource(f"aws_iam_role_policy.p[{at}]", values, ["role"], refers))
        ones.append(resource(f"aws_sqs_queue.q[{at}]", {"name": f"q{at}"}, ["arn", "id", "url", "policy"]))
        hidden = {"policy": document(allow("sqs:*", Principal="*"))}
        ones.append(resource(f"aws_sqs_queue_policy.p[{at}]", hidden, ["queue_url"], {"queue_url": ["local.q"]}))
    ones += [resource(f"aws_vpc.v[{at}]", {"cidr": "10.0.0.0/16"}) for at in range(rest)]
    return plan(*ones)


def test_ten_thousand_resources_are_read_within_seconds() -> None:
    source = large(500, 8_000)
    start = time.process_time()
    application = read(source)
    assert time.process_time() - start < 20
    assert len(application.principals) == 500 and application.counted == {"aws_vpc": 8_000}
    assert all(len(one.policies) == 1 for one in application.principals)


def test_reading_takes_time_as_the_plan_grows() -> None:
    def seconds(size: int) -> float:
        source = large(size, 0)
        start = time.process_time()
        read(source)
        return time.process_time() - start

    assert seconds(400) < max(seconds(50), 0.05) * 8 * 4


def test_what_a_plan_forgets_stays_and_leaves_the_gate_undecided() -> None:
    gone = resource("aws_iam_role_policy.p", {"name": "p", "role": "r"}, actions=["forget"])
    document_ = plan(role(), gone, prior_state={"values": plan(gone)["planned_values"]})
    document_["planned_values"]["root_module"]["resources"].pop()
    application = read(document_)
    assert application.changes["forget"] == ("aws_iam_role_policy.p",) and "incomplete-plan" in codes(application)


def test_more_resources_than_the_bound_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grantgraph.sources._terraform.document.MAX_RESOURCES", 3)
    with pytest.raises(InputError, match="more than 3 resources"):
        read(plan(*(resource(f"aws_vpc.v{at}") for at in range(4))))


def test_every_type_that_the_model_holds_is_read_from_terraform() -> None:
    from grantgraph.resources import resource_types

    spelled = {one.terraform for one in resource_types().values() if one.terraform}
    assert spelled <= set(terraform_types())
    assert TRUST


# ── whatever a plan hides ──

ASKED = [
    ('aws_iam_role.visitor["unauthenticated"]', "s3:PutObject", "aws_s3_bucket.uploads/inbox/a"),
    ('aws_iam_role.visitor["unauthenticated"]', "s3:PutObject", "aws_s3_bucket.uploads/public/a"),
    ('aws_iam_role.visitor["unauthenticated"]', "dynamodb:PutItem", "aws_dynamodb_table.notes"),
    ('aws_iam_role.visitor["authenticated"]', "s3:PutObject", "aws_s3_bucket.uploads/inbox/a"),
    ('aws_iam_role.visitor["authenticated"]', "s3:ListAllMyBuckets", "*"),
    ("module.list_notes.aws_iam_role.fn", "dynamodb:Query", "aws_dynamodb_table.notes/index/byTag"),
    ("module.list_notes.aws_iam_role.fn", "dynamodb:Query", "aws_dynamodb_table.notes"),
    ("module.put_note.aws_iam_role.fn", "sqs:SendMessage", "aws_sqs_queue.jobs"),
    ("module.put_note.aws_iam_role.fn", "sqs:ReceiveMessage", "aws_sqs_queue.jobs"),
]
HIDDEN = (
    "arn",
    "id",
    "name",
    "role",
    "policy",
    "policy_arn",
    "roles",
    "api_id",
    "target",
    "integration_uri",
    "url",
)


def hide(document_: dict[str, Any], choose: random.Random) -> list[str]:
    """Take values out of a plan as Terraform does where AWS decides them; what was taken."""
    hidden = []
    changes = {one["address"]: one["change"] for one in document_["resource_changes"]}
    waiting = [document_["planned_values"]["root_module"]]
    while waiting:
        module = waiting.pop()
        waiting += module.get("child_modules", [])
        for one in module.get("resources", []):
            for name in HIDDEN:
                if one["values"].get(name) is not None and choose.random() < 0.3:
                    del one["values"][name]
                    changes[one["address"]]["after_unknown"][name] = True
                    hidden.append(f"{one['address']}.{name}")
            if choose.random() < 0.5:
                changes[one["address"]]["actions"] = ["delete", "create"]
    return hidden


@pytest.mark.parametrize("seed", range(25))
def test_hiding_a_value_never_turns_an_answer_around(seed: int) -> None:
    source = (SAME / "plan.json").read_text()
    known = load(SAME / "plan.json")
    document_ = json.loads(source)
    hidden = hide(document_, random.Random(seed))
    partly = read(document_, NO_OPTIONS)
    for one, action, there in ASKED:
        sure = ask(known, one, action, there, [], load_catalog()).verdict.decision
        perhaps = ask(partly, one, action, there, [], load_catalog()).verdict.decision
        assert perhaps is Decision.UNKNOWN or (perhaps is Decision.ALLOWED) == (sure is Decision.ALLOWED), (
            one,
            action,
            there,
            hidden,
        )
    if not check(partly, load_catalog(), load_rules()).doubts:
        findings = {(one.rule, one.principal) for one in check(partly, load_catalog(), load_rules()).findings}
        assert findings == {
            (one.rule, one.principal) for one in check(known, load_catalog(), load_rules()).findings
        }
