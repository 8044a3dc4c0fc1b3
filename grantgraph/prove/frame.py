"""What an encoding is about: one caller and one action, and how each key looks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from grantgraph.evaluate.request import Caller
from grantgraph.prove.spaces import Dimension
from grantgraph.text import Text, Unknown


@dataclass(slots=True)
class Frame:
    """What an encoding is about: one caller and one action, and how each key's dimension looks.

    `stand_ins` maps the key of a policy variable to the letter that stands for its value. `owner` is the account
    that owns the resources, "" where their ARNs say it. `on_key` says that the resource is a KMS key, whose
    own policy is never bypassed (rule 123).
    """

    caller: Caller
    action: str
    dimension: Callable[[str], Dimension]
    owner: Text = ""
    on_key: bool = False
    stand_ins: dict[str, Unknown] = field(default_factory=dict)

    def stand_in(self, key: str) -> Unknown:
        """The letter for the value of a policy variable; its dimension takes no other value."""
        return self.stand_ins.setdefault(key, stand_in(key))


def stand_in(key: str) -> Unknown:
    """The letter that stands for whatever value a request carries for a key."""
    return Unknown(key, f"the value of `{key}` in the request")
