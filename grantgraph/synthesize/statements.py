"""Blocks to statements and policies: what each statement is called, and how it is written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from grantgraph.node import node_of
from grantgraph.policy.document import Policy, PolicyType
from grantgraph.policy.parse import parse_policy
from grantgraph.problems import bug
from grantgraph.synthesize.blocks import Block, cut_and_join
from grantgraph.synthesize.result import Wish
from grantgraph.text import Text


def blocks_of(wishes: Iterable[Wish], apart: bool = True) -> list[Block]:
    """The statements that say what is wished for, once, sorted and named."""
    return name_blocks(cut_and_join(wishes, apart))


def name_blocks(blocks: Iterable[Block]) -> list[Block]:
    """The blocks by name: a stable Sid each, what is used and then what for; numbered where two would be one."""
    named: list[Block] = []
    taken: set[str] = set()
    for block in sorted(blocks, key=lambda one: (_name(one), str(one.resources), str(one.conditions))):
        name = sid = _name(block)
        number = 1
        while sid in taken:
            number += 1
            sid = f"{name}{number}"
        taken.add(sid)
        named.append(replace(block, sid=sid))
    return named


def _name(block: Block) -> str:
    words = [block.who if block.lets_in is not None else block.subject, *block.purposes]
    return re.sub(r"[^A-Za-z0-9]", "", "".join(map(_camel, words))) or "Statement"


def _camel(words: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"[^A-Za-z0-9]+", words))


def document_of(block: Block) -> dict[str, Any]:
    """A block as the statement that AWS takes."""
    document: dict[str, Any] = {"Sid": block.sid} if block.sid else {}
    document["Effect"] = "Allow"
    if block.lets_in is not None:
        document["Principal"] = {block.lets_in[0]: block.lets_in[1]}
    document |= {"Action": list(block.actions), "Resource": list(block.resources)}
    conditions: dict[str, dict[str, list[Text]]] = {}
    for operator, key, values in block.conditions:
        conditions.setdefault(operator, {})[key] = list(values)
    if conditions:
        document["Condition"] = conditions
    return document


def policy_of(
    statements: Iterable[dict[str, Any]], name: str, type: PolicyType = PolicyType.IDENTITY_BASED
) -> Policy:
    """Statements as a policy."""
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    parsed = parse_policy(node_of(document), type, name)
    if parsed.errors:
        bug(f"the synthesized policy of {name} is not valid: {parsed.errors[0]}")
    return parsed.value


def needed_policy(wishes: Iterable[Wish], name: str, type: PolicyType = PolicyType.IDENTITY_BASED) -> Policy:
    """What is wished for, word by word, for the proof to hold against: a statement a wish."""
    blocks = [
        Block("", one.subject, one.lets_in, one.actions, one.resources, one.conditions, (), ()) for one in wishes
    ]
    return policy_of(map(document_of, blocks), name, type)
