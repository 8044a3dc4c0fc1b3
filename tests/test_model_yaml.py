"""The model file: what it says, and every way in which it can be wrong, with its place and the way out."""

from __future__ import annotations

from pathlib import Path

import pytest

from grantgraph.model import Application, Authorizer, PrincipalType, PromiseType
from grantgraph.problems import InputError, Problem, UsageError
from grantgraph.sources import ReadOptions, load

NOTES = Path(__file__).parent.parent / "fixtures" / "apps" / "notes" / "grantgraph.yaml"

TRIGGERS = (
    "(known: `createAuthChallenge`, `customEmailSender`, `customMessage`, `customSmsSender`, "
    "`defineAuthChallenge`, "
    "`postAuthentication`, `postConfirmation`, `preAuthentication`, `preSignUp`, `preTokenGeneration`, "
    "`userMigration`, `verifyAuthChallengeResponse`)"
)
LOGS = "(`true`: Lambda makes its log group; `existing`: it is made elsewhere; `false`: it writes none)"
ROLE_KEYS = " (known: `assumed_by`, `external_id`, `name`, `tags`, `type`)"
KNOWN_LEVELS = "known: `list`, `permissions-management`, `read`, `tagging`, `write`"

MARK = "▸"
"""Where the problem is: taken out of the source before it is read."""

BASE = """\
application: notes
resources:
  Notes: {type: dynamodb:table, partition_key: userId, indexes: {byTag: {partition_key: tag}}}
  Uploads: {type: s3:bucket}
  Jobs: {type: sqs:queue}
  Events: {type: sns:topic}
  Key: {type: kms:key}
  Graph: {type: appsync:graphqlapi}
  Users: {type: cognito-idp:userpool}
principals:
  authenticated: {type: identity-pool:authenticated}
  listNotes: {type: function}
  admin: {type: role}
routes:
  GET /notes: {function: listNotes, authorizer: iam}
"""


def problems_of(tmp_path: Path, source: str) -> list[Problem]:
    file = tmp_path / "grantgraph.yaml"
    file.write_text(source)
    with pytest.raises(InputError) as caught:
        load(file)
    assert all(one.at.file == str(file) and one.at.line and one.at.column for one in caught.value.problems)
    return list(caught.value.problems)


def first_problem(tmp_path: Path, marked: str) -> str:
    """What the first problem says; it has to be at the mark in the source."""
    problem = problems_of(tmp_path, marked.replace(MARK, ""))[0]
    before = marked[: marked.index(MARK)].split("\n")
    assert (problem.at.line, problem.at.column) == (len(before), len(before[-1]) + 1)
    return f"{problem.message} ({problem.help})" if problem.help else problem.message


def only_problem(tmp_path: Path, marked: str) -> str:
    assert len(problems_of(tmp_path, marked.replace(MARK, ""))) == 1
    return first_problem(tmp_path, marked)


def with_need(need: str) -> str:
    return f"{BASE}needs:\n  - {need}\n"


def with_promise(promise: str) -> str:
    return f"{BASE}promises:\n  - {promise}\n"


def read(tmp_path: Path, source: str, options: ReadOptions | None = None) -> Application:
    file = tmp_path / "grantgraph.yaml"
    file.write_text(source)
    return load(file, options or ReadOptions())


# ── what it says ──


def test_the_example_of_the_documentation_is_read_whole() -> None:
    application = load(NOTES)
    assert application.name == "notes" and not application.problems
    assert [one.id for one in application.principals] == [
        "authenticated",
        "unauthenticated",
        "listNotes",
        "presign",
    ]
    assert len(application.needs) == 8
    assert (application.promises[0].title, application.promises[0].type) == (
        "guests never write",
        PromiseType.NEVER,
    )


