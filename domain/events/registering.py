"""Registering for an occurrence: eligible, a place, the points — or nothing of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.capacity import taking
from domain.capacity.errors import PoolFull
from domain.capacity.rules import Purpose, State
from domain.errors import HoldExpired, InvalidInput, NotEligible, NotFound
from domain.events import changes, funds, gates, offers, refusing, rules
from domain.events.errors import AlreadyRegistered, EventFull, PartyTooLarge, PriceChanged
from domain.events.offers import Offer
from domain.events.rules import Price, RegistrationState
from domain.foundation import ids
from domain.profile import members

PAY_WITHIN = timedelta(minutes=15)
HOLD_LONGER = timedelta(minutes=10)
MOST_ANSWERS = 20
LONGEST_ANSWER = 2_000


@dataclass(frozen=True)
class Person:
    """Somebody of the party."""

    name: str | None = None


@dataclass(frozen=True)
class Wanted:
    """What the member asks for. ``expected`` is the whole party's price as it was shown.

    Paid by one of the tier's options, or by ``points`` of its free mix (minor units).
    """

    occurrence_id: UUID
    tier_id: UUID
    party_size: int = 1
    attendees: tuple[Person, ...] = ()
    option_id: UUID | None = None
    points: int | None = None
    expected: Price | None = None
    hold_id: UUID | None = None
    answers: dict[str, Any] = field(default_factory=dict)
    campaign: str | None = None
    experiment_arm: str | None = None


async def register(actor: Actor, wanted: Wanted) -> UUID:
    """Register the acting member and their party; answers the registration.

    Locks: the member's root, the tier's pools in order, the points account, then the record. Cash due 0 and no
    approval: points are captured at once and it is CONFIRMED; with an approval they stay held (PENDING_REVIEW); with
    cash due until it is paid (PENDING_PAYMENT, 15 min). Refuses AlreadyRegistered, NotEligible, PartyTooLarge,
    PriceChanged, EventFull, HoldExpired, InsufficientPoints.
    """
    async with refusing.remembered(actor, wanted.occurrence_id), db.transaction():
        root = (await members.lock(actor.must_be_member()))[0]
        offer = await offers.find(wanted.occurrence_id, wanted.tier_id)
        await must_be_admitted(root, offer, wanted.party_size, wanted.answers)
        _check(offer, wanted)
        price = _price(offer, wanted)
        if wanted.expected is not None and wanted.expected != price:
            raise PriceChanged(price)
        state = _first_state(offer, price)
        registration_id = ids.new()
        pay_by = clock.now() + PAY_WITHIN if state is RegistrationState.PENDING_PAYMENT else None
        hold = await _places(root, offer, wanted, registration_id, state, pay_by)
        columns = {
            "id": registration_id,
            "occurrence": wanted.occurrence_id,
            "tier": wanted.tier_id,
            "member": root,
            "party_size": wanted.party_size,
            "hold": hold,
            **await _pay(actor, root, registration_id, price, state, pay_by),
            "cash_due": price.cash,
            "price": _snapshot(price, wanted),
            "refund_policy": offer.tier.row["refund_policy"],
            "pay_by": pay_by,
            "answers": wanted.answers,
            "campaign": wanted.campaign,
            "experiment_arm": wanted.experiment_arm,
        }
        await changes.begin(actor, columns, state)
        await _list_attendees(root, registration_id, wanted)
    return registration_id


async def decline(actor: Actor, occurrence_id: UUID) -> UUID:
    """Say that one does not come; a registration that counts answers AlreadyRegistered, a second no is the first."""
    async with db.transaction():
        root = (await members.lock(actor.must_be_member()))[0]
        occurrence = await db.one("SELECT * FROM events.occurrence WHERE id = $1", occurrence_id)
        await _must_be_announced(occurrence)
        live = await gates.live_registration(root, occurrence_id)
        if live is not None:
            raise AlreadyRegistered(live)
        said = await db.value(
            """SELECT r.id FROM events.registration AS r JOIN profile.member AS m ON m.id = r.member
            WHERE m.root = $1 AND r.occurrence = $2 AND r.state = 'DECLINED' LIMIT 1""",
            root, occurrence_id,
        )  # fmt: skip
        if said is not None:
            return said
        columns = {
            "id": ids.new(),
            "occurrence": occurrence_id,
            "member": root,
            "party_size": 1,
            "price": {"points": 0, "cash": 0},
            "refund_policy": {},
            "answers": {},
        }
        row = await changes.begin(actor, columns, RegistrationState.DECLINED)
    return row["id"]


async def must_be_admitted(root: UUID, offer: Offer, party_size: int, answers: dict[str, Any]) -> None:
    """AlreadyRegistered, PartyTooLarge or NotEligible; the root is locked, so nobody registers it meanwhile."""
    who = await gates.asker(root, offer.occurrence["id"])
    if who.live_registration is not None:
        raise AlreadyRegistered(who.live_registration)
    reasons = gates.standing(offer, who, gates.Question(party_size, answers))
    if reasons:
        raise NotEligible(reasons)
    tier = offer.tier.row
    if party_size > tier["max_party"]:
        raise PartyTooLarge(tier["max_party"])
    if party_size < tier["min_party"]:
        raise InvalidInput.at("partySize", f"A party has at least {tier['min_party']} people.")


async def full(offer: Offer, root: UUID, party_size: int, answers: dict[str, Any]) -> EventFull | NotEligible:
    """What a full pool means to the member: perhaps the occurrence was called off just now."""
    now = await offers.find(offer.occurrence["id"], offer.tier.id)
    who = gates.Asker(root, is_suspended=False, live_registration=None)
    reasons = gates.standing(now, who, gates.Question(party_size, answers))
    return NotEligible(reasons) if reasons else EventFull(now.tier.availability)


async def own_checkouts(root: UUID, occurrence_id: UUID) -> list[UUID]:
    """The member's places in checkout for an occurrence: they never stand in the member's own way."""
    rows = await db.fetch(
        """SELECT h.id FROM capacity.hold AS h JOIN profile.member AS m ON m.id = h.member
        WHERE m.root = $1 AND h.purpose = 'CHECKOUT' AND h.state = 'HELD'
        AND h.subject_kind = 'OCCURRENCE' AND h.subject_id = $2""",
        root, occurrence_id,
    )  # fmt: skip
    return [row["id"] for row in rows]


async def _must_be_announced(occurrence: db.Row | None) -> None:
    if occurrence is None or occurrence["state"] not in rules.PUBLIC_STATES:
        raise NotFound()
    if occurrence["state"] == "CANCELLED":
        raise NotEligible([gates.reason("CANCELLED")])
    if occurrence["state"] != "PUBLISHED" or occurrence["starts_at"] <= clock.now():
        raise NotEligible([gates.reason("STARTED")])


def _check(offer: Offer, wanted: Wanted) -> None:
    if len(wanted.attendees) > wanted.party_size:
        raise InvalidInput.at("attendees", "There are more attendees than the party has people.")
    if any(len(person.name or "") > 100 for person in wanted.attendees):
        raise InvalidInput.at("attendees", "A name has at most 100 characters.")
    known = {question["id"]: question for question in offer.tier.row["questions"]}
    unknown = sorted(wanted.answers.keys() - known.keys())
    if unknown:
        raise InvalidInput.at(f"answers.{unknown[0][:40]}", "This is not asked.")
    for name, answer in wanted.answers.items():
        if not isinstance(answer, str | int | bool) or len(str(answer)) > LONGEST_ANSWER:
            raise InvalidInput.at(
                f"answers.{name}", f"Answer with a text of at most {LONGEST_ANSWER} characters."
            )
        choices = known[name].get("choices")
        if choices and answer not in choices:
            raise InvalidInput.at(f"answers.{name}", "Choose one of the choices.")


def _price(offer: Offer, wanted: Wanted) -> Price:
    """What the whole party pays now; PriceChanged when the option that was shown is no more."""
    mix = offer.tier.row["price_mix"]
    if wanted.points is not None:
        if mix is None:
            raise InvalidInput.at("tender.points", "This tier has fixed prices: choose one.")
        try:
            return rules.price_of_mix(mix, wanted.party_size, wanted.points)
        except rules.PriceProblem as problem:
            raise InvalidInput.at(problem.path, str(problem)) from None
    options = offer.tier.options
    chosen = [option for option in options if option.id == wanted.option_id]
    if not chosen and wanted.option_id is None and len(options) == 1:
        chosen = options
    if not chosen and (wanted.option_id is None or not options):
        raise InvalidInput.at("tender", "Say how the party pays.")
    price = (chosen or options)[0].price.times(wanted.party_size)
    if not chosen:
        raise PriceChanged(price)
    return price


def _first_state(offer: Offer, price: Price) -> RegistrationState:
    if offer.tier.row["needs_approval"]:
        return RegistrationState.PENDING_REVIEW
    return RegistrationState.PENDING_PAYMENT if price.cash else RegistrationState.CONFIRMED


async def _places(
    root: UUID,
    offer: Offer,
    wanted: Wanted,
    registration_id: UUID,
    state: RegistrationState,
    pay_by: datetime | None,
) -> UUID:
    """The party's places: those of the checkout, or new ones instead of it."""
    to = State.TAKEN if state is RegistrationState.CONFIRMED else State.PENDING
    places = {pool.id: wanted.party_size for pool in offer.tier.pools}
    subject = ("REGISTRATION", registration_id)
    if wanted.hold_id is not None:
        await _must_be_own_checkout(root, wanted, places)
        await taking.move(
            wanted.hold_id, to, purpose=Purpose.REGISTRATION, subject=subject, expires_at=pay_by
        )
        return wanted.hold_id
    try:
        return await taking.take(
            places, purpose=Purpose.REGISTRATION, subject=subject, member=root, state=to, expires_at=pay_by,
            instead_of=await own_checkouts(root, wanted.occurrence_id),
        )  # fmt: skip
    except PoolFull:
        refused = await full(offer, root, wanted.party_size, wanted.answers)
    raise refused


