"""Points over GraphQL as staff use them, with a clock that the test moves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import pytest

from domain import clock, db
from domain.actor import Actor
from domain.points import earning, health
from domain.settings import settings
from tests import make
from tests.api.conftest import Answer

_POSTED = "__typename ... on {0}Success {{ journal {{ id kind }} balances {{ {1} }} }}"
_BALANCE = "wallet { code } available pending held debt net seq"
_REFUSED = """... on Refusal { message } ... on InvalidInput { problems { path message } }
    ... on ApprovalRequired { approval { id } }"""


@cache
def _schema() -> Any:
    from api.schema import build

    return build(has_test_clock=True)


@dataclass
class Staff:
    """What one operator does with one member's points, each call through the public schema."""

    run: Callable[..., Any]
    operator: Actor
    admin: Actor

    async def do(
        self, mutation: str, ask: str, /, *, actor: Actor | None = None, **input: Any
    ) -> dict[str, Any]:
        """One mutation; answers its result."""
        name = mutation[0].upper() + mutation[1:]
        said = f"mutation($input: {name}Input!) {{ {mutation}(input: $input) {{ __typename {ask} }} }}"
        answer: Answer = await self.run(said, {"input": input}, actor=actor or self.operator)
        return answer[mutation]

    async def post(self, mutation: str, **input: Any) -> dict[str, Any]:
        """One posting; answers its type, journal and balances, or the facts of a refusal."""
        name = mutation[0].upper() + mutation[1:]
        return await self.do(mutation, f"{_POSTED.format(name, _BALANCE)} {self.refused(mutation)}", **input)

    def refused(self, mutation: str) -> str:
        extra = {
            "spendPoints": "... on InsufficientPoints { balance price missing } ... on WalletNotSpendable { wallet }",
            "reverseJournal": "... on PointsAlreadySpent { missing } ... on AlreadyReversed { by { id } }",
            "captureHold": "... on HoldNotOpen { state } ... on HoldExceeded { held asked }",
            "voidHold": "... on HoldNotOpen { state }",
            "reinstatePoints": "... on ReinstatementOver { until }",
        }
        return f"... on Refusal {{ message }} ... on InvalidInput {{ problems {{ path }} }} {extra.get(mutation, '')}"

    async def grant(self, who: UUID, amount: str, wallet: str = "POINTS", **more: Any) -> dict[str, Any]:
        return await self.post(
            "grantPoints", memberId=str(who), amount=amount, wallet=wallet, reason="test", **more
        )

    async def spend(self, who: UUID, amount: str, wallet: str = "POINTS", **more: Any) -> dict[str, Any]:
        given = [{"wallet": wallet, "amount": amount}]
        return await self.post("spendPoints", memberId=str(who), amounts=given, reason="test", **more)

    async def hold(self, who: UUID, amount: str, reference: str, **more: Any) -> dict[str, Any]:
        return await self.do(
            "holdPoints", "... on HoldPointsSuccess { hold { id state expiresAt } } "
            "... on InsufficientPoints { balance price missing }",
            memberId=str(who), amounts=[{"wallet": "POINTS", "amount": amount}], reason="test", reference=reference,
            **more,
        )  # fmt: skip

    async def policy(self, wallet: str = "POINTS", **said: Any) -> dict[str, Any]:
        return await self.do(
            "setWalletPolicy", "... on SetWalletPolicySuccess { policy { version } } "
            "... on InvalidInput { problems { path } }", actor=self.admin, wallet=wallet, **said,
        )  # fmt: skip

    async def wallet(self, who: UUID, ask: str = _BALANCE, wallet: str = "POINTS") -> dict[str, Any]:
        """One wallet of the member as the page shows it."""
        said = f"query($id: ID!, $w: String!) {{ points(memberId: $id) {{ wallet(code: $w) {{ {ask} }} }} }}"
        answer = await self.run(said, {"id": str(who), "w": wallet}, actor=self.operator)
        return answer["points"]["wallet"]

    async def of(self, who: UUID, ask: str) -> dict[str, Any]:
        """Anything of the member's points."""
        answer = await self.run(
            f"query($id: ID!) {{ points(memberId: $id) {{ {ask} }} }}",
            {"id": str(who)},
            actor=self.operator,
        )
        return answer["points"]

    async def pass_time(self, duration: str) -> None:
        """Move the clock forward; all that falls due on the way is done."""
        await self.do("advanceClock", "", actor=self.admin, by=duration)

    async def set_clock(self, at: datetime) -> None:
        await self.do("setClock", "", actor=self.admin, at=at.isoformat())

    async def sweep(self, **said: Any) -> dict[str, Any]:
        ask = "... on SweepPointsSuccess { expired { lots amount { amount } } activated holdsExpired }"
        return await self.do("sweepPoints", ask, actor=self.admin, **said)


@pytest.fixture
async def staff(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Staff]:
    """An operator whom no second person has to sign for; afterwards the ledger is sound and the clock is back."""
    from api.context import Context
    from domain import wiring

    wiring.start()
    monkeypatch.setattr(settings(), "test_clock", True)
    for action in ("ADJUST", "REVERSE", "SET_POLICY", "PUBLISH_RULE"):
        await db.run(
            "INSERT INTO access.approval_threshold (action, above, is_enabled) VALUES ($1, 0, false) "
            "ON CONFLICT (action) DO UPDATE SET is_enabled = false",
            f"points.{action}",
        )

    async def run(operation: str, variables: dict[str, Any] | None = None, *, actor: Actor) -> Answer:
        context = Context(actor=actor, language="en", request_id="test")
        return Answer(await _schema().execute(operation, variable_values=variables, context_value=context))

    yield Staff(run, make.staff("operator"), make.staff("admin"))
    broken = await health.violations()
    clock.shift(timedelta(0))
    await earning.prepare()  # what is remembered of the rules is not from a later time
    assert broken == []
