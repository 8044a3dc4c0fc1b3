"""Anyone can reach code that writes.

What it proves: no entry point that lets everyone in (a route without an authorizer, an open function URL) runs
code whose role may change anything, beside what Lambda itself needs: logs, traces, metrics, network interfaces.

Why it matters: a policy for guests says nothing about what they get done through your code. A route without an
authorizer is open to the whole internet, and its function acts with all the rights of its role: one that signs
upload URLs hands out the bucket.

Example: a route `POST /presigned-url` with `AuthorizationType: NONE`, whose function may `s3:PutObject`.

How the evidence reads: the path leads from the caller to the role, step by step with its place in the input; the
witness is one request that this role can sign. What the code does with it is not IAM's to decide.

How to fix: give the route an authorizer (IAM, or a token of the user pool), or leave the function's role no more
than what anyone may do.

When to accept it: webhooks and forms that are meant for everybody, whose code checks what comes in.

References: rules 177, 178 and 182 of docs/semantics.md.
"""

from collections.abc import Iterator

from grantgraph.rules import (
    CHANGING,
    Action,
    Authorizer,
    Doubt,
    Finding,
    Grant,
    Path,
    Permissions,
    Principal,
    Rule,
    Severity,
    Step,
    Way,
    caller_of,
    doubts_of,
    gather,
    name_actions,
    name_place,
)

ID = "GG301"


def check(permissions: Permissions) -> Iterator[Finding | Doubt]:
    for problem in permissions.lost_ways():
        yield Doubt(ID, "", problem.message, problem.at)
    for way in permissions.ways():
        entry = way.entry
        if entry.authorizer is Authorizer.UNKNOWN:
            yield Doubt(ID, "", f"who may ask for `{entry.id}` is not known here", entry.at)
        elif caller_of(entry) == "anyone" and way.role is None:
            what = f"as whom `{way.runs.id}` runs" if way.runs is not None else f"what `{entry.id}` runs"
            yield Doubt(ID, "", f"{what} is not known here, and anyone may ask for `{entry.id}`", entry.at)
        elif caller_of(entry) == "anyone" and way.role is not None:
            grants = [one for one in permissions.grants(way.role, CHANGING) if not one.for_everyone]
            yield from doubts_of(ID, way.role, grants, _is_of_the_application)
            for together in gather(one for one in grants if any(map(_is_of_the_application, one.actions()))):
                yield _finding(way, way.role, together)


_RUNTIME = ("logs:", "xray:", "cloudwatch:PutMetricData", "ec2:")
"""What Lambda itself needs of a function's role: lines of a log, traces, metrics, network interfaces."""


def _is_of_the_application(action: Action) -> bool:
    return not str(action).startswith(_RUNTIME)


def _finding(way: Way, role: Principal, together: tuple[Grant, ...]) -> Finding:
    first = together[0]
    actions = [action for grant in together for action in grant.actions() if _is_of_the_application(action)]
    place = name_place(together)
    steps = [Step(f"anyone may ask for `{way.entry.id}`: it has no authorizer", way.entry.at)]
    if way.runs is not None:
        steps.append(Step(f"it runs `{way.runs.id}`, as `{role.id}`", way.runs.at))
    else:
        steps.append(Step(f"it acts as `{role.id}`", role.at))
    steps.append(Step(f"`{role.id}` may write to {place}", first.place(actions)))
    return Finding(
        ID,
        Severity.MEDIUM,
        role.id,
        f"anyone can reach {place} through `{way.entry.id}`: {name_actions(actions)}",
        Path(tuple(steps), role.id, first.witness(actions[0])),
        way.entry.at,
        f"give `{way.entry.id}` an authorizer, or `{role.id}` less to do",
        tuple(map(str, actions)),
        first.resource or ", ".join(grant.service for grant in together),
    )


RULE = Rule(ID, "anyone can reach code that writes", Severity.MEDIUM, check)
