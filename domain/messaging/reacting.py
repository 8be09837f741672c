"""From interactions to notices, by a table. Historical facts (imports) tell nobody anything.

A reaction only writes rows that are due; the recipient's inbox is changed by the worker, in its own transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain import db
from domain.messaging import notices, tokens
from domain.messaging.types import NoticeType
from domain.profile.drain import Reaction
from domain.profile.interactions import Fact

_SILENT = frozenset({"historical", "no_rules"})
_DEEPEST = 20


@dataclass(frozen=True)
class Tell:
    """A fact tells somebody: ``to`` is the property with the recipient's member id (None: whose fact it is).

    ``by`` is the property with the member who did it, ``when`` the values of properties without which nobody is told.
    """

    type: NoticeType
    to: str | None = None
    target: tuple[str, str] | None = None  # kind, property with the id
    facts: tuple[str, ...] = ()
    by: str | None = None
    when: tuple[tuple[str, object], ...] = ()


_TIER = ("scheme", "tier", "ends_at")
_REWARD = ("reward", "names")
_GIFT = ("amount", "wallet")


def _gift(type_: NoticeType, role: str) -> tuple[Tell, ...]:
    """One side of a gift is told; tips are told by whom they are given through."""
    return (Tell(type_, facts=_GIFT, by="other", when=(("role", role), ("is_tip", False))),)


#: Interaction kind -> whom it tells what.
TELLS: dict[str, tuple[Tell, ...]] = {
    "community.reaction.set": (Tell(NoticeType.REACTION, to="author"),),
    "community.member.followed": (Tell(NoticeType.FOLLOW, to="followed"),),
    "community.circle.invited": (Tell(NoticeType.CIRCLE),),
    "community.circle.joined": (Tell(NoticeType.CIRCLE, when=(("how", "APPROVED"),)),),
    "community.circle.rejected": (Tell(NoticeType.CIRCLE),),
    "community.post.accepted": (Tell(NoticeType.ACCEPTED, to="author"),),
    "services.appointment.booked": (Tell(NoticeType.APPOINTMENT_BOOKED, facts=("starts_at",)),),
    "services.appointment.rescheduled": (Tell(NoticeType.APPOINTMENT_MOVED, facts=("starts_at",)),),
    "services.appointment.cancelled": (Tell(NoticeType.APPOINTMENT_CANCELLED, facts=("starts_at",)),),
    "events.registration.confirmed": (Tell(NoticeType.REGISTRATION_CONFIRMED),),
    "events.registration.approved": (Tell(NoticeType.REGISTRATION_APPROVED),),
    "events.registration.rejected": (Tell(NoticeType.REGISTRATION_REJECTED),),
    "events.registration.expired": (Tell(NoticeType.REGISTRATION_EXPIRED),),
    "events.registration.cancelled": (Tell(NoticeType.REGISTRATION_CANCELLED),),
    "events.registration.late_cancelled": (Tell(NoticeType.REGISTRATION_CANCELLED),),
    "garage.vehicle.bound": (Tell(NoticeType.VEHICLE_BOUND),),
    "garage.vehicle.rejected": (Tell(NoticeType.VEHICLE_REJECTED),),
    "points.expiry.announced": (
        Tell(NoticeType.POINTS_EXPIRING, facts=("amount", "wallet", "expires_at", "days")),
    ),
    "points.tier.reached": (Tell(NoticeType.TIER_REACHED, facts=_TIER),),
    "points.tier.raised": (Tell(NoticeType.TIER_RAISED, facts=_TIER),),
    "points.tier.lowered": (Tell(NoticeType.TIER_LOWERED, facts=_TIER),),
    "points.tier.left": (Tell(NoticeType.TIER_LOWERED, facts=_TIER),),
    "points.tier.will_lower": (
        Tell(
            NoticeType.TIER_WILL_LOWER,
            facts=("scheme", "tier", "projected", "at_risk_on", "needed", "wallet"),
        ),
    ),
    # What is handed over at once is told once.
    "points.reward.redeemed": (
        Tell(NoticeType.REWARD_REDEEMED, facts=_REWARD, when=(("is_instant", False),)),
    ),
    "points.reward.approved": (Tell(NoticeType.REWARD_APPROVED, facts=_REWARD),),
    "points.reward.rejected": (Tell(NoticeType.REWARD_REJECTED, facts=_REWARD),),
    "points.reward.fulfilled": (Tell(NoticeType.REWARD_FULFILLED, facts=_REWARD),),
    "points.reward.cancelled": (Tell(NoticeType.REWARD_CANCELLED, facts=_REWARD),),
    "points.gift.offered": _gift(NoticeType.GIFT_OFFERED, "RECIPIENT"),
    "points.gift.accepted": _gift(NoticeType.GIFT_ACCEPTED, "SENDER"),
    "points.gift.declined": _gift(NoticeType.GIFT_DECLINED, "SENDER"),
    "points.gift.expired": _gift(NoticeType.GIFT_EXPIRED, "SENDER"),
}

#: Kinds that take back, or bring back, what was told of their subject (moderation's own word stays).
WITHDRAWING = frozenset(
    {
        "community.post.removed",
        "community.post.deleted",
        "community.comment.removed",
        "community.comment.deleted",
    }
)
RESTORING = frozenset(
    {
        "community.post.restored",
        "community.post.undeleted",
        "community.comment.restored",
        "community.comment.undeleted",
    }
)
COMMENTED, SIGNED_OUT = "community.comment.published", "profile.session.ended"
#: Kinds that take back what their actor's own deed had told.
UNDOING = {
    "community.reaction.unset": NoticeType.REACTION,
    "community.member.unfollowed": NoticeType.FOLLOW,
}
_WANTED = frozenset(TELLS) | WITHDRAWING | RESTORING | frozenset(UNDOING) | {COMMENTED, SIGNED_OUT}


async def react(fact: Fact) -> None:
    """Write what the fact tells, and take back what it makes void."""
    if fact.kind == SIGNED_OUT:
        await _sign_out(fact)
        return
    if fact.flags & _SILENT:
        return
    if fact.kind == COMMENTED:
        await _tell_of_comment(fact)
    if fact.kind in UNDOING and fact.subject_kind and fact.subject_id:
        await notices.withdraw(
            (fact.subject_kind, fact.subject_id), actor=fact.member, type=UNDOING[fact.kind]
        )
    await _hide_or_show(fact)
    for tell in TELLS.get(fact.kind, ()):
        await _tell(fact, tell)


REACTION = Reaction("messaging", react, _WANTED.__contains__)


async def _tell(fact: Fact, tell: Tell) -> None:
    to = fact.root if tell.to is None else _uuid(fact.properties.get(tell.to))
    if to is None or not fact.subject_kind:
        return
    if any(name not in fact.properties or fact.properties[name] != value for name, value in tell.when):
        return
    facts = {name: fact.properties[name] for name in tell.facts if name in fact.properties}
    target = (tell.target[0], fact.properties.get(tell.target[1])) if tell.target else None
    await notices.send(
        to, tell.type, (fact.subject_kind, fact.subject_id), facts,
        once=fact.id, actor=_actor(fact, tell), target=target, cause=fact.id,
    )  # fmt: skip


def _actor(fact: Fact, tell: Tell) -> UUID | None:
    """Who did it, where it is somebody else's deed."""
    if tell.by is not None:
        return _uuid(fact.properties.get(tell.by))
    return None if tell.to is None else fact.member


