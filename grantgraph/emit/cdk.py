"""The AWS CDK, in TypeScript: a construct that makes the roles, from the application's own constructs.

Its roles are handed out as somebody else's, so that no `grant...` of the CDK adds to what was proved.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from grantgraph.emit.identifiers import Identifiers, camel, logical_id
from grantgraph.emit.parts import (
    OwnPolicy,
    Permission,
    Role,
    name_of_role,
    own_policies_of,
    permissions_of,
    roles_of,
)
from grantgraph.emit.references import Kind, Piece, Reference, References, name_of, references_of
from grantgraph.model import Resource
from grantgraph.policy.document import Policy
from grantgraph.policy.render import render_policy, render_statement
from grantgraph.synthesize import Synthesized
from grantgraph.text import Text

_TYPES: Mapping[str, tuple[str, str, str, str]] = {
    "appsync:graphqlapi": ("appsync", "IGraphqlApi", "arn", "apiId"),
    "cognito-idp:userpool": ("cognito", "IUserPool", "userPoolArn", "userPoolId"),
    "dynamodb:table": ("dynamodb", "ITable", "tableArn", "tableName"),
    "events:event-bus": ("events", "EventBus", "eventBusArn", "eventBusName"),
    "kinesis:stream": ("kinesis", "IStream", "streamArn", "streamName"),
    "kms:key": ("kms", "IKey", "keyArn", "keyId"),
    "s3:bucket": ("s3", "IBucket", "bucketArn", "bucketName"),
    "secretsmanager:secret": ("secretsmanager", "ISecret", "secretArn", "secretName"),
    "sns:topic": ("sns", "ITopic", "topicArn", "topicName"),
    "sqs:queue": ("sqs", "IQueue", "queueArn", "queueName"),
    "ssm:parameter": ("ssm", "IParameter", "parameterArn", "parameterName"),
    "states:stateMachine": ("stepfunctions", "StateMachine", "stateMachineArn", "stateMachineName"),
}
"""Resource type → the module of its construct, its type, and the properties that are its ARN and its name.

