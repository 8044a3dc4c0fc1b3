"""Policy documents: from their text, or where the plan does not know it, from the data source that writes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from grantgraph.node import Node
from grantgraph.sources._embedded import decode_embedded
from grantgraph.sources._terraform.document import Instance, type_name
from grantgraph.sources._terraform.expressions import Step, spell
from grantgraph.sources._terraform.reader import AFTER_APPLY, Reader
from grantgraph.text import Unknown

DOCUMENT = "data.aws_iam_policy_document"
MAX_CHAIN = 16
"""How many policy documents may be made from each other in a row."""

_LISTS = {"actions": "Action", "not_actions": "NotAction", "resources": "Resource", "not_resources": "NotResource"}
_WITH_VARIABLES = ("resources", "not_resources")
_MERGED = (("source_json", "source_policy_documents"), ("override_json", "override_policy_documents"))


def policy_document(reader: Reader, one: Instance, *path: Step) -> Node | None:
    """The policy at a path of a resource: a document, an Unknown, or None where there is none."""
    node = reader.text(one, *path)
    if node is None:
        return None
    if not isinstance(node.value, Unknown):
        return decode_embedded(node, f"`{spell(path).lstrip('.')}` of `{one.address}`", reader.problems)
    return _written_by(reader, one, path, node, 0)


def _written_by(reader: Reader, one: Instance, path: tuple[Step, ...], node: Node, depth: int) -> Node:
    """The document of the one data source that a policy's text comes from."""
    made = reader.configuration.made_of(one, path)
    chosen = reader.choose(one, made)
    if made.opaque or chosen is None or type_name(chosen) != DOCUMENT or depth > MAX_CHAIN:
        return node
    paths = {target.path for target in made.targets if target.instance is chosen}
    if not paths <= {(), ("json",), ("minified_json",)}:
        return node
    reader.assumed.append(one.address + spell(path))
    return recover(reader, chosen, depth + 1)


# ── the data source ──


def recover(reader: Reader, one: Instance, depth: int = 0) -> Node:
    """What `aws_iam_policy_document` writes: sources, then its own statements, then overrides, by their Sids."""
    before, after = ([doc for name in names for doc in _others(reader, one, name, depth)] for names in _MERGED)
    own = tuple(_own_statements(reader, one))
    version = reader.text(one, "version") or Node("2012-10-17", one.at)
    replacing = (*after, *(own if before or after else ()), version)
    if any(isinstance(part.value, Unknown) for part in replacing):  # an unknown Sid may take another's place
        return Node(Unknown(one.address, f"what `{one.address}` holds in the end {AFTER_APPLY}"), one.at)
    statements: list[Node] = []
    for members in (*map(_statements, before), own, *map(_statements, after)):
        for statement in members:
            _merge(statements, statement)
    return Node({"Version": version, "Statement": Node(tuple(statements), one.at)}, one.at)


def _others(reader: Reader, one: Instance, name: str, depth: int) -> Iterator[Node]:
    """The documents that an argument adds, each with its statements, or Unknown."""
    node = reader.value(one, name)
    single = name.endswith("_json")
    if node is not None and isinstance(node.value, Unknown) and not single:
        yield node  # a list that is hidden as a whole may hold what no reference tells of
        return
    for at, member in enumerate(node.one_or_many() if node is not None else ()):
        path: tuple[Step, ...] = (name,) if single else (name, at)
        if isinstance(member.value, Unknown):
            yield _written_by(reader, one, path, member, depth)
        elif member.value not in (None, ""):
            yield decode_embedded(member, f"`{spell(path).lstrip('.')}` of `{one.address}`", reader.problems)


def _statements(document: Node) -> tuple[Node, ...]:
    if isinstance(document.value, Unknown):
        return (document,)
    statement = document.get("Statement")
    return statement.one_or_many() if statement is not None else ()


def _merge(statements: list[Node], statement: Node) -> None:
    """Add a statement, in the place of the one with its Sid if there is one."""
    sid = statement.get("Sid")
    for at, other in enumerate(statements) if sid is not None and sid.value else ():
        if other.get("Sid") == sid:
            statements[at] = statement
            return
    statements.append(statement)


def _own_statements(reader: Reader, one: Instance) -> Iterator[Node]:
    node = reader.value(one, "statement")
    if node is not None and isinstance(node.value, Unknown):
        yield node
    for at, written in enumerate(node.items if node else ()):
        statement = written if isinstance(written.value, Unknown) else _statement(written)
        if statement is None:
            label = f"{one.address}.statement[{at}]"
            statement = Node(Unknown(label, f"`{label}` {AFTER_APPLY}"), written.at)
        yield statement


def _statement(written: Node) -> Node | None:
    """One statement in the words of a policy; None where not even its shape is known."""
    members: dict[str, Node] = {}
    effect = written.get("effect")
    members["Effect"] = effect if effect is not None and effect.value else Node("Allow", written.at)
    sid = written.get("sid")
    if sid is not None and sid.value:
        members["Sid"] = sid
    for name, element in _LISTS.items():
        values = written.get(name)
        if values is not None and values.value not in (None, ()):
            members[element] = _with_variables(values) if name in _WITH_VARIABLES else values
    for name, element in (("principals", "Principal"), ("not_principals", "NotPrincipal")):
        blocks = written.get(name)
        if blocks is not None and blocks.value not in (None, ()):
            found = _principals(blocks)
            if found is None:
                return None
            members[element] = found
    conditions = written.get("condition")
    if conditions is not None and conditions.value not in (None, ()):
        found = _conditions(conditions)
        if found is None:
            return None
        members["Condition"] = found
    if any(isinstance(members[key].value, Unknown) for key in ("Effect", "Sid") if key in members):
        return None
    return Node(members, written.at)


def _principals(blocks: Node) -> Node | None:
    found: dict[str, list[Node]] = {}
    for block in blocks.items:
        type, identifiers = block.get("type"), block.get("identifiers")
        spelled = type.as_str() if type else None
        if spelled is None or identifiers is None:
            return None
        found.setdefault(spelled, []).extend(_with_variables(identifiers).one_or_many())
    if isinstance(blocks.value, Unknown) or not found:
        return None
    if list(found) == ["*"] and [one.value for one in found["*"]] == ["*"]:
        return Node("*", blocks.at)
    return Node({type: Node(tuple(ones), blocks.at) for type, ones in found.items()}, blocks.at)


def _conditions(blocks: Node) -> Node | None:
    found: dict[str, dict[str, list[Node]]] = {}
    for block in blocks.items:
        test, variable, values = (block.get(name) for name in ("test", "variable", "values"))
        operator = test.as_str() if test else None
        key = _with_variables(variable).as_str() if variable else None
        if operator is None or key is None or values is None:
            return None
        found.setdefault(operator, {}).setdefault(key, []).extend(_with_variables(values).one_or_many())
    if isinstance(blocks.value, Unknown) or not found:
        return None
    return Node(
        {
            operator: Node({key: Node(tuple(ones), blocks.at) for key, ones in keys.items()}, blocks.at)
            for operator, keys in found.items()
        },
        blocks.at,
    )


def _with_variables(node: Node) -> Node:
    """`&{aws:username}` of the data source as `${aws:username}` of the policy."""
    if isinstance(node.value, tuple):
        return replace(node, value=tuple(_with_variables(one) for one in node.value))
    return replace(node, value=node.value.replace("&{", "${")) if isinstance(node.value, str) else node
