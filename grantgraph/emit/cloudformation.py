"""CloudFormation and SAM: a template that is complete by itself, or a part of one.

A role's policies are resources of their own: a function needs its role, and its role's policy may need the
function's name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from grantgraph.emit.identifiers import Identifiers, logical_id
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
from grantgraph.emit.yaml import Tagged, dump
from grantgraph.model import PrincipalType, Resource
from grantgraph.policy.document import Policy
from grantgraph.policy.render import render_policy
from grantgraph.resources import resource_types
from grantgraph.synthesize import Synthesized
from grantgraph.text import Text

Json = dict[str, Any]
BOUNDARY = "Boundary"
SAM = "AWS::Serverless-2016-10-31"


def template(synthesized: Synthesized, sam: bool = False, by_id: bool = False) -> str:
    """The template as YAML.

    Args:
        sam: for the SAM command line.
        by_id: takes the model's names for the logical ids of the template that this goes into.

    Raises:
        UsageError: a name of the model cannot be a logical id.
    """
    by_id = by_id or synthesized.application.binding is not None
    known = referable(synthesized) if by_id else ()
    references = references_of(synthesized, known, roles_there(synthesized))
    check_boundary(synthesized, references)
    return _Template(synthesized, references, sam, by_id).text()


@dataclass(slots=True)
class _Template:
    synthesized: Synthesized
    references: References
    sam: bool
    by_id: bool
    ids: Identifiers = field(default_factory=lambda: Identifiers(logical_id))

    def text(self) -> str:
        application = self.synthesized.application
        taken = [one.id for one in application.resources]
        taken += [one.id for one in application.principals] if application.binding is not None else []
        for id in taken if self.by_id else ():
            self.ids.given[id] = id
        resources = dict(self.resources())
        outputs = {
            f"{self.role_id(one)}Arn": {"Value": Tagged("GetAtt", f"{self.role_id(one)}.Arn")}
            for one in roles_of(self.synthesized)
            if one.trust is not None
        }
        by_hand = self.by_hand()
        opened = {
            self.parameter(name): {"Type": "String", "Description": description}
            for name, description in sorted(self.references.opened.items())
        }
        whole: Json = {"AWSTemplateFormatVersion": "2010-09-09"}
        whole |= {"Transform": SAM} if self.sam else {}
        whole |= {"Description": f"Roles and policies of {self.synthesized.application.name}"}
        whole |= {"Parameters": opened} if opened else {}
        whole |= {"Resources": resources} | ({"Outputs": outputs} if outputs else {})
        return dump(whole) + by_hand

    # ── resources ──

    def resources(self) -> Iterator[tuple[str, Json]]:
        if self.synthesized.boundary is not None:
            document = self.document(self.synthesized.boundary)
            yield BOUNDARY, {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document}}
        for role in roles_of(self.synthesized):
            yield from self.role(role)
        if self.sam and self.by_id and self.synthesized.application.binding is None:
            yield from self.functions()
        for permission in permissions_of(self.synthesized):
            yield self.permission(permission)
        for own in own_policies_of(self.synthesized):
            if not own.merge:
                yield from self.own_policy(own)

    def role_id(self, role: Role) -> str:
        return self.ids.of(f"role {role.principal.id}", f"{role.principal.id} Role")

    def role(self, role: Role) -> Iterator[tuple[str, Json]]:
        id = self.role_id(role)
        name = name_of_role(role)
        if role.trust is not None:
            properties: Json = {"RoleName": name} if isinstance(name, str) else {}
            properties["AssumeRolePolicyDocument"] = self.document(role.trust)
            if self.synthesized.boundary is not None:
                properties["PermissionsBoundary"] = Tagged("Ref", BOUNDARY)
            yield id, {"Type": "AWS::IAM::Role", "Properties": properties}
        holder = Tagged("Ref", id) if role.trust is not None else self.spell(name)
        if role.principal.id in self.references.there:
            holder = Tagged("Ref", role.principal.id)
        for number, policy in enumerate(role.inline, 1):
            key = f"inline {role.principal.id} {number}"
            properties = {"PolicyName": "needs", "Roles": [holder], "PolicyDocument": self.document(policy)}
            yield (
                self.ids.of(key, f"{role.principal.id} Policy"),
                {
                    "Type": "AWS::IAM::Policy",
                    "Properties": properties,
                },
            )
        for number, policy in enumerate(role.managed, 1):
            key = f"managed {role.principal.id} {number}"
            yield (
                self.ids.of(key, f"{role.principal.id} Policy"),
                {
                    "Type": "AWS::IAM::ManagedPolicy",
                    "Properties": {"Roles": [holder], "PolicyDocument": self.document(policy)},
                },
            )

    def functions(self) -> Iterator[tuple[str, Json]]:
        """The functions of the template that this goes into: SAM would give each a role of its own."""
        for role in roles_of(self.synthesized):
            if role.principal.type is PrincipalType.FUNCTION:
                arn = Tagged("GetAtt", f"{self.role_id(role)}.Arn")
                yield role.principal.id, {"Type": "AWS::Serverless::Function", "Properties": {"Role": arn}}

    def permission(self, one: Permission) -> tuple[str, Json]:
        properties: Json = {
            "FunctionName": self.spell(name_of(one.function)),
            "Action": one.action,
            "Principal": self.spell(one.principal),
        }
        if one.source_arn != "":
            properties["SourceArn"] = self.spell(one.source_arn)
        if one.source_account != "":
            properties["SourceAccount"] = self.spell(one.source_account)
        id = self.ids.of(f"permission {one.function.id} {one.sid}", f"{one.function.id} {one.sid}")
        return id, {"Type": "AWS::Lambda::Permission", "Properties": properties}

    def own_policy(self, own: OwnPolicy) -> Iterator[tuple[str, Json]]:
        """What puts a policy on a resource; nothing where only the resource itself can."""
        document, name = self.document(own.policy), self.spell(name_of(own.resource))
        arn = self.spell(own.resource.arn)
        id = self.ids.of(f"policy {own.resource.id}", f"{own.resource.id} Policy")
        match own.resource.type:
            case "sqs:queue":
                yield (
                    id,
                    _of("AWS::SQS::QueuePolicy", Queues=[self.queue_url(own.resource)], PolicyDocument=document),
                )
            case "sns:topic":
                yield id, _of("AWS::SNS::TopicPolicy", Topics=[arn], PolicyDocument=document)
            case "s3:bucket":
                yield id, _of("AWS::S3::BucketPolicy", Bucket=name, PolicyDocument=document)
            case "secretsmanager:secret":
                yield id, _of("AWS::SecretsManager::ResourcePolicy", SecretId=arn, ResourcePolicy=document)
            case "kinesis:stream":
                yield id, _of("AWS::Kinesis::ResourcePolicy", ResourceArn=arn, ResourcePolicy=document)
            case "events:event-bus":
                for one in document["Statement"]:
                    key = self.ids.of(f"policy {own.resource.id} {one['Sid']}", f"{own.resource.id} {one['Sid']}")
                    yield (
                        key,
                        _of(
                            "AWS::Events::EventBusPolicy", EventBusName=name, StatementId=one["Sid"], Statement=one
                        ),
                    )

    def queue_url(self, queue: Resource) -> Any:
        if Reference(Kind.ARN, queue.id) in self.references.arns.values():
            return Tagged("Ref", queue.id)
        name = "".join(map(self.in_sub, self.references.pieces(name_of(queue))))
        return Tagged("Sub", f"https://sqs.${{AWS::Region}}.${{AWS::URLSuffix}}/${{AWS::AccountId}}/{name}")

    def by_hand(self) -> str:
        """What a template cannot put where it belongs, as comments: policies to be merged into what is there."""
        lines = []
        for own in own_policies_of(self.synthesized):
            if not own.merge and any(True for _ in self.own_policy(own)):
                continue
            type = resource_types()[own.resource.type]
            why = own.merge or f"{type.cloudformation} has no other place for it than `{type.policy_property}`"
            lines += ["", f"To be merged by hand into the policy of {own.resource.id}: {why}."]
            lines += dump(self.document(own.policy)).splitlines()
        return "".join(f"# {line}".rstrip() + "\n" for line in lines)

    # ── texts ──

    def document(self, policy: Policy) -> Json:
        return render_policy(policy, self.spell)

    def spell(self, value: Text) -> Any:
        pieces = self.references.pieces(value)
        match pieces:
            case ():
                return ""
            case (str(word),):
                return word
            case (Reference() as only,):
                inside = self.in_sub(only)[2:-1]
                return Tagged("GetAtt" if "." in inside else "Ref", inside)
            case _:
                return Tagged("Sub", "".join(map(self.in_sub, pieces)))

    def in_sub(self, piece: Piece) -> str:
        """A piece inside `Fn::Sub`, where a policy variable has to be kept from being resolved."""
        if isinstance(piece, str):
            return piece.replace("${", "${!")
        match piece.kind:
            case Kind.ENVIRONMENT:
                return f"${{{piece.of}}}"
            case Kind.OPEN:
                return f"${{{self.parameter(piece.of)}}}"
            case Kind.ROLE_THERE:
                return f"${{{piece.of}}}"
            case Kind.ROLE_NAME | Kind.ROLE_ARN:
                id = self.ids.of(f"role {piece.of}", f"{piece.of} Role")
                return f"${{{id}.Arn}}" if piece.kind is Kind.ROLE_ARN else f"${{{id}}}"
            case _:
                return self.of_resource(piece)

    def of_resource(self, piece: Reference) -> str:
        """The name or ARN of a resource of the template: what `Ref` gives, or the attribute that is it."""
        (resource,) = (one for one in self.synthesized.application.resources if one.id == piece.of)
        inside = inside_sub(resource, piece.kind)
        return inside or "".join(map(self.in_sub, self.references.pieces_of_names(resource.arn)))

    def parameter(self, name: str) -> str:
        return self.ids.of(f"open {name}", name)


def inside_sub(resource: Resource, kind: Kind) -> str:
    """The name or ARN of a resource inside `Fn::Sub`; "" where no function gives it."""
    type = resource_types()[resource.type]
    wanted = "arn" if kind is Kind.ARN else "name"
    if type.ref == wanted:
        return f"${{{resource.id}}}"
    template = f"${{{wanted}}}"
    attribute = next((name for name, value in type.attributes.items() if value == template), "")
    return f"${{{resource.id}.{attribute}}}" if attribute else ""


def _of(type: str, **properties: Any) -> Json:
    return {"Type": type, "Properties": properties}
