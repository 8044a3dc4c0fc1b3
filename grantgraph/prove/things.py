"""What exists around callers: witnesses prefer it to invented names."""

from __future__ import annotations

from collections.abc import Iterable

from grantgraph.policy.arn import parse_arn
from grantgraph.prove.glob import Glob, literal_glob
from grantgraph.text import Text

MOST = 200
"""How many things of one kind a witness may be about; where there are more, the first ones are as good."""


class Things:
    """ARNs that exist, found by the templates of resource types; what was found is remembered."""

    __slots__ = ("_by_service", "_fitting")

    def __init__(self, arns: Iterable[Text] = ()) -> None:
        self._by_service: dict[str, list[Text]] = {}
        self._fitting: dict[tuple[Glob, ...], tuple[Glob, ...]] = {}
        for arn in arns:
            parsed = parse_arn(arn)
            known = parsed is not None and isinstance(parsed.service, str)
            self._by_service.setdefault(str(parsed.service) if parsed is not None and known else "", []).append(
                arn
            )

    def fitting(self, services: frozenset[str] | None, templates: tuple[Glob, ...]) -> tuple[Glob, ...]:
        """The first things that fit one of the templates, whose ARNs are of these services."""
        if templates not in self._fitting:
            named = self._by_service if services is None else (*sorted(services), "")
            found: list[Glob] = []
            for arn in (arn for service in named for arn in self._by_service.get(service, ())):
                thing = literal_glob(arn)
                if any(_fits(thing, template) for template in templates):
                    found.append(thing)
                    if len(found) == MOST:
                        break
            self._fitting[templates] = tuple(found)
        return self._fitting[templates]


NOTHING_THERE = Things()


def _fits(thing: Glob, template: Glob) -> bool:
    """Whether an ARN is one of a template's, as far as its known letters say."""
    from grantgraph.prove.automaton import automaton

    machine = automaton(template, True)
    state = machine.start
    for letter in thing:
        state = machine.step(state, letter)  # type: ignore[arg-type]  # a literal glob holds letters only
        if not state:
            return False
    return bool(state & machine.accept)
