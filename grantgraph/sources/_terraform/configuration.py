"""The configuration part of a plan: which expressions stand behind a value, and what they refer to.

A plan keeps of an expression only what it refers to, not how: `"${a.arn}/*"` and `a.arn` look the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from grantgraph.node import Node
from grantgraph.sources._terraform.document import Document, Instance, Key, ModulePath
from grantgraph.sources._terraform.expressions import (
    Quoted,
    Step,
    Token,
    expressions_at,
    key_of,
    longest,
    refers,
    tokens_of,
)

MAX_STEPS = 2_000
MAX_DEPTH = 64
"""How many references are followed to find out what one value is made of, and how far."""


@dataclass(frozen=True, slots=True)
class Target:
    """An attribute of an instance that an expression refers to; no path when it is the whole of it."""

    instance: Instance
    path: tuple[Step, ...]

    def __str__(self) -> str:
        return self.instance.address + "".join(f".{one}" for one in self.path)


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """What a value is made of.

    `by_key` says that an instance key chose among the targets; `opaque` names what could not be followed.
    """

    targets: tuple[Target, ...] = ()
    by_key: bool = False
    opaque: tuple[str, ...] = ()

    def __str__(self) -> str:
        names = list(dict.fromkeys([*map(str, self.targets[:5]), *self.opaque[:5]]))
        return ", ".join(f"`{one}`" for one in names[:4]) + (", ..." if len(names) > 4 else "")


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where an expression stands: in an instance of a module."""

    module: ModulePath
    each: tuple[str, ...] = ()  # what `for_each` of the block refers to


@dataclass(slots=True)
class _Walk:
    """One question, with a bound on the steps that answer it."""

    steps: int = 0
    depth: int = 0
    by_key: bool = False
    by_value: bool = False


