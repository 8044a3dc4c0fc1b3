"""Inputs as they were at a git revision, spelled as git spells them: `main:template.json`.

The `git` executable reads the objects; nothing that a repository configures is run (no filter, no hook, no text
conversion, no fetch), and what is read is bounded.
"""

from __future__ import annotations

import os
import posixpath
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from threading import Timer
from typing import TypeVar

from grantgraph.decode import MAX_BYTES
from grantgraph.model import Application
from grantgraph.problems import InputError, UsageError, did_you_mean
from grantgraph.rewrite import respell
from grantgraph.sources import NO_OPTIONS, STANDARD_INPUT, ReadOptions, bound_model
from grantgraph.sources import load as load_path
from grantgraph.sources import load_cases as load_cases_of_path

T = TypeVar("T")

TIMEOUT = 60.0
MAX_FILES = 20_000
MAX_TOTAL = 256 * 1024 * 1024
MAX_LISTING = 64 * 1024 * 1024
READ = frozenset({".json", ".template", ".yaml", ".yml"})
"""The endings of the files of a folder that a source may want."""

_GIT = ("git", "--no-pager", "--literal-pathspecs", "-c", "core.fsmonitor=false", "-c", "protocol.allow=never")
_ENVIRONMENT = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}


def load(path: Path | str, options: ReadOptions = NO_OPTIONS) -> Application:
    """The application at a path, or at `REVISION:PATH` where there is no such file.

    Raises:
        InputError: there is nothing to read, or it cannot be read.
    """
    found = _at_revision(Path(path))
    if found is None:
        return load_path(path, options)
    repository, revision, inside = found
    return repository.load(revision, inside, options)


def load_cases(path: Path | str, options: ReadOptions = NO_OPTIONS) -> tuple[Application, tuple[Application, ...]]:
    """The same, in every case that its conditions leave open, too.

    Raises:
        InputError: as `load` does.
    """
    found = _at_revision(Path(path))
    if found is None:
        return load_cases_of_path(path, options)
    repository, revision, inside = found
    return repository.read(revision, inside, options, load_cases_of_path)


def now_of(path: Path) -> Path | None:
    """The file of the working tree that a `REVISION:PATH` speaks of; None where the path is no such thing."""
    found = _at_revision(path)
    return Path(os.path.relpath(found[0].top / found[2])) if found is not None else None


def _at_revision(path: Path) -> tuple[Repository, str, str] | None:
    """Repository, revision and path in it that `REVISION:PATH` spells; a file of that very name goes first."""
    revision, colon, under = str(path).partition(":")
    if not colon or path == STANDARD_INPUT or os.path.lexists(path) or not revision:
        return None
    repository = Repository.around(Path("."))
    if repository is None:
        return None
    relative = under.startswith(("./", "../")) or under in (".", "..")
    return repository, revision, repository.inside(under) if relative else under


def since(revision: str, path: Path, merge_base: bool = False) -> str:
    """`REVISION:PATH` for a path of the working tree.

    Args:
        merge_base: takes the revision where the working tree's history left that of `revision`.

    Raises:
        InputError: the path is in no repository, or there is no such revision.
    """
    if path == STANDARD_INPUT:
        raise UsageError("standard input has no revisions", "name a file or a folder of the repository")
    if ":" in revision:
        raise UsageError(f"`{revision}` is not a revision", "name the path after it, or write `BASE HEAD`")
    folder = path if path.is_dir() else path.parent
    repository = Repository.around(folder)
    if repository is None:
        raise InputError(f"`{path}` is not in a git repository")
    if merge_base:
        revision = repository.merge_base(revision)
    inside = Path(os.path.abspath(path)) if not path.is_symlink() else folder.resolve() / path.name
    return f"{revision}:{repository.inside(str(inside))}"


