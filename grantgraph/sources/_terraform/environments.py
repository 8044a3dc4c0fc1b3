"""Where each resource is deployed: what the plan says of its provider, then what the caller says."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from grantgraph.model import Environment
from grantgraph.node import Node
from grantgraph.policy.arn import Arn, parse_arn
from grantgraph.problems import UsageError
from grantgraph.sources import ReadOptions
from grantgraph.sources._cloudformation.environment import partition_of
from grantgraph.sources._terraform.configuration import Configuration
from grantgraph.sources._terraform.document import Document, Instance
from grantgraph.text import Text, Unknown, text

_ACCOUNT = re.compile(r"\d{12}|aws")  # `aws` owns the policies that AWS manages
_CREDENTIALS = (
    "access_key",
    "assume_role",
    "assume_role_with_web_identity",
    "profile",
    "shared_credentials_files",
)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is known of a provider: one value, or none where nothing or more than one is said."""

    partition: str | None = None
    region: str | None = None
    account: str | None = None


class Environments:
    """The environment of every provider of a plan, and of every resource.

    Raises:
        UsageError: an option contradicts what the plan says of all its providers.
    """

    def __init__(
        self, document: Document, configuration: Configuration, options: ReadOptions, types: Container[str]
    ) -> None:
        self.document = document
        self.types = types
        self.configuration = configuration
        self.options = options
        self._known: dict[str, Environment] = {}
        members: dict[str, list[Instance]] = {}
        for one in (*document.instances, *document.earlier):
            members.setdefault(self.provider_of(one), []).append(one)
        self.facts = {key: self._read(key, ones) for key, ones in members.items()}
        self._check_options()

    def provider_of(self, one: Instance) -> str:
        """The key of a resource's provider in the configuration; its source where there is no configuration."""
        block = self.configuration.block(one)
        key = block.get("provider_config_key") if block else None
        return (key.as_str() if key else None) or one.provider

    def of(self, one: Instance) -> Environment:
        """Where a resource is: its ARN says so itself, or its provider does."""
        shared = self.of_provider(self.provider_of(one))
        region = known_text(one, "region")
        arn = known_arn(one)
        if arn is None:
            return replace(shared, region=region) if region else shared
        return Environment(arn.partition, arn.region or region or shared.region, arn.account or shared.account)

    def of_provider(self, key: str) -> Environment:
        if key not in self._known:
            facts = self.facts.get(key, _Facts())
            nowhere = Environment()
            region = facts.region or self._said(key, "region", self.options.region)
            partition = facts.partition or self._said(key, "partition", self.options.partition)
            partition = partition or (partition_of(region) if region else None)
            self._known[key] = Environment(
                partition or nowhere.partition,
                region or self._open(key, "region", nowhere.region),
                facts.account
                or self._said(key, "account", self.options.account)
                or self._open(key, "account", nowhere.account),
            )
        return self._known[key]

    def _said(self, key: str, part: str, option: str | None) -> str | None:
        """What the caller says, which is about the main provider and those that are set up as it is."""
        return option if self._is_like_main(key, part) else None

    def _is_like_main(self, key: str, part: str) -> bool:
        decides = {"region": ("region",), "account": _CREDENTIALS}.get(part, ())
        mine, main = (self._expressions(one) or {} for one in (key, key.partition(".")[0]))
        return all(mine.get(name) == main.get(name) for name in decides)

    def _open(self, key: str, part: str, otherwise: Text) -> Text:
        """What is not known of a provider; two that are set up apart are not taken to be in one place."""
        if self._is_like_main(key, part):
            return otherwise
        return text((Unknown(f"{part} of {key}", f"the {part} of the provider `{key}` is not known here"),))

    def _expressions(self, key: str) -> Mapping[str, Node] | None:
        providers = self.configuration.providers
        found = providers.get(key, "expressions") if providers is not None else None
        return found.fields if found is not None else None

    def _read(self, key: str, ones: list[Instance]) -> _Facts:
        written = self._expressions(key) or {}
        # `data "aws_region"` with arguments tells of another region
        plain = [one for one in ones if self.configuration.configures(one, "name") is False]
        region = _only(
            [*self._constants(written.get("region")), *_values(plain, "aws_region", "name", "region", "id")]
        )
        account = _only([*_accounts(written), *_values(ones, "aws_caller_identity", "account_id")])
        partition = _only(_values(ones, "aws_partition", "partition"))
        own = [one for one in ones if one.mode == "managed" and one.type in self.types]
        arns = [arn for one in own if (arn := known_arn(one)) is not None]
        return _Facts(
            partition or _only(arn.partition for arn in arns),
            region or _only(arn.region for arn in arns),
            account or _only(arn.account for arn in arns),
        )

    def _constants(self, written: Node | None) -> Iterator[str]:
        """The text of a provider's argument: a constant, or a variable of the root module."""
        constant = written.get("constant_value") if written else None
        if constant is not None and isinstance(constant.value, str):
            yield constant.value
        references = written.get("references") if written else None
        names = [one.as_str() or "" for one in references.items] if references else []
        if len(names) == 1 and names[0].startswith("var."):
            value = self.document.variables.get(names[0].removeprefix("var."))
            # `"${var.region}x"` refers to the same: only a whole name of a region is taken
            if value is not None and isinstance(value.value, str) and re.fullmatch(_REGION, value.value):
                yield value.value

    def _check_options(self) -> None:
        for name in ("partition", "region", "account"):
            wanted = getattr(self.options, name)
            said = {getattr(facts, name) for facts in self.facts.values()} - {None}
            if wanted is not None and said and wanted not in said and len(said) == 1:
                message = f"`--{name} {wanted}` contradicts the plan, which is for `{said.pop()}`"
                raise UsageError(message, f"leave `--{name}` out")

    def common(self) -> Environment:
        """What all providers of AWS agree on."""
        found = {self.of_provider(key) for key in self.facts if _is_aws(key)}
        nowhere = Environment()
        agreed = {}
        for part in ("partition", "region", "account"):
            values = {getattr(one, part) for one in found}
            agreed[part] = (
                values.pop() if len(values) == 1 else getattr(self.options, part) or getattr(nowhere, part)
            )
        return Environment(**agreed)


