"""What limits a statement, in a model's words: scopes; and what no word of a model says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from grantgraph.infer.uses import STREAM
from grantgraph.model import Resource, Scopes
from grantgraph.policy.document import Condition, Quantifier
from grantgraph.policy.pattern import Pattern
from grantgraph.resources import resource_types
from grantgraph.standing import IDENTITY
from grantgraph.text import Text, parts_of, split_text

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_OWN = "{identity}"
EVERY = "*"
"""Every index of a table, every alias and version of a function."""
_TAG = "aws:principaltag/"
_STREAM = "/stream/"


def scopes_of(
    resource: Resource, spelled: Text | None, conditions: Iterable[Condition], actions: Iterable[str]
) -> tuple[Scopes, tuple[str, ...]]:
    """The scopes that say what limits a statement on a resource; and what they leave unsaid, in words.

    Args:
        spelled: the entry of the statement, None where it takes in the resource as a whole.
    """
    found: dict[str, tuple[str, ...]] = {}
    rest: list[str] = []
    if spelled is not None:
        _by_entry(resource, spelled, frozenset(actions), found, rest)
    for condition in conditions:
        _by_condition(resource, condition, found, rest)
    known = resource_types()[resource.type].scopes
    unfit = [name for name in found if name not in known]
    rest += [f"{name}: {', '.join(found.pop(name))}" for name in unfit]
    return Scopes(**found), tuple(rest)


def _by_entry(
    resource: Resource, spelled: Text, actions: frozenset[str], found: dict[str, tuple[str, ...]], rest: list[str]
) -> None:
    below = _below(spelled, resource.arn)
    if below is None:
        rest.append(f"on {spelled}")
    if below is None or below in ("", "/*", ":*", "*"):
        if below == "/*" and resource.type == "dynamodb:table" and not actions <= STREAM:
            found["index"] = (EVERY,)
        if below == ":*" and resource.type == "lambda:function":
            found["alias"] = (EVERY,)
        return
    name = below[1:]
    match resource.type:
        case "dynamodb:table" if name.startswith("index/"):
            named = name.removeprefix("index/")
            if named == EVERY or named in {one.name for one in resource.indexes}:
                found["index"] = (named,)
            else:
                rest.append(f"on {spelled}")
        case "dynamodb:table" if name.startswith("stream/"):
            pass  # a table has one stream
        case "s3:bucket" | "ssm:parameter":
            key = placeholders(name)
            if key is None:
                rest.append(f"on {spelled}")
            else:
                found["keys"] = (key,)
        case "lambda:function":
            found["alias"] = (name,)
        case _:
            rest.append(f"on {spelled}")


def _below(spelled: Text, arn: Text) -> str | None:
    """What follows a resource's ARN in an entry, "" where it names more than that; None where it is not known."""
    own, last = split_text(spelled, ":", 5)[-1], split_text(arn, ":", 5)[-1]
    parts, whole = parts_of(own), parts_of(last)
    if parts[: len(whole)] == whole:
        rest = parts[len(whole) :]
    elif whole and isinstance(whole[-1], str) and len(parts) >= len(whole):
        first = parts[len(whole) - 1]
        if parts[: len(whole) - 1] != whole[:-1] or not isinstance(first, str) or not first.startswith(whole[-1]):
            return ""
        rest = (first[len(whole[-1]) :], *parts[len(whole) :])
    else:
        return ""
    if all(isinstance(one, str) for one in rest):
        return "".join(map(str, rest))
    return _STREAM if isinstance(rest[0], str) and rest[0].startswith(_STREAM) else None


def placeholders(value: str) -> str | None:
    """A text of a policy as a model writes it: variables as placeholders; None where no placeholder says one."""
    unsaid = False

    def said(variable: re.Match[str]) -> str:
        nonlocal unsaid
        name = variable[1].lower()
        if name == IDENTITY:
            return _OWN
        if name.startswith(_TAG):
            return "{tag:" + variable[1][len(_TAG) :] + "}"
        unsaid = True
        return variable[0]

    plain = _VARIABLE.sub(said, value)
    return None if unsaid else plain


def _by_condition(
    resource: Resource, condition: Condition, found: dict[str, tuple[str, ...]], rest: list[str]
) -> None:
    spelled = condition.spelled_values or tuple(map(str, condition.values))
    values = tuple(_spelling(*one) for one in zip(condition.values, spelled, strict=True))
    if condition.key == "kms:viaservice" and condition.spelled_operator == "StringEquals":
        ending = f".{split_text(resource.arn, ':')[3]}.amazonaws.com"
        if all(one.endswith(ending) for one in values):
            found["via"] = tuple(one.removesuffix(ending) for one in values)
            return
    say = _SAID.get(condition.key)
    if say is None or not say(condition, values, found):
        rest.append(str(condition))


def _spelling(value: object, spelled: Text) -> str:
    """A value with what are variables in it, and no others: the first version of the policy language has none."""
    return str(value.text) if isinstance(value, Pattern) else str(spelled)


Said = Callable[[Condition, tuple[str, ...], dict[str, tuple[str, ...]]], bool]


def _rows(condition: Condition, values: tuple[str, ...], found: dict[str, tuple[str, ...]]) -> bool:
    if condition.spelled_operator == "Null" and values == ("false",):
        return True  # the guard of the rule on rows
    named = [placeholders(one) for one in values]
    if condition.quantifier is not Quantifier.FOR_ALL_VALUES or None in named:
        return False
    if not condition.spelled_operator.endswith((":StringEquals", ":StringLike")):
        return False
    found["rows"] = tuple("own" if one == _OWN else one for one in named if one is not None)
    return True


def _attributes(condition: Condition, values: tuple[str, ...], found: dict[str, tuple[str, ...]]) -> bool:
    if condition.spelled_operator != "ForAllValues:StringEquals":
        return False
    found["attributes"] = values
    return True


def _shown(condition: Condition, values: tuple[str, ...], found: dict[str, tuple[str, ...]]) -> bool:
    """What a limit on attributes takes with it."""
    return condition.spelled_operator in ("StringEqualsIfExists", "StringEquals")


def _prefix(condition: Condition, values: tuple[str, ...], found: dict[str, tuple[str, ...]]) -> bool:
    named = [placeholders(one) for one in values]
    if condition.spelled_operator != "StringLike" or None in named:
        return False
    found["keys"] = tuple(one for one in named if one is not None)
    return True


def _plain(scope: str) -> Said:
    def said(condition: Condition, values: tuple[str, ...], found: dict[str, tuple[str, ...]]) -> bool:
        if condition.spelled_operator not in ("StringEquals", "ForAllValues:StringEquals") or "${" in str(values):
            return False
        found[scope] = values
        return True

    return said


def _guard(condition: Condition, values: tuple[str, ...], found: dict[str, tuple[str, ...]]) -> bool:
    return condition.spelled_operator == "Null"


_SAID: Mapping[str, Said] = {
    "dynamodb:leadingkeys": _rows,
    "dynamodb:attributes": _attributes,
    "dynamodb:select": _shown,
    "dynamodb:returnvalues": _shown,
    "s3:prefix": _prefix,
    "s3:delimiter": _plain("delimiter"),
    "events:source": _plain("sources"),
    "events:detail-type": _plain("detail_types"),
    "sns:protocol": _plain("protocols"),
    "sns:endpoint": _plain("endpoints"),
    "lambda:sourcefunctionarn": _guard,
}
