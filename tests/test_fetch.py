"""A live account, fetched from a server that plays AWS: what is read, what is missing, what is never written."""

from __future__ import annotations

import io
import json
import socket
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from grantgraph.cli import main
from grantgraph.cli.progress import Progress
from grantgraph.evaluate import Decision, decide, request
from grantgraph.fetch import Options, Session, read_account, read_only_policy
from grantgraph.fetch.permissions import action_of
from grantgraph.policy import parse_policy
from grantgraph.policy.document import PolicySet, PolicyType
from grantgraph.problems import UsageError
from tests.account.deploy import REGION, Deployed, deploy
from tests.account.played import PlayedAws, played_aws
from tests.account.stable import APPS, SAVED, stable
from tests.commands import Ended, Run

TEMPLATE = APPS / "account" / "template.yaml"
LIST_QUEUES, LIST_TABLES = "AmazonSQS.ListQueues", "DynamoDB_20120810.ListTables"
DENIED = ("AccessDenied", "403 Forbidden")
THROTTLED = ("ThrottlingException", "400 Bad Request")


@dataclass(frozen=True)
class Played:
    """The account of the template, in a server that plays AWS."""

    aws: PlayedAws
    deployed: Deployed


@dataclass(frozen=True)
class Fetched:
    """How a fetch ended, what it wrote, and what it asked for."""

    ended: Ended
    path: Path
    asked: list[str]

    @property
    def text(self) -> str:
        return self.path.read_text()

    @property
    def gaps(self) -> dict[str, dict[str, Any]]:
        """The gaps by their operations."""
        return {one["operation"]: one for one in json.loads(self.text)["gaps"]}


@pytest.fixture(scope="module")
def played() -> Iterator[Played]:
    with played_aws() as aws:
        yield Played(aws, deploy(TEMPLATE, aws.client))


@pytest.fixture(autouse=True)
def nothing_leaves_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def near(self: socket.socket, address: Any) -> None:
        assert address[0] in ("127.0.0.1", "localhost"), f"a test tried to reach {address}"
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", near)


def lead(patch: pytest.MonkeyPatch, aws: PlayedAws) -> None:
    """Lead every client of AWS in this process to the server, without long pauses before another try."""
    for name, value in aws.environment().items():
        patch.setenv(name, value)
    patch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda self, context: 0.01)


