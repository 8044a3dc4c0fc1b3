"""App clients of user pools: what their users may write of themselves."""

from __future__ import annotations

import pytest

from grantgraph.model import Client
from tests.templates import errors, read

SCHEMA = "[{Name: role, Mutable: false}, {Name: team}, {Name: birthdate, Mutable: false}]"


def client(of_users: str = "", of_client: str = "") -> Client:
    application = read(
        f"""
Parameters: {{Unset: {{Type: String}}}}
Resources:
  Users: {{Type: AWS::Cognito::UserPool, Properties: {{Schema: {SCHEMA}{of_users}}}}}
  Web: {{Type: AWS::Cognito::UserPoolClient, Properties: {{UserPoolId: !Ref Users{of_client}}}}}
  Pool:
    Type: AWS::Cognito::IdentityPool
    Properties:
      AllowUnauthenticatedIdentities: false
      CognitoIdentityProviders: [{{ProviderName: !GetAtt Users.ProviderName, ClientId: !Ref Web}}]
"""
    )
    assert not errors(application)
    (found,) = application.clients
    assert application.pools[0].clients == (found.id_value,)
    return found


STAFF = ", AdminCreateUserConfig: {AllowAdminCreateUserOnly: true}"
OPEN = ", AdminCreateUserConfig: {AllowAdminCreateUserOnly: !Ref Unset}"
LISTED = ', WriteAttributes: [name, birthdate, "custom:role", "custom:team"]'


@pytest.mark.parametrize(
    ("of_users", "of_client", "writes", "unsure"),
    [
        ("", LISTED, "name birthdate custom:role custom:team", ""),
        (STAFF, LISTED, "name custom:team", ""),
        (OPEN, LISTED, "name custom:team", "birthdate custom:role"),
        ("", ", WriteAttributes: [name]", "name", ""),
        ("", ", WriteAttributes: !Ref Unset", "", "name birthdate custom:role custom:team"),
    ],
)
def test_users_write_what_their_client_lists_and_fix_the_rest_when_they_sign_up(
    of_users: str, of_client: str, writes: str, unsure: str
) -> None:
    found = client(of_users, of_client)
    names = frozenset({"name", "birthdate", "custom:role", "custom:team"})
    assert (found.writes & names, found.unsure & names) == (frozenset(writes.split()), frozenset(unsure.split()))


def test_without_a_list_users_write_the_standard_attributes_and_perhaps_those_of_the_pool() -> None:
    found = client()
    assert {"name", "birthdate", "email"} <= found.writes and found.unsure == {"custom:role", "custom:team"}
    found = client(STAFF)
    assert {"name", "email"} <= found.writes and "birthdate" not in found.writes
    assert found.unsure == {"custom:team"}
