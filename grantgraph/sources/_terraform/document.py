"""What `terraform show -json` writes, of a plan or of a state: its resources, one by one.

The format is documented at https://developer.hashicorp.com/terraform/internals/json-format.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NoReturn, TypeAlias

from grantgraph.node import Node
from grantgraph.problems import InputError, Level, Location, Problem, Problems

Key: TypeAlias = str | int | None
"""The instance key that `for_each` or `count` gives, None where there is neither."""

ModulePath: TypeAlias = tuple[tuple[str, Key], ...]
"""The module calls that lead to a module, each with its instance key; empty for the root."""

MAX_RESOURCES = 50_000
MAX_ADDRESS = 2_000
VERSIONS = re.compile(r"(?:0\.[12]|1\.\d+)")
_STEP = re.compile(r'module\.([\w-]+)(?:\[(?:"((?:[^"\\]|\\.)*)"|(\d+))\])?(?:\.|$)')


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """A resource or a data source as it is after the plan.

    `values` holds what is known, `unknown` is true, or holds true, where AWS decides at apply. `actions` are
    what the plan does to it; a state does nothing.
    """

    address: str
    module: ModulePath
    mode: str
    type: str
    name: str
    key: Key
    provider: str
    values: Node
    unknown: Node
    actions: tuple[str, ...] = ()

    @property
    def at(self) -> Location:
        return self.values.at

    @property
    def is_new(self) -> bool:
        """Whether AWS makes it in this plan, be it in place of another."""
        return "create" in self.actions


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A plan or a state.

    `instances` are what there is in the end; `earlier` are data sources and resources as they were read before;
    `gone` are resources that the plan destroys, with their last values; `changes` say what becomes of which.
    """

    top: Node
    is_plan: bool
    instances: tuple[Instance, ...]
    earlier: tuple[Instance, ...] = ()
    gone: tuple[Instance, ...] = ()
    changes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    variables: Mapping[str, Node] = field(default_factory=dict)

    @property
    def at(self) -> Location:
        return self.top.at


def type_name(one: Instance) -> str:
    """The type of an instance; a data source's begins with `data.`."""
    return f"data.{one.type}" if one.mode == "data" else one.type


def read_document(top: Node, problems: Problems) -> Document:
    """The plan or the state in a file.

    Raises:
        InputError: it is neither, is of another format, or has the wrong shape, with the place.
    """
    _check_format(top)
    is_plan = "planned_values" in top.fields or "resource_changes" in top.fields
    if not is_plan:
        return Document(top, False, tuple(_instances(top, top.get("values"), {})))
    changes = dict(_changes(top))
    _check_complete(top, problems)
    prior = top.get("prior_state")
    earlier = tuple(_instances(top, prior.get("values"), {})) if prior is not None else ()
    instances = tuple(_instances(top, top.get("planned_values"), changes))
    for one in instances:
        if one.address not in changes and one.mode == "managed":
            fail(
                one.values, f"`resource_changes` says nothing of `{one.address}`: what is not known of it is lost"
            )
    kept = {one.address for one in instances}
    return Document(
        top,
        True,
        instances,
        earlier,
        tuple(one for one in earlier if one.mode == "managed" and one.address not in kept),
        {address: _actions(change) for address, change in changes.items()},
        {name: value for name, one in _members(top, "variables") if (value := one.get("value")) is not None},
    )


def fail(node: Node, message: str, help: str = "") -> NoReturn:
    """Refuse the file.

    Raises:
        InputError: always.
    """
    problem = Problem(node.at, Level.ERROR, "terraform-format", message, help)
    raise InputError(f"{node.at}: {message}", [problem], help)


def _check_format(top: Node) -> None:
    version = top.get("format_version")
    if version is None:
        help = "write one with `terraform show -json`"
        fail(top, "this is Terraform's own state file, whose format is private to Terraform", help)
    spelled = version.as_str() or version.describe()
    if not isinstance(version.value, str) or not VERSIONS.fullmatch(spelled):
        message = f"format version `{spelled[:20]}` of Terraform's JSON is not read"
        fail(version, message, "versions 0.1, 0.2 and 1.x are read")
    if {"planned_values", "resource_changes", "values"}.isdisjoint(top.fields) and len(top.fields) > 2:
        message = "this is neither a plan nor a state of Terraform: it has no `planned_values` and no `values`"
        fail(top, message, "write one with `terraform show -json`")


