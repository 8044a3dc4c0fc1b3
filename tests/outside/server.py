"""MiniStack as a server that enforces IAM, in a process and an environment of its own."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import ClientError

from scripts.outside import ensure
from tests.outside.aws import ADMINISTRATOR, Aws, Credentials, is_denial

ACCOUNT, REGION = "123456789012", "us-east-1"
PATIENCE = 30
"""Seconds for the server to come up."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    endpoint: str

    def as_(self, credentials: Credentials | None) -> Aws:
        """AWS as somebody; None has no credentials."""
        return Aws(self.endpoint, REGION, credentials)

    @property
    def administrator(self) -> Aws:
        """AWS as somebody who may do everything."""
        return self.as_(ADMINISTRATOR)


@contextlib.contextmanager
def running(auth: bool = True) -> Iterator[Server]:
    """A server of its own, on a free port; it is gone afterwards.

    Args:
        auth: whether it enforces IAM.
    """
    python = ensure("ministack")
    port = _free_port()
    settings = {
        "AUTH": str(auth).lower(),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "LOG_LEVEL": "ERROR",
    }
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PYTHON"))}
    with tempfile.TemporaryDirectory() as home, (Path(home) / "log").open("w+") as log:
        child = subprocess.Popen(
            [str(python), "-I", "-m", "ministack"],
            cwd=home,
            env={**environment, **settings, "TMPDIR": home},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            _await(child, port, Path(log.name))
            yield Server(f"http://127.0.0.1:{port}")
        finally:
            child.terminate()
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _await(child: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Wait until the server answers."""
    until = time.monotonic() + PATIENCE
    while child.poll() is None and time.monotonic() < until:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_ministack/health", timeout=2).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"MiniStack did not come up:\n{log.read_text()[-2000:]}")


def check_itself(server: Server) -> None:
    """A role without rights must be denied, and may then do what it is given: else all answers are worthless."""
    admin = server.administrator
    trust = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "sts:AssumeRole",
        },
    }
    admin.client("sqs").create_queue(QueueName="known")
    admin.client("iam").create_role(RoleName="nobody", AssumeRolePolicyDocument=json.dumps(trust))
    nobody = server.as_(admin.assume(f"arn:aws:iam::{ACCOUNT}:role/nobody"))
    assert not _may_send(nobody), "MiniStack allows a role without rights: it does not enforce IAM"
    statement = {
        "Effect": "Allow",
        "Action": "sqs:SendMessage",
        "Resource": f"arn:aws:sqs:{REGION}:{ACCOUNT}:known",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    admin.client("iam").put_role_policy(RoleName="nobody", PolicyName="send", PolicyDocument=document)
    assert _may_send(nobody), "MiniStack denies what a policy allows"


def _may_send(who: Aws) -> bool:
    try:
        who.client("sqs").send_message(QueueUrl=f"{who.endpoint}/{ACCOUNT}/known", MessageBody="x")
    except ClientError as error:
        if not is_denial(error):
            raise
        return False
    return True
