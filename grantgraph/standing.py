"""What each principal of an application stands on: its session, its policies, and the resources around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from grantgraph.evaluate import Caller, CallerKind
from grantgraph.model import Application, Environment, Hidden, Principal, PrincipalType
from grantgraph.policy.arn import parse_arn
from grantgraph.policy.document import Family, Policy, PolicySet
from grantgraph.policy.pattern import parse_pattern
from grantgraph.prove import Dimension, Session, Standing, Target, Things, session_of
from grantgraph.prove.glob import glob_of, literal_glob, seal
from grantgraph.text import Text

IDENTITY = "cognito-identity.amazonaws.com:sub"
"""The condition key that holds a visitor's identity id; it is not the `sub` of a user pool (rule 143)."""

VISITORS = frozenset({PrincipalType.AUTHENTICATED, PrincipalType.UNAUTHENTICATED, PrincipalType.MAPPED})


class Ground:
    """What lies around every caller of an application: prepared once, however many callers are asked about."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.environment = witness_environment(application.environment)

    @cached_property
    def targets(self) -> tuple[Target, ...]:
        """The resources with policies of their own."""
        known = self.application.resources
        return tuple(Target(one.arn, one.policy, one.account) for one in known if one.policy is not None)

    @cached_property
    def things(self) -> Things:
        """What exists."""
        return Things(one.arn for one in self.application.resources)

    def standing(
        self,
        principal: Principal,
        policies: tuple[Policy, ...] | None = None,
        targets: tuple[Target, ...] | None = None,
    ) -> Standing:
        """Everything that decides what a principal can do.

        Args:
            policies: asks about these identity policies instead of the principal's own.
            targets: asks about these resources with policies of their own instead of all.
        """
        kind = CallerKind.USER if principal.type is PrincipalType.USER else CallerKind.ROLE
        caller = Caller(kind, principal.arn, self.application.environment.account)
        own = principal.policies if policies is None else policies
        return Standing(
            session_of(caller, _session_keys(self.application, principal)),
            PolicySet(identity_based=own, permissions_boundary=principal.boundary),
            self.targets if targets is None else targets,
            self.things,
            self.environment,
        )


def standing_of(
    application: Application, principal: Principal, policies: tuple[Policy, ...] | None = None
) -> Standing:
    """Everything that decides what a principal can do; `policies` instead of its own."""
    return Ground(application).standing(principal, policies)


def hidden_at(application: Application, resource: Text) -> Iterator[Hidden]:
    """What the input may lack of the kind that an ARN names, where the ARN is."""
    arn = parse_arn(resource)
    for one in application.hidden if arn is not None else ():
        if arn is not None and one.service == arn.service:
            if not one.region or one.region == arn.region or not isinstance(arn.region, str):
                yield one


ANYBODY = "arn:aws:iam::111122223333:role/somebody"


def anybody() -> Session:
    """Whoever a policy document hangs on: a role of any name, in the account of what it uses."""
    name = parse_pattern("arn:*:iam::*:role/?*", variables=False)
    arns = Dimension(
        "aws:principalarn",
        Family.ARN,
        may_be_absent=False,
        domain=(seal(glob_of(name.parts)),),
        preferred=lambda: (literal_glob(ANYBODY),),
    )
    return session_of(Caller(CallerKind.ROLE, ANYBODY), (arns,))


def witness_environment(environment: Environment) -> Mapping[str, Text]:
    """Where witnesses live: where the application does, as far as that is known."""
    return {"Partition": environment.partition, "Region": environment.region, "Account": environment.account}


def _session_keys(application: Application, principal: Principal) -> Iterator[Dimension]:
    """What the session of an identity pool's visitor carries (rules 134, 144)."""
    if principal.type not in VISITORS:
        return
    prefix = "cognito-identity.amazonaws.com"
    pool = application.pool(principal.pool)
    guest = principal.type is PrincipalType.UNAUTHENTICATED
    if pool is not None:
        yield Dimension(f"{prefix}:aud", may_be_absent=guest, domain=(literal_glob(pool.id_value),))
    word = "unauthenticated" if guest else "authenticated"
    domain = (literal_glob(word),) if guest else ()
    other = () if guest else (literal_glob("unauthenticated"),)
    yield Dimension(
        f"{prefix}:amr", multivalued=True, may_be_absent=False, domain=domain, members=(word,), apart_from=other
    )
    yield Dimension(IDENTITY, may_be_absent=guest)