def _check_complete(top: Node, problems: Problems) -> None:
    """A plan that ended early, or leaves something for another one, is not all that will be."""
    errored, complete = top.get("errored"), top.get("complete")
    if errored is not None and errored.value is True:
        message = "Terraform met an error while it planned: what it did not reach is not in the plan"
        problems.unmodelled(errored.at, "incomplete-plan", message, "mend the configuration and plan again")
    elif complete is not None and complete.value is False:
        message = "the plan is not complete: what a later one will change is not in it"
        problems.unmodelled(complete.at, "incomplete-plan", message, "plan without `-target`")


def _members(node: Node, name: str) -> Iterator[tuple[str, Node]]:
    section = node.get(name)
    if section is not None and section.value is not None:
        yield from _object(section, f"`{name}`").items()


def _object(node: Node, what: str) -> Mapping[str, Node]:
    if not isinstance(node.value, Mapping):
        fail(node, f"{what} must be an object, not {node.describe()}")
    return node.fields


def _list(node: Node | None, what: str) -> tuple[Node, ...]:
    if node is None or node.value is None:
        return ()
    if not isinstance(node.value, tuple):
        fail(node, f"{what} must be a list, not {node.describe()}")
    return node.value


def word(node: Node, name: str) -> str:
    """A member that has to be there and to be a string.

    Raises:
        InputError: it is not.
    """
    member = node.get(name)
    value = member.value if member is not None else None
    if not isinstance(value, str):
        fail(member or node, f"`{name}` must be a string, not {member.describe() if member else 'missing'}")
    if len(value) > MAX_ADDRESS:
        fail(member or node, f"a `{name}` of more than {MAX_ADDRESS:,} characters")
    return value


# ── resources ──


def _instances(top: Node, values: Node | None, changes: Mapping[str, Node]) -> Iterator[Instance]:
    """Every instance under `values`, in the order of the file."""
    root = values.get("root_module") if values is not None and values.value is not None else None
    if root is None:
        return
    waiting = [root]
    seen: set[str] = set()
    while waiting:
        module = waiting.pop(0)
        _object(module, "a module")
        for node in _list(module.get("resources"), "`resources`"):
            _object(node, "a resource")
            one = _instance(node, changes)
            if one.address in seen:
                fail(node, f"there are two resources `{one.address}`")
            seen.add(one.address)
            if len(seen) > MAX_RESOURCES:
                fail(node, f"more than {MAX_RESOURCES:,} resources, which is the most that is read")
            yield one
        waiting.extend(_list(module.get("child_modules"), "`child_modules`"))


def _instance(node: Node, changes: Mapping[str, Node]) -> Instance:
    address = word(node, "address")
    values = node.get("values")
    if values is None or values.value is None:
        values = Node({}, node.at)
    _object(values, f"the values of `{address}`")
    change = changes.get(address)
    unknown = change.get("change", "after_unknown") if change is not None else None
    index = node.get("index")
    key = index.value if index is not None else None
    if not isinstance(key, str | int | None) or isinstance(key, bool):
        fail(node, f"the index of `{address}` must be a string or a number")
    provider = node.get("provider_name")
    return Instance(
        address,
        module_path(address),
        word(node, "mode"),
        word(node, "type"),
        word(node, "name"),
        key,
        (provider.as_str() if provider else None) or "",
        Node(values.value, node.at, values.key_at),
        unknown or Node({}, node.at),
        _actions(change) if change is not None else (),
    )


def module_path(address: str) -> ModulePath:
    """The module calls at the beginning of an address: `module.a["x"].module.b.…`."""
    steps: list[tuple[str, Key]] = []
    at = 0
    while found := _STEP.match(address, at):
        name, text, number = found.groups()
        steps.append((name, int(number) if number is not None else unescape(text) if text is not None else None))
        at = found.end()
    return tuple(steps)


def unescape(text: str) -> str:
    """An instance key as it is, from how an address spells it in quotes."""
    return re.sub(r"\\(.)", lambda found: {"n": "\n", "r": "\r", "t": "\t"}.get(found[1], found[1]), text)


def _changes(top: Node) -> Iterator[tuple[str, Node]]:
    for node in _list(top.get("resource_changes"), "`resource_changes`"):
        _object(node, "a resource change")
        if "deposed" not in node.fields:  # an object that Terraform failed to destroy earlier
            yield word(node, "address"), node


def _actions(change: Node) -> tuple[str, ...]:
    actions = change.get("change", "actions")
    return tuple(one.as_str() or "" for one in _list(actions, "`actions`"))
