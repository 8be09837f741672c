"""A household of the demonstration: the shown member's, with somebody who took of its points and an open invitation."""

from __future__ import annotations

from decimal import Decimal

from domain import db
from domain.actor import member
from domain.points import balances
from domain.points.households import drawing, places
from domain.points.ledger import Cause
from domain.profile import demo as profile_demo
from domain.profile import identities

_SHOWN = "demo-026"
_LIMIT = Decimal(500)
_TAKEN = 30


async def load() -> None:
    """Nothing when there is a household already."""
    if await db.value("SELECT EXISTS (SELECT FROM points.household)"):
        return
    shown = (await identities.owners("user_id:demo", [_SHOWN])).get(_SHOWN)
    if shown is None:
        return
    people = [each for each in await profile_demo.members() if each != shown]
    found = await balances.of_roots([shown, *people])
    has = {each: next(b for b in of if b.wallet.code == "POINTS") for each, of in found.items()}
    poor = sorted((each for each in people if not has[each].debt), key=lambda each: has[each].available)
    partner, child, invited = poor[:3]
    me = member(shown, touchpoint="app")
    await places.create(me, "POINTS")
    for each, limit in ((partner, None), (child, _LIMIT)):
        invitation = await places.invite(me, each, limit)
        await places.accept(member(each, touchpoint="app"), invitation.id)
    await places.invite(me, invited, _LIMIT)
    asked = has[partner].available + _TAKEN
    if has[shown].available >= _TAKEN:
        cause = Cause("DEMO", "household", reason="亲子下午茶 · Tea for the family")
        await drawing.spend(member(partner, touchpoint="app"), partner, {"POINTS": asked}, cause)
