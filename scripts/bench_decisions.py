"""Decisions per second of CPU time, beside moto and MiniStack: `python scripts/bench_decisions.py`.

Three workloads: one statement; a role of an identity pool, ten statements with conditions; a call into another
account, with every kind of policy. Policies are read once and requests are built before the clock starts; each
evaluator runs in a process of its own, the peers in environments of their own (scripts/outside.py), in turns.

The peers answer a part of the question only, and the table says how many of their answers are right:

- moto reads conditions for one operator, StringEquals, and only of keys that it is given: it takes any other
  condition for true, and a Deny whose condition fails for a denial. It knows no limits and no SCPs; it reads the
  identity policy, and the resource's policy by itself.
- MiniStack reads all operators, but no policy variables and no SCPs; the boundary it takes as a limit.
"""

import argparse
import importlib
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

Json = dict[str, Any]
Decide = Callable[[int], bool]
"""Decide the request of that number, and say whether it is allowed."""

OWN, OTHER = "111122223333", "444455556666"
SUB = "cognito-identity.amazonaws.com:sub"
ME = "us-east-1:7f3c8a90-1111-4222-8333-944445555666"
NAMES = ("ours", "moto", "ministack")


def document(*statements: Json) -> Json:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def statement(effect: str, action: Any, resource: Any, condition: Json | None = None, **more: Any) -> Json:
    found = {"Effect": effect, **more, "Action": action, "Resource": resource}
    return {**found, "Condition": condition} if condition else found


# ── the workloads: requests with the answers that AWS documents ──


def one_statement() -> Json:
    policy = document(statement("Allow", "s3:GetObject", "arn:aws:s3:::my-bucket/public/*"))
    user = {"principal": f"arn:aws:iam::{OWN}:user/alice"}
    requests = [
        ({**user, "action": "s3:GetObject", "resource": f"arn:aws:s3:::my-bucket/{key}"}, key.startswith("public"))
        for key in ("public/a.txt", "private/b.txt", "public/c/d.txt", "other/e.txt")
    ]
    return {"identity_based": [policy], "requests": requests}


