"""AWS's own managed policies, as AWS published them; one is decoded when it is asked for.

The file: magic, length and checksum of the header, the header (zlib'd JSON) with every name in order, then
blocks of zlib'd lines, a fixed number of policies each: what is like its neighbours costs little, and one is
found by counting.
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from grantgraph.catalog.types import CatalogError, Source

MAGIC = b"grantgraph managed policies 1\n"
PACKAGED = Path(__file__).with_name("managed_policies.bin")
BLOCK = 16
"""How many policies a block holds."""


@dataclass(frozen=True, slots=True)
class ManagedPolicy:
    """A policy of AWS, with the version that was the default on the date of the data."""

    name: str
    path: str
    version: str
    updated: str
    document: Mapping[str, Any]


class ManagedPolicies:
    """Every managed policy of AWS's commercial partition that an account can attach, by name."""

    def __init__(self, path: Path = PACKAGED) -> None:
        self._path = path
        try:
            blob = path.read_bytes()
        except OSError as error:
            raise self._damaged(error.strerror or "unreadable") from None
        start = len(MAGIC) + 8
        if blob[: len(MAGIC)] != MAGIC or len(blob) < start:
            raise self._damaged("not a file of this version")
        length = int.from_bytes(blob[len(MAGIC) : start - 4])
        raw, self._body = blob[start : start + length], blob[start + length :]
        if zlib.crc32(raw) != int.from_bytes(blob[start - 4 : start]):
            raise self._damaged("its header does not match its checksum")
        header = json.loads(zlib.decompress(raw))
        if len(self._body) != sum(header["blocks"]):
            raise self._damaged("its length is wrong")
        self.date: str = header["date"]
        self.provenance = tuple(Source(**source) for source in header["sources"])
        self._sizes: list[int] = header["blocks"]
        self._places = {name: at for at, name in enumerate(header["names"])}
        self._lines: dict[int, list[bytes]] = {}

    def names(self) -> tuple[str, ...]:
        """Every name, sorted."""
        return tuple(self._places)

    def find(self, name: str) -> ManagedPolicy | None:
        """The policy of a name, spelled as AWS does."""
        at = self._places.get(name)
        if at is None:
            return None
        number, line = divmod(at, BLOCK)
        try:
            own, path, version, updated, document = json.loads(self._block(number)[line])
        except (zlib.error, ValueError, IndexError):
            raise self._damaged(f"the block of {name} cannot be decoded") from None
        return ManagedPolicy(own, path, version, updated, document)

    def _block(self, number: int) -> list[bytes]:
        if number not in self._lines:
            start = sum(self._sizes[:number])
            raw = zlib.decompress(self._body[start : start + self._sizes[number]])
            self._lines[number] = raw.split(b"\n")
        return self._lines[number]

    def _damaged(self, why: str) -> CatalogError:
        return CatalogError(f"{self._path}: AWS's managed policies cannot be read ({why}); reinstall grantgraph")


@cache
def load_managed_policies() -> ManagedPolicies:
    """The policies that came with this package. Cheap: reads the names only until asked."""
    return ManagedPolicies()
