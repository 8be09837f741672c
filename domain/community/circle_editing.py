"""Changing circles, and merging one into another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.access import audit
from domain.actor import Actor, ActorKind
from domain.community import circle_rules, circles, kinds, viewers
from domain.community.circle_rules import AutoRule
from domain.community.errors import SlugTaken
from domain.community.tables import CircleVisibility, JoinPolicy
from domain.errors import Forbidden, InvalidInput, NotFound, VersionConflict
from domain.foundation import ids
from domain.profile import interactions, traits
from domain.profile.interactions import Entry
from domain.profile.traits import Put

#: What a lead may not change: they are the brand's.
_OF_STAFF = frozenset({"slug", "kind"})


@dataclass(frozen=True)
class Merger:
    """What a merge of circles does: how many people come, and how many posts move."""

    circle: UUID
    member_count: int
    post_count: int


async def edit(actor: Actor, circle_id: UUID, expected_version: int, changes: dict[str, Any]) -> UUID:
    """Change a circle: ``changes`` are columns with their values (``auto_rule`` an :class:`AutoRule`).

    Staff over the circle change everything, its leads all but its address and kind. A changed rule is worked off by a
    sweep. Raises NOT_FOUND, FORBIDDEN, VersionConflict, SlugTaken, InvalidInput.
    """
    async with db.transaction():
        row = await db.one(
            "SELECT * FROM community.circle WHERE id = $1 AND merged_into IS NULL FOR NO KEY UPDATE",
            circle_id,
        )
        if row is None:
            raise NotFound()
        await _must_run(actor, circle_id, changes)
        if row["version"] != expected_version:
            raise VersionConflict(row["version"])
        values = _checked(row, changes)
        if values["slug"] != row["slug"] and await db.value(
            "SELECT EXISTS (SELECT FROM community.circle WHERE slug = $1)", values["slug"]
        ):
            raise SlugTaken(values["slug"])
        names = list(values)
        await db.run(
            f"UPDATE community.circle SET {', '.join(f'{name} = ${n}' for n, name in enumerate(names, start=2))}, "
            "version = version + 1 WHERE id = $1",
            circle_id, *(values[name] for name in names),
        )  # fmt: skip
        if actor.is_staff:
            await audit.append(
                actor, "community.circle.edited", "CIRCLE", circle_id, facts={"changed": sorted(changes)}
            )
    return circle_id


async def merge(
    actor: Actor, circle_id: UUID, into_id: UUID, expected_version: int, *, is_dry_run: bool = False
) -> Merger:
    """Move the people and the posts of a circle into another one, whose address the first answers from now on.

    Nobody who left the other circle is brought back, and roles are not carried over. Locks both circles against joining
    and publishing. Earn rules do not see it. Raises NOT_FOUND, FORBIDDEN, VersionConflict, InvalidInput (into itself,
    into one that is merged away, or from a private one into one that others can read).
    """
    if not actor.has("operator") and not viewers.of(actor).sees_all:
        raise Forbidden("Only operators and moderators of all circles merge circles.")
    async with db.transaction():
        one, other = await _both(circle_id, into_id)
        if one["version"] != expected_version:
            raise VersionConflict(one["version"])
        if is_dry_run:
            return Merger(into_id, *await _extent(circle_id, into_id))
        extent = await _extent(circle_id, into_id)
        await _move_people(actor, circle_id, into_id)
        await db.run("UPDATE community.post SET circle = $2 WHERE circle = $1", circle_id, into_id)
        await db.run("UPDATE community.sanction SET circle = $2 WHERE circle = $1", circle_id, into_id)
        await db.run(
            """UPDATE community.circle SET merged_into = $2, auto_due_at = NULL, version = version + 1
            WHERE id = $1 OR merged_into = $1""",
            circle_id, into_id,
        )  # fmt: skip
        await audit.append(
            actor, "community.circle.merged", "CIRCLE", circle_id,
            facts={"into": str(into_id), "members": extent[0], "posts": extent[1]},
        )  # fmt: skip
    return Merger(other["id"], *extent)


async def _must_run(actor: Actor, circle_id: UUID, changes: dict[str, Any]) -> None:
    if viewers.is_over(actor, circle_id) or (actor.is_staff and actor.has("operator")):
        return
    if await viewers.role_in(actor.member_id, circle_id) != "LEAD":
        raise NotFound()
    if _OF_STAFF.intersection(changes):
        raise Forbidden("Only staff change the address or the kind of a circle.")


def _checked(row: db.Row, changes: dict[str, Any]) -> dict[str, Any]:
    """The columns to write; a circle that is no longer AUTO has no rule."""
    stored = row["auto_rule"] and AutoRule(row["auto_rule"]["models"], row["auto_rule"]["cities"])
    policy = JoinPolicy(changes.get("join_policy", row["join_policy"]))
    rule = changes.get("auto_rule", stored if policy is JoinPolicy.AUTO else None)
    values = {name: changes.get(name, row[name]) for name in
              ("slug", "name", "kind", "visibility", "posting", "approval")}  # fmt: skip
    circle_rules.check(values["slug"], values["name"], policy, rule)
    values["name"] = values["name"].strip()
    is_changed = (rule and rule.stored()) != row["auto_rule"]
    due = {"auto_due_at": clock.now(), "auto_after": None} if is_changed else {}
    return values | {"join_policy": policy, "auto_rule": rule and rule.stored()} | due


async def _both(circle_id: UUID, into_id: UUID) -> tuple[db.Row, db.Row]:
    """Both circles, locked in order of their ids, fit to be merged."""
    rows = await db.fetch(
        "SELECT * FROM community.circle WHERE id = ANY($1) ORDER BY id FOR UPDATE", [circle_id, into_id]
    )
    found = {row["id"]: row for row in rows}
    if circle_id not in found or into_id not in found or found[circle_id]["merged_into"] is not None:
        raise NotFound()
    one, other = found[circle_id], found[into_id]
    if circle_id == into_id or other["merged_into"] is not None:
        raise InvalidInput.at("intoCircleId", "Name another circle that stands.")
    if CircleVisibility.PRIVATE == one["visibility"] != other["visibility"]:
        raise InvalidInput.at(
            "intoCircleId", "What was written in private stays private: name a private circle."
        )
    return one, other


async def _extent(circle_id: UUID, into_id: UUID) -> tuple[int, int]:
    come = await db.value(f"SELECT count(*) FROM ({_COMING}) AS x", circle_id, into_id)
    return come, await db.value("SELECT count(*) FROM community.post WHERE circle = $1", circle_id)


#: The people of the one circle ($1) who are not in the other ($2) and have not left it.
_COMING = """SELECT DISTINCT m.root FROM community.circle_member AS c JOIN profile.member AS m ON m.id = c.member
    WHERE c.circle = $1 AND c.state = 'ACTIVE' AND NOT EXISTS (
        SELECT FROM community.circle_member AS t JOIN profile.member AS o ON o.id = t.member
        WHERE t.circle = $2 AND o.root = m.root AND t.state IN ('ACTIVE', 'LEFT'))"""


async def _move_people(actor: Actor, circle_id: UUID, into_id: UUID) -> None:
    """End the places in the one circle, open those in the other; each person's timeline and trait say so."""
    now = clock.now()
    coming = [row["root"] for row in await db.fetch(f"{_COMING} ORDER BY m.root", circle_id, into_id)]
    await db.run(
        """UPDATE community.circle_member SET state = 'ACTIVE', source = 'MERGE', changed_at = $3,
            transition = transition + 1
        WHERE circle = $1 AND state <> 'ACTIVE' AND member = ANY($2)""",
        into_id, coming, now,
    )  # fmt: skip
    await db.run(
        """INSERT INTO community.circle_member
            (id, circle, member, role, rank, state, source, transition, created_at, changed_at)
        SELECT i, $3, r, 'MEMBER', 0, 'ACTIVE', 'MERGE', 1, $4, $4 FROM unnest($1::uuid[], $2::uuid[]) AS g(i, r)
        ON CONFLICT (circle, member) DO NOTHING""",
        [ids.new() for _ in coming], coming, into_id, now,
    )  # fmt: skip
    left = await db.fetch(
        """UPDATE community.circle_member AS c SET state = 'LEFT', role = 'MEMBER', rank = 0, source = 'MERGE',
            changed_at = $2, transition = transition + 1
        FROM profile.member AS m WHERE m.id = c.member AND c.circle = $1 AND c.state IN ('ACTIVE', 'REQUESTED', 'INVITED')
        RETURNING m.root, c.id || ':' || c.transition AS occurrence""",
        circle_id, now,
    )  # fmt: skip
    came = await db.fetch(
        """SELECT c.member AS root, c.id || ':' || c.transition AS occurrence FROM community.circle_member AS c
        WHERE c.circle = $1 AND c.member = ANY($2)""",
        into_id, coming,
    )  # fmt: skip
    await _tell(actor, circle_id, into_id, left, came)
    await _note_circles(sorted({row["root"] for row in [*left, *came]}))


