"""Policies from needs: what each access word and each scope asks for, and what IAM cannot enforce."""

from __future__ import annotations

from typing import Any

import pytest

from grantgraph.catalog import AccessLevel
from grantgraph.problems import InputError
from grantgraph.prove import Proved
from grantgraph.resources import resource_types
from tests.apps import CATALOG, RESOURCES, of, one_statement, statements, synthesized, with_resources
from tests.needs import ACCOUNT

SUB = "${cognito-identity.amazonaws.com:sub}"
TEAM = "${aws:PrincipalTag/team}"
ARN = f"arn:aws:{{}}:us-east-1:{ACCOUNT}:{{}}"


def need(access: Any, to: str, who: str = "worker", **scopes: Any) -> dict[str, Any]:
    return {"who": who, "access": access, "to": to, **scopes}


# ── access words ──

WORDS = {
    ("Notes", "read"): ("dynamodb", ["BatchGetItem", "GetItem", "Query"], "table/notes"),
    ("Notes", "get"): ("dynamodb", ["BatchGetItem", "GetItem"], "table/notes"),
    ("Notes", "query"): ("dynamodb", ["Query"], "table/notes"),
    ("Notes", "write"): ("dynamodb", ["BatchWriteItem", "DeleteItem", "PutItem", "UpdateItem"], "table/notes"),
    ("Notes", "put"): ("dynamodb", ["PutItem"], "table/notes"),
    ("Notes", "update"): ("dynamodb", ["UpdateItem"], "table/notes"),
    ("Notes", "delete"): ("dynamodb", ["DeleteItem"], "table/notes"),
    ("Notes", "check"): ("dynamodb", ["ConditionCheckItem"], "table/notes"),
    ("Notes", "scan"): ("dynamodb", ["Scan"], "table/notes"),
    ("Notes", "partiql"): (
        "dynamodb",
        ["PartiQLDelete", "PartiQLInsert", "PartiQLSelect", "PartiQLUpdate"],
        "table/notes",
    ),
    ("Notes", "stream"): (
        "dynamodb",
        ["DescribeStream", "GetRecords", "GetShardIterator"],
        "table/notes/stream/*",
    ),
    ("Jobs", "send"): ("sqs", ["SendMessage"], "jobs"),
    ("Jobs", "receive"): (
        "sqs",
        ["ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "ReceiveMessage"],
        "jobs",
    ),
    ("Events", "publish"): ("sns", ["Publish"], "events"),
    ("Events", "subscribe"): ("sns", ["Subscribe"], "events"),
    ("Bus", "put"): ("events", ["PutEvents"], "event-bus/bus"),
    ("Clicks", "write"): ("kinesis", ["PutRecord", "PutRecords"], "stream/clicks"),
    ("Clicks", "read"): (
        "kinesis",
        ["DescribeStreamSummary", "GetRecords", "GetShardIterator", "ListShards"],
        "stream/clicks",
    ),
    ("Graph", "query"): ("appsync", ["GraphQL"], "apis/graph/types/Query/fields/*"),
    ("Graph", "mutate"): ("appsync", ["GraphQL"], "apis/graph/types/Mutation/fields/*"),
    ("Graph", "subscribe"): ("appsync", ["GraphQL"], "apis/graph/types/Subscription/fields/*"),
    ("Secret", "read"): ("secretsmanager", ["GetSecretValue"], "secret:secret-??????"),
    ("Secret", "write"): ("secretsmanager", ["PutSecretValue"], "secret:secret-??????"),
    ("Config", "read"): ("ssm", ["GetParameter", "GetParameters"], "parameter/config"),
    ("Config", "write"): ("ssm", ["PutParameter"], "parameter/config"),
    ("Key", "encrypt"): ("kms", ["Encrypt", "GenerateDataKey"], "key/key"),
    ("Key", "decrypt"): ("kms", ["Decrypt"], "key/key"),
    ("Flow", "start"): ("states", ["StartExecution"], "stateMachine:flow"),
    ("Flow", "describe"): ("states", ["DescribeExecution", "GetExecutionHistory"], "execution:flow:*"),
    ("Socket", "invoke"): ("execute-api", ["Invoke"], "socket/live/*"),
    ("Socket", "answer"): ("execute-api", ["ManageConnections"], "socket/live/POST/@connections/*"),
    ("Socket", "manage-connections"): ("execute-api", ["ManageConnections"], "socket/live/*/@connections/*"),
    ("worker", "invoke"): ("lambda", ["InvokeFunction"], "function:worker"),
    ("worker", "call"): ("lambda", ["InvokeFunction", "InvokeFunctionUrl"], "function:worker"),
}


@pytest.mark.parametrize(("to", "word"), WORDS)
def test_an_access_word_asks_for_its_actions_on_its_resource(to: str, word: str) -> None:
    service, names, resource = WORDS[to, word]
    statement = one_statement(synthesized(need(word, to)))
    actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
    assert actions == [f"{service}:{name}" for name in names]
    assert statement["Resource"] == ARN.format(service, resource)
    assert "Condition" not in statement


BUCKET = {
    "get": {"s3:GetObject": "/*"},
    "list": {"s3:ListBucket": ""},
    "put": {"s3:PutObject": "/*"},
    "delete": {"s3:DeleteObject": "/*"},
    "read": {"s3:GetObject": "/*", "s3:ListBucket": ""},
    "write": {"s3:AbortMultipartUpload": "/*", "s3:ListMultipartUploadParts": "/*", "s3:PutObject": "/*"},
    "multipart": {
        "s3:AbortMultipartUpload": "/*",
        "s3:ListBucketMultipartUploads": "",
        "s3:ListMultipartUploadParts": "/*",
        "s3:PutObject": "/*",
    },
    "read-versions": {"s3:GetObjectVersion": "/*", "s3:ListBucketVersions": ""},
    "delete-versions": {"s3:DeleteObjectVersion": "/*"},
    "read-tags": {"s3:GetObjectTagging": "/*"},
    "write-tags": {"s3:DeleteObjectTagging": "/*", "s3:PutObjectTagging": "/*"},
}


@pytest.mark.parametrize("word", BUCKET)
def test_an_access_word_tells_a_bucket_from_its_objects(word: str) -> None:
    found = {}
    for statement in statements(synthesized(need(word, "Uploads"))):
        for action in statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]:
            found[action] = statement["Resource"].removeprefix("arn:aws:s3:::uploads")
    assert found == BUCKET[word]


