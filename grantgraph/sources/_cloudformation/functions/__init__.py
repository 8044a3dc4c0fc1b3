"""The intrinsic functions, one Python function each: (resolver, argument, whole node) → value."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from grantgraph.node import Node
from grantgraph.sources._cloudformation.functions.lists import cidr, length, select, split
from grantgraph.sources._cloudformation.functions.logic import as_value, choose
from grantgraph.sources._cloudformation.functions.lookups import (
    attribute,
    find_in_map,
    get_stack_output,
    import_value,
    opaque,
    reference,
    transform,
)
from grantgraph.sources._cloudformation.functions.texts import base64, join, sub, to_json_string

if TYPE_CHECKING:
    from grantgraph.sources._cloudformation.resolve import Resolver

Function: TypeAlias = "Callable[[Resolver, Node, Node], Node | None]"

FUNCTIONS: Mapping[str, Function] = {
    "Ref": reference,
    "Fn::And": as_value,
    "Fn::Base64": base64,
    "Fn::Cidr": cidr,
    "Fn::Equals": as_value,
    "Fn::FindInMap": find_in_map,
    "Fn::GetAZs": opaque,
    "Fn::GetAtt": attribute,
    "Fn::GetStackOutput": get_stack_output,
    "Fn::If": choose,
    "Fn::ImportValue": import_value,
    "Fn::Join": join,
    "Fn::Length": length,
    "Fn::Not": as_value,
    "Fn::Or": as_value,
    "Fn::Select": select,
    "Fn::Split": split,
    "Fn::Sub": sub,
    "Fn::ToJsonString": to_json_string,
    "Fn::Transform": transform,
}

__all__ = ["FUNCTIONS"]
