"""What is behind a route: a function, another service, and the role that it is called with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from grantgraph.model import PrincipalType
from grantgraph.node import Node
from grantgraph.sources._cloudformation.assembly import Assembly
from grantgraph.sources._cloudformation.called import find_by_service, find_function
from grantgraph.sources._cloudformation.identities import Roles
from grantgraph.sources._cloudformation.template import Declared
from grantgraph.sources._cloudformation.types import BUS, QUEUE, STATE_MACHINE, STREAM
from grantgraph.text import Text

# what the subtype of an HTTP API's integration begins with → the parameter that names its target, and what that is
_SUBTYPES: Mapping[str, tuple[str, str]] = {
    "SQS": ("QueueUrl", QUEUE),
    "Kinesis": ("StreamName", STREAM),
    "EventBridge": ("EventBusName", BUS),
    "StepFunctions": ("StateMachineArn", STATE_MACHINE),
}
CALLER = ":user/*"
"""How the credentials of an integration end that passes its caller's own on."""


@dataclass(frozen=True, slots=True)
class Behind:
    """The ids of what a route calls, and of the principal that it calls as; "" where there is none.

    What is `unseen` is not in the input.
    """

    target: str = ""
    runs_as: str = ""
    unseen: bool = False


NOTHING = Behind()
UNSEEN = Behind(unseen=True)


def behind_integration(assembly: Assembly, roles: Roles, one: Declared, key: str) -> Behind:
    """What an integration of an HTTP or WebSocket API calls."""
    credentials = assembly.property(one, "CredentialsArn")
    subtype = assembly.text(one, "IntegrationSubtype")
    if subtype is None:
        return behind(assembly, roles, assembly.property(one, "IntegrationUri"), credentials, key)
    parameter, type = _SUBTYPES.get(str(subtype).partition("-")[0], ("", ""))
    given = assembly.property(one, "RequestParameters")
    named = given.get(parameter) if given else None
    target = assembly.find(named.as_text(), type) if named else None
    return Behind(target.id if target else "", _role(assembly, roles, credentials))


def behind(assembly: Assembly, roles: Roles, uri: Node | None, credentials: Node | None, key: str) -> Behind:
    """What a URI calls, as whom; where neither is known, the answer says that it is not followed."""
    value = assembly.text_of(uri, "the URI of an integration") if uri else None
    found = find_function(assembly, value) or (find_by_service(assembly, value) if value is not None else None)
    role = _role(assembly, roles, credentials)
    if uri is None or found is not None or role:
        return Behind(found.id if found else "", role)
    return UNSEEN if value is None or _is_unseen(assembly, uri, value, key) else NOTHING


def _role(assembly: Assembly, roles: Roles, credentials: Node | None) -> str:
    value = assembly.text_of(credentials, "the credentials of an integration") if credentials else None
    if credentials is None or value is None or str(value).endswith(CALLER):
        return ""
    return roles.use(value, credentials.at, PrincipalType.ROLE)


def _is_unseen(assembly: Assembly, uri: Node, value: Text, key: str) -> bool:
    """Whether a URI leads to what may be code of the same account; either way, the answer says where it leads."""
    if isinstance(value, str) and value.startswith(("http://", "https://")):
        message = f"the route `{key}` hands its requests on to `{value}`"
        assembly.problems.note(uri.at, "http-integration", message)
        return False
    message = f"what the route `{key}` reaches is no function in the input, and is not followed: `{value}`"
    assembly.problems.unmodelled(uri.at, "outside-entry-point", message)
    return True
