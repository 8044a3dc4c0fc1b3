"""Synthesized policies on a server that enforces IAM: every need works with boto3, and a lot else does not.

The server is MiniStack, in a process of its own. Where it is known to ask IAM otherwise than AWS does stands in
tests/outside/server_gaps.py; there grantgraph's evaluator decides alone. Any other difference fails.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from botocore.exceptions import ClientError

from grantgraph.decode import decode
from grantgraph.evaluate import Caller, CallerKind, Decision, Request, decide
from grantgraph.model import Principal, Resource
from grantgraph.node import plain
from grantgraph.policy import PolicySet
from grantgraph.prove import Proved
from grantgraph.synthesize import Attachment, Options
from tests.apps import CATALOG, MODEL
from tests.needs import asks_for, glob, is_needed, is_wired
from tests.outside.aws import Aws, Call, document, is_denial
from tests.outside.deployed import Deployment, deploy, is_elsewhere
from tests.outside.exercises.messages import url_of
from tests.outside.peer import as_list
from tests.outside.server import ACCOUNT, Server, check_itself, running
from tests.outside.server_gaps import ELSEWHERE, GAPS, UNCHECKED, excuses, naming
from tests.outside.visitors import make_pool

Json = dict[str, Any]

APPS = Path(__file__).parent.parent / "fixtures" / "apps"
DEPLOYED = {"notes": Options(shrink=True), "shop": Options(boundary=True)}
"""The applications, and how their policies are written."""

NEAR, FAR = 0.6, 0.1
"""How many are tried of the calls that are not allowed: about what a principal uses, and about anything else."""


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that has denied what it must deny."""
    with running() as found:
        check_itself(found)
        yield found


def model_of(application: str) -> Json:
    """A model file, whose ids are the server's to give."""
    path = APPS / application / "grantgraph.yaml"
    model: Any = plain(decode(path.read_text(), str(path)))
    for part in ("identity_pool", "api"):
        model.get(part, {}).pop("id", None)
    found: Json = model
    return found


def test_a_server_that_does_not_enforce_is_not_believed() -> None:
    with running(auth=False) as found, pytest.raises(AssertionError, match="does not enforce IAM"):
        check_itself(found)


