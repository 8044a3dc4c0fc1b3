"""The spans of YAML: block and flow, with the dashes of block lists."""

from __future__ import annotations

from grantgraph.patch.spans import Shape, Span


def read_yaml(text: str) -> Span:
    """The spans of a text of YAML that is known to be well-formed."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    stack: list[_Open] = []
    root = Span(Shape.OBJECT, 0, 0)
    for event in yaml.parse(text, Loader=loader):
        done: Span | None = None
        match event:
            case yaml.ScalarEvent():
                end = _at(event.end_mark)
                if event.style in ("|", ">"):
                    end = _at(event.start_mark) + len(text[_at(event.start_mark) : end].rstrip())
                done = Span(
                    Shape.SCALAR, _at(event.start_mark), end, False, event.value, (event.tag or "").strip()
                )
            case yaml.AliasEvent():
                done = Span(Shape.SCALAR, _at(event.start_mark), _at(event.end_mark), False, tag="*")
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                shape = Shape.OBJECT if isinstance(event, yaml.MappingStartEvent) else Shape.LIST
                own = Span(
                    shape,
                    _at(event.start_mark),
                    _at(event.end_mark),
                    bool(event.flow_style),
                    tag=event.tag or "",
                )
                stack.append(_Open(own))
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                done = stack.pop().span
                if done.flow:
                    done.end = _at(event.end_mark)
            case _:
                continue
        if done is None:
            continue
        if stack:
            stack[-1].add(done, text)
        else:
            root = done
    return root


def _at(mark: object) -> int:
    """Where a mark is; every event of the parser has one."""
    found: int = mark.index  # type: ignore[attr-defined]  # two kinds of marks, without a common type
    return found


class _Open:
    def __init__(self, span: Span) -> None:
        self.span = span
        self.key: Span | None = None

    def add(self, child: Span, text: str) -> None:
        if not self.span.flow:
            self.span.end = max(self.span.end, child.end)
        if self.span.shape is Shape.LIST:
            self.span.items.append(child)
            if not self.span.flow:
                self.span.dashes.append(_dash(text, child.start))
        elif self.key is None:
            self.key = child
        else:
            self.span.members[self.key.value] = child
            self.span.keys[self.key.value] = (self.key.start, self.key.end)
            self.key = None


def _dash(text: str, start: int) -> int:
    """Where the dash before an item is; between the two are spaces, line breaks and comments only."""
    at = start - 1
    while text[at] != "-":
        if not text[at].isspace():
            line = text.rfind("\n", 0, at) + 1
            at = text.index("#", line)
        at -= 1
    return at
