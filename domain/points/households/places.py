"""Beginning a household, inviting into it, joining and leaving it, and what its members may take.

Locks: the roots of everybody whose place changes, by id, then the household. A household's owner is who has been in it
for the longest, so ownership passes on by itself when the owner leaves.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.errors import IllegalTransition, InvalidInput, NotFound
from domain.foundation import ids
from domain.points import amounts, books
from domain.points.households import kinds, reading
from domain.points.households.errors import (
    AlreadyInHousehold,
    HouseholdFull,
    NotHouseholdOwner,
    NotInHousehold,
)
from domain.points.households.reading import Household, Place
from domain.points.households.rules import EDGES, INVITATION_DAYS, MOST
from domain.points.households.tables import PlaceState
from domain.profile import interactions, members
from domain.profile.catalogue import Kind

_LOCKED = "SELECT FROM points.household WHERE id = $1 FOR NO KEY UPDATE"


async def create(actor: Actor, wallet: str) -> Household:
    """Begin a household that shares a wallet, as its owner. Refuses AlreadyInHousehold, MemberSuspended."""
    async with db.transaction():
        (me,) = await members.lock(await members.must_be_active(actor))
        await _must_be_free(me)
        found = await books.wallet(wallet)
        if found is None:
            raise InvalidInput.at("wallet", f"There is no wallet {wallet}.")
        if not (found.is_spendable and found.has_lots):
            raise InvalidInput.at(
                "wallet", f"{wallet} cannot be shared: it is not spendable, or keeps no lots."
            )
        made, now = ids.new(), clock.now()
        await db.run(
            "INSERT INTO points.household (id, wallet_type, created_at) VALUES ($1, $2, $3)",
            made,
            found.id,
            now,
        )
        await db.run(
            """INSERT INTO points.household_member (id, household, member, state, joined_at, created_at)
            VALUES ($1, $2, $3, 'JOINED', $4, $4)""",
            ids.new(), made, me, now,
        )  # fmt: skip
        household = await mine(me)
        await _record(actor, kinds.CREATED, household.owner, wallet=wallet)
        return household


async def invite(actor: Actor, member: UUID, monthly_limit: Decimal | None = None) -> Place:
    """The owner invites somebody; an open invitation answers as it is.

    Refuses NotInHousehold, NotHouseholdOwner, HouseholdFull, MemberSuspended.
    """
    async with db.transaction():
        me, household = await _owned(actor, member)
        row = await members.by_id(member)
        if row is None or (row["kind"], row["status"]) != ("MEMBER", "ACTIVE"):
            raise NotFound()
        if household.place_of(row["id"]) is not None:
            raise InvalidInput.at("memberId", "This person is in the household already.")
        limit = _limit(household, monthly_limit)
        open_ = await reading.invited(household.id)
        known = next((place for place in open_ if place.root == row["id"]), None)
        if known is not None:
            return known
        if len(household.places) + len(open_) >= MOST:
            raise HouseholdFull(MOST)
        made, now = ids.new(), clock.now()
        await db.run(  # one whose time is over makes room for the new one
            """UPDATE points.household_member SET state = 'WITHDRAWN', ended_at = expires_at
            WHERE household = $1 AND member = $2 AND state = 'INVITED'""",
            household.id, row["id"],
        )  # fmt: skip
        await db.run(
            """INSERT INTO points.household_member (id, household, member, state, monthly_limit, expires_at, created_at)
            VALUES ($1, $2, $3, 'INVITED', $4, $5, $6)""",
            made, household.id, row["id"], limit, now + timedelta(days=INVITATION_DAYS), now,
        )  # fmt: skip
        place = await _one(made)
        await _record(actor, kinds.INVITED, place, by=str(me))
        return place


async def accept(actor: Actor, invitation: UUID) -> Household:
    """The invited member joins: from now on the others may take the own points, and the other way round.

    Refuses AlreadyInHousehold, IllegalTransition, HouseholdFull, MemberSuspended.
    """
    async with db.transaction():
        me, place = await _to_me(actor, invitation)
        await _must_be_free(me)
        joined = (await reading.owners([place.household])).get(place.household)
        household = await reading.of_root(joined.root) if joined else None
        if household is None:  # everybody is set aside by merges for now: nobody is there to be joined
            raise IllegalTransition(place.state, PlaceState.JOINED, [PlaceState.DECLINED])
        if len(household.places) >= MOST:
            raise HouseholdFull(MOST)
        await _turn(place, PlaceState.JOINED)
        await _record(actor, kinds.JOINED, place)
        return await mine(me)


async def decline(actor: Actor, invitation: UUID) -> Place:
    """The invited member stays out. Refuses IllegalTransition, MemberSuspended."""
    async with db.transaction():
        _, place = await _to_me(actor, invitation)
        await _turn(place, PlaceState.DECLINED)
        await _record(actor, kinds.DECLINED, place)
        return await _one(place.id)


async def leave(actor: Actor) -> Place:
    """Take the own points out of the household; with the last member its open invitations end. Refuses NotInHousehold."""
    async with db.transaction():
        (me,) = await members.lock(await members.must_be_active(actor))
        household = await _locked(me)
        place = household.place_of(me)
        assert place is not None
        await _leave(actor, place, "LEFT")
        if len(household.places) == 1:
            await _withdraw_all(actor, household)
        return await _one(place.id)


async def remove(actor: Actor, member: UUID) -> Place:
    """The owner ends somebody's place or invitation. Refuses NotInHousehold, NotHouseholdOwner, MemberSuspended."""
    async with db.transaction():
        me, household = await _owned(actor, member)
        root = await members.root_of(member)
        if root == me:
            raise InvalidInput.at("memberId", "Leave the household, or dissolve it.")
        joined = household.place_of(root)
        invited = next((p for p in await reading.invited(household.id) if p.root == root), None)
        place = joined or invited
        if place is None:
            raise NotFound()
        if joined is not None:
            await _leave(actor, joined, "REMOVED")
        else:
            await _turn(place, PlaceState.WITHDRAWN)
            await _record(actor, kinds.WITHDRAWN, place)
        return await _one(place.id)


