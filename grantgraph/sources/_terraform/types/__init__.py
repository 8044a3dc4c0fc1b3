"""What is known of Terraform's resource types: how each is said in CloudFormation's words.

One file a group of services; each offers `TERRAFORM_TYPES`, and nothing is registered. A type that no file
offers is counted, and no part of the model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from grantgraph.discovery import discover
from grantgraph.node import Node
from grantgraph.sources._terraform.document import Instance
from grantgraph.text import Text

if TYPE_CHECKING:
    from grantgraph.sources._terraform.reader import Reader

Properties: TypeAlias = "Mapping[str, Node | None]"
Writer: TypeAlias = "Callable[[Reader, Instance], Properties | None]"


@dataclass(frozen=True, slots=True)
class TerraformType:
    """One type of resource.

    Attributes:
        name: the type, as an address spells it.
        cloudformation: its CloudFormation type, "" when it only adds to other resources.
        write: its CloudFormation properties; what it adds to others goes through the reader.
        named_by: the attribute that ends its ARN.
        prefixed_by: the attribute that a generated name begins with.
        known_by: attributes by whose value others may mean it.
        name_of: its name, where no attribute simply holds it.
        slashes: whether its name may hold a slash.
    """

    name: str
    cloudformation: str
    write: Writer
    named_by: str = ""
    prefixed_by: str = ""
    known_by: tuple[str, ...] = ("id", "arn")
    name_of: Callable[[Reader, Instance], Text] | None = None
    slashes: bool = False


@cache
def terraform_types() -> Mapping[str, TerraformType]:
    """Every type that is understood, by its name."""
    offered = discover(__name__, "TERRAFORM_TYPES")
    return {one.name: one for types in offered for one in types}
