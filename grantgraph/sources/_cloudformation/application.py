"""Stacks to one application."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

from grantgraph.model import Application, EntryPoint, Environment
from grantgraph.node import Node
from grantgraph.problems import Level, Problems, bug
from grantgraph.sources import STANDARD_INPUT, ReadOptions
from grantgraph.sources._cloudformation.accepted import read_accepted
from grantgraph.sources._cloudformation.assembly import Assembly
from grantgraph.sources._cloudformation.choices import groups_of
from grantgraph.sources._cloudformation.clients import read_clients
from grantgraph.sources._cloudformation.environment import environment_of
from grantgraph.sources._cloudformation.events import read_events
from grantgraph.sources._cloudformation.graphql import read_fields
from grantgraph.sources._cloudformation.identities import Roles, read_principals
from grantgraph.sources._cloudformation.parameters import check_parameters
from grantgraph.sources._cloudformation.pools import read_pools
from grantgraph.sources._cloudformation.resources import read_resources
from grantgraph.sources._cloudformation.routes import read_routes
from grantgraph.sources._cloudformation.stacks import open_stack, with_nested
from grantgraph.sources._cloudformation.template import Stack
from grantgraph.sources._cloudformation.wires import read_wires, wired


def read_template(path: Path, node: Node | None, options: ReadOptions) -> Application:
    """The application of one template, and of the stacks nested in it."""
    if node is None:
        bug("a folder is no template")
    problems = Problems()
    environment = environment_of(node, options.partition, options.region, options.account)
    stack = open_stack(node, environment, problems, parameters=options.parameters)
    name = "standard input" if path == STANDARD_INPUT else path.name.split(".")[0]
    return read_application([stack], name, str(path), options, problems)


def read_application(
    roots: Sequence[Stack], name: str, source: str, options: ReadOptions, problems: Problems
) -> Application:
    """One application from all its stacks: what it is, what it may do, and what could not be read.

    Args:
        roots: the stacks that are deployed by themselves; the stacks nested in them are found here.
    """
    stacks = [stack for root in roots for stack in with_nested(root, problems)]
    check_parameters(stacks, options.parameters, problems)
    assembly = Assembly(stacks, problems, options.assume)
    roles = Roles(assembly)
    pools = read_pools(assembly, roles)
    resources = read_resources(assembly, roles)
    entry_points = _distinct(
        [*read_routes(assembly, roles), *read_fields(assembly, roles), *read_events(assembly, roles)]
    )
    clients = tuple(read_clients(assembly))
    ignores = tuple(read_accepted(assembly))
    principals = read_principals(assembly, roles)
    assembly.report_doubts()
    choices = groups_of(assembly.hinges)
    _check_the_rest(assembly)
    counted = assembly.counted()
    resources, wires = wired(assembly, resources), tuple(read_wires(assembly))
    at = stacks[0].template.at
    if not (principals or resources or pools or entry_points or _has_errors(problems)):
        problems.note(at, "nothing-to-decide", "there is nothing here that IAM decides about")
    return Application(
        name,
        source,
        _common_environment(stacks),
        principals,
        resources,
        pools,
        entry_points,
        problems=problems.all(),
        counted=counted,
        choices=choices,
        when=options.assume,
        clients=clients,
        absent=assembly.absent,
        wires=wires,
        ignores=ignores,
    )


def _check_the_rest(assembly: Assembly) -> None:
    """Find references to nothing where no reader has looked: AWS refuses such a template as a whole.

    Only errors count: what is merely not known in a place that IAM does not care about is no matter.
    """
    found = assembly.problems.found
    before = len(found)
    for one in assembly.declared:
        properties = one.node.get("Properties")
        for name in properties.fields if properties else ():
            assembly.property(one, name)
    for stack in assembly.stacks:
        resolver = assembly.of_stack(stack)
        for output in resolver.sections.outputs.values():
            condition = output.get("Condition")
            if condition is None or resolver.conditions.named(condition) is True:
                resolver.value(replace(output, value={k: v for k, v in output.fields.items() if k != "Condition"}))
    found[before:] = [problem for problem in found[before:] if problem.level is Level.ERROR]


def _has_errors(problems: Problems) -> bool:
    return any(problem.level is Level.ERROR for problem in problems.found)


def _common_environment(stacks: Sequence[Stack]) -> Environment:
    """What all stacks agree on; the rest is not known."""
    nowhere = Environment()
    agreed = {}
    for part in fields(Environment):
        values = {getattr(stack.environment, part.name) for stack in stacks}
        agreed[part.name] = values.pop() if len(values) == 1 else getattr(nowhere, part.name)
    return Environment(**agreed)


def _distinct(entry_points: Sequence[EntryPoint]) -> tuple[EntryPoint, ...]:
    """Entry points with ids of their own: two APIs may have the same route."""
    counts = Counter(one.id for one in entry_points)
    found = [
        replace(one, id=f"{one.id} of {one.source}") if counts[one.id] > 1 and one.source else one
        for one in entry_points
    ]
    seen: Counter[str] = Counter()
    distinct = []
    for one in found:
        seen[one.id] += 1
        distinct.append(one if seen[one.id] == 1 else replace(one, id=f"{one.id} ({seen[one.id]})"))
    return tuple(distinct)
