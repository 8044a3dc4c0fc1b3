"""The values that a dimension can take, and a search for one that passes some tests and fails others.

Strings go to the globs. Numbers, dates and addresses are cut at the values that the tests name: between two
neighbouring cuts no test tells two values apart, so one value of each piece is enough.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from grantgraph.policy.document import Family
from grantgraph.prove.automaton import accepts
from grantgraph.prove.budget import Exhausted
from grantgraph.prove.comparison import Compare, Test, passes
from grantgraph.prove.glob import Glob
from grantgraph.prove.meet import find
from grantgraph.text import Text


@dataclass(frozen=True, slots=True)
class Dimension:
    """One dimension of a request.

    Attributes:
        name: the key in lower case, or RESOURCE.
        family: the type of its values; STRING when nothing better is known.
        multivalued: whether the request carries a set.
        may_be_absent, may_be_present: False fixes the one or the other.
        domain: every value matches one of these globs; any text, where there is none.
        preferred: gives globs that a witness should match if it can, the first ones rather than the last.
        members: for a set whose content is fixed from outside: what it must contain.
        apart_from: globs that no value matches.
    """

    name: str
    family: Family = Family.STRING
    multivalued: bool = False
    may_be_absent: bool = True
    may_be_present: bool = True
    domain: tuple[Glob, ...] = ()
    preferred: Callable[[], Iterable[Glob]] = field(default=tuple, compare=False)
    members: tuple[Text, ...] = ()
    apart_from: tuple[Glob, ...] = ()


def find_value(dimension: Dimension, yes: frozenset[Test], no: frozenset[Test], *, loose: bool) -> Text | None:
    """A value of the dimension that passes every test of `yes` and none of `no`.

    Args:
        loose: over-approximate: None then means that there is none; a value, that there may be one.

    Raises:
        Exhausted: the patterns are too many to tell.
    """
    no |= frozenset(dimension.apart_from)
    tests = yes | no
    compared = {test.family for test in tests if isinstance(test, Compare)}
    if not compared and (tests or dimension.family not in _TYPED) and dimension.family is not Family.BOOL:
        return _find_string(dimension, yes, no, loose)
    for value in _candidates(dimension, tests):
        if dimension.domain and not any(accepts(piece, value) for piece in dimension.domain):
            continue
        if all(passes(test, value) for test in yes) and not any(passes(test, value) for test in no):
            return value
    if not all(isinstance(token, str) for piece in dimension.domain for token in piece):
        raise Exhausted(f"`{dimension.name}` is compared with what it may not spell")
    spelled = any(not isinstance(test, Compare) for test in tests)
    if dimension.family is not Family.BOOL and (len(compared) > 1 or spelled):
        raise Exhausted(f"`{dimension.name}` is compared in more than one way")
    return None


_TYPED = frozenset({Family.NUMERIC, Family.DATE, Family.IP_ADDRESS, Family.BINARY})


def _find_string(dimension: Dimension, yes: frozenset[Test], no: frozenset[Test], loose: bool) -> Text | None:
    required = tuple(test for test in yes if not isinstance(test, Compare))
    forbidden = tuple(test for test in no if not isinstance(test, Compare))
    if not dimension.domain:
        return find(required, forbidden, loose=loose)
    for piece in dimension.domain:
        found = find((piece, *required), forbidden, loose=loose)
        if found is not None:
            return found
    return None


def _candidates(dimension: Dimension, tests: frozenset[Test]) -> Iterator[str]:
    """One value from each piece that the tests cut the values into, in a pleasant spelling."""
    for piece in dimension.domain:
        if all(isinstance(token, str) for token in piece):
            yield "".join(map(str, piece))
    families = {test.family for test in tests if isinstance(test, Compare)} | {dimension.family}
    named = [test.value for test in tests if isinstance(test, Compare)]
    if Family.BOOL in families:
        yield from ("true", "false")
    if Family.NUMERIC in families:
        yield from map(str, _between([one for one in named if isinstance(one, Decimal)]))
    if Family.DATE in families:
        yield from (_spell(one) for one in _between_dates([one for one in named if isinstance(one, datetime)]))
    if Family.IP_ADDRESS in families:
        yield from map(str, _addresses([one for one in named if isinstance(one, IPv4Network | IPv6Network)]))
    if Family.BINARY in families:
        import base64

        for one in [*(value for value in named if isinstance(value, bytes)), b"grantgraph"]:
            yield base64.b64encode(one).decode()
    for test in sorted((test for test in tests if not isinstance(test, Compare)), key=str):
        witness = find((test,), ())
        if isinstance(witness, str):
            yield witness
    if dimension.family in (Family.STRING, Family.ARN):
        yield "x"


def _between(cuts: list[Decimal]) -> Iterator[Decimal]:
    ordered = sorted(set(cuts)) or [Decimal(1)]
    yield from ordered
    for low, high in itertools.pairwise(ordered):
        whole = (low + 1).to_integral_value(rounding="ROUND_FLOOR")
        yield whole if low < whole < high else (low + high) / 2
    yield ordered[0] - 1
    yield ordered[-1] + 1


def _between_dates(cuts: list[datetime]) -> Iterator[datetime]:
    ordered = sorted({cut.astimezone(UTC) for cut in cuts}) or [datetime(2026, 1, 1, tzinfo=UTC)]
    yield from ordered
    for low, high in itertools.pairwise(ordered):
        yield low + (high - low) / 2
    for edge, step in ((ordered[0], -1), (ordered[-1], 1)):
        try:
            yield edge + timedelta(days=step)
        except OverflowError:
            continue


def _spell(moment: datetime) -> str:
    form = "%Y-%m-%dT%H:%M:%S.%fZ" if moment.microsecond else "%Y-%m-%dT%H:%M:%SZ"
    return moment.astimezone(UTC).strftime(form).rjust(20, "0")


def _addresses(networks: list[IPv4Network | IPv6Network]) -> Iterator[IPv4Address | IPv6Address]:
    yield IPv4Address("203.0.113.1")
    for network in sorted(set(networks), key=str):
        first, last = network.network_address, network.broadcast_address
        yield first + 1 if network.num_addresses > 2 else first
        yield first
        yield last
        top = type(first)(2**first.max_prefixlen - 1)
        if int(first):
            yield first - 1
        if last != top:
            yield last + 1
    yield from (IPv4Address(0), IPv6Address("2001:db8::1"), IPv6Address(0))
