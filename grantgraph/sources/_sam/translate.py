"""AWS's translator, run without AWS: no session, no network, no policies but its own."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from grantgraph.model import Environment
from grantgraph.node import Node
from grantgraph.problems import InputError, Location, Problems
from grantgraph.sources._cloudformation.parameters import STORED, spelled_type
from grantgraph.sources._sam.local import pretend_packaged
from grantgraph.sources._sam.placed import to_node, to_plain
from grantgraph.sources._sam.places import Places, mark
from grantgraph.sources._sam.stand_ins import without_stand_ins

MOST_NODES = 100_000  # the translator copies a template several times over
_UNRESOLVED = "{{IntrinsicFunction:not known}}"  # the translator leaves a parameter of this value alone
_KEPT = ("AWSTemplateFormatVersion", "Description", "Mappings", "Metadata", "Parameters", "Rules", "Transform")
_ABOUT = re.compile(
    r"Resource with id \[(?P<id>[^\]]*)\] is invalid\. (?:Event with id \[(?P<event>[^\]]*)\] is invalid\. )?"
)


@dataclass(frozen=True, slots=True)
class _Session:
    """All that the translator asks of a session: where it is."""

    region_name: str


def translate(
    template: Node, parameters: Mapping[str, str], environment: Environment, problems: Problems
) -> Node | None:
    """The CloudFormation template that SAM makes of a template; None, with problems, when SAM refuses it.

    Raises:
        InputError: the translator is not installed.
    """
    try:
        from samtranslator.model.exceptions import InvalidDocumentException  # type: ignore[import-untyped]
        from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]
        from samtranslator.translator.translator import Translator  # type: ignore[import-untyped]
    except ImportError:
        raise InputError(
            f"{template.at}: this is a SAM template, and the SAM translator is not installed",
            help="pip install 'grantgraph[sam]', or give the template that `sam deploy` makes of it",
        ) from None
    if sum(1 for _ in template.walk()) > MOST_NODES:
        problems.error(template.at, "size", f"a SAM template of more than {MOST_NODES:,} values")
        return None
    logging.getLogger("samtranslator").addHandler(logging.NullHandler())  # what matters is in what it raises

    def run(values: dict[str, Any]) -> Node:
        plain = to_plain(template)
        pretend_packaged(plain, problems)
        mark(plain)
        _forget_defaults(plain, template)
        session = _Session(str(values["AWS::Region"]) if isinstance(environment.region, str) else "us-east-1")
        translator = Translator({}, Parser(), boto_session=session)
        made = translator.translate(plain, values, passthrough_metadata=True, get_managed_policy_map=dict)
        return _placed(template, made)

    values = _values(template, parameters, environment)
    stand_ins = _stand_ins(template, values)
    try:
        try:
            return run(values)
        except InvalidDocumentException:  # it asks for the value of a parameter that has none
            if not stand_ins:
                raise
            return without_stand_ins(run({**values, **stand_ins}), stand_ins)
    except InvalidDocumentException as error:
        for cause in error.causes:
            _report(template, str(cause.message), problems)
        return None
    except Exception as error:  # noqa: BLE001 - it breaks on templates that it does not expect
        message = f"the SAM translator fails on this template: {type(error).__name__}: {error}"
        problems.error(template.at, "sam", message[:500])
        return None


def _values(template: Node, parameters: Mapping[str, str], environment: Environment) -> dict[str, Any]:
    """The values that the translator may use: those of parameters that are one known text."""
    found: dict[str, Any] = {}
    for name, one in _declared(template).items():
        default = one.get("Default")
        value = parameters.get(name, default.as_str() if default else None)
        if value is not None and not _is_elsewhere(one):
            found[name] = value
    for name, known in (("AWS::Region", environment.region), ("AWS::Partition", environment.partition)):
        found[name] = known if isinstance(known, str) else _UNRESOLVED
    return found


def _declared(template: Node) -> Mapping[str, Node]:
    section = template.get("Parameters")
    return section.fields if section else {}


def _is_elsewhere(declared: Node) -> bool:
    """Whether the value of a parameter is no text that is written here: a list, or what a name stands for."""
    type = spelled_type(declared)
    return type == "CommaDelimitedList" or type.startswith(("List<", STORED))


def _forget_defaults(plain: dict[str, Any], template: Node) -> None:
    """Take the defaults out that the translator would take for values."""
    for name, one in _declared(template).items():
        if _is_elsewhere(one):
            plain["Parameters"][name].pop("Default", None)


def _stand_ins(template: Node, values: Mapping[str, Any]) -> dict[str, str]:
    """Texts that stand for parameters without a value, where the translator has to write one out."""
    open = [name for name in _declared(template) if name not in values and name.isalnum()]
    return {name: f"GrantgraphValueOf{name}" for name in open}


def _placed(template: Node, made: Mapping[str, Any]) -> Node:
    """The translated template, with the author's places."""
    places = Places(template)
    fields = {key: one for key, one in template.fields.items() if key in _KEPT}
    for key in ("Conditions", "Outputs"):
        if key in made:
            own = template.get(key)
            fields[key] = to_node(made[key], own.at if own else template.at)
    at = template.fields["Resources"].at
    resources = {id: places.resource(id, one) for id, one in made["Resources"].items()}
    fields["Resources"] = Node(resources, at, {id: one.at for id, one in resources.items()})
    return replace(template, value=fields)


def _report(template: Node, message: str, problems: Problems) -> None:
    """What the translator says about a template, at the resource or the event that it speaks of."""
    found = _ABOUT.match(message)
    at = template.at
    if found is not None:
        at = _place(template, found["id"], found["event"]) or at
        about = f"the event `{found['event']}` of `{found['id']}`" if found["event"] else f"`{found['id']}`"
        message = f"SAM refuses {about}: {message[found.end() :]}"
    problems.error(at, "sam", " ".join(message.split()))


def _place(template: Node, id: str, event: str | None) -> Location | None:
    """Where a resource is, or the event in it that its id names, too."""
    section = template.get("Resources")
    for name, resource in (section.fields if section else {}).items():
        wanted = event if event and name == id else id.removeprefix(name)
        named = resource.get("Properties", "Events", wanted)
        if id.startswith(name) and named is not None:
            return named.at
    found = template.get("Resources", id)
    return found.at if found is not None else None