def test_a_table_keeps_its_keys_and_its_indexes() -> None:
    table = load(NOTES).resource("Notes")
    assert table is not None
    assert dict(table.attributes) == {"partition_key": "userId", "sort_key": "noteId"}
    assert [(one.name, one.partition_key) for one in table.indexes] == [("byTag", "tag")]
    assert table.arn == "arn:aws:dynamodb:us-east-1:123456789012:table/notes"


def test_a_function_is_a_principal_and_a_resource_that_runs_as_it() -> None:
    application = load(NOTES)
    principal, resource = application.principal("listNotes"), application.resource("listNotes")
    assert principal is not None and principal.type is PrincipalType.FUNCTION
    assert resource is not None and resource.attributes["runs_as"] == "listNotes"


def test_a_route_with_the_iam_authorizer_has_an_arn_and_another_has_none() -> None:
    application = load(NOTES)
    signed, token = application.entry_point("GET /notes"), application.entry_point("POST /presign")
    assert signed is not None and token is not None
    assert signed.arn == "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod/GET/notes"
    assert (token.arn, token.authorizer) == ("", Authorizer.JWT)


def test_visitors_come_through_the_one_identity_pool() -> None:
    (pool,) = load(NOTES).pools
    assert (pool.authenticated, pool.unauthenticated) == ("authenticated", "unauthenticated")
    assert pool.allows_guests is True


def test_a_pool_without_guests_allows_none(tmp_path: Path) -> None:
    (pool,) = read(tmp_path, BASE).pools
    assert pool.allows_guests is False


def test_what_the_model_leaves_open_stays_a_placeholder(tmp_path: Path) -> None:
    table = read(tmp_path, BASE).resource("Notes")
    assert table is not None
    assert str(table.arn) == "arn:aws:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${Notes}"


def test_options_win_over_the_file() -> None:
    options = ReadOptions(account="210987654321", region="eu-west-1", partition="aws-cn")
    table = load(NOTES, options).resource("Notes")
    assert table is not None and table.arn == "arn:aws-cn:dynamodb:eu-west-1:210987654321:table/notes"


def test_a_route_without_an_authorizer_is_open(tmp_path: Path) -> None:
    source = BASE.replace(", authorizer: iam", "")
    route = read(tmp_path, source).entry_point("GET /notes")
    assert route is not None and route.authorizer is Authorizer.NONE


def test_sections_may_be_left_empty(tmp_path: Path) -> None:
    application = read(tmp_path, "application: a\nresources:\nprincipals:\nroutes:\nneeds:\npromises:\n")
    assert not application.principals and not application.needs


def test_a_file_without_a_name_is_called_by_its_own(tmp_path: Path) -> None:
    assert read(tmp_path, BASE.removeprefix("application: notes\n")).name == "grantgraph"


@pytest.mark.parametrize("access", ["dynamodb:DeleteItem", "dynamodb:DescribeBackup", "DYNAMODB:deleteitem"])
def test_a_need_may_name_an_exact_action_on_a_resource_or_below_it(tmp_path: Path, access: str) -> None:
    application = read(tmp_path, with_need(f'{{who: admin, access: "{access}", to: Notes}}'))
    assert application.needs[0].access == (access,)


def test_a_need_says_where_it_was_written(tmp_path: Path) -> None:
    (need,) = read(tmp_path, with_need("{who: admin, access: read, to: Notes}")).needs
    assert (need.at.line, need.at.column) == (17, 5)


def test_a_model_has_no_parameters() -> None:
    with pytest.raises(UsageError, match="`--param` is about templates"):
        load(NOTES, ReadOptions(parameters={"Stage": "prod"}))


# ── what is wrong with the file as a whole ──


