"""Circles with policy AUTO: who owns a model now, or lives in a city, is in them; who left by himself is not added again.

A fact about one person is judged in the drain; a rule that is new or changed is worked off by a sweep, person by person.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain import clock, db
from domain.actor import SYSTEM
from domain.community import circle_rules, circles, heat, kinds, standings
from domain.community.circle_rules import CITY, MODELS
from domain.foundation.sweeps import Sweep
from domain.profile import interactions, members, traits
from domain.profile.drain import Reaction
from domain.profile.interactions import Fact

AT_ONCE = 200
_OWNING = frozenset({"garage.vehicle.bound", "garage.vehicle.unbound"})
_WANTED = _OWNING | {
    "profile.traits.set",
    "profile.member.joined",
    "profile.member.merged",
    "profile.member.parted",
    "app.identify",
}
#: Places that the rule may open: none, one that only waits, and one that the rule itself ended.
_OPEN = frozenset({None, ("REQUESTED", "MANUAL"), ("INVITED", "INVITE"), ("LEFT", "AUTO")})


async def react(fact: Fact) -> None:
    """Judge the person anew whose cars or city may have changed; owners are trusted more, too."""
    if fact.root is None:
        return
    if fact.kind in _OWNING:
        await standings.note(fact.root)
        await heat.note_voice(fact.root)
    for circle in await db.fetch(
        "SELECT id, auto_rule FROM community.circle WHERE join_policy = 'AUTO' AND merged_into IS NULL ORDER BY id"
    ):
        await _judge(fact.root, circle, fact)


async def work_off() -> int:
    """Judge the next people of the circles whose rule changed; answers how many."""
    due = await db.fetch(
        """SELECT id, auto_due_at, auto_after FROM community.circle WHERE auto_due_at <= $1
        ORDER BY auto_due_at, id LIMIT 20""",
        clock.now(),
    )
    done = 0
    for row in due:
        people = await db.fetch(_CANDIDATES, row["id"], row["auto_after"], AT_ONCE)
        for person in people:
            await _judge_alone(person["root"], row["id"])
        done += len(people)
        is_last = len(people) < AT_ONCE
        await db.run(
            f"""UPDATE community.circle SET auto_after = $3 {", auto_due_at = NULL" if is_last else ""}
            WHERE id = $1 AND auto_due_at = $2""",
            row["id"], row["auto_due_at"], None if is_last else people[-1]["root"],
        )  # fmt: skip
    return done


async def next_due() -> datetime | None:
    """When the next circle is due."""
    return await db.value("SELECT min(auto_due_at) FROM community.circle")


REACTION = Reaction("community.circles", react, _WANTED.__contains__)
SWEEP = Sweep("community.circles", work_off, next_due)

#: Whom a rule may concern: who has one of its values in a trait, and who is in the circle by it. By root.
_CANDIDATES = f"""SELECT DISTINCT m.root FROM community.circle AS k CROSS JOIN LATERAL (
    SELECT t.member FROM profile.trait_value AS t WHERE k.auto_rule IS NOT NULL AND (
        (t.name = '{MODELS}' AND t.value ?| ARRAY(SELECT jsonb_array_elements_text(k.auto_rule -> 'models')))
        OR (t.name = '{CITY}' AND t.value #>> '{{}}' IN (SELECT jsonb_array_elements_text(k.auto_rule -> 'cities'))))
    UNION ALL
    SELECT c.member FROM community.circle_member AS c
    WHERE c.circle = k.id AND c.state = 'ACTIVE' AND c.source = 'AUTO') AS x
JOIN profile.member AS m ON m.id = x.member
WHERE k.id = $1 AND ($2::uuid IS NULL OR m.root > $2) ORDER BY m.root LIMIT $3"""


async def _judge_alone(root: UUID, circle_id: UUID) -> None:
    async with db.transaction():
        (root,) = await members.lock(root)
        circle = await db.one(
            "SELECT id, auto_rule FROM community.circle WHERE id = $1 AND merged_into IS NULL", circle_id
        )
        if circle is not None:
            await _judge(root, circle, None)


async def _judge(root: UUID, circle: db.Row, cause: Fact | None) -> None:
    """Let the person in or out by the rule; the root is locked."""
    fits = circle_rules.fits(circle["auto_rule"], await traits.values_of(root, [MODELS, CITY]))
    place = await circles.place_of(root, circle["id"])
    if fits and (place and (place["state"], place["source"])) in _OPEN:
        occurrence = await circles.enter(place, circle["id"], root, "ACTIVE", "AUTO")
        kind = kinds.CIRCLE_JOINED
    elif (
        not fits
        and place
        and (place["state"], place["source"], place["role"]) == ("ACTIVE", "AUTO", "MEMBER")
    ):
        occurrence = await circles.end_places(root, circle["id"], place["id"], "AUTO")
        kind = kinds.CIRCLE_LEFT
    else:
        return
    await interactions.record(
        SYSTEM, kind, ("CIRCLE", circle["id"]), once=occurrence, member=root, cause=cause, how="AUTO"
    )
    await circles.note_circles(root)
