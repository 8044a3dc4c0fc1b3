"""The seam to AWS: one service in one region is asked; what fails becomes a gap, and never an empty answer."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from typing import Any

from grantgraph.account_file import Gap, GapKind
from grantgraph.fetch.kinds import Kind, Unread
from grantgraph.problems import UsageError, bug

MOST_ITEMS = 100_000
"""How many things one listing may hold, at most."""
MOST_PAGES = 10_000
_LONGEST_MESSAGE = 300
_MORE = ("HasMoreStreams", "IsTruncated", "Truncated")
"""What a page says that is not the last."""

_DENIED = (
    "accessdenied",
    "authfailure",
    "authorizationerror",
    "forbidden",
    "invalidclienttokenid",
    "notauthorized",
    "optinrequired",
    "subscriptionrequired",
    "unauthorized",
    "unrecognizedclient",
)
_THROTTLED = ("limitexceeded", "priorrequestnotcomplete", "slowdown", "throttl", "toomanyrequests")
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})


@dataclass(frozen=True, slots=True)
class Where:
    """Where a service is asked. `offered` says in which regions it is known to be, none where nobody knows."""

    partition: str
    account: str
    region: str
    offered: Callable[[], Container[str]] = tuple


@dataclass(slots=True)
class Asking:
    """Asks one service in one region; many threads may share it."""

    client: Any
    kind: Kind
    where: Where
    gaps: list[Gap] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def arn(self, service: str, resource: str) -> str:
        """An ARN in the region that is asked."""
        return f"arn:{self.where.partition}:{service}:{self.where.region}:{self.where.account}:{resource}"

    def every(
        self,
        operation: str,
        key: str,
        *,
        absent: Container[str] = (),
        hides: tuple[str, ...] | None = None,
        **parameters: Any,
    ) -> Iterator[Any]:
        """Everything that a listing holds, over all its pages; what it could not say is a gap.

        Args:
            key: the member of each page that holds the list.
            absent: codes of errors that mean that there is nothing.
            hides: the types that are missing when it fails; the kind's own where nothing is said.
        """
        for page in self.pages(operation, absent=absent, hides=hides, **parameters):
            yield from page.get(key) or ()

    def pages(
        self,
        operation: str,
        *,
        absent: Container[str] = (),
        hides: tuple[str, ...] | None = None,
        **parameters: Any,
    ) -> Iterator[dict[str, Any]]:
        """The pages of a listing."""
        try:
            yield from self._bounded(operation, parameters)
        except errors() as error:
            if code_of(error) not in absent:
                self._fail(operation, error, parameters, self.kind.types if hides is None else hides)

    def all(self, operation: str, key: str, *, absent: Container[str] = (), **parameters: Any) -> Any:
        """A whole list; Unread where not all of it could be read."""
        try:
            return [one for page in self._bounded(operation, parameters) for one in page.get(key) or ()]
        except errors() as error:
            return [] if code_of(error) in absent else self._fail(operation, error, parameters, ())

    def ask(self, operation: str, key: str = "", *, absent: Container[str] = (), **parameters: Any) -> Any:
        """The answer to a call, or a member of it: None where there is nothing, Unread where it failed.

        The first parameter names what it is about.
        """
        try:
            answer = self._method(operation)(**parameters)
        except errors() as error:
            return None if code_of(error) in absent else self._fail(operation, error, parameters, ())
        return answer.get(key) if key else answer

    def _method(self, operation: str) -> Any:
        if operation not in self.kind.actions:
            bug(f"{self.kind.name} do not say that they call {operation}")
        self.asked.append(operation)
        return getattr(self.client, operation)

    def _bounded(self, operation: str, parameters: dict[str, Any]) -> Iterator[dict[str, Any]]:
        items = 0
        page: dict[str, Any] = {}
        for number, page in enumerate(self._pages(operation, parameters)):
            items += sum(len(one) for one in page.values() if isinstance(one, list))
            if number >= MOST_PAGES or items > MOST_ITEMS:
                raise _Unending(f"more than {MOST_ITEMS:,} things, or {MOST_PAGES:,} pages")
            yield page
        if any(page.get(key) is True for key in _MORE):
            raise _Unending("it says that there is more, and not where")

    def _pages(self, operation: str, parameters: dict[str, Any]) -> Iterator[dict[str, Any]]:
        call = self._method(operation)
        if self.client.can_paginate(operation):
            yield from self.client.get_paginator(operation).paginate(**parameters)
            return
        token: dict[str, Any] = {}
        while True:
            page = call(**parameters, **token)
            yield page
            name = next((name for name in ("NextToken", "nextToken") if page.get(name)), "")
            if not name:
                return
            if page[name] == token.get(name):
                raise _Unending("a page that leads to itself")
            token = {name: page[name]}

    def _fail(
        self, operation: str, error: Exception, parameters: dict[str, Any], hides: tuple[str, ...]
    ) -> Unread:
        code = code_of(error)
        if code in _EXPIRED:
            raise UsageError(
                "the credentials expired while the account was read; nothing was written",
                "renew them and fetch again",
            )
        subject = next((str(one) for one in parameters.values() if isinstance(one, str)), "")
        gap = Gap(
            self.kind.client,
            self.client.meta.method_to_api_mapping[operation],
            "" if self.kind.everywhere else self.where.region,
            self._kind_of(error, code),
            code,
            _message_of(error),
            (subject,) if subject else (),
            hides,
        )
        self.gaps.append(gap)
        return Unread(str(gap))

    def _kind_of(self, error: Exception, code: str) -> GapKind:
        from botocore.exceptions import EndpointConnectionError

        if isinstance(error, EndpointConnectionError):
            offered = self.where.offered()
            if offered and self.where.region not in offered:
                return GapKind.NOT_OFFERED
        status = _response_of(error).get("ResponseMetadata", {}).get("HTTPStatusCode")
        word = code.lower().replace(".", "")
        if status == 429 or any(one in word for one in _THROTTLED):
            return GapKind.THROTTLED
        if status in (401, 403) or any(one in word for one in _DENIED):
            return GapKind.DENIED
        return GapKind.FAILED


class _Unending(Exception):
    """A listing that has no end, or breaks off before it."""


def errors() -> tuple[type[Exception], ...]:
    """What asking AWS may raise: an answer that is an error, none at all, or one without an end."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    return BotoCoreError, ClientError, ResponseParserError, _Unending


def code_of(error: Exception) -> str:
    """The code of an error of AWS; the kind of the error where AWS did not answer."""
    code = _response_of(error).get("Error", {}).get("Code")
    return str(code) if code else type(error).__name__.lstrip("_")


def _response_of(error: Exception) -> dict[str, Any]:
    response = getattr(error, "response", None)
    return response if isinstance(response, dict) else {}


def _message_of(error: Exception) -> str:
    message = " ".join(str(_response_of(error).get("Error", {}).get("Message") or error).split())
    return "" if "<html" in message.lower() else message[:_LONGEST_MESSAGE]