@pytest.mark.parametrize(
    ("before", "message"),
    [
        ("▸neds: []", "unknown key `neds` in a model file (did you mean `needs`?)"),
        ("application: ▸[a]", "`application` must be a string, not a list"),
        ("environment: ▸us-east-1", "`environment` must be an object, not a string"),
        ("environment: {▸reigon: us-east-1}", "unknown key `reigon` in `environment` (did you mean `region`?)"),
        ("environment: {account: ▸123456789012}", "`account` must be a string, not a number (write it in quotes)"),
        ('environment: {account: ▸"1234"}', "`1234` is not an account (write its twelve digits)"),
        ('environment: {region: ▸"us-*"}', "`us-*` is not a region (write it as AWS does: `us-east-1`, `aws-cn`)"),
        ("identity_pool: ▸us-east-1:1", "`identity_pool` must be an object, not a string"),
        ("identity_pool: {▸ID: x}", "unknown key `ID` in `identity_pool` (did you mean `id`?)"),
        ("api: {id: ▸[a]}", "`id` must be a string, not a list"),
        ("api: {▸stge: prod}", "unknown key `stge` in `api` (did you mean `stage`?)"),
    ],
)
def test_a_section_that_is_wrong_is_reported_at_its_place(tmp_path: Path, before: str, message: str) -> None:
    base = BASE.removeprefix("application: notes\n") if before.startswith("application") else BASE
    assert only_problem(tmp_path, f"{before}\n{base}") == message


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("principals: ▸[a]\n", "`principals` must be an object, not a list"),
        ("application: a\nresources: ▸[a]\n", "`resources` must be an object, not a list"),
        ("application: a\nroutes: ▸x\n", "`routes` must be an object, not a string"),
        ("needs: ▸{a: b}\n", "`needs` must be a list, not an object"),
        ("application: a\npromises: ▸x\n", "`promises` must be a list, not a string"),
    ],
)
def test_a_section_of_the_wrong_shape_says_which_shape_it_has(tmp_path: Path, source: str, message: str) -> None:
    assert only_problem(tmp_path, source) == message


