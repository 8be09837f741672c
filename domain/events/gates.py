"""May this member register? Every gate is asked, in order, and every failing one gives its reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.capacity.rules import AvailabilityState
from domain.errors import Ineligibility
from domain.events import funds, offers, rules
from domain.events.offers import Offer
from domain.events.rules import OccurrenceState
from domain.profile import members

#: The sentence of each reason, Chinese and English.
SENTENCES: dict[str, tuple[str, str]] = {
    "SUSPENDED": ("会员已被停用。", "This membership is suspended."),
    "NOT_PUBLISHED": ("活动尚未发布。", "This event is not published."),
    "CANCELLED": ("活动已取消。", "This event was called off."),
    "STARTED": ("活动已开始。", "This event has started."),
    "SALE_NOT_STARTED": ("报名尚未开始。", "Registration has not opened yet."),
    "SALE_ENDED": ("报名已截止。", "Registration is over."),
    "MEMBER_LIMIT": ("超过每人名额上限。", "This is more than one member may have."),
    "ALREADY_REGISTERED": ("您已报名该活动。", "You have registered for this event already."),
    "QUESTIONS": ("请回答必填问题。", "Answer the required questions."),
    "FULL": ("名额已满。", "No places are left."),
    "INSUFFICIENT_POINTS": ("积分不足。", "There are not enough points."),
}


@dataclass(frozen=True)
class Asker:
    """The facts of a member that the gates look at."""

    root: UUID
    is_suspended: bool
    live_registration: UUID | None
    points: int | None = None  # minor units; None: not looked at


@dataclass(frozen=True)
class Question:
    """What is asked of the gates."""

    party_size: int = 1
    answers: dict[str, Any] = field(default_factory=dict)
    at: datetime | None = None


async def asker(root: UUID, occurrence_id: UUID, *, points: int | None = None) -> Asker:
    """Read the member's facts (two statements)."""
    status = await db.value("SELECT status FROM profile.member WHERE id = $1", root)
    return Asker(root, status != "ACTIVE", await live_registration(root, occurrence_id), points)


async def live_registration(root: UUID, occurrence_id: UUID) -> UUID | None:
    """The registration of a root for an occurrence that counts, whichever of its members wrote it."""
    return await db.value(
        """SELECT r.id FROM events.registration AS r JOIN profile.member AS m ON m.id = r.member
        WHERE m.root = $1 AND r.occurrence = $2 AND r.state = ANY($3) ORDER BY r.registered_at, r.id LIMIT 1""",
        root, occurrence_id, list(rules.LIVE_STATES),
    )  # fmt: skip


async def ask(actor: Actor, occurrence_id: UUID, tier_id: UUID, party_size: int) -> list[Ineligibility]:
    """Every reason why the acting member cannot register; answers to questions are not looked at yet."""
    root = await members.root_of(actor.must_be_member())
    offer = await offers.find(occurrence_id, tier_id)
    who = await asker(root, occurrence_id, points=await funds.available(root))
    answered = {question["id"]: "-" for question in offer.tier.row["questions"]}
    return all_of(offer, who, Question(party_size, answered))


def standing(offer: Offer, who: Asker, asked: Question) -> list[Ineligibility]:
    """Reasons that lie in the member, the occurrence, the sale and the answers; not places nor points."""
    now = asked.at or clock.now()
    return [
        *([reason("SUSPENDED")] if who.is_suspended else []),
        *of_occurrence(offer.occurrence, now),
        *_of_sale(offer.tier.row, now),
        *_of_limits(offer.tier.row, who, asked.party_size),
        *_of_questions(offer.tier.row["questions"], asked.answers),
    ]


def all_of(offer: Offer, who: Asker, asked: Question) -> list[Ineligibility]:
    """Every failing gate, in the order of the gates."""
    reasons = standing(offer, who, asked)
    left = offer.tier.availability
    if left.state is not AvailabilityState.AVAILABLE or (
        left.available is not None and left.available < asked.party_size
    ):
        reasons.append(reason("FULL", required=str(asked.party_size), actual=str(left.available or 0)))
    least = least_points(offer, asked.party_size)
    if who.points is not None and who.points < least:
        reasons.append(reason("INSUFFICIENT_POINTS", required=str(least), actual=str(who.points)))
    return reasons


def of_occurrence(occurrence: db.Row, now: datetime) -> list[Ineligibility]:
    """Reasons that lie in the occurrence's own state and time."""
    state = OccurrenceState(occurrence["state"])
    if state in (OccurrenceState.DRAFT, OccurrenceState.IN_REVIEW):
        return [reason("NOT_PUBLISHED")]
    if state is OccurrenceState.CANCELLED:
        return [reason("CANCELLED")]
    if state is not OccurrenceState.PUBLISHED or occurrence["starts_at"] <= now:
        return [reason("STARTED")]
    return []


def least_points(offer: Offer, party_size: int) -> int:
    """The fewest points with which a party can register."""
    mix = offer.tier.row["price_mix"]
    ways = [option.price.points for option in offer.tier.options] + ([mix["minPoints"]] if mix else [])
    return min(ways, default=0) * party_size


def reason(
    code: str, *, required: str | None = None, actual: str | None = None, available_at: datetime | None = None
) -> Ineligibility:
    """A reason with its sentence and its next step."""
    return Ineligibility(
        code=code,
        message=SENTENCES[code][0],
        en=SENTENCES[code][1],
        next_step=rules.next_step(code),
        required=required,
        actual=actual,
        available_at=available_at,
    )


def _of_sale(tier: db.Row, now: datetime) -> list[Ineligibility]:
    if tier["sale_starts_at"] is not None and now < tier["sale_starts_at"]:
        return [reason("SALE_NOT_STARTED", available_at=tier["sale_starts_at"])]
    if tier["sale_ends_at"] is not None and now >= tier["sale_ends_at"]:
        return [reason("SALE_ENDED")]
    return []


def _of_limits(tier: db.Row, who: Asker, party_size: int) -> list[Ineligibility]:
    found = []
    most = tier["max_per_member"]
    if most is not None and party_size > most:
        found.append(reason("MEMBER_LIMIT", required=str(most), actual=str(party_size)))
    if who.live_registration is not None:
        found.append(reason("ALREADY_REGISTERED"))
    return found


def _of_questions(questions: list[dict[str, Any]], answers: dict[str, Any]) -> list[Ineligibility]:
    missing = [
        question["id"]
        for question in questions
        if question.get("isRequired") and not str(answers.get(question["id"]) or "").strip()
    ]
    return [reason("QUESTIONS", required=", ".join(missing))] if missing else []
