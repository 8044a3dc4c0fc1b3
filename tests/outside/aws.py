"""boto3 against a server, as somebody; and one call of it, with what IAM is asked by it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeAlias

import boto3
import botocore.session
from botocore import UNSIGNED
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials as Signer
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session

DENIALS = frozenset({"403", "AccessDenied", "AccessDeniedException", "AuthorizationError", "Forbidden"})
"""The words in which services say that IAM denied a request."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What requests are signed with."""

    key: str
    secret: str
    token: str | None = None


ADMINISTRATOR = Credentials("test", "test")
"""What MiniStack takes for the root user of its account."""


def is_denial(error: ClientError) -> bool:
    """Whether a service refused because IAM does not allow it."""
    return str(error.response["Error"].get("Code", "")) in DENIALS


Context: TypeAlias = Mapping[str, str | tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Call:
    """A call of boto3, and the request that IAM decides about it.

    Attributes:
        action, resource, context: what AWS asks IAM.
        service, operation, arguments: what boto3 is asked.
        prepare: what an administrator does so that the call can succeed; gives arguments in the place of others.
    """

    action: str
    resource: str
    service: str
    operation: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    context: Context = field(default_factory=dict)
    prepare: Callable[[Aws], Mapping[str, Any]] | None = None

    def __str__(self) -> str:
        said = " ".join(f"{key}={value}" for key, value in sorted(self.context.items()))
        return f"{self.service}.{self.operation}: {self.action} on {self.resource} {said}".strip()


class Aws:
    """AWS as somebody sees it."""

    def __init__(self, endpoint: str, region: str, credentials: Credentials | None) -> None:
        self.endpoint, self.region, self.credentials = endpoint, region, credentials
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """A client of boto3; what is not signed is sent without credentials."""
        if service not in self._clients:
            own = self.credentials
            signing: dict[str, Any] = {"signature_version": UNSIGNED} if own is None else {}
            self._clients[service] = _session().client(
                service,
                region_name=self.region,
                endpoint_url=self.endpoint,
                aws_access_key_id=own.key if own else None,
                aws_secret_access_key=own.secret if own else None,
                aws_session_token=own.token if own else None,
                config=Config(retries={"total_max_attempts": 1}, inject_host_prefix=False, **signing),
            )
        return self._clients[service]

    def assume(self, role: str, **more: str) -> Credentials:
        """The credentials of a role."""
        found = self.client("sts").assume_role(RoleArn=role, RoleSessionName="session", **more)["Credentials"]
        return Credentials(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])

    def may(self, call: Call, administrator: Aws | None = None) -> bool:
        """Make a call, and say whether IAM lets it pass; where an administrator prepares it, it has to succeed.

        Raises:
            ClientError: it fails for another reason.
        """
        arguments = dict(call.arguments)
        if administrator is not None and call.prepare is not None:
            arguments |= call.prepare(administrator)
        if call.service == "http":
            return self._http(call.operation, **arguments)
        try:
            getattr(self.client(call.service), call.operation)(**arguments)
        except ClientError as error:
            if is_denial(error):
                return False
            raise
        return True

    def _http(self, method: str, url: str, sign: str) -> bool:
        """A request by HTTP, signed for a service or in advance: whether it is answered, and not refused."""
        if sign == "in advance":
            bucket, _, key = url.partition("/")
            url = self.client("s3").generate_presigned_url("get_object", {"Bucket": bucket, "Key": key})
            request = AWSRequest(method, url)
        else:
            request = AWSRequest(method, f"{self.endpoint}{url}", data=b"")
            own = self.credentials
            signer = Signer(own.key, own.secret, own.token) if own else None
            SigV4Auth(signer, sign, self.region).add_auth(request)
        answer = URLLib3Session().send(request.prepare())
        assert answer.status_code in (200, 403), f"{method} {url}: {answer.status_code} {answer.text}"
        return bool(answer.status_code == 200)


@cache
def _session() -> Any:
    """One session: its clients share what they read of the services."""
    core = botocore.session.Session()
    core.set_config_variable("credentials_file", "")
    return boto3.Session(botocore_session=core)


def document(*statements: Mapping[str, Any]) -> str:
    """A policy document as AWS takes it."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
