"""Cognito: identity pools, who gets which role in them, and user pools."""

from __future__ import annotations

from collections.abc import Iterator

from grantgraph.node import Node
from grantgraph.sources._terraform.document import Instance
from grantgraph.sources._terraform.policies import policy_document
from grantgraph.sources._terraform.reader import Reader
from grantgraph.sources._terraform.types import Properties, TerraformType
from grantgraph.sources._terraform.types.lambda_ import FUNCTIONS, value_of
from grantgraph.text import Unknown

IDENTITY_POOL = "aws_cognito_identity_pool"
USER_POOL = "aws_cognito_user_pool"
PRINCIPAL_TAG = "aws_cognito_identity_pool_provider_principal_tag"
ROLE = "aws_iam_role"
AMR = "cognito-identity.amazonaws.com:amr"
"""What a role's trust policy asks of a visitor: to be signed in, or not to be."""

KINDS = ("authenticated", "unauthenticated")
# Terraform's name of a trigger → CloudFormation's
_TRIGGERS = {
    "create_auth_challenge": "CreateAuthChallenge",
    "custom_message": "CustomMessage",
    "define_auth_challenge": "DefineAuthChallenge",
    "post_authentication": "PostAuthentication",
    "post_confirmation": "PostConfirmation",
    "pre_authentication": "PreAuthentication",
    "pre_sign_up": "PreSignUp",
    "pre_token_generation": "PreTokenGeneration",
    "user_migration": "UserMigration",
    "verify_auth_challenge_response": "VerifyAuthChallengeResponse",
}
_TRIGGER_BLOCKS = {
    "pre_token_generation_config": "PreTokenGenerationConfig",
    "custom_email_sender": "CustomEmailSender",
    "custom_sms_sender": "CustomSMSSender",
}


def _identity_pool(reader: Reader, one: Instance) -> Properties:
    return {
        "AllowUnauthenticatedIdentities": reader.value(one, "allow_unauthenticated_identities"),
        "AllowClassicFlow": reader.value(one, "allow_classic_flow"),
        "CognitoIdentityProviders": _providers(reader, one),
        "OpenIdConnectProviderARNs": reader.value(one, "openid_connect_provider_arns"),
        "SamlProviderARNs": reader.value(one, "saml_provider_arns"),
        "SupportedLoginProviders": reader.value(one, "supported_login_providers"),
        "DeveloperProviderName": _or_nothing(reader.text(one, "developer_provider_name")),
    }


def _providers(reader: Reader, one: Instance) -> Node | None:
    blocks = reader.value(one, "cognito_identity_providers")
    if blocks is None or isinstance(blocks.value, Unknown):
        return blocks
    names = [(block, block.get("provider_name")) for block in blocks.items]
    return Node(tuple(Node({"ProviderName": name}, block.at) for block, name in names if name), blocks.at)


def _or_nothing(node: Node | None) -> Node | None:
    """A text that Terraform leaves empty where it is not given."""
    return node if node is not None and node.value != "" else None


def _roles_attachment(reader: Reader, one: Instance) -> Properties:
    pool = reader.link(one, "identity_pool_id", to=(IDENTITY_POOL,))
    return {
        "IdentityPoolId": pool.value if pool else None,
        "Roles": _roles(reader, one, pool.found if pool else None),
        "RoleMappings": _mappings(reader, one),
    }


def _roles(reader: Reader, one: Instance, pool: Instance | None) -> Node:
    node = reader.value(one, "roles")
    if node is None or not isinstance(node.value, Unknown):
        links = {kind: reader.link(one, "roles", kind, to=(ROLE,)) for kind in KINDS}
        found = {kind: link.value for kind, link in links.items() if link is not None}
        return Node(found, node.at if node else one.at)
    return _by_trust(reader, one, node, pool)


def _by_trust(reader: Reader, one: Instance, node: Node, pool: Instance | None) -> Node:
    """Which of two roles is whose, where a plan hides it: a trust policy lets in one kind of visitor only.

    Terraform's provider makes the whole map unknown when one of its roles is. Whatever the map says, a role
    whose trust asks for signed-in visitors gives guests nothing.
    """
    made = reader.configuration.made_of(one, ("roles",))
    roles = tuple(dict.fromkeys(target.instance for target in made.targets))
    kinds = [_let_in(reader, role) if role.type == ROLE else "" for role in roles]
    if made.opaque or not roles or len(set(kinds)) != len(kinds) or not set(kinds) <= set(KINDS):
        return node
    for kind in KINDS:
        if kind not in kinds and not (kind == KINDS[1] and _keeps_guests_out(reader, pool)):
            message = (
                f"which role `{one.address}` gives to {kind} visitors is known only after the plan is applied"
            )
            reader.problems.unmodelled(node.at, "role-attachment", message)
    reader.assumed.append(f"{one.address}.roles")
    by_kind = zip(kinds, roles, strict=True)
    return Node({kind: reader.link_to(role, node.at).value for kind, role in by_kind}, node.at)


def _keeps_guests_out(reader: Reader, pool: Instance | None) -> bool:
    flag = reader.value(pool, "allow_unauthenticated_identities") if pool is not None else None
    return flag is not None and flag.value is False


