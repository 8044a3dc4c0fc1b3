"""A plan or a state to one application, by way of CloudFormation's words.

Terraform's types are said in CloudFormation's (`types/`), names and links are resolved first, and one reader
makes the application of both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from grantgraph.model import Application, Environment
from grantgraph.node import Node
from grantgraph.problems import Problems
from grantgraph.sources import ReadOptions
from grantgraph.sources._cloudformation import Construct, Stack, read_application
from grantgraph.sources._cloudformation.types import USER_POOL_CLIENT, named_types
from grantgraph.sources._terraform.configuration import Configuration
from grantgraph.sources._terraform.document import Document, Instance, read_document, type_name
from grantgraph.sources._terraform.environments import Environments
from grantgraph.sources._terraform.reader import Reader
from grantgraph.sources._terraform.types import Properties, terraform_types
from grantgraph.text import Text

# actions of a plan → what they are together
_CHANGES: Mapping[tuple[str, ...], str] = {
    ("create",): "create",
    ("update",): "update",
    ("delete",): "delete",
    ("delete", "create"): "replace",
    ("create", "delete"): "replace",
    ("forget",): "forget",
    ("create", "forget"): "replace",
}


@dataclass(frozen=True, slots=True)
class _Draft:
    """A resource in CloudFormation's words."""

    id: str
    by: Instance
    type: str
    properties: Properties


def read_terraform(top: Node, name: str, source: str, options: ReadOptions) -> Application:
    """The application of a plan or a state.

    Raises:
        InputError: the file has another format, or the wrong shape.
        UsageError: an option contradicts the plan.
    """
    problems = Problems()
    document = read_document(top, problems)
    configuration = Configuration(document)
    environments = Environments(document, configuration, options, terraform_types())
    reader = Reader(document, configuration, environments, problems)
    drafts = list(_drafts(reader))
    stacks = list(_stacks(reader, drafts)) or [Stack(_template(top, []), environments.common())]
    read = read_application(stacks, name, source, options, problems)
    changes = _changes(document)
    _say_assumptions(reader)
    for address in changes.get("forget", ()):
        message = f"`{address}` stays in AWS and leaves the state: what it does is not in the plan"
        problems.unmodelled(document.at, "incomplete-plan", message)
    return replace(
        read,
        environment=environments.common(),
        problems=problems.all(),
        counted=_counted(document, drafts, read.counted),
        changes=changes,
    )


def _drafts(reader: Reader) -> Iterator[_Draft]:
    """Every resource that is understood, with what others say of it."""
    written = []
    for one in reader.document.instances:
        type = terraform_types().get(type_name(one))
        if type is not None:
            properties = type.write(reader, one)
            if properties is not None and type.cloudformation:
                written.append(_Draft(one.address, one, type.cloudformation, properties))
    there = {draft.id for draft in written}
    for one in reader.document.earlier:  # what was read before, and is not read again
        type = terraform_types().get(type_name(one)) if one.mode == "data" else None
        if type is not None and one.address not in there:
            written.append(_Draft(one.address, one, type.cloudformation, type.write(reader, one) or {}))
    for draft in written:
        yield replace(draft, properties=_with_additions(reader, draft))
    for id, by, type_of, properties in reader.besides:
        yield _Draft(id, by, type_of, properties)


def _with_additions(reader: Reader, draft: _Draft) -> Properties:
    properties = dict(draft.properties)
    additions = {key: list(nodes) for key, nodes in reader.added.get(draft.id, {}).items()}
    for (kind, key), nodes in reader.added_to_all.items():
        if kind == draft.by.type:
            additions.setdefault(key, []).extend(nodes)
    for key, added in additions.items():
        own = properties.get(key)
        members = (*(own.one_or_many() if own is not None else ()), *added)
        distinct = {str(at) if one.as_text() is None else one.as_text(): one for at, one in enumerate(members)}
        properties[key] = Node(tuple(distinct.values()), draft.by.at)
    return {**properties, **reader.put_on.get(draft.id, {})}


def _stacks(reader: Reader, drafts: list[_Draft]) -> Iterator[Stack]:
    """The resources by where they are deployed."""
    placed: dict[Environment, list[_Draft]] = {}
    for draft in drafts:
        placed.setdefault(reader.environments.of(draft.by), []).append(draft)
    for environment, members in placed.items():
        names: dict[str, Text] = {
            one.id: reader.name(one.by)
            for one in members
            if one.id == one.by.address and (one.type in named_types() or one.type == USER_POOL_CLIENT)
        }
        constructs = {one.id: Construct(one.id) for one in members}
        template = _template(reader.document.top, members)
        yield Stack(template, environment, constructs=constructs, names=names)


def _template(top: Node, drafts: list[_Draft]) -> Node:
    resources = {
        draft.id: Node(
            {
                "Type": Node(draft.type, draft.by.at),
                "Properties": Node(
                    {key: one for key, one in draft.properties.items() if one is not None}, draft.by.at
                ),
            },
            draft.by.at,
        )
        for draft in drafts
    }
    return Node({"Resources": Node(resources, top.at)}, top.at)


# ── what is said beside the application ──


def _counted(document: Document, drafts: list[_Draft], counted: Mapping[str, int]) -> Mapping[str, int]:
    """What the model does not hold, in Terraform's words: type → how many."""
    known = terraform_types()
    spelled = {draft.type: draft.by.type for draft in reversed(drafts)}
    found = Counter({spelled.get(type, type): number for type, number in counted.items()})
    found.update(one.type for one in document.instances if one.mode == "managed" and one.type not in known)
    return dict(sorted(found.items()))


def _changes(document: Document) -> Mapping[str, tuple[str, ...]]:
    """What the plan does to resources that IAM decides about: `create`, `update`, ... → addresses."""
    types = {one.address: one.type for one in (*document.earlier, *document.instances) if one.mode == "managed"}
    found: dict[str, list[str]] = {}
    for address, actions in document.changes.items():
        change = _CHANGES.get(actions)
        if change is not None and types.get(address) in terraform_types():
            found.setdefault(change, []).append(address)
    return {change: tuple(found[change]) for change in dict.fromkeys(_CHANGES.values()) if change in found}


def _say_assumptions(reader: Reader) -> None:
    """What is taken to be so because a plan keeps only what an expression refers to, and not how."""
    at = reader.document.at
    links = sorted(set(reader.assumed))
    if links:
        shown = ", ".join(f"`{one}`" for one in links[:3]) + (", ..." if len(links) > 3 else "")
        which = (
            "1 value that is known only after apply is"
            if len(links) == 1
            else (f"{len(links)} values that are known only after apply are")
        )
        message = f"{which} read as what the configuration refers to: {shown}"
        reader.problems.unmodelled(at, "taken-from-references", message, "a state, or a later plan, has them")
    if reader.bare_roles:
        number = len(reader.bare_roles)
        roles = "1 new role is" if number == 1 else f"{number} new roles are"
        message = f"{roles} taken to have no inline policy from a `dynamic` block of unknown size"
        reader.problems.unmodelled(at, "no-unknown-blocks", message)
