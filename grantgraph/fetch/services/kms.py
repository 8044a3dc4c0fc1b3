"""KMS: the account's own keys with their policies; grants and the keys that AWS manages are only counted.

Whoever may use a service may use the key that AWS manages for it: its policy lets in everybody who comes through
the service, and nobody else, and cannot be changed.
"""

from __future__ import annotations

from collections.abc import Iterator

from grantgraph.account_file import GRANT
from grantgraph.fetch.asking import Asking
from grantgraph.fetch.kinds import Counted, Found, Kind, Read, Unread, document

KEY = "AWS::KMS::Key"
_GONE = ("NotFoundException",)


def _items(aws: Asking) -> Iterator[tuple[str, bool]]:
    """The id of each key, and whether AWS manages it; where nobody says, it does not."""
    aliases = aws.all("list_aliases", "Aliases")
    named = () if isinstance(aliases, Unread) else aliases
    of_aws = {one.get("TargetKeyId") for one in named if one["AliasName"].startswith("alias/aws/")}
    for one in aws.every("list_keys", "Keys"):
        yield one["KeyId"], one["KeyId"] in of_aws


def _read(aws: Asking, item: tuple[str, bool]) -> Iterator[Read]:
    id, is_of_aws = item
    if is_of_aws:
        yield Counted(f"{KEY} that AWS manages", 1)
        return
    policy = aws.ask("get_key_policy", "Policy", KeyId=id, PolicyName="default", absent=_GONE)
    if policy is None:
        return
    yield Found(KEY, id, {"KeyPolicy": document(policy)})
    grants = aws.all("list_grants", "Grants", KeyId=id, absent=_GONE)
    if grants and not isinstance(grants, Unread):
        yield Counted(GRANT, len(grants))


KINDS = (
    Kind(
        "keys",
        "kms",
        (KEY,),
        {
            "list_aliases": "kms:ListAliases",
            "list_keys": "kms:ListKeys",
            "get_key_policy": "kms:GetKeyPolicy",
            "list_grants": "kms:ListGrants",
        },
        _items,
        _read,
    ),
)
