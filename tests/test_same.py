"""One application, written in every way that it can be written: the same graph, and the same answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from grantgraph.ask import ask
from grantgraph.catalog import load_catalog
from grantgraph.cli.options import read_application
from grantgraph.evaluate import Decision
from grantgraph.grants import Grant
from grantgraph.graph import Runs, Trust, Visits, build
from grantgraph.model import Application, Need
from grantgraph.rules import check, load_rules

SAME = Path(__file__).parent.parent / "fixtures" / "apps" / "same"
# file → what its names are in the model; a name that is not listed is the same
NAMES: Mapping[str, Mapping[str, str]] = {
    "model.yaml": {},
    "template.yaml": {
        "Authenticated": "authenticated",
        "Unauthenticated": "unauthenticated",
        "ListNotesRole": "listNotes",
        "PutNoteRole": "putNote",
        "ListNotes": "listNotes",
        "PutNote": "putNote",
    },
    "sam.yaml": {
        "Authenticated": "authenticated",
        "Unauthenticated": "unauthenticated",
        "ListNotesRole": "listNotes",
        "PutNoteRole": "putNote",
        "ListNotes": "listNotes",
        "PutNote": "putNote",
    },
    "plan.json": {
        'aws_iam_role.visitor["authenticated"]': "authenticated",
        'aws_iam_role.visitor["unauthenticated"]': "unauthenticated",
        "module.list_notes.aws_iam_role.fn": "listNotes",
        "module.put_note.aws_iam_role.fn": "putNote",
        "module.list_notes.aws_lambda_function.fn": "listNotes",
        "module.put_note.aws_lambda_function.fn": "putNote",
        "aws_dynamodb_table.notes": "Notes",
        "aws_s3_bucket.uploads": "Uploads",
        "aws_sqs_queue.jobs": "Jobs",
        "aws_cognito_identity_pool.pool": "Pool",
        "aws_apigatewayv2_api.api": "Api",
    },
    "account.json": {
        "notes-authenticated": "authenticated",
        "notes-unauthenticated": "unauthenticated",
        "notes-list-notes": "listNotes",
        "notes-put-note": "putNote",
        "function:notes-list-notes": "listNotes",
        "function:notes-put-note": "putNote",
        "table/notes": "Notes",
        "notes-uploads-example": "Uploads",
        "notes-jobs": "Jobs",
        "identitypool/eu-west-1:pool": "Pool",
        "api": "Api",
    },
}
OTHERS = [name for name in NAMES if name != "model.yaml"]


@cache
def application(file: str) -> Application:
    return read_application(SAME / file, [], "123456789012", "eu-west-1", "")


def nodes(file: str) -> set[tuple[str, str]]:
    graph = build(application(file), load_catalog())
    return {(one.kind.value, NAMES[file].get(one.name, one.name)) for one in graph.nodes()}


def edges(file: str) -> set[tuple[str, ...]]:
    """What connects two nodes, without what only a model can say: the needs."""

    def words() -> Iterator[tuple[str, ...]]:
        names = NAMES[file]
        for start, end, edge in build(application(file), load_catalog()).edges():
            ends = (names.get(start.name, start.name), names.get(end.name, end.name))
            match edge:
                case Grant():
                    actions = " ".join(map(str, edge.actions()))
                    conditions = " and ".join(sorted(map(str, edge.conditions())))
                    yield *ends, "certain" if edge.certain else "perhaps", actions, conditions
                case Trust():
                    yield *ends, "trust", " ".join(one.spelled for one in edge.statement.actions.patterns)
                case Visits():
                    yield *ends, edge.how
                case Runs():
                    yield *ends, edge.why
                case Need():
                    pass

    return set(words())


def findings(file: str) -> set[tuple[str, str, tuple[str, ...], str]]:
    names = NAMES[file]
    checked = check(application(file), load_catalog(), load_rules())
    assert not checked.doubts
    return {
        (one.rule, names.get(one.principal, one.principal), one.actions, names.get(one.on, one.on))
        for one in checked.findings
    }


@pytest.mark.parametrize("file", OTHERS)
def test_the_graph_has_the_nodes_of_the_model(file: str) -> None:
    assert nodes(file) == nodes("model.yaml")


@pytest.mark.parametrize("file", OTHERS)
def test_the_graph_has_the_edges_of_the_model(file: str) -> None:
    assert edges(file) == edges("model.yaml")


@pytest.mark.parametrize("file", OTHERS)
def test_check_finds_what_it_finds_in_the_model(file: str) -> None:
    assert findings("model.yaml")
    assert findings(file) == findings("model.yaml")


@pytest.mark.parametrize("file", OTHERS)
def test_tables_have_the_keys_and_indexes_of_the_model(file: str) -> None:
    wanted = application("model.yaml").resource("Notes")
    (table,) = (one for one in application(file).resources if one.type == "dynamodb:table")
    assert wanted is not None
    assert (table.attributes, table.indexes, table.arn) == (wanted.attributes, wanted.indexes, wanted.arn)


@pytest.mark.parametrize("file", OTHERS)
@pytest.mark.parametrize(
    ("who", "action", "resource", "decision"),
    [
        ("unauthenticated", "s3:PutObject", "Uploads/inbox/a", Decision.ALLOWED),
        ("unauthenticated", "s3:PutObject", "Uploads/public/a", Decision.IMPLICIT_DENY),
        ("authenticated", "s3:PutObject", "Uploads/inbox/a", Decision.IMPLICIT_DENY),
        ("authenticated", "dynamodb:PutItem", "Notes", Decision.IMPLICIT_DENY),
        ("listNotes", "dynamodb:Query", "Notes/index/byTag", Decision.ALLOWED),
        ("listNotes", "dynamodb:Query", "Notes", Decision.IMPLICIT_DENY),
        ("putNote", "sqs:SendMessage", "Jobs", Decision.ALLOWED),
    ],
)
def test_can_decides_as_for_the_policies_of_the_model(
    file: str, who: str, action: str, resource: str, decision: Decision
) -> None:
    known = application(file)
    own = {name: one for one, name in NAMES[file].items() if known.principal(one)}
    things = {name: one for one, name in NAMES[file].items() if known.resource(one)}
    root, slash, below = resource.partition("/")
    there = things.get(root, root) + slash + below
    asked = ask(known, own.get(who, who), action, there, [], load_catalog())
    assert asked.verdict.decision is decision