# ── resources and principals ──


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("T: ▸table", "the resource `T` must be an object, not a string"),
        ("T: ▸{name: t}", "the resource `T` needs `type`"),
        (
            "T: {type: ▸dynamodb:tabel}",
            "there is no resource type `dynamodb:tabel` (did you mean `dynamodb:table`?)",
        ),
        ("T: {type: ▸[a]}", "`type` of the resource `T` must be a string, not a list"),
        ("T: ▸{type: dynamodb:table}", "the table `T` needs `partition_key`"),
        (
            "T: {type: dynamodb:table, partition_key: a, ▸sortkey: b}",
            "unknown key `sortkey` in the resource `T` (did you mean `sort_key` or `key`?)",
        ),
        ("T: {type: dynamodb:table, partition_key: ▸[a]}", "`partition_key` must be a string, not a list"),
        ("T: {type: dynamodb:table, partition_key: a, indexes: ▸[b]}", "`indexes` must be an object, not a list"),
        (
            "T: {type: dynamodb:table, partition_key: a, indexes: {i: ▸{sort_key: b}}}",
            "the index `i` needs `partition_key`",
        ),
        (
            "T: {type: dynamodb:table, partition_key: a, indexes: {i: ▸b}}",
            "the index `i` must be an object, not a string",
        ),
        (
            "T: {type: dynamodb:table, partition_key: a, indexes: {i: {partition_key: b, ▸sort: c}}}",
            "unknown key `sort` in the index `i` (did you mean `sort_key`?)",
        ),
        (
            'T: {type: dynamodb:table, partition_key: a, indexes: {▸"*": {partition_key: b}}}',
            "`*` is not the name of an index",
        ),
        (
            "T: {type: s3:bucket, ▸partition_key: a}",
            "unknown key `partition_key` in the resource `T` (known: `account`, `existing`, `key`, `name`, "
            "`type`)",
        ),
        ("T: {type: s3:bucket, existing: ▸maybe}", "`existing` must be `true` or `false`, not a string"),
        (
            "T: {type: s3:bucket, account: ▸210987654321}",
            "the account of `T` is not an account (write its twelve digits, in quotes)",
        ),
        (
            'T: {type: appsync:graphqlapi, account: ▸"210987654321"}',
            "no policy of a `appsync:graphqlapi` can let in another account, so `T` has to be in this one "
            "(let a role of its account be assumed, and do it there)",
        ),
        ("T: {type: s3:bucket, key: ▸K}", "`key` must name a `kms:key`, not `K`"),
        (
            "T: {type: s3:bucket, ▸stage: live}",
            "unknown key `stage` in the resource `T` (known: `account`, `existing`, `key`, `name`, `type`)",
        ),
        (
            'T: {type: execute-api:api, stage: ▸"*"}',
            "`*` is not a name (a name has letters, digits and `+=,.@_:/-`, and no wildcard)",
        ),
        (
            'T: {type: s3:bucket, name: ▸"*"}',
            "`*` is not a name (a name has letters, digits and `+=,.@_:/-`, and no wildcard)",
        ),
    ],
)
def test_a_resource_that_is_wrong_is_reported_at_its_place(tmp_path: Path, line: str, message: str) -> None:
    source = f"application: a\nprincipals: {{admin: {{type: role}}}}\nresources:\n  {line}\n"
    assert only_problem(tmp_path, source) == message


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("u: ▸role", "the principal `u` must be an object, not a string"),
        ("u: ▸{}", "the principal `u` needs `type`"),
        ("u: {type: ▸rol}", "there is no type of principal `rol` (did you mean `role`?)"),
        ("u: {type: role, ▸nmae: x}", "unknown key `nmae` in the principal `u` (did you mean `name`?)"),
        ("▸Uploads: {type: function}", "`Uploads` is both a resource and a function"),
        ("u: {type: function, logs: ▸never}", "`logs` must be `true`, `existing` or `false` " + LOGS),
        ("u: {type: function, tracing: ▸1}", "`tracing` must be `true` or `false`, not a number"),
        ("u: {type: function, vpc: ▸vpc-1}", "`vpc` must be `true` or `false`, not a string"),
        (
            "u: {type: function, failures_to: ▸Uploads}",
            "`failures_to` must name a `sqs:queue` or `sns:topic`, not `Uploads`",
        ),
        ("u: {type: function, key: ▸Uploads}", "`key` must name a `kms:key`, not `Uploads`"),
        (
            "u: {type: role, tags: [▸'a*']}",
            "`a*` is not the key of a tag (a tag's key has up to 128 letters, digits and `+=._@-`)",
        ),
        (
            "u: {type: role, assumed_by: ▸states}",
            "`states` cannot assume a role (name a service (`states.amazonaws.com`), an account, or the ARN "
            "of a role)",
        ),
        ("u: {type: role, ▸vpc: true}", "unknown key `vpc` in the principal `u`" + ROLE_KEYS),
        ("u: ▸{type: account}", "the principal `u` needs one of `account` and `arn`"),
        (
            "u: {type: account, account: ▸12}",
            "the account of `u` is not an account (write its twelve digits, in quotes)",
        ),
        (
            "u: {type: account, arn: ▸'arn:aws:iam::210987654321:role/*'}",
            "the `arn` of `u` is not that of a role or user (write the whole ARN: "
            "`arn:aws:iam::123456789012:role/name`)",
        ),
        (
            "u: {type: identity-pool:mapped, ▸tags: [a]}",
            "unknown key `tags` in the principal `u` (known: `name`, `type`)",
        ),
    ],
)
def test_a_principal_that_is_wrong_is_reported_at_its_place(tmp_path: Path, line: str, message: str) -> None:
    source = f"application: a\nprincipals:\n  {line}\nresources: {{Uploads: {{type: s3:bucket}}}}\n"
    assert only_problem(tmp_path, source) == message


def test_a_pool_has_one_role_for_signed_in_users(tmp_path: Path) -> None:
    source = BASE.replace("admin: {type: role}", f"{MARK}users: {{type: identity-pool:authenticated}}")
    assert only_problem(tmp_path, source) == (
        "`authenticated` and `users` are both identity-pool:authenticated, and an identity pool has one"
    )


