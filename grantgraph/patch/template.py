"""A template with tight policies: every changed statement in its author's own file, everything else as it was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from grantgraph.infer.holdings import Key, key_of
from grantgraph.infer.managed import Managed, managed_kind
from grantgraph.patch.edits import Edits
from grantgraph.patch.intrinsics import Intrinsics, Unspellable, intrinsics_of
from grantgraph.patch.spans import Shape, Source, Span, Way
from grantgraph.patch.statements import Statements, Unpatchable, is_function
from grantgraph.patch.writing import Style, Value, style_of, write
from grantgraph.policy.document import Policy, Statement
from grantgraph.policy.render import render_statement
from grantgraph.problems import Location
from grantgraph.text import Text
from grantgraph.tighten import Rewritten, Tight, Tightened

VERSION = "2012-10-17"
_ATTACHED = ("AWS::IAM::Policy", "AWS::IAM::RolePolicy", "AWS::IAM::ManagedPolicy")
_SERVERLESS = ("AWS::Serverless::Function", "AWS::Serverless::StateMachine")


@dataclass(frozen=True, slots=True)
class Unpatched:
    """A change that is not made, and why."""

    what: str
    why: str
    at: Location


@dataclass(frozen=True, slots=True)
class Patched:
    """A template before and after; what could not be changed in it."""

    file: str
    before: str
    after: str
    unpatched: tuple[Unpatched, ...]


def patch_template(tightened: Tightened, source: Source) -> Patched:
    """The text of a template in which the policies are tight."""
    patching = _Patching(tightened, source)
    return Patched(source.file, source.text, patching.text(), tuple(patching.unpatched))


@dataclass(slots=True)
class _Patching:
    tightened: Tightened
    source: Source
    edits: Edits = field(init=False)
    style: Style = field(init=False)
    intrinsics: Intrinsics = field(init=False)
    statements: Statements = field(init=False)
    unpatched: list[Unpatched] = field(default_factory=list)
    done: set[Key] = field(default_factory=set)
    removed: dict[str, Location] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.edits, self.style = Edits(self.source), style_of(self.source)
        self.intrinsics = intrinsics_of(self.tightened.application.resources, self.source.file)
        self.statements = Statements(self.edits, self.style, self.spell)

    def text(self) -> str:
        for role in self.tightened.judged():
            for rewritten in role.rewritten:
                if rewritten.changes:
                    self.policy(role, rewritten)
            if role.added:
                self.add(role, role.added, "needs")
        for id, at in self.removed.items():
            self.forget(id, at)
        return self.edits.text()

    def spell(self, value: Text) -> Value:
        try:
            return self.intrinsics.spell(value)
        except Unspellable as unspellable:
            raise Unpatchable(unspellable.why) from None

    # ── policies ──

    def policy(self, role: Tight, rewritten: Rewritten) -> None:
        policy = rewritten.policy
        keys = [key_of(policy, number) for number in range(len(policy.statements))]
        if all(key in self.done for key in keys):
            return
        self.done.update(keys)
        at = policy.statements[0].at
        if at.file != self.source.file:
            self.refuse(policy, "it is written in another file", at)
            return
        try:
            if self.is_entry(policy):
                self.entry(role, rewritten)
            else:
                self.own(rewritten)
        except Unpatchable as unpatchable:
            self.refuse(policy, unpatchable.why, at)

    def refuse(self, policy: Policy, why: str, at: Location) -> None:
        self.unpatched.append(Unpatched(f"`{policy.name}`" if policy.name else "a policy", why, at))

    def is_entry(self, policy: Policy) -> bool:
        """Whether a policy is only named here: AWS's own, or one that SAM makes from a template of its."""
        if managed_kind(policy) is not Managed.NO:
            return True
        way = self.source.path_to(policy.statements[0].at)
        span = self.source.at(way) if way is not None else None
        return span is not None and "Effect" not in span.members and "Action" not in span.members

    def own(self, rewritten: Rewritten) -> None:
        """The statements of a policy that is written here."""
        before = self.edits.so_far()
        ways: list[Way] = []
        try:
            for narrowed in rewritten.statements:
                way = self.source.path_to(narrowed.statement.at)
                if way is None:
                    raise Unpatchable("no statement is written where it was read")
                ways.append(way)
            if not any(narrowed.statements for narrowed in rewritten.statements):
                self.remove_holder(ways[0])
                return
            for way, narrowed in zip(ways, rewritten.statements, strict=True):
                if narrowed.pieces is not None:
                    self.statements.change(way, narrowed)
        except Unpatchable:
            self.edits.back_to(before)  # whole, or not at all
            raise

    def remove_holder(self, way: Way) -> None:
        """Take away what holds a policy that has no statement any more."""
        keys = [key for _, key in way]
        if keys[:1] == ["Resources"] and len(keys) > 2 and isinstance(keys[1], str):
            resource = self.source.root.get("Resources", keys[1])
            type = resource.get("Type") if resource is not None else None
            if type is not None and type.value in _ATTACHED and keys[3:4] == ["PolicyDocument"]:
                self.removed[keys[1]] = Location(self.source.file)
                return
        if self.type_of(keys) in _SERVERLESS and keys[2:5] == ["Properties", "Policies", "Statement"]:
            self.edits.remove_member(way[3][0], "Policies")  # there is no list around the policy
            return
        for at in range(len(way) - 1, 0, -1):
            if isinstance(way[at - 1][1], int):
                self.statements.remove(way[:at])
                return
        raise Unpatchable("nothing is left of it, and it cannot be taken away")

    # ── policies that are only named ──

    def entry(self, role: Tight, rewritten: Rewritten) -> None:
        way = self.source.path_to(rewritten.policy.at)
        statements = [own for one in rewritten.statements for own in one.statements]
        if way is None:
            raise Unpatchable("it is not named where it was read")
        keys = [key for _, key in way]
        type = self.type_of(keys)
        value = self.values(statements)
        step, here = way[-1][1], self.source.at(way)
        if is_function(here):
            raise Unpatchable("where it is named is made by a function")
        if type in _SERVERLESS and "Policies" in keys:
            self.serverless(way, {"Version": VERSION, "Statement": value} if value else None)
        elif (
            type == "AWS::IAM::Role" and keys[2:4] == ["Properties", "ManagedPolicyArns"] and isinstance(step, int)
        ):
            if value and len(keys) > 5:  # what takes its place would hold in every case
                raise Unpatchable("whether the role has it is decided by a function")
            if value:
                self.lay_on(role, statements, rewritten.policy.name)
            self.statements.remove(way)
        else:
            raise Unpatchable("where it is named is no list of a role's policies")

    def serverless(self, way: Way, value: Value | None) -> None:
        around, step = way[-1]
        span = self.source.at(way)
        if isinstance(step, int):
            if value is None:
                self.statements.remove(way)
            else:
                self.write_over(around, step, span, value)
        elif value is None:
            self.edits.remove_member(around, step)
        else:
            self.write_over(around, step, span, [value])

    def write_over(self, around: Span, step: str | int, span: Span, value: Value) -> None:
        """Write a value in the place of another one, in the style of what is around it."""
        source = self.source
        if source.is_json or around.flow:
            self.edits.replace(span, self.edits.written(value, self.style, span, True))
            return
        if isinstance(step, int):
            column = source.column(around.dashes[step]) + 2
            text = write(value, self.style, column, flow=False, line=False).lstrip()
            self.edits.write(source.line_start(around.dashes[step]) + column, span.end, text)
            return
        column = source.column(around.keys[step][0]) + self.style.dash
        colon = source.text.index(":", around.keys[step][1]) + 1
        self.edits.write(colon, span.end, write(value, self.style, column, flow=False, line=False))

    def type_of(self, keys: list[str | int]) -> str:
        """The type of the resource that a way leads into."""
        if keys[:1] != ["Resources"] or len(keys) < 2 or not isinstance(keys[1], str):
            return ""
        type = self.source.root.get("Resources", keys[1], "Type")
        return type.value if type is not None else ""

    def values(self, statements: list[Statement]) -> list[dict[str, Any]]:
        """Statements as this template writes them."""
        return [render_statement(one, self.spell) for one in statements]

    # ── policies that a role lacks ──

    def add(self, role: Tight, statements: Sequence[Statement], name: str) -> None:
        try:
            self.lay_on(role, statements, name)
        except Unpatchable as unpatchable:
            what = f"what `{role.principal.id}` lacks"
            self.unpatched.append(Unpatched(what, unpatchable.why, role.principal.at))

    def lay_on(self, role: Tight, statements: Sequence[Statement], name: str) -> None:
        """Give a role a policy of its own.

        Raises:
            Unpatchable: it is not written here, or as something else.
        """
        at = role.principal.at
        if at.file != self.source.file:
            raise Unpatchable("its role is written in another file")
        way = self.source.path_to(at)
        if way is None:
            raise Unpatchable("its role is not written where it was read")
        self.add_to(self.source.at(way), self.values(list(statements)), name)

    def add_to(self, resource: Span, value: list[dict[str, Any]], name: str) -> None:
        type, properties = resource.get("Type"), resource.get("Properties")
        document = {"Version": VERSION, "Statement": value}
        if type is None or properties is None or properties.shape is not Shape.OBJECT:
            raise Unpatchable("its role is made by a function")
        if type.value == "AWS::IAM::Role":
            entry: Value = {"PolicyName": self.free_name(properties, name), "PolicyDocument": document}
        elif type.value in _SERVERLESS:
            entry = document
        else:
            raise Unpatchable("its role is not written in the template")
        policies = properties.get("Policies")
        if policies is None:
            self.edits.add_member(properties, "Policies", [entry], self.style)
        elif policies.shape is Shape.LIST:
            self.edits.append(policies, entry, self.style)
        else:
            raise Unpatchable("`Policies` of its role is no list")

    def free_name(self, properties: Span, name: str) -> str:
        """A name that no other inline policy of a role has."""
        policies = properties.get("Policies")
        taken = {
            named.value
            for one in (policies.items if policies is not None else ())
            if (named := one.get("PolicyName")) is not None
        }
        number, found = 1, name
        while found in taken:
            number += 1
            found = f"{name}{number}"
        return found

    # ── resources that go ──

    def forget(self, id: str, at: Location) -> None:
        """Take a resource out, and with it every mention of it."""
        resources = self.source.root.get("Resources")
        if resources is None:
            return
        mentions = list(_mentions(self.source.root, id))
        if any(key not in ("DependsOn", "ManagedPolicyArns") for _, _, key in mentions):
            self.unpatched.append(Unpatched(f"`{id}`", "nothing is left of it, and something refers to it", at))
            return
        self.edits.remove_member(resources, id)
        for around, step, _ in mentions:
            if isinstance(step, int):
                self.edits.remove_item(around, step)
            else:
                self.edits.remove_member(around, step)


