"""What the demonstration's website and app report: visits, a tablet that a dealer shares, and a few mistakes."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from domain import clock, db
from domain.access import sources
from domain.access.sources import Trust
from domain.actor import SYSTEM, Actor
from domain.actor import member as member_actor
from domain.foundation import ids
from domain.profile import consents, definitions, demo, plans, tags
from domain.profile.consents import Answer, ConsentChoice, ConsentState, Told
from domain.profile.definitions import Draft, TraitKind, ValueType
from domain.profile.plan_rules import Planned
from domain.profile.tags import TagSubject
from domain.profile.tracking import taking
from domain.profile.tracking.taking import Delivery

WEBSITE = ids.named("demo source", "Website")
_MODELS = (("Aurora 5", 28_980_000), ("Aurora 7", 36_800_000), ("Breeze", 17_980_000))
_MODEL = {"type": "object", "properties": {"model": {"type": "string"}}, "required": ["model"]}
_PLAN = [
    Planned("Model Viewed", _MODEL, "ALLOW"),
    Planned(
        "Configurator Saved",
        {**_MODEL, "properties": {**_MODEL["properties"], "price": {"type": "integer"}}},  # type: ignore[dict-item]
        "OMIT",
    ),
    Planned("Brochure Requested", _MODEL, "BLOCK"),
]
_TRAITS = (
    Draft("views_30d", TraitKind.COMPUTED, ValueType.NUMBER,
          {"function": "count", "kind": "Model Viewed", "windowSeconds": 30 * 86_400}),
    Draft("last_model_viewed", TraitKind.COMPUTED, ValueType.TEXT,
          {"function": "last", "kind": "Model Viewed", "property": "model"}),
)  # fmt: skip


async def load() -> None:
    """Register the website and let it report a month; nothing when it is there already."""
    if await sources.by_ids([WEBSITE]):
        return
    dice = random.Random("marque demo reports")  # noqa: S311 - invented visits, the same ones every time
    async with db.transaction():
        website, _ = await sources.register(SYSTEM, "Website", "WEB", Trust.SERVER, source_id=WEBSITE)
        await plans.publish(SYSTEM, WEBSITE, _PLAN, "ALLOW", 0)
        for draft in _TRAITS:
            await definitions.define(SYSTEM, draft, None)
        await _answer_for_consent(dice)
        people = await demo.members()
        await tags.assign(
            SYSTEM, TagSubject.MEMBER, people[20:40], "interest", "Aurora 7", reason="spring show"
        )
        await taking.take(website, Delivery("batch", [*_visits(dice), *_tablet(), *_mistakes()]))


async def _answer_for_consent(dice: random.Random) -> None:
    """Most people were asked for marketing and answered; they saw one of two versions of the policy."""
    for member in await demo.members():
        state = dice.choice([ConsentState.GRANTED] * 3 + [ConsentState.DENIED, ConsentState.ASKED])
        choice = {ConsentState.GRANTED: ConsentChoice.ALLOW_ALL, ConsentState.DENIED: ConsentChoice.DENY_ALL}
        told = Told(dice.choice(("2026-01", "2026-07")), clock.now(), flags=("historical",))
        actor: Actor = member_actor(member)
        await consents.note(actor, member, state, [Answer("marketing", choice=choice.get(state))], told)


def _visits(dice: random.Random) -> list[dict[str, Any]]:
    """Sixty members and thirty strangers look at cars; half of the members come without a name first."""
    events: list[dict[str, Any]] = []
    for number in range(1, 91):
        browser, user = f"browser-{number:03}", demo.external_id(number + 10) if number <= 60 else None
        at = clock.now() - timedelta(days=dice.uniform(1, 30))
        is_known = number % 2 == 0
        for step in range(dice.randint(1, 6)):
            who = {"anonymousId": browser, **({"userId": user} if user and is_known else {})}
            events.append(_viewed(dice, who, at + timedelta(minutes=step), f"{browser}-{step}"))
        if user and not is_known:
            events.append(
                _event(
                    "identify", {"anonymousId": browser, "userId": user}, at + timedelta(minutes=9), browser
                )
            )
    return events


def _viewed(dice: random.Random, who: dict[str, str], at: datetime, once: str) -> dict[str, Any]:
    model, price = dice.choice(_MODELS)
    if dice.random() < 0.3:
        return _event(
            "track", who, at, once, event="Configurator Saved", properties={"model": model, "price": price}
        )
    return _event("track", who, at, once, event="Model Viewed", properties={"model": model})


def _tablet() -> list[dict[str, Any]]:
    """A tablet at a dealer's, on which two members sign in one after the other."""
    at = clock.now() - timedelta(days=2)
    return [
        _event(
            "identify",
            {"anonymousId": "dealer-tablet", "userId": demo.external_id(number)},
            at,
            f"tablet-{number}",
        )
        for number in (101, 102)
    ]


def _mistakes() -> list[dict[str, Any]]:
    """Events that name nobody, that break the plan, or that come from an impossible time."""
    at = clock.now() - timedelta(days=1)
    who = {"userId": demo.external_id(30)}
    return [
        _event("track", {"userId": "guest"}, at, "mistake-1", event="Model Viewed", properties={"model": "Breeze"}),
        _event("track", who, at, "mistake-2", event="Brochure Requested", properties={"model": 7}),
        _event("track", who, at, "mistake-3", event="Configurator Saved", properties={"model": "Breeze", "price": "dear"}),
        _event("track", who, at - timedelta(days=20_000), "mistake-4", event="Model Viewed", properties={"model": "Breeze"}),
    ]  # fmt: skip


def _event(call: str, who: dict[str, str], at: datetime, once: str, **more: Any) -> dict[str, Any]:
    return {"type": call, **who, "timestamp": at.isoformat(), "messageId": f"demo-{once}", **more}
