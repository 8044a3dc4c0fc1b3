"""One template: its sections, its resources, and the short forms of its functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from grantgraph.model import Environment
from grantgraph.node import Node, expect_fields, expect_keys
from grantgraph.problems import Location, Problems
from grantgraph.text import Text

LOOP = "Fn::ForEach::"
SECTIONS = frozenset(
    {
        "AWSTemplateFormatVersion",
        "Conditions",
        "Description",
        "Globals",
        "Hooks",
        "Mappings",
        "Metadata",
        "Outputs",
        "Parameters",
        "Resources",
        "Rules",
        "Transform",
    }
)


@dataclass(frozen=True, slots=True)
class Construct:
    """What a framework knows of a resource: its path, and the line of the author's own code that made it."""

    path: str
    origin: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """A template and where it is deployed.

    `name` is "" where the stack is named at deployment: a template alone, a nested stack. `constructs` are what a
    framework knows of its resources, by logical id; `names` what ends the ARN of a resource where the source knows
    it. A nested stack has a `parent`, whose template calls it `logical_id`.
    """

    template: Node
    environment: Environment = field(default_factory=Environment)
    name: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    constructs: Mapping[str, Construct] = field(default_factory=dict)
    names: Mapping[str, Text] = field(default_factory=dict)
    parent: Stack | None = None
    logical_id: str = ""

    @property
    def label(self) -> str:
        """What tells its resources from those of other stacks; "" for a template alone."""
        if self.parent is None:
            return self.name
        return f"{self.parent.label}.{self.logical_id}" if self.parent.label else self.logical_id

    def passed(self) -> Mapping[str, Node] | None:
        """The parameters that the stack around this one passes in, as its template writes them.

        None where a function decides which these are.
        """
        if self.parent is None:
            return {}
        node = self.parent.template.get("Resources", self.logical_id, "Properties", "Parameters")
        if node is None:
            return {}
        return None if is_function(node) else node.fields


@dataclass(frozen=True, slots=True, eq=False)
class Declared:
    """A resource of a template, as written.

    `id` is what the application calls it; `owner` what unknown text that it decides is named after.
    """

    stack: Stack
    logical_id: str
    type: str
    id: str
    owner: str
    node: Node

    @property
    def at(self) -> Location:
        """Where it is written, with what a framework says about it."""
        return replace(self.node.at, path=self.construct, origin=self.origin)

    @property
    def construct(self) -> str:
        """Its construct path, "" where there is none."""
        written = self.node.get("Metadata", "aws:cdk:path")
        known = self.stack.constructs.get(self.logical_id)
        return (written.as_str() if written else None) or (known.path if known is not None else "")

    @property
    def origin(self) -> str:
        """The line of the author's own code that made it, "" where nobody says."""
        known = self.stack.constructs.get(self.logical_id)
        return known.origin if known is not None else ""


@dataclass(frozen=True, slots=True, eq=False)
class Sections:
    """The parts of a template that functions speak about; `resources` are (type, node) by logical id."""

    parameters: Mapping[str, Node]
    mappings: Mapping[str, Node]
    conditions: Mapping[str, Node]
    resources: Mapping[str, tuple[str, Node]]
    outputs: Mapping[str, Node]
    transforms: bool


def read_sections(template: Node, problems: Problems) -> Sections:
    """The sections of a template, with a problem for whatever has the wrong shape."""
    expect_keys(template, SECTIONS, "a template", problems)
    if "Transform" in template.fields:
        named = ", ".join(f"`{name}`" for name in transforms_of(template)) or "a macro"
        problems.unmodelled(
            template.key_at.get("Transform", template.at),
            "transform",
            f"{named} transforms the template at deployment: what that adds is not in the input",
            "give the template that the transform makes",
        )
    if "Resources" not in template.fields:
        problems.error(template.at, "missing-resources", "a template needs `Resources`")
    return Sections(
        _objects(template, "Parameters", problems),
        _objects(template, "Mappings", problems),
        _section(template, "Conditions", problems),
        dict(_read_resources(template, problems)),
        _objects(template, "Outputs", problems),
        "Transform" in template.fields,
    )


def transforms_of(template: Node) -> tuple[str, ...]:
    """The macros that a template is put through, in the order of their names in it."""
    node = template.get("Transform")
    members = node.one_or_many() if node else ()
    named = (one.get("Name") if one.fields else one for one in members)
    return tuple(name for one in named if one is not None and (name := one.as_str()))


def is_function(node: Node) -> bool:
    """Whether an object is a call of a function, and not itself the value."""
    return any(key == "Ref" or key.startswith("Fn::") for key in node.fields)


def _section(template: Node, name: str, problems: Problems) -> Mapping[str, Node]:
    node = template.get(name)
    return expect_fields(node, f"`{name}`", problems) if node else {}


def _objects(template: Node, name: str, problems: Problems) -> Mapping[str, Node]:
    """The members of a section that holds objects."""
    members = _section(template, name, problems)
    return {key: node for key, node in members.items() if _is_object(node, f"`{key}` of `{name}`", problems)}


def _is_object(node: Node, what: str, problems: Problems) -> bool:
    before = len(problems.found)
    expect_fields(node, what, problems)
    return len(problems.found) == before


def _read_resources(template: Node, problems: Problems) -> Iterator[tuple[str, tuple[str, Node]]]:
    """Each resource that has a type: (logical id, (type, node))."""
    for name, node in _section(template, "Resources", problems).items():
        if name.startswith("Fn::"):
            at = template.fields["Resources"].key_at.get(name, node.at)
            if name.startswith(LOOP) and "AWS::LanguageExtensions" not in transforms_of(template):
                problems.error(at, "loop", f"`{name}` needs `Transform: AWS::LanguageExtensions`")
            else:
                problems.unmodelled(at, "transform", f"what `{name}` makes is not in the input")
            continue
        if not _is_object(node, f"the resource `{name}`", problems):
            continue
        type = node.get("Type")
        spelled = type.as_str() if type else None
        if spelled is None:
            problems.error(node.at, "missing-type", f"the resource `{name}` needs a `Type`")
            continue
        properties = node.fields.get("Properties")
        if properties is not None and not _is_object(properties, f"Properties of `{name}`", problems):
            node = replace(node, value={key: one for key, one in node.fields.items() if key != "Properties"})
        yield name, (spelled, node)


def long_form(tag: str, value: Node) -> Node | None:
    """`!Sub x` as `{"Fn::Sub": x}`; a tag that is no function is found out when the function is."""
    name = tag if tag in ("Ref", "Condition") else f"Fn::{tag}"
    return Node({name: value}, value.at, {name: value.at})
