"""Starts and stops the server that plays AWS; nothing here can reach AWS itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.account.deploy import REGION

ROOT = Path(__file__).parent.parent.parent
ENVIRONMENT: Mapping[str, str] = {
    "AWS_ACCESS_KEY_ID": "nobody",
    "AWS_SECRET_ACCESS_KEY": "nothing",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_MAX_ATTEMPTS": "2",
}
"""Credentials of nobody, and no file of the person who runs the tests."""


@dataclass
class PlayedAws:
    """A server that is running."""

    url: str
    clients: dict[str, Any] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """The variables that lead every client of AWS here."""
        return {**ENVIRONMENT, "AWS_ENDPOINT_URL": self.url}

    def client(self, service: str, region: str = REGION) -> Any:
        import boto3
        from botocore.config import Config

        key = f"{service} {region}"
        if key not in self.clients:
            self.clients[key] = boto3.client(
                service,
                endpoint_url=self.url,
                region_name=region,
                aws_access_key_id="nobody",
                aws_secret_access_key="nothing",
                config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
            )
        return self.clients[key]

    def fail(self, call: str, code: str, status: str, times: int = 1_000_000, about: str = "") -> dict[str, Any]:
        """What `faults` takes: calls whose name begins so fail, a number of times."""
        return {"call": call, "code": code, "status": status, "times": times, "about": about}

    @contextmanager
    def faults(self, *faults: dict[str, Any]) -> Iterator[None]:
        self._control(list(faults))
        try:
            yield
        finally:
            self._control([])

    def asked(self) -> list[str]:
        """What was asked since faults were last said."""
        with urllib.request.urlopen(f"{self.url}/_faults") as answer:
            found: list[str] = json.load(answer)
        return found

    def reset(self) -> None:
        """Forget everything that was made."""
        request = urllib.request.Request(f"{self.url}/moto-api/reset", method="POST")
        urllib.request.urlopen(request).close()

    def _control(self, faults: list[dict[str, Any]]) -> None:
        body = json.dumps(faults).encode()
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/_faults", body, method="POST")).close()


@contextmanager
def played_aws() -> Iterator[PlayedAws]:
    """A server with an empty account."""
    command = [sys.executable, "-m", "tests.account.server"]
    environment = {**os.environ, **ENVIRONMENT, "MOTO_IAM_LOAD_MANAGED_POLICIES": "true"}
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    with process:
        try:
            assert process.stdout is not None
            port = process.stdout.readline().strip()
            assert port.isdecimal(), "the server did not start"
            yield PlayedAws(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()