async def _tell_of_comment(fact: Fact) -> None:
    """The authors of the comments above and of the post, each once; whom the comment names was told of that."""
    told: set[UUID] = {member for each in fact.properties.get("mentioned") or () if (member := _uuid(each))}
    people = [
        *await _authors_above(_uuid(fact.properties.get("parent"))),
        _uuid(fact.properties.get("author")),
    ]
    for person in people:
        if person is None or person in told:
            continue
        told.add(person)
        await notices.send(
            person, NoticeType.REPLY, ("COMMENT", fact.subject_id), actor=fact.member,
            target=("POST", fact.properties.get("post")), cause=fact.id,
        )  # fmt: skip


async def _authors_above(comment: UUID | None) -> list[UUID]:
    """Who wrote the comment that is answered, and the one that the thread began with."""
    chain: list[UUID] = []
    while comment is not None and len(chain) < _DEEPEST:
        row = await db.one(
            """SELECT m.root, i.properties FROM profile.interaction AS i JOIN profile.member AS m ON m.id = i.member
            WHERE i.subject_kind = 'COMMENT' AND i.subject_id = $1 AND i.kind = $2 LIMIT 1""",
            str(comment), COMMENTED,
        )  # fmt: skip
        if row is None:
            break
        chain.append(row["root"])
        comment = _uuid(row["properties"].get("parent"))
    return list(dict.fromkeys([chain[0], chain[-1]])) if chain else []


async def _hide_or_show(fact: Fact) -> None:
    if not fact.subject_kind or not fact.subject_id:
        return
    subject = (fact.subject_kind, fact.subject_id)
    if fact.kind in WITHDRAWING:
        await notices.withdraw(subject)
    if fact.kind in RESTORING:
        await notices.restore(subject)


async def _sign_out(fact: Fact) -> None:
    session = _uuid(fact.subject_id)
    if fact.root is not None:
        await tokens.drop_of_session(session, fact.root, everywhere=bool(fact.properties.get("everywhere")))


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(str(value)) if value else None
    except ValueError:
        return None