READING = {"describe", "get", "list", "query", "read", "read-tags", "read-versions", "scan", "stream"}
MISLEADING = {
    "sqs:ChangeMessageVisibility",  # whoever receives a message hides it, and takes it away when done
    "sqs:DeleteMessage",
    "appsync:GraphQL",  # AWS has one action for queries and mutations: "Write"
}
"""What belongs to reading although AWS says that it writes."""


@pytest.mark.parametrize("name", sorted(resource_types()))
def test_reading_words_read_and_no_word_administers(name: str) -> None:
    for word, parts in resource_types()[name].access.items():
        for spelled in {action for on in parts for action in on.actions}:
            action = CATALOG.action(spelled)
            assert action is not None and action.access_level is not AccessLevel.PERMISSIONS_MANAGEMENT
            if word in READING and spelled not in MISLEADING:
                assert action.access_level in (AccessLevel.READ, AccessLevel.LIST), (word, spelled)
            if action.access_level is AccessLevel.TAGGING:
                assert word == "write-tags"


def test_an_exact_action_lands_on_what_it_is_authorized_on() -> None:
    found = synthesized(
        need(["dynamodb:DescribeTable", "dynamodb:GetRecords"], "Notes"),
        need("s3:GetObjectTagging", "Uploads"),
        need("states:StopExecution", "Flow"),
        need("lambda:getfunction", "worker"),
    )
    resources = {one["Action"]: one["Resource"] for one in statements(found)}
    assert resources == {
        "dynamodb:DescribeTable": ARN.format("dynamodb", "table/notes"),
        "dynamodb:GetRecords": ARN.format("dynamodb", "table/notes/stream/*"),
        "lambda:GetFunction": ARN.format("lambda", "function:worker"),
        "s3:GetObjectTagging": "arn:aws:s3:::uploads/*",
        "states:StopExecution": ARN.format("states", "execution:flow:*"),
    }


