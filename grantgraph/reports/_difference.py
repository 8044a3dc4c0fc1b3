"""Words for what two applications differ in, as the reports of `diff` share them."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from grantgraph.catalog import Action
from grantgraph.diff import About, Change, Difference, Kind, Presence, Subject, Terms
from grantgraph.evaluate import Decision, Request, Verdict
from grantgraph.grants import by_level
from grantgraph.places import service_of
from grantgraph.policy.arn import parse_arn
from grantgraph.prove import Witness
from grantgraph.reports._words import count, place, say_conditions
from grantgraph.text import Symbolic, Text

_VERBS = {
    Kind.ADDED: "gains",
    Kind.WIDENED: "widened",
    Kind.CHANGED: "changed both ways",
    Kind.NARROWED: "narrowed",
    Kind.REMOVED: "loses",
}
_BECOMES = {
    Kind.ADDED: "now may",
    Kind.WIDENED: "may on wider terms",
    Kind.CHANGED: "may on other terms",
    Kind.NARROWED: "may on narrower terms",
    Kind.REMOVED: "no longer may",
}
MAX_NAMES = 6
MAX_PLACES = 4


def verdict(difference: Difference) -> str:
    """One line that answers the question."""
    doubts = sum(1 for _ in difference.all_doubts())
    undecided = f"; {count(doubts, 'question')} undecided" if doubts else ""
    kinds = [change.kind for _, change in difference.changes()]
    wider = difference.widens
    narrower = bool(difference.closed) or any(kind not in (Kind.ADDED, Kind.WIDENED) for kind in kinds)
    if difference.differs:
        word = "WIDENED AND NARROWED" if wider and narrower else "WIDENED" if wider else "NARROWED"
        return f"{word}: {tally(difference)}{undecided}"
    if doubts:
        return f"UNDECIDED: {count(doubts, 'question')} without an answer"
    if difference.subjects:
        texts = count(len(difference.subjects), "policy", "policies")
        return f"SAME ACCESS: the text of {texts} changed, and every request is decided as before (proved)"
    return f"NO DIFFERENCE: {count(difference.unchanged, 'principal')}, and nothing that decides about a request"


def tally(difference: Difference) -> str:
    """Who can do more and who less, and how many ways were opened and closed."""
    more = {_who(subject) for subject, change in difference.changes() if change.kind.widens}
    less = {
        _who(subject)
        for subject, change in difference.changes()
        if change.kind in (Kind.CHANGED, Kind.NARROWED, Kind.REMOVED)
    }
    parts = [
        f"{count(len(more), 'caller')} can do more" if more else "",
        f"{count(len(less), 'caller')} can do less" if less else "",
        f"{count(len(difference.opened), 'path')} opened" if difference.opened else "",
        f"{count(len(difference.closed), 'path')} closed" if difference.closed else "",
    ]
    return ", ".join(filter(None, parts))


def _who(subject: Subject) -> tuple[str, str]:
    return subject.id, subject.on if subject.about is About.TRUST else ""


def compared(difference: Difference) -> str:
    """How much was compared, and with which data."""
    principals = count(max(len(difference.base.principals), len(difference.head.principals)), "principal")
    return f"{principals}, {difference.unchanged or 'none'} unchanged; action catalog of {difference.catalog}"


def title(subject: Subject) -> str:
    """Who a subject is, and since when."""
    words = f" ({subject.words})" if subject.words else ""
    match subject.about:
        case About.TRUST if subject.id == subject.on:
            return f"who may become {subject.on}"
        case About.TRUST:
            return f"{subject.id}{words} may become {subject.on}"
        case About.RESOURCE_POLICY if subject.id == subject.on:
            return f"the policy of {subject.on}"
        case About.RESOURCE_POLICY:
            return f"{subject.id}{words}, through the policy of {subject.on}"
    renamed = f", was {subject.was_id}" if subject.was_id else ""
    since = {Presence.HEAD: ", new", Presence.BASE: ", gone"}.get(subject.presence, "")
    return f"{subject.id}{words}{renamed}{since}"


def what_happened(change: Change, subject: Subject) -> str:
    """What happened to some access, in a word or two."""
    return (_BECOMES if subject.about is About.TRUST else _VERBS)[change.kind]


def where(change: Change, subject: Subject, difference: Difference) -> list[str]:
    """On what: ids of the application, or a service; nothing for becoming a role."""
    if subject.about is About.TRUST:
        return []
    known = (*difference.base.resources, *difference.head.resources)
    elsewhere = ", anywhere else" if any(service_of(one) == change.service for one in known) else ""
    places = [one or f"{change.service}{elsewhere}" for one in change.places]
    return [*places[:MAX_PLACES], *([f"{len(places) - MAX_PLACES} more"] if len(places) > MAX_PLACES else [])]


def levels(change: Change) -> list[tuple[str, int, str]]:
    """The actions of a change by access level: level, how many, and their names."""
    return [(level.value, len(actions), _names(actions)) for level, actions in by_level(change.actions).items()]


def _names(actions: Iterable[Action]) -> str:
    known = tuple(actions)
    named = ", ".join(str(one) if at == 0 else one.name for at, one in enumerate(known[:MAX_NAMES]))
    return named if len(known) <= MAX_NAMES else f"{named} and {len(known) - MAX_NAMES} more"


def say_terms(terms: Terms) -> str:
    """A statement that gives access: on what, when, and where it is written."""
    statement = terms.statement
    resources = ", ".join(terms.resources)
    where = f"on {resources}, " if statement.resources.patterns else ""
    name = statement.sid or terms.policy.name or terms.policy.type.value
    at = place(statement.at)
    return f"{where}{say_conditions(statement.conditions)}; {name}{f' at {at}' if at else ''}"


def say_refused(witness: Witness) -> str:
    """Why a request is refused where a statement, or a limit, says so; "" where nothing allows it."""
    verdict = witness.refused
    if verdict.decision is Decision.EXPLICIT_DENY:
        return "; ".join(dict.fromkeys(_say_reason(verdict, at) for at in range(len(verdict.because))))
    if verdict.layer == "permissions boundary":
        return "the permissions boundary does not allow it"
    return ""


def _say_reason(verdict: Verdict, number: int) -> str:
    reason = verdict.because[number]
    at = place(reason.statement.at)
    name = reason.statement.sid or reason.policy.name or reason.policy.type.value
    return f"denied by {name}{f' at {at}' if at else ''}, {say_conditions(reason.statement.conditions)}"


def can_line(difference: Difference, subject: Subject, request: Request) -> str:
    """The command that asks for a request again, where there is one that can."""
    gone = subject.presence is Presence.BASE and subject.about is About.ACCESS
    application = difference.base if gone else difference.head
    if not subject.who or (gone and difference.renamed):
        return ""
    words = ["grantgraph", "can", subject.who, request.action, _spell_resource(difference, request.resource)]
    if application.source != ".":
        words.append(application.source)
    for key, value in sorted(request.context.items()):
        for one in value if isinstance(value, tuple) else (value,):
            words += ["-c", f"{key}={one}"]
    words += difference.options
    arn = parse_arn(request.resource)
    if arn is not None and isinstance(application.environment.account, Symbolic) and isinstance(arn.account, str):
        if arn.account.isdigit():
            words += ["--account", arn.account]
    return shlex.join(words)


def _spell_resource(difference: Difference, resource: Text) -> str:
    """A resource by its id, where it has one here, or by its ARN."""
    spelled = str(resource)
    for one in difference.head.resources:
        arn = str(one.arn)
        if arn and "/" not in one.id and (spelled == arn or spelled.startswith(f"{arn}/")):
            return one.id + spelled[len(arn) :]
    return spelled
