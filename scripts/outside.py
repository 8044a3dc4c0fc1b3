"""An environment of its own for a peer whose opinion is asked: `python scripts/outside.py ministack`.

It is made under `build/outside`, with exactly the packages below, and made once; the path of its Python is
printed. A peer never shares an environment with this project: it pins packages that would be in the way.
"""

import argparse
import fcntl
import json
import shutil
import subprocess
import sys
import venv
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "build" / "outside"

PINNED: dict[str, dict[str, str]] = {
    # Without these pins pip may choose MiniStack 1.4, which enforces nothing and allows everything.
    "ministack": {
        "ministack": "1.5.33",
        "botocore": "1.43.106",
        "defusedxml": "0.7.1",
        "graphql-core": "3.2.12",
        "h11": "0.16.0",
        "h2": "4.4.1",
        "hpack": "4.2.0",
        "hypercorn": "0.18.0",
        "hyperframe": "6.1.0",
        "jmespath": "1.1.0",
        "jsonata-python": "0.7.1",
        "priority": "2.0.0",
        "python-dateutil": "2.9.0.post0",
        "pyyaml": "6.0.3",
        "six": "1.17.0",
        "urllib3": "2.8.0",
        "wsproto": "1.3.2",
    },
    "moto": {
        "moto": "5.2.5",
        "boto3": "1.44.5",
        "botocore": "1.44.5",
        "certifi": "2026.10.18",
        "cffi": "2.1.1",
        "charset-normalizer": "3.5.2",
        "cryptography": "50.0.2",
        "idna": "3.20",
        "jmespath": "1.1.0",
        "markupsafe": "3.0.4",
        "pycparser": "3.12",
        "python-dateutil": "2.9.0.post0",
        "pyyaml": "6.0.3",
        "requests": "2.34.2",
        "responses": "0.26.3",
        "s3transfer": "0.19.3",
        "six": "1.17.0",
        "urllib3": "2.8.0",
        "werkzeug": "3.1.9",
        "xmltodict": "1.0.4",
    },
}

_VERSIONS = """
import json, sys
from importlib.metadata import PackageNotFoundError, version
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = version(name)
    except PackageNotFoundError:
        pass
print(json.dumps(found))
"""


class SetUpError(Exception):
    """The environment cannot be made."""


def ensure(peer: str) -> Path:
    """The Python of a peer's environment, which is made first where it is missing or holds other versions.

    Raises:
        SetUpError: pip could not install the packages, or installed others.
    """
    root = FOLDER / peer
    python = root / "bin" / "python"
    if installed(python, peer) == PINNED[peer]:
        return python
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / f"{peer}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run in several processes
        if installed(python, peer) == PINNED[peer]:
            return python
        shutil.rmtree(root, ignore_errors=True)
        venv.create(root, with_pip=False, symlinks=True)
        install(python, peer)
        found = installed(python, peer)
        if found != PINNED[peer]:
            different = sorted(name for name, pin in PINNED[peer].items() if found.get(name) != pin)
            raise SetUpError(f"{root} holds other versions than were asked for: {', '.join(different)}")
    return python


def install(python: Path, peer: str) -> None:
    """Install the pinned packages and nothing else, with the pip of this Python."""
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "-qq", "--no-input"]
    command += ["--disable-pip-version-check", "--no-compile", "--no-deps", "--only-binary=:all:"]
    command += [f"{name}=={version}" for name, version in PINNED[peer].items()]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SetUpError(f"pip could not install {peer} into {python.parent.parent}:\n{done.stderr.strip()}")


def installed(python: Path, peer: str) -> dict[str, str]:
    """The versions that an environment really holds; none when there is no environment."""
    if not python.exists():
        return {}
    command = [str(python), "-I", "-c", _VERSIONS, *PINNED[peer]]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found: dict[str, str] = json.loads(done.stdout) if done.returncode == 0 else {}
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", choices=sorted(PINNED))
    try:
        print(ensure(parser.parse_args().peer))
    except SetUpError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
