"""What a rule says: a finding with its evidence, a doubt, or a proof."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from grantgraph.evaluate import Request
from grantgraph.problems import Location
from grantgraph.prove import Refuted


class Severity(StrEnum):
    """How bad it is when a rule fires."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NOTE = "note"  # dead, or odd: no risk, and nothing that the gate fails on

    @property
    def counts(self) -> bool:
        """Whether the gate can fail on it."""
        return self is not Severity.NOTE


@dataclass(frozen=True, slots=True)
class Step:
    """One step on a way through an application: what happens, and where the input says so."""

    words: str
    at: Location


@dataclass(frozen=True, slots=True)
class Path:
    """A caller reaches code that holds the access: the way there, and the request that the code can make then.

    What the code does with its access is not IAM's to decide.
    """

    steps: tuple[Step, ...]
    principal: str
    witness: Refuted


@dataclass(frozen=True, slots=True)
class Written:
    """What the input itself says, in words: where nothing has to be proved."""

    words: str


Evidence: TypeAlias = Refuted | Path | Written


def witness_of(evidence: Evidence) -> Refuted | None:
    """The request that evidence ends in, if it is one that requests show."""
    match evidence:
        case Refuted():
            return evidence
        case Path(_, _, witness):
            return witness
        case Written():
            return None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says about one principal, or one way in, with the evidence that shows it.

    `actions` are all that the finding is about; `on` names the resource, "" where it is not the application's.
    `when` says in which cases of the application it holds, "" for all. `fingerprint` is the same tomorrow for the
    same access (see `fingerprint.py`).
    """

    rule: str
    severity: Severity
    principal: str
    message: str
    evidence: Evidence
    at: Location
    help: str = ""
    actions: tuple[str, ...] = ()
    on: str = ""
    when: str = ""
    fingerprint: str = ""

    @property
    def request(self) -> Request | None:
        """The request that shows it, where one does."""
        witness = witness_of(self.evidence)
        return witness.request if witness is not None else None


@dataclass(frozen=True, slots=True)
class Doubt:
    """A question of a rule that could not be decided: never the same as no finding."""

    rule: str
    principal: str
    reason: str
    at: Location
    when: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a rule, or a promise, proved for every request: words, and the resources that they end in, if any."""

    rule: str
    principal: str
    words: str
    on: tuple[str, ...] = ()


def rank(one: Finding) -> tuple[object, ...]:
    """The order of findings in a report: the worst first."""
    order = list(Severity)
    where = (one.at.file, one.at.line, one.rule, one.on, one.message, one.when)
    return order.index(one.severity), one.principal, *where


def order_of_doubts(one: Doubt) -> tuple[str, ...]:
    """The order of doubts in a report."""
    return one.rule, one.principal, one.reason, str(one.at), one.when
