"""What a model file that stands beside an application is bound to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Binding:
    """A model file that stands beside an application: what it is bound to, and what it calls what is there.

    `path` is that of the input. The names are those that the model says something about, or says otherwise than
    the input: name → id.
    """

    path: str
    principals: Mapping[str, str] = field(default_factory=dict)
    resources: Mapping[str, str] = field(default_factory=dict)
    entry_points: Mapping[str, str] = field(default_factory=dict)
