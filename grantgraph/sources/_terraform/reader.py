"""What a resource's attributes say: values, links to other resources, names, and policy documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from grantgraph.node import Node
from grantgraph.problems import Location, Problems
from grantgraph.resources import fill
from grantgraph.sources._cloudformation.types import named_types
from grantgraph.sources._terraform.configuration import Configuration, Made
from grantgraph.sources._terraform.document import Document, Instance, type_name
from grantgraph.sources._terraform.environments import Environments, known_text
from grantgraph.sources._terraform.expressions import Step, spell
from grantgraph.sources._terraform.links import Keyed, Link, keyed
from grantgraph.sources._terraform.types import Properties, TerraformType, terraform_types
from grantgraph.text import Text, Unknown, text

ENOUGH = 100
"""How many doubts about one resource are kept."""

AFTER_APPLY = "is known only after the plan is applied"


class Reader:
    """Reads one plan or state; what types write about each other is gathered here."""

    def __init__(
        self, document: Document, configuration: Configuration, environments: Environments, problems: Problems
    ) -> None:
        self.document = document
        self.configuration = configuration
        self.environments = environments
        self.problems = problems
        self.assumed: list[str] = []
        self.bare_roles: list[str] = []
        self.doubted: set[str] = set()
        self.added: dict[str, dict[str, list[Node]]] = {}
        self.put_on: dict[str, dict[str, Node]] = {}
        self.besides: list[tuple[str, Instance, str, Properties]] = []
        self._linked_by: dict[tuple[str, str], Mapping[str, Instance]] = {}
        self._names: dict[str, Text] = {}
        self._open: dict[Made, tuple[Instance, ...]] = {}
        self._types: dict[Made, frozenset[str]] = {}
        self._by_key: dict[Made, Keyed] = {}
        self.added_to_all: dict[tuple[str, str], list[Node]] = {}
        self._now_or_before: dict[tuple[str, str], dict[str, list[Instance]]] = {}
        self._by_type: dict[str, list[Instance]] = {}
        self._by_value: dict[tuple[str, str], list[Instance]] = {}
        for one in (*document.instances, *(one for one in document.earlier if one.mode == "data")):
            self._index(one)

    def _index(self, one: Instance) -> None:
        type = terraform_types().get(type_name(one))
        if type is None:
            return
        self._by_type.setdefault(type.name, []).append(one)
        values = (known_text(one, name) for name in dict.fromkeys((type.named_by, *type.known_by)) if name)
        for value in dict.fromkeys(value for value in values if value):
            self._by_value.setdefault((type.name, value), []).append(one)

    def instances(self, *types: str) -> Iterator[Instance]:
        """The resources of some types that there are in the end."""
        for type in types:
            yield from self._by_type.get(type, ())

    def meant(self, type: str, value: str) -> list[Instance]:
        """The instances of a type that a value means."""
        return self._by_value.get((type, value), [])

    def linked_by(self, type: str, attribute: str, target: str) -> Mapping[str, Instance]:
        """The instances of a type by the addresses that they link to."""
        if (type, attribute) not in self._linked_by:
            links = [(self.link(one, attribute, to=(target,)), one) for one in self.instances(type)]
            found = {link.found.address: one for link, one in links if link is not None and link.found is not None}
            self._linked_by[type, attribute] = found
        return self._linked_by[type, attribute]

    def now_or_before(self, attribute: str, type: str) -> Mapping[str, list[Instance]]:
        """The instances of a type, in the end and before the plan, by a text of theirs, or by each of a list."""
        if (attribute, type) not in self._now_or_before:
            found: dict[str, list[Instance]] = {}
            for one in (*self.document.instances, *self.document.earlier):
                node = one.values.get(attribute) if one.type == type and one.mode == "managed" else None
                for member in node.one_or_many() if node is not None else ():
                    found.setdefault(member.as_str() or "", []).append(one)
            found.pop("", None)
            self._now_or_before[attribute, type] = found
        return self._now_or_before[attribute, type]

    # ── values ──

    def value(self, one: Instance, *path: Step) -> Node | None:
        """The value at a path: known, not known, or None where nothing is given."""
        known: Node | None = one.values
        unknown: Node | None = one.unknown
        for step in path:
            if unknown is not None and unknown.value is True:
                break
            known, unknown = _member(known, step), _member(unknown, step)
        return self._merged(one, known, unknown, path)

    def _merged(
        self, one: Instance, known: Node | None, unknown: Node | None, path: tuple[Step, ...]
    ) -> Node | None:
        if unknown is not None and unknown.value is True:
            return self.not_known(one, path, known)
        if isinstance(unknown, Node) and isinstance(unknown.value, tuple) and unknown.value:
            number = max(len(unknown.value), len(known.items) if known else 0)
            members = [
                self._merged(one, _member(known, at), _member(unknown, at), (*path, at)) for at in range(number)
            ]
            at = known.at if known else one.at
            return Node(tuple(member or Node(None, at) for member in members), at)
        if isinstance(unknown, Node) and unknown.fields:
            names = dict.fromkeys([*(known.fields if known else ()), *unknown.fields])
            merged = {
                name: self._merged(one, _member(known, name), _member(unknown, name), (*path, name))
                for name in names
            }
            there = {name: member for name, member in merged.items() if member is not None}
            if known is None and not there:
                return None
            return Node(there, known.at if known else one.at, known.key_at if known else {})
        return None if known is None or known.value is None else known

    def not_known(self, one: Instance, path: tuple[Step, ...], known: Node | None = None) -> Node:
        """The value at a path as an Unknown that says what it is made of."""
        label = one.address + spell(path)
        made = self.configuration.made_of(one, path)
        why = f": it is made from {made}" if made.targets else ""
        at = known.at if known is not None and known.value is not None else one.at
        return Node(Unknown(label, f"`{label}` {AFTER_APPLY}{why}"), at)

    def text(self, one: Instance, *path: Step) -> Node | None:
        """The value at a path, which has to be a scalar."""
        node = self.value(one, *path)
        if node is not None and node.as_text() is None:
            message = f"`{spell(path).lstrip('.')}` of `{one.address}` must be a string, not {node.describe()}"
            self.problems.error(node.at, "type", message)
            return None
        return None if node is None or node.value == "" else node

    def blocks(self, one: Instance, *path: Step) -> Iterator[int]:
        """The positions of the blocks at a path; a problem where not even their number is known."""
        node = self.value(one, *path)
        if node is not None and isinstance(node.value, Unknown):
            self.problems.unmodelled(node.at, "unknown-block", node.value.reason)
        yield from range(len(node.items) if node else 0)

    def configures(self, one: Instance, *path: Step) -> bool | None:
        """Whether the configuration sets an attribute; None where there is no configuration to ask."""
        return self.configuration.configures(one, *path)

    def is_left_to_aws(self, one: Instance, *path: Step) -> bool:
        """Whether a value is not known because nobody sets it, and AWS will."""
        node = self.value(one, *path)
        unknown = node is not None and isinstance(node.value, Unknown)
        return unknown and one.is_new and self.configures(one, *path) is False

    # ── links ──

    def link(self, one: Instance, *path: Step, to: tuple[str, ...], telling: bool = True) -> Link | None:
        """Which resource of some types the text at a path means; None where nothing is given.

        Args:
            telling: whether answers rest on it, so that what it is taken to mean has to be told.
        """
        node = self.text(one, *path)
        if node is None:
            return None
        if isinstance(node.value, Unknown):
            return self._followed(one, path, node, to, telling)
        spelled = node.as_str() or ""
        found = [target for type in to for target in self._by_value.get((type, spelled), ())]
        mine = [target for target in found if self._is_near(target, one)]
        if len(found) == 1 and spelled.startswith("arn:"):
            mine = found
        if len(mine) == 1:
            return replace(self.link_to(mine[0], node.at), written=spelled)
        if not found:
            return Link(node, written=spelled)
        reason = f"`{spelled}` is the name of more than one, or of one that another provider makes"
        return Link(
            Node(Unknown(one.address + spell(path), reason), node.at), may_be=tuple(found), written=spelled
        )

    def _is_near(self, target: Instance, one: Instance) -> bool:
        """Whether a name that one resource says can be the other's: names are an account's, most a region's."""
        there, here = self.environments.of(target), self.environments.of(one)
        everywhere = target.type.startswith(("aws_iam_", "aws_s3_bucket"))
        return there.account == here.account and (everywhere or there.region == here.region)

    def link_to(self, target: Instance, at: Location) -> Link:
        """A link to a resource of the input."""
        return Link(Node(self.reference(target), at), target)

    def hint(self, one: Instance, *path: Step, to: tuple[str, ...]) -> Node | None:
        """What a text means, where no answer about access rests on it."""
        link = self.link(one, *path, to=to, telling=False)
        return link.value if link is not None else None

    def links(self, one: Instance, attribute: str, to: tuple[str, ...]) -> Iterator[Link]:
        """Which resources the members of a list mean.

        Terraform may hide a whole list because of one member: literals in it are then in no reference either.
        """
        node = self.value(one, attribute)
        if node is not None and isinstance(node.value, Unknown):
            yield Link(node, may_be=None)
        for at in range(len(node.items) if node is not None else 0):
            link = self.link(one, attribute, at, to=to)
            if link is not None:
                yield link

    def _followed(
        self, one: Instance, path: tuple[Step, ...], node: Node, to: tuple[str, ...], telling: bool
    ) -> Link:
        """The one resource that an unknown text refers to, where it refers to one."""
        made = self.configuration.made_of(one, path)
        fitting = self.not_known_yet(made)
        if made.opaque or not fitting or not self._types_of(made) <= set(to):
            return Link(node, may_be=None)
        chosen = self.choose(one, made)
        if chosen is None:
            return Link(node, may_be=fitting)
        if telling:
            self.assumed.append(one.address + spell(path))
        return self.link_to(chosen, node.at)

    def not_known_yet(self, made: Made) -> tuple[Instance, ...]:
        """The instances that make a value unknown: what is known of them already cannot."""
        if made not in self._open:
            targets = (
                target
                for target in made.targets
                if not target.path or _has_unknown(self.value(target.instance, *target.path))
            )
            self._open[made] = tuple(dict.fromkeys(target.instance for target in targets))
        return self._open[made]

    def _types_of(self, made: Made) -> frozenset[str]:
        if made not in self._types:
            self._types[made] = frozenset(map(type_name, self.not_known_yet(made)))
        return self._types[made]

    def choose(self, one: Instance, made: Made) -> Instance | None:
        """The one instance that makes a value unknown; of those under keys, the one under the keys of `one`."""
        found = self.not_known_yet(made)
        if len(found) < 2 or not made.by_key:
            return found[0] if len(found) == 1 else None
        if made not in self._by_key:
            self._by_key[made] = keyed(found)
        chosen = self._by_key[made].under({one.key, *(key for _, key in one.module)} - {None})
        return chosen[0] if len(chosen) == 1 else None

    # ── names ──

    def reference(self, one: Instance) -> Text:
        """The text by which CloudFormation's reader finds a resource: its ARN, or a stand-in for its id."""
        type = terraform_types()[type_name(one)]
        named = named_types().get(type.cloudformation)
        if named is None:
            return text((Unknown(f"{one.address}.Ref", f"the id of `{one.address}` {AFTER_APPLY}", True),))
        environment = self.environments.of(one)
        path = self.value(one, "path") if "${path}" in named.arn else None
        return fill(
            named.arn,
            partition=environment.partition,
            region=environment.region,
            account=environment.account,
            name=self.name(one),
            path=(path.as_text() if path else None) or "/",
        )

    def name(self, one: Instance) -> Text:
        """What ends its ARN: a name that is given, that begins as given, or that is made at apply."""
        if one.address not in self._names:
            type = terraform_types()[type_name(one)]
            self._names[one.address] = type.name_of(self, one) if type.name_of else self.given_name(one, type)
        return self._names[one.address]

    def given_name(self, one: Instance, type: TerraformType) -> Text:
        node = self.value(one, type.named_by) if type.named_by else None
        known = node.as_str() if node is not None else None
        if known:
            return known
        reason = f"the name of `{one.address}` is made when the plan is applied"
        prefix = known_text(one, type.prefixed_by) if type.prefixed_by else None
        any_word = not type.slashes or not self.configures(one, type.named_by)
        made = Unknown(one.address, reason, generated=any_word)
        return text((prefix, made)) if prefix else text((made,))

    # ── what types say of each other ──

    def add(self, target: Instance, key: str, node: Node) -> None:
        """Add a member to a list of another resource's properties."""
        self.added.setdefault(target.address, {}).setdefault(key, []).append(node)

    def doubt(self, link: Link, kind: str, key: str, node: Node) -> None:
        """Add an Unknown to a list of every resource that a link may mean; a few are as good as very many."""
        if link.may_be is None:
            all_of_kind = self.added_to_all.setdefault((kind, key), [])
            if len(all_of_kind) < ENOUGH:
                all_of_kind.append(node)
        for target in link.may_be or ():
            if len(self.added.get(target.address, {}).get(key, ())) < ENOUGH:
                self.add(target, key, node)

    def also(self, id: str, by: Instance, type: str, properties: Properties) -> None:
        """Add a resource of CloudFormation that has none of Terraform's for itself."""
        self.besides.append((id, by, type, properties))

    def put(self, target: Instance, key: str, node: Node) -> None:
        """Set a property of another resource, which has it from nobody else."""
        mine = self.put_on.setdefault(target.address, {})
        if key in mine:
            message = (
                f"two resources claim to be the `{key}` of `{target.address}`; the later one replaces the other"
            )
            self.problems.unmodelled(node.at, "resource-policy-collision", message)
            node = Node(Unknown(f"{target.address}.{key}", message), node.at)
        mine[key] = node


def _member(node: Node | None, step: Step) -> Node | None:
    if node is None:
        return None
    if isinstance(step, int):
        return node.items[step] if step < len(node.items) else None
    return node.fields.get(step)


def _has_unknown(node: Node | None) -> bool:
    return node is not None and any(isinstance(one.value, Unknown) for one in node.walk())