def run_here(*arguments: object) -> Ended:
    """The command line in this process."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["grantgraph", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            main()
    return Ended(int(caught.value.code or 0), out.getvalue(), err.getvalue())


@pytest.fixture
def run(played: Played, monkeypatch: pytest.MonkeyPatch) -> Run:
    lead(monkeypatch, played.aws)
    return run_here


def fetched(played: Played, folder: Path, *faults: dict[str, Any]) -> Fetched:
    with pytest.MonkeyPatch.context() as patch, played.aws.faults(*faults):
        lead(patch, played.aws)
        path = folder / "account.json"
        return Fetched(run_here("fetch", "--output", path), path, played.aws.asked())


@pytest.fixture(scope="module")
def whole(played: Played, tmp_path_factory: pytest.TempPathFactory) -> Fetched:
    """The account as it is; one call is throttled once."""
    folder = tmp_path_factory.mktemp("whole")
    return fetched(played, folder, played.aws.fail(LIST_TABLES, *THROTTLED, times=1))


@pytest.fixture(scope="module")
def partial(played: Played, tmp_path_factory: pytest.TempPathFactory) -> Fetched:
    """The account without what is denied: its queues, a policy, and its tables, which stay throttled."""
    folder = tmp_path_factory.mktemp("partial")
    return fetched(
        played,
        folder,
        played.aws.fail(LIST_QUEUES, *DENIED),
        played.aws.fail(LIST_TABLES, *THROTTLED),
        played.aws.fail("GET /app-photos-example?policy", *DENIED),
    )


def gaps_of(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text())["gaps"]
    return found


def reasons(run: Run, path: Path) -> list[str]:
    """What `check` leaves undecided."""
    checked = json.loads(run("check", path, "--format", "json").out)
    return [one["reason"] for one in checked["undecided"]]


# ── what is read ──


def test_an_account_is_read_whole_and_every_time_the_same(whole: Fetched, played: Played) -> None:
    assert (whole.ended.code, "PARTIAL" in whole.ended.err) == (0, False)
    assert stable(whole.text, played.deployed) == SAVED[TEMPLATE].read_text()


def test_nothing_secret_is_written(whole: Fetched, played: Played) -> None:
    planted = played.aws.client("lambda").get_function_configuration(FunctionName="handler")["Environment"]
    assert planted["Variables"] == {"API_TOKEN": "a-value-that-stays-here", "TABLE": "orders"}
    secret = played.aws.client("secretsmanager").get_secret_value(SecretId="app/password")["SecretString"]
    assert not [one for one in ("a-value-that-stays-here", "API_TOKEN", secret) if one in whole.text]


def test_what_was_planted_is_found_in_what_was_fetched(run: Run, whole: Fetched) -> None:
    ended = run("check", whole.path, "--format", "json")
    found = {(one["rule"], one["principal"], one["on"]) for one in json.loads(ended.out)["findings"]}
    assert ended.code == 1
    assert {
        ("GG101", "app-guest", "jobs"),  # by a policy of the role
        ("GG101", "app-guest", "app-photos-example"),  # by the policy of the bucket
        ("GG101", "app-guest", "event-bus/shop"),
        ("GG102", "app-staff", "table/orders"),  # by a role that a group of the user pool has
    } <= found
    assert not reasons(run, whole.path)


def test_an_account_is_printed_where_no_file_is_named_and_has_its_name(run: Run, played: Played) -> None:
    iam = played.aws.client("iam")
    iam.create_account_alias(AccountAlias="shop")
    ended = run("fetch")
    iam.delete_account_alias(AccountAlias="shop")
    printed = json.loads(ended.out)
    assert (ended.code, printed["schema"], printed["alias"]) == (0, "grantgraph/account/1", "shop")


def test_the_same_application_is_fetched_as_it_was(run: Run, tmp_path: Path) -> None:
    """The fourth spelling of the application that tests/test_same.py holds to one graph."""
    template = APPS / "same" / "template.yaml"
    with played_aws() as aws:
        deployed = deploy(template, aws.client)
        assert run("fetch", "--endpoint-url", aws.url, "--output", tmp_path / "account.json").code == 0
    assert stable((tmp_path / "account.json").read_text(), deployed) == SAVED[template].read_text()


def test_every_region_that_is_named_is_read(run: Run, played: Played, tmp_path: Path) -> None:
    played.aws.client("sqs", "us-east-1").create_queue(QueueName="jobs")
    path = tmp_path / "account.json"
    ended = run("fetch", "--region", REGION, "--region", "us-east-1", "--output", path)
    queues = [
        one["region"] for one in json.loads(path.read_text())["resources"] if one["type"] == "AWS::SQS::Queue"
    ]
    assert (ended.code, queues) == (0, [REGION, "us-east-1"])
    jobs = "arn:aws:sqs:us-east-1:123456789012:jobs"
    assert run("can", "app-guest", "sqs:SendMessage", jobs, path).code == 1
    assert run("can", "app-guest", "sqs:SendMessage", jobs.replace("us-east-1", REGION), path).code == 0


def test_all_regions_are_those_that_the_account_has_enabled(
    played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead(monkeypatch, played.aws)
    told = played.aws.client("ec2").describe_regions()["Regions"]
    enabled = sorted(one["RegionName"] for one in told if one["OptInStatus"] != "not-opted-in")
    assert len(enabled) < len(told)
    assert list(Session(Options(all_regions=True)).regions) == enabled


def test_a_listing_of_many_pages_is_read_to_its_end(run: Run, played: Played, tmp_path: Path) -> None:
    ssm = played.aws.client("ssm", "eu-west-3")
    for number in range(12):  # a page of parameters holds ten
        ssm.put_parameter(Name=f"/p/{number:02}", Value="x", Type="String")
    with played.aws.faults():
        ended = run("fetch", "--region", "eu-west-3", "--output", tmp_path / "account.json")
        pages = [one for one in played.aws.asked() if one == "AmazonSSM.DescribeParameters"]
    resources = json.loads((tmp_path / "account.json").read_text())["resources"]
    names = [one["name"] for one in resources if one["type"] == "AWS::SSM::Parameter"]
    assert (ended.code, len(pages), names) == (0, 2, [f"/p/{number:02}" for number in range(12)])


def test_a_listing_that_breaks_off_is_no_whole_one(run: Run, played: Played, tmp_path: Path) -> None:
    """moto says that it has more streams, and not where they begin."""
    kinesis = played.aws.client("kinesis", "eu-west-2")
    for number in range(12):
        kinesis.create_stream(StreamName=f"stream{number:02}", ShardCount=1)
    ended = run("fetch", "--region", "eu-west-2", "--output", tmp_path / "account.json")
    (gap,) = gaps_of(tmp_path / "account.json")
    assert (ended.code, gap["operation"], gap["hides"]) == (3, "ListStreams", ["AWS::Kinesis::Stream"])


# ── what is missing ──


def test_a_listing_that_is_denied_makes_the_account_partial(run: Run, partial: Fetched) -> None:
    assert partial.ended.code == 3
    assert "PARTIAL: 3 calls gave no answer\n" in partial.ended.err
    assert "  sqs:ListQueues was denied in eu-west-1 (AccessDenied)" in partial.ended.err
    assert partial.gaps["ListQueues"] == {
        "code": "AccessDenied",
        "hides": ["AWS::SQS::Queue"],
        "kind": "denied",
        "message": "AccessDenied was asked for",
        "operation": "ListQueues",
        "region": REGION,
        "service": "sqs",
    }
    assert any("sqs:ListQueues was denied" in one for one in reasons(run, partial.path))


def test_what_hinges_on_a_listing_that_was_denied_is_undecided(run: Run, whole: Fetched, partial: Fetched) -> None:
    both = (whole.path, partial.path)
    ask = ("can", "app-member", "sqs:SendMessage", "arn:aws:sqs:eu-west-1:123456789012:other")
    assert [run(*ask, path).code for path in both] == [1, 3]
    never = ("prove", "never", "--principal", "app-staff", "--access", "sqs:SendMessage")
    assert [run(*never, path).code for path in both] == [0, 3]
    for command in (
        ("graph",),
        ("explain", "role", "app-staff"),
        ("prove", "summary", "--principal", "app-staff"),
    ):
        told = [run(*command, path).out.count("sqs:ListQueues was denied") for path in both]
        assert told == [0, 1], command
    assert run("diff", *both).code == 3


def test_a_policy_that_is_denied_leaves_its_resource_open(run: Run, partial: Fetched) -> None:
    assert partial.gaps["GetBucketPolicy"]["resources"] == ["app-photos-example"]
    assert run("can", "app-member", "s3:PutObject", "app-photos-example/a", partial.path).code == 3
    assert any("the policy of `app-photos-example`" in one for one in reasons(run, partial.path))


def test_a_call_that_is_throttled_is_tried_again(whole: Fetched) -> None:
    assert (whole.ended.code, whole.asked.count(LIST_TABLES), whole.gaps) == (0, 2, {})


def test_a_call_that_stays_throttled_is_a_gap(run: Run, partial: Fetched) -> None:
    assert (partial.asked.count(LIST_TABLES), partial.gaps["ListTables"]["kind"]) == (2, "throttled")
    assert "dynamodb:ListTables was throttled again and again in eu-west-1" in partial.ended.err
    assert any("dynamodb:ListTables was throttled" in one for one in reasons(run, partial.path))


def test_a_service_that_the_server_does_not_know_is_a_gap(run: Run, played: Played, tmp_path: Path) -> None:
    """moto knows GraphQL APIs, and neither their data sources nor their resolvers."""
    appsync = played.aws.client("appsync", "eu-central-1")
    appsync.create_graphql_api(name="graph", authenticationType="AWS_IAM")
    ended = run("fetch", "--region", "eu-central-1", "--output", tmp_path / "account.json")
    gaps = gaps_of(tmp_path / "account.json")
    assert ended.code == 3
    assert {"ListDataSources", "ListFunctions"} <= {one["operation"] for one in gaps}
    assert {one["service"] for one in gaps} == {"appsync"} and {one["kind"] for one in gaps} == {"failed"}
    assert "doctype" not in ended.err


def test_without_its_identities_an_account_is_not_written(run: Run, played: Played, tmp_path: Path) -> None:
    with played.aws.faults(played.aws.fail("Action=GetAccountAuthorizationDetails", *DENIED)):
        ended = run("fetch", "--output", tmp_path / "account.json")
    assert (ended.code, (tmp_path / "account.json").exists()) == (2, False)
    assert "iam:GetAccountAuthorizationDetails was denied" in ended.err
    assert "grantgraph fetch --policy" in ended.err


def test_an_alias_that_is_denied_is_told_and_no_answer_hinges_on_it(
    run: Run, played: Played, tmp_path: Path
) -> None:
    path = tmp_path / "account.json"
    with played.aws.faults(played.aws.fail("Action=ListAccountAliases", *DENIED)):
        assert run("fetch", "--output", path).code == 0
    assert [one["operation"] for one in gaps_of(path)] == ["ListAccountAliases"]
    assert not reasons(run, path)


def test_credentials_that_expire_end_it_and_leave_the_old_file(run: Run, played: Played, tmp_path: Path) -> None:
    path = tmp_path / "account.json"
    path.write_text("what was here before")
    with played.aws.faults(played.aws.fail("GET /restapis", "ExpiredTokenException", "403 Forbidden")):
        ended = run("fetch", "--output", path)
    assert (ended.code, path.read_text()) == (2, "what was here before")
    assert "the credentials expired while the account was read; nothing was written" in ended.err
    assert sorted(one.name for one in tmp_path.iterdir()) == ["account.json"]


# ── what cannot be done ──


def test_credentials_that_nobody_knows_are_an_error(run: Run, played: Played, tmp_path: Path) -> None:
    with played.aws.faults(played.aws.fail("Action=GetCallerIdentity", "InvalidClientTokenId", "403 Forbidden")):
        ended = run("fetch", "--output", tmp_path / "account.json")
    assert (ended.code, (tmp_path / "account.json").exists()) == (2, False)
    assert ended.err.startswith("error: AWS does not say whose account this is: ")


def test_a_server_that_is_not_there_is_an_error(run: Run, tmp_path: Path) -> None:
    ended = run("fetch", "--endpoint-url", "http://127.0.0.1:9", "--output", tmp_path / "account.json")
    assert ended.code == 2
    assert ended.err.startswith("error: AWS does not say whose account this is: ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--region", "EU West"], "`--region EU West` is not a name"),
        (["--region", "eu-west-1", "--all-regions"], "`--all-regions` and `--region` say two things"),
        (["--endpoint-url", "ftp://x"], "`--endpoint-url ftp://x` is not an address"),
        (["--profile", "nobody"], "no session can be opened: The config profile (nobody) could not be found"),
    ],
)
def test_options_that_make_no_sense_are_errors(run: Run, arguments: list[str], message: str) -> None:
    ended = run("fetch", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"error: {message}")


def test_without_a_region_nothing_is_read(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)
    ended = run("fetch")
    assert ended.code == 2 and ended.err.startswith("error: there is no region to read")


def test_a_file_that_cannot_be_written_is_an_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    ended = run("fetch", "--output", tmp_path / "taken" / "account.json")
    assert ended.code == 2 and ended.err.splitlines()[-1].startswith("error: cannot write ")


# ── permissions ──


def test_every_call_that_is_made_is_allowed_by_the_policy(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    lead(monkeypatch, played.aws)
    account = read_account(Session(Options()))
    policy = parse_policy(read_only_policy(), PolicyType.IDENTITY_BASED, "fetch").value
    made = [(service, operation) for service, operations in account.asked.items() for operation in operations]
    assert len(made) > 40
    for service, operation in made:
        action = action_of(service, operation)
        assert action is not None, f"{service}.{operation} is not in the policy"
        asked = request("arn:aws:iam::123456789012:role/auditor", action, "*")
        assert decide(asked, PolicySet(identity_based=(policy,))).decision is Decision.ALLOWED


def test_the_policy_is_printed_without_asking_anybody(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert json.loads(run("fetch", "--policy").out) == read_only_policy()


# ── patience ──


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_nobody_is_told_anything_within_a_second() -> None:
    stream = Terminal()
    progress = Progress(stream)
    progress("reading", 1, 2)
    progress.done()
    assert stream.getvalue() == ""


def test_a_terminal_has_one_line_that_goes_away() -> None:
    stream = Terminal()
    progress = Progress(stream, started=-10.0)
    progress("reading", 1, 1_200)
    progress.done()
    assert stream.getvalue() == "\rreading: 1 of 1,200\r" + " " * len("reading: 1 of 1,200") + "\r"


def test_a_pipe_has_plain_lines_and_few() -> None:
    stream = io.StringIO()
    progress = Progress(stream, started=-10.0)
    for number in range(1, 4):
        progress("listing", number, 3)
    progress.done()
    assert stream.getvalue() == "listing: 1 of 3\n"


def test_no_session_is_opened_without_credentials(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    lead(monkeypatch, played.aws)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(UsageError, match="Unable to locate credentials"):
        Session(Options())
