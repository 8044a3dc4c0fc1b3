"""Stacks that are read together: their resources, names, exports, and who is meant by a text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from grantgraph.model import Choice
from grantgraph.node import Node
from grantgraph.policy.arn import Arn, parse_arn
from grantgraph.policy.document import Policy, PolicyType
from grantgraph.problems import Problems
from grantgraph.sources._cloudformation.choices import Hinges, merge
from grantgraph.sources._cloudformation.names import Names
from grantgraph.sources._cloudformation.resolve import Resolver, Trail
from grantgraph.sources._cloudformation.template import Declared, Stack, is_function
from grantgraph.sources._cloudformation.types import (
    named_types,
)
from grantgraph.text import Text, Unknown, text


class Assembly:
    """All stacks of one input, joined on what they export and on the names that they share."""

    def __init__(self, stacks: Sequence[Stack], problems: Problems, assumed: Iterable[Choice] = ()) -> None:
        self.stacks = tuple(stacks)
        self.problems = problems
        self.assumed = {one.name: one for one in assumed}
        self.hinges: Hinges = {}
        self.trail = Trail()
        self.resolvers = {id(stack): Resolver(stack, self, problems) for stack in stacks}
        self.nested = {(id(one.parent), one.logical_id): one for one in stacks if one.parent is not None}
        self.declared: list[Declared] = []
        self.absent: dict[str, str] = {}
        self.targets: dict[tuple[int, str], Declared] = {}
        self._by_type: dict[str, list[tuple[int, Declared]]] = {}
        self._understood: set[int] = set()
        self._presence: dict[tuple[int, str], bool | Unknown] = {}
        self._properties: dict[tuple[int, str], Node | None] = {}
        self.names = Names(self)
        self.managed: dict[tuple[int, PolicyType], Policy] = {}
        self._index: dict[Text, list[Declared]] | None = None
        self._arns: dict[tuple[Text, Text], list[tuple[Arn, Declared]]] | None = None
        self._exports: dict[Text, list[tuple[Stack, str]]] | None = None
        self._declare()

    def _declare(self) -> None:
        twice = Counter(name for stack in self.stacks for name in self.of_stack(stack).sections.resources)
        for stack in self.stacks:
            prefix = stack.label if len(self.stacks) > 1 else ""
            for name, (type, node) in self.of_stack(stack).sections.resources.items():
                own_id = f"{prefix}/{name}" if prefix and twice[name] > 1 else name
                owner = f"{prefix}.{name}" if prefix else name
                one = Declared(stack, name, type, own_id, owner, node)
                self.targets[id(stack), name] = one
                self.declared.append(one)
        for stack in self.stacks:  # the one around comes first; conditions may name parameters only
            around = self._presence.get((id(stack.parent), stack.logical_id), True)
            resolver = self.of_stack(stack)
            for name in resolver.sections.resources:
                own = resolver.is_present(name) if around is not False else False
                self._presence[id(stack), name] = around if own is True else own
        gone = [one for one in self.declared if self._presence[id(one.stack), one.logical_id] is False]
        self.absent = {one.id: one.type for one in gone}
        self.declared = [
            one for one in self.declared if self._presence[id(one.stack), one.logical_id] is not False
        ]
        for stack in self.nested.values():
            if stack.parent is not None:
                self.understood(self.targets[id(stack.parent), stack.logical_id])

    def doubt_of(self, one: Declared) -> Unknown | None:
        """What it hinges on whether a resource is there; None where it is."""
        presence = self._presence[id(one.stack), one.logical_id]
        return presence if isinstance(presence, Unknown) else None

    def report_doubts(self) -> None:
        """Say which resources that matter are read as if they were there, and what that hinges on."""
        for one in self.declared:
            doubt = self.doubt_of(one)
            if doubt is None or id(one) not in self._understood:
                continue
            message = (
                f"whether there is a resource `{one.logical_id}` hinges on {doubt}; it is read as if there were"
            )
            self.problems.unmodelled(one.at, "undecided-condition", message, _how_to_decide(doubt))
            self._hinge_on(one.stack, one.logical_id)

    def _hinge_on(self, stack: Stack, name: str) -> None:
        """Remember what the presence of a resource hinges on, and that of the stacks around it."""
        resolver = self.of_stack(stack)
        condition = resolver.sections.resources[name][1].fields.get("Condition")
        merge(self.hinges, resolver.conditions.hinges_of(condition) if condition is not None else {})
        if stack.parent is not None:
            self._hinge_on(stack.parent, stack.logical_id)

    def of_stack(self, stack: Stack) -> Resolver:
        return self.resolvers[id(stack)]

    # ── resources and their properties ──

    def of(self, *types: str) -> Iterator[Declared]:
        """The resources of these types, in the order of the templates."""
        if not self._by_type:
            for at, one in enumerate(self.declared):
                self._by_type.setdefault(one.type, []).append((at, one))
        found = [pair for type in dict.fromkeys(types) for pair in self._by_type.get(type, ())]
        return (one for _, one in sorted(found, key=lambda pair: pair[0]))

    def understood(self, one: Declared) -> None:
        """Say that the model holds what this resource says."""
        self._understood.add(id(one))

    def counted(self) -> Mapping[str, int]:
        """What the model does not hold: type → how many."""
        counts = Counter(one.type for one in self.declared if id(one) not in self._understood)
        return dict(sorted(counts.items()))

    def property(self, one: Declared, name: str) -> Node | None:
        """A property with its functions resolved; None where it is not given."""
        key = id(one), name
        if key not in self._properties:
            written = self.written(one, name)
            self._properties[key] = self.of_stack(one.stack).value(written) if written else None
        return self._properties[key]

    def written(self, one: Declared, name: str) -> Node | None:
        """A property as written; where a macro may add it, the call of the macro."""
        properties = one.node.get("Properties")
        if properties is None:
            return None
        if is_function(properties):
            return properties if name.startswith("Fn::") else properties.fields.get(name, properties)
        return properties.fields.get(name)

    def text(self, one: Declared, name: str) -> Text | None:
        """The text of a property, or a problem when it is there and is no text."""
        node = self.property(one, name)
        return None if node is None else self.text_of(node, f"{name} of `{one.logical_id}`")

    def text_of(self, node: Node, what: str) -> Text | None:
        value = node.as_text()
        if value is None and node.value is not None:
            self.problems.error(node.at, "type", f"{what} must be a string, not {node.describe()}")
        return value

    def texts(self, node: Node | None, what: str) -> list[tuple[Text, Node]]:
        """The texts of a list, or of one text."""
        found = [(self.text_of(one, what), one) for one in node.one_or_many()] if node else []
        return [(value, one) for value, one in found if value is not None]

    # ── who is meant ──

    def find(self, value: Text | None, *types: str) -> Declared | None:
        """The resource that a name, an ARN, or a `Ref` means, among these types."""
        if value is None:
            return None
        if self._index is None:
            self._index = self._build_index()
        found = next((one for one in self._index.get(value, ()) if one.type in types), None)
        return found or self._find_arn(value, types)

    def _build_index(self) -> dict[Text, list[Declared]]:
        index: dict[Text, list[Declared]] = {}
        for one in self.declared:
            texts = [self.names.ref(one), text((Unknown(f"{one.owner}.Ref", generated=True),))]
            if one.type in named_types():
                texts += [self.names.name(one), *self.names.arns(one)]
            for value in dict.fromkeys(texts):
                index.setdefault(value, []).append(one)
        return index

    def _find_arn(self, value: Text, types: tuple[str, ...]) -> Declared | None:
        """The resource of a literal ARN, where the template leaves partition, region or account open."""
        wanted = parse_arn(value)
        if wanted is None:
            return None
        if self._arns is None:
            self._arns = {}
            for one in self.declared:
                arn = self.names.arn(one)
                own = parse_arn(arn) if arn is not None else None
                if own is not None:
                    self._arns.setdefault((own.service, own.resource), []).append((own, one))
        candidates = self._arns.get((wanted.service, wanted.resource), ())
        return next((one for own, one in candidates if one.type in types and _same_place(own, wanted)), None)

    # ── what stacks say to each other ──

    def exported(self, name: Text, importer: Stack) -> tuple[Stack, str] | None:
        """The stack and the output that export a name, where the importer is."""
        if self._exports is None:
            self._exports = {}  # an export's name that asks for an export finds none
            exports: dict[Text, list[tuple[Stack, str]]] = {}
            for known, stack, output in self._read_exports():
                exports.setdefault(known, []).append((stack, output))
            self._exports = exports
        found = self._exports.get(name, [])
        return next(((stack, output) for stack, output in found if _are_together(stack, importer)), None)

    def _read_exports(self) -> Iterator[tuple[Text, Stack, str]]:
        for stack in self.stacks:
            resolver = self.of_stack(stack)
            for output, node in resolver.sections.outputs.items():
                written = node.get("Export", "Name")
                resolved = resolver.value(written) if written else None
                name = resolved.as_text() if resolved else None
                if name is not None:
                    yield name, stack, output

    def exported_elsewhere(self, name: str) -> tuple[Stack, Node] | None:
        """What a stack of another region exports through the custom resources of CDK, as that stack writes it."""
        for one in self.of("Custom::CrossRegionExportWriter"):
            written = one.node.get("Properties", "WriterProps", "exports", name)
            if written is not None:
                return one.stack, written
        return None

    def stack_named(self, name: str, region: str | None = None) -> Stack | None:
        """The stack of a name; where several regions have one, that of the region."""
        found = [stack for stack in self.stacks if stack.name == name]
        here = [stack for stack in found if region is None or stack.environment.region == region]
        return next(iter(here or (found if len(found) == 1 else [])), None)


def _how_to_decide(doubt: Unknown) -> str:
    kind, _, name = doubt.name.partition(" ")
    return f"--param {name}=VALUE decides it" if kind == "parameter" and "." not in name else ""


def _are_together(one: Stack, other: Stack) -> bool:
    """Whether two stacks may be in one region of one account, as far as that is known."""
    pairs = (
        (one.environment.region, other.environment.region),
        (one.environment.account, other.environment.account),
    )
    return all(left == right or not (isinstance(left, str) and isinstance(right, str)) for left, right in pairs)


def _same_place(own: Arn, wanted: Arn) -> bool:
    """Whether nothing that is known tells two ARNs of one service and resource apart."""
    fields = ((own.partition, wanted.partition), (own.region, wanted.region), (own.account, wanted.account))
    return all(left == right or not (isinstance(left, str) and isinstance(right, str)) for left, right in fields)