# ── events ──


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ("▸Job", "there is no resource `Job` (did you mean `Jobs`?)"),
        ("▸[a]", "an event must be an object, not a list"),
        ("▸{}", "an event has one of `from` and `schedule`"),
        ("▸{from: Jobs, schedule: rate(1 day)}", "an event has one of `from` and `schedule`"),
        ("{from: Jobs, ▸rul: r}", "unknown key `rul` in an event (did you mean `rule`?)"),
        ("{schedule: ▸daily}", "`daily` is not a schedule (write `rate(5 minutes)` or `cron(0 12 * * ? *)`)"),
        (
            "{schedule: rate(1 day), rule: ▸'*'}",
            "`*` is not a name (a name has letters, digits and `+=,.@_:/-`, and no wildcard)",
        ),
        ("▸{from: Users}", "an event from `Users` needs `trigger` " + TRIGGERS),
        ("{from: Users, trigger: ▸preSignup}", "there is no trigger `preSignup` (did you mean `preSignUp`?)"),
        (
            "▸Key",
            "`Key`, a kms:key, cannot call `listNotes`, a lambda:function "
            "(what a function does with it is a need of the function's)",
        ),
        (
            "{from: Jobs, failures_to: ▸Uploads}",
            "`failures_to` must name a `sqs:queue` or `sns:topic`, not `Uploads` (known: `Events`, `Jobs`)",
        ),
        (
            "{from: Events, failures_to: ▸Events}",
            "`failures_to` must name a `sqs:queue`, not `Events` (known: `Jobs`)",
        ),
        (
            "{from: Uploads, failures_to: ▸Jobs}",
            "a notification has nowhere to send what fails "
            "(say `failures_to` on `listNotes`: Lambda sends on what a function fails on)",
        ),
    ],
)
def test_an_event_that_is_wrong_is_reported_at_its_place(tmp_path: Path, event: str, message: str) -> None:
    marked = BASE.replace(
        "listNotes: {type: function}", f"listNotes:\n    type: function\n    on:\n      - {event}"
    )
    assert only_problem(tmp_path, marked) == message


def test_an_event_bus_cannot_fill_a_topic_and_the_ways_out_are_named(tmp_path: Path) -> None:
    marked = BASE.replace("Events: {type: sns:topic}", "Events: {type: sns:topic, on: [▸rate(1 day)]}")
    assert only_problem(tmp_path, marked) == (
        "no policy of the topic `Events` can be limited to the schedule of `Events`: EventBridge does not "
        "say which "
        "rule it publishes for, so the rules of every account would be let in "
        "(let the rule start a function that publishes, or fill a queue\n"
        "give the rule a role: `{type: role, assumed_by: events.amazonaws.com}`, which publishes)"
    )


def test_every_kind_of_event_is_an_entry_point(tmp_path: Path) -> None:
    on = "[Jobs, Notes, Events, Uploads, default, rate(1 day), {from: Users, trigger: preSignUp}]"
    source = BASE.replace("listNotes: {type: function}", f"listNotes: {{type: function, on: {on}}}")
    found = {one.id: (one.type.value, str(one.source_arn)) for one in read(tmp_path, source).entry_points[1:]}
    env = "${AWS::Region}:${AWS::AccountId}"
    assert found == {
        "Jobs to listNotes": ("consumer", ""),
        "Notes to listNotes": ("consumer", ""),
        "Events to listNotes": ("subscription", f"arn:aws:sns:{env}:${{Events}}"),
        "Uploads to listNotes": ("notification", "arn:aws:s3:::${Uploads}"),
        "default to listNotes": ("subscription", f"arn:aws:events:{env}:rule/${{listNotesFromDefaultRule}}"),
        "rate(1 day) to listNotes": ("schedule", f"arn:aws:events:{env}:rule/${{listNotesRate1DayRule}}"),
        "preSignUp of Users": ("user pool trigger", f"arn:aws:cognito-idp:{env}:userpool/${{Users}}"),
    }


