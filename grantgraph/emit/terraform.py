"""Terraform, in its JSON syntax: what a program writes well, and every Terraform reads (`main.tf.json`).

Policies are `aws_iam_policy_document` data, where a policy variable is spelled `&{...}`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from grantgraph.emit.identifiers import Identifiers, snake
from grantgraph.emit.parts import (
    OwnPolicy,
    Permission,
    Role,
    name_of_role,
    own_policies_of,
    permissions_of,
    roles_of,
)
from grantgraph.emit.references import (
    ADDRESS,
    LOGICAL_ID,
    Kind,
    Piece,
    Reference,
    References,
    check_boundary,
    name_of,
    referable,
    references_of,
    roles_there,
)
from grantgraph.model import Resource
from grantgraph.policy.document import Policy
from grantgraph.policy.render import render_policy
from grantgraph.resources import resource_types
from grantgraph.synthesize import Synthesized
from grantgraph.text import Text

Json = dict[str, Any]

_ENVIRONMENT: Mapping[str, tuple[str, str]] = {
    "AWS::Partition": ("aws_partition", "partition"),
    "AWS::Region": ("aws_region", "region"),
    "AWS::AccountId": ("aws_caller_identity", "account_id"),
}
_ARNS: Mapping[str, str] = {"execute-api:api": "execution_arn", "execute-api:rest-api": "execution_arn"}
_NAMES: Mapping[str, str] = {
    "appsync:graphqlapi": "id",
    "cognito-idp:userpool": "id",
    "execute-api:api": "id",
    "execute-api:rest-api": "id",
    "kms:key": "key_id",
    "lambda:function": "function_name",
    "s3:bucket": "bucket",
}
"""Attributes that are the name in an ARN, where they are not called `name`."""

_OWN_POLICIES: Mapping[str, tuple[str, str, str]] = {
    "dynamodb:table": ("aws_dynamodb_resource_policy", "resource_arn", "arn"),
    "events:event-bus": ("aws_cloudwatch_event_bus_policy", "event_bus_name", "name"),
    "execute-api:rest-api": ("aws_api_gateway_rest_api_policy", "rest_api_id", "name"),
    "kinesis:stream": ("aws_kinesis_resource_policy", "resource_arn", "arn"),
    "kms:key": ("aws_kms_key_policy", "key_id", "name"),
    "s3:bucket": ("aws_s3_bucket_policy", "bucket", "name"),
    "secretsmanager:secret": ("aws_secretsmanager_secret_policy", "secret_arn", "arn"),
    "sns:topic": ("aws_sns_topic_policy", "arn", "arn"),
    "sqs:queue": ("aws_sqs_queue_policy", "queue_url", "url"),
}
"""Resource type → the Terraform type of its policy, the argument that names it, and what of it that is."""


def configuration(synthesized: Synthesized, by_id: bool = False) -> str:
    """The configuration as JSON; with `by_id` the model's names are those of resources of the same module."""
    bound = synthesized.application.binding is not None
    spelled = ADDRESS if bound else LOGICAL_ID
    known = referable(synthesized, spelled) if by_id or bound else ()
    references = references_of(synthesized, known, roles_there(synthesized, spelled))
    check_boundary(synthesized, references)
    return _Configuration(synthesized, references).text()


