"""Statements cut down to what stays of them, in as few statements as say it.

What stays keeps its author's words: entries of actions and resources, their order, conditions. Where a wildcard
has to go, the actions behind it take its place; where an entry reaches beyond the application, the resources that
are meant do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from grantgraph.catalog import Action, Catalog
from grantgraph.infer.entries import is_wild, names
from grantgraph.infer.why import Decision
from grantgraph.policy.arn import ArnPattern
from grantgraph.policy.document import ActionPattern, Actions, Resources, Statement
from grantgraph.policy.pattern import parse_pattern
from grantgraph.text import Text

Usable = Callable[[Text, Iterable[Action]], frozenset[Action]]
"""Which actions can be used on what a text names."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A resource of a narrowed statement: one of the author's own, by its number, or a text that is new."""

    number: int
    text: Text | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """A statement that stays of another one.

    `actions` and `resources` say, in order, what each entry of the statement is: a number among the author's own
    entries, or a new text.
    """

    statement: Statement
    actions: tuple[int | str, ...]
    resources: tuple[int | Text, ...]


@dataclass(frozen=True, slots=True)
class Narrowed:
    """A statement, and what stays of it: nothing, itself (`pieces` is None), or other statements."""

    statement: Statement
    pieces: tuple[Piece, ...] | None

    @property
    def statements(self) -> tuple[Statement, ...]:
        return (self.statement,) if self.pieces is None else tuple(one.statement for one in self.pieces)


@dataclass(slots=True)
class _Group:
    """Entries of resources with the same actions; `patterns` are entries of actions that stay as they are."""

    entries: list[Entry]
    actions: frozenset[Action]
    patterns: tuple[int, ...]


def narrow(decisions: Sequence[Decision], catalog: Catalog, usable: Usable) -> Narrowed:
    """What stays of one statement, for all of the principals that hold it."""
    statement = decisions[0].held.statement
    if any(one.whole is not None for one in decisions):
        return Narrowed(statement, None)
    return _Narrowing(statement, decisions, catalog, usable).narrowed()


