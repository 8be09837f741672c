"""One step of a report's machine, with the activity that says so. Notes never change a state."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.community.desk import report_rules
from domain.community.desk_tables import ReportState
from domain.foundation import ids


async def step(
    actor: Actor,
    report: db.Row,
    to: ReportState,
    kind: str,
    *,
    only_from: ReportState | None = None,
    outcome: str | None = None,
    internal_note: str | None = None,
    public_note: str | None = None,
    **columns: Any,
) -> db.Row:
    """Bring a locked report to another state by one conditional UPDATE; answers the row as it is then.

    ``columns`` (queue, assignee, ...) change with it. Leaving ASSIGNED forgets the assignee, OPEN the queue and the
    outcome. Raises IllegalTransition, AlreadyInState: then there is no activity either.
    """
    now = ReportState(report["state"])
    report_rules.check_step(now, to, only_from=only_from)
    if to is ReportState.CLOSED:
        columns |= {"outcome": outcome, "closed_at": clock.now()}
    if now is ReportState.CLOSED:
        columns |= {"outcome": None, "closed_at": None}
    if now is ReportState.ASSIGNED and to is not ReportState.CLOSED:
        columns = {"assignee": None, "assigned_until": None, "is_permanent": False} | columns
    names = "".join(f", {name} = ${number}" for number, name in enumerate(columns, 4))
    changed = await db.one(
        f"""UPDATE community.report SET state = $2, transition = transition + 1{names}
        WHERE id = $1 AND state = $3 RETURNING *""",
        report["id"], to, now, *columns.values(),
    )  # fmt: skip
    assert changed is not None, "the caller holds the row"
    await note(actor, report["id"], kind, (now, to), internal_note=internal_note, public_note=public_note)
    return changed


async def note(
    actor: Actor,
    report: UUID,
    kind: str,
    states: tuple[ReportState | None, ReportState | None] = (None, None),
    *,
    internal_note: str | None = None,
    public_note: str | None = None,
    audience: str = "INTERNAL",
) -> UUID:
    """Add an activity."""
    activity = ids.new()
    await db.run(
        """INSERT INTO community.report_activity (id, report, kind, from_state, to_state, actor, actor_kind, internal_note,
            public_note, audience, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)""",
        activity, report, kind, states[0], states[1], actor.id, actor.kind.value, internal_note or None,
        public_note or None, audience, clock.now(),
    )  # fmt: skip
    return activity