# ── rows ──


def rows_of(found: dict[str, Any]) -> tuple[str, Any]:
    """The operator and the values of a rule on leading keys, which has to be guarded."""
    assert found["Condition"].pop("Null")["dynamodb:LeadingKeys"] == "false"
    ((operator, keys),) = found["Condition"].items()
    return operator, keys["dynamodb:LeadingKeys"]


@pytest.mark.parametrize(
    ("who", "rows", "operator", "values"),
    [
        ("authenticated", "own", "StringEquals", SUB),
        ("authenticated", "{identity}", "StringEquals", SUB),
        ("authenticated", "{identity}#*", "StringLike", f"{SUB}#*"),
        ("authenticated", "{tag:team}", "StringEquals", TEAM),
        ("authenticated", "{tag:team}#{identity}", "StringEquals", f"{TEAM}#{SUB}"),
        ("authenticated", ["own", "shared"], "StringEquals", [SUB, "shared"]),
        ("worker", "tenant-a", "StringEquals", "tenant-a"),
        ("worker", ["tenant-a", "tenant-b#*"], "StringLike", ["tenant-a", "tenant-b#*"]),
    ],
)
def test_rows_are_held_by_the_leading_key_and_its_guard(who: str, rows: Any, operator: str, values: Any) -> None:
    statement = one_statement(synthesized(need("read", "Notes", who, rows=rows)), who)
    assert rows_of(statement) == (f"ForAllValues:{operator}", values)
    assert "dynamodb:Scan" not in statement["Action"]


def test_rows_through_an_index_are_held_by_the_key_of_the_index() -> None:
    found = synthesized(need("query", "Notes", "authenticated", rows="own", index="byUser"))
    statement = one_statement(found, "authenticated")
    assert statement["Resource"] == ARN.format("dynamodb", "table/notes/index/byUser")
    assert rows_of(statement) == ("ForAllValues:StringEquals", SUB)


def test_an_index_is_read_through_its_own_arn() -> None:
    statement = one_statement(synthesized(need("read", "Notes", index=["byTag", "byUser"])))
    assert statement["Action"] == "dynamodb:Query"
    assert [one.rpartition("/")[2] for one in statement["Resource"]] == ["byTag", "byUser"]


# ── attributes ──


def test_attributes_are_held_with_select_when_reading_and_return_values_when_writing() -> None:
    reading, writing = statements(
        synthesized(need(["read", "write"], "Notes", attributes=["userId", "noteId", "title"]))
    )
    named = {"dynamodb:Attributes": ["noteId", "title", "userId"]}
    assert reading["Condition"] == {
        "ForAllValues:StringEquals": named,
        "StringEqualsIfExists": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"},
    }
    assert writing["Condition"] == {
        "ForAllValues:StringEquals": named,
        "StringEqualsIfExists": {"dynamodb:ReturnValues": ["NONE", "UPDATED_NEW", "UPDATED_OLD"]},
    }
    assert writing["Action"] == "dynamodb:UpdateItem"


def test_checking_a_condition_hands_back_no_attribute_that_it_did_not_name() -> None:
    statement = one_statement(synthesized(need("check", "Notes", attributes=["userId", "noteId"])))
    assert statement["Condition"]["StringEqualsIfExists"] == {
        "dynamodb:ReturnValues": ["NONE", "UPDATED_NEW", "UPDATED_OLD"]
    }


def test_writing_within_attributes_leaves_out_whole_items_and_says_so() -> None:
    notes = synthesized(need("write", "Notes", attributes=["userId", "noteId"])).notes
    assert [note.code for note in notes] == ["whole-items"]
    assert "dynamodb:PutItem" in notes[0].message


# ── keys of a bucket ──


def test_keys_limit_objects_and_the_listing() -> None:
    found = synthesized(need("read", "Uploads", "authenticated", keys="private/{identity}/*"))
    listing, objects = statements(found, "authenticated")
    assert objects["Resource"] == f"arn:aws:s3:::uploads/private/{SUB}/*"
    assert "Condition" not in objects
    assert listing["Resource"] == "arn:aws:s3:::uploads"
    assert listing["Condition"] == {"StringLike": {"s3:prefix": f"private/{SUB}/*"}}


