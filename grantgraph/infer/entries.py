"""Entries of statements against what an application has: which action one names, which resource one means."""

from __future__ import annotations

from grantgraph.catalog import Action
from grantgraph.infer.holdings import Entry, Held
from grantgraph.policy.arn import ArnPattern
from grantgraph.policy.document import ActionPattern
from grantgraph.policy.pattern import Match, parse_pattern
from grantgraph.text import Text, split_text, text

# ── actions ──


def names(pattern: ActionPattern, action: Action) -> bool:
    """Whether an entry of a policy's actions takes in an action."""
    return pattern.service in (None, action.service) and pattern.name.match(action.name.lower()) is Match.YES


def is_wild(pattern: ActionPattern) -> bool:
    """Whether an entry of a policy's actions may name more than one."""
    return "*" in pattern.spelled or "?" in pattern.spelled


def is_named(held: Held, action: Action) -> bool:
    """Whether a statement spells an action out."""
    actions = held.statement.actions
    return not actions.negated and any(not is_wild(one) and names(one, action) for one in actions.patterns)


def is_chosen(held: Held, action: Action) -> bool:
    """Whether a statement names an action by more than its service: by its name, or by how it begins."""
    actions = held.statement.actions
    return not actions.negated and any(
        one.service is not None and not one.name.is_star and names(one, action) for one in actions.patterns
    )


def is_unnamed(held: Held, action: Action) -> bool:
    """Whether only a wildcard over all services reaches an action."""
    actions = held.statement.actions
    return actions.negated or not any(one.service is not None and names(one, action) for one in actions.patterns)


# ── resources ──


def is_within(entry: Entry, arn: Text) -> bool:
    """Whether an entry names a resource or something below it, and nothing else."""
    if entry.pattern is None:
        return False
    own, whole = _fields(entry.pattern.pattern.text), _fields(arn)
    if len(own) < 6 or len(whole) < 6:
        return False
    near = all(one == other or "" in (one, other) for one, other in zip(own[:5], whole[:5], strict=True))
    return near and (own[5] == whole[5] or own[5].startswith((f"{whole[5]}/", f"{whole[5]}:")))


def is_below(arn: Text, spelled: str) -> bool:
    """Whether the last field of an ARN begins as that of a text does."""
    own, whole = _fields(arn), tuple(spelled.split(":", 5))
    return len(own) == len(whole) == 6 and own[5].startswith(whole[5])


def _fields(arn: Text) -> tuple[str, ...]:
    """The fields of an ARN; "" for a part of the environment that is not known, which may be any."""
    fields = split_text(arn, ":", 5)
    return tuple(
        "" if at in (1, 3, 4) and not isinstance(field, str) else str(field) for at, field in enumerate(fields)
    )


def cover(pattern: ArnPattern | None, text: Text) -> Match:
    """Whether an entry takes in every resource that a text with wildcards names."""
    if pattern is None:
        return Match.NO
    if pattern.pattern.is_star:
        return Match.YES
    if pattern.pattern.variables or "?" in str(pattern):
        return Match.MAYBE
    return pattern.match_resource(text)


def within(pattern: ArnPattern | None, arn: Text) -> Text:
    """A resource where an entry has it: what of the environment is open, as the entry spells it.

    `arn:aws:sqs:*:*:*` and the queue `arn:${AWS::Partition}:sqs:...:jobs` give `arn:aws:sqs:...:jobs`.
    """
    own = split_text(arn, ":", 5)
    spelled = split_text(pattern.pattern.text, ":", 5) if pattern is not None else ()
    if len(own) != 6 or len(spelled) != 6:
        return arn
    fields: list[Text] = []
    for at, (mine, theirs) in enumerate(zip(own, spelled, strict=True)):
        fixed = isinstance(theirs, str) and not {"*", "?"} & {*theirs}
        fields += [theirs if at in (1, 3, 4) and not isinstance(mine, str) and fixed else mine, ":"]
    return text(fields[:-1])


def takes_in(wide: Text, narrow: Text) -> bool:
    """Whether a text with wildcards takes in another one."""
    return cover(ArnPattern(parse_pattern(wide)), narrow) is Match.YES


def is_everything(held: Held) -> bool:
    """Whether a statement is about every resource."""
    return all(one.pattern is not None and one.pattern.pattern.is_star for one in held.entries)


def is_open(held: Held) -> bool:
    """Whether a resource or an action of a statement is decided at deployment."""
    unknown = any(entry.pattern is not None and not entry.is_understood for entry in held.entries)
    return unknown or any(one.name.unknowns for one in held.statement.actions.patterns)