# ── routes ──


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "▸get /x: {function: listNotes}",
            "`get /x` is not a route (write `GET /notes`: a method, a space, a path)",
        ),
        (
            "▸FETCH /x: {function: listNotes}",
            "`FETCH /x` is not a route (write `GET /notes`: a method, a space, a path)",
        ),
        (
            "▸GET x: {function: listNotes}",
            "`GET x` is not a route (write `GET /notes`: a method, a space, a path)",
        ),
        ("GET /x: ▸listNotes", "the route `GET /x` must be an object, not a string"),
        ("GET /x: ▸{authorizer: iam}", "the route `GET /x` needs `function`"),
        ("GET /x: {function: ▸listNote}", "there is no function `listNote` (did you mean `listNotes`?)"),
        ("GET /x: {function: ▸admin}", "there is no function `admin` (known: `listNotes`)"),
        (
            "GET /x: {function: listNotes, authorizer: ▸jwtt}",
            "there is no authorizer `jwtt` (did you mean `jwt`?)",
        ),
        (
            "GET /x: {function: listNotes, authorizer: ▸unknown}",
            "there is no authorizer `unknown` (known: `iam`, `jwt`, `lambda`, `none`, `user_pool`)",
        ),
        ("GET /x: {function: listNotes, authorizer: ▸[iam]}", "`authorizer` must be a string, not a list"),
        (
            "GET /x: {function: listNotes, ▸auth: iam}",
            "unknown key `auth` in the route `GET /x` (known: `api`, `authorizer`, `function`)",
        ),
    ],
)
def test_a_route_that_is_wrong_is_reported_at_its_place(tmp_path: Path, line: str, message: str) -> None:
    assert only_problem(tmp_path, BASE[: BASE.index("  GET /notes")] + f"  {line}\n") == message


