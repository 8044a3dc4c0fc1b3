"""Actions back to the access words that stand for them, and what limits them back to scopes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from grantgraph.resources import ActionsOn, ResourceType


def words_for(
    actions: Iterable[str], type: ResourceType, fits: Callable[[ActionsOn], bool] = lambda on: True
) -> tuple[str, ...]:
    """The fewest words that stand for these actions and for no other, then the actions that no word is left for.

    Words that say the same are told apart by whether they fit, and then by their order: the first is taken.

    Args:
        fits: whether a word says enough of where its actions are used.
    """
    wanted = set(actions)
    left = set(wanted)
    means = _means(type)
    chosen: list[str] = []
    while True:
        fitting = {word: ones & left for word, ones in means.items() if ones <= wanted and ones & left}
        if not fitting:
            break
        best = max(
            fitting,
            key=lambda word: (len(fitting[word]), all(map(fits, type.access[word])), -list(means).index(word)),
        )
        chosen.append(best)
        left -= means[best]
    for word in tuple(chosen):
        others = frozenset[str]().union(*(means[other] for other in chosen if other != word))
        if means[word] <= others:
            chosen.remove(word)
    return (*sorted(chosen, key=list(means).index), *sorted(left))


def _means(type: ResourceType) -> Mapping[str, frozenset[str]]:
    return {word: frozenset(action for on in ones for action in on.actions) for word, ones in type.access.items()}
