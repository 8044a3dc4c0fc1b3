"""Sessions and clients of boto3: whose account it is, in which regions it is read, and how patiently."""

from __future__ import annotations

import os
import re
from collections.abc import Container
from dataclasses import dataclass
from typing import Any

from grantgraph.fetch.asking import Asking, Where, errors
from grantgraph.fetch.kinds import Kind, Unread
from grantgraph.problems import UsageError

THREADS = 8
ATTEMPTS = 6
"""How often a call is tried that is throttled, or gets no answer; AWS_MAX_ATTEMPTS says otherwise."""
_CONNECT, _READ = 10, 60
"""Seconds to wait for a connection, and for an answer."""
_FIRST_REGION = "us-east-1"
_REGION = re.compile("[a-z0-9-]+")
_EVERYWHERE = "sqs"
"""A service that every region has: a region without it is none that is known here."""


def _around(name: str, client: str, operation: str, action: str) -> Kind:
    return Kind(name, client, (), {operation: action}, lambda aws: (), lambda aws, item: (), everywhere=True)


CALLER = _around("caller", "sts", "get_caller_identity", "sts:GetCallerIdentity")
ALIASES = _around("alias", "iam", "list_account_aliases", "iam:ListAccountAliases")
REGIONS = _around("regions", "ec2", "describe_regions", "ec2:DescribeRegions")
AROUND = (CALLER, ALIASES, REGIONS)
"""What is asked to find one's way, and holds nothing that IAM decides about."""


@dataclass(frozen=True, slots=True)
class Options:
    """Which account is read, and how much of it.

    `profile` is one of AWS's configuration files; `endpoint` takes the place of AWS's own addresses; without
    `regions` it is the session's region alone, with `all_regions` every one that the account has enabled.
    """

    profile: str = ""
    endpoint: str = ""
    regions: tuple[str, ...] = ()
    all_regions: bool = False


class Session:
    """A session of boto3 in one account."""

    def __init__(self, options: Options) -> None:
        """Finds out whose account it is.

        Raises:
            UsageError: there are no credentials that work, no region, or an option makes no sense.
        """
        import boto3

        _check(options)
        self.options = options
        self.clients: dict[tuple[str, str], Any] = {}
        try:
            self.session = boto3.Session(profile_name=options.profile or None)
        except errors() as error:
            raise UsageError(f"no session can be opened: {error}") from None
        first = options.regions[0] if options.regions else self.session.region_name
        if not first and not options.all_regions:
            raise UsageError(
                "there is no region to read",
                "name one with `--region`, or say AWS_REGION; `--all-regions` reads every region of the account",
            )
        self.first = str(first or _FIRST_REGION)
        self.account, self.partition = self._identity()
        self.regions = self._regions()

    def asking(self, kind: Kind, region: str) -> Asking:
        """What asks a service in a region."""
        key = kind.client, region
        if key not in self.clients:
            self.clients[key] = self.client(*key)

        def offered() -> Container[str]:
            known: Container[str] = self.session.get_available_regions(_EVERYWHERE, self.partition)
            return self.session.get_available_regions(kind.client, self.partition) if region in known else ()

        return Asking(self.clients[key], kind, Where(self.partition, self.account, region, offered))

    def client(self, service: str, region: str, attempts: int = ATTEMPTS) -> Any:
        from botocore.config import Config

        custom = self.options.endpoint or os.environ.get("AWS_ENDPOINT_URL")
        config = Config(
            retries={"mode": "standard", "total_max_attempts": _attempts(attempts)},
            connect_timeout=_CONNECT,
            read_timeout=_READ,
            max_pool_connections=THREADS,
            s3={"addressing_style": "path"} if custom else {},
            user_agent_extra="grantgraph",
        )
        return self.session.client(
            service, region_name=region, endpoint_url=self.options.endpoint or None, config=config
        )

    def _identity(self) -> tuple[str, str]:
        """The account and the partition of the caller."""
        failures: tuple[type[Exception], ...] = (*errors(), ValueError)  # a ValueError is an address that is none
        try:
            client = self.client(CALLER.client, self.first, attempts=3)
            answer = client.get_caller_identity()
        except failures as error:
            raise UsageError(
                f"AWS does not say whose account this is: {error}",
                "check the credentials: the profile, the variables of AWS, or a session that has ended",
            ) from None
        return str(answer["Account"]), str(answer["Arn"]).split(":")[1]

    def alias(self) -> tuple[str, Asking]:
        """What people call the account, "" where it has no such name; and what was asked for it."""
        asking = self.asking(ALIASES, self.first)
        found = asking.all("list_account_aliases", "AccountAliases")
        return ("" if isinstance(found, Unread) or not found else str(found[0])), asking

    def _regions(self) -> tuple[str, ...]:
        if not self.options.all_regions:
            return tuple(sorted(set(self.options.regions or (self.first,))))
        asking = self.asking(REGIONS, self.first)
        found = asking.ask("describe_regions", "Regions")
        if isinstance(found, Unread) or not found:
            why = asking.gaps[0] if asking.gaps else "it names none"
            raise UsageError(f"the regions of the account cannot be listed: {why}", "name them with `--region`")
        return tuple(sorted(one["RegionName"] for one in found if one.get("OptInStatus") != "not-opted-in"))


def _check(options: Options) -> None:
    for region in options.regions:
        if not _REGION.fullmatch(region):
            raise UsageError(f"`--region {region}` is not a name", "write it as AWS does: `us-east-1`")
    if options.regions and options.all_regions:
        raise UsageError("`--all-regions` and `--region` say two things", "leave one of them out")
    if options.endpoint and not re.match("https?://", options.endpoint):
        raise UsageError(f"`--endpoint-url {options.endpoint}` is not an address", "write `http://...`")


def _attempts(otherwise: int) -> int:
    """How often to try a call."""
    given = os.environ.get("AWS_MAX_ATTEMPTS", "")
    return int(given) if given.isdecimal() and int(given) > 0 else otherwise