def test_several_keys_are_one_statement() -> None:
    found = synthesized(need("get", "Uploads", "authenticated", keys=["public/*", "{tag:team}/*"]))
    statement = one_statement(found, "authenticated")
    assert statement["Resource"] == [f"arn:aws:s3:::uploads/{TEAM}/*", "arn:aws:s3:::uploads/public/*"]


def test_a_listing_can_be_cut_at_a_delimiter() -> None:
    found = synthesized(need("read", "Uploads", keys="a/*", delimiter="/"))
    listing, objects = statements(found)
    assert listing["Condition"] == {"StringLike": {"s3:prefix": "a/*"}, "StringEquals": {"s3:delimiter": "/"}}
    assert "Condition" not in objects


def test_all_keys_are_no_limit() -> None:
    listing, objects = statements(synthesized(need("read", "Uploads", keys="*")))
    assert objects["Resource"] == "arn:aws:s3:::uploads/*" and "Condition" not in listing


def test_reading_keys_that_no_listing_can_be_limited_to_leaves_the_listing_out_and_says_so() -> None:
    found = synthesized(need("read", "Uploads", keys="*/logo.png"))
    assert one_statement(found)["Action"] == "s3:GetObject"
    assert [note.code for note in found.notes] == ["list-keys"]


def test_presigned_requests_only_are_told_by_how_they_are_signed_and_when() -> None:
    statement = one_statement(synthesized(need("put", "Uploads", presigned=900, keys="in/*")))
    assert statement["Condition"] == {
        "StringEquals": {"s3:authType": "REST-QUERY-STRING"},
        "NumericLessThanEquals": {"s3:signatureAge": "900000"},
    }


# ── the scopes of other types ──


def test_fields_of_a_graphql_api_are_named_one_by_one() -> None:
    fields = ["Query.getNote", "Mutation.*", "Note.title"]
    statement = one_statement(synthesized(need("query", "Graph", fields=fields)))
    base = ARN.format("appsync", "apis/graph/types")
    assert statement["Resource"] == [f"{base}/Note/fields/title", f"{base}/Query/fields/getNote"]


def test_an_alias_has_an_arn_of_its_own() -> None:
    statement = one_statement(synthesized(need("invoke", "worker", alias="live")))
    assert statement["Resource"] == ARN.format("lambda", "function:worker:live")


def test_a_key_is_used_through_a_service_and_for_a_context() -> None:
    statement = one_statement(synthesized(need("decrypt", "Key", via=["s3", "sqs"], context={"app": "notes"})))
    assert statement["Condition"]["StringEquals"] == {
        "kms:ViaService": ["s3.us-east-1.amazonaws.com", "sqs.us-east-1.amazonaws.com"],
        "kms:EncryptionContext:app": "notes",
    }


def test_events_are_limited_by_source_and_kind_and_have_to_say_them() -> None:
    statement = one_statement(synthesized(need("put", "Bus", sources="shop", detail_types=["order *"])))
    assert statement["Condition"] == {
        "ForAllValues:StringEquals": {"events:source": "shop"},
        "ForAllValues:StringLike": {"events:detail-type": "order *"},
        "Null": {"events:source": "false", "events:detail-type": "false"},
    }


def test_subscriptions_are_limited_by_protocol_and_address() -> None:
    statement = one_statement(
        synthesized(need("subscribe", "Events", protocols="https", endpoints="https://example.com/*"))
    )
    assert statement["Condition"] == {
        "StringEquals": {"sns:Protocol": "https"},
        "StringLike": {"sns:Endpoint": "https://example.com/*"},
    }


def test_parameters_below_a_path_are_read_and_listed() -> None:
    found = {one["Sid"]: one for one in statements(synthesized(need(["read", "list"], "Config", keys="db/*")))}
    base = ARN.format("ssm", "parameter/config/db")
    assert found["ConfigList"]["Resource"] == base
    assert found["ConfigListRead"]["Resource"] == f"{base}/*"


