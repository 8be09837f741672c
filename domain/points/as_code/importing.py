"""Bringing a programme file in: every record that differs goes through the same function as its mutation.

All of it is one transaction: what one record refuses undoes the others. Where a second person has to sign, the request
is left and the record stays as it is until then; the same file again asks for nothing twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec

from domain import db
from domain.access.approvals import Approval
from domain.actor import Actor
from domain.errors import InvalidInput, Problem, Refusal
from domain.points import benefits, earn_rules, missions, programmes, referrals, rewards, tiers, wallets
from domain.points.as_code import comparing, exporting, saying, shapes, text
from domain.points.as_code.comparing import SECTIONS, Difference
from domain.points.as_code.saying import Scales
from domain.points.as_code.shapes import File
from domain.points.as_code.text import Marks


@dataclass(frozen=True)
class Brought:
    """A record that the file changed, with the requests that wait for a second person."""

    difference: Difference
    asked: list[Approval] = field(default_factory=list)


@dataclass(frozen=True)
class Report:
    """What a file changed (or would), and what it does not name."""

    brought: list[Brought]
    left_alone: list[str]


@dataclass
class _Case:
    """A record at work: who brings it in, the scales of all wallets by then, and how it stands."""

    actor: Actor
    scales: Scales
    before: Any
    after: Any
    asked: list[Approval] = field(default_factory=list)

    def note(self, done: Any) -> None:
        """Remember what waits for a second person."""
        if isinstance(done, Approval):
            self.asked.append(done)


class _Undo(Exception):
    """Ends a dry run."""


async def export() -> str:
    """The configuration in force as a file's text."""
    async with db.transaction():
        return text.write(await exporting.export())


async def compare(said: str) -> tuple[list[Difference], list[str]]:
    """What a file would change, and what it does not name; InvalidInput with path and line for a bad one."""
    then, marks = text.read(said)
    _must_name_each_once(then, marks)
    now = await exporting.export()
    return comparing.differences(now, then), comparing.left_alone(now, then)


async def bring_in(actor: Actor, said: str, *, is_dry: bool = False) -> Report:
    """Let the configuration be what a file says; a dry run does it all and takes it back.

    InvalidInput names path and line of what is wrong or refused, and nothing is changed.
    """
    then, marks = text.read(said)
    _must_name_each_once(then, marks)
    async with db.transaction():
        if not is_dry:
            return await _bring_in(actor, then, marks)
        tried: list[Report] = []
        try:
            async with db.savepoint():
                tried.append(await _bring_in(actor, then, marks))
                raise _Undo
        except _Undo:
            return tried[0]


async def _bring_in(actor: Actor, then: File, marks: Marks) -> Report:
    now = await exporting.export()
    scales = {wallet.code: wallet.scale for wallet in [*now.wallets, *then.wallets]}
    brought = []
    for difference in comparing.differences(now, then):
        case = _Case(actor, scales, difference.before, difference.after)
        with _told(difference, marks):
            await _BRINGERS[difference.section](case)
        brought.append(Brought(difference, case.asked))
    return Report(brought, comparing.left_alone(now, then))


async def _programme(case: _Case) -> None:
    await programmes.define(case.actor, **saying.vars_of(case.after))


async def _wallet(case: _Case) -> None:
    before, after = case.before, case.after
    if before is None or msgspec.structs.replace(before, policy=after.policy) != after:
        plain = {name: value for name, value in saying.vars_of(after).items() if name != "policy"}
        await wallets.define(case.actor, **{**plain, "names": saying.names(after.names)})
    if after.policy is not None and (before is None or before.policy != after.policy):
        with _under("policy"):
            case.note(
                await wallets.set_policy(case.actor, after.code, saying.policy(after.policy, after.scale))
            )


async def _scheme(case: _Case) -> None:
    known = await tiers.find(case.after.code)
    await tiers.define(case.actor, saying.scheme(case.after, case.scales), known.version if known else None)


async def _benefit(case: _Case) -> None:
    after = case.after
    version = await db.value(
        """SELECT b.version FROM points.benefit AS b JOIN points.tier AS t ON t.id = b.tier
        JOIN points.tier_scheme AS s ON s.id = t.scheme WHERE s.code = $1 AND t.code = $2 AND b.code = $3""",
        after.scheme, after.tier, after.code,
    )  # fmt: skip
    await benefits.define(
        case.actor, scheme=after.scheme, tier=after.tier, code=after.code, names=saying.names(after.names),
        quantity=after.quantity, period=saying.period(after.period), expected_version=version,
    )  # fmt: skip