# ── needs ──


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("▸{access: read, to: Notes}", "a need needs `who`"),
        ("▸{who: admin, to: Notes}", "a need needs `access`"),
        ("▸{who: admin, access: read}", "a need needs `to`"),
        ("{who: admin, access: read, to: Notes, ▸row: own}", "unknown key `row` in a need (did you mean `rows`?)"),
        ("{who: ▸admni, access: read, to: Notes}", "there is no principal `admni` (did you mean `admin`?)"),
        ("{who: ▸[admin], access: read, to: Notes}", "`who` of a need must be a string, not a list"),
        (
            "{who: admin, access: read, to: ▸Nots}",
            "there is no resource or route `Nots` (did you mean `Notes` or `listNotes`?)",
        ),
        (
            "{who: admin, access: invoke, to: ▸authenticated}",
            "there is no resource or route `authenticated` (known: `Events`, "
            "`GET /notes`, `Graph`, `Jobs`, `Key`, `Notes`, `Uploads`, `Users`, `listNotes`)",
        ),
        ("{who: admin, access: ▸reed, to: Notes}", "there is no access `reed` to `Notes` (did you mean `read`?)"),
        (
            "{who: admin, access: ▸read, to: listNotes}",
            "there is no access `read` to `listNotes` (known: `call`, `invoke`)",
        ),
        (
            "{who: admin, access: ▸read, to: GET /notes}",
            "there is no access `read` to `GET /notes` (known: `invoke`)",
        ),
        ("{who: admin, access: ▸[], to: Notes}", "`access` of a need is empty"),
        (
            '{who: admin, access: ▸"dynamodb:GetItems", to: Notes}',
            "there is no action `dynamodb:GetItems` (did you mean `dynamodb:GetItem` or `dynamodb:PutItem`?)",
        ),
        (
            "{who: admin, access: read, to: Notes, rows: [a, ▸'{identiy}']}",
            "there is no placeholder `{identiy}` (known: `{identity}`, `{tag:name}`)",
        ),
        (
            "{who: admin, access: read, to: Notes, rows: ▸'{tag:}'}",
            "there is no placeholder `{tag:}` (known: `{identity}`, `{tag:name}`)",
        ),
        (
            "{who: admin, access: read, to: Uploads, keys: ▸'a/${aws:userid}/*'}",
            "`a/${aws:userid}/*` holds a policy variable "
            "(these are written for you; known: `{identity}`, `{tag:name}`)",
        ),
        (
            "{who: admin, access: read, to: Uploads, keys: ▸'a/{identity}*'}",
            "nothing separates `{identity}` from what follows it in `a/{identity}*`: a value that begins with "
            "another one would reach what is the other's "
            "(put a character between them that no value holds, such as `{identity}/`)",
        ),
        (
            "{who: admin, access: read, to: Notes, rows: ▸'{tag:a}{tag:b}'}",
            "nothing separates `{tag:a}` from what follows it in `{tag:a}{tag:b}`: a value that begins with "
            "another one would reach what is the other's "
            "(put a character between them that no value holds, such as `{tag:a}/`)",
        ),
        (
            "{who: admin, access: put, to: Uploads, presigned: ▸soon}",
            "`presigned` must be `true` or a number of seconds up to 604,800, not a string",
        ),
        (
            "{who: admin, access: put, to: Uploads, presigned: ▸0}",
            "`presigned` must be `true` or a number of seconds up to 604,800, not a number",
        ),
        (
            "{who: admin, access: invoke, to: listNotes, alias: ▸'li*'}",
            "`li*` is not an alias (`*` is every alias and version)",
        ),
        (
            "{who: admin, access: invoke, to: listNotes, passes: ▸admni}",
            "there is no role `admni` (did you mean `admin`?)",
        ),
        (
            "{who: admin, access: decrypt, to: Key, via: ▸'S3'}",
            "`S3` is not a service (write it as its actions do: `s3`, `dynamodb`)",
        ),
        ("{who: admin, access: decrypt, to: Key, context: ▸app}", "`context` must be an object, not a string"),
        ("{who: admin, access: decrypt, to: Key, context: {app: ▸[a]}}", "`app` must be a string, not a list"),
        (
            "{who: admin, access: subscribe, to: Events, protocols: [▸htps]}",
            "there is no protocol `htps` (did you mean `https` or `http`?)",
        ),
        (
            "{who: admin, access: query, to: Graph, fields: [▸getNote]}",
            "`getNote` is not a field (write the type and the field: `Query.getNote`, `Mutation.*`)",
        ),
        ("{who: admin, access: read, to: Notes, rows: ▸}", "`rows` must be a string, not nothing"),
        (
            '{who: admin, access: read, to: Notes, rows: ▸""}',
            "`rows` is empty (leave it out if it shall limit nothing)",
        ),
        ("{who: admin, access: read, to: Notes, attributes: ▸[]}", "`attributes` of a need is empty"),
        (
            "{who: admin, access: read, to: Notes, ▸keys: a/*}",
            "`keys` does not limit access to `Notes` (it can be limited by `attributes`, `index`, `rows`)",
        ),
        (
            '{who: admin, access: read, to: Uploads, keys: ▸""}',
            "`keys` is empty (leave it out if it shall limit nothing)",
        ),
        (
            "{who: admin, access: read, to: Uploads, ▸rows: own}",
            "`rows` does not limit access to `Uploads` (it can be limited by `delimiter`, `keys`, `presigned`)",
        ),
        (
            "{who: admin, access: read, to: Uploads, ▸attributes: [a]}",
            "`attributes` does not limit access to `Uploads` (it can be limited by `delimiter`, `keys`, "
            "`presigned`)",
        ),
        ("{who: admin, access: invoke, to: GET /notes, ▸keys: a}", "`keys` does not limit access to `GET /notes`"),
        (
            "{who: admin, access: query, to: Notes, index: ▸byTg}",
            "`Notes` has no index `byTg` (did you mean `byTag`?)",
        ),
        (
            '{who: authenticated, access: read, to: Uploads, keys: ▸"private/{identiy}/*"}',
            "there is no placeholder `{identiy}` (known: `{identity}`, `{tag:name}`)",
        ),
    ],
)
def test_a_need_that_is_wrong_is_reported_at_its_place(tmp_path: Path, words: str, message: str) -> None:
    assert only_problem(tmp_path, with_need(words)) == message


