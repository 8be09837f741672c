"""Which members the reports of a batch mean: :mod:`resolution` for many at once, with a fixed number of statements.

Nothing is locked for people who are known already. For the others: all their identities in sorted order, then the
roots by id, as everywhere. Whoever needs a merge, a limit or a shared device is left to ``resolution.resolve``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from domain import clock, db
from domain.foundation import ids
from domain.profile import glance, identities, members, resolution
from domain.profile.glance import EITHER, Claim, Glance, Key, Owner
from domain.profile.identities import Carried, Named, Rules
from domain.profile.resolution import Given, NoIdentity, Suppressed


@dataclass
class _State:
    """What is known while a batch is settled; ``owners`` has also what is about to be written."""

    rules: Rules
    source: str | None
    is_trusted: bool
    is_import: bool
    causes: Mapping[Claim, UUID]
    owners: dict[Key, Owner]
    shared: set[Key]
    carried: dict[UUID, Carried] = field(default_factory=dict)
    fresh_members: list[tuple[UUID, str, datetime]] = field(default_factory=list)
    fresh_identities: list[tuple[UUID, Named]] = field(default_factory=list)


async def settle(
    claims: dict[Claim, datetime],
    *,
    is_trusted: bool = False,
    source: str | None = None,
    is_import: bool = False,
    seen: Glance | None = None,
    causes: Mapping[Claim, UUID] | None = None,
) -> dict[Claim, UUID | NoIdentity]:
    """The root that each claim means, or why it means nobody; in the caller's transaction.

    A claim's time is when its person was first seen if they are new. ``is_trusted`` says that the reporter's word
    verifies an identity; it is no proof that joins two identified members. For an import, external ids may be any
    text, and nobody is seen now. ``causes`` are the ids of the interactions about to be stored, for the merges they cause.
    """
    if seen is None:
        seen = await glance.at(claims, are_ids_checked=not is_import)
    settled: dict[Claim, UUID | NoIdentity] = {}
    named: dict[Claim, list[Named]] = {}
    for claim in claims:
        candidates = seen.named[claim]
        if isinstance(candidates, NoIdentity):
            settled[claim] = candidates
        else:
            named[claim] = candidates
    _leave_out_who_left(seen.gone, named, settled)
    meant = {(n.type, n.value) for each in named.values() for n in each}
    owners = {key: owner for key, owner in seen.owners.items() if key in meant}
    state = _State(seen.rules, source, is_trusted, is_import, causes or {}, owners, seen.shared & meant)
    left = []
    for claim, candidates in named.items():
        root = _known(state, _narrowed(state, claim, candidates))
        if root is None:
            left.append(claim)
        else:
            settled[claim] = root
    if left:
        await _settle_left(state, {claim: named[claim] for claim in left}, claims, settled)
    if not is_import:
        await _note_seen(state, {n for each in named.values() for n in each})
    return settled


def _leave_out_who_left(
    gone: set[Key], named: dict[Claim, list[Named]], settled: dict[Claim, UUID | NoIdentity]
) -> None:
    """Identities of people who left name nobody; a claim that has no others is suppressed."""
    if not gone:
        return
    values = {value for _, value in gone}
    for claim in list(named):
        said = {(type_, value.strip()) for type_, value, _ in claim}
        left = [
            n
            for n in named[claim]
            if (n.type, n.value) not in gone and not ((EITHER, n.value) in said and n.value in values)
        ]
        if len(left) == len(named[claim]):
            continue
        named[claim] = left
        if not any((n.type, n.value) in said or (EITHER, n.value) in said for n in left):
            settled[claim] = Suppressed()
            del named[claim]


def _narrowed(state: _State, claim: Claim, candidates: list[Named]) -> list[Named]:
    """The identities that the claim means, as things stand; values of shared devices name nobody."""
    said = {(type_, value.strip()) for type_, value, _ in claim}
    meant = []
    for n in candidates:
        if (n.type, n.value) in state.shared:
            continue
        if n.type == "user_id" and ("user_id", n.value) not in said:
            if ("user_id", n.value) not in state.owners:
                continue
        elif n.type == "anonymous_id" and ("anonymous_id", n.value) not in said:
            is_user = ("user_id", n.value) in state.owners
            if is_user or (("user_id", n.value) in said and ("anonymous_id", n.value) not in state.owners):
                continue
        meant.append(n)
    return meant


def _known(state: _State, meant: list[Named]) -> UUID | None:
    """The one root that has all of them already."""
    owners = [state.owners.get((n.type, n.value)) for n in meant]
    roots = {owner.root for owner in owners if owner is not None}
    return roots.pop() if len(roots) == 1 and None not in owners else None


async def _settle_left(
    state: _State,
    left: dict[Claim, list[Named]],
    claims: dict[Claim, datetime],
    settled: dict[Claim, UUID | NoIdentity],
) -> None:
    touched = {n for candidates in left.values() for n in candidates}
    await _lock(touched)
    await _look(state, touched)
    await _count(
        state, {state.owners[n.type, n.value].root for n in touched if (n.type, n.value) in state.owners}
    )
    for claim, candidates in left.items():
        meant = _narrowed(state, claim, candidates)
        root = _known(state, meant) or _simple(state, meant, claims[claim])
        if root is None:
            await _flush(state)
            settled[claim] = await _alone(state, meant, claim)
            await _look(state, touched)
            state.carried.clear()
            await _count(state, {owner.root for owner in state.owners.values()})
        else:
            settled[claim] = root
    await _flush(state)


def _simple(state: _State, meant: list[Named], seen_at: datetime) -> UUID | None:
    """A new member, or one root within its limits that gains identities; None when it is not so simple."""
    if not meant:
        return None
    roots = {state.owners[n.type, n.value].root for n in meant if (n.type, n.value) in state.owners}
    if len(roots) > 1:
        return None
    fresh = [n for n in meant if (n.type, n.value) not in state.owners]
    root = next(iter(roots), None)
    carried = (state.carried.get(root, Carried()) if root else Carried()).add(n.type for n in fresh)
    if any(carried.counted[n.type] > n.limit for n in fresh) or carried.total > state.rules.most_identities:
        return None
    if root is None:
        root = ids.new()
        is_anonymous = all(n.is_anonymous for n in meant)
        state.fresh_members.append((root, "VISITOR" if is_anonymous else "MEMBER", seen_at))
    state.carried[root] = carried
    for n in fresh:
        state.fresh_identities.append((root, n))
        state.owners[n.type, n.value] = Owner(root, _is_verified(state, n), is_stale=False)
    return root


async def _alone(state: _State, meant: list[Named], claim: Claim) -> UUID | NoIdentity:
    """One claim by the algorithm of every door; with nothing but shared devices it is a visitor of its own."""
    given: list[Given] = [(n.type, n.value, n.is_verified) for n in meant]
    if not given:
        return await members.add(kind="VISITOR")
    try:
        async with db.savepoint():
            found = await resolution.resolve(
                given, source=state.source, is_checked=not state.is_import, cause=state.causes.get(claim)
            )
            return found.member
    except NoIdentity as nobody:
        return nobody


async def _look(state: _State, named: Iterable[Named]) -> None:
    """Read again who owns these identities and which of them are shared devices."""
    asked = list(named)
    owners, shared = await glance.owners_of(asked)
    for n in asked:
        state.owners.pop((n.type, n.value), None)
    state.owners |= owners
    state.shared |= shared


async def _lock(named: Iterable[Named]) -> None:
    keys = [f"{type_}\x1f{value}" for type_, value in sorted((n.type, n.value) for n in named)]
    await db.run("SELECT pg_advisory_xact_lock(hashtextextended(k, 0)) FROM unnest($1::text[]) AS k", keys)


async def _count(state: _State, roots: set[UUID]) -> None:
    """Lock these roots and count the identities that each carries."""
    missing = [root for root in roots if root not in state.carried]
    if not missing:
        return
    await members.lock(*missing)
    state.carried.update(await identities.carried(missing, state.rules))


async def _flush(state: _State) -> None:
    """Write the members and identities that were decided on."""
    now = clock.now()
    made, attached = state.fresh_members, state.fresh_identities
    state.fresh_members, state.fresh_identities = [], []
    if made:
        await db.run(
            """INSERT INTO profile.member (id, root, kind, status, zone, locale, joined_at, first_seen_at, last_seen_at,
                version)
            SELECT i, i, k, 'ACTIVE', 'Asia/Shanghai', 'zh-CN', CASE WHEN k = 'MEMBER' THEN s END, s, s, 1
            FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) AS g(i, k, s)""",
            [m[0] for m in made], [m[1] for m in made], [m[2] for m in made],
        )  # fmt: skip
    if attached:
        await db.run(
            """INSERT INTO profile.identity
                (id, type, value_norm, member, is_verified, verified_at, first_seen_at, last_seen_at, source)
            SELECT i, t, v, m, p, CASE WHEN p THEN $6::timestamptz END, $6, $6, $7
            FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::boolean[]) AS g(i, t, v, m, p)""",
            [ids.new() for _ in attached], [n.type for _, n in attached], [n.value for _, n in attached],
            [root for root, _ in attached], [_is_verified(state, n) for _, n in attached], now, state.source,
        )  # fmt: skip


def _is_verified(state: _State, n: Named) -> bool:
    return n.is_verified or (state.is_trusted and not n.is_anonymous)


async def _note_seen(state: _State, named: Iterable[Named]) -> None:
    """Known people are seen again, and what a trusted reporter names is verified. Rows in use are left for next time."""
    touched = [
        (n, owner)
        for n in named
        if (owner := state.owners.get((n.type, n.value)))
        and (owner.is_stale or (_is_verified(state, n) and not owner.is_verified))
    ]
    if not touched:
        return
    now = clock.now()
    await db.run(
        """UPDATE profile.identity AS i SET last_seen_at = greatest(i.last_seen_at, $4),
            is_verified = i.is_verified OR n.is_verified,
            verified_at = CASE WHEN n.is_verified THEN coalesce(i.verified_at, $4) ELSE i.verified_at END
        FROM unnest($1::text[], $2::text[], $3::boolean[]) AS n(type, value, is_verified)
        WHERE i.id IN (SELECT l.id FROM profile.identity AS l JOIN unnest($1::text[], $2::text[]) AS w(type, value)
                ON l.type = w.type AND l.value_norm = w.value FOR UPDATE OF l SKIP LOCKED)
            AND i.type = n.type AND i.value_norm = n.value""",
        [n.type for n, _ in touched], [n.value for n, _ in touched],
        [_is_verified(state, n) for n, _ in touched], now,
    )  # fmt: skip
    await db.run(
        """UPDATE profile.member SET last_seen_at = greatest(last_seen_at, $2) WHERE id IN (
            SELECT id FROM profile.member WHERE id = ANY($1) FOR NO KEY UPDATE SKIP LOCKED)""",
        list({owner.root for _, owner in touched}), now,
    )  # fmt: skip
