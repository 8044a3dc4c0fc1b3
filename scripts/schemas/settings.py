"""`grantgraph.toml`, and `[tool.grantgraph]` of `pyproject.toml`."""

from __future__ import annotations

from dataclasses import fields

from grantgraph.ignores import Ignore
from grantgraph.settings import CHOICES, Settings
from scripts.schemas.parts import TEXT, Schema, list_of, map_of, record, told, whole, words

_DAY: Schema = {"type": "string", "format": "date"}
_IGNORE = {
    "fingerprint": told("That of the finding, as reports show it.", {"type": "string", "minLength": 1}),
    "reason": told("Why it is accepted; without one it does not hold.", TEXT),
    "owner": told("Who answers for it.", TEXT),
    "until": told("The last day on which it holds.", _DAY),
}
_SETTINGS = {
    "select": told("Rules that are asked: ids, or what ids begin with. All, if it is left out.", list_of(TEXT)),
    "ignore": told("Rules that are not asked: ids, or what ids begin with.", list_of(TEXT)),
    "severity": told("The least severe finding that fails the gate.", words(CHOICES["severity"])),
    "unknown": told("What an undecided question does.", words(CHOICES["unknown"])),
    "baseline": told("The file of findings that were there before, from the folder of the settings.", TEXT),
    "params": told("Values of templates' parameters.", map_of(TEXT)),
    "account": told("The account that is deployed to.", {"type": "string", "pattern": "^[0-9]{12}$"}),
    "region": told("The region that is deployed to.", TEXT),
    "partition": told("aws, aws-cn or aws-us-gov.", TEXT),
    "ignores": told(
        "Findings that are accepted.",
        list_of(record({"fingerprint": _IGNORE["fingerprint"]}, _IGNORE)),
    ),
}  # fmt: skip


def settings_schema() -> Schema:
    """The schema of the settings; it has a description of each setting there is, and of no other.

    Raises:
        KeyError: a setting has no description here.
    """
    known = [one.name for one in fields(Settings) if one.name != "home"]
    accepted = [one.name for one in fields(Ignore) if one.name != "at"]
    if set(accepted) != _IGNORE.keys() or set(known) != _SETTINGS.keys():
        raise KeyError("what settings hold is not what is described")
    about = "What a project has settled once and for all: grantgraph.toml, or [tool.grantgraph] in pyproject.toml."
    return whole("grantgraph settings", about, record({}, {name: _SETTINGS[name] for name in known}), {})