def _let_in(reader: Reader, role: Instance) -> str:
    """The one kind of visitor that a role's trust policy lets in; "" where that is not known."""
    document = policy_document(reader, role, "assume_role_policy")
    statements = document.get("Statement") if document is not None else None
    kinds = {kind for statement in (statements.one_or_many() if statements else ()) for kind in _kinds(statement)}
    return kinds.pop() if len(kinds) == 1 else ""


def _kinds(statement: Node) -> Iterator[str]:
    """Which visitors a statement lets in; "" is anybody."""
    effect = statement.get("Effect")
    if isinstance(statement.value, Unknown) or effect is None or effect.value != "Allow":
        yield ""
        return
    condition = statement.get("Condition")
    found = [
        value.as_str() or ""
        for operator, keys in (condition.fields if condition else {}).items()
        if operator in ("ForAnyValue:StringLike", "ForAnyValue:StringEquals", "StringEquals", "StringLike")
        for key, values in keys.fields.items()
        if key.lower() == AMR
        for value in values.one_or_many()
    ]
    yield from found or [""]


def _mappings(reader: Reader, one: Instance) -> Node | None:
    node = reader.value(one, "role_mapping")
    if node is None or isinstance(node.value, Unknown):
        return node
    mappings = {str(at): _mapping(reader, one, at, block) for at, block in enumerate(node.items)}
    return Node(mappings, node.at) if mappings else None


def _mapping(reader: Reader, one: Instance, at: int, block: Node) -> Node:
    rules = []
    for index, rule in enumerate((block.get("mapping_rule") or Node(())).items):
        link = reader.link(one, "role_mapping", at, "mapping_rule", index, "role_arn", to=(ROLE,))
        known = link is not None and not link.is_open
        rules.append(Node({"RoleARN": link.value} if link is not None and known else {}, rule.at))
    members = {
        "Type": block.get("type"),
        "IdentityProvider": block.get("identity_provider"),
        "RulesConfiguration": Node({"Rules": Node(tuple(rules), block.at)}, block.at),
    }
    return Node({key: member for key, member in members.items() if member is not None}, block.at)


def _principal_tags(reader: Reader, one: Instance) -> Properties:
    pool = reader.link(one, "identity_pool_id", to=(IDENTITY_POOL,))
    return {
        "IdentityPoolId": pool.value if pool else None,
        "IdentityProviderName": reader.text(one, "identity_provider_name"),
        "PrincipalTags": reader.value(one, "principal_tags"),
        "UseDefaults": reader.value(one, "use_defaults"),
    }


def _client(reader: Reader, one: Instance) -> Properties:
    listed = reader.value(one, "write_attributes")
    return {
        "UserPoolId": value_of(reader.link(one, "user_pool_id", to=(USER_POOL,))),
        "WriteAttributes": listed if listed is not None and listed.value != () else None,
    }


def _user_pool(reader: Reader, one: Instance) -> Properties:
    config: dict[str, Node] = {}
    for at in reader.blocks(one, "lambda_config"):
        block = ("lambda_config", at)
        for name, key in _TRIGGERS.items():
            link = reader.link(one, *block, name, to=FUNCTIONS)
            if link is not None and not reader.is_left_to_aws(one, *block, name):
                config[key] = link.value
        for name, key in _TRIGGER_BLOCKS.items():
            if reader.is_left_to_aws(one, *block, name):
                continue
            for index in reader.blocks(one, *block, name):
                link = reader.link(one, *block, name, index, "lambda_arn", to=FUNCTIONS)
                if link is not None and key.removesuffix("Config") not in config:
                    config[key] = Node({"LambdaArn": link.value}, link.value.at)
    only = reader.value(one, "admin_create_user_config", 0, "allow_admin_create_user_only")
    return {
        "LambdaConfig": Node(config, one.at) if config else None,
        "AdminCreateUserConfig": Node({"AllowAdminCreateUserOnly": only}, one.at) if only is not None else None,
        "Schema": _schema(reader, one),
    }


def _schema(reader: Reader, one: Instance) -> Node | None:
    blocks = reader.value(one, "schema")
    if blocks is None or isinstance(blocks.value, Unknown):
        return blocks
    members = [
        {"Name": block.get("name"), "Mutable": block.get("mutable") or Node(False, block.at)}
        for block in blocks.items
    ]
    found = [{key: value for key, value in one.items() if value is not None} for one in members]
    return Node(tuple(Node(one, blocks.at) for one in found), blocks.at)


TERRAFORM_TYPES = (
    TerraformType(IDENTITY_POOL, "AWS::Cognito::IdentityPool", _identity_pool, "id"),
    TerraformType(
        "aws_cognito_identity_pool_roles_attachment", "AWS::Cognito::IdentityPoolRoleAttachment", _roles_attachment
    ),
    TerraformType(PRINCIPAL_TAG, "AWS::Cognito::IdentityPoolPrincipalTag", _principal_tags),
    TerraformType(USER_POOL, "AWS::Cognito::UserPool", _user_pool, "id"),
    TerraformType("aws_cognito_user_pool_client", "AWS::Cognito::UserPoolClient", _client, "id"),
)