@pytest.mark.parametrize(
    ("action", "to"),
    [
        ("s3:GetObject", "Notes"),
        ("dynamodb:ListTables", "Notes"),
        ("s3:CreateAccessPoint", "Uploads"),
        ("dynamodb:GetItem", "GET /notes"),
        ("s3:GetObject", "listNotes"),
    ],
)
def test_an_action_that_no_request_can_use_on_what_is_named_is_an_error(
    tmp_path: Path, action: str, to: str
) -> None:
    message = only_problem(tmp_path, with_need(f'{{who: admin, access: {MARK}"{action}", to: {to}}}'))
    assert message.startswith(f"`{action}` does not act on `{to}` (known words: ")


@pytest.mark.parametrize("need", ["hello", "~", "[a]"])
def test_a_need_that_is_no_object_is_one_error_and_not_four(tmp_path: Path, need: str) -> None:
    (problem,) = problems_of(tmp_path, f"{BASE}needs: [{need}]\n")
    assert problem.message.startswith("a need must be an object, not ")


# ── promises ──


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("▸{never: {who: admin, access: write}}", "a promise needs `title`"),
        ("▸{title: t}", "a promise says one of `never` and `isolated`"),
        (
            "▸{title: t, never: {who: admin, access: write}, isolated: {who: admin}}",
            "a promise says one of `never` and `isolated`",
        ),
        ("{title: t, ▸nevr: {who: admin}}", "unknown key `nevr` in a promise (did you mean `never`?)"),
        ("{title: t, never: ▸write}", "`never` must be an object, not a string"),
        ("{title: t, never: ▸{access: write}}", "`never` needs `who`"),
        (
            "{title: t, never: {who: ▸admni, access: write}}",
            "there is no principal `admni` (did you mean `admin`?)",
        ),
        (
            "{title: t, never: {who: admin, ▸acces: write}}",
            "unknown key `acces` in `never` (did you mean `access`?)",
        ),
        (
            "{title: t, never: {who: admin, access: ▸wirte}}",
            "there is no access level `wirte` (did you mean `write`?)",
        ),
        (
            "{title: t, never: {who: admin, access: ▸'s3:Get*'}}",
            f"there is no access level `s3:Get*` ({KNOWN_LEVELS})",
        ),
        (
            "{title: t, never: ▸{who: admin, access: []}}",
            f"`never` needs `access` ({KNOWN_LEVELS})",
        ),
        (
            "{title: t, isolated: {who: admin, on: ▸Nots}}",
            "there is no resource `Nots` (did you mean `Notes` or `Events`?)",
        ),
    ],
)
def test_a_promise_that_is_wrong_is_reported_at_its_place(tmp_path: Path, words: str, message: str) -> None:
    assert first_problem(tmp_path, with_promise(words)) == message


# ── all at once ──


def test_every_error_of_a_file_is_reported_at_once(tmp_path: Path) -> None:
    source = BASE.replace("type: s3:bucket", "type: s3:buckt") + (
        "needs:\n  - {who: nobody, access: read, to: Notes}\n  - {who: admin, access: reed, to: Notes}\n"
        "promises:\n  - {title: t, never: {who: admin, access: wirte}}\n"
    )
    lines = [one.at.line for one in problems_of(tmp_path, source)]
    assert lines == [4, 17, 18, 20]


def test_the_first_error_speaks_for_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "m.yaml"
    file.write_text(f"{BASE}needs: [x, y, z]\n")
    with pytest.raises(InputError, match=r"m\.yaml:16:9: a need must be .* \(and 2 more\)"):
        load(file)