async def _must_be_own_checkout(root: UUID, wanted: Wanted, places: dict[UUID, int]) -> None:
    assert wanted.hold_id is not None
    hold = await taking.by_id(wanted.hold_id)
    is_own = hold["member"] is not None and await members.root_of(hold["member"]) == root
    if not is_own or hold["purpose"] != Purpose.CHECKOUT or hold["subject_id"] != wanted.occurrence_id:
        raise NotFound()
    await taking.lock_pools_of([wanted.hold_id])
    hold = await taking.by_id(wanted.hold_id)
    if hold["state"] != State.HELD or hold["expires_at"] <= clock.now():
        raise HoldExpired()
    if await taking.lines_of(wanted.hold_id) != places:
        raise InvalidInput.at("holdId", "These places are of another tier or party size.")


async def _pay(
    actor: Actor,
    root: UUID,
    registration_id: UUID,
    price: Price,
    state: RegistrationState,
    pay_by: datetime | None,
) -> dict[str, Any]:
    if not price.points:
        return {}
    until = pay_by + HOLD_LONGER if pay_by else None
    hold = await funds.hold(actor, root, registration_id, price.points, until)
    if state is not RegistrationState.CONFIRMED:
        return {"points_hold": hold, "points_held": price.points}
    await funds.capture(actor, hold)
    return {"points_hold": hold, "points_paid": price.points}


def _snapshot(price: Price, wanted: Wanted) -> dict[str, Any]:
    return {
        "points": price.points,
        "cash": price.cash,
        "optionId": str(wanted.option_id) if wanted.option_id else None,
    }


async def _list_attendees(root: UUID, registration_id: UUID, wanted: Wanted) -> None:
    names = [person.name for person in wanted.attendees]
    names += [None] * (wanted.party_size - len(names))
    await db.run_many(
        "INSERT INTO events.attendee (id, registration, number, name, member) VALUES ($1, $2, $3, $4, $5)",
        [
            (ids.new(), registration_id, number, name, root if number == 1 else None)
            for number, name in enumerate(names, start=1)
        ],
    )
