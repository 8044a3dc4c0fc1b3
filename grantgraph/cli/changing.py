"""Files of an author changed, and new ones put beside them: whole, or not at all, and never over anything."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from grantgraph.problems import UsageError

NOT_OVER = "name another file with `--output FILE`; `--output -` prints it"


def replace_texts(texts: Mapping[Path, tuple[str, str]]) -> None:
    """Change files from one text to another, all of them or none; each keeps its mode, and a mark of byte order.

    Raises:
        UsageError: one cannot be written, or is not what it was any more.
    """
    import secrets
    import shutil

    mark = b"\xef\xbb\xbf"
    beside: dict[Path, Path] = {}
    try:
        for path, (before, after) in texts.items():
            target = path.resolve()
            now = target.read_bytes()
            if now.removeprefix(mark) != before.encode("utf-8"):
                raise UsageError(f"`{path}` has changed since it was read", "run it again")
            beside[target] = target.with_name(f".grantgraph-{secrets.token_hex(8)}")
            with beside[target].open("xb") as stream:
                stream.write((mark if now.startswith(mark) else b"") + after.encode("utf-8"))
            shutil.copymode(target, beside[target])
        _replace_all(beside)
    except OSError as error:
        raise UsageError(f"cannot write `{error.filename}`: {error.strerror or error}") from None
    finally:
        for new in beside.values():
            new.unlink(missing_ok=True)


def _replace_all(beside: Mapping[Path, Path]) -> None:
    """Put each new file in the place of its target; where one cannot be, the others are put back."""
    import os

    kept: dict[Path, bytes] = {}
    try:
        for target, new in beside.items():
            kept[target] = target.read_bytes()
            os.replace(new, target)
    except OSError:
        for target, whole in kept.items():
            if target.read_bytes() != whole:
                target.write_bytes(whole)
        raise


def write_new(path: Path, written: str) -> None:
    """Write a file that is not there yet, whole or not at all.

    Raises:
        UsageError: it is there, or it cannot be written.
    """
    import secrets

    beside = path.with_name(f".grantgraph-{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("x", encoding="utf-8") as stream:
            stream.write(written)
        _take_place(beside, path)
    except FileExistsError:
        raise UsageError(f"`{path}` is there already, and is not written over", NOT_OVER) from None
    except OSError as error:
        raise UsageError(f"cannot write `{path}`: {error.strerror or error}") from None
    finally:
        beside.unlink(missing_ok=True)


def _take_place(beside: Path, path: Path) -> None:
    """Give a file a name that nothing has: a rename would take the place of what has it."""
    import os

    try:
        os.link(beside, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        path.open("x").close()
        os.replace(beside, path)
