"""Measure what users wait for, as ratios of CPU time: `make bench`.

Every figure is the median CPU time (user and system) of whole processes, or of calls in this process, beside
a yardstick that runs in turn with it: machines differ, ratios less so.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APPS = ROOT / "fixtures" / "apps"
YARDSTICK = [sys.executable, "-c", "import typer"]


def cpu_of(command: Sequence[str]) -> float:
    """CPU seconds of one run of a command."""
    before = os.times()
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    after = os.times()
    return (after.children_user - before.children_user) + (after.children_system - before.children_system)


def compare(command: Sequence[str], yardstick: Sequence[str], runs: int) -> tuple[float, float]:
    """The median CPU seconds of a command, and the median ratio to the yardstick, run in turn."""
    cpu_of(command), cpu_of(yardstick)  # fills the caches
    pairs = [(cpu_of(command), cpu_of(yardstick)) for _ in range(runs)]
    return statistics.median(own for own, _ in pairs), statistics.median(own / other for own, other in pairs)


def measure_commands(runs: int) -> None:
    grantgraph = [sys.executable, "-m", "grantgraph"]
    commands = {
        "--help": [*grantgraph, "--help"],
        "synth notes": [*grantgraph, "synth", str(APPS / "notes" / "grantgraph.yaml")],
        "check a-notes-auth-users": [*grantgraph, "check", str(APPS / "sst" / "a-notes-auth-users.json")],
        "check f-full-notes": [*grantgraph, "check", str(APPS / "sst" / "f-full-notes.json")],
        "explain role": [
            *grantgraph,
            "explain",
            "role",
            "authenticated",
            str(APPS / "sst" / "a-notes-auth-users.json"),
        ],
    }
    print(f"{'command':<28}{'CPU s':>8}  times `python -c 'import typer'`")
    for name, command in commands.items():
        seconds, ratio = compare(command, YARDSTICK, runs)
        print(f"{name:<28}{seconds:>8.3f}  {ratio:.2f}")


def per_call(call: Callable[[], object], seconds: float = 0.3) -> float:
    """CPU seconds of one call, over as many as fit."""
    call()
    done, start = 0, time.process_time()
    while time.process_time() - start < seconds:
        call()
        done += 1
    return (time.process_time() - start) / max(done, 1)


def measure_growth() -> None:
    """How one question grows with the number of statements it is asked over."""
    sys.path.insert(0, str(ROOT))
    from grantgraph.catalog import load_catalog
    from grantgraph.evaluate import parse_caller
    from grantgraph.policy import PolicySet, PolicyType, parse_policy
    from grantgraph.prove import Standing, actions_of, never, session_of

    catalog = load_catalog()
    print(f"\n{'never(write), denied':<28}{'CPU ms':>8}  times the row above")
    last = 0.0
    for count in (10, 100, 1000):
        statements = [
            {
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:PutObject"],
                "Resource": f"arn:aws:s3:::bucket-{number}/*",
                "Condition": {"StringEquals": {"aws:PrincipalTag/team": f"team-{number}"}},
            }
            for number in range(count)
        ]
        statements.append({"Effect": "Deny", "Action": "s3:Put*", "Resource": "*"})
        policy = parse_policy({"Version": "2012-10-17", "Statement": statements}, PolicyType.IDENTITY_BASED).value
        standing = Standing(session_of(parse_caller("arn:aws:iam::111122223333:role/app")), PolicySet((policy,)))
        actions = [one for one in actions_of(standing, catalog) if one.access_level == "Write"]
        taken = per_call(partial(never, standing, actions, catalog))
        print(f"{count:>6} statements{'':<11}{taken * 1000:>8.2f}  {taken / last if last else 1:.1f}")
        last = taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7, help="counted runs of each command")
    options = parser.parse_args()
    measure_commands(options.runs)
    measure_growth()


if __name__ == "__main__":
    main()
