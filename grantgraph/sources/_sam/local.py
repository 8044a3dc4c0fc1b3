"""What a SAM template leaves to packaging: local files, and applications that are fetched."""

from __future__ import annotations

from typing import Any

from grantgraph.problems import Problems
from grantgraph.sources._cloudformation.files import names_a_file, read_beside
from grantgraph.sources._sam.placed import PlacedText, to_plain

SERVERLESS = "AWS::Serverless::"
CODE = "s3://packaged/code"  # nothing about access is in it
IMAGE = "111122223333.dkr.ecr.us-east-1.amazonaws.com/packaged:image"
_CODE = ("CodeUri", "ContentUri", "ImageUri")
_APIS = (f"{SERVERLESS}Api", f"{SERVERLESS}HttpApi")


def pretend_packaged(template: dict[str, Any], problems: Problems) -> None:
    """Change a plain template to what it will be after `sam package`, as far as access goes.

    A local OpenAPI document is read into its API; code and images become addresses; an application of the
    repository becomes a nested stack whose template is elsewhere.
    """
    code = _globals(template)
    for resource in _objects(template.get("Resources")):
        type = resource.get("Type")
        if not isinstance(type, str) or not type.startswith(SERVERLESS):
            continue
        properties = resource.get("Properties")
        if not isinstance(properties, dict):
            continue
        if type == f"{SERVERLESS}Application" and isinstance(properties.get("Location"), dict):
            resource["Type"] = "AWS::CloudFormation::Stack"
            properties["TemplateURL"] = properties.pop("Location")
            continue
        if type in _APIS:
            _read_definition(properties, problems)
        if type == f"{SERVERLESS}Function" and not code:
            _give_code(properties)
        _address_files(properties)
    _address_files(template.get("Globals"))


def _objects(section: object) -> list[dict[str, Any]]:
    return [one for one in section.values() if isinstance(one, dict)] if isinstance(section, dict) else []


def _globals(template: dict[str, Any]) -> bool:
    """Whether the code of functions is named for all of them."""
    section = template.get("Globals")
    function = section.get("Function") if isinstance(section, dict) else None
    return isinstance(function, dict) and ("CodeUri" in function or "ImageUri" in function)


def _give_code(properties: dict[str, Any]) -> None:
    """Code for a function that leaves it to `sam build`."""
    if "ImageUri" in properties:
        properties.setdefault("PackageType", "Image")
    elif not {"CodeUri", "InlineCode"} & set(properties):
        image = properties.get("PackageType") == "Image"
        properties["ImageUri" if image else "CodeUri"] = IMAGE if image else CODE


def _read_definition(properties: dict[str, Any], problems: Problems) -> None:
    """The OpenAPI document of an API, where it is a local file."""
    uri = properties.get("DefinitionUri")
    if isinstance(uri, PlacedText) and "DefinitionBody" not in properties and names_a_file(uri):
        document = read_beside(uri, uri.at, problems)
        if document is not None:
            del properties["DefinitionUri"]
            properties["DefinitionBody"] = to_plain(document)


def _address_files(value: object) -> None:
    """Replace code, images and the names of local files by addresses."""
    waiting = [value]
    while waiting:
        here = waiting.pop()
        if isinstance(here, list):
            waiting += here
        if not isinstance(here, dict):
            continue
        for key, one in here.items():
            if key in _CODE or (key.endswith("Uri") and isinstance(one, str) and "://" not in one):
                here[key] = IMAGE if key == "ImageUri" else CODE
            else:
                waiting.append(one)
