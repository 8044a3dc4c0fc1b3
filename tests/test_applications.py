"""Every application that is here: tightened, patched, read again, and put beside a model of its own.

Each is one test, because all of it asks about the same tight policies.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from grantgraph.catalog import load_catalog
from grantgraph.decode import read_text, reading_instead
from grantgraph.evaluate import Decision, Request, decide
from grantgraph.infer import Confidence
from grantgraph.model import Application
from grantgraph.outline import outline
from grantgraph.patch import plan
from grantgraph.policy.document import Policy, PolicySet
from grantgraph.prove import Proved, allowed_actions, allowed_exactly, as_given
from grantgraph.sources import NO_OPTIONS, find_source, load
from grantgraph.standing import standing_of
from grantgraph.synthesize import synthesize
from grantgraph.tighten import Tight, Tightened, tighten, tighten_said

CATALOG = load_catalog()
APPS = Path(__file__).parent.parent / "fixtures" / "apps"
TEMPLATES = [
    *sorted((APPS / "sst").glob("*.json")),
    *sorted((APPS / "sam").iterdir()),
    APPS / "cdk" / "notes" / "cdk.out",
    APPS / "cdk" / "two-stacks" / "cdk.out",
    APPS / "same" / "template.yaml",
]
PLANS = [
    APPS / "same" / "plan.json",
    APPS / "same" / "account.json",
    APPS / "account" / "account.json",
    APPS / "terraform" / "notes-known" / "plan.json",
    APPS / "terraform" / "services" / "plan.json",
]

LARGE = ("i-permission-kinds.json", "services/plan.json")
"""What takes seconds to tighten: once is enough."""


@pytest.mark.parametrize("path", [*TEMPLATES, *PLANS], ids=lambda path: "/".join(path.relative_to(APPS).parts))
def test_an_application_is_tightened_patched_and_outlined(path: Path) -> None:
    application = load(path)
    tightened = tighten(application, CATALOG)
    assert list(tightened.judged())
    _is_proved(tightened)
    _shows_what_goes(tightened)
    _counts_each_once(tightened)
    if path in TEMPLATES:
        _is_patched(path, application, tightened)
    _is_outlined(path, application, tightened)


# ── tight policies ──


def _is_proved(tightened: Tightened) -> None:
    """The tight policies allow exactly what today's allow of the needs."""
    assert [one.principal.id for one in tightened.judged() if not isinstance(one.proof, Proved)] == []


def _shows_what_goes(tightened: Tightened) -> None:
    """Each request that is shown is allowed today, as the evaluator says, and no more with the tight policies."""
    for role in tightened.judged():
        for witness in (witness for one in role.beyond for witness in one.worst):
            assert _decided(role, witness.request, role.principal.policies) is Decision.ALLOWED, str(witness)
            after = _decided(role, witness.request, role.policies)
            assert after is not Decision.ALLOWED or any(one.shared for one in role.rewritten), str(witness)


def _decided(role: Tight, request: Request, policies: tuple[Policy, ...]) -> Decision:
    known = tuple(Policy(one.type, one.statements, one.name) for one in policies)
    own = PolicySet(identity_based=known, permissions_boundary=role.principal.boundary)
    return decide(request, own).decision


def _counts_each_once(tightened: Tightened) -> None:
    for role in tightened.judged():
        counted = Counter((one.place, str(action)) for one in role.beyond if one.asked for action in one.actions)
        assert not counted or max(counted.values()) == 1


# ── the patched template ──


def _is_patched(path: Path, application: Application, tightened: Tightened) -> None:
    """The patched template is read as the tight policies say, and has nothing that goes any more."""
    found = plan(tightened, lambda: load(path), CATALOG)
    assert found.unpatched == ()
    assert bool(found.files) == any(one.changes for one in tightened.judged())
    with reading_instead({Path(one.file): one.after for one in found.files}):
        after = load(path)
    if not str(path).endswith(LARGE):
        again = [one for one in tighten(after, CATALOG).judged() if one.changes or one.goes_beyond]
        assert [one.principal.id for one in again if not any(own.shared for own in one.rewritten)] == []
    assert [(one.code, one.message) for one in after.problems] == [
        (one.code, one.message) for one in application.problems
    ]
    for role in tightened.roles:
        new = after.principal(role.principal.id)
        assert new is not None
        wanted = role.principal.policies if role.left else role.policies
        ours, theirs = (as_given(standing_of(application, role.principal, one)) for one in (new.policies, wanted))
        asked = allowed_actions([one for policy in new.policies for one in policy.statements], CATALOG)
        assert isinstance(allowed_exactly(ours, theirs, asked, CATALOG), Proved)
    for one in found.files:
        assert read_text(Path(one.file)) == one.before


# ── the outline of a model ──


def _is_outlined(path: Path, application: Application, tightened: Tightened) -> None:
    """A model that is begun for it can be read, binds to the same application, and asks for no more than today."""
    file = path.parent / "outlined.yaml"
    found = outline(tightened, path, file, NO_OPTIONS)
    assert outline(tightened, path, file, NO_OPTIONS).text == found.text
    with reading_instead({file: found.text}):
        bound = load(file)
        assert find_source(file)[0].name == "a model file"
        synthesized = synthesize(bound, CATALOG)
    assert _things(bound) == _things(application)
    assert bound.binding is not None and Path(bound.binding.path).resolve() == path.resolve()
    assert len(bound.needs) == found.standing["needs"] and len(bound.promises) == found.standing["promises"]
    today = {one.principal.id: one for one in tightened.judged()}
    said = [] if str(path).endswith(LARGE) else tighten_said(synthesized, CATALOG).judged()
    for role in said:
        assert isinstance(role.proof, Proved)
        inferred = today[role.principal.id]
        lacking = any(one.missing or one.confidence is Confidence.WIRED for one in inferred.needs)
        assert not role.added or lacking or _names_less_than_words(inferred), role.principal.id


def _names_less_than_words(role: Tight) -> bool:
    """Whether a statement names connections of an API less exactly than the words of a model do."""
    texts = [str(one) for policy in role.policies for own in policy.statements for one in own.resources.patterns]
    return any(text.endswith("/POST/*") for text in texts)


def _things(application: Application) -> tuple[list[str], list[str], list[str]]:
    return (
        [one.id for one in application.principals],
        [one.id for one in application.resources],
        [one.id for one in application.entry_points],
    )
