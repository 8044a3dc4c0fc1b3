"""What resources are called: names, ARNs, and what `Ref` and `Fn::GetAtt` give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from grantgraph.policy.arn import parse_arn
from grantgraph.resources import fill
from grantgraph.sources._cloudformation.template import Declared
from grantgraph.sources._cloudformation.types import (
    ALIAS,
    PLAIN_REFS,
    VERSION,
    attribute_template,
    named_types,
)
from grantgraph.text import Text, Unknown, parts_of, text

if TYPE_CHECKING:
    from grantgraph.sources._cloudformation.assembly import Assembly

ARN = "${arn}"
_FUNCTION_ARN = "arn:${partition}:lambda:${region}:${account}:function:${name}"
PARTS: Mapping[str, tuple[str, str]] = {
    ALIAS: ("FunctionName", ":${name}"),
    VERSION: ("FunctionName", ":${made}"),
    "AWS::Kinesis::StreamConsumer": ("StreamARN", "/consumer/${name}:${made}"),
    "AWS::SecretsManager::RotationSchedule": ("SecretId", ""),
    "AWS::SecretsManager::SecretTargetAttachment": ("SecretId", ""),
}
"""Types that are a part of another resource: the property that names it, and how its ARN goes on."""
# type → the property whose text `Ref` gives
_REFS: Mapping[str, str] = {
    "AWS::ApiGateway::Stage": "StageName",
    "AWS::ApiGatewayV2::Stage": "StageName",
    "AWS::Cognito::UserPoolGroup": "GroupName",
}
_ARN_ATTRIBUTES = ("AliasArn", "ConsumerARN", "FunctionArn")


class Names:
    """The names of an assembly's resources, each made once."""

    def __init__(self, assembly: Assembly) -> None:
        self.assembly = assembly
        self._known: dict[int, Text] = {}
        self._arns: dict[int, Text] = {}

    def name(self, one: Declared) -> Text:
        """The name of a resource: the one that it is given, or one that AWS makes."""
        if id(one) not in self._known:
            self._known[id(one)] = self._make_name(one)
        return self._known[id(one)]

    def _make_name(self, one: Declared) -> Text:
        if one.logical_id in one.stack.names:
            return one.stack.names[one.logical_id]
        reason = f"the name of `{one.owner}` is made at deployment"
        generated: Text = text((Unknown(one.owner, reason, generated=True),))
        type = named_types().get(one.type)
        if type is None or not type.name_property:
            return generated
        written = self.assembly.written(one, type.name_property)
        given = self.assembly.of_stack(one.stack).name_of(one.owner, written) if written else None
        if given is None or given == "":
            return generated
        if type.name == "secretsmanager:secret":
            return text((given, "-", Unknown(f"{one.owner}.Suffix", "six letters that AWS adds", generated=True)))
        return given

    def arn(self, one: Declared) -> Text | None:
        """The ARN of a resource whose type is known."""
        type = named_types().get(one.type)
        return self._fill(one, type.arn) if type else None

    def _fill(self, one: Declared, template: str) -> Text:
        type = named_types()[one.type]
        environment = one.stack.environment
        label = Unknown(f"{one.owner}.StreamLabel", "the label of a stream is a time", generated=True)
        values: dict[str, Text] = {
            "partition": environment.partition,
            "region": environment.region,
            "account": environment.account,
            "name": self._name_in_arn(one),
            "path": self._path(one) if "${path}" in type.arn else "",
            "label": text((label,)),
        }
        if id(one) not in self._arns:
            self._arns[id(one)] = fill(type.arn, **values)
        values["arn"] = self._arns[id(one)]
        return values["arn"] if template in (type.arn, ARN) else fill(template, **values)

    def _name_in_arn(self, one: Declared) -> Text:
        """The name as the ARN has it: that of a stored parameter goes without the slash that it may begin with."""
        name = self.name(one)
        if named_types()[one.type].name != "ssm:parameter":
            return name
        first, *rest = parts_of(name) or ("",)
        if isinstance(first, Unknown) and not first.generated:
            reason = f"whether `{name}` begins with a slash is not known here"
            return text((Unknown(f"{one.owner} without a slash", reason),))
        return text((first.removeprefix("/") if isinstance(first, str) else first, *rest))

    def _path(self, one: Declared) -> Text:
        """The path in front of an identity's name."""
        written = self.assembly.written(one, "Path")
        return (self.assembly.of_stack(one.stack).name_of(one.owner, written) if written else None) or "/"

    def arns(self, one: Declared) -> tuple[Text, ...]:
        """Every ARN that means a resource of a known type: its own, and that of a table's stream."""
        stream = attribute_template(named_types()[one.type], "StreamArn")
        return self._fill(one, ARN), *((self._fill(one, stream),) if stream else ())

    def ref(self, one: Declared) -> Text:
        """What `Ref` gives for a resource."""
        type = named_types().get(one.type)
        if type is not None and type.ref in ("name", "arn"):
            return self.name(one) if type.ref == "name" else self._fill(one, type.arn)
        if type is None and one.logical_id in one.stack.names:
            return one.stack.names[one.logical_id]
        part = self._given(one) or self._part_of_another(one)
        if part is not None:
            return part
        is_id = type is not None or one.type in PLAIN_REFS
        return text((Unknown(f"{one.owner}.Ref", f"what `{one.owner}` is called is made at deployment", is_id),))

    def _given(self, one: Declared) -> Text | None:
        """The property that `Ref` gives, for a type that is named by one and is no resource of its own."""
        written = self.assembly.written(one, _REFS[one.type]) if one.type in _REFS else None
        return self.assembly.of_stack(one.stack).name_of(f"{one.owner}.Ref", written) if written else None

    def _part_of_another(self, one: Declared) -> Text | None:
        """The ARN of a version or an alias, of a secret that is attached, of a stream's consumer."""
        if one.type not in PARTS:
            return None
        key, suffix = PARTS[one.type]
        written = self.assembly.written(one, key)
        whole = self.assembly.of_stack(one.stack).name_of(f"{one.owner}.Ref", written) if written else None
        if whole is None:
            return None
        if one.type in (ALIAS, VERSION) and parse_arn(whole) is None:
            where = one.stack.environment
            whole = fill(
                _FUNCTION_ARN, partition=where.partition, region=where.region, account=where.account, name=whole
            )
        named = self.assembly.written(one, "Name")
        name = self.assembly.of_stack(one.stack).name_of(one.owner, named) if named else None
        made = Unknown(f"{one.owner}.Ref", f"the number of `{one.owner}` is made at deployment", generated=True)
        return text((whole, fill(suffix, name=name or text((made,)), made=text((made,)))))

    def attribute(self, one: Declared, attribute: str) -> Text:
        """What `Fn::GetAtt` gives for a resource."""
        type = named_types().get(one.type)
        template = attribute_template(type, attribute) if type else None
        if template is not None:
            return self._fill(one, template)
        if type is None and attribute.endswith("Id") and one.logical_id in one.stack.names:
            return one.stack.names[one.logical_id]
        if attribute in _ARN_ATTRIBUTES and one.type in PARTS:
            return self.ref(one)
        reason = f"`{attribute}` of `{one.owner}` is decided at deployment"
        return text((Unknown(f"{one.owner}.{attribute}", reason),))
