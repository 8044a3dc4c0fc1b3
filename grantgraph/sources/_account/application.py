"""An account to one application, by way of CloudFormation's words.

IAM's entries are said in these words, resources come in them; one reader makes the application of both, as it does
of templates and of Terraform plans.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from grantgraph.account_file import Gap, GapKind
from grantgraph.catalog.managed import load_managed_policies
from grantgraph.model import INCOMPLETE, Application, Environment, Hidden
from grantgraph.node import Node
from grantgraph.policy.arn import parse_arn
from grantgraph.problems import Location, Problems, UsageError
from grantgraph.sources import ReadOptions
from grantgraph.sources._account.document import Entry, Saved, read_document
from grantgraph.sources._account.identities import POLICY, Draft, identities_of
from grantgraph.sources._account.naming import names_for
from grantgraph.sources._account.policies import policy_document
from grantgraph.sources._account.visitors import roles_of_visitors
from grantgraph.sources._cloudformation import Stack, read_application
from grantgraph.sources._cloudformation.environment import partition_of
from grantgraph.sources._cloudformation.types import modelled_types
from grantgraph.text import Text, Unknown

NO_RESOURCES = "no resource grants anything by a policy of its own: the file holds identities only"
_POLICIES = ("PolicyDocument", "ResourcePolicy", "KeyPolicy", "Policy")
_DOCUMENT = "PolicyDocument"


def read_account(top: Node, name: str, source: str, options: ReadOptions) -> Application:
    """The application that an account is.

    Raises:
        InputError: the file has another format, or the wrong shape.
        UsageError: an option contradicts the file.
    """
    problems = Problems()
    saved = read_document(top, problems)
    environment = _environment(saved, options)
    drafts = [*identities_of(saved, problems), *(_draft(one, problems) for one in saved.resources)]
    drafts += roles_of_visitors(saved, drafts, problems)
    _say_gaps(saved, problems)
    _say_copies(saved, drafts, problems)
    stacks = list(_stacks(saved, drafts, environment)) or [Stack(_template(top, {}), environment)]
    read = read_application(stacks, name, source, options, problems)
    return replace(
        read,
        name=_title(saved, name),
        environment=environment,
        problems=problems.all(),
        counted=dict(sorted((Counter(read.counted) + Counter(saved.counted)).items())),
        hidden=tuple(_hidden(saved)),
        assuming=() if saved.whole else (NO_RESOURCES,),
    )


def _title(saved: Saved, name: str) -> str:
    """What to call an account: by its name or number, and the day that it was read."""
    if not saved.whole:
        return name
    number = f"{saved.alias} ({saved.account})" if saved.alias else saved.account
    return f"account {number}" + (f" on {saved.fetched[:10]}" if saved.fetched else "")


def _environment(saved: Saved, options: ReadOptions) -> Environment:
    """Where the account is: one region, if only one was read."""
    known = {
        "account": {saved.account} - {""},
        "partition": {saved.partition} - {""},
        "region": set(saved.regions),
    }
    nowhere = Environment()
    agreed: dict[str, Text] = {}
    for part, values in known.items():
        wanted = getattr(options, part)
        if wanted is not None and values and wanted not in values:
            message = f"`--{part} {wanted}` contradicts the file, which is for `{', '.join(sorted(values))}`"
            raise UsageError(message, f"leave `--{part}` out")
        agreed[part] = wanted or (values.pop() if len(values) == 1 else getattr(nowhere, part))
    return Environment(**agreed)


# ── resources ──


def _draft(one: Entry, problems: Problems) -> Draft:
    """A resource of the file; what could not be read of it is Unknown."""
    properties = dict(one.properties)
    for key in _POLICIES:
        given = properties.get(key)
        inner = given.get(_DOCUMENT) if given is not None else None
        what = f"the policy of `{one.name}`"
        if inner is not None:
            properties[key] = Node({_DOCUMENT: policy_document(inner, what, problems)}, inner.at)
        elif given is not None:
            properties[key] = policy_document(given, what, problems)
    for key, reason in one.unread.items():
        properties[key] = Node(Unknown(f"{key} of {one.name}", reason), one.at)
    return Draft(one.type, one.name, properties, one.at, one.region)


def _stacks(saved: Saved, drafts: list[Draft], environment: Environment) -> Iterator[Stack]:
    """Everything by where it is: one stack a region, one for what AWS owns, one for what is in no region."""
    nowhere = Environment()
    ids = names_for(drafts)
    placed: dict[Environment, dict[str, Draft]] = {}
    for draft, id in zip(drafts, ids, strict=True):
        partition = environment.partition
        if draft.region:
            partition = saved.partition or partition_of(draft.region)
            where = Environment(partition, draft.region, environment.account)
        elif draft.of_aws:
            where = Environment(partition, nowhere.region, "aws")
        else:
            where = environment
        placed.setdefault(where, {})[id] = draft
    for where, members in placed.items():
        names: dict[str, Text] = {id: one.name for id, one in members.items()}
        yield Stack(_template(saved.top, members), where, names=names)


def _template(top: Node, members: Mapping[str, Draft]) -> Node:
    resources = {
        id: Node({"Type": Node(one.type, one.at), "Properties": Node(dict(one.properties), one.at)}, one.at)
        for id, one in members.items()
    }
    return Node({"Resources": Node(resources, top.at)}, top.at)


# ── what is missing ──


def _say_gaps(saved: Saved, problems: Problems) -> None:
    """Every call that gave no answer, by name: an account with gaps is never whole."""
    for gap, at in saved.gaps:
        if gap.matters:
            help = "`grantgraph fetch --policy` prints what has to be allowed"
            message = f"{gap}: what it would have said is not in the file"
            problems.unmodelled(at, INCOMPLETE, message, help if gap.kind is GapKind.DENIED else "")
        else:
            problems.note(at, "not-read", str(gap))
    if saved.cut is not None:
        message = "the file says that it is cut off: there are more identities than it holds"
        problems.unmodelled(saved.cut, INCOMPLETE, message, "print it without `--no-paginate`")
    if not saved.whole:
        message = "the policies of resources, and the pools that give out roles, are not in the file"
        help = "`grantgraph fetch` reads them, too"
        problems.unmodelled(saved.top.at, "identities-only", message, help)


def _say_copies(saved: Saved, drafts: Iterable[Draft], problems: Problems) -> None:
    """Which policies of AWS are not in the file, and are read as AWS published them on some day."""
    held = {one.arn for one in drafts if one.type == POLICY}
    copied: dict[str, Location] = {}
    for one in drafts:
        attached = one.properties.get("ManagedPolicyArns")
        for node in attached.items if attached is not None else ():
            arn = parse_arn(node.as_str() or "")
            if arn is not None and arn.account == "aws" and node.value not in held:
                copied.setdefault(str(arn.resource).rpartition("/")[2], node.at)
    known = load_managed_policies() if copied else None
    for name, at in copied.items():
        if known is not None and known.find(name) is not None:
            message = f"`{name}` of AWS is not in the file: it is read as AWS published it until {known.date}"
            problems.note(at, "policy-copy", message)


def _hidden(saved: Saved) -> Iterator[Hidden]:
    """The types of which the account may have more than the file."""
    for gap, _ in saved.gaps:
        for type in gap.hides if gap.matters else ():
            known = modelled_types().get(type)
            if known is not None:
                yield Hidden(known.name, gap.region, _reason(gap))


def _reason(gap: Gap) -> str:
    return f"{gap}, so there may be more than the file holds"