# ── routes ──


def routes(*names: str, **options: Any) -> dict[str, Any]:
    return {name: {"function": "worker", "authorizer": "iam", **options} for name in names}


API = ARN.format("execute-api", "a1b2c3d4e5/prod")


def test_a_route_is_invoked_on_one_method_and_path() -> None:
    statement = one_statement(synthesized(need("invoke", "GET /notes")))
    assert (statement["Action"], statement["Resource"]) == ("execute-api:Invoke", f"{API}/GET/notes")


def test_a_path_parameter_is_any_text() -> None:
    found = synthesized(need("invoke", "GET /notes/{id}"), routes=routes("GET /notes/{id}"))
    assert one_statement(found)["Resource"] == f"{API}/GET/notes/*"


def test_any_method_is_each_method_by_name() -> None:
    found = synthesized(need("invoke", "ANY /notes"), routes=routes("ANY /notes"))
    methods = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
    assert one_statement(found)["Resource"] == [f"{API}/{method}/notes" for method in methods]


def test_a_route_may_belong_to_an_api_of_the_model() -> None:
    found = synthesized(need("invoke", "GET /notes"), routes=routes("GET /notes", api="Socket"))
    assert one_statement(found)["Resource"] == ARN.format("execute-api", "socket/live/GET/notes")


@pytest.mark.parametrize("other", ["GET /notes/{id}/secret", "GET /notes/search", "ANY /notes/{id}"])
def test_a_path_parameter_that_takes_in_a_route_that_is_not_needed_is_an_error(other: str) -> None:
    with pytest.raises(InputError, match="a path parameter is `\\*` in a policy, which matches slashes"):
        synthesized(need("invoke", "GET /notes/{id}"), routes=routes("GET /notes/{id}", other))


@pytest.mark.parametrize("other", ["POST /notes/{id}", "GET /notes", "GET /note"])
def test_a_path_parameter_takes_in_no_other_method_and_no_other_path(other: str) -> None:
    assert statements(synthesized(need("invoke", "GET /notes/{id}"), routes=routes("GET /notes/{id}", other)))


def test_a_path_parameter_may_take_in_a_route_that_is_needed_too() -> None:
    found = synthesized(
        need("invoke", "GET /notes/{id}"),
        need("invoke", "GET /notes/{id}/all"),
        routes=routes("GET /notes/{id}", "GET /notes/{id}/all"),
    )
    statement = one_statement(found)
    assert statement["Resource"] == f"{API}/GET/notes/*"


# ── what IAM cannot enforce ──

SWAPPED = with_resources(Notes={"type": "dynamodb:table", "partition_key": "noteId", "sort_key": "userId"})
ANONYMOUS_KEYS = with_resources(Notes={"type": "dynamodb:table", "partition_key": "pk"})

