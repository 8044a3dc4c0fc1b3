"""Where an application is deployed, where only its policies say so: by the ARNs of its own resources."""

from __future__ import annotations

import re
from collections.abc import Iterator

from grantgraph.model import Application
from grantgraph.text import Text, split_text

_PARTS = {"partition": 1, "region": 3, "account": 4}
_KNOWN = {"partition": "aws(-[a-z]+)*", "region": "[a-z]{2}(-[a-z]+)+-[0-9]", "account": "[0-9]{12}"}


def deployed_to(application: Application) -> dict[str, str]:
    """The partition, region and account that are open, and that the ARNs of policies name in one way alone."""
    found: dict[str, set[str]] = {}
    for fields in _named(application):
        for part, at in _PARTS.items():
            value = fields[at]
            if isinstance(value, str) and re.fullmatch(_KNOWN[part], value):
                found.setdefault(part, set()).add(value)
    known = application.environment
    return {
        part: next(iter(found[part]))
        for part in _PARTS
        if len(found.get(part, ())) == 1 and not isinstance(getattr(known, part), str)
    }


def _named(application: Application) -> Iterator[tuple[Text, ...]]:
    """The fields of every ARN in a policy that is one of the application's own resources."""
    own: dict[Text, list[Text]] = {}
    for one in application.resources:
        fields = split_text(one.arn, ":", 5)
        if len(fields) == 6:
            own.setdefault(fields[2], []).append(fields[5])
    for principal in application.principals:
        for policy in principal.policies:
            for statement in policy.statements:
                for pattern in statement.resources.patterns:
                    fields = tuple(split_text(pattern.pattern.text, ":", 5))
                    if len(fields) == 6 and any(_is_at(fields[5], tail) for tail in own.get(fields[2], ())):
                        yield fields


def _is_at(tail: Text, own: Text) -> bool:
    return tail == own or str(tail).startswith((f"{own}/", f"{own}:"))
