"""Statements of a template changed in place: entries of their actions and resources kept, taken out, or added."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from grantgraph.infer.narrow import Narrowed, Piece
from grantgraph.patch.edits import Edits, is_single_line
from grantgraph.patch.spans import Shape, Source, Span, Way
from grantgraph.patch.writing import Call, Raw, Style, Tagged, Value, write
from grantgraph.text import Text


class Unpatchable(Exception):
    """A change cannot be made where it belongs; `why` says why."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(slots=True)
class Statements:
    """Changes statements of one text; `spell` writes resources that are new in it."""

    edits: Edits
    style: Style
    spell: Callable[[Text], Value]

    @property
    def source(self) -> Source:
        return self.edits.source

    def change(self, way: Way, narrowed: Narrowed) -> None:
        """Leave of a statement what stays of it.

        Raises:
            Unpatchable: the statement is not written as it was read.
        """
        span = self.source.at(way)
        pieces = narrowed.pieces or ()
        actions, resources = self.entries(span, narrowed)
        around, step = way[-1]
        number = step if isinstance(step, int) else None
        if not pieces:
            if number is None:
                raise Unpatchable("it is the only statement of its policy")
            self.remove(way)
        elif len(pieces) == 1:
            self.edit(span, pieces[0], actions, resources)
        elif is_argument(way):
            raise Unpatchable("it would take several statements where a function gives one")
        elif number is None:
            whole = [self.copy(span, piece, actions, resources, moved=True) for piece in pieces]
            self.replace_by_list(way, span, whole)
        else:
            self.edit(span, pieces[0], actions, resources)
            for piece in pieces[1:]:
                self.edits.insert_after(around, number, self.copy(span, piece, actions, resources), self.style)

    def remove(self, way: Way) -> None:
        """Take a member out of a list; what a function gives becomes nothing, as CloudFormation has it."""
        around, step = way[-1]
        if is_argument(way):
            nothing = write(Call("Ref", "AWS::NoValue"), self.style, 0, flow=True, line=True)
            self.edits.replace(self.source.at(way), nothing)
        elif isinstance(step, int):
            self.edits.remove_item(around, step)
        else:
            raise Unpatchable("nothing is left of it, and it cannot be taken away")

    def replace_by_list(self, way: Way, span: Span, values: list[Value]) -> None:
        """Write several statements where there was one, without a list around it."""
        around, key = way[-1]
        if self.source.is_json or span.flow or not isinstance(key, str):
            self.edits.replace(span, self.edits.written(values, self.style, span, True))
            return
        column = self.source.column(around.keys[key][0]) + self.style.dash
        colon = self.source.text.index(":", around.keys[key][1]) + 1
        self.edits.write(colon, span.end, write(values, self.style, column, flow=False, line=False))

    # ── how a statement is written ──

    def entries(self, span: Span, narrowed: Narrowed) -> tuple[list[Span], list[Span]]:
        """The entries of a statement's actions and resources as they are written, one for each that was read."""
        statement = narrowed.statement
        actions = self.members(span, ("Action", "NotAction"), len(statement.actions.patterns))
        resources = self.members(span, ("Resource", "NotResource"), len(statement.resources.patterns))
        for written, read in zip(actions, statement.actions.patterns, strict=True):
            if written.shape is not Shape.SCALAR or written.value != read.spelled or written.tag:
                raise Unpatchable("its actions are made by a function")
        return actions, resources

    def members(self, span: Span, keys: tuple[str, str], number: int) -> list[Span]:
        key = next((one for one in keys if one in span.members), "")
        if span.shape is not Shape.OBJECT or not key:
            raise Unpatchable("no statement is written here")
        value = span.members[key]
        found = [one for one in value.items if not _is_no_value(one)] if value.shape is Shape.LIST else [value]
        if len(found) != number or value.tag == "*":
            raise Unpatchable(f"`{key}` is made by a function")
        return found

    def edit(self, span: Span, piece: Piece, actions: list[Span], resources: list[Span]) -> None:
        """Make a statement the piece that stays of it."""
        for key, entries, wanted, word in (
            ("Action", actions, piece.actions, "actions"),
            ("Resource", resources, piece.resources, "resources"),
        ):
            negated = f"Not{key}"
            if negated in span.members and not getattr(piece.statement, word).negated:
                start, end = span.keys[negated]
                self.edits.write(start, end, self.source.text[start:end].replace(negated, key))
                self.rewrite(span, negated, [self.new(one, entries) for one in wanted])
            elif list(wanted) != list(range(len(entries))):
                self.rewrite_entries(span, key, entries, wanted)

    def new(self, one: int | Text, entries: Sequence[Span]) -> Value:
        if isinstance(one, int):
            return respelled(self.source, entries[one])
        return self.spell(one)

    def rewrite_entries(self, span: Span, key: str, entries: list[Span], wanted: Sequence[int | Text]) -> None:
        """Keep entries of a list where they are, and put what is new in the place of what goes."""
        value = span.members[key]
        if value.shape is not Shape.LIST or not any(isinstance(one, int) for one in wanted):
            self.rewrite(span, key, [self.new(one, entries) for one in wanted])
            return
        places = [next(at for at, own in enumerate(value.items) if own is one) for one in entries]
        slots: dict[int, list[Text]] = {}  # behind which entry of the author's what is new comes; -1 before all
        last = -1
        for one in wanted:
            if isinstance(one, int):
                last = one
            else:
                slots.setdefault(last, []).append(one)
        kept = {one for one in wanted if isinstance(one, int)}
        gone = [at for at in range(len(entries)) if at not in kept]
        for after, texts in slots.items():
            free = next((at for at in gone if at > after and not any(after < one < at for one in kept)), None)
            values = [self.spell(one) for one in texts]
            if free is None:
                anchor = places[after if after >= 0 else min(kept)]
            else:
                anchor = places[free]
                gone.remove(free)
                first = values.pop(0)
                column = self.edits.indent_of(entries[free].start)
                line = is_single_line(self.source, value)
                self.edits.replace(entries[free], write(first, self.style, column, flow=True, line=line))
            for one in values:
                self.edits.insert_after(value, anchor, one, self.style)
        for at in gone:
            self.edits.remove_item(value, places[at])

    def rewrite(self, span: Span, key: str, values: list[Value]) -> None:
        """Write all of an element anew: one value by itself, several as a list."""
        value = span.members[key]
        whole: Value = values[0] if len(values) == 1 and value.shape is not Shape.LIST else values
        if self.source.is_json or span.flow or (value.flow and value.shape is Shape.LIST):
            line = is_single_line(self.source, span)
            column = self.edits.indent_of(span.keys[key][0])
            self.edits.replace(value, write(whole, self.style, column, flow=True, line=line))
            return
        column = self.source.column(span.keys[key][0]) + self.style.dash
        text = write(whole, self.style, column, flow=False, line=False)
        end = span.keys[key][1]
        colon = self.source.text.index(":", end) + 1
        start = colon if text.startswith(self.source.newline) else value.start
        if value.shape is Shape.LIST and not text.startswith(self.source.newline):
            text = " " + text
            start = colon
        self.edits.write(start, value.end, text)

    def copy(
        self, span: Span, piece: Piece, actions: list[Span], resources: list[Span], moved: bool = False
    ) -> Value:
        """Another statement like one that is there: its effect and its conditions, other actions and resources.

        Args:
            moved: whether it is further in than the one that is there.
        """
        found: dict[str, Value] = {}
        for key, value in span.members.items():
            match key:
                case "Sid":
                    found[key] = piece.statement.sid
                case "Action" | "NotAction":
                    named = [self.new(one, actions) for one in piece.actions]
                    found["Action"] = named[0] if len(named) == 1 else named
                case "Resource" | "NotResource":
                    meant = [self.new(one, resources) for one in piece.resources]
                    negated = piece.statement.resources.negated
                    found[key if negated else "Resource"] = meant[0] if len(meant) == 1 else meant
                case _:
                    found[key] = respelled(self.source, value) if moved else self.raw(value)
        return found

    def raw(self, value: Span) -> Raw:
        """A value as its author wrote it; a block begins on a line of its own."""
        if value.flow or value.shape is Shape.SCALAR:
            return Raw(self.source.of(value))
        start = self.source.line_start(value.start)
        return Raw(self.source.newline + self.source.text[start : value.end])


