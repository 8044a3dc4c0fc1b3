"""Ways in through code and through pools: which were opened, which closed, and what lies at their end."""

from __future__ import annotations

from dataclasses import dataclass, field

from grantgraph.catalog import Catalog
from grantgraph.diff.difference import Doubt, Path
from grantgraph.grants import by_level, grants_of
from grantgraph.model import Application, Authorizer, EntryPoint, EntryPointType, IdentityPool
from grantgraph.text import Unknown

CALLERS = {
    Authorizer.NONE: "anyone",
    Authorizer.IAM: "callers whom IAM allows",
    Authorizer.JWT: "holders of a token",
    Authorizer.USER_POOL: "users of a user pool",
    Authorizer.LAMBDA: "whomever its authorizer lets in",
    Authorizer.UNKNOWN: "callers that are not known here",
}
MAX_PLACES = 6


@dataclass(slots=True)
class Paths:
    """The ways into an application, before and after; the base in the names of the head."""

    base: Application
    head: Application
    catalog: Catalog
    opened: list[Path] = field(default_factory=list)
    closed: list[Path] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    _held: dict[tuple[bool, str], tuple[str, ...]] = field(default_factory=dict)

    def compare(self) -> None:
        """Find every way that was opened or closed."""
        before, after = _by_identity(self.base), _by_identity(self.head)
        for key in dict.fromkeys((*after, *before)):
            self.compare_entries(before.get(key), after.get(key))
        self.compare_roles()
        pools = {one.id: one for one in self.base.pools}, {one.id: one for one in self.head.pools}
        for id in dict.fromkeys((*pools[1], *pools[0])):
            self.compare_pools(pools[0].get(id), pools[1].get(id))

    # ── entry points ──

    def compare_entries(self, one: EntryPoint | None, other: EntryPoint | None) -> None:
        if one is None or other is None:
            if other is not None:
                self.open(other, f"{_way(other)} is new", _caller(other))
            elif one is not None:
                self.close(one, f"{_way(one)} is gone", _caller(one))
            self.doubt_callers(other)
            return
        if (one.target, one.source) != (other.target, other.source):
            self.open(
                other, f"{_way(other)} now leads to `{other.target or 'nothing that is known'}`", _caller(other)
            )
            self.close(
                one, f"{_way(one)} no longer leads to `{one.target or 'nothing that is known'}`", _caller(one)
            )
        if one.authorizer is not other.authorizer:
            was = f", authorizer {other.authorizer} instead of {one.authorizer}"
            if one.authorizer is not Authorizer.NONE:
                self.open(other, f"{_caller(other)} may call {_way(other)}{was}", _caller(other))
            if other.authorizer is not Authorizer.NONE:
                self.close(one, f"{_caller(one)} may no longer call {_way(one)}{was}", _caller(one))
            self.doubt_callers(other)
        elif other.authorizer is Authorizer.UNKNOWN:
            self.left_out.append(f"who may call {_way(other)}: its authorizer is not known on either side")

    def doubt_callers(self, entry: EntryPoint | None) -> None:
        if entry is not None and entry.authorizer is Authorizer.UNKNOWN:
            self.doubts.append(
                Doubt(f"who may call {_way(entry)} is not known here", True, place=entry.id, at=entry.at)
            )

    def open(self, entry: EntryPoint, words: str, caller: str) -> None:
        self.opened.append(self.path(self.head, entry, words, caller))

    def close(self, entry: EntryPoint, words: str, caller: str) -> None:
        self.closed.append(self.path(self.base, entry, words, caller))

    def path(self, application: Application, entry: EntryPoint, words: str, caller: str) -> Path:
        role = _role_of(application, entry.target)
        return Path(words, entry.at, entry.id, caller, role, self.held(application, role))

    # ── functions and their roles ──

    def compare_roles(self) -> None:
        """A function that runs as another role leads whoever reaches it to what that role may do."""
        before = {one.id: _role_of(self.base, one.id) for one in self.base.resources}
        for resource in self.head.resources:
            role = _role_of(self.head, resource.id)
            was = before.get(resource.id)
            if was is None or was == role:
                continue
            words = f"`{resource.id}` runs as `{role or 'nobody that is known'}` instead of `{was or 'nobody'}`"
            caller = f"whoever reaches `{resource.id}`"
            self.opened.append(Path(words, resource.at, resource.id, caller, role, self.held(self.head, role)))
            words = f"`{resource.id}` no longer runs as `{was or 'nobody that is known'}`"
            self.closed.append(Path(words, resource.at, resource.id, caller, was, self.held(self.base, was)))

    def held(self, application: Application, role: str) -> tuple[str, ...]:
        """What a role holds, by place and access level."""
        key = (application is self.head, role)
        if key not in self._held:
            principal = application.principal(role)
            grants = grants_of(application, principal, self.catalog) if principal is not None else ()
            by_place: dict[str, dict[str, object]] = {}
            for grant in grants:
                where = grant.resource or f"{grant.service} elsewhere"
                by_place.setdefault(where, {}).update((str(action), action) for action in grant.actions())
            told = []
            for where, actions in by_place.items():
                levels = by_level(actions.values())  # type: ignore[arg-type]
                if levels:
                    told.append(f"{where}: {', '.join(f'{len(ones)} {level}' for level, ones in levels.items())}")
            rest = [f"and {len(told) - MAX_PLACES} more places"] if len(told) > MAX_PLACES else []
            self._held[key] = (*told[:MAX_PLACES], *rest)
        return self._held[key]

    # ── pools ──

    def compare_pools(self, one: IdentityPool | None, other: IdentityPool | None) -> None:
        known = other or one
        assert known is not None
        self.flag(one, other, "allows_guests", f"guests may come in through `{known.id}`")
        self.flag(
            one,
            other,
            "allows_classic_flow",
            f"visitors of `{known.id}` may choose any role whose trust policy lets them (classic flow)",
        )
        for kind, words in (("authenticated", "signed-in users"), ("unauthenticated", "guests")):
            was, now = (getattr(side, kind) if side is not None else "" for side in (one, other))
            if was != now:
                self.gives(f"{words} of `{known.id}` get", known, was, now)
        was_mapped, mapped = (side.mapped if side is not None else () for side in (one, other))
        words = f"a role mapping of `{known.id}` can choose"
        for role in dict.fromkeys((*mapped, *was_mapped)):
            if (role in mapped) is not (role in was_mapped):
                self.gives(words, known, role if role in was_mapped else "", role if role in mapped else "")

    def gives(self, words: str, pool: IdentityPool, was: str, now: str) -> None:
        """A pool gives its visitors one role instead of another."""
        caller = f"visitors of `{pool.id}`"
        if now:
            instead = f" instead of `{was}`" if was else ""
            held = self.held(self.head, now)
            self.opened.append(Path(f"{words} `{now}`{instead}", pool.at, pool.id, caller, now, held))
        if was:
            held = self.held(self.base, was)
            self.closed.append(Path(f"{words} `{was}` no longer", pool.at, pool.id, caller, was, held))

    def flag(self, one: IdentityPool | None, other: IdentityPool | None, name: str, words: str) -> None:
        was, now = (getattr(side, name) if side is not None else False for side in (one, other))
        known = other or one
        assert known is not None
        if was == now:
            if isinstance(now, Unknown):
                self.left_out.append(f"whether {words}: {now.reason or now}, on both sides")
            return
        caller = f"visitors of `{known.id}`"
        if now is True:
            self.opened.append(Path(words, known.at, known.id, caller))
        elif was is True and now is False:
            self.closed.append(Path(f"no longer: {words}", known.at, known.id, caller))
        for side, value in ((True, now), (False, was)):
            if isinstance(value, Unknown):
                reason = f"whether {words}{'' if side else ' before'}: {value.reason or value}"
                self.doubts.append(Doubt(reason, True if side else now is not False, place=known.id, at=known.at))


def _by_identity(application: Application) -> dict[tuple[EntryPointType, str], EntryPoint]:
    return {(one.type, one.id): one for one in application.entry_points}


def _role_of(application: Application, id: str) -> str:
    """The role that a function or state machine runs as, "" where none is known."""
    resource = application.resource(id)
    role = resource.attributes.get("runs_as", "") if resource is not None else ""
    return str(role)


def _way(entry: EntryPoint) -> str:
    return f"the {entry.type} `{entry.id}`"


def _caller(entry: EntryPoint) -> str:
    """Who comes in."""
    if entry.type in (EntryPointType.ROUTE, EntryPointType.FUNCTION_URL):
        return CALLERS[entry.authorizer]
    return f"`{entry.source}`" if entry.source else "what AWS starts"