@dataclass(frozen=True, slots=True)
class Repository:
    """A git repository; `top` is the folder that its paths begin at."""

    top: Path

    @staticmethod
    def around(folder: Path) -> Repository | None:
        """The repository that a folder is in, if it is in one.

        Raises:
            InputError: there is no git, or it refuses to look.
        """
        folder = folder if folder.is_dir() else Path(".")
        try:
            found = _git(folder, ["rev-parse", "--show-toplevel"], 64 * 1024)
        except _Refused as refused:
            if "not a git repository" in refused.why:
                return None
            raise InputError(f"git cannot read the repository of `{folder}`: {refused.why}") from None
        top = found.decode("utf-8", "surrogateescape").rstrip("\n")
        return Repository(Path(top)) if top else None

    def inside(self, path: str) -> str:
        """A path of the working tree as the repository spells it.

        Raises:
            InputError: it lies outside.
        """
        whole = os.path.join(os.path.realpath(os.path.dirname(path) or "."), os.path.basename(path))
        found = os.path.relpath(os.path.normpath(whole), os.path.realpath(self.top))
        if found == ".." or found.startswith("../"):
            raise InputError(f"`{path}` is not in the repository `{self.top}`")
        return found

    def commit(self, revision: str) -> str:
        """The id of the commit that a revision means.

        Raises:
            InputError: there is none; the help names what is like it.
        """
        if revision.startswith("-") or "\0" in revision or "\n" in revision:
            raise InputError(f"`{revision}` is not a revision")
        try:
            arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}"]
            found = _git(self.top, arguments, 1024).decode("ascii", "replace").strip()
        except _Refused:
            help = did_you_mean(revision, self.branches())
            if not help.startswith("did"):
                help = "fetch it first; a checkout in CI often holds one commit only"
            raise InputError(f"there is no revision `{revision}` in `{self.top}`", help=help) from None
        if not re.fullmatch("[0-9a-f]{40,64}", found):
            raise InputError(f"`{revision}` does not name one commit")
        return found

    def branches(self) -> list[str]:
        """The names of branches and tags, some of them at least."""
        try:
            listed = _git(self.top, ["for-each-ref", "--count=1000", "--format=%(refname:short)"], MAX_LISTING)
        except _Refused:
            return []
        return listed.decode("utf-8", "replace").split("\n")[:-1]

    def merge_base(self, revision: str) -> str:
        """The commit where the history of the working tree left that of a revision."""
        commits = [self.commit("HEAD"), self.commit(revision)]
        try:
            found = _git(self.top, ["merge-base", *commits], 1024).decode("ascii", "replace").strip()
        except _Refused:
            help = "fetch more of the history; a checkout in CI often holds one commit only"
            raise InputError(f"`HEAD` and `{revision}` have no commit in common", help=help) from None
        return found[:12]

    def load(self, revision: str, path: str, options: ReadOptions = NO_OPTIONS) -> Application:
        """The application at a path of a revision; every place in it names the revision.

        Raises:
            InputError: it is not there, too large, or cannot be read.
        """
        return self.read(revision, path, options, load_path)

    def read(self, revision: str, path: str, options: ReadOptions, load: Callable[[Path, ReadOptions], T]) -> T:
        """What a reader gives for a path of a revision."""
        commit = self.commit(revision)
        path = posixpath.normpath(path) if path else "."
        if path.startswith(("/", "../")) or path == ".." or "\0" in path:
            raise InputError(f"`{revision}:{path}` is outside the repository", help="name a path below its top")
        with tempfile.TemporaryDirectory(prefix="grantgraph-") as folder:
            top = Path(folder) / (self.top.name or "repository")
            top.mkdir()
            inside = os.path.realpath(top)

            def shown(words: str) -> str:
                for prefix in dict.fromkeys((str(top), inside)):
                    words = words.replace(f"{prefix}/", f"{revision}:").replace(prefix, f"{revision}:.")
                return words

            self.extract(commit, revision, path, top)
            try:
                self.extract_input(commit, revision, top / path, top)
                return respell(load(top / path, replace(options, root=top)), shown)
            except InputError as error:
                problems = respell(error.problems, shown)
                raise InputError(shown(error.message), problems, shown(error.help)) from None

    def extract(self, commit: str, revision: str, path: str, top: Path) -> None:
        """Write a file of a commit, or what a source may want of a folder, below `top`."""
        entries = list(self.entries(commit, path))
        if not entries:
            raise InputError(f"there is no `{path}` in `{revision}`", help=self.advice(commit, path))
        single = len(entries) == 1 and entries[0].path == path
        if single and not entries[0].is_file:
            what = "a symbolic link" if entries[0].mode == "120000" else "a repository of its own"
            raise InputError(f"`{revision}:{path}` is {what}", help="name what it leads to")
        if single and entries[0].size > MAX_BYTES:
            raise InputError(f"`{revision}:{path}` has {entries[0].size:,} bytes; at most {MAX_BYTES:,} are read")
        wanted = [one for one in entries if one.is_file and (single or one.may_be_wanted)]
        if len(wanted) > MAX_FILES or sum(one.size for one in wanted) > MAX_TOTAL:
            message = f"`{revision}:{path}` holds more than {MAX_FILES:,} files, or {MAX_TOTAL:,} bytes, to read"
            raise InputError(message, help="name a folder further down, or a file")
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        if not single:
            (top / path).mkdir(exist_ok=True)
        for entry, data in zip(wanted, self.contents(wanted), strict=True):
            try:
                (top / entry.path).parent.mkdir(parents=True, exist_ok=True)
                (top / entry.path).write_bytes(data)
            except OSError as error:
                raise InputError(f"cannot read `{revision}:{entry.path}`: {error.strerror or error}") from None

    def extract_input(self, commit: str, revision: str, path: Path, top: Path) -> None:
        """Write what a model file names, too, where it is not there yet."""
        model = bound_model(path)
        if model is None:
            return
        file, named = model
        wanted = os.path.relpath(os.path.normpath(file.parent / named), top)
        if named and not os.path.isabs(named) and not wanted.startswith("..") and not (top / wanted).exists():
            self.extract(commit, revision, wanted, top)

    def entries(self, commit: str, path: str) -> Iterator[Entry]:
        """A file, or every file of a folder, as a commit lists them."""
        arguments = ["ls-tree", "-r", "-z", "-l", "--full-tree", commit]
        try:
            listed = _git(self.top, [*arguments, *(["--", path] if path != "." else [])], MAX_LISTING)
        except _Refused as refused:
            raise InputError(f"git cannot list `{path}`: {refused.why}") from None
        for line in listed.split(b"\0")[:-1]:
            about, _, name = line.partition(b"\t")
            mode, _, id, size = about.decode("ascii").split()
            found = Entry(mode, id, int(size) if size.isdigit() else 0, name.decode("utf-8", "surrogateescape"))
            if found.is_safe:
                yield found

    def contents(self, entries: Iterable[Entry]) -> Iterator[bytes]:
        """What files hold, read by one git process."""
        known = list(entries)
        total = sum(one.size + 100 for one in known)
        try:
            data = _git(self.top, ["cat-file", "--batch"], total + 1024, "".join(f"{one.id}\n" for one in known))
        except _Refused as refused:
            raise InputError(f"git cannot read a file: {refused.why}") from None
        at = 0
        for one in known:
            end = data.find(b"\n", at)
            header = data[at:end].decode("ascii", "replace").split()
            if end < 0 or header[1:] != ["blob", str(one.size)]:
                raise InputError(f"git does not have the contents of `{one.path}`", help="fetch it first")
            at = end + 1
            yield data[at : at + one.size]
            at += one.size + 1

    def advice(self, commit: str, path: str) -> str:
        """What to do when a commit does not hold a path."""
        try:
            _git(self.top, ["check-ignore", "--quiet", "--no-index", "--", path], 1024)
        except _Refused:
            near = [one.path for one in self.entries(commit, posixpath.dirname(path) or ".")][:2000]
            help = did_you_mean(path, near)
            return help if help.startswith("did") else "for an input that is new, compare with /dev/null"
        return (
            "git ignores it, so no revision holds it: make it there, too, and compare two paths, such as\n"
            "git worktree add ../base REVISION, then `cdk synth` in it\n"
            f"grantgraph diff ../base/{path} {path}"
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a commit."""

    mode: str
    id: str
    size: int
    path: str

    @property
    def is_file(self) -> bool:
        return self.mode in ("100644", "100755")

    @property
    def is_safe(self) -> bool:
        """Whether the path leads nowhere else; git itself makes no other, but a repository can be made by hand."""
        return all(part not in ("", ".", "..") and part.lower() != ".git" for part in self.path.split("/"))

    @property
    def may_be_wanted(self) -> bool:
        """Whether a source may read it as a part of a folder."""
        path = PurePosixPath(self.path)
        skipped = any(part == "node_modules" or part.startswith("asset.") for part in path.parts[:-1])
        return path.suffix in READ and self.size <= MAX_BYTES and not skipped


class _Refused(Exception):
    """Git ended with an error; `why` is its first line."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def _git(folder: Path, arguments: list[str], limit: int, given: str = "") -> bytes:
    """What git prints.

    Raises:
        _Refused: it ends with an error.
        InputError: there is no git, it takes too long, or it prints more than `limit` bytes.
    """
    with tempfile.TemporaryFile() as complaints, tempfile.TemporaryFile() as standard_input:
        standard_input.write(given.encode("ascii"))
        standard_input.seek(0)
        try:
            process = subprocess.Popen(
                [*_GIT, "-C", str(folder), *arguments],
                stdin=standard_input,
                stdout=subprocess.PIPE,
                stderr=complaints,
                env={**os.environ, **_ENVIRONMENT},
            )
        except FileNotFoundError:
            raise InputError("`git` is not installed, and a revision cannot be read without it") from None
        except (OSError, ValueError) as error:
            raise InputError(f"git cannot be run: {error}") from None
        timer = Timer(TIMEOUT, process.kill)
        timer.start()
        try:
            assert process.stdout is not None
            found = process.stdout.read(limit + 1)
            if len(found) > limit:
                process.kill()
                raise InputError(f"git prints more than {limit:,} bytes, which is the most that is read")
            code = process.wait()
        finally:
            late = not timer.is_alive()
            timer.cancel()
            if process.stdout is not None:
                process.stdout.close()
            process.wait()
        if late:
            raise InputError(f"git took longer than {TIMEOUT:.0f} seconds")
        if code:
            complaints.seek(0)
            first = complaints.read(2000).decode("utf-8", "replace").strip().split("\n")[0]
            raise _Refused(first.removeprefix("fatal: ") or f"it ended with {code}")
        return found