def respelled(source: Source, span: Span) -> Value:
    """A value that may be written anywhere: lines of a block of YAML are as far in as what is around them."""
    if source.is_json or ("\n" not in source.of(span) and (span.flow or span.shape is Shape.SCALAR)):
        return Raw(source.of(span))
    match span.shape:
        case Shape.LIST:
            value: Value = [respelled(source, one) for one in span.items]
        case Shape.OBJECT:
            value = {key: respelled(source, one) for key, one in span.members.items()}
        case Shape.SCALAR:
            value = span.value
    return Tagged(span.tag, value) if span.tag else value


def is_argument(way: Way) -> bool:
    """Whether a value is an argument of a function, and so can neither go nor be joined by others."""
    around, _ = way[-1]
    above = way[-2][1] if len(way) > 1 else ""
    return around.tag.startswith("!") or (isinstance(above, str) and above.startswith("Fn::"))


def is_function(span: Span) -> bool:
    """Whether a value is given by a function, in short or in full."""
    key = next(iter(span.members), "") if len(span.members) == 1 else ""
    return span.tag.startswith("!") or key == "Ref" or key.startswith("Fn::")


def _is_no_value(span: Span) -> bool:
    """Whether a member of a list is the one that CloudFormation takes out."""
    ref = span.members.get("Ref") if len(span.members) == 1 else None
    return (ref.value if ref is not None else span.value if span.tag == "!Ref" else "") == "AWS::NoValue"
