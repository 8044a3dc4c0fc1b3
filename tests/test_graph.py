"""The permission graph of real applications: what is a node, what connects them, and in which order."""

from __future__ import annotations

import json
import re
from pathlib import Path

import networkx as nx
import pytest

from grantgraph.catalog import load_catalog
from grantgraph.grants import Grant
from grantgraph.graph import ANYONE, NodeId, NodeKind, PermissionGraph, Runs, Trust, Visits, build, describe
from grantgraph.model import Application, Need
from grantgraph.reports import find_report
from grantgraph.sources import load
from grantgraph.synthesize import synthesize, with_policies

APPS = Path(__file__).parent.parent / "fixtures" / "apps"


@pytest.fixture(scope="module")
def model() -> PermissionGraph:
    application = load(APPS / "notes" / "grantgraph.yaml")
    return build(with_policies(application, synthesize(application, load_catalog())), load_catalog())


@pytest.fixture(scope="module")
def full() -> PermissionGraph:
    return build(load(APPS / "sst" / "f-full-notes.json"), load_catalog())


def principal(name: str) -> NodeId:
    return NodeId(NodeKind.PRINCIPAL, name)


def resource(name: str) -> NodeId:
    return NodeId(NodeKind.RESOURCE, name)


def caller(name: str) -> NodeId:
    return NodeId(NodeKind.CALLER, name)


def between(graph: PermissionGraph, start: NodeId, end: NodeId) -> list[str]:
    return [describe(edge) for first, second, edge in graph.edges() if (first, second) == (start, end)]


def test_everything_that_a_model_names_is_a_node(model: PermissionGraph) -> None:
    named = {(node.kind, node.name) for node in model.nodes()}
    application = model.application
    assert {(NodeKind.PRINCIPAL, one.id) for one in application.principals} <= named
    assert {(NodeKind.RESOURCE, one.id) for one in application.resources} <= named
    assert {(NodeKind.ENTRY_POINT, one.id) for one in application.entry_points} <= named


def test_every_need_is_an_edge_of_its_own(model: PermissionGraph) -> None:
    needs = [edge for _, _, edge in model.edges() if isinstance(edge, Need)]
    assert sorted(map(str, needs)) == sorted(map(str, model.application.needs))


def test_a_need_and_the_grants_that_meet_it_lie_side_by_side(model: PermissionGraph) -> None:
    assert between(model, principal("listNotes"), resource("Notes")) == ["can use 3 Read", "needs to read"]


def test_a_need_for_a_route_leads_to_the_entry_point(model: PermissionGraph) -> None:
    route = NodeId(NodeKind.ENTRY_POINT, "GET /notes")
    assert "needs to invoke" in between(model, principal("authenticated"), route)


def test_a_function_runs_as_its_role(model: PermissionGraph) -> None:
    assert between(model, resource("presign"), principal("presign")) == ["runs as"]


def test_who_may_assume_a_role_leads_to_it(model: PermissionGraph) -> None:
    visitors = caller("cognito-identity.amazonaws.com")
    assert between(model, visitors, principal("unauthenticated")) == ["may assume"]


def test_a_route_behind_iam_is_not_open_to_anyone(model: PermissionGraph) -> None:
    assert [end.kind for start, end, _ in model.edges() if start == ANYONE] == [NodeKind.RESOURCE]


def test_a_graph_cannot_be_changed(model: PermissionGraph) -> None:
    with pytest.raises(nx.NetworkXError, match="Frozen"):
        model.graph.add_edge(ANYONE, principal("presign"))


def test_nodes_and_edges_come_in_one_order(full: PermissionGraph) -> None:
    again = build(full.application, load_catalog())
    assert again.nodes() == full.nodes() == tuple(sorted(full.nodes()))
    assert list(again.edges()) == list(full.edges())


def test_an_anonymous_caller_of_the_presigning_route_reaches_the_bucket(full: PermissionGraph) -> None:
    route = NodeId(NodeKind.ENTRY_POINT, "POST /presigned-url")
    assert between(full, ANYONE, route) == ["calls, authorizer none"]
    buckets = [one.id for one in full.application.resources if one.type == "s3:bucket"]
    (path, *_) = [path for bucket in buckets for path in full.paths(route, resource(bucket))]
    kinds = [node.kind for node in path]
    assert kinds == [NodeKind.ENTRY_POINT, NodeKind.RESOURCE, NodeKind.PRINCIPAL, NodeKind.RESOURCE]


def test_a_guest_reaches_the_table_through_the_pool_and_its_role(full: PermissionGraph) -> None:
    (table,) = [one.id for one in full.application.resources if one.type == "dynamodb:table"]
    (path,) = full.paths(ANYONE, resource(table))
    kinds = [node.kind for node in path]
    assert kinds == [NodeKind.CALLER, NodeKind.RESOURCE, NodeKind.PRINCIPAL, NodeKind.RESOURCE]
    assert between(full, path[1], path[2]) == ["gives guests"]


def test_there_is_no_path_where_nothing_leads(full: PermissionGraph) -> None:
    assert list(full.paths(principal("nobody"), ANYONE)) == []
    assert list(full.paths(resource(full.application.resources[0].id), ANYONE)) == []


def test_a_grant_beyond_the_application_leads_elsewhere(full: PermissionGraph) -> None:
    elsewhere = [node.name for node in full.nodes() if node.kind is NodeKind.ELSEWHERE]
    assert "cognito-sync: anything else" in elsewhere


def test_every_edge_is_of_a_known_kind_and_has_words(full: PermissionGraph) -> None:
    for _, _, edge in full.edges():
        assert isinstance(edge, (Grant, Need, Runs, Trust, Visits)) and describe(edge)


def trusting(tmp_path: Path, statement: dict[str, object]) -> Application:
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {"AssumeRolePolicyDocument": {"Statement": [statement | {"Action": "sts:AssumeRole"}]}},
    }
    file = tmp_path / "template.json"
    file.write_text(json.dumps({"Resources": {"Role": role}}))
    return load(file)


@pytest.mark.parametrize(
    ("who", "name"),
    [
        ({"Principal": "*"}, "any AWS account"),
        ({"Principal": {"AWS": "*"}}, "any AWS account"),
        ({"Principal": {"Service": "lambda.amazonaws.com"}}, "lambda.amazonaws.com"),
    ],
)
def test_a_trusted_caller_is_named(tmp_path: Path, who: dict[str, object], name: str) -> None:
    graph = build(trusting(tmp_path, {"Effect": "Allow"} | who), load_catalog())
    assert between(graph, caller(name), principal("Role")) == ["may assume"]


def test_a_caller_whom_the_trust_denies_may_not_assume_the_role(tmp_path: Path) -> None:
    denied = trusting(tmp_path, {"Effect": "Deny", "Principal": {"AWS": "210987654321"}})
    assert [node for node in build(denied, load_catalog()).nodes() if node.kind is NodeKind.CALLER] == []


def test_graphml_is_read_back_with_every_node_and_edge(full: PermissionGraph) -> None:
    written = find_report("graph", "graphml")(full)
    back = nx.parse_graphml(written, force_multigraph=True)
    assert (back.number_of_nodes(), back.number_of_edges()) == (len(full.nodes()), len(list(full.edges())))
    labels = sorted(data["label"] for _, _, data in back.edges(data=True))
    assert labels == sorted(describe(edge) for _, _, edge in full.edges())
    ids = re.findall(r'<edge [^>]*id="(\w+)"', written)
    assert len(ids) == len(set(ids)) == back.number_of_edges()