async def _tell(
    actor: Actor, circle_id: UUID, into_id: UUID, left: Sequence[db.Row], came: Sequence[db.Row]
) -> None:
    """Each person's two facts, one after the other."""
    facts = [(row["root"], kinds.CIRCLE_LEFT, circle_id, row["occurrence"]) for row in left]
    facts += [(row["root"], kinds.CIRCLE_JOINED, into_id, row["occurrence"]) for row in came]
    facts.sort(key=lambda fact: (fact[0], fact[1] is kinds.CIRCLE_JOINED))
    await interactions.record_many(
        [
            Entry(
                kind, ("CIRCLE", circle), occurrence, root, clock.now(), ActorKind(actor.kind), actor.id,
                properties={"how": "MERGE"},
            )
            for root, kind, circle, occurrence in facts
        ],
        flags=["no_rules"],
        touchpoint=actor.touchpoint,
    )  # fmt: skip


async def _note_circles(roots: Sequence[UUID]) -> None:
    """The trait ``community.circles`` of many people, in a fixed number of statements."""
    rows = await db.fetch(circles.SLUGS, list(roots))
    await traits.put_many(
        [Put(row["root"], {circles.TRAIT: row["slugs"]}, clock.now(), "~", origin="COMPUTED") for row in rows]
    )
