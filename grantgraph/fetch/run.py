"""Ask everything: list what there is, then read each thing, a few at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from typing import Any

from grantgraph.account_file import Gap, GapKind
from grantgraph.fetch.asking import Asking
from grantgraph.fetch.kinds import Read
from grantgraph.fetch.services import kinds
from grantgraph.fetch.session import THREADS, Session
from grantgraph.problems import UsageError

Progress = Callable[[str, int, int], None]
"""Is told what is done, how much of it, and of how much."""


@dataclass(slots=True)
class Account:
    """What was read of an account: each thing with the region in which it was asked for."""

    account: str
    partition: str
    regions: tuple[str, ...]
    alias: str = ""
    read: list[tuple[str, Read]] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    asked: dict[str, set[str]] = field(default_factory=dict)


def read_account(session: Session, progress: Progress = lambda *_: None) -> Account:
    """Everything that the model knows of an account, and what of it gave no answer.

    Raises:
        UsageError: the credentials expired, or not even its roles and users can be read.
    """
    account = Account(session.account, session.partition, session.regions)
    askings = [
        session.asking(kind, region)
        for kind in kinds()
        for region in (session.regions[:1] if kind.everywhere else session.regions)
    ]
    account.alias, alias = session.alias()
    with ThreadPoolExecutor(THREADS) as pool:
        try:
            listed = _all(pool, [(one, None) for one in askings], _items, "listing", progress)
            _refuse_nobody(listed)
            things = [(one, item) for one, items in listed for item in items]
            done = _all(pool, things, _read, "reading", progress)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    for asking, found in done:
        account.read += [(asking.where.region, one) for one in found]
    account.gaps += [gap for one in askings for gap in one.gaps]
    account.gaps += [_harmless(gap) for gap in alias.gaps]
    for one in (*askings, alias):
        account.asked.setdefault(one.kind.client, set()).update(one.asked)
    return account


def _all(
    pool: ThreadPoolExecutor,
    jobs: list[tuple[Asking, Any]],
    work: Callable[[Asking, Any], Iterator[Any]],
    doing: str,
    progress: Progress,
) -> list[tuple[Asking, list[Any]]]:
    """The results of all jobs, in the order of the jobs."""
    futures: list[Future[list[Any]]] = [pool.submit(_worked, work, *job) for job in jobs]
    for number, future in enumerate(as_completed(futures), 1):
        future.result()  # what cannot be gone on from stops everything
        progress(doing, number, len(futures))
    return [(asking, future.result()) for (asking, _), future in zip(jobs, futures, strict=True)]


def _worked(work: Callable[[Asking, Any], Iterator[Any]], asking: Asking, item: Any) -> list[Any]:
    return list(work(asking, item))


def _items(asking: Asking, _: None) -> Iterator[Any]:
    return _understood(asking, lambda: asking.kind.items(asking), "a listing", asking.kind.types)


def _read(asking: Asking, item: Any) -> Iterator[Read]:
    return _understood(asking, lambda: asking.kind.read(asking, item), _name_of(item), asking.kind.types)


def _name_of(item: Any) -> str:
    """What an item is called, as far as that can be told of any kind of it."""
    if isinstance(item, Mapping | tuple):
        parts = item.values() if isinstance(item, Mapping) else item
        return next((one for one in parts if isinstance(one, str)), "")
    return str(item)


def _understood(
    asking: Asking, read: Callable[[], Iterable[Any]], subject: str, hides: tuple[str, ...]
) -> Iterator[Any]:
    """What is read, as far as the answers have the shape that AWS describes."""
    try:
        yield from read()
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        message = f"the answer is not understood: {type(error).__name__}: {error}"
        region = "" if asking.kind.everywhere else asking.where.region
        asking.gaps.append(
            Gap(
                asking.kind.client,
                asking.kind.name,
                region,
                GapKind.FAILED,
                "NotUnderstood",
                message[:300],
                (subject,),
                hides,
            )
        )


def _refuse_nobody(listed: list[tuple[Asking, list[Any]]]) -> None:
    """Without any of its users and roles nothing can be said about an account."""
    for asking, items in listed:
        if asking.kind.client == "iam" and asking.gaps and not items:
            gap = asking.gaps[0]
            raise UsageError(
                f"the roles and users of the account cannot be read: {gap}: {gap.message}",
                "`grantgraph fetch --policy` prints what has to be allowed",
            )


def _harmless(gap: Gap) -> Gap:
    return replace(gap, harmless=True)