async def dissolve(actor: Actor) -> Household:
    """The owner ends the household: everybody leaves with the own points; answers it as it was.

    Refuses NotInHousehold, NotHouseholdOwner, MemberSuspended.
    """
    async with db.transaction():
        me = await members.must_be_active(actor)
        before = await reading.of_root(me)
        _, household = await _owned(actor, *(place.root for place in (before.places if before else ())))
        for place in household.places:
            await _leave(actor, place, "DISSOLVED")
        await db.run(
            "UPDATE points.household_member SET state = 'LEFT', ended_at = $2 WHERE household = $1 AND state = 'MERGED'",
            household.id, clock.now(),
        )  # fmt: skip
        await _withdraw_all(actor, household)
        return household


async def set_limit(actor: Actor, member: UUID, monthly_limit: Decimal | None) -> Household:
    """The owner says how many of the others' points a member may take a month (None: all there are).

    Refuses NotInHousehold, NotHouseholdOwner, MemberSuspended.
    """
    async with db.transaction():
        _, household = await _owned(actor, member)
        place = household.place_of(await members.root_of(member))
        if place is None:
            raise NotFound()
        limit = _limit(household, monthly_limit)
        if limit != place.monthly_limit:
            await db.run(
                "UPDATE points.household_member SET monthly_limit = $2 WHERE id = $1", place.id, limit
            )
            said = None if limit is None else str(amounts.decimal(limit, household.scale))
            await _record(actor, kinds.LIMITED, place, once=ids.new(), monthly_limit=said)
        return await mine(place.root)


async def mine(root: UUID) -> Household:
    """The household in which a person is, or NotInHousehold."""
    found = await reading.of_root(root)
    if found is None:
        raise NotInHousehold()
    return found


async def lock_for_spending(household: UUID) -> None:
    """Nobody's place changes until the transaction ends; spends do not wait for one another."""
    await db.run("SELECT FROM points.household WHERE id = $1 FOR SHARE", household)


async def _locked(root: UUID) -> Household:
    found = await mine(root)
    await db.run(_LOCKED, found.id)
    return await mine(root)  # again, under the lock


async def _owned(actor: Actor, *others: UUID) -> tuple[UUID, Household]:
    me = await members.must_be_active(actor)
    await members.lock(me, *others)
    household = await _locked(me)
    if household.owner.root != me:
        raise NotHouseholdOwner(household.owner.display_name)
    return me, household


async def _to_me(actor: Actor, invitation: UUID) -> tuple[UUID, Place]:
    (me,) = await members.lock(await members.must_be_active(actor))
    place = await reading.place(invitation)
    if place is None or place.root != me or place.state == PlaceState.MERGED:
        raise NotFound()
    await db.run(_LOCKED, place.household)
    return me, await _one(invitation)


async def _must_be_free(root: UUID) -> None:
    found = await reading.of_root(root)
    if found is not None:
        raise AlreadyInHousehold(found.id)


def _limit(household: Household, limit: Decimal | None) -> int | None:
    if limit is None:
        return None
    minor = amounts.minor(limit, household.scale, "monthlyLimit")
    if minor < 0:
        raise InvalidInput.at("monthlyLimit", "Use 0 or more.")
    return minor


async def _one(place: UUID) -> Place:
    found = await reading.place(place)
    assert found is not None
    return found


async def _turn(place: Place, state: PlaceState) -> None:
    """One step along an edge, or IllegalTransition."""
    now = clock.now()
    turned = state in EDGES[place.state] and await db.run(
        """UPDATE points.household_member SET state = $3::text,
            joined_at = CASE WHEN $3::text = 'JOINED' THEN $4::timestamptz ELSE joined_at END,
            ended_at = CASE WHEN $3::text = 'JOINED' THEN NULL ELSE $4::timestamptz END
        WHERE id = $1 AND state = $2""",
        place.id, place.state, state, now,
    )  # fmt: skip
    if not turned:
        raise IllegalTransition(place.state, state, sorted(EDGES[place.state]))


async def _leave(actor: Actor, place: Place, reason: str) -> None:
    await _turn(place, PlaceState.LEFT)
    await _record(actor, kinds.LEFT, place, reason=reason)


async def _withdraw_all(actor: Actor, household: Household) -> None:
    """No one is left to be joined. Each invited member's row changes by itself; their roots need no lock."""
    for place in await reading.invited(household.id):
        await _turn(place, PlaceState.WITHDRAWN)
        await _record(actor, kinds.WITHDRAWN, place)


async def _record(actor: Actor, kind: Kind, place: Place, *, once: Any = None, **more: Any) -> None:
    await interactions.record(
        actor, kind, ("HOUSEHOLD", place.household), once=once or place.id, member=place.root, **more
    )
