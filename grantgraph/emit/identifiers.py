"""Names for code: what a language allows, one for each thing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Identifiers:
    """Identifiers of one scope; the same key always gets the same one, and two keys never do."""

    allow: Callable[[str], str]
    given: dict[str, str] = field(default_factory=dict)

    def of(self, key: str, wish: str = "") -> str:
        """The identifier of a key: its wish as the language allows it, numbered where that is taken."""
        if key not in self.given:
            base = self.allow(wish or key)
            taken = set(self.given.values())
            number = 1
            while (name := base if number == 1 else f"{base}{number}") in taken:
                number += 1
            self.given[key] = name
        return self.given[key]


def logical_id(words: str) -> str:
    """CloudFormation: letters and digits."""
    found = "".join(word[:1].upper() + word[1:] for word in re.split(r"[^A-Za-z0-9]+", words))
    return found or "Thing"


def snake(words: str) -> str:
    """Terraform: letters, digits and underscores, not beginning with a digit."""
    found = re.sub(r"[^A-Za-z0-9]+", "_", words).strip("_")
    return found if found[:1].isalpha() else f"_{found}"


def camel(words: str) -> str:
    """TypeScript: letters and digits, beginning with a small letter."""
    found = logical_id(words)
    return found[:1].lower() + found[1:] if found[:1].isalpha() else f"_{found}"
