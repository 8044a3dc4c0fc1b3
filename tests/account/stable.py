"""A fetched account with the names that AWS makes up replaced, so that every run gives the same bytes.

`python -m tests.account.stable` makes the accounts of the fixtures in an account that a server plays, fetches them
and writes them down.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.account.deploy import REGION, Deployed, deploy
from tests.account.played import ROOT, PlayedAws, played_aws

APPS = ROOT / "fixtures" / "apps"
SAVED = {
    APPS / "same" / "template.yaml": APPS / "same" / "account.json",
    APPS / "account" / "template.yaml": APPS / "account" / "account.json",
}
_STREAM = re.compile(r"/stream/[0-9T:.-]+")
_FETCHED = re.compile(r'"fetched": "[^"]+"')


def stable(text: str, deployed: Deployed) -> str:
    """The text of an account's file with the made-up names replaced, and in order again."""
    for made, name in _names(deployed):
        text = text.replace(made, name)
    text = _STREAM.sub("/stream/label", text)
    text = _FETCHED.sub('"fetched": "2026-11-26T00:00:00Z"', text)
    document: dict[str, Any] = json.loads(text)
    document["resources"].sort(key=lambda one: (one["type"], one["region"], one["name"]))
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def _names(deployed: Deployed) -> list[tuple[str, str]]:
    """(what was made up, what stands for it), the longest first."""
    found = {}
    for id, made in deployed.refs.items():
        type = deployed.written[id]["Type"]
        name = id.lower()
        match type:
            case "AWS::Cognito::UserPool":
                found[made] = f"{REGION}_{name}"
            case "AWS::Cognito::IdentityPool":
                found[made] = f"{REGION}:{name}"
            case "AWS::SecretsManager::Secret":
                found[made[-6:]] = "AbCdEf"
            case "AWS::SNS::Subscription":
                found[made.rpartition(":")[2]] = name
            case "AWS::KMS::Key" | "AWS::Lambda::EventSourceMapping" | "AWS::Cognito::UserPoolClient":
                found[made] = name
            case _ if type.startswith("AWS::ApiGateway") and len(made) > 7:
                found[made] = name
    return sorted(found.items(), key=lambda pair: -len(pair[0]))


def fetch(aws: PlayedAws, output: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `grantgraph fetch` in a process of its own."""
    command = [sys.executable, "-m", "grantgraph", "fetch", "--output", str(output), *arguments]
    environment = {**os.environ, **aws.environment()}
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)


def main() -> None:
    for template, saved in SAVED.items():
        with played_aws() as aws:
            deployed = deploy(template, aws.client)
            ran = fetch(aws, saved)
            assert ran.returncode == 0, ran.stderr
            saved.write_text(stable(saved.read_text(), deployed))
            print(ran.stderr, end="")


if __name__ == "__main__":
    main()
