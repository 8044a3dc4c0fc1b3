"""An application on a server: its resources, its synthesized roles and policies, and a session of each role."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from grantgraph.catalog import Catalog
from grantgraph.evaluate import Caller, CallerKind, Request, Verdict, decide
from grantgraph.model import Application, Principal, PrincipalType, Resource
from grantgraph.node import node_of
from grantgraph.policy import Policy, PolicySet, PolicyType, parse_policy, render_policy
from grantgraph.sources import ReadOptions
from grantgraph.sources.model_yaml import read
from grantgraph.standing import IDENTITY
from grantgraph.synthesize import Attachment, Options, Synthesized, synthesize
from grantgraph.text import Text, text, unknowns_in
from tests.outside.aws import Aws, Call, Credentials, document
from tests.outside.exercises import Around, all_exercises
from tests.outside.exercises.code import MACHINES, call_routes, make_api
from tests.outside.server import ACCOUNT, Server
from tests.outside.visitors import Pool, make_pool

Json = dict[str, Any]
EXERCISES = all_exercises()
FUNCTION = "lambda:function"


@dataclass(slots=True)
class Names:
    """What a model leaves open, and what it is called once it is deployed."""

    known: dict[str, str] = field(default_factory=dict)

    def choose(self, value: Text, name: str = "") -> None:
        """Name what is open in a text: so, or as the model calls it."""
        for unknown in unknowns_in(value):
            self.known.setdefault(unknown.name, name or unknown.name.lower())

    def fill(self, value: Text) -> str:
        """A text with all its names."""
        return re.sub(r"\$\{([^}]*)\}", lambda found: self.known.get(found[1], found[0]), str(value))

    def document(self, policy: Policy) -> Json:
        """A policy with all its names."""
        filled: Json = json.loads(self.fill(json.dumps(render_policy(policy))))
        return filled


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployed application.

    Attributes:
        server: where it is.
        application: the application, with the names that deployment gave.
        synthesized: its policies, with what the model leaves open.
        documents, policies: the same as they were deployed, by name.
        twins: a second resource of each type, which nobody needs.
        pool: the identity pool and its visitors.
        sessions: the credentials of each role that can be assumed there.
    """

    server: Server
    application: Application
    synthesized: Synthesized
    documents: Mapping[str, Json]
    policies: Mapping[str, Policy]
    twins: tuple[Resource, ...]
    pool: Pool
    sessions: Mapping[str, Credentials]

    def calls(self) -> Iterator[Call]:
        """Every call that is made as each role: what some need may ask for, and some more."""
        for resource in (*self.application.resources, *self.twins):
            yield from self.calls_about(resource)
        yield from call_routes(self.application)

    def calls_about(self, resource: Resource) -> Iterator[Call]:
        """The calls about one resource, or about the twin of one."""
        needs = tuple(need for need in self.application.needs if need.to == resource.id.removesuffix(TWIN))
        around = Around(self.server.administrator, self.pool.identities["authenticated"], needs)
        return EXERCISES[resource.type].calls(resource, around)

    def principals(self) -> Iterator[Principal]:
        """Those whose roles can be assumed."""
        return (one for one in self.application.principals if one.id in self.sessions)

    def request(self, principal: Principal, call: Call) -> Request:
        """What a call of a principal asks IAM."""
        arn = _role_elsewhere(principal) if is_elsewhere(principal) else str(principal.arn)
        said = {key.lower(): value for key, value in call.context.items()}
        context = {**said, **self._session(principal)}
        return Request(
            Caller(CallerKind.ROLE, arn, arn.split(":")[4]), call.action, call.resource, context, ACCOUNT
        )

    def _session(self, principal: Principal) -> Mapping[str, str | tuple[str, ...]]:
        kind = principal.type.value.rpartition(":")[2]
        if kind not in self.pool.identities:
            return {}
        prefix = IDENTITY.rpartition(":")[0]
        return {IDENTITY: self.pool.identities[kind], f"{prefix}:aud": self.pool.id, f"{prefix}:amr": (kind,)}

    def verdict(self, request: Request, principal: Principal) -> Verdict:
        """What grantgraph says of a request, under the policies that were deployed."""
        return decide(request, self.policies_at(principal, str(request.resource)))

    def names_of(self, principal: Principal) -> list[str]:
        """The names of a principal's own policies."""
        return [
            name for name in self.policies if name.partition(".policy")[0] == principal.id and ".policy" in name
        ]

    def id_of(self, call: Call) -> str:
        """The resource of the application that a call is about, or ""."""
        return next((one.id for one in self.application.resources if _is_at(call.resource, str(one.arn))), "")

    def policies_at(self, principal: Principal, resource: str) -> PolicySet:
        """Every policy that decides about a principal at a resource."""
        shared = next((one for one in self.application.resources if _is_at(resource, str(one.arn))), None)
        shares = self.policies.get(f"{shared.id}.resource") if shared is not None else None
        if shares is None and resource.startswith("arn:aws:kms:"):
            shares = parse_policy(OF_A_KEY, PolicyType.RESOURCE_BASED).value
        own = [self.policies[name] for name in self.names_of(principal)]
        away = is_elsewhere(principal)
        return PolicySet(
            identity_based=(parse_policy(EVERYTHING, PolicyType.IDENTITY_BASED).value,) if away else tuple(own),
            permissions_boundary=None if away else self.policies.get("boundary"),
            resource_based=shares,
        )


