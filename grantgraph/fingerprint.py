"""What makes a finding the same one tomorrow: the access that it is about, not how or where it is written.

The application's own things stand for what they are: a finding keeps its fingerprint when a role, a bucket or a
stack is renamed or moved, a framework makes up another suffix, or it becomes known where all is deployed. It has
another one when an action, a resource
or a caller is added, a condition taken away, or a Deny or a boundary changed that holds it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from grantgraph.findings import Finding, Path, witnesses_of
from grantgraph.model import Application
from grantgraph.policy.document import ActionPattern, Condition, Effect, Statement
from grantgraph.text import Text, unknowns_in

LENGTH = 16
_MADE_UP = re.compile(r"[0-9A-F]{8}$")
_NAMED = re.compile(r"\$\{([^}]*)\}")
_COLON = re.compile(r":(?![^{}]*\})")
"""A colon that is not in the name of something that is not known."""


class Fingerprints:
    """The fingerprints of findings about one application."""

    def __init__(self, application: Application) -> None:
        self.application = application
        environment = application.environment
        self._places = {
            str(environment.partition): "<partition>",
            str(environment.region): "<region>",
            str(environment.account): "<account>",
        }
        self._owners: dict[str, str] = {}
        self._arns: list[tuple[str, str]] = []
        for resource in application.resources:
            self._know(resource.arn, resource.type)
        for principal in application.principals:
            self._know(principal.arn, principal.type.value)
        for pool in application.pools:
            self._know(pool.id_value, "identity pool")
        self._arns.sort(key=lambda one: -len(one[0]))

    def _know(self, value: Text, type: str) -> None:
        self._arns.append((self._anywhere(value), f"<{type}>"))
        for unknown in unknowns_in(value):
            if unknown.generated:
                self._owners.setdefault(unknown.name, f"<{type}>")

    def of(self, finding: Finding) -> str:
        """The fingerprint of a finding, in hexadecimal digits."""
        services = {action.partition(":")[0] for action in finding.actions}
        principal = self.application.principal(finding.principal)
        statements = list(self._statements(finding))
        policies = principal.policies if principal is not None else ()
        denials = [one for policy in policies for one in policy.statements if one.effect is Effect.DENY]
        boundary = principal.boundary if principal is not None else None
        told = {
            "rule": finding.rule,
            "who": self._principal(finding.principal),
            "on": self._resource(finding.on),
            "actions": sorted(finding.actions) if not statements else [],
            "through": self._through(finding),
            "allowed": self._about(statements, services),
            "denied": self._about(denials, services),
            "within": self._about(boundary.statements, services) if boundary is not None else None,
            "says": self._plain(finding.message.partition(": ")[0] if statements else finding.message),
        }
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:LENGTH]

    def _about(self, statements: Iterable[Statement], services: Iterable[str]) -> list[str]:
        """What statements say of some services; an action that AWS adds under a wildcard changes nothing."""
        found = []
        for one in statements:
            own = one.actions.patterns if one.actions.negated else _patterns(one, services)
            if own or one.actions.negated:
                names = sorted({pattern.spelled.lower() for pattern in own})
                found.append(json.dumps([one.actions.negated, names, self._statement(one)]))
        return sorted(found)

    def _principal(self, id: str) -> str:
        principal = self.application.principal(id)
        return principal.type.value if principal is not None else id

    def _resource(self, id: str) -> str:
        resource, entry = self.application.resource(id), self.application.entry_point(id)
        if resource is not None:
            return resource.type
        return entry.type.value if entry is not None else id

    def _through(self, finding: Finding) -> str:
        """The kind of entry point at the start of a path."""
        if not isinstance(finding.evidence, Path):
            return ""
        entry = next((one for one in self.application.entry_points if one.at == finding.at), None)
        return f"{entry.type} {entry.authorizer}" if entry is not None else ""

    def _statements(self, finding: Finding) -> Iterable[Statement]:
        witnesses = witnesses_of(finding.evidence)
        return dict.fromkeys(reason.statement for one in witnesses for reason in one.verdict.because)

    def _statement(self, statement: Statement) -> str:
        resources = sorted(self.name(one.pattern.text) for one in statement.resources.patterns)
        conditions = sorted(map(self._condition, statement.conditions))
        members = statement.principals.members if statement.principals is not None else ()
        who = sorted(f"{one.kind}:{self.name(one.value)}" for one in members)
        return json.dumps([statement.resources.negated, resources, conditions, who])

    def _condition(self, condition: Condition) -> str:
        values = sorted(self.name(value) for value in condition.spelled_values if value is not None)
        return json.dumps([condition.spelled_operator, condition.key, values])

    def name(self, value: Text) -> str:
        """A text with what the application's own things are in the place of their names."""
        spelled = self._anywhere(value)
        for arn, type in self._arns:
            if spelled == arn or spelled.startswith((f"{arn}/", f"{arn}:")):
                spelled = type + spelled[len(arn) :]
                break
        unknown = {one.name for one in unknowns_in(value)}
        return _NAMED.sub(
            lambda found: self._owner(found[1]) if found[1] in unknown else found[0],
            spelled,
        )

    def _owner(self, name: str) -> str:
        return self._owners.get(name, _MADE_UP.sub("", name))

    def _anywhere(self, value: Text) -> str:
        """A text, and of an ARN what is the same wherever the application is deployed."""
        spelled = str(value)
        if not spelled.startswith("arn:"):
            return self._places.get(spelled, spelled)
        fields = _fields(spelled)
        return ":".join([*(self._places.get(one, one) for one in fields[:5]), *fields[5:]])

    def _plain(self, message: str) -> str:
        """A message without the names that it quotes."""
        return re.sub("`[^`]*`", lambda found: f"`{self._kind(found.group()[1:-1])}`", message)

    def _kind(self, name: str) -> str:
        known: Mapping[str, object] = {one.id: one for one in self.application.principals}
        if name in known:
            return self._principal(name)
        found = self._resource(name)
        return found if found != name else name


def _fields(spelled: str) -> list[str]:
    return _COLON.split(spelled, maxsplit=5)


def _patterns(statement: Statement, services: Iterable[str]) -> tuple[ActionPattern, ...]:
    return tuple(pattern for service in sorted(services) for pattern in statement.actions.about(service))


def with_fingerprints(application: Application, findings: Iterable[Finding]) -> Iterable[Finding]:
    """The findings, each with its fingerprint."""
    made = Fingerprints(application)
    return (replace(one, fingerprint=made.of(one)) for one in findings)
