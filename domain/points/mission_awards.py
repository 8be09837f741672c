"""What missions give: an award a counted day (or fact), a full streak, or a claimed round; only differences are posted.

Over merged members the same award may have been posted twice; the sum of all their rows is brought to what is due.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.foundation import ids
from domain.points import books, ledger, mission_rules
from domain.points.ledger import Cause
from domain.points.mission_rules import Round
from domain.profile.interactions import Fact

Amounts = dict[str, int]


async def claimed(mission: UUID, people: Sequence[UUID]) -> frozenset[int]:
    """The rounds whose reward these members have claimed."""
    rows = await db.fetch(
        "SELECT round FROM points.mission_award WHERE mission = $1 AND member = ANY($2) AND starts_with(key, 'claim:')",
        mission, list(people),
    )  # fmt: skip
    return frozenset(row["round"] for row in rows)


async def claim(mission: UUID, root: UUID, number: int) -> UUID:
    """Note that a round's reward is claimed; the next :func:`bring` posts it. Answers the award."""
    return await db.value(
        """INSERT INTO points.mission_award (id, mission, member, round, key, due_at, desired, posted, turns, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, '{}', '{}', 0, $6) RETURNING id""",
        ids.new(), mission, root, number, f"claim:{number}", clock.now(),
    )  # fmt: skip


async def bring(
    mission: UUID,
    code: str,
    root: UUID,
    people: Sequence[UUID],
    rounds: Sequence[Round],
    ends: Mapping[date, datetime],
    actor: Actor,
    cause: Fact | None,
) -> None:
    """Bring what was given to what these rounds give, as far as it is due."""
    rows = await db.fetch(
        "SELECT * FROM points.mission_award WHERE mission = $1 AND member = ANY($2) ORDER BY key, id FOR UPDATE",
        mission, list(people),
    )  # fmt: skip
    wanted = _wanted(rounds, {row["key"] for row in rows}, ends)
    kept = {each.number for each in rounds if each.is_kept}
    by_key: dict[str, list[db.Row]] = {}
    for row in rows:
        if row["round"] not in kept or row["key"] in wanted:
            by_key.setdefault(row["key"], []).append(row)
    for key in sorted(by_key.keys() | wanted.keys()):
        number, due_at, amounts = wanted.get(key, (0, clock.now(), {}))
        of_key = by_key.get(key) or [await _add(mission, root, number, key, due_at)]
        await _bring_one(code, root, of_key, due_at, amounts, actor, cause)
    stale = [
        row["id"]
        for key, of_key in by_key.items()
        if key.startswith("claim:") and key not in wanted
        for row in of_key
    ]
    await db.run(
        "UPDATE points.mission_award SET key = 'undone:' || id, due_at = $2 WHERE id = ANY($1)",
        stale,
        clock.now(),
    )


def _wanted(
    rounds: Sequence[Round], known: set[str], ends: Mapping[date, datetime]
) -> dict[str, tuple[int, datetime, Amounts]]:
    """What each key gives, from which round and when."""
    now = clock.now()
    found: dict[str, tuple[int, datetime, Amounts]] = {}
    for each in rounds:
        waits = each.said["pays_next_day"]
        if not each.is_kept:
            for key, (day, amounts) in each.awards().items():
                found[key] = (each.number, ends.get(day, now) if waits else now, amounts)
        claim_key = f"claim:{each.number}"
        if each.completed_on is not None and claim_key in known:
            found[claim_key] = (each.number, now, mission_rules.rewards(each.said))
    return found


async def _add(mission: UUID, root: UUID, number: int, key: str, due_at: datetime) -> db.Row:
    row = await db.one(
        """INSERT INTO points.mission_award (id, mission, member, round, key, due_at, desired, posted, turns, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, '{}', '{}', 0, $7) RETURNING *""",
        ids.new(), mission, root, number, key, due_at, clock.now(),
    )  # fmt: skip
    assert row is not None
    return row


async def _bring_one(
    code: str,
    root: UUID,
    rows: Sequence[db.Row],
    due_at: datetime,
    amounts: Amounts,
    actor: Actor,
    cause: Fact | None,
) -> None:
    """One row is to give it all, the others nothing: what was given to a member merged into this one stays, so that an
    undo of the merge returns it whole."""
    is_due = due_at <= clock.now()
    own = min(rows, key=lambda row: (not row["posted"], row["member"] == root, row["id"]))
    for row in rows:
        desired = amounts if row is own else {}
        posted = row["posted"]
        if not is_due and not posted:
            await db.run(
                "UPDATE points.mission_award SET desired = $2, due_at = $3 WHERE id = $1",
                row["id"],
                desired,
                due_at,
            )
            continue
        if desired == posted:
            if row["desired"] != desired:
                await db.run("UPDATE points.mission_award SET desired = $2 WHERE id = $1", row["id"], desired)
            continue
        await db.run(
            "UPDATE points.mission_award SET desired = $2, posted = $2, due_at = $3, turns = turns + 1 WHERE id = $1",
            row["id"], desired, min(due_at, clock.now()),
        )  # fmt: skip
        await _post(code, root, row, desired, actor, cause)


async def _post(
    code: str, root: UUID, row: db.Row, desired: Amounts, actor: Actor, cause: Fact | None
) -> None:
    """Post the differences, a journal for each wallet."""
    wallets = sorted(desired.keys() | row["posted"].keys())
    await books.lock([root], wallets)
    given = [
        each["id"]
        for each in await db.fetch(
            "SELECT id FROM points.journal WHERE kind = 'EARN' AND source = 'MISSION' AND source_id = $1",
            str(row["id"]),
        )
    ]
    for wallet in wallets:
        difference = desired.get(wallet, 0) - row["posted"].get(wallet, 0)
        why = Cause("MISSION", row["id"], leg=f"{row['turns'] + 1}:{wallet}", reason=code, fact=cause)
        if difference > 0:
            await ledger.earn(actor, root, wallet, difference, why)
        elif difference < 0:
            await ledger.claw_back(actor, root, wallet, -difference, why, of=given, policy="ALLOW_NEGATIVE")
