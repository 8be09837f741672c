"""Cash paid outside, as a trigger of earn rules: each payment reference earns once, whoever records it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from domain import db, stepping
from domain.profile import interactions
from domain.profile import kinds as profile_kinds
from tests import make
from tests.api.points.test_earn_rules import publish
from tests.api.points.test_preview import fixed, per
from tests.domain.events import setting as s

PAID = "commerce.payment.recorded"


async def pay(staff, registration: UUID, reference: str, amount: int = 500) -> dict[str, Any]:
    done = await staff.do(
        "recordEventPayment", "... on Refusal { message }",
        registrationId=str(registration), amount=amount, reference=reference,
    )  # fmt: skip
    await stepping.settle()
    return done


async def test_a_payment_of_an_event_earns_once_a_reference(staff) -> None:
    await publish(staff, fixed("7"), kinds=[PAID])
    await publish(staff, per("2", 100), kinds=[PAID])
    me = await s.member()
    first = await s.register(me, await s.published(s.tier(cash=500)))
    second = await s.register(me, await s.published(s.tier(cash=300)))
    net = lambda: staff.wallet(me.member_id, "net")  # noqa: E731
    assert (await pay(staff, first, "till-1"))["__typename"] == "RecordEventPaymentSuccess"
    assert (await net())["net"] == "17"  # 7, and 2 for each of 5.00
    await pay(staff, first, "till-1")
    assert (await pay(staff, second, "till-1", 300))["__typename"] == "DuplicateReference"
    assert (await net())["net"] == "17"
    await pay(staff, second, "till-2", 300)
    assert (await net())["net"] == "30"
    rows = await db.fetch(
        "SELECT subject_id FROM profile.interaction WHERE kind = $1 ORDER BY received_at", PAID
    )
    assert [row["subject_id"] for row in rows] == [str(first), str(second)]


async def test_a_payment_that_another_area_records_is_the_same_payment(staff) -> None:
    """Owner services tell of their payments by the same kind: the reference is the key, not what was paid for."""
    await publish(staff, fixed("7"), kinds=[PAID])
    me = await s.member()

    async def recorded(subject: str, reference: str) -> UUID:
        found = await interactions.record(
            make.staff("operator"), profile_kinds.PAYMENT_RECORDED, ("SERVICE_ORDER", subject), once=reference,
            member=me.member_id, amount=500, reference=reference,
        )  # fmt: skip
        await stepping.settle()
        return found

    made = await s.register(me, await s.published(s.tier(cash=500)))
    await pay(staff, made, "bank-1")
    assert await recorded("o-1", "bank-2") != await recorded("o-1", "bank-3")
    assert (await staff.wallet(me.member_id, "net"))["net"] == "21"
    assert await recorded("o-2", "bank-2") == await recorded("o-1", "bank-2")
    await recorded("o-1", "bank-1")
    assert (await staff.wallet(me.member_id, "net"))["net"] == "21"
