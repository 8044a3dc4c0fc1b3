"""What each service is asked: one file a service; each offers `KINDS`, and nothing is registered."""

from __future__ import annotations

from functools import cache

from grantgraph.discovery import discover
from grantgraph.fetch.kinds import Kind


@cache
def kinds() -> tuple[Kind, ...]:
    """Everything that is asked of an account."""
    offered: tuple[tuple[Kind, ...], ...] = discover(__name__, "KINDS")
    return tuple(one for kinds in offered for one in kinds)
