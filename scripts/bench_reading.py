"""Measure reading: templates and assemblies that grow, time and peak memory of whole processes.

    python scripts/bench_reading.py

Each input is written to a folder of its own and read by a process of its own, which says what it took beyond an
empty template.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
READ = """
import resource, sys, time
from grantgraph.sources import load
start = time.process_time()
application = load(sys.argv[1])
seconds = time.process_time() - start
assert not [one for one in application.problems if one.level == "error"], application.problems
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(seconds, peak, len(application.principals), len(application.resources), len(application.entry_points))
"""


def function(number: int, stack: int = 0) -> dict[str, Any]:
    """Five resources of an application: a function with role and policy, a table, and a permission."""
    suffix = f"{stack}x{number}"
    table = {"Fn::GetAtt": [f"Table{suffix}", "Arn"]}
    index = {"Fn::Join": ["", [table, "/index/*"]]}
    return {
        f"Table{suffix}": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            },
        },
        f"Function{suffix}": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Role": {"Fn::GetAtt": [f"Role{suffix}", "Arn"]},
                "Code": {"ZipFile": ""},
                "Environment": {"Variables": {"TABLE": {"Ref": f"Table{suffix}"}}},
            },
        },
        f"Role{suffix}": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {
                    "Statement": {
                        "Effect": "Allow",
                        "Principal": {"Service": "lambda.amazonaws.com"},
                        "Action": "sts:AssumeRole",
                    }
                }
            },
        },
        f"Policy{suffix}": {
            "Type": "AWS::IAM::Policy",
            "Properties": {
                "PolicyName": "own",
                "Roles": [{"Ref": f"Role{suffix}"}],
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Action": ["dynamodb:GetItem", "dynamodb:Query"],
                            "Resource": [table, index],
                        },
                        {"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": table},
                    ],
                },
            },
        },
        f"Permission{suffix}": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "FunctionName": {"Ref": f"Function{suffix}"},
                "Action": "lambda:InvokeFunction",
                "Principal": "events.amazonaws.com",
                "SourceArn": {"Fn::Sub": f"arn:${{AWS::Partition}}:events:*:*:rule/r{suffix}"},
            },
        },
    }


def template(resources: int, stack: int = 0, exports: bool = False) -> dict[str, Any]:
    """A template of so many resources; with `exports`, it takes from the stack before, and gives to the next."""
    found: dict[str, Any] = {}
    for number in range(resources // 5):
        found |= function(number, stack)
    document: dict[str, Any] = {"Resources": found}
    if exports:
        name = {"Value": {"Fn::GetAtt": [f"Table{stack}x0", "Arn"]}, "Export": {"Name": f"table-{stack}"}}
        document["Outputs"] = {"Table": name}
    if exports and stack:
        statement = found[f"Policy{stack}x0"]["Properties"]["PolicyDocument"]["Statement"][1]
        statement["Resource"] = [statement["Resource"], {"Fn::ImportValue": f"table-{stack - 1}"}]
    return document


def assembly(folder: Path, stacks: int, resources: int) -> Path:
    """A `cdk.out` of so many stacks, each of which imports from the one before."""
    artifacts = {}
    for stack in range(stacks):
        name = f"Stack{stack}"
        (folder / f"{name}.template.json").write_text(json.dumps(template(resources, stack, True)))
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "environment": "aws://111122223333/us-east-1",
            "properties": {"templateFile": f"{name}.template.json"},
        }
    (folder / "manifest.json").write_text(json.dumps({"version": "38.0.0", "artifacts": artifacts}))
    return folder


def measure(path: Path) -> tuple[float, int, str]:
    """CPU seconds of reading, peak memory in kB, and what was read."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", READ, str(path)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, peak, *counts = done.stdout.split()
    words = ("principals", "resources", "entry points")
    return (
        float(seconds),
        int(peak),
        ", ".join(f"{count} {word}" for count, word in zip(counts, words, strict=True)),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure reading.")
    parser.add_argument("--runs", type=int, default=3, help="the best of so many runs counts")
    runs = parser.parse_args().runs
    print(f"{'reading':<44}{'CPU ms':>9}{'times':>7}{'peak MB':>9}")
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        last = 0.0
        for count in (50, 500, 5_000):
            path = home / f"{count}.json"
            path.write_text(json.dumps(template(count), indent=1))
            last = _line(f"template of {count:,} resources", path, runs, last)
        last = 0.0
        for stacks in (2, 20, 200):
            folder = home / f"cdk{stacks}"
            folder.mkdir()
            last = _line(
                f"assembly of {stacks:,} stacks, 50 resources each", assembly(folder, stacks, 50), runs, last
            )


def _line(title: str, path: Path, runs: int, last: float) -> float:
    found = [measure(path) for _ in range(runs)]
    seconds, peak, what = min(found)
    times = f"{seconds / last:.1f}" if last else ""
    print(f"{title:<44}{seconds * 1000:>9.0f}{times:>7}{peak / 1024:>9.0f}  {what}", flush=True)
    return seconds


if __name__ == "__main__":
    main()
