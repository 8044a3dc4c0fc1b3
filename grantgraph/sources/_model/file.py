"""A model file while it is read: its node, where it is deployed, and the problems met so far."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from grantgraph.catalog import Catalog, load_catalog
from grantgraph.model import Environment, Resource
from grantgraph.node import Node, expect_fields, expect_keys, expect_str
from grantgraph.problems import Location, Problems, did_you_mean
from grantgraph.sources import ReadOptions
from grantgraph.text import Text, Unknown, text

NAME = re.compile(r"[A-Za-z0-9+=,.@_:/-]+|\$default")


@dataclass(slots=True)
class ModelFile:
    """What the readers of the parts share. `home` is the account that the file says it is for."""

    node: Node
    options: ReadOptions
    problems: Problems = field(default_factory=Problems)
    environment: Environment = field(default_factory=Environment)
    home: Text = ""
    catalog: Catalog = field(default_factory=load_catalog)
    _members: dict[str, tuple[tuple[str, Location, Node], ...]] = field(default_factory=dict)

    # ── sections ──

    def part(self, key: str, known: frozenset[str]) -> Node | None:
        """An object of the file, if it is there, with its keys checked."""
        own = self.node.get(key)
        if own is not None and self.is_object(own, f"`{key}`"):
            expect_keys(own, known, f"`{key}`", self.problems)
        return own

    def members(self, key: str) -> tuple[tuple[str, Location, Node], ...]:
        """The members of a section: name, where the name is written, and what it is."""
        if key not in self._members:
            section = self.node.get(key)
            fields: Mapping[str, Node] = {}
            if section is not None and section.value is not None:
                fields = expect_fields(section, f"`{key}`", self.problems)
            places = section.key_at if section is not None else {}
            self._members[key] = tuple((name, places.get(name, one.at), one) for name, one in fields.items())
        return self._members[key]

    def list_of(self, key: str) -> tuple[Node, ...]:
        """The members of a section that is a list."""
        section = self.node.get(key)
        if section is None or section.value is None:
            return ()
        if not isinstance(section.value, tuple):
            self.problems.error(section.at, "type", f"`{key}` must be a list, not {section.describe()}")
        return section.items

    # ── values ──

    def is_object(self, node: Node, what: str) -> bool:
        """Whether a node is an object; a problem where it is not."""
        expect_fields(node, what, self.problems)
        return isinstance(node.value, Mapping)

    def required(self, node: Node, key: str, what: str) -> str | None:
        """A string that has to be there."""
        own = node.get(key)
        if own is None:
            self.problems.error(node.at, "missing", f"{what} needs `{key}`")
            return None
        return expect_str(own, f"`{key}` of {what}", self.problems)

    def optional(self, node: Node, key: str) -> str:
        """A string that may be left out, and is not empty where it is there."""
        own = node.get(key)
        value = expect_str(own, f"`{key}`", self.problems) if own is not None else None
        if own is not None and value == "":
            self.problems.error(own.at, "empty", f"`{key}` is empty", "leave it out if it shall limit nothing")
        return value or ""

    def words(self, node: Node | None, what: str) -> tuple[str, ...]:
        """One string or a list of them."""
        found = [expect_str(one, what, self.problems) for one in (node.one_or_many() if node is not None else ())]
        return tuple(one for one in found if one is not None)

    def flag(self, node: Node, key: str) -> bool:
        """A yes or no; no where it is left out."""
        own = node.get(key)
        if own is not None and not isinstance(own.value, bool):
            self.problems.error(own.at, "type", f"`{key}` must be `true` or `false`, not {own.describe()}")
        return own is not None and own.value is True

    def reference(
        self, node: Node, key: str, resources: Mapping[str, Resource | None], types: tuple[str, ...]
    ) -> str:
        """The name of a resource of some types; "" when it is not given."""
        own = node.get(key)
        name = self.optional(node, key)
        if own is None or not name:
            return ""
        fitting = {id for id, one in resources.items() if one is None or one.type in types}
        if name not in fitting:
            kinds = " or ".join(f"`{one}`" for one in types)
            help = did_you_mean(name, fitting)
            self.problems.error(own.at, "unknown-resource", f"`{key}` must name a {kinds}, not `{name}`", help)
        return name

    # ── names ──

    def given_name(self, node: Node | None, key: str) -> str:
        """A name that goes into an ARN, where a wildcard would widen it; "" when it is not given."""
        own = node.get(key) if node is not None else None
        value = expect_str(own, f"`{key}`", self.problems) if own is not None else None
        if own is None or value is None:
            return ""
        if not NAME.fullmatch(value):
            help = "a name has letters, digits and `+=,.@_:/-`, and no wildcard"
            self.problems.error(own.at, "name", f"`{value}` is not a name", help)
        return value

    def name_of(self, key: str, node: Node) -> Text:
        """The name of a resource or role: what the file says, or what AWS will make."""
        return self.given_name(node, "name") or self.made(key, f"the name of `{key}` is not in the model")

    def made(self, name: str, reason: str) -> Text:
        """A name that AWS makes when the application is deployed."""
        return text((Unknown(name, reason, generated=True),))

    def places(self, name: Text, **more: Text) -> dict[str, Text]:
        """What the placeholders of an ARN stand for."""
        env = self.environment
        return {"partition": env.partition, "region": env.region, "account": env.account, "name": name, **more}