EVERYTHING: Json = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
"""What another account lets its own role do: the application's resources alone decide."""


OF_A_KEY = {
    "Version": "2012-10-17",
    "Statement": {
        **EVERYTHING["Statement"],
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "kms:*",
    },
}
"""The policy that AWS gives a key for which nobody writes one."""


def is_elsewhere(principal: Principal) -> bool:
    """Whether a principal is another account."""
    return principal.type is PrincipalType.ACCOUNT


def _role_elsewhere(principal: Principal) -> str:
    return f"arn:aws:iam::{str(principal.arn).split(':')[4]}:role/{principal.id}"


def _is_at(resource: str, arn: str) -> bool:
    """Whether a resource is at an ARN or below it."""
    pattern = re.escape(arn).replace(r"\?", ".")
    return re.fullmatch(f"{pattern}([:/].*)?", resource, re.DOTALL) is not None


# ── deployment ──


def deploy(server: Server, model: Json, catalog: Catalog, options: Options) -> Deployment:
    """Make what an application has, write its policies, and give them to its roles and resources."""
    admin, names = server.administrator, Names()
    open_model = read(Path("grantgraph.yaml"), node_of(model), ReadOptions())
    functions = [one for one in open_model.resources if one.type == FUNCTION]
    others = [one for one in open_model.resources if one.type != FUNCTION]
    machines = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    admin.client("iam").create_role(RoleName=MACHINES, AssumeRolePolicyDocument=document(machines))
    twins = [_make(admin, one, names) for one in _twins(others)]
    for one in others:
        _make(admin, one, names)
    pool = make_pool(admin)
    names.known["IdentityPool"] = pool.id
    synthesized = synthesize(open_model, catalog, options)
    for principal in open_model.principals:
        names.choose(principal.arn, principal.id)
    _make_roles(admin, synthesized, names)
    twins += [_make(admin, one, names) for one in _twins(functions)]
    for one in functions:
        _make(admin, one, names)
    names.known["Api"] = make_api(admin, open_model, {one.id: names.fill(one.arn) for one in functions})
    for entry in open_model.entry_points:
        names.choose(entry.source_arn)
    application = _filled(open_model, names)
    documents = {name: names.document(policy) for name, policy in synthesized.documents().items()}
    _give(admin, synthesized, documents, application)
    pool.use(
        admin, {one.type.value.rpartition(":")[2]: str(one.arn) for one in application.principals if one.pool}
    )
    sessions = dict(_sessions(server, application, pool))
    policies = {
        name: parse_policy(documents[name], policy.type).value for name, policy in synthesized.documents().items()
    }
    return Deployment(server, application, synthesized, documents, policies, tuple(twins), pool, sessions)


TWIN = "Twin"
"""What the id of a twin ends in."""


