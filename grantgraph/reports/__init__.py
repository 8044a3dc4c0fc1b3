"""Text out: one file for each thing that is reported, in each format.

A file `check_json.py` offers `render`, from what `check` gives to the JSON that it prints; it is found by its
name and imported only when it is asked for.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

from grantgraph.problems import UsageError, did_you_mean


def formats_of(subject: str) -> tuple[str, ...]:
    """The formats that a subject (`check`, `graph`, ...) can be rendered in."""
    names = (info.name.rpartition("_") for info in pkgutil.iter_modules(__path__))
    return tuple(sorted(format for own, _, format in names if own == subject))


def find_report(subject: str, format: str) -> Callable[[Any], str]:
    """The function that renders a subject in a format.

    Raises:
        UsageError: there is no such format.
    """
    known = formats_of(subject)
    if format not in known:
        raise UsageError(f"`{subject}` has no format `{format}`", did_you_mean(format, known))
    render: Callable[[Any], str] = importlib.import_module(f"{__name__}.{subject}_{format}").render
    return render
