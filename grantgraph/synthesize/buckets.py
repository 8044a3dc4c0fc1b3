"""S3: limits on keys, on the objects themselves and on what a listing shows; and on how requests are signed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from grantgraph.model import Need, Resource
from grantgraph.resources import ActionsOn
from grantgraph.synthesize.limits import actions_of, keys_of, wish
from grantgraph.synthesize.placeholders import as_policy_text
from grantgraph.synthesize.result import Conditions, Draft, Wish
from grantgraph.text import text

_BEGINNING = re.compile(r"[^*?]*\*")
"""Keys that begin alike: the only ones that a listing can be limited to, because it is asked for by a prefix."""


def bucket_wishes(need: Need, purpose: str, on: ActionsOn, resource: Resource, draft: Draft) -> Iterator[Wish]:
    """What an access word asks of a bucket or of its objects, within keys."""
    signed = _signature(need)
    keys = () if "*" in need.scopes.keys else tuple(map(as_policy_text, need.scopes.keys))
    if on.suffix == "/*":
        arns = tuple(text([resource.arn, "/", key]) for key in keys) or (text([resource.arn, "/*"]),)
        yield wish(need, purpose, on.actions, arns, signed)
        return
    limits: Conditions = ()
    if keys:
        if not _listing_can_be_limited(need, purpose, on, draft):
            return
        limits += (("StringLike", "s3:prefix", keys),)
    if need.scopes.delimiter:
        limits += (("StringEquals", "s3:delimiter", need.scopes.delimiter),)
    yield wish(need, _purpose(on, purpose), on.actions, (resource.arn,), limits, signed)


def _purpose(on: ActionsOn, purpose: str) -> str:
    return "list" if on.actions == ("s3:ListBucket",) else purpose


def _listing_can_be_limited(need: Need, purpose: str, on: ActionsOn, draft: Draft) -> bool:
    """Whether `keys` limits what a request on the bucket shows. A word that means more does without it."""
    blind = [action for action in actions_of(on, draft) if "s3:prefix" not in keys_of(action, draft)]
    odd = [key for key in need.scopes.keys if not _BEGINNING.fullmatch(as_policy_text(key))]
    if not blind and not odd:
        return True
    named = ", ".join(on.actions)
    if blind:
        message = f"`keys` cannot limit {named}: it is about the whole bucket"
        help = "ask for it in a need of its own, without `keys`"
    else:
        message = f"no IAM policy can limit a listing to `{odd[0]}`: a listing is asked for by how its keys begin"
        help = "let `keys` end in its only `*`, such as `public/*`; or need `get`, which reads without listing"
    if purpose in ("read", "multipart", "read-versions"):
        draft.problems.note(need.at, "list-keys", f"`{purpose}` leaves out {named} here: {message}", help)
    else:
        draft.problems.error(need.at, "list-keys", message, help)
    return False


def _signature(need: Need) -> Conditions:
    """Only requests that were signed in advance, as presigned URLs are, and not too long ago."""
    if not need.scopes.presigned:
        return ()
    milliseconds = str(1000 * int(need.scopes.presigned[0]))
    return (
        ("StringEquals", "s3:authType", ("REST-QUERY-STRING",)),
        ("NumericLessThanEquals", "s3:signatureAge", (milliseconds,)),
    )
