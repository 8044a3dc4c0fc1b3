"""A CDK assembly: the `cdk.out` folder that `cdk synth` writes, with all its stacks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from grantgraph.decode import decode, decode_json, read_text
from grantgraph.model import Application
from grantgraph.node import Node
from grantgraph.problems import InputError, Location, Problems
from grantgraph.sources import ReadOptions, Source
from grantgraph.sources._cloudformation import (
    Construct,
    Stack,
    environment_of,
    long_form,
    open_stack,
    read_application,
)

MANIFEST = "manifest.json"
MAX_NESTING = 8
MAX_STACKS = 1_000


def recognises(path: Path, node: Node | None) -> bool:
    """Whether this folder is an assembly, or has one in it."""
    return node is None and _folder(path) is not None


def read(path: Path, node: Node | None, options: ReadOptions) -> Application:
    """The application of all stacks of an assembly.

    Raises:
        InputError: a file of the assembly cannot be read, or it holds no stack.
    """
    folder = _folder(path)
    if folder is None:
        raise InputError(f"`{path}` is no CDK assembly")
    problems = Problems()
    stacks = []
    for stack in _stacks(folder, folder, options, problems, 0):
        stacks.append(stack)
        if len(stacks) > MAX_STACKS:
            raise InputError(f"`{folder}` has more than {MAX_STACKS:,} stacks")
    if not stacks:
        raise InputError(f"`{folder / MANIFEST}` lists no stack")
    name = stacks[0].name if len(stacks) == 1 else _project(folder)
    return read_application(stacks, name, str(path), options, problems)


def _folder(path: Path) -> Path | None:
    for folder in (path, path / "cdk.out"):
        manifest = folder / MANIFEST
        if manifest.is_file() and "artifacts" in decode_json(read_text(manifest), str(manifest)).fields:
            return folder
    return None


def _project(folder: Path) -> str:
    """The name of an application of several stacks: the folder that `cdk.out` is in."""
    whole = folder.resolve()
    return whole.parent.name if whole.name == "cdk.out" else whole.name


def _stacks(folder: Path, root: Path, options: ReadOptions, problems: Problems, depth: int) -> Iterator[Stack]:
    """The stacks of an assembly and of the assemblies nested in it."""
    manifest = folder / MANIFEST
    node = decode_json(read_text(manifest), str(manifest))
    artifacts = node.get("artifacts")
    for id, artifact in (artifacts.fields if artifacts else {}).items():
        type = artifact.get("type")
        if type is not None and type.value == "aws:cloudformation:stack":
            yield _stack(id, artifact, folder, root, options, problems)
        elif type is not None and type.value == "cdk:cloud-assembly":
            if depth >= MAX_NESTING:
                raise InputError(f"{artifact.at}: assemblies nested deeper than {MAX_NESTING} levels")
            nested = _inside(folder, root, artifact.get("properties", "directoryName"), artifact.at)
            yield from _stacks(nested, root, options, problems, depth + 1)


def _inside(folder: Path, root: Path, node: Node | None, at: Location) -> Path:
    """A file that a manifest names, which has to lie inside the assembly."""
    name = node.as_str() if node else None
    if not name:
        raise InputError(f"{at}: the manifest names no file for this artifact")
    path = folder / name
    if not path.resolve().is_relative_to(root.resolve()):
        raise InputError(f"{at}: `{name}` is outside the assembly")
    return path


def _stack(id: str, artifact: Node, folder: Path, root: Path, options: ReadOptions, problems: Problems) -> Stack:
    path = _inside(folder, root, artifact.get("properties", "templateFile"), artifact.at)
    template = decode(read_text(path), str(path), long_form)
    account, region = _environment(artifact)
    environment = environment_of(template, options.partition, options.region or region, options.account or account)
    given = artifact.get("properties", "parameters")
    parameters = {
        key: value for key, one in (given.fields if given else {}).items() if (value := one.as_str()) is not None
    }
    spelled = artifact.get("properties", "stackName")
    name = (spelled.as_str() if spelled else None) or id
    constructs = _constructs(artifact, folder, root)
    given_too = {**parameters, **options.parameters}
    return open_stack(template, environment, problems, name, given_too, constructs)


_ENVIRONMENT = re.compile(r"aws://([^/]*)/(.*)")


def _environment(artifact: Node) -> tuple[str | None, str | None]:
    """Account and region of `aws://account/region`, where they are known."""
    node = artifact.get("environment")
    found = _ENVIRONMENT.fullmatch((node.as_str() if node else None) or "")
    account, region = found.groups() if found else ("", "")
    return (
        account if account and account != "unknown-account" else None,
        region if region and region != "unknown-region" else None,
    )


def _constructs(artifact: Node, folder: Path, root: Path) -> Mapping[str, Construct]:
    """Logical id → construct, from the metadata in the manifest or in a file beside it."""
    sources = [artifact.get("metadata")]
    extra = artifact.get("additionalMetadataFile")
    if extra is not None:
        path = _inside(folder, root, extra, artifact.at)
        if path.is_file():  # people copy assemblies without it
            sources.append(decode_json(read_text(path), str(path)))
    paths: dict[str, str] = {}
    origins: dict[str, str] = {}
    for source in sources:
        for construct, entries in (source.fields if source else {}).items():
            for entry in entries.items:
                type, data = entry.get("type"), entry.get("data")
                if type is None or data is None:
                    continue
                if type.value == "aws:cdk:logicalId":
                    paths[data.as_str() or ""] = construct
                frames = data if type.value == "aws:cdk:creationStack" else entry.get("trace")
                origin = _own_line(frames, root) if frames is not None else ""
                if origin:
                    origins.setdefault(construct, origin)
    return {id: Construct(path.lstrip("/"), _origin(path, origins)) for id, path in paths.items()}


def _origin(path: str, origins: Mapping[str, str]) -> str:
    """The line that made a construct, or the nearest one around it that is known."""
    for depth in range(path.count("/")):
        around = path.rsplit("/", depth)[0]
        found = origins.get(around) or origins.get(f"{around}/Resource")
        if found:
            return found
    return ""


_FRAME = re.compile(r"(?:^|\(|\s)(?:file://)?(?P<file>[^()\s]+):(?P<line>[0-9]+)(?P<column>:[0-9]+)?(?:\)|\s|$)")
_FOREIGN = ("node_modules", "node:", "aws-cdk-lib", "site-packages", "jsii")


def _own_line(frames: Node, root: Path) -> str:
    """`file:line:column` of the first frame of a stack trace that is in the author's own code."""
    for frame in frames.items:
        spelled = (frame.as_str() or "")[:1_000]
        found = _FRAME.search(spelled)
        if found and not any(word in spelled for word in _FOREIGN):
            path = Path(found["file"])
            project = root.resolve().parent
            if path.is_absolute() and path.is_relative_to(project):
                path = path.relative_to(project)
            return f"{path}:{found['line']}{found['column'] or ''}"
    return ""


SOURCE = Source("a CDK assembly", recognises, read, long_form)
