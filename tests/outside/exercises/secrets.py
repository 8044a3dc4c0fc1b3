"""Secrets, parameters and keys."""

from __future__ import annotations

from json import dumps
from typing import Any

from grantgraph.model import Resource
from tests.outside.aws import Aws, Call, Context
from tests.outside.exercises import ABSENT, Around, Calls, Exercise, name_of

# ── secrets ──


def make_secret(admin: Aws, secret: Resource) -> str:
    admin.client("secretsmanager").create_secret(Name=secret_name(secret), SecretString="x")
    return ""


def secret_name(secret: Resource) -> str:
    """The name without the letters that AWS ends a secret's ARN with."""
    return str(secret.arn).split(":", 6)[6].rpartition("-")[0]


def share_secret(admin: Aws, secret: Resource, policy: dict[str, Any]) -> None:
    manager = admin.client("secretsmanager")
    manager.put_resource_policy(SecretId=secret_name(secret), ResourcePolicy=dumps(policy))


def call_secret(secret: Resource, around: Around) -> Calls:
    manager = around.admin.client("secretsmanager")
    arn = manager.describe_secret(SecretId=secret_name(secret))["ARN"]

    def call(action: str, operation: str, **more: Any) -> Call:
        return Call(f"secretsmanager:{action}", arn, "secretsmanager", operation, {"SecretId": arn, **more})

    yield call("GetSecretValue", "get_secret_value")
    yield call("DescribeSecret", "describe_secret")
    yield call("PutSecretValue", "put_secret_value", SecretString="x")
    yield call("DeleteSecret", "delete_secret")


# ── parameters ──


def parameter_name(parameter: Resource) -> str:
    return "/" + str(parameter.arn).partition(":parameter/")[2]


def make_parameter(admin: Aws, parameter: Resource) -> str:
    admin.client("ssm").put_parameter(Name=parameter_name(parameter), Value="x", Type="String")
    return ""


def call_parameter(parameter: Resource, around: Around) -> Calls:
    name, arn = parameter_name(parameter), str(parameter.arn)
    below = [f"/{key}" for key in (*around.scoped("keys"), ABSENT)]
    for one in ("", *below):
        yield from _parameter(around.admin, name + one, arn + one)
    for path in ("", *dict.fromkeys(one.rpartition("/")[0] for one in below)):
        asked = {"Path": name + path}
        yield Call("ssm:GetParametersByPath", arn + path, "ssm", "get_parameters_by_path", asked)


def _parameter(admin: Aws, name: str, arn: str) -> Calls:
    ssm = admin.client("ssm")

    def there(_: Aws) -> dict[str, Any]:
        ssm.put_parameter(Name=name, Value="x", Type="String", Overwrite=True)
        return {}

    def call(action: str, operation: str, prepare: Any = None, **more: Any) -> Call:
        return Call(f"ssm:{action}", arn, "ssm", operation, more, {}, prepare)

    yield call("GetParameter", "get_parameter", there, Name=name)
    yield call("GetParameters", "get_parameters", there, Names=[name])
    yield call("PutParameter", "put_parameter", Name=name, Value="x", Type="String", Overwrite=True)
    yield call("DeleteParameter", "delete_parameter", there, Name=name)
    yield call("DeleteParameters", "delete_parameters", there, Names=[name])
    yield call("GetParameterHistory", "get_parameter_history", there, Name=name)


# ── keys ──


def make_key(admin: Aws, key: Resource) -> str:
    return str(admin.client("kms").create_key()["KeyMetadata"]["KeyId"])


def share_key(admin: Aws, key: Resource, policy: dict[str, Any]) -> None:
    admin.client("kms").put_key_policy(KeyId=name_of(key), PolicyName="default", Policy=dumps(policy))


def call_key(key: Resource, around: Around) -> Calls:
    arn, kms = str(key.arn), around.admin.client("kms")
    contexts: list[dict[str, str]] = [{}, {"for": "something else"}]
    contexts += [dict([pair.split("=", 1)]) for pair in around.scoped("context")]
    for context in contexts:
        said: Context = {f"kms:EncryptionContext:{name}": value for name, value in context.items()}
        with_it = {"EncryptionContext": context}
        secret = kms.encrypt(KeyId=arn, Plaintext=b"x", **with_it)["CiphertextBlob"]

        def call(action: str, operation: str, said: Context = said, **more: Any) -> Call:
            return Call(f"kms:{action}", arn, "kms", operation, more, said)

        yield call("Encrypt", "encrypt", KeyId=arn, Plaintext=b"x", **with_it)
        yield call("GenerateDataKey", "generate_data_key", KeyId=arn, KeySpec="AES_256", **with_it)
        yield call("Decrypt", "decrypt", CiphertextBlob=secret, **with_it)
    yield Call("kms:DescribeKey", arn, "kms", "describe_key", {"KeyId": arn})
    yield Call("kms:DisableKey", arn, "kms", "disable_key", {"KeyId": arn})


EXERCISES = {
    "secretsmanager:secret": Exercise(make_secret, call_secret, share_secret),
    "ssm:parameter": Exercise(make_parameter, call_parameter),
    "kms:key": Exercise(make_key, call_key, share_key),
}
