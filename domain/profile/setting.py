"""Members set their own traits, and operators a member's: only declared ones, of the declared type.

What sources report stays free (an identify call may carry any trait); what areas and formulas keep, nobody sets.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.errors import InvalidInput
from domain.foundation import ids
from domain.profile import definitions, interactions, kinds, members, traits
from domain.profile.definitions import TraitKind, ValueType
from domain.profile.errors import TraitNotDeclared, TraitTypeMismatch


async def set_by(
    actor: Actor, member_id: UUID | None, values: dict[str, Any], occurred_at: datetime | None = None
) -> UUID:
    """A member sets their own traits, or operators set a member's; answers the root. A newer value of a name stays.

    A null takes the value away. Refuses TraitNotDeclared and TraitTypeMismatch, and then stores nothing.
    """
    is_own = member_id is None or member_id == actor.member_id
    if not is_own:
        actor.must_have("operator")
    _check(values)
    if occurred_at is not None and occurred_at > clock.now():
        raise InvalidInput.at("occurredAt", "It has happened already: use a time that is not in the future.")
    async with db.transaction():
        await _must_be_settable(values, is_own=not actor.is_staff)
        root = (await members.lock(member_id or actor.must_be_member()))[0]
        now = occurred_at or clock.now()
        await traits.put(root, values, at=now, origin="STAFF" if actor.is_staff else "EVENT")
        await interactions.record(
            actor, kinds.TRAITS_SET, ("MEMBER", root), once=ids.new(), member=root, at=now, traits=values
        )
    return root


async def _must_be_settable(values: dict[str, Any], *, is_own: bool) -> None:
    declared = await definitions.by_names(list(values))
    settable = {
        name: row
        for name, row in declared.items()
        if row["kind"] == TraitKind.DECLARED and (row["is_self_set"] or not is_own)
    }
    if unknown := sorted(values.keys() - settable.keys()):
        raise TraitNotDeclared(unknown)
    wrong = [
        name
        for name, value in values.items()
        if value is not None and not _FITS[ValueType(settable[name]["value_type"])](value)
    ]
    if wrong:
        raise TraitTypeMismatch(sorted(wrong))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_time(value: Any) -> bool:
    """An instant as ISO 8601; without an offset nobody knows which one."""
    if not isinstance(value, str):
        return False
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


_FITS: dict[ValueType, Callable[[Any], bool]] = {
    ValueType.TEXT: lambda value: isinstance(value, str),
    ValueType.NUMBER: _is_number,
    ValueType.BOOLEAN: lambda value: isinstance(value, bool),
    ValueType.TIME: _is_time,
    ValueType.LIST: lambda value: isinstance(value, list),
    ValueType.JSON: lambda value: True,
}


def _check(values: dict[str, Any]) -> None:
    if not values:
        raise InvalidInput.at("traits", "Name at least one trait.")
    if len(values) > traits.MOST:
        raise InvalidInput.at("traits", f"At most {traits.MOST} traits at once.")
    for name in values:
        if not 1 <= len(name) <= traits.LONGEST_NAME:
            raise InvalidInput.at(f"traits.{name[:20]}", f"A name has 1 to {traits.LONGEST_NAME} characters.")
