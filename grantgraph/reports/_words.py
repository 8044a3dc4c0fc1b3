"""Words that several reports use: counts, places, requests, conditions."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from grantgraph.evaluate import ContextValue, Request
from grantgraph.model import Application
from grantgraph.policy.document import Condition
from grantgraph.problems import Level, Location
from grantgraph.prove import Answer, Proved, Refuted, Undecided
from grantgraph.reports._style import dry
from grantgraph.text import Unknown


def page(lines: Iterable[str]) -> str:
    """Lines for a terminal: no name in them can end a line, or steer the terminal."""
    return "\n".join(map(dry, lines)) + "\n"


def json_page(document: object) -> str:
    """A document for programs, in ASCII: it is valid JSON whatever the encoding of the stream."""
    return json.dumps(document, indent=2) + "\n"


def count(number: int, one: str, many: str = "") -> str:
    """`1 finding`, `2 findings`, `no findings`."""
    word = one if number == 1 else many or one + "s"
    return f"{number or 'no'} {word}"


def listed(names: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def place(at: Location) -> str:
    """`file:line:column`, or nothing."""
    return str(at) if at.file else ""


def framework_place(at: Location) -> list[str]:
    """What a framework says about a place: the construct, and the author's own line that made it."""
    construct = at.path if at.path and not at.path.startswith("Resources/") else ""
    return ([f"construct {construct}"] if construct else []) + ([f"made by {at.origin}"] if at.origin else [])


def say_request(request: Request) -> list[str]:
    """A request on a few lines: action and resource, then what it carries."""
    lines = [f"{request.action} on {request.resource}"]
    lines += [f"  {key} = {say_value(value)}" for key, value in sorted(request.context.items())]
    return lines


def say_value(value: ContextValue) -> str:
    """A context value as people write it."""
    if isinstance(value, Unknown):
        return f"not known ({value.reason})"
    return "{" + ", ".join(map(str, value)) + "}" if isinstance(value, tuple) else str(value)


def say_conditions(conditions: Iterable[Condition]) -> str:
    """The conditions of a statement on one line; `always` when there are none."""
    return " and ".join(map(str, conditions)) or "always"


def about(application: Application, catalog: str) -> str:
    """What was read, on one line."""
    made = Counter(one.framework for one in application.principals if one.framework)
    whose = ", ".join(f"{number} made by {name}" for name, number in sorted(made.items()))
    parts = [
        count(len(application.principals), "principal") + (f" ({whose})" if whose else ""),
        count(len(application.resources), "resource"),
        count(len(application.entry_points), "entry point"),
    ]
    read = f"{application.name}: {', '.join(parts)}; action catalog of {catalog}"
    return f"{read}; {planned(application)}" if application.changes else read


_DONE = {
    "create": "created",
    "update": "changed",
    "replace": "replaced",
    "delete": "destroyed",
    "forget": "left alone",
}


def planned(application: Application) -> str:
    """What a plan does, which is judged by what there is afterwards."""
    counts = [f"{len(ids)} {_DONE[change]}" for change, ids in application.changes.items()]
    return f"judged as planned, with {', '.join(counts)}"


def not_read(application: Application) -> list[str]:
    """What was in the input and is not reasoned about."""
    lines = []
    left = [problem for problem in application.problems if problem.level is not Level.NOTE]
    if left:
        lines.append(f"not understood, or not reasoned about: {count(len(left), 'place')}")
        lines += [f"  {problem}" for problem in left[:10]]
        lines += [f"  and {len(left) - 10} more"] if len(left) > 10 else []
    if application.counted:
        named = ", ".join(f"{number} {type}" for type, number in sorted(application.counted.items()))
        lines.append(f"not part of the model: {named}")
    return lines


def catalog_json(catalog: str) -> dict[str, Any]:
    """The catalog's date, as every report carries it."""
    return {"date": catalog}


def location_json(at: Location) -> dict[str, Any]:
    """A place, with the path inside the document where there is one."""
    found = {"file": at.file, "line": at.line, "column": at.column}
    return found | ({"path": at.path} if at.path else {}) | ({"origin": at.origin} if at.origin else {})


def request_json(request: Request) -> dict[str, Any]:
    """A request that replays with the same principal, action, resource and context."""
    return {
        "principal": str(request.caller),
        "action": request.action,
        "resource": str(request.resource),
        "context": {
            key: [str(one) for one in value] if isinstance(value, tuple) else str(value)
            for key, value in sorted(request.context.items())
        },
    }


def condition_json(condition: Condition) -> dict[str, Any]:
    """One condition."""
    return {
        "operator": condition.spelled_operator,
        "key": condition.spelled_key or condition.key,
        "values": [str(value) for value in condition.spelled_values],
    }


def problems_json(application: Application) -> list[dict[str, Any]]:
    """What reading met."""
    return [
        {
            "level": one.level.value,
            "code": one.code,
            "message": one.message,
            "help": one.help,
            "location": location_json(one.at),
        }
        for one in application.problems
    ]


def changes_json(application: Application) -> dict[str, list[str]]:
    """What a plan does to what IAM decides about; empty where nothing is planned."""
    return {change: list(ids) for change, ids in application.changes.items()}


def answer_json(answer: Answer) -> dict[str, Any]:
    """An answer of the prover."""
    match answer:
        case Proved(assuming):
            return {"answer": "proved", "assuming": sorted(assuming)}
        case Refuted(request, _):
            return {"answer": "refuted", "witness": request_json(request)}
        case Undecided(reason):
            return {"answer": "undecided", "reason": reason}
