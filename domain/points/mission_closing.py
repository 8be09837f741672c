"""What falls due of missions by time alone: rounds whose time is over are missed, rewards that were to wait are posted."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain import clock, db
from domain.points import marking, setbacks
from domain.profile import members

SWEEP = "points_missions"
_AT_ONCE = 500
_DUE = """SELECT p.mission, m.root, p.ends_at AS at FROM points.mission_progress AS p
        JOIN profile.member AS m ON m.id = p.member AND m.root = m.id WHERE p.state = 'OPEN' AND {progress}
    UNION ALL SELECT a.mission, m.root, a.due_at FROM points.mission_award AS a
        JOIN profile.member AS m ON m.id = a.member WHERE a.desired <> a.posted AND {award}"""
_DUE_NOW = _DUE.format(progress="p.ends_at <= $1", award="a.due_at <= $1")
_SUBJECT = "(d.mission || ':' || d.root)"
#: Of missions whose present definition names the wallet ``$2`` somewhere (null: any).
_PAYING = """EXISTS (SELECT FROM points.mission AS n WHERE n.id = d.mission AND ($2::text IS NULL
    OR jsonb_path_exists(n.definition, '$.**.wallet ? (@ == $w)', jsonb_build_object('w', $2::text))))"""
_OPEN = f"""SELECT count(*) FROM points.mission_progress AS d JOIN profile.member AS m ON m.id = d.member
    AND m.root = m.id WHERE d.state = 'OPEN' AND d.ends_at <= $1 AND {_PAYING}"""


async def close_due() -> int:
    """Close what is due, oldest first, one transaction a person and mission; answers how many."""
    rows = await db.fetch(
        f"""SELECT mission, root FROM ({_DUE_NOW}) AS d WHERE NOT {setbacks.waits(SWEEP, _SUBJECT)}
        GROUP BY mission, root ORDER BY min(at), mission, root LIMIT $2""",
        clock.now(), _AT_ONCE,
    )  # fmt: skip
    return await _each(rows)


async def sweep(wallet: str | None = None, *, is_dry: bool = False, as_of: datetime | None = None) -> int:
    """Close all that is due of the missions that pay in a wallet, or only look; answers how many rounds end by it."""
    at = as_of or clock.now()
    due = await db.value(_OPEN, at, wallet)
    if is_dry:
        return due
    await _each(
        await db.fetch(
            f"SELECT DISTINCT mission, root FROM ({_DUE_NOW}) AS d WHERE {_PAYING} ORDER BY root, mission",
            at,
            wallet,
        )
    )
    return due - await db.value(_OPEN, at, wallet)


async def next_due() -> datetime | None:
    """When the next round ends or the next reward is posted."""
    return await db.value(
        f"""SELECT min(greatest(at, b.next_try_at)) FROM ({_DUE.format(progress="true", award="true")}) AS d
        {setbacks.join(SWEEP, _SUBJECT)}"""
    )


async def _each(rows: list[db.Row]) -> int:
    return await setbacks.each(
        SWEEP, rows, lambda row: _close(row["mission"], row["root"]), lambda row: f"{row['mission']}:{row['root']}"
    )  # fmt: skip


async def _close(mission_id: UUID, root: UUID) -> None:
    (root,) = await members.lock(root)
    mission = await marking.by_id(mission_id)
    assert mission is not None
    await marking.work_out(mission, root)