@dataclass(slots=True)
class _Narrowing:
    statement: Statement
    decisions: Sequence[Decision]
    catalog: Catalog
    usable: Usable
    given: dict[int, frozenset[Action]] = field(init=False)

    def __post_init__(self) -> None:
        self.given = {}
        for decision in self.decisions:
            for entry in decision.held.entries:
                self.given[entry.number] = self.given.get(entry.number, frozenset()) | entry.actions()

    def narrowed(self) -> Narrowed:
        groups = self.merged(list(self.groups()))
        pieces = tuple(self.piece(group, at) for at, group in enumerate(groups))
        same = len(pieces) == 1 and _says_the_same(pieces[0].statement, self.statement)
        return Narrowed(self.statement, None if same else pieces)

    # ── which actions stay on which resources ──

    def groups(self) -> Iterator[_Group]:
        stays: dict[Entry, set[Action]] = {}
        for decision in self.decisions:
            for row in decision.rows:
                key = Entry(row.number) if row.narrowed is None else Entry(row.number, row.narrowed)
                stays.setdefault(key, set()).update(row.actions)
        patterns = self.kept_patterns()
        for number in self.given if patterns else ():
            stays.setdefault(Entry(number), set())
        own = self.statement.resources
        by_text: dict[Text, Entry] = {
            own.patterns[key.number].pattern.text: key for key in stays if key.text is None and not own.negated
        }
        for key in sorted(stays, key=lambda one: (one.number, one.text is not None, str(one.text))):
            if key.text is not None:  # two entries that take in one resource name it once
                first = by_text.setdefault(key.text, key)
                if first is not key:
                    stays[first] |= stays.pop(key)
        for key, actions in sorted(stays.items(), key=lambda one: (one[0].text is not None, one[0].number)):
            yield _Group([key], frozenset(actions), patterns if key.text is None else ())

    def kept_patterns(self) -> tuple[int, ...]:
        """The entries of the actions that stay as they are: without words, or not known to the catalog."""
        patterns = self.statement.actions.patterns if not self.statement.actions.negated else ()
        kept = {id(pattern) for decision in self.decisions for pattern, _ in decision.patterns}
        spelled = {pattern.spelled for decision in self.decisions for pattern, _ in decision.patterns}
        return tuple(
            at
            for at, one in enumerate(patterns)
            if id(one) in kept or one.spelled in spelled or self.is_unknown(one)
        )

    def is_unknown(self, pattern: ActionPattern) -> bool:
        """Whether the catalog knows nothing that an entry names: it may be an action of tomorrow."""
        if pattern.service is None or is_wild(pattern):
            return False
        return not any(names(pattern, one) for one in self.catalog.actions(pattern.service))

    def merged(self, groups: list[_Group]) -> list[_Group]:
        """Groups put together where that adds nothing that anybody can use."""
        found: list[_Group] = []
        for group in groups:
            for other in found:
                if self.can_join(other, group):
                    other.entries += group.entries
                    other.actions |= group.actions
                    break
            else:
                found.append(group)
        return found

    def can_join(self, one: _Group, other: _Group) -> bool:
        if one.patterns != other.patterns:
            return False
        return self.adds_nothing(one, other.actions - one.actions) and self.adds_nothing(
            other, one.actions - other.actions
        )

    def adds_nothing(self, group: _Group, actions: frozenset[Action]) -> bool:
        return not actions or all(self.usable_on(entry).isdisjoint(actions) for entry in group.entries)

    def usable_on(self, entry: Entry) -> frozenset[Action]:
        """What the statement as it was could use on an entry."""
        given = self.given.get(entry.number, frozenset())
        return given if entry.text is None else self.usable(entry.text, given)

    # ── how it is written ──

    def piece(self, group: _Group, at: int) -> Piece:
        actions = tuple(self.spelled(group))
        resources: list[int | Text] = []
        for entry in group.entries:
            resources.append(entry.number if entry.text is None else entry.text)
        own = self.statement
        sid = own.sid if at == 0 or not own.sid else f"{own.sid}{at + 1}"
        patterns = own.actions.patterns
        statement = replace(
            own,
            sid=sid,
            actions=Actions(tuple(patterns[one] if isinstance(one, int) else _action(one) for one in actions)),
            resources=self.resources(resources),
        )
        return Piece(statement, actions, tuple(resources))

    def resources(self, resources: list[int | Text]) -> Resources:
        own = self.statement.resources
        if own.negated and resources == [0]:
            return own
        return Resources(
            tuple(
                own.patterns[one] if isinstance(one, int) else ArnPattern(parse_pattern(one)) for one in resources
            )
        )

    def spelled(self, group: _Group) -> Iterator[int | str]:
        """The entries of a group's actions: the author's own where they stay, names where a wildcard went."""
        patterns = self.statement.actions.patterns if not self.statement.actions.negated else ()
        used = frozenset[Action]().union(*(self.usable_on(entry) for entry in group.entries)) | group.actions
        whole: dict[int, bool] = {}
        for at, one in enumerate(patterns):
            meant = {action for action in used if names(one, action)}
            stays = bool(meant) and meant <= group.actions and one.service is not None
            whole[at] = at in group.patterns or stays
        said = {
            action for action in group.actions if any(whole[at] and names(patterns[at], action) for at in whole)
        }
        left = sorted(str(action) for action in group.actions - said)
        for at, one in enumerate(patterns):
            if whole[at]:
                yield at
                continue
            mine = [name for name in left if names(one, self._action(name))]
            yield from mine
            left = [name for name in left if name not in mine]
        yield from left

    def _action(self, name: str) -> Action:
        found = self.catalog.action(name)
        assert found is not None
        return found


def _action(name: str) -> ActionPattern:
    service, _, action = name.lower().partition(":")
    return ActionPattern(name, service, parse_pattern(action, variables=False))


def _says_the_same(one: Statement, other: Statement) -> bool:
    spelled = tuple(pattern.spelled for pattern in one.actions.patterns)
    return (
        spelled == tuple(pattern.spelled for pattern in other.actions.patterns)
        and one.actions.negated == other.actions.negated
        and one.resources == other.resources
    )
