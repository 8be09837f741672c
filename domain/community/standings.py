"""How far members are trusted (成长信任), and their credit (信用分).

The rows of one person's merged members are read together: figures and losses of credit add up, of given levels the
root's own stands before another's, of computed ones the highest. So a merge moves nothing and its undo restores all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from domain import clock, db
from domain.access import audit
from domain.actor import Actor
from domain.community import people_kinds as kinds
from domain.community import viewers
from domain.errors import Forbidden, InvalidInput, Problem, VersionConflict
from domain.foundation import ids
from domain.profile import interactions, members, traits

HIGHEST = 4
FULL_CREDIT = 100
#: Current owners start here.
OWNERS_LEVEL = 1
LONGEST_REASON = 500
TRAIT = "community.trust_level"


@dataclass(frozen=True)
class Standing:
    """A person's standing as it is read; ``version`` is 0 while nothing was ever written."""

    member: UUID
    trust_level: int = 0
    computed_level: int = 0
    granted_level: int | None = None
    locked_level: int | None = None
    credit: int = FULL_CREDIT
    reports_upheld: int = 0
    reports_rejected: int = 0
    is_owner: bool = False
    version: int = 0

    def judged(self) -> Standing:
        """The same with the level that follows from the others."""
        computed = max(self.computed_level, OWNERS_LEVEL if self.is_owner else 0)
        given = [level for level in (self.locked_level, self.granted_level) if level is not None]
        return replace(self, trust_level=given[0] if given else computed)


async def of(member: UUID) -> Standing:
    """The standing of the person behind a member id."""
    return (await of_many([member])).get(member) or Standing(member)


async def of_many(member_ids: Sequence[UUID]) -> dict[UUID, Standing]:
    """The standings of the persons behind member ids, in one statement."""
    rows = await db.fetch(_READ, list(member_ids), clock.now())
    return {row["asked"]: _standing(row) for row in rows}


async def set_level(
    actor: Actor,
    member_id: UUID,
    level: int | None,
    *,
    reason: str,
    expected_version: int | None = None,
    is_locked: bool = False,
    is_dry_run: bool = False,
) -> Standing:
    """Give a level by hand (``is_locked``: before a granted one); None takes this kind of level away.

    Answers the standing as it is then; a dry run only says it.

    Locks the member's root. Raises NOT_FOUND, FORBIDDEN (moderators of certain circles), InvalidInput, VersionConflict.
    """
    if not actor.has("operator") and not viewers.of(actor).sees_all:
        raise Forbidden("Only operators and moderators of all circles set trust levels.")
    _check(level, reason)
    async with db.transaction():
        (root,) = await members.lock_living(member_id)
        before = await of(root)
        if expected_version is not None and expected_version != before.version:
            raise VersionConflict(before.version)
        column = "locked_level" if is_locked else "granted_level"
        if is_dry_run:
            return (
                replace(before, locked_level=level) if is_locked else replace(before, granted_level=level)
            ).judged()
        if level is None:
            await db.run(
                f"UPDATE community.member_standing SET {column} = NULL, version = version + 1, changed_at = $2 "
                "WHERE member = ANY(ARRAY(SELECT id FROM profile.member WHERE root = $1))",
                root, clock.now(),
            )  # fmt: skip
        else:
            await _put(root, f"{column} = $3", level)
        after = await _changed(actor, before, "LOCKED" if is_locked else "GRANTED", reason)
        await audit.append(
            actor, "community.trust.set", "MEMBER", root,
            facts={"from": before.trust_level, "to": after.trust_level, "level": level, "locked": is_locked},
            text={"reason": reason.strip()},
        )  # fmt: skip
    return after


async def compute_level(actor: Actor, member_id: UUID, level: int, cause: str) -> Standing:
    """Note a computed level, in the caller's transaction with the root locked; the same one again changes nothing."""
    before = await of(member_id)
    if before.computed_level == level:
        return before
    await _put(before.member, "computed_level = $3", level)
    return await _changed(actor, before, cause)


async def note(root: UUID) -> None:
    """Tell the profile of the level as it is now (an owner's, for instance)."""
    await traits.declare(root, TRAIT, (await of(root)).trust_level)