def _twins(resources: list[Resource]) -> Iterator[Resource]:
    """A second resource for the first one of each type, with a name like its own."""
    for one in {one.type: one for one in reversed(resources)}.values():
        secret = isinstance(one.arn, str) and one.arn.endswith("-??????")
        arn = str(one.arn).replace("-??????", "-twin-??????") if secret else text([one.arn, "-twin"])
        yield replace(one, id=f"{one.id}{TWIN}", arn=arn)


def _make(admin: Aws, resource: Resource, names: Names) -> Resource:
    """Make a resource, under its own name or under one that AWS gives."""
    own = names if not resource.id.endswith(TWIN) else Names(dict(names.known))
    if resource.type == "kms:key":
        chosen = EXERCISES[resource.type].make(admin, resource)
        own.choose(resource.arn, chosen)
        return replace(resource, arn=own.fill(resource.arn).removesuffix("-twin"))
    own.choose(resource.arn)
    made = replace(resource, arn=own.fill(resource.arn))
    EXERCISES[resource.type].make(admin, made)
    return made


def _make_roles(admin: Aws, synthesized: Synthesized, names: Names) -> None:
    """The roles, each with whom it trusts."""
    iam = admin.client("iam")
    for one in synthesized.syntheses:
        if one.trust is not None:
            trust = json.dumps(names.document(one.trust))
            iam.create_role(RoleName=one.principal.id, AssumeRolePolicyDocument=trust)


def _filled(application: Application, names: Names) -> Application:
    return replace(
        application,
        resources=tuple(replace(one, arn=names.fill(one.arn)) for one in application.resources),
        principals=tuple(replace(one, arn=names.fill(one.arn)) for one in application.principals),
        entry_points=tuple(
            replace(one, arn=names.fill(one.arn), source_arn=names.fill(one.source_arn))
            for one in application.entry_points
        ),
    )


def _give(admin: Aws, synthesized: Synthesized, documents: Mapping[str, Json], application: Application) -> None:
    """Attach every policy as it was written for."""
    iam = admin.client("iam")
    boundary = ""
    if "boundary" in documents:
        made = iam.create_policy(PolicyName="boundary", PolicyDocument=json.dumps(documents["boundary"]))
        boundary = made["Policy"]["Arn"]
    for one in synthesized.syntheses:
        if one.trust is None:
            continue
        if boundary:
            iam.put_role_permissions_boundary(RoleName=one.principal.id, PermissionsBoundary=boundary)
        for number, attached in enumerate(one.attached, 1):
            name = f"{one.principal.id}.policy" + (f"-{number}" if number > 1 else "")
            given = {"PolicyName": name, "PolicyDocument": json.dumps(documents[name])}
            if attached.attachment is Attachment.INLINE:
                iam.put_role_policy(RoleName=one.principal.id, **given)
            else:
                arn = iam.create_policy(**given)["Policy"]["Arn"]
                iam.attach_role_policy(RoleName=one.principal.id, PolicyArn=arn)
    by_id = {one.id: one for one in application.resources}
    for entrance in synthesized.entrances:
        resource = by_id[entrance.resource.id]
        share = EXERCISES[resource.type].share
        assert share is not None, f"no exercise gives a {resource.type} a policy"
        share(admin, resource, documents[f"{resource.id}.resource"])


def _sessions(server: Server, application: Application, pool: Pool) -> Iterator[tuple[str, Credentials]]:
    """A session of each role, as its trust policy permits it on this server."""
    for one in application.principals:
        if one.type is PrincipalType.FUNCTION:
            yield one.id, server.administrator.assume(str(one.arn))
        elif one.pool:
            yield one.id, pool.credentials(server, one.type.value.rpartition(":")[2])
        elif is_elsewhere(one):
            yield one.id, _assume_elsewhere(server, one)


def _assume_elsewhere(server: Server, principal: Principal) -> Credentials:
    """A session of a role of another account, which lets it do everything."""
    account = str(principal.arn).split(":")[4]
    there = server.as_(Credentials(account, "test"))
    iam = there.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": str(principal.arn)}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName=principal.id, AssumeRolePolicyDocument=document(trust))
    iam.put_role_policy(RoleName=principal.id, PolicyName="all", PolicyDocument=json.dumps(EVERYTHING))
    return there.assume(_role_elsewhere(principal))