@dataclass(slots=True)
class _Configuration:
    synthesized: Synthesized
    references: References
    ids: Identifiers = field(default_factory=lambda: Identifiers(snake))
    used: dict[str, Json] = field(default_factory=dict)
    documents: dict[str, Json] = field(default_factory=dict)

    def text(self) -> str:
        resources: dict[str, dict[str, Json]] = {}
        for type, id, body in self.resources():
            resources.setdefault(type, {})[id] = body
        outputs = dict(self.outputs())
        opened = {
            self.variable(name): {"type": "string", "description": description}
            for name, description in sorted(self.references.opened.items())
        }
        whole: Json = {
            "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": ">= 6.0"}}},
            "variable": opened,
            "data": {**self.used, "aws_iam_policy_document": self.documents},
            "resource": resources,
            "output": outputs,
        }
        return json.dumps({key: value for key, value in whole.items() if value}, indent=2) + "\n"

    # ── resources ──

    def resources(self) -> Iterator[tuple[str, str, Json]]:
        name = snake(self.synthesized.application.name)
        if self.synthesized.boundary is not None:
            policy = self.document("boundary", self.synthesized.boundary)
            yield "aws_iam_policy", "boundary", {"name_prefix": f"{name}-boundary-", "policy": policy}
        for role in roles_of(self.synthesized):
            yield from self.role(role)
        for permission in permissions_of(self.synthesized):
            yield self.permission(permission)
        for own in own_policies_of(self.synthesized):
            if not own.merge and own.resource.type in _OWN_POLICIES:
                yield self.own_policy(own)

    def role_id(self, principal: str) -> str:
        return self.ids.of(f"role {principal}", principal)

    def role(self, role: Role) -> Iterator[tuple[str, str, Json]]:
        id = self.role_id(role.principal.id)
        name = name_of_role(role)
        holder = self.spell(name) if role.trust is None else f"${{aws_iam_role.{id}.name}}"
        if role.principal.id in self.references.there:
            holder = f"${{{role.principal.id}.name}}"
        if role.trust is not None:
            body: Json = {"name": name} if isinstance(name, str) else {"name_prefix": f"{id[:30]}-"}
            body["assume_role_policy"] = self.document(f"{id}_trust", role.trust)
            if self.synthesized.boundary is not None:
                body["permissions_boundary"] = "${aws_iam_policy.boundary.arn}"
            yield "aws_iam_role", id, body
        for policy in role.inline:
            body = {"name": "needs", "role": holder, "policy": self.document(id, policy)}
            yield "aws_iam_role_policy", id, body
        for number, policy in enumerate(role.managed, 1):
            own = f"{id}_{number}"
            yield "aws_iam_policy", own, {"name_prefix": f"{id[:30]}-", "policy": self.document(own, policy)}
            arn = f"${{aws_iam_policy.{own}.arn}}"
            yield "aws_iam_role_policy_attachment", own, {"role": holder, "policy_arn": arn}

    def permission(self, one: Permission) -> tuple[str, str, Json]:
        body: Json = {
            "statement_id": one.sid,
            "action": one.action,
            "function_name": self.spell(name_of(one.function)),
            "principal": self.spell(one.principal),
        }
        body |= {"source_arn": self.spell(one.source_arn)} if one.source_arn != "" else {}
        body |= {"source_account": self.spell(one.source_account)} if one.source_account != "" else {}
        id = self.ids.of(f"permission {one.function.id} {one.sid}", f"{one.function.id} {one.sid}")
        return "aws_lambda_permission", id, body

    def own_policy(self, own: OwnPolicy) -> tuple[str, str, Json]:
        type, argument, what = _OWN_POLICIES[own.resource.type]
        id = self.ids.of(f"policy {own.resource.id}", own.resource.id)
        place = {
            "arn": lambda: self.spell(own.resource.arn),
            "name": lambda: self.spell(name_of(own.resource)),
            "url": lambda: self.queue_url(own.resource),
        }[what]()
        return type, id, {argument: place, "policy": self.document(f"{id}_own", own.policy)}

    def queue_url(self, queue: Resource) -> str:
        if Reference(Kind.ARN, queue.id) in self.references.arns.values():
            return f"${{{self.address(queue)}.url}}"
        region, account = (self.of_environment(name) for name in ("AWS::Region", "AWS::AccountId"))
        suffix = self.of_environment("AWS::Partition").replace(".partition}", ".dns_suffix}")
        return f"https://sqs.{region}.{suffix}/{account}/{self.spell(name_of(queue))}"

    def outputs(self) -> Iterator[tuple[str, Json]]:
        for role in roles_of(self.synthesized):
            if role.trust is not None:
                id = self.role_id(role.principal.id)
                yield f"{id}_role_arn", {"value": f"${{aws_iam_role.{id}.arn}}"}
        for own in own_policies_of(self.synthesized):
            if own.merge or own.resource.type not in _OWN_POLICIES:
                id = self.ids.of(f"policy {own.resource.id}", own.resource.id)
                why = own.merge or "it has no resource for its policy"
                value = self.document(f"{id}_own", own.policy)
                yield f"{id}_policy", {"description": f"To be merged by hand: {why}", "value": value}

    # ── policies ──

    def document(self, id: str, policy: Policy) -> str:
        """A policy as data of its own, and the reference to its text."""
        statements = render_policy(policy, self.in_policy)["Statement"]
        self.documents[id] = {"version": "2012-10-17", "statement": [_block(one) for one in statements]}
        return f"${{data.aws_iam_policy_document.{id}.json}}"

    # ── texts ──

    def in_policy(self, value: Text) -> str:
        return "".join(
            piece.replace("${", "&{").replace("%{", "%%{") if isinstance(piece, str) else self.reference(piece)
            for piece in self.references.pieces(value)
        )

    def spell(self, value: Text) -> str:
        return "".join(map(self.piece, self.references.pieces(value)))

    def piece(self, piece: Piece) -> str:
        if isinstance(piece, str):
            return piece.replace("${", "$${").replace("%{", "%%{")
        return self.reference(piece)

    def reference(self, one: Reference) -> str:
        match one.kind:
            case Kind.ENVIRONMENT:
                return self.of_environment(one.of)
            case Kind.OPEN:
                return f"${{var.{self.variable(one.of)}}}"
            case Kind.ROLE_ARN:
                return f"${{aws_iam_role.{self.role_id(one.of)}.arn}}"
            case Kind.ROLE_THERE:
                return f"${{{one.of}.name}}"
            case Kind.ROLE_NAME:
                return f"${{aws_iam_role.{self.role_id(one.of)}.name}}"
            case _:
                (resource,) = (own for own in self.synthesized.application.resources if own.id == one.of)
                type = resource_types()[resource.type]
                names, usual = (_ARNS, "arn") if one.kind is Kind.ARN else (_NAMES, "name")
                return f"${{{self.address(resource)}.{names.get(type.name, usual)}}}"

    def address(self, resource: Resource) -> str:
        """What the code calls a resource; the ids of a plan are addresses already."""
        if self.synthesized.application.binding is not None:
            return resource.id
        return f"{resource_types()[resource.type].terraform}.{resource.id}"

    def of_environment(self, name: str) -> str:
        type, attribute = _ENVIRONMENT[name]
        self.used[type] = {"current": {}}
        return f"${{data.{type}.current.{attribute}}}"

    def variable(self, name: str) -> str:
        return self.ids.of(f"open {name}", name)


def _block(statement: Json) -> Json:
    """A statement as a block of `aws_iam_policy_document`."""
    found: Json = {"sid": statement["Sid"]} if "Sid" in statement else {}
    found["effect"] = statement["Effect"]
    if "Principal" in statement:
        found["principals"] = [
            {"type": kind, "identifiers": _listed(values)} for kind, values in statement["Principal"].items()
        ]
    found["actions"] = _listed(statement["Action"])
    if "Resource" in statement:
        found["resources"] = _listed(statement["Resource"])
    conditions = [
        {"test": operator, "variable": key, "values": _listed(values)}
        for operator, keys in statement.get("Condition", {}).items()
        for key, values in keys.items()
    ]
    return found | ({"condition": conditions} if conditions else {})


def _listed(values: Any) -> list[Any]:
    return values if isinstance(values, list) else [values]