CANNOT = {
    "rows on a sort key": (
        need("read", "Notes", "authenticated", rows="own"),
        {"resources": SWAPPED},
        "no IAM policy can keep `authenticated` to its own rows of the table `Notes`: dynamodb:LeadingKeys "
        "restrains the partition key `noteId` only, and the identity is in `userId` (its sort key)",
    ),
    "rows of an index on another key": (
        need("query", "Notes", "authenticated", rows="own", index="byTag"),
        {},
        "no IAM policy can keep `authenticated` to its own rows of the index `byTag`: dynamodb:LeadingKeys "
        "restrains the partition key `tag` only, and the identity is in `userId`",
    ),
    "rows of nobody in particular": (
        need("read", "Notes", "authenticated", rows="own"),
        {"resources": ANONYMOUS_KEYS},
        "nothing says which attribute of `Notes` holds the caller's identity",
    ),
    "rows beside a scan": (
        need(["read", "scan"], "Notes", "authenticated", rows="own"),
        {},
        "`rows` cannot limit dynamodb:Scan: its requests do not carry dynamodb:LeadingKeys, "
        "so the rule would not hold",
    ),
    "rows of a stream": (
        need("stream", "Notes", rows="tenant-a"),
        {},
        "`rows` cannot limit dynamodb:DescribeStream: its requests do not carry dynamodb:LeadingKeys, "
        "so the rule would not hold",
    ),
    "the identity of a function": (
        need("read", "Notes", rows="own"),
        {},
        "`rows` asks for the caller's identity, and `worker` has none: it acts for everyone alike",
    ),
    "a key with the identity of a function": (
        need("read", "Uploads", keys="private/{identity}/*"),
        {},
        "`keys` asks for the caller's identity, and `worker` has none: it acts for everyone alike",
    ),
    "a tag that nothing gives": (
        need("read", "Uploads", "authenticated", keys="{tag:plan}/*"),
        {},
        "`{tag:plan}` asks for a tag of the caller's session, and nothing says that `authenticated` has one",
    ),
    "a tag of a function that has none": (
        need("read", "Notes", rows="{tag:team}"),
        {},
        "`{tag:team}` asks for a tag of the caller's session, and nothing says that `worker` has one",
    ),
    "attributes of whole items": (
        need("put", "Notes", attributes=["userId", "noteId"]),
        {},
        "`attributes` cannot limit dynamodb:PutItem: it replaces or removes whole items, "
        "with attributes that the caller may not see",
    ),
    "attributes of whole items by name": (
        need("dynamodb:DeleteItem", "Notes", attributes=["userId", "noteId"]),
        {},
        "`attributes` cannot limit dynamodb:DeleteItem: it replaces or removes whole items, "
        "with attributes that the caller may not see",
    ),
    "attributes without the keys": (
        need("read", "Notes", attributes=["userId", "title"]),
        {},
        "`attributes` of `Notes` leaves out its key `noteId`, which every request has to name",
    ),
    "attributes of an action that does not carry them": (
        need("dynamodb:DescribeTable", "Notes", attributes=["userId", "noteId"]),
        {},
        "`attributes` cannot limit dynamodb:DescribeTable: its requests do not carry dynamodb:Attributes, "
        "so the rule would not hold",
    ),
    "a write through an index": (
        need(["read", "write"], "Notes", index="byTag"),
        {},
        "`write` does not go through an index: an index is only queried and scanned",
    ),
    "a listing by how keys end": (
        need("list", "Uploads", keys="*/logo.png"),
        {},
        "no IAM policy can limit a listing to `*/logo.png`: a listing is asked for by how its keys begin",
    ),
    "a listing of one key": (
        need("list", "Uploads", keys="logo.png"),
        {},
        "no IAM policy can limit a listing to `logo.png`: a listing is asked for by how its keys begin",
    ),
    "keys of an action on the bucket": (
        need("s3:GetBucketLocation", "Uploads", keys="a/*"),
        {},
        "`keys` cannot limit s3:GetBucketLocation: it is about the whole bucket",
    ),
    "a listing of parameters by name": (
        need("list", "Config", keys="db"),
        {},
        "no IAM policy can limit a listing of parameters to `db`: it shows all that is below a path",
    ),
    "protocols of a publication": (
        need(["publish", "subscribe"], "Events", protocols="https"),
        {},
        "`protocols` cannot limit sns:Publish: its requests do not carry sns:Protocol, so the rule would not hold",
    ),
    "fields of another operation": (
        need("mutate", "Graph", fields=["Query.getNote"]),
        {},
        "`mutate` is about fields of `Mutation`, and `fields` names none",
    ),
    "a route that IAM does not guard": (
        need("invoke", "GET /notes", "authenticated"),
        {"routes": routes("GET /notes", authorizer="jwt")},
        "`GET /notes` has the authorizer `jwt`: IAM does not decide who may call it",
    ),
    "a role that is passed by nobody knows whom": (
        need("lambda:CreateFunction", "worker"),
        {},
        "lambda:CreateFunction passes a role, and nothing says which",
    ),
    "a role that nothing passes": (
        need("invoke", "worker", passes="worker"),
        {},
        "nothing that `worker` does to `worker` here passes a role",
    ),
}


