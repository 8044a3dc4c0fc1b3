"""Models from plain values, and the policies that they give: what the tests of synthesis share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from grantgraph.catalog import load_catalog
from grantgraph.model import Application
from grantgraph.node import node_of
from grantgraph.policy import render_policy
from grantgraph.sources import ReadOptions
from grantgraph.sources.model_yaml import read
from grantgraph.synthesize import Synthesis, Synthesized, synthesize
from tests.needs import ACCOUNT

CATALOG = load_catalog()

RESOURCES: dict[str, Any] = {
    "Notes": {
        "type": "dynamodb:table",
        "name": "notes",
        "partition_key": "userId",
        "sort_key": "noteId",
        "indexes": {"byTag": {"partition_key": "tag"}, "byUser": {"partition_key": "userId"}},
    },
    "Uploads": {"type": "s3:bucket", "name": "uploads"},
    "Jobs": {"type": "sqs:queue", "name": "jobs"},
    "Events": {"type": "sns:topic", "name": "events"},
    "Bus": {"type": "events:event-bus", "name": "bus"},
    "Clicks": {"type": "kinesis:stream", "name": "clicks"},
    "Graph": {"type": "appsync:graphqlapi", "name": "graph"},
    "Secret": {"type": "secretsmanager:secret", "name": "secret"},
    "Config": {"type": "ssm:parameter", "name": "/config"},
    "Key": {"type": "kms:key", "name": "key"},
    "Flow": {"type": "states:stateMachine", "name": "flow"},
    "Socket": {"type": "execute-api:api", "name": "socket", "stage": "live"},
    "Users": {"type": "cognito-idp:userpool", "name": "us-east-1_users"},
}

MODEL: dict[str, Any] = {
    "application": "test",
    "environment": {"region": "us-east-1", "account": ACCOUNT},
    "identity_pool": {"id": "us-east-1:pool", "principal_tags": ["team"]},
    "api": {"id": "a1b2c3d4e5", "stage": "prod"},
    "principals": {
        "authenticated": {"type": "identity-pool:authenticated"},
        "unauthenticated": {"type": "identity-pool:unauthenticated"},
        "worker": {"type": "function", "name": "worker", "logs": False},
    },
    "routes": {"GET /notes": {"function": "worker", "authorizer": "iam"}},
    "resources": RESOURCES,
}


def application(**parts: Any) -> Application:
    """A model from plain values; what is given replaces a whole part."""
    return read(Path("model.yaml"), node_of({**MODEL, **parts}), ReadOptions())


def with_resources(**more: Any) -> dict[str, Any]:
    """The resources of the model, with some more or other ones."""
    return {**RESOURCES, **more}


def with_worker(**options: Any) -> dict[str, Any]:
    """The principals of the model, the function with more options."""
    return {**MODEL["principals"], "worker": {"type": "function", "name": "worker", "logs": False, **options}}


def synthesized(*needs: dict[str, Any], **parts: Any) -> Synthesized:
    """The policies of a model with these needs."""
    return synthesize(application(needs=list(needs), **parts), CATALOG)


def of(found: Synthesized, id: str) -> Synthesis:
    """What was written for one principal."""
    return next(one for one in found.syntheses if one.principal.id == id)


def statements(found: Synthesized, id: str = "worker") -> list[dict[str, Any]]:
    """The statements of one principal, as AWS takes them."""
    return [one for policy in of(found, id).policies for one in render_policy(policy)["Statement"]]


def one_statement(found: Synthesized, id: str = "worker") -> dict[str, Any]:
    """The only statement of one principal."""
    (only,) = statements(found, id)
    return only


def entrance(found: Synthesized, id: str) -> list[dict[str, Any]]:
    """The statements of a resource's own policy."""
    policy = next(one.policy for one in found.entrances if one.resource.id == id)
    rendered: list[dict[str, Any]] = render_policy(policy)["Statement"]
    return rendered