async def add_credit(member_id: UUID, d: int) -> None:
    """Take from the credit or give back; what was taken comes back exactly by the opposite number."""
    await _put(
        await members.root_of(member_id), "credit = s.credit + $3", d, first={"credit": FULL_CREDIT + d}
    )


async def count_reports(member_id: UUID, *, upheld: int = 0, rejected: int = 0) -> None:
    """Count decided reports of this reporter (negative numbers take a decision back)."""
    root = await members.root_of(member_id)
    if upheld:
        await _put(root, "reports_upheld = s.reports_upheld + $3", upheld, first={"reports_upheld": upheld})
    if rejected:
        await _put(
            root, "reports_rejected = s.reports_rejected + $3", rejected, first={"reports_rejected": rejected}
        )


_READ = """SELECT w.id AS asked, w.root AS member, s.*,
    EXISTS (SELECT FROM profile.relation AS r JOIN profile.member AS o ON o.id = r.member
        WHERE o.root = w.root AND r.target_kind = 'VEHICLE' AND r.role = 'OWNER' AND r.valid_from <= $2
        AND (r.valid_to IS NULL OR r.valid_to > $2)) AS is_owner
FROM profile.member AS w CROSS JOIN LATERAL (
    SELECT coalesce(max(x.computed_level), 0) AS computed_level,
        (array_agg(x.granted_level ORDER BY (x.member = w.root) DESC, x.changed_at DESC)
            FILTER (WHERE x.granted_level IS NOT NULL))[1] AS granted_level,
        (array_agg(x.locked_level ORDER BY (x.member = w.root) DESC, x.changed_at DESC)
            FILTER (WHERE x.locked_level IS NOT NULL))[1] AS locked_level,
        100 + coalesce(sum(x.credit - 100), 0)::int AS credit,
        coalesce(sum(x.reports_upheld), 0)::int AS reports_upheld,
        coalesce(sum(x.reports_rejected), 0)::int AS reports_rejected,
        coalesce(sum(x.version), 0)::int AS version
    FROM community.member_standing AS x JOIN profile.member AS m ON m.id = x.member WHERE m.root = w.root
) AS s WHERE w.id = ANY($1)"""


def _standing(row: db.Row) -> Standing:
    return Standing(
        member=row["member"],
        computed_level=row["computed_level"],
        granted_level=row["granted_level"],
        locked_level=row["locked_level"],
        credit=max(row["credit"], 0),
        reports_upheld=row["reports_upheld"],
        reports_rejected=row["reports_rejected"],
        is_owner=row["is_owner"],
        version=row["version"],
    ).judged()


async def _put(root: UUID, change: str, value: int, first: dict[str, int] | None = None) -> None:
    """One statement: the root's row is made (with ``first``, or the value itself) or changed."""
    column = change.split(" = ", 1)[0]
    ((name, made),) = (first or {column: value}).items()
    await db.run(
        f"""INSERT INTO community.member_standing AS s (id, member, {name}, version, created_at, changed_at)
        VALUES ($1, $2, $4, 1, $5, $5)
        ON CONFLICT (member) DO UPDATE SET {change}, version = s.version + 1, changed_at = $5""",
        ids.new(), root, value, made, clock.now(),
    )  # fmt: skip


async def _changed(actor: Actor, before: Standing, cause: str, reason: str | None = None) -> Standing:
    """Tell the timeline and the profile of a level that changed."""
    after = await of(before.member)
    if after.version == before.version:
        return after
    await interactions.record(
        actor, kinds.MEMBER_TRUST_CHANGED, ("MEMBER", before.member), once=f"{before.member}:{after.version}",
        member=before.member, before=before.trust_level, after=after.trust_level, why=cause, reason=reason,
    )  # fmt: skip
    await traits.declare(before.member, TRAIT, after.trust_level)
    return after


def _check(level: int | None, reason: str) -> None:
    problems = []
    if level is not None and not 0 <= level <= HIGHEST:
        problems.append(Problem("level", f"Use 0 to {HIGHEST}."))
    if not 3 <= len(reason.strip()) <= LONGEST_REASON:
        problems.append(Problem("reason", f"Use 3 to {LONGEST_REASON} characters."))
    if problems:
        raise InvalidInput(problems)
