"""Measure synthesis: applications that grow, time and peak memory of whole processes.

    python scripts/bench_synthesis.py

Each function has a table, a queue that feeds it, a route behind IAM and needs of its own; every fifth route is for
the users. A process of its own reads each model and writes its policies, with their proofs.
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
SIZES = (10, 100, 1_000)
SYNTHESIZE = """
import resource, sys, time
from grantgraph.catalog import load_catalog
from grantgraph.prove import Proved
from grantgraph.reports.synth_json import render
from grantgraph.sources import load
from grantgraph.synthesize import Options, synthesize

catalog = load_catalog()
start = time.process_time()
application = load(sys.argv[1])
read = time.process_time()
found = synthesize(application, catalog, Options(boundary="--boundary" in sys.argv))
done = time.process_time()
proofs = found.proofs()
assert all(isinstance(one, Proved) for one in proofs.values()), proofs
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
statements = sum(len(one.policy.statements) for synthesis in found.syntheses for one in synthesis.attached)
print(done - read, read - start, peak, len(proofs), statements)
"""


def model(functions: int) -> dict[str, Any]:
    """An application of so many functions."""
    resources: dict[str, Any] = {"Uploads": {"type": "s3:bucket", "name": "uploads"}}
    principals: dict[str, Any] = {"authenticated": {"type": "identity-pool:authenticated"}}
    routes: dict[str, Any] = {}
    needs: list[dict[str, Any]] = []
    for number in range(functions):
        table, queue, function = f"Table{number}", f"Queue{number}", f"function{number}"
        route = f"GET /items{number}/{{id}}"
        resources[table] = {
            "type": "dynamodb:table",
            "name": f"table-{number}",
            "partition_key": "userId",
            "indexes": {"byTag": {"partition_key": "tag"}},
        }
        resources[queue] = {"type": "sqs:queue", "name": f"queue-{number}"}
        principals[function] = {"type": "function", "name": f"function-{number}", "on": [queue]}
        routes[route] = {"function": function, "authorizer": "iam"}
        needs += [
            {"who": function, "access": ["read", "write"], "to": table},
            {"who": function, "access": "query", "to": table, "index": "byTag"},
            {"who": function, "access": "send", "to": f"Queue{(number + 1) % functions}"},
            {"who": function, "access": ["get", "put"], "to": "Uploads", "keys": f"items{number}/*"},
        ]
        if number % 5 == 0:
            needs.append({"who": "authenticated", "access": "invoke", "to": route})
    return {
        "application": "growing",
        "environment": {"region": "us-east-1", "account": "111122223333"},
        "identity_pool": {"id": "us-east-1:pool"},
        "api": {"id": "a1b2c3d4e5", "stage": "prod"},
        "resources": resources,
        "principals": principals,
        "routes": routes,
        "needs": needs,
    }


def measure(path: Path, *options: str) -> tuple[float, float, int, str]:
    """CPU seconds of synthesis and of reading, peak memory in kB, and what was written."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", SYNTHESIZE, str(path), *options],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    seconds, reading, peak, proofs, statements = done.stdout.split()
    return float(seconds), float(reading), int(peak), f"{proofs} proofs, {statements} statements"


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure synthesis.")
    parser.add_argument("--runs", type=int, default=3, help="the best of so many runs counts")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="functions of each application")
    options = parser.parse_args()
    print(f"{'synthesis':<36}{'CPU ms':>9}{'times':>7}{'reading':>9}{'peak MB':>9}")
    with tempfile.TemporaryDirectory() as name:
        for more in ((), ("--boundary",)):
            last = 0.0
            for size in options.sizes:
                path = Path(name) / f"{size}.json"
                path.write_text(json.dumps(model(size)))
                seconds, reading, peak, what = min(measure(path, *more) for _ in range(options.runs))
                times = f"{seconds / last:.1f}" if last else ""
                title = f"{size:,} functions{', with a boundary' if more else ''}"
                line = (
                    f"{title:<36}{seconds * 1000:>9.0f}{times:>7}{reading * 1000:>9.0f}{peak / 1024:>9.0f}  {what}"
                )
                print(line, flush=True)
                last = seconds


if __name__ == "__main__":
    main()