_REGION = r"[a-z]{2}(?:-[a-z]+)+-\d+"


def _is_aws(key: str) -> bool:
    name = key.rpartition(":")[2].rpartition("/")[2].partition(".")[0]
    return name.startswith("aws")


def known_text(one: Instance, attribute: str) -> str | None:
    """The text of an attribute where all of it is known; "" is nothing."""
    node = one.values.get(attribute)
    return (node.as_str() if node is not None else None) or None


def known_arn(one: Instance) -> Arn | None:
    """The ARN of an instance, where it is known and names an account."""
    if not one.type.startswith("aws_"):
        return None
    value = known_text(one, "arn")
    arn = parse_arn(value) if value is not None else None
    return arn if arn is not None and _ACCOUNT.fullmatch(str(arn.account)) else None


def _accounts(written: Mapping[str, Node]) -> Iterator[str]:
    """The account that a provider is held to, or that it works in by assuming a role."""
    allowed = written.get("allowed_account_ids")
    ids = allowed.get("constant_value") if allowed else None
    if ids is not None and len(ids.items) == 1:
        yield ids.items[0].as_str() or ""
    assumed = written.get("assume_role")
    for block in assumed.one_or_many() if assumed else ():
        constant = block.get("role_arn", "constant_value")
        arn = parse_arn((constant.as_str() if constant else None) or "")
        if arn is not None:
            yield str(arn.account)


def _values(ones: Iterable[Instance], type: str, *attributes: str) -> Iterator[str]:
    for one in ones:
        if one.mode == "data" and one.type == type:
            found = (known_text(one, attribute) for attribute in attributes)
            yield next((value for value in found if value), "")


def _only(values: Iterable[Text]) -> str | None:
    """The one value that all agree on; what is empty says nothing."""
    found = {value for value in values if value}
    only = found.pop() if len(found) == 1 else None
    return only if isinstance(only, str) else None
