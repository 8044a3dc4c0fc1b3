"""Least-privilege IAM policies from what an application needs, and proofs of what its policies allow.

Importing this package imports nothing else; each name below is fetched when it is first used.

    from grantgraph import PolicySet, PolicyType, decide, parse_policy, request

    document = {"Version": "2012-10-17", "Statement": [...]}
    policies = PolicySet(identity_based=(parse_policy(document, PolicyType.IDENTITY_BASED).value,))
    verdict = decide(request("arn:aws:iam::111122223333:role/app", "s3:GetObject", "arn:aws:s3:::b/k"), policies)
"""

__version__ = "0.1.0"

TYPE_CHECKING = False  # what type checkers take for true; importing `typing` would cost more than all the rest
if TYPE_CHECKING:
    from typing import Any

    from grantgraph.catalog import load_catalog
    from grantgraph.evaluate import Decision, Request, Verdict, decide, decide_all, near_misses, request
    from grantgraph.policy import Policy, PolicySet, PolicyType, parse_policy, render_policy
    from grantgraph.prove import Proved, Refuted, Undecided, implies, never
    from grantgraph.rules import check, load_rules
    from grantgraph.sources import load
    from grantgraph.synthesize import synthesize

_HOMES = {
    "grantgraph.catalog": ("load_catalog",),
    "grantgraph.evaluate": (
        "Decision",
        "Request",
        "Verdict",
        "decide",
        "decide_all",
        "near_misses",
        "request",
    ),
    "grantgraph.policy": ("Policy", "PolicySet", "PolicyType", "parse_policy", "render_policy"),
    "grantgraph.prove": ("Proved", "Refuted", "Undecided", "implies", "never"),
    "grantgraph.rules": ("check", "load_rules"),
    "grantgraph.sources": ("load",),
    "grantgraph.synthesize": ("synthesize",),
}

__all__ = [
    "Decision",
    "Policy",
    "PolicySet",
    "PolicyType",
    "Proved",
    "Refuted",
    "Request",
    "Undecided",
    "Verdict",
    "check",
    "decide",
    "decide_all",
    "implies",
    "load",
    "load_catalog",
    "load_rules",
    "near_misses",
    "never",
    "parse_policy",
    "render_policy",
    "request",
    "synthesize",
]


def __getattr__(name: str) -> "Any":
    from importlib import import_module

    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module `grantgraph` has no `{name}`")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
