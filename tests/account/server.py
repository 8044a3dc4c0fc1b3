"""A server that plays AWS: moto over HTTP, in a process of its own, with faults where a test asks for them.

moto keeps the roles of no identity pool, nor the tags of its sessions, lists neither the URLs of a function nor
the authorizers of an HTTP API, and writes a role into the policy of a function as AWS does not: these answers are
given here. A `POST` to `/_faults` says what is to fail; a `GET` from there says what was asked.
"""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

Environ: TypeAlias = "dict[str, Any]"
StartResponse: TypeAlias = Callable[[str, list[tuple[str, str]]], object]
_POLICIES_OF_AWS = ("AmazonSQSReadOnlyAccess", "AdministratorAccess")
_POOLS = "AWSCognitoIdentityService."
_URLS = re.compile(r"/2021-10-31/functions/[^/]+/urls")
_FUNCTION_POLICY = re.compile(r"/2015-03-31/functions/[^/]+/policy")
_AUTHORIZERS = re.compile(r"/v2/apis/[^/]+/authorizers")
_NO_ROLES: Mapping[str, Any] = {"Roles": {}}


class Played:
    """moto's application, and what is put in front of it."""

    def __init__(self, moto: Callable[[Environ, StartResponse], Iterable[bytes]]) -> None:
        self.moto = moto
        self.faults: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.roles: dict[str, Any] = {}

    def __call__(self, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        if environ["PATH_INFO"] == "/_faults":
            return self.control(environ, start, body)
        asked = name_of(environ, body)
        self.asked.append(asked)
        for fault in self.faults:
            if asked.startswith(fault["call"]) and fault["about"] in body.decode("utf-8", "replace") + asked:
                if fault["times"] > 0:
                    fault["times"] -= 1
                    return fail(environ, start, fault)
        if asked in self.known():
            return self.pools(asked, json.loads(body), start)
        if _URLS.fullmatch(environ["PATH_INFO"]):
            return self.urls(environ, start)
        if environ["REQUEST_METHOD"] == "GET" and _FUNCTION_POLICY.fullmatch(environ["PATH_INFO"]):
            return self.policy(environ, start)
        if environ["REQUEST_METHOD"] == "GET" and _AUTHORIZERS.fullmatch(environ["PATH_INFO"]):
            return answer(start, "200 OK", '{"items": []}')
        return self.moto(environ, start)

    def control(self, environ: Environ, start: StartResponse, body: bytes) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            self.faults, self.asked = json.loads(body), []
        return answer(start, "200 OK", json.dumps(self.asked))

    def ask(self, environ: Environ) -> tuple[str, bytes]:
        """The status and the text of moto's answer."""
        found: list[str] = []
        text = b"".join(self.moto(environ, lambda status, headers: found.append(status)))
        return found[0], text

    def urls(self, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        """The one URL that moto knows of a function, as a list."""
        path = environ["PATH_INFO"].removesuffix("s")
        status, text = self.ask({**environ, "PATH_INFO": path, "RAW_URI": path, "REQUEST_URI": path})
        urls = [json.loads(text)] if status.startswith("20") else []
        return answer(start, "200 OK", json.dumps({"FunctionUrlConfigs": urls}))

    def policy(self, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        """The policy of a function, with its roles as AWS writes them."""
        status, text = self.ask(environ)
        found = json.loads(text)
        if not status.startswith("200"):
            return answer(start, status, json.dumps(found), error="ResourceNotFoundException")
        policy = json.loads(found["Policy"])
        for statement in policy["Statement"]:
            if isinstance(statement["Principal"], str) and statement["Principal"].startswith("arn:"):
                statement["Principal"] = {"AWS": statement["Principal"]}
        return answer(start, status, json.dumps({**found, "Policy": json.dumps(policy)}))

    def known(self) -> tuple[str, ...]:
        names = ("SetIdentityPoolRoles", "GetIdentityPoolRoles", "GetPrincipalTagAttributeMap")
        return tuple(f"{_POOLS}{name}" for name in names)

    def pools(self, asked: str, given: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        id = given["IdentityPoolId"]
        match asked.removeprefix(_POOLS):
            case "SetIdentityPoolRoles":
                self.roles[id] = {key: given[key] for key in ("Roles", "RoleMappings") if key in given}
                found: Mapping[str, Any] = {}
            case "GetIdentityPoolRoles":
                found = {"IdentityPoolId": id, **self.roles.get(id, _NO_ROLES)}
            case _:
                found = {"IdentityPoolId": id, "UseDefaults": False, "PrincipalTags": {}}
        return answer(start, "200 OK", json.dumps(found))


def name_of(environ: Environ, body: bytes) -> str:
    """What a request asks: `AmazonSQS.ListQueues`, `Action=ListRoles`, `GET /restapis`."""
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target:
        return str(target)
    words = dict(pair.split("=", 1) for pair in body.decode("utf-8", "replace").split("&") if "=" in pair)
    if "Action" in words:
        return f"Action={words['Action']}"
    query = f"?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else ""
    return f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}{query}"


def fail(environ: Environ, start: StartResponse, fault: Mapping[str, Any]) -> Iterable[bytes]:
    """An error in the protocol of the request."""
    code, message = fault["code"], f"{fault['code']} was asked for"
    if "HTTP_X_AMZ_TARGET" in environ:
        return answer(start, fault["status"], json.dumps({"__type": code, "message": message}))
    if environ["REQUEST_METHOD"] == "POST":
        inner = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        return answer(start, fault["status"], f"<ErrorResponse>{inner}</ErrorResponse>", "text/xml")
    if "/s3/" in environ.get("HTTP_AUTHORIZATION", ""):
        inner = f"<Code>{code}</Code><Message>{message}</Message>"
        return answer(start, fault["status"], f"<Error>{inner}</Error>", "application/xml")
    return answer(start, fault["status"], json.dumps({"message": message}), error=code)


def answer(
    start: StartResponse, status: str, text: str, type: str = "application/x-amz-json-1.1", error: str = ""
) -> Iterable[bytes]:
    headers = [("Content-Type", type)] + ([("x-amzn-ErrorType", error)] if error else [])
    start(status, headers)
    return [text.encode()]


def main() -> None:
    """Serve on a free port, and print which."""
    from moto.iam import models as iam
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    known = vars(iam)
    published = json.loads(known["aws_managed_policies_data"])
    few = {name: published[name] for name in _POLICIES_OF_AWS}
    known["aws_managed_policies_data"] = json.dumps(few)  # all of them take a second to hand out
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, Played(DomainDispatcherApplication(create_backend_app)), threaded=True)
    print(server.port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
