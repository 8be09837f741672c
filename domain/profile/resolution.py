"""Which member a set of identities means: one algorithm for every door.

Locks: advisory locks on the identities in sorted order, then the roots by id. Several matches are merged where that
is allowed; where it is not, the weakest identity is set aside and the strongest decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from domain import clock, db
from domain.actor import SYSTEM
from domain.errors import Refusal
from domain.foundation import ids
from domain.profile import identities, interactions, kinds, members, merges, suppression
from domain.profile.identities import Carried, Named, Rules

LIMIT_REACHED = "limit_reached"

Given = tuple[str, str, bool]  # type, value as it came, whether it was proved in this request


@dataclass(eq=False)
class NoIdentity(Refusal):
    """No identity is left that could name anybody."""

    reason: str = "no_identity"
    path: str | None = None
    zh = "没有可用的身份标识。"
    en = "No usable identity was given."


class Suppressed(NoIdentity):
    """Only people who left are named: the report is answered and not kept."""

    def __init__(self) -> None:
        super().__init__("suppressed")


@dataclass(frozen=True)
class Resolved:
    """The member that the identities mean; ``demoted`` were set aside."""

    member: UUID
    is_new: bool
    demoted: tuple[Named, ...] = ()


async def read(given: Iterable[Given], *, are_ids_checked: bool = True) -> list[Named]:
    """Normalise and sort identities; blocked values are dropped, an unknown type or nothing left is NoIdentity.

    ``are_ids_checked=False`` is for importers, whose external ids may be any text.
    """
    return name(given, await identities.rules(), are_ids_checked=are_ids_checked)


def name(given: Iterable[Given], known: Rules, *, are_ids_checked: bool = True) -> list[Named]:
    """:func:`read` with the rules at hand."""
    named: dict[tuple[str, str], Named] = {}
    for type_, value, is_verified in given:
        kind = known.type_of(type_)
        if kind is None:
            raise NoIdentity("unknown_identity_type", type_)
        is_external = not are_ids_checked and kind.normaliser == "TRIM"
        if not is_external and known.is_blocked(value):
            continue
        norm = identities.normalise(replace(kind, pattern=None) if is_external else kind, value)
        if norm is None or (not is_external and known.is_blocked(norm)):
            continue
        named[type_, norm] = Named(kind.priority, type_, norm, is_verified, kind.is_anonymous, kind.limit)
    if not named:
        raise NoIdentity()
    return sorted(named.values())


@dataclass(frozen=True)
class _Told:
    """Where the identities come from: the source that told of them, and the interaction that they stand in."""

    source: str | None
    cause: UUID | None


async def resolve(
    given: Sequence[Given], *, source: str | None = None, is_checked: bool = True, cause: UUID | None = None
) -> Resolved:
    """The member that these identities mean, made, attached or merged as needed (inside the caller's transaction).

    Raises NoIdentity, and Suppressed when only people who left are named. A value of a shared device names nobody.
    What would make a root larger than it may be is NoIdentity{limit_reached}, and nothing is changed. ``cause`` is the id
    that the interaction has, or will have, which names these identities; a merge keeps it.
    """
    known = await identities.rules()
    named = name(given, known, are_ids_checked=is_checked)
    await lock(named)
    left = await suppression.without(named)
    if left.is_suppressed:
        raise Suppressed()
    usable = await _without_shared(left.usable)
    if not usable:  # an anonymous row from a shared device: a visitor of its own
        return Resolved(await members.add(kind="VISITOR"), is_new=True)
    return await _settle(usable, [], _Told(source, cause), known)


async def lock(named: Iterable[Named]) -> None:
    """Lock identities until the transaction ends: the first locks of all, in sorted order."""
    for identity in sorted(named, key=lambda n: (n.type, n.value)):
        await db.run(
            "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"{identity.type}\x1f{identity.value}"
        )


async def _settle(named: list[Named], demoted: list[Named], told: _Told, known: Rules) -> Resolved:
    owners = await _locked_owners(named)
    roots = sorted(set(owners.values()))
    if contested := await _contested(named, owners, roots, known):
        dropped = max(contested)
        left = [n for n in named if n != dropped]
        if not left:
            raise NoIdentity(LIMIT_REACHED, dropped.type)
        return await _settle(left, [*demoted, dropped], told, known)
    if not roots:
        kind = "VISITOR" if all(n.is_anonymous for n in named) else "MEMBER"
        made = await members.add(kind=kind)
        return await _finish(made, named, demoted, told.source, is_new=True)
    if len(roots) == 1:
        return await _finish(roots[0], named, demoted, told.source)
    rule = "SIGN_IN" if any(n.is_verified for n in named) else "AUTO"
    winner = await merges.merge_all(roots, rule=rule, cause=told.cause)
    return await _finish(winner, named, demoted, told.source)


async def _locked_owners(named: Sequence[Named]) -> dict[Named, UUID]:
    """Whose the identities are, with these roots locked. Read again after the wait: staff merge without our locks."""
    owners = await _owners(named)
    while owners:
        locked = await members.lock(*owners.values())
        owners = await _owners(named)
        if set(owners.values()) <= set(locked):
            break
    return owners


async def _contested(
    named: list[Named], owners: dict[Named, UUID], roots: list[UUID], known: Rules
) -> set[Named]:
    """The identities of which the weakest must give way; none when all of them may belong to one member."""
    if len(roots) > 1:
        proved = {root for identity, root in owners.items() if identity.is_verified}
        reason = await merges.forbidden(roots, proved, known)
        if reason in merges.CAPS:
            raise NoIdentity(LIMIT_REACHED)
        if reason is not None:
            return set(owners)
    over = await _over_limit(roots, [n for n in named if n not in owners], known)
    return {*owners, *over} if over else set()


async def _finish(
    member: UUID, named: list[Named], demoted: list[Named], source: str | None, *, is_new: bool = False
) -> Resolved:
    await identities.attach(member, named, source)
    for identity in demoted:
        if identity.is_anonymous:
            await _note_shared(identity, member)
        await interactions.record(
            SYSTEM, kinds.IDENTITY_DEMOTED, ("MEMBER", member), once=ids.new(), member=member,
            type=identity.type, value=identities.mask(identity.type, identity.value),
        )  # fmt: skip
    return Resolved(member, is_new, tuple(demoted))


async def _owners(named: Sequence[Named]) -> dict[Named, UUID]:
    rows = await db.fetch(
        """SELECT i.type, i.value_norm, m.root FROM unnest($1::text[], $2::text[]) AS n(type, value)
        JOIN profile.identity AS i ON i.type = n.type AND i.value_norm = n.value
        JOIN profile.member AS m ON m.id = i.member""",
        [n.type for n in named], [n.value for n in named],
    )  # fmt: skip
    found = {(row["type"], row["value_norm"]): row["root"] for row in rows}
    return {n: found[n.type, n.value] for n in named if (n.type, n.value) in found}


async def _over_limit(roots: Sequence[UUID], fresh: Sequence[Named], known: Rules) -> list[Named]:
    """Those of the unknown identities whose type the roots would carry too often."""
    if not fresh:
        return []
    held = Carried()
    for each in (await identities.carried(roots, known)).values():
        held = Carried(held.total + each.total, held.counted + each.counted)
    wanted = held.add(n.type for n in fresh)
    if wanted.total > known.most_identities:
        raise NoIdentity(LIMIT_REACHED)
    return [n for n in fresh if wanted.counted[n.type] > n.limit]


async def _without_shared(named: list[Named]) -> list[Named]:
    anonymous = [n for n in named if n.is_anonymous]
    if not anonymous:
        return named
    rows = await db.fetch(
        """SELECT s.type, s.value_norm FROM unnest($1::text[], $2::text[]) AS n(type, value)
        JOIN profile.shared_device AS s ON s.type = n.type AND s.value_norm = n.value""",
        [n.type for n in anonymous], [n.value for n in anonymous],
    )  # fmt: skip
    shared = {(row["type"], row["value_norm"]) for row in rows}
    return [n for n in named if (n.type, n.value) not in shared]


async def _note_shared(identity: Named, member: UUID) -> None:
    """An anonymous value of one identified member, seen with another one, names nobody from now on; the past stays."""
    owner = await identities.owner(identity.type, identity.value)
    if owner in (None, member) or not (
        await merges.is_identified(owner) and await merges.is_identified(member)
    ):
        return
    await db.run(
        "DELETE FROM profile.identity WHERE type = $1 AND value_norm = $2", identity.type, identity.value
    )
    now = clock.now()
    shared = await db.value(
        """INSERT INTO profile.shared_device (id, type, value_norm, since_at, reason)
        VALUES ($1, $2, $3, $4, 'seen with two members') ON CONFLICT DO NOTHING RETURNING id""",
        ids.new(), identity.type, identity.value, now,
    )  # fmt: skip
    if shared is not None:
        await db.run_many(
            "INSERT INTO profile.shared_device_use (id, device, member, seen_at) VALUES ($1, $2, $3, $4)",
            [(ids.new(), shared, each, now) for each in (owner, member)],
        )