A function is given by its name: its construct takes the role that is made here."""

_ADDS = frozenset({"events:event-bus", "kms:key", "s3:bucket", "secretsmanager:secret", "sns:topic", "sqs:queue"})
"""Constructs that take statements for their policies."""

_ENVIRONMENT = {"AWS::Partition": "partition", "AWS::Region": "region", "AWS::AccountId": "account"}


@dataclass(frozen=True, slots=True)
class Code:
    """An expression of TypeScript, as opposed to a text."""

    words: str


def construct(synthesized: Synthesized) -> str:
    """The construct as a file of TypeScript."""
    known = [
        one
        for one in synthesized.application.resources
        if one.type in _TYPES and not one.existing and one.account == synthesized.application.environment.account
    ]
    return _Construct(synthesized, references_of(synthesized, known)).text()


@dataclass(slots=True)
class _Construct:
    synthesized: Synthesized
    references: References
    properties: Identifiers = field(default_factory=lambda: Identifiers(camel))
    variables: Identifiers = field(default_factory=lambda: Identifiers(camel))
    ids: Identifiers = field(default_factory=lambda: Identifiers(logical_id))
    used: dict[str, Resource] = field(default_factory=dict)
    environment: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=lambda: {"iam"})

    def text(self) -> str:
        body = [line for lines in self.body() for line in lines]
        name = logical_id(self.synthesized.application.name)
        properties = list(self.interface())
        stack = ", ".join(sorted(self.environment))
        lines = [
            f"// The roles of {self.synthesized.application.name}, as `grantgraph synth --emit cdk` wrote them.",
            *(['import { Stack } from "aws-cdk-lib";'] if stack else []),
            *(f'import * as {one} from "aws-cdk-lib/aws-{one}";' for one in sorted(self.modules)),
            'import { Construct } from "constructs";',
            "",
            f"export interface {name}RolesProps {{",
            *properties,
            "}",
            "",
            f"export class {name}Roles extends Construct {{",
            *self.members(),
            "",
            f"  constructor(scope: Construct, id: string, props: {name}RolesProps) {{",
            "    super(scope, id);",
            *([f"    const {{ {stack} }} = Stack.of(this);"] if stack else []),
            *body,
            "  }",
            "}",
            *self.by_hand(),
        ]
        return "\n".join(lines) + "\n"

    def interface(self) -> Iterator[str]:
        for id, resource in sorted(self.used.items()):
            module, type, _, _ = _TYPES[resource.type]
            self.modules.add(module)
            yield f"  readonly {self.property(id)}: {module}.{type};"
        for name, description in sorted(self.references.opened.items()):
            yield f"  /** {description.replace('*/', '* /')} */"
            yield f"  readonly {self.property(name)}: string;"

    def members(self) -> Iterator[str]:
        for role in roles_of(self.synthesized):
            if role.trust is not None:
                yield f"  readonly {self.variable(role.principal.id)}: iam.IRole;"

    # ── what the constructor does ──

    def body(self) -> Iterator[Iterable[str]]:
        if self.synthesized.boundary is not None:
            document = self.document(self.synthesized.boundary)
            yield self.new("iam.CfnManagedPolicy", "Boundary", {"policyDocument": document}, "const boundary = ")
        for role in roles_of(self.synthesized):
            if role.trust is not None:
                yield self.role(role)
        for role in roles_of(self.synthesized):
            yield from self.policies(role)
        for permission in permissions_of(self.synthesized):
            yield self.permission(permission)
        for own in own_policies_of(self.synthesized):
            if self.adds(own):
                yield from self.own_policy(own)

    def new(self, type: str, id: str, properties: dict[str, Any], before: str = "") -> list[str]:
        written = _write(properties, "    ")
        return ["", *f'    {before}new {type}(this, "{id}", {written});'.split("\n")]

    def role(self, role: Role) -> Iterable[str]:
        """A role with its trust, handed out as somebody else's."""
        own, variable = logical_id(role.principal.id), f"{self.variable(role.principal.id)}Role"
        name = name_of_role(role)
        properties: dict[str, Any] = {"roleName": name} if isinstance(name, str) else {}
        properties["assumeRolePolicyDocument"] = self.document(role.trust) if role.trust is not None else {}
        if self.synthesized.boundary is not None:
            properties["permissionsBoundary"] = Code("boundary.ref")
        made = self.new("iam.CfnRole", self.ids.of(f"{own} Role"), properties, f"const {variable} = ")
        arguments = f'this, "{self.ids.of(own)}", {variable}.attrArn, {{ mutable: false }}'
        return [*made, f"    this.{self.variable(role.principal.id)} = iam.Role.fromRoleArn({arguments});"]

    def policies(self, role: Role) -> Iterator[Iterable[str]]:
        """The policies of a role: all roles are there by now, so that one may name another."""
        own = logical_id(role.principal.id)
        made = role.trust is not None
        holder: Any = (
            Code(f"{self.variable(role.principal.id)}Role.ref") if made else self.spell(name_of_role(role))
        )
        for policy in role.inline:
            properties = {"policyName": "needs", "roles": [holder], "policyDocument": self.document(policy)}
            yield self.new("iam.CfnPolicy", self.ids.of(f"{own} Policy"), properties)
        for number, policy in enumerate(role.managed, 1):
            id = self.ids.of(f"{own} Policy {number}")
            yield self.new(
                "iam.CfnManagedPolicy", id, {"roles": [holder], "policyDocument": self.document(policy)}
            )

    def permission(self, one: Permission) -> Iterable[str]:
        self.modules.add("lambda")
        properties: dict[str, Any] = {
            "functionName": self.spell(name_of(one.function)),
            "action": one.action,
            "principal": self.spell(one.principal),
        }
        properties |= {"sourceArn": self.spell(one.source_arn)} if one.source_arn != "" else {}
        properties |= {"sourceAccount": self.spell(one.source_account)} if one.source_account != "" else {}
        return self.new("lambda.CfnPermission", self.ids.of(f"{one.function.id} {one.sid}"), properties)

    def adds(self, own: OwnPolicy) -> bool:
        return not own.merge and own.resource.type in _ADDS

    def own_policy(self, own: OwnPolicy) -> Iterator[Iterable[str]]:
        target = self.of_resource(own.resource)
        for statement in own.policy.statements:
            if statement.sid == "Account" and own.resource.type == "kms:key":
                continue  # the CDK writes this one itself
            written = _write(render_statement(statement, self.spell), "    ")
            call = f"    {target}.addToResourcePolicy(iam.PolicyStatement.fromJson({written}));"
            yield ["", *call.split("\n")]

    def by_hand(self) -> Iterator[str]:
        for own in own_policies_of(self.synthesized):
            if not self.adds(own):
                why = own.merge or "its construct takes no statements"
                yield ""
                yield f"// To be merged by hand into the policy of {own.resource.id}: {why}."
                text = json.dumps(render_policy(own.policy), indent=2)
                yield from (f"// {line}" for line in text.split("\n"))

    # ── texts ──

    def document(self, policy: Policy) -> dict[str, Any]:
        return render_policy(policy, self.spell)

    def spell(self, value: Text) -> Any:
        pieces = self.references.pieces(value)
        if len(pieces) == 1 and isinstance(pieces[0], Reference):
            return Code(self.expression(pieces[0]))
        if all(isinstance(piece, str) for piece in pieces):
            return "".join(piece for piece in pieces if isinstance(piece, str))
        return Code("`" + "".join(map(self.in_template, pieces)) + "`")

    def in_template(self, piece: Piece) -> str:
        if isinstance(piece, str):
            return piece.replace("\\", "\\\\").replace("`", "\\`").replace("${", "\\${")
        return f"${{{self.expression(piece)}}}"

    def expression(self, one: Reference) -> str:
        match one.kind:
            case Kind.ENVIRONMENT:
                self.environment.add(_ENVIRONMENT[one.of])
                return _ENVIRONMENT[one.of]
            case Kind.OPEN:
                return f"props.{self.property(one.of)}"
            case Kind.ROLE_ARN | Kind.ROLE_NAME:
                attribute = "attrArn" if one.kind is Kind.ROLE_ARN else "ref"
                return f"{self.variable(one.of)}Role.{attribute}"
            case _:
                (resource,) = (own for own in self.synthesized.application.resources if own.id == one.of)
                _, _, arn, name = _TYPES[resource.type]
                return f"{self.of_resource(resource)}.{arn if one.kind is Kind.ARN else name}"

    def of_resource(self, resource: Resource) -> str:
        self.used[resource.id] = resource
        return f"props.{self.property(resource.id)}"

    def property(self, name: str) -> str:
        return self.properties.of(name)

    def variable(self, name: str) -> str:
        return self.variables.of(name)


def _write(value: Any, indent: str) -> str:
    """A value as TypeScript writes it."""
    match value:
        case Code():
            return value.words
        case dict() if value:
            inner = indent + "  "
            members = [f"{inner}{_key(key)}: {_write(member, inner)}," for key, member in value.items()]
            return "\n".join(["{", *members, indent + "}"])
        case list() if len(value) > 1 or any(isinstance(member, dict) for member in value):
            inner = indent + "  "
            return "\n".join(["[", *(f"{inner}{_write(member, inner)}," for member in value), indent + "]"])
        case list():
            return "[" + ", ".join(_write(member, indent) for member in value) + "]"
        case _:
            return json.dumps(value)


def _key(name: str) -> str:
    return name if re.fullmatch("[A-Za-z_$][A-Za-z0-9_$]*", name) else json.dumps(name)
