"""Read every template in some folders, and say what could not be read or understood.

    python scripts/read_templates.py FOLDER...

Templates are what is recognised as CloudFormation, SAM or a CDK assembly. The exit code is 1 when one of them
crashed the reader, or took longer than --seconds.
"""

from __future__ import annotations

import argparse
import re
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from grantgraph.decode import decode, read_text  # noqa: E402
from grantgraph.model import Application  # noqa: E402
from grantgraph.policy.document import Policy  # noqa: E402
from grantgraph.problems import InputError, Level  # noqa: E402
from grantgraph.sources import cdk, cloudformation, load, sam  # noqa: E402
from grantgraph.text import Text, Unknown, unknowns_in  # noqa: E402

SUFFIXES = frozenset({".json", ".template", ".yaml", ".yml"})
SHOWN = 10


@dataclass
class Tally:
    """What reading many templates gave."""

    outcomes: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    unmodelled: Counter[str] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    unknowns: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")


def templates(folder: Path) -> Iterator[Path]:
    """Every template under a folder; an assembly stands for all its files."""
    if cdk.recognises(folder, None):
        yield folder
        return
    for path in sorted(folder.iterdir()):
        if path.is_symlink():
            continue
        if path.is_dir():
            yield from templates(path)
        elif path.suffix in SUFFIXES and _is_template(path):
            yield path


def _is_template(path: Path) -> bool:
    try:
        text = read_text(path)
        if "Resources" not in text or "::" not in text:
            return False
        node = decode(text, str(path), cloudformation.SOURCE.tag)
    except InputError:
        return "AWS::" in text[:100_000] if "text" in locals() else False  # a template that cannot be decoded
    return cloudformation.recognises(path, node) or sam.recognises(path, node)


def read(path: Path, tally: Tally, seconds: int) -> None:
    """Read one template into the tally."""
    start = time.process_time()
    signal.alarm(seconds)
    try:
        application = load(path)
    except InputError as error:
        tally.outcomes["refused"] += 1
        tally.errors.update({one.code for one in error.problems} or {"input"})
    except Exception:  # noqa: BLE001 - finding whatever is raised is what this is for
        tally.outcomes["crashed"] += 1
        tally.failures.append(f"{path}\n{traceback.format_exc(limit=-5)}")
    else:
        _count(application, tally)
    finally:
        signal.alarm(0)
    tally.slowest = max(tally.slowest, (time.process_time() - start, str(path)))


def _count(application: Application, tally: Tally) -> None:
    codes = {one.code for one in application.problems if one.level is Level.ERROR}
    tally.outcomes["read with errors" if codes else "read"] += 1
    tally.errors.update(codes)
    tally.unmodelled.update({one.code for one in application.problems if one.level is Level.UNMODELLED})
    tally.types.update(application.counted)
    found = [one for one in set(_unknowns(application)) if not one.generated]
    tally.kinds.update({_kind(one) for one in found})
    tally.unknowns.update({one.name for one in found})


def _unknowns(application: Application) -> Iterator[Unknown]:
    """Everything in an application that is not known: in names, in policies, instead of policies."""
    texts: list[Text] = [one.arn for one in application.resources]
    policies: list[Policy | None] = [one.policy for one in application.resources]
    for principal in application.principals:
        texts.append(principal.arn)
        policies += [*principal.policies, principal.trust, principal.boundary]
    for policy in policies:
        if policy is None:
            continue
        yield from policy.unseen
        for statement in policy.statements:
            texts += [
                one.pattern.literal for one in statement.resources.patterns if one.pattern.literal is not None
            ]
            texts += [value for one in statement.conditions for value in one.spelled_values if value is not None]
            members = statement.principals.members if statement.principals is not None else ()
            texts += [one.value for one in members]
    for text in texts:
        yield from unknowns_in(text)


def _kind(unknown: Unknown) -> str:
    """What makes something unknown: a function, a parameter, an attribute, ..."""
    name = unknown.name
    if found := re.match(r"(Fn::\w+|AWS::\w+|parameter|import|resolve:\w+|policies|output)\b", name):
        return found.group(1)
    return "attribute" if "." in name else "other"


def report(tally: Tally) -> str:
    """The tally as text."""
    total = sum(tally.outcomes.values())
    lines = [
        f"{total} templates: " + ", ".join(f"{number} {name}" for name, number in tally.outcomes.most_common())
    ]
    lines.append(f"slowest: {tally.slowest[0]:.2f} s CPU, {tally.slowest[1]}")
    for title, counter in (
        ("templates with an error of this kind", tally.errors),
        ("templates with something not modelled", tally.unmodelled),
        ("resources of types that are no part of the model", tally.types),
        ("templates with something unknown, by what makes it so", tally.kinds),
        ("the most frequent unknowns", tally.unknowns),
    ):
        if counter:
            lines += ["", title, *(f"  {number:5}  {name[:100]}" for name, number in counter.most_common(SHOWN))]
    return "\n".join([*lines, *(f"\n{one}" for one in tally.failures)]) + "\n"


def _give_up(*_: object) -> None:
    raise TimeoutError("it takes too long")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Read every template in some folders.")
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--seconds", type=int, default=30, help="the longest that one template may take")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGALRM, _give_up)
    tally = Tally()
    for folder in options.folders:
        for path in templates(folder):
            read(path, tally, options.seconds)
    sys.stdout.write(report(tally))
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(main())
