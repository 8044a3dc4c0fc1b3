"""S3: limits on keys, on the objects themselves and on what a listing shows."""

from __future__ import annotations

from grantgraph.catalog import Action, Catalog
from grantgraph.model import Need, Resource
from grantgraph.problems import Problems
from grantgraph.resources import ActionsOn
from grantgraph.standing import IDENTITY
from grantgraph.synthesize.result import Conditions, Wish
from grantgraph.text import text


def bucket_wish(
    need: Need,
    purpose: str,
    on: ActionsOn,
    resource: Resource,
    actions: list[Action],
    catalog: Catalog,
    problems: Problems,
) -> Wish:
    keys = need.keys.replace("{identity}", "${" + IDENTITY + "}")
    if on.suffix == "/*":
        return Wish(need, purpose, on.actions, (text([resource.arn, "/", keys]),))
    conditions: Conditions = ()
    if all("s3:prefix" in catalog.keys_of(action, "bucket") for action in actions):
        conditions = (("StringLike", "s3:prefix", (keys,)),)
    else:
        problems.note(need.at, "keys", f"`keys` does not limit {', '.join(on.actions)}, which is about the bucket")
    purpose = "list" if on.actions == ("s3:ListBucket",) else purpose
    return Wish(need, purpose, on.actions, (text([resource.arn, on.suffix]),), conditions)