def _mentions(root: Span, id: str) -> Iterator[tuple[Span, str | int, str]]:
    """Every place that names a resource: what holds it, by which key or number, and the property that it is in."""
    stack: list[tuple[Span, Span | None, str | int, str]] = [(root, None, "", "")]
    while stack:
        here, around, step, property = stack.pop()
        if around is not None and (_names(here, property, id) or _is_reference(here, id)):
            yield around, step, property
        else:
            for number, one in enumerate(here.items):
                stack.append((one, here, number, property))
            for key, one in here.members.items():
                stack.append((one, here, key, key))


def _names(span: Span, property: str, id: str) -> bool:
    if span.shape is not Shape.SCALAR:
        return False
    if property == "DependsOn":
        return span.value == id
    if span.tag in ("!Ref", "!GetAtt"):
        return span.value.partition(".")[0] == id
    inside = span.tag == "!Sub" or property == "Fn::Sub"
    return inside and (f"${{{id}}}" in span.value or f"${{{id}." in span.value)


def _is_reference(span: Span, id: str) -> bool:
    for key in ("Ref", "Fn::GetAtt", "Fn::Sub"):
        value = span.members.get(key)
        if value is None or len(span.members) != 1:
            continue
        first = value.items[0] if value.items else value
        if key != "Fn::Sub":
            return first.value.partition(".")[0] == id
        return f"${{{id}}}" in first.value or f"${{{id}." in first.value
    return False