def identity_pool_role() -> Json:
    uploads, table = "arn:aws:s3:::uploads", f"arn:aws:dynamodb:us-east-1:{OWN}:table/Notes"
    mine = "${cognito-identity.amazonaws.com:sub}"
    topic, queue = f"arn:aws:sns:us-east-1:{OWN}:news", f"arn:aws:sqs:us-east-1:{OWN}:jobs"
    api = f"arn:aws:execute-api:us-east-1:{OWN}:a1b2c3d4e5/prod"
    policy = document(
        statement("Allow", ["s3:GetObject", "s3:PutObject"], f"{uploads}/private/{mine}/*"),
        statement(
            "Allow", "s3:ListBucket", uploads, {"StringLike": {"s3:prefix": [f"private/{mine}/*", "public/*"]}}
        ),
        statement(
            "Allow",
            ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem"],
            table,
            {
                "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [mine]},
                "Null": {"dynamodb:LeadingKeys": "false"},
            },
        ),
        statement("Allow", "execute-api:Invoke", f"{api}/GET/*", {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
        statement(
            "Allow", "sns:Publish", topic, {"ArnLike": {"aws:SourceArn": f"arn:aws:lambda:*:{OWN}:function:*"}}
        ),
        statement("Allow", "sqs:SendMessage", queue, {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}),
        statement(
            "Allow", "s3:GetObject", f"{uploads}/public/*", {"StringEquals": {"aws:PrincipalTag/plan": "paid"}}
        ),
        statement("Deny", "*", "*", {"Bool": {"aws:SecureTransport": "false"}}),
        statement("Deny", "dynamodb:*", "*", {"DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}),
        statement(
            "Deny", ["s3:*", "execute-api:*"], "*", {"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8", "::1"]}}
        ),
    )
    context = {
        SUB: ME,
        "cognito-identity.amazonaws.com:aud": "us-east-1:pool",
        "aws:SecureTransport": "true",
        "aws:SourceIp": "10.1.2.3",
        "aws:RequestedRegion": "us-east-1",
        "aws:CurrentTime": "2026-11-23T00:00:00Z",
        "aws:PrincipalTag/plan": "paid",
    }

    def ask(action: str, resource: str, **more: Any) -> Json:
        keys = {key.replace("__", ":"): value for key, value in more.items()}
        who = {"principal": f"arn:aws:iam::{OWN}:role/app", "session": "CognitoIdentityCredentials"}
        return {**who, "action": action, "resource": resource, "context": {**context, **keys}}

    requests = [
        (ask("s3:GetObject", f"arn:aws:s3:::uploads/private/{ME}/a.txt"), True),
        (ask("s3:GetObject", "arn:aws:s3:::uploads/private/somebody-else/a.txt"), False),
        (ask("s3:GetObject", "arn:aws:s3:::uploads/public/a.txt"), True),
        (ask("s3:ListBucket", uploads, s3__prefix=f"private/{ME}/x"), True),
        (ask("s3:ListBucket", uploads, s3__prefix="private/"), False),
        (ask("dynamodb:Query", table, dynamodb__LeadingKeys=[ME]), True),
        (ask("dynamodb:Query", table, dynamodb__LeadingKeys=[ME, "x"]), False),
        (ask("dynamodb:Scan", table), False),
        (ask("execute-api:Invoke", f"{api}/GET/notes"), True),
        (ask("sqs:SendMessage", queue), True),
    ]
    requests.append(({**requests[0][0], "context": {**context, "aws:SecureTransport": "false"}}, False))
    requests.append(({**requests[8][0], "context": {**context, "aws:SourceIp": "192.0.2.1"}}, False))
    return {"identity_based": [policy], "requests": requests}


def other_account() -> Json:
    bucket = "arn:aws:s3:::shared"
    everything = statement("Allow", "*", "*")
    regions = {"StringNotEquals": {"aws:RequestedRegion": ["us-east-1", "eu-west-1"]}}
    role = f"arn:aws:iam::{OTHER}:role/reader"
    who = {"principal": role, "session": "s", "resource_account": OWN}
    context = {"aws:RequestedRegion": "eu-west-1", "aws:SecureTransport": "true", "aws:PrincipalOrgID": "o-1"}

    def ask(action: str, key: str, **more: str) -> Json:
        keys = {name.replace("__", ":"): value for name, value in more.items()}
        return {**who, "action": action, "resource": f"{bucket}/{key}", "context": {**context, **keys}}

    return {
        "identity_based": [document(statement("Allow", ["s3:Get*", "s3:List*"], [bucket, f"{bucket}/*"]))],
        "permissions_boundary": document(
            statement("Allow", ["s3:*", "sqs:*"], "*"), statement("Deny", "iam:*", "*")
        ),
        "scps": [
            [document(everything)],
            [document(everything, statement("Deny", "*", "*", regions))],
            [document(everything), document(statement("Deny", "s3:DeleteObject*", "*"))],
        ],
        "resource_based": document(
            statement(
                "Allow",
                "s3:GetObject",
                f"{bucket}/reports/*",
                {"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
                Principal={"AWS": role},
            ),
            statement("Deny", "s3:*", f"{bucket}/*", {"Bool": {"aws:SecureTransport": "false"}}, Principal="*"),
        ),
        "requests": [
            (ask("s3:GetObject", "reports/a.csv"), True),
            (ask("s3:GetObject", "secret/a.csv"), False),
            (ask("s3:GetObject", "reports/a.csv", aws__RequestedRegion="ap-south-1"), False),
            (ask("s3:GetObject", "reports/a.csv", aws__PrincipalOrgID="o-2"), False),
            (ask("s3:PutObject", "reports/a.csv"), False),
            (ask("s3:GetObject", "reports/a.csv", aws__SecureTransport="false"), False),
        ],
    }


WORKLOADS: dict[str, Callable[[], Json]] = {
    "one statement": one_statement,
    "identity pool role": identity_pool_role,
    "other account": other_account,
}


# ── the evaluators ──


def ours(work: Json) -> Decide:
    from grantgraph.cases import case_of
    from grantgraph.evaluate import compile_policies, decide

    policies = {key: value for key, value in work.items() if key != "requests"}
    cases = [case_of({"request": request, **policies, "expect": "unknown"}) for request, _ in work["requests"]]
    requests = [case.requests[0] for case in cases]
    compiled = compile_policies(cases[0].policies)
    return lambda number: decide(requests[number], compiled).allowed


def moto(work: Json) -> Decide:
    """The identity policies as moto's `check_action_permitted` goes over them; the bucket's as its S3 does."""
    control: Any = importlib.import_module("moto.iam.access_control")
    permitted, denied = control.PermissionResult.PERMITTED, control.PermissionResult.DENIED
    identity = [control.IAMPolicy(json.dumps(one)) for one in work["identity_based"]]
    own = work.get("resource_based")
    bucket = control.IAMPolicy(json.dumps(own)) if own else None
    requests = [(one["action"], one["resource"], one.get("context")) for one, _ in work["requests"]]

    def decide(number: int) -> bool:
        action, resource, context = requests[number]
        allowed = False
        for policy in identity:
            found = policy.is_action_permitted(action, resource, None, context)
            if found is denied:
                return False
            allowed = allowed or found is permitted
        if bucket is None:
            return allowed
        # With a principal moto cannot read `Principal: "*"` (it fails on the text), so it goes without.
        return allowed and bucket.is_action_permitted(action, resource, None, context) is permitted

    return decide


def ministack(work: Json) -> Decide:
    evaluator: Any = importlib.import_module("ministack.core.iam_evaluator")
    parse = evaluator.parse_policy_document
    identity = [parse(one) for one in work["identity_based"]]
    limits = [[parse(work["permissions_boundary"])]] if "permissions_boundary" in work else []
    own = work.get("resource_based")
    contexts = []
    for one, _ in work["requests"]:
        keys = {key.lower(): value for key, value in one.get("context", {}).items()}
        fields = one["principal"].split(":")
        arn = one["principal"]
        if "session" in one:
            arn = f"arn:aws:sts::{fields[4]}:assumed-role/{arn.rpartition('/')[2]}/{one['session']}"
        contexts.append(
            evaluator.EvalContext(
                principal_arn=arn,
                principal_type="AssumedRole" if "session" in one else "User",
                principal_account=fields[4],
                action=one["action"],
                resource_arn=one["resource"],
                region=keys.get("aws:requestedregion", "us-east-1"),
                source_ip=keys.get("aws:sourceip", "127.0.0.1"),
                secure_transport=keys.get("aws:securetransport", "false"),
                service_context=keys,
            )
        )

    def decide(number: int) -> bool:
        context = contexts[number]
        found = evaluator.evaluate(context, identity, *limits)
        if own is not None:
            found = evaluator.combine_resource_policy(found, context, own, OWN, limits=limits)
        return bool(found.decision == "Allow")

    return decide


EVALUATORS: dict[str, Callable[[Json], Decide]] = {"ours": ours, "moto": moto, "ministack": ministack}


def serve(name: str, seconds: float) -> None:
    """A child: for every line with the name of a workload, measure it once."""
    ready: dict[str, tuple[Decide, int, int]] = {}
    for workload, make in WORKLOADS.items():
        work = make()
        decide = EVALUATORS[name](work)
        right = sum(decide(number) is expected for number, (_, expected) in enumerate(work["requests"]))
        ready[workload] = decide, len(work["requests"]), right
    for line in sys.stdin:
        decide, count, right = ready[line.strip()]
        numbers = list(range(count)) * 20
        done, start = 0, time.process_time()
        while time.process_time() - start < seconds:
            for number in numbers:
                decide(number)
            done += len(numbers)
        taken = time.process_time() - start
        print(json.dumps({"rate": done / taken, "right": right, "count": count}), flush=True)


# ── the table ──


class Child:
    """An evaluator in a process of its own."""

    def __init__(self, python: str, name: str, seconds: float) -> None:
        command = [python, str(Path(__file__).resolve()), "--serve", name, "--seconds", str(seconds)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def measure(self, workload: str) -> Json:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(workload + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"the evaluator ended with exit code {self.process.wait()}")
        found: Json = json.loads(line)
        return found

    def close(self) -> None:
        self.process.communicate()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7, help="counted rounds, in turns")
    parser.add_argument("--seconds", type=float, default=0.2, help="CPU seconds of one measurement")
    parser.add_argument("--serve", choices=NAMES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve, options.seconds)
        return 0
    from scripts.outside import ensure

    pythons = {"ours": sys.executable, **{name: str(ensure(name)) for name in NAMES[1:]}}
    children = {name: Child(python, name, options.seconds) for name, python in pythons.items()}
    print(
        f"{'decisions per CPU second':<24}{'ours':>10}{'moto':>10}{'ratio':>7}{'ministack':>11}{'ratio':>7}  right"
    )
    for workload in WORKLOADS:
        rounds: list[dict[str, Json]] = []
        for turn in range(options.rounds + 1):
            order = NAMES if turn % 2 else NAMES[::-1]
            found = {name: children[name].measure(workload) for name in order}
            if turn:  # the first fills the caches
                rounds.append(found)
        rates = {name: statistics.median(one[name]["rate"] for one in rounds) for name in NAMES}
        ratios = {
            name: statistics.median(one["ours"]["rate"] / one[name]["rate"] for one in rounds) for name in NAMES
        }
        right = ", ".join(f"{rounds[0][name]['right']}" for name in NAMES) + f" of {rounds[0]['ours']['count']}"
        print(
            f"{workload:<24}{rates['ours']:>10,.0f}{rates['moto']:>10,.0f}{ratios['moto']:>7.2f}"
            f"{rates['ministack']:>11,.0f}{ratios['ministack']:>7.2f}  {right}"
        )
    for child in children.values():
        child.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