async def _rule(case: _Case) -> None:
    """The version that says so goes on its way where it stands; else another one is drafted, submitted and published."""
    after = case.after
    definition = saying.rule(after, case.scales)
    rows = await db.fetch(
        """SELECT v.id, v.title, v.definition, v.state, r.id AS rule, r.version FROM points.earn_rule AS r
        LEFT JOIN points.earn_rule_version AS v ON v.rule = r.id AND v.state IN ('DRAFT', 'IN_REVIEW')
        WHERE r.code = $1 ORDER BY v.version DESC""",
        definition["code"],
    )
    same = next((row for row in rows if row["id"] and _says(row, after, case.scales)), None)
    if same is not None:
        version, state = same["id"], same["state"]
    elif rows:
        made = await earn_rules.revise(
            case.actor, rows[0]["rule"], rows[0]["version"], definition, title=after.title
        )
        version, state = made.id, made.state
    else:
        made = await earn_rules.draft(case.actor, definition, title=after.title)
        version, state = made.id, made.state
    if state == "DRAFT":
        await earn_rules.submit(case.actor, version)
    case.note(await earn_rules.publish(case.actor, version))


def _says(row: db.Row, after: shapes.EarnRule, scales: Scales) -> bool:
    """Whether a version that is not published says the same, from its publication on."""
    said = row["definition"]
    return said.get("effective_from") is None and (
        exporting.rule(after.code, row["title"], said, dict(scales)) == after
    )


async def _reward(case: _Case) -> None:
    after, kept = case.after, await rewards.by_code(case.after.code)
    stock = (kept.stock if kept else None) or 0
    said = saying.reward(after, case.scales, stock if after.is_limited else None)
    if kept is None:
        case.note(await rewards.define(case.actor, said))
        return
    keeps_stock = after.is_limited is (kept.stock is not None)
    case.note(await rewards.revise(case.actor, kept.id, kept.version, said, keeps_stock=keeps_stock))


async def _mission(case: _Case) -> None:
    version = await db.value("SELECT version FROM points.mission WHERE code = $1", case.after.code)
    await missions.define(case.actor, saying.mission(case.after, case.scales), version)


async def _referral(case: _Case) -> None:
    plain = saying.vars_of(case.after)
    kept = await referrals.defined(plain["programme"])
    version = kept["version"] if kept else None
    programme, kinds = plain.pop("programme"), plain.pop("kinds")
    await referrals.define(case.actor, programme, kinds, **plain, expected_version=version)


_BRINGERS: dict[str, Callable[[_Case], Awaitable[None]]] = {
    "programmes": _programme, "wallets": _wallet, "tier_schemes": _scheme, "benefits": _benefit, "earn_rules": _rule,
    "rewards": _reward, "missions": _mission, "referral_programmes": _referral,
}  # fmt: skip
#: What the paths of an area's own problems begin with.
_INPUTS = ("rule.", "scheme.", "mission.")


def _must_name_each_once(then: File, marks: Marks) -> None:
    for section, name in SECTIONS.items():
        seen: set[str] = set()
        for number, entry in enumerate(getattr(then, section)):
            key = shapes.key(entry)
            if key != key.strip():
                raise InvalidInput(
                    [marks.wrong((name, str(number), "code"), "Leave no space around a code.")]
                )
            if key in seen:
                raise InvalidInput([marks.wrong((name, str(number)), f"{key} stands here twice.")])
            seen.add(key)


@contextmanager
def _under(name: str) -> Iterator[None]:
    """Problems are of a part of the record."""
    try:
        yield
    except InvalidInput as refused:  # raised again: everything is rolled back
        raise InvalidInput(
            [Problem(f"{name}.{each.path}", each.message) for each in refused.problems]
        ) from None


@contextmanager
def _told(difference: Difference, marks: Marks) -> Iterator[None]:
    """What a record refuses is told with its path and line in the file."""
    at = (SECTIONS[difference.section], str(difference.number))
    try:
        yield
    except InvalidInput as refused:  # raised again: everything is rolled back
        raise InvalidInput(
            [marks.wrong((*at, *_inside(each.path)), each.message) for each in refused.problems]
        ) from None
    except Refusal as refused:
        raise InvalidInput([marks.wrong(at, str(refused))]) from None


def _inside(path: str) -> tuple[str, ...]:
    for name in _INPUTS:
        path = path.removeprefix(name)
    return tuple(path.split("."))