@pytest.mark.parametrize("what", CANNOT)
def test_what_iam_cannot_enforce_is_an_error_and_never_a_policy(what: str) -> None:
    asked, parts, message = CANNOT[what]
    with pytest.raises(InputError) as caught:
        synthesized(asked, **parts)
    assert [one.message for one in caught.value.problems] == [message]
    assert all(one.help for one in caught.value.problems)


def test_rows_that_cannot_be_held_come_with_four_ways_out() -> None:
    with pytest.raises(InputError) as caught:
        synthesized(need("read", "Notes", "authenticated", rows="own"), resources=SWAPPED)
    help = caught.value.help.splitlines()
    for word, line in zip(("swap", "byUser", "begin", "route"), help, strict=True):
        assert word in line


def test_every_need_that_cannot_be_met_is_reported_at_once() -> None:
    with pytest.raises(InputError) as caught:
        synthesized(need("read", "Notes", rows="own"), need("list", "Uploads", keys="a"))
    assert len(caught.value.problems) == 2


def test_a_table_may_say_which_attribute_holds_the_identity() -> None:
    table = {"type": "dynamodb:table", "name": "notes", "partition_key": "pk", "identity": "pk"}
    found = synthesized(need("read", "Notes", "authenticated", rows="own"), resources=with_resources(Notes=table))
    assert statements(found, "authenticated")


def test_a_guest_may_have_no_identity_and_that_is_said() -> None:
    found = synthesized(need("read", "Notes", "unauthenticated", rows="own"))
    assert [note.code for note in found.notes] == ["guest-identity"]


# ── the policy as a whole ──


def test_a_principal_without_needs_gets_no_policy() -> None:
    assert of(synthesized(), "unauthenticated").policies == ()


def test_every_statement_names_the_reasons_for_it() -> None:
    found = of(synthesized(need("send", "Jobs"), need("receive", "Jobs")), "worker")
    assert [(written.sid, [str(one) for one in written.reasons]) for written in found.why] == [
        ("JobsReceiveSend", ["worker needs to send Jobs", "worker needs to receive Jobs"])
    ]


def test_a_need_that_a_wider_one_covers_is_its_reason_and_no_statement() -> None:
    found = of(
        synthesized(
            need("get", "Uploads"), need("get", "Uploads", keys="a/*"), need("get", "Uploads", keys="a/b")
        ),
        "worker",
    )
    (only,) = found.why
    assert len(only.reasons) == 3


def test_a_limit_is_not_lifted_by_a_need_for_something_else() -> None:
    found = synthesized(need("read", "Notes", rows="tenant-a"), need("write", "Notes"))
    limited = [one for one in statements(found) if "Condition" in one]
    assert [one["Sid"] for one in limited] == ["NotesRead"]


NEEDS = [
    need("send", "Jobs"),
    need("read", "Notes", rows="tenant-a"),
    need("read", "Notes", rows="tenant-b"),
    need("read", "Notes", index="byTag"),
    need("publish", "Events"),
    need(["get", "put"], "Uploads", keys="b/*"),
    need(["get", "put"], "Uploads", keys="a/*"),
]


def test_the_same_model_gives_the_same_policies_in_any_order_of_its_needs() -> None:
    assert statements(synthesized(*NEEDS)) == statements(synthesized(*reversed(NEEDS)))


def test_statements_are_sorted_and_have_names_of_their_own() -> None:
    sids = [one["Sid"] for one in statements(synthesized(*NEEDS))]
    assert sids == ["EventsPublish", "JobsSend", "NotesRead", "NotesRead2", "NotesReadByTag", "UploadsGetPut"]
    assert sids == sorted(sids)


@pytest.mark.parametrize("id", ["Été", "…", "a b", "a-b"])
def test_a_statement_has_a_name_that_aws_takes_whatever_the_resource_is_called(id: str) -> None:
    found = synthesized(
        need("send", id), need("send", "Jobs"), resources=with_resources(**{id: RESOURCES["Jobs"]})
    )
    assert all(one["Sid"].isascii() and one["Sid"].isalnum() for one in statements(found))


def test_every_proof_stands() -> None:
    proofs = synthesized(*NEEDS).proofs()
    assert proofs and all(isinstance(one, Proved) for one in proofs.values())
