"""Whose rows are whose: which tables can be kept to their callers' identities, and what else can be done."""

from __future__ import annotations

from grantgraph.model import Index, Need, Resource
from grantgraph.owning import identity_attribute
from grantgraph.problems import Problems


def rows_can_be_own(need: Need, resource: Resource, problems: Problems) -> bool:
    """Whether a rule on the leading key keeps each caller to its own rows (rules 155, 162)."""
    partition, sort = (str(resource.attributes.get(word, "")) for word in ("partition_key", "sort_key"))
    owner = identity_attribute(resource)
    if not owner:
        problems.error(
            need.at,
            "identity-attribute",
            f"nothing says which attribute of `{resource.id}` holds the caller's identity",
            "say it on the table, `identity: <attribute>`",
        )
        return False
    through = [one for one in resource.indexes if {one.name, "*"} & {*need.scopes.index}]
    wrong = [one for one in through if one.partition_key != owner]
    if not wrong and (through or partition == owner):
        return True
    index = wrong[0] if wrong else None
    leading = index.partition_key if index is not None else partition
    where = f"the index `{index.name}`" if index is not None else f"the table `{resource.id}`"
    is_sort = " (its sort key)" if owner == (index.sort_key if index is not None else sort) else ""
    problems.error(
        need.at,
        "rows-not-enforceable",
        f"no IAM policy can keep `{need.who}` to its own rows of {where}: dynamodb:LeadingKeys restrains the "
        f"partition key `{leading}` only, and the identity is in `{owner}`{is_sort}",
        "\n".join(alternatives(resource, index, owner, leading, sort)),
    )
    return False


def alternatives(resource: Resource, index: Index | None, owner: str, leading: str, sort: str) -> list[str]:
    """What can be done when a table's keys cannot carry a rule on rows."""
    fitting = next((one.name for one in resource.indexes if one.partition_key == owner), "")
    swapped = f"partition_key: {owner}, sort_key: {leading}"
    by_index = (
        f"read through the index `{fitting}`: `index: {fitting}` in the need"
        if fitting
        else f"read through an index, `byUser: {{partition_key: {owner}, sort_key: {leading}}}`, "
        "and need `access: query, index: byUser`; writes stay closed"
    )
    return [
        f"swap the keys: {swapped}" if index is None else f"make `{owner}` the index's partition key",
        by_index,
        f"begin the partition key with the identity (`{leading}: <identity>#...`), which a rule on leading keys "
        "can require once the application writes nothing else there",
        "enforce it in code: a route whose function checks the owner, and no access to the table for the user",
    ]


def attributes_hold_keys(need: Need, resource: Resource, problems: Problems) -> bool:
    """Whether the named attributes include the keys, which every request names (rule 163)."""
    keys = [str(resource.attributes.get(word, "")) for word in ("partition_key", "sort_key")]
    for index in resource.indexes:
        keys += [index.partition_key, index.sort_key] if {index.name, "*"} & {*need.scopes.index} else []
    missing = [key for key in keys if key and key not in need.scopes.attributes]
    for key in dict.fromkeys(missing):
        problems.error(
            need.at,
            "attributes-without-keys",
            f"`attributes` of `{need.to}` leaves out its key `{key}`, which every request has to name",
            f"add `{key}`",
        )
    return not missing
