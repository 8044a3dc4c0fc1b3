"""An identity pool on a server, and two visitors of it: one who has signed in, and a guest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.outside.aws import Aws, Credentials
from tests.outside.server import REGION, Server

PASSWORD = "Only-for-1-test"


@dataclass(frozen=True, slots=True)
class Pool:
    """The pool, the identity of each kind of visitor, and what each signs in with."""

    id: str
    identities: Mapping[str, str]
    logins: Mapping[str, dict[str, Any]]

    def use(self, admin: Aws, roles: Mapping[str, str]) -> None:
        """Give each kind of visitor its role."""
        if roles:
            admin.client("cognito-identity").set_identity_pool_roles(IdentityPoolId=self.id, Roles=dict(roles))

    def credentials(self, server: Server, kind: str) -> Credentials:
        """What the pool gives a visitor, who comes without any credentials."""
        found = (
            server.as_(None)
            .client("cognito-identity")
            .get_credentials_for_identity(IdentityId=self.identities[kind], **self.logins[kind])["Credentials"]
        )
        return Credentials(found["AccessKeyId"], found["SecretKey"], found["SessionToken"])

    def token(self, server: Server, kind: str) -> str:
        """The pool's word on a visitor, with which it assumes a role by itself."""
        found = (
            server.as_(None)
            .client("cognito-identity")
            .get_open_id_token(IdentityId=self.identities[kind], **self.logins[kind])
        )
        return str(found["Token"])


def make_pool(admin: Aws) -> Pool:
    """A pool whose users come from a user pool of their own."""
    users, pools = admin.client("cognito-idp"), admin.client("cognito-identity")
    user_pool = users.create_user_pool(PoolName="users")["UserPool"]["Id"]
    client = users.create_user_pool_client(
        UserPoolId=user_pool, ClientName="app", ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    users.admin_create_user(UserPoolId=user_pool, Username="ann", MessageAction="SUPPRESS")
    users.admin_set_user_password(UserPoolId=user_pool, Username="ann", Password=PASSWORD, Permanent=True)
    token = users.admin_initiate_auth(
        UserPoolId=user_pool,
        ClientId=client,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ann", "PASSWORD": PASSWORD},
    )["AuthenticationResult"]["IdToken"]
    provider = f"cognito-idp.{REGION}.amazonaws.com/{user_pool}"
    pool = pools.create_identity_pool(
        IdentityPoolName="visitors",
        AllowUnauthenticatedIdentities=True,
        CognitoIdentityProviders=[{"ProviderName": provider, "ClientId": client}],
    )["IdentityPoolId"]
    logins: dict[str, dict[str, Any]] = {"authenticated": {"Logins": {provider: token}}, "unauthenticated": {}}
    identities = {
        kind: str(pools.get_id(IdentityPoolId=pool, **login)["IdentityId"]) for kind, login in logins.items()
    }
    return Pool(str(pool), identities, logins)