class Configuration:
    """The configuration of a plan; a state has none."""

    def __init__(self, document: Document) -> None:
        self.root = document.top.get("configuration", "root_module") if document.is_plan else None
        self.providers = document.top.get("configuration", "provider_config")
        self._blocks: dict[tuple[tuple[str, ...], str], Node] = {}
        self._modules: dict[tuple[str, ...], Node] = {}
        self._by_name: dict[tuple[ModulePath, str], list[Instance]] = {}
        self._paths: dict[tuple[str, ...], list[ModulePath]] = {}
        self._made: dict[tuple[ModulePath, str, tuple[Step, ...]], Made] = {}
        if self.root is not None:
            self._index_modules(self.root)
        seen: set[str] = set()
        read = [one for one in document.earlier if one.mode == "data"]
        for one in (*document.instances, *read):
            if one.address in seen:
                continue
            seen.add(one.address)
            self._by_name.setdefault((one.module, _name(one)), []).append(one)
            for depth in range(len(one.module) + 1):
                path = one.module[:depth]
                known = self._paths.setdefault(tuple(name for name, _ in path), [])
                if path not in known[-1:]:
                    known.append(path)

    def _index_modules(self, root: Node) -> None:
        waiting: list[tuple[tuple[str, ...], Node]] = [((), root)]
        while waiting:
            path, module = waiting.pop()
            self._modules[path] = module
            resources = module.get("resources")
            for block in resources.items if resources else ():
                address = block.get("address")
                if address is not None and isinstance(address.value, str):
                    self._blocks[path, address.value] = block
            calls = module.get("module_calls")
            for name, call in (calls.fields if calls else {}).items():
                inside = call.get("module")
                if inside is not None:
                    waiting.append(((*path, name), inside))

    # ── expressions ──

    def block(self, one: Instance) -> Node | None:
        """The block that declares an instance."""
        return self._blocks.get((tuple(name for name, _ in one.module), _name(one)))

    def configures(self, one: Instance, *path: Step) -> bool | None:
        """Whether the configuration sets an attribute; None where there is no configuration to ask.

        The blocks of a `dynamic` block are not in it; what they made is in the values, unless even their number
        is not known.
        """
        block = self.block(one)
        if block is None:
            return None
        outer = list(expressions_at(block.get("expressions"), path[:-1], one.values))
        if len(path) > 1 and not outer:
            return None  # what the outer block says is not in the configuration
        return any(
            written.value not in ((), None)
            for written in expressions_at(block.get("expressions"), path, one.values)
        )

    def made_of(self, one: Instance, path: tuple[Step, ...]) -> Made:
        """What stands behind the value at a path of an instance."""
        key = one.module, _name(one), path
        if len(path) > 1:  # which block is meant hinges on the values of the instance
            return self._made_of(one, path)
        if key not in self._made:
            self._made[key] = self._made_of(one, path)
        return self._made[key]

    def _made_of(self, one: Instance, path: tuple[Step, ...]) -> Made:
        block = self.block(one)
        expressions = block.get("expressions") if block else None
        if block is None or expressions is None:
            return Made(opaque=("its configuration",))
        references = [
            name for written in expressions_at(expressions, path, one.values) for name in refers(written)
        ]
        scope = _Scope(one.module, tuple(refers(block.get("for_each_expression"))))
        walk = _Walk()
        return self._all(references, scope, walk)

    def _all(self, references: Iterable[str], scope: _Scope, walk: _Walk) -> Made:
        targets: list[Target] = []
        opaque: list[str] = []
        walk.depth += 1
        for reference in longest(references):
            walk.steps += 1
            if walk.steps > MAX_STEPS or walk.depth > MAX_DEPTH:
                return Made(opaque=("more than can be followed",))
            found = self._follow(reference, scope, walk)
            targets += found.targets
            opaque += found.opaque
        walk.depth -= 1
        by_key = walk.by_key and not walk.by_value
        return Made(tuple(dict.fromkeys(targets)), by_key, tuple(dict.fromkeys(opaque)))

    def _follow(self, reference: str, scope: _Scope, walk: _Walk) -> Made:
        tokens = tokens_of(reference)
        match tokens:
            case ["each", "key"] | ["count", "index"]:
                walk.by_key = True
                return Made()
            case ["each", "value", *rest]:
                made = self._all(scope.each, replace(scope, each=()), walk)
                if made.targets:
                    walk.by_key = True
                else:
                    walk.by_value = True  # which of them it chooses is not in the plan
                return _below(made, rest)
            case ["path" | "terraform", *_]:
                return Made()
            case ["var", str(name), *rest]:
                return self._variable(name, rest, scope, walk)
            case ["module", str(name), int() | Quoted() as key, str(output), *rest]:
                return self._output(name, key_of(key), output, rest, scope, walk)
            case ["module", str(name), str(output), *rest] if not isinstance(output, Quoted):
                return self._output(name, None, output, rest, scope, walk)
            case ["data", str(type), str(name), *rest]:
                return self._resource(f"data.{type}.{name}", rest, scope) or Made(opaque=(reference,))
            case [str(type), str(name), *rest]:
                return self._resource(f"{type}.{name}", rest, scope) or Made(opaque=(reference,))
            case _:
                return Made(opaque=(reference,))

    def _resource(self, name: str, rest: list[Token], scope: _Scope) -> Made | None:
        found = self._by_name.get((scope.module, name))
        if found is None:
            return None
        if rest and isinstance(rest[0], int | Quoted):
            wanted = key_of(rest[0])
            found = [one for one in found if one.key == wanted]
            rest = rest[1:]
        path = tuple(str(one) if isinstance(one, Quoted) else one for one in rest if one != "*")
        return Made(tuple(Target(one, path) for one in found))

    def _variable(self, name: str, rest: list[Token], scope: _Scope, walk: _Walk) -> Made:
        if not scope.module:
            return Made()  # a variable of the root module has a value, whatever it is
        names = tuple(name for name, _ in scope.module)
        call = self._modules[names[:-1]].get("module_calls", names[-1]) if names[:-1] in self._modules else None
        written = call.get("expressions", name) if call else None
        if call is None or written is None:
            return Made()  # its default, which is a constant
        each = tuple(refers(call.get("for_each_expression")))
        outer = _Scope(scope.module[:-1], each)
        return _below(self._all(refers(written), outer, walk), rest)

    def _output(self, name: str, key: Key, output: str, rest: list[Token], scope: _Scope, walk: _Walk) -> Made:
        names = (*(name for name, _ in scope.module), name)
        module = self._modules.get(names)
        written = module.get("outputs", output, "expression") if module else None
        if written is None:
            return Made(opaque=(f"module.{name}.{output}",))
        called = [
            path
            for path in self._paths.get(names, ())
            if path[:-1] == scope.module and (key is None or path[-1][1] == key)
        ]
        found = [self._all(refers(written), _Scope(path), walk) for path in called]
        whole = Made(
            tuple(target for made in found for target in made.targets),
            opaque=tuple(name for made in found for name in made.opaque),
        )
        return _below(whole, rest)


def _name(one: Instance) -> str:
    return f"{'data.' if one.mode == 'data' else ''}{one.type}.{one.name}"


def _below(made: Made, rest: list[Token]) -> Made:
    """What is made of the same things, one step further in."""
    path = tuple(str(one) if isinstance(one, Quoted) else one for one in rest if one != "*")
    return replace(made, targets=tuple(Target(one.instance, (*one.path, *path)) for one in made.targets))