# ── needs ──


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call as one principal: whether it is needed, and what grantgraph and the server say of it."""

    who: Principal
    call: Call
    request: Request
    needed: bool
    ours: Decision
    theirs: bool
    excuses: tuple[str, ...]

    @property
    def allowed(self) -> bool:
        return self.ours is Decision.ALLOWED

    @property
    def differs(self) -> bool:
        return self.allowed is not self.theirs

    def __str__(self) -> str:
        server = "allows" if self.theirs else "denies"
        return f"{self.who.id}: {self.call}: needed: {self.needed}, ours {self.ours}, the server {server}"


def attempt_all(deployed: Deployment) -> list[Attempt]:
    """Every call that is allowed, which has to succeed and is prepared for that; and a sample of the others."""
    calls, found, some = list(deployed.calls()), [], Random(7)
    for who in deployed.principals():
        aws = deployed.server.as_(deployed.sessions[who.id])
        written = [deployed.documents[name] for name in deployed.names_of(who)]
        used = {need.to for need in deployed.application.needs if need.who == who.id}
        for call in calls:
            if is_elsewhere(who) and call.service not in ELSEWHERE:
                continue
            request = deployed.request(who, call)
            ours = deployed.verdict(request, who).decision
            share = NEAR if deployed.id_of(call) in used else FAR
            if ours is not Decision.ALLOWED and some.random() > share:
                continue
            theirs = aws.may(call, deployed.server.administrator if ours is Decision.ALLOWED else None)
            near = tuple(gap.name for gap in excuses(call, naming(call.action, written), theirs))
            needed = is_needed(request, who, deployed.application)
            found.append(Attempt(who, call, request, needed, ours, theirs, near))
    return found


@pytest.mark.parametrize("application", DEPLOYED)
def test_every_need_is_met_and_nothing_else_is_allowed(application: str, server: Server) -> None:
    deployed = deploy(server, model_of(application), CATALOG, DEPLOYED[application])
    assert all(isinstance(one, Proved) for one in deployed.synthesized.proofs().values())
    attempts = attempt_all(deployed)

    def allowed_to(one: Attempt) -> bool:
        return one.needed or is_wired(one.request, one.who, deployed.application)

    assert [str(one) for one in attempts if one.ours is Decision.UNKNOWN] == []
    assert [str(one) for one in attempts if one.allowed is not allowed_to(one)] == []
    assert [str(one) for one in attempts if one.differs and not one.excuses] == []

    for one in attempts:
        if is_wired(one.request, one.who, deployed.application):
            check_code(deployed, one)

    # Each word of each need has been tried, and so has each action of each statement.
    for need in deployed.application.needs:
        for word in need.access:
            alone = replace(need, access=(word,))
            asked = [one for one in attempts if one.who.id == need.who and one.allowed]
            assert any(asks_for(alone, one.request, deployed.application) for one in asked), f"{need}: {word}"
    for who in deployed.principals():
        used = {one.call.action for one in attempts if one.who.id == who.id and one.allowed}
        assert [one for one in written_actions(deployed, who) if not any(glob(one, own) for own in used)] == []

    # Known gaps are still there, and do not decide what the server has decided.
    for gap in GAPS:
        for where, who_id, operation, action in gap.examples:
            seen = [one for one in attempts if where == application and gap.name in one.excuses and one.differs]
            shown = {(one.who.id, f"{one.call.service}.{one.call.operation}", one.call.action) for one in seen}
            assert where != application or (who_id, operation, action) in shown, f"closed: remove `{gap.name}`"
    both = [one.allowed for one in attempts if not one.differs]
    assert sum(both) > 0.5 * sum(one.allowed for one in attempts)
    assert both.count(False) > 300, both.count(False)


def written_actions(deployed: Deployment, who: Principal) -> Iterator[str]:
    """The actions that the policies of a principal name."""
    for name in deployed.names_of(who):
        for statement in deployed.documents[name]["Statement"]:
            yield from as_list(statement["Action"])


def check_code(deployed: Deployment, one: Attempt) -> None:
    """What Lambda does in a function's name, the function's code may not do."""
    code = replace(one.request, context={**one.request.context, "lambda:sourcefunctionarn": str(one.who.arn)})
    wanted = one.needed or is_wired(code, one.who, deployed.application)
    assert deployed.verdict(code, one.who).allowed is wanted, f"as code, {one}"


def test_policies_that_do_not_fit_inline_are_managed_and_allow_the_same(server: Server) -> None:
    tables = {
        f"Table{number}": {
            "type": "dynamodb:table",
            "name": f"{number}-{'a' * 200}",
            "partition_key": "id",
        }
        for number in range(60)
    }
    model = {
        **{part: MODEL[part] for part in ("application", "environment")},
        "resources": tables,
        "principals": {"worker": {"type": "function", "name": "worker", "logs": False}},
        "needs": [
            {"who": "worker", "access": word, "to": id}
            for at, id in enumerate(tables)
            for word in ("get", "put")[: 1 + at % 2]
        ],
    }
    deployed = deploy(server, model, CATALOG, Options())
    (one,) = deployed.synthesized.syntheses
    assert {attached.attachment for attached in one.attached} == {Attachment.MANAGED} and len(one.attached) > 1
    (worker,) = deployed.principals()
    aws, seen = server.as_(deployed.sessions["worker"]), set()
    known = {resource.id: resource for resource in (*deployed.application.resources, *deployed.twins)}
    for id in ("Table0", "Table1", "Table58", "Table59", "Table0Twin"):
        for call in deployed.calls_about(known[id]):
            if call.operation not in ("get_item", "put_item", "delete_item"):
                continue
            allowed = deployed.verdict(deployed.request(worker, call), worker).allowed
            assert (
                aws.may(call) is allowed is is_needed(deployed.request(worker, call), worker, deployed.application)
            )
            seen.add((id, call.operation, allowed))
    assert len([one for one in seen if one[2]]) == 6 and len(seen) == 15


# ── whom roles trust ──


def test_roles_trust_their_own_visitors_and_their_own_service_alone(server: Server) -> None:
    deployed = deploy(server, model_of("shop"), CATALOG, Options())
    roles = {one.type.value.rpartition(":")[2]: str(one.arn) for one in deployed.principals() if one.pool}
    for kind in roles:
        token = deployed.pool.token(server, kind)
        for other, role in roles.items():
            assert _is_let_in(server.as_(None), role, token) is (kind == other), (kind, other)
    foreign = make_pool(server.administrator)
    for kind, role in roles.items():
        assert not _is_let_in(server.as_(None), role, foreign.token(server, kind)), "another pool's visitor"
    iam = server.administrator.client("iam")
    anybody = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName="anybody", AssumeRolePolicyDocument=document(anybody))
    everything = document({"Effect": "Allow", "Action": "*", "Resource": "*"})
    iam.put_role_policy(RoleName="anybody", PolicyName="all", PolicyDocument=everything)
    powerful = server.as_(server.administrator.assume(f"arn:aws:iam::{ACCOUNT}:role/anybody"))
    for one in deployed.principals():
        if not is_elsewhere(one):
            with pytest.raises(ClientError, match="AccessDenied"):
                powerful.assume(str(one.arn))


def _is_let_in(nobody: Aws, role: str, token: str) -> bool:
    try:
        nobody.client("sts").assume_role_with_web_identity(
            RoleArn=role, RoleSessionName="visitor", WebIdentityToken=token
        )
    except ClientError as error:
        if not is_denial(error):
            raise
        return False
    return True


# ── whom resources let in ──


def delivered(deployed: Deployment, service: str, source: str, to: str) -> bool:
    """Whether a resource lets a service deliver from a source, as grantgraph decides."""
    target = deployed.application.resource(to)
    assert target is not None
    said = {"aws:sourcearn": source, "aws:sourceaccount": ACCOUNT}
    request = Request(Caller(CallerKind.SERVICE, service), "sqs:SendMessage", str(target.arn), said, ACCOUNT)
    return decide(request, PolicySet(resource_based=deployed.policies[f"{to}.resource"])).allowed


def test_a_queue_takes_messages_from_its_own_sources_alone(server: Server) -> None:
    deployed = deploy(server, model_of("shop"), CATALOG, Options())
    known = {one.id: one for one in (*deployed.application.resources, *deployed.twins)}
    admin = server.administrator
    queue, topic, bucket = known["Jobs"], known["Events"], known["Media"]
    for one, twin in ((topic, known["EventsTwin"]), (bucket, known["MediaTwin"])):
        service = f"{str(one.arn).split(':')[2]}.amazonaws.com"
        assert delivered(deployed, service, str(one.arn), "Jobs")
        assert not delivered(deployed, service, str(twin.arn), "Jobs")

    for one in (topic, known["EventsTwin"]):
        arn = {"TopicArn": str(one.arn)}
        admin.client("sns").subscribe(**arn, Protocol="sqs", Endpoint=str(queue.arn))
        admin.client("sns").publish(**arn, Message=f"from {one.id}")
    assert notify(admin, bucket, queue) and not notify(admin, known["MediaTwin"], queue)
    admin.client("s3").put_object(Bucket="shop-media", Key="labels/from-Media", Body=b"x")

    # EventBridge is not held to the queue's policy: what it may deliver is decided by grantgraph alone.
    (rule,) = [one.source_arn for one in deployed.application.entry_points if one.id == "Bus to Jobs"]
    assert delivered(deployed, "events.amazonaws.com", str(rule), "Jobs")
    assert not delivered(deployed, "events.amazonaws.com", f"{rule}-twin", "Jobs")
    events = admin.client("events")
    for name in (str(rule).rpartition("/")[2], "unknown"):
        events.put_rule(Name=name, EventBusName="shop-bus", EventPattern=json.dumps({"source": [name]}))
        events.put_targets(Rule=name, EventBusName="shop-bus", Targets=[{"Id": "1", "Arn": str(queue.arn)}])
        entry = {"Source": name, "DetailType": f"from {name}", "Detail": "{}", "EventBusName": "shop-bus"}
        events.put_events(Entries=[entry])

    texts = " ".join(messages(admin, queue))
    assert "from Events" in texts and "labels/from-Media" in texts
    assert "from EventsTwin" not in texts
    assert ("from unknown" in texts) is ("events.amazonaws.com" in UNCHECKED)


def notify(admin: Aws, bucket: Resource, queue: Resource) -> bool:
    """Whether S3 takes a queue for a bucket's notifications, which it tries first."""
    wanted = [{"QueueArn": str(queue.arn), "Events": ["s3:ObjectCreated:*"]}]
    try:
        admin.client("s3").put_bucket_notification_configuration(
            Bucket=str(bucket.arn).rpartition(":")[2], NotificationConfiguration={"QueueConfigurations": wanted}
        )
    except ClientError as error:
        assert "Unable to validate" in str(error), error
        return False
    return True


def messages(admin: Aws, queue: Resource) -> Iterator[str]:
    """Every message of a queue."""
    at, sqs = {"QueueUrl": url_of(admin, queue)}, admin.client("sqs")
    while found := sqs.receive_message(**at, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages"):
        for one in found:
            yield one["Body"]
            sqs.delete_message(**at, ReceiptHandle=one["ReceiptHandle"])
