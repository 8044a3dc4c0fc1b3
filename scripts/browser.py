"""A headless Chromium for tests that open a report: one that is installed, or Debian's, unpacked for them alone.

`python scripts/browser.py` unpacks it into the environment where none is installed. It needs apt and no rights;
where there is no apt, the tests that open a page are skipped and say so.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

PACKAGE = "chromium-headless-shell"
NAMES = (PACKAGE, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
UNPACKED = Path(sys.prefix) / "browser"
_LISTED = re.compile(r"^'(?P<url>[^']+)' (?P<name>\S+) \d+ (?P<hash>\w+):(?P<sum>\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Browser:
    """A program that opens pages, and what it needs around it."""

    program: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, page: Path, *options: str) -> str:
        """Open a page, and what that prints.

        Raises:
            subprocess.SubprocessError: it cannot, or takes more than a minute.
        """
        with tempfile.TemporaryDirectory() as home:
            ended = subprocess.run(
                [
                    str(self.program),
                    "--headless",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-dev-shm-usage",
                    f"--user-data-dir={home}",
                    *options,
                    page.as_uri(),
                ],
                env={**os.environ, **self.environment},
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                timeout=60,
                check=True,
            )
        return ended.stdout


def find_browser() -> Browser | None:
    """The browser of this machine, or the one that was unpacked; None where there is neither."""
    for name in NAMES:
        found = shutil.which(name)
        if found is not None:
            return Browser(Path(found))
    own = UNPACKED / "usr" / "lib" / "chromium" / PACKAGE
    if not own.is_file():
        return None
    folders = [str(one) for one in sorted((UNPACKED / "usr" / "lib").glob("*-linux-gnu*"))]
    folders += [str(one) for one in sorted((UNPACKED / "usr" / "lib").glob("*-linux-gnu*/*")) if one.is_dir()]
    return Browser(own, {"LD_LIBRARY_PATH": ":".join([*folders, os.environ.get("LD_LIBRARY_PATH", "")])})


def unpack_browser() -> str:
    """Unpack the browser and what it needs beside it; what became of it in words."""
    if find_browser() is not None:
        return ""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return "no browser, and no apt to get one: tests that open a page are skipped"
    with tempfile.TemporaryDirectory() as folder:
        listed = subprocess.run(
            [
                *("apt-get", "-o", "Debug::NoLocking=1", "-o", "Acquire::ForceHash=SHA256"),
                *("-o", f"Dir::Cache::archives={folder}"),
                *("install", "--print-uris", "--yes", "--no-install-recommends", PACKAGE),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        packages = list(_LISTED.finditer(listed.stdout))
        if not packages:
            return "no browser, and apt knows of none: tests that open a page are skipped"
        target = Path(folder) / "unpacked"
        for one in packages:
            try:
                _unpack(one, Path(folder), target)
            except (OSError, subprocess.SubprocessError, ValueError) as error:
                return f"no browser: {error}; tests that open a page are skipped"
        shutil.move(target, UNPACKED)
    return ""


def _unpack(package: re.Match[str], folder: Path, target: Path) -> None:
    file = folder / package["name"]
    with urllib.request.urlopen(package["url"], timeout=120) as answer:
        file.write_bytes(answer.read())
    if hashlib.new(package["hash"].lower(), file.read_bytes()).hexdigest() != package["sum"]:
        raise ValueError(f"`{package['name']}` is not what apt lists")
    subprocess.run(["dpkg-deb", "--extract", str(file), str(target)], check=True, capture_output=True)


if __name__ == "__main__":
    told = unpack_browser()
    if told:
        print(told, file=sys.stderr)
