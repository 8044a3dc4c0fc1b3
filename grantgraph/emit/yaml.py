"""YAML as people write templates: short tags, no aliases, the order kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Tagged:
    """A value with a CloudFormation tag: `!Ref Notes`."""

    tag: str
    value: str


def dump(document: Any) -> str:
    """A document as YAML."""
    import yaml

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
            return super().increase_indent(flow, False)

    def tagged(dumper: yaml.SafeDumper, data: Tagged) -> yaml.Node:
        return dumper.represent_scalar(f"!{data.tag}", data.value)

    Dumper.add_representer(Tagged, tagged)
    written: str = yaml.dump(document, Dumper=Dumper, sort_keys=False, width=110, allow_unicode=True)
    return written
