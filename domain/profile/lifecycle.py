"""The profile's own part in a merge, its undo, an export and an erasure."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.foundation.lifecycle import Lifecycle, Merged
from domain.profile import computed

_BY_MEMBER = (
    "identity",
    "trait_value",
    "trait_change",
    "trait_due",
    "consent_entry",
    "relation",
    "segment_membership",
    "stage_membership",
    "total",
    "bucket",
    "property_total",
    "interaction",
    "dead_letter",
    "shared_device_use",
)


async def on_merge(merged: Merged) -> None:
    """Nothing moves: everything is read over the root. Memberships of both in one segment become the older one."""
    await db.run(
        """UPDATE profile.segment_membership AS s SET until_at = greatest(since_at, $3)
        WHERE until_at IS NULL AND cause <> 'MERGED' AND member = $2 AND EXISTS (
            SELECT FROM profile.segment_membership AS w
            WHERE w.segment = s.segment AND w.member = $1 AND w.until_at IS NULL)""",
        merged.winner, merged.loser, clock.now(),
    )  # fmt: skip
    await computed.join(merged.winner, merged.moved)


async def on_undo(merged: Merged) -> None:
    """Roots are back already; memberships are judged anew by operations, which reacts to the parting."""
    await computed.part(merged.winner, merged.loser)


async def export(members: list[UUID]) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """Every row of these members."""
    for row in await db.fetch("SELECT * FROM profile.member WHERE id = ANY($1)", members):
        yield "profile.member", dict(row)
    for table in _BY_MEMBER:
        for row in await db.fetch(f"SELECT * FROM profile.{table} WHERE member = ANY($1)", members):
            yield f"profile.{table}", dict(row)
    for row in await db.fetch(
        "SELECT * FROM profile.tag_assignment WHERE subject_kind = 'MEMBER' AND subject_id = ANY($1)", members
    ):
        yield "profile.tag_assignment", dict(row)


async def erase(members: list[UUID]) -> dict[str, tuple[int, int, int]]:
    """Identities, traits, relations and tags go; interactions stay without their content; counts stay, sums do not."""
    report = {}
    await db.run("SET LOCAL marque.erasing = 'on'")
    for table in (
        "identity",
        "trait_value",
        "trait_change",
        "trait_due",
        "relation",
        "property_total",
        "shared_device_use",
    ):
        gone = await db.run(f"DELETE FROM profile.{table} WHERE member = ANY($1)", members)
        report[f"profile.{table}"] = (gone, 0, 0)
    for table in ("total", "bucket"):  # as a rebuild from the blanked log would make them
        bare = await db.run(f"UPDATE profile.{table} SET sum = NULL WHERE member = ANY($1)", members)
        report[f"profile.{table}"] = (0, bare, 0)
    answers = await db.run("UPDATE profile.consent_entry SET evidence = '{}' WHERE member = ANY($1)", members)
    report["profile.consent_entry"] = (0, 0, answers)  # what was consented to stays provable
    gone = await db.run(
        "DELETE FROM profile.tag_assignment WHERE subject_kind = 'MEMBER' AND subject_id = ANY($1)", members
    )
    report["profile.tag_assignment"] = (gone, 0, 0)
    ended = await db.run(
        "UPDATE profile.stage_membership SET until_at = greatest(since_at, $2) "
        "WHERE member = ANY($1) AND until_at IS NULL",
        members, clock.now(),
    )  # fmt: skip
    report["profile.stage_membership"] = (0, 0, ended)
    blank = await db.run(
        "UPDATE profile.interaction SET properties = '{}', context = '{}' WHERE member = ANY($1)", members
    )
    await db.run("SET LOCAL marque.erasing = 'off'")
    report["profile.interaction"] = (0, blank, 0)
    letters = await db.run(
        """UPDATE profile.dead_letter SET body = '{}', path = NULL, discard_reason = 'erased',
            discarded_at = coalesce(discarded_at, $2) WHERE member = ANY($1)""",
        members, clock.now(),
    )  # fmt: skip
    report["profile.dead_letter"] = (0, letters, 0)
    tombstones = await db.run(
        """UPDATE profile.member SET display_name = NULL, avatar = NULL, number = NULL, version = version + 1,
            status = CASE WHEN status = 'MERGED' THEN status ELSE 'ERASED' END WHERE id = ANY($1)""",
        members,
    )
    report["profile.member"] = (0, tombstones, 0)
    return report


LIFECYCLE = Lifecycle(
    area="profile",
    covers=frozenset(
        {f"{table}.member" for table in _BY_MEMBER}
        | {"merge.winner", "merge.loser", "pending.member", "tag_assignment.subject_id", "member.root"}
    ),
    on_merge=on_merge,
    on_undo=on_undo,
    export=export,
    erase=erase,
)
