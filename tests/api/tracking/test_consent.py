"""A source that needs a purpose: what is kept of people who do not consent to it."""

from __future__ import annotations

import pytest

from domain.access import sources
from domain.access.sources import Trust, WithoutConsent
from domain.actor import SYSTEM
from domain.profile import consents, deadletters
from domain.profile.consents import Answer, ConsentState, Told
from domain.profile.tracking import taking
from tests import make
from tests.api.tracking.conftest import Door, counts, letters, root, stored, traits_of

EVENT = {"userId": "u1", "traits": {"city": "Wuhan"}, "context": {"ip": "10.0.0.1", "sessionId": "s1"}}


@pytest.fixture
def strict(client):
    async def opened(without: WithoutConsent) -> Door:
        source, key = await sources.register(
            make.staff("admin"),
            "ads",
            "WEB",
            Trust.SERVER,
            required_purpose="marketing",
            without_consent=without,
        )
        return Door(client, source, key)

    return opened


async def test_an_event_without_consent_is_stored_bare(strict):
    door = await strict(WithoutConsent.STRIP)
    assert await door.post("/v1/identify", {**EVENT, "messageId": "1"}) == counts(1)
    [row] = await stored()
    assert (row["properties"], row["context"], row["session_key"]) == ({}, {}, None)
    assert await traits_of(row["root"]) == {}
    assert await door.post("/v1/identify", {**EVENT, "messageId": "1"}) == counts(0, 1)


async def test_an_event_without_consent_is_refused_and_its_content_is_gone(strict):
    door = await strict(WithoutConsent.REFUSE)
    assert await door.post("/v1/identify", {**EVENT, "messageId": "1"}) == counts(dead=1)
    [letter] = await letters()
    assert (letter["reason"], letter["body"]) == ("no_consent", {"kind": "app.identify", "redacted": True})
    assert await deadletters.replay(deadletters.Filter(), 10, is_dry_run=False, again=taking.again) == (0, 1)
    assert await stored() == []


@pytest.mark.parametrize("without", list(WithoutConsent))
async def test_with_consent_everything_is_kept_until_it_is_withdrawn(strict, door, without):
    await door.track(userId="u1", messageId="0")
    one = await root("user_id", "u1")
    await consents.note(SYSTEM, one, ConsentState.GRANTED, [Answer("marketing")], Told())
    ads = await strict(without)
    assert await ads.post("/v1/identify", {**EVENT, "messageId": "1"}) == counts(1)
    assert await traits_of(one) == {"city": "Wuhan"}
    await consents.note(SYSTEM, one, ConsentState.WITHDRAWN, [Answer("marketing")], Told())
    await ads.post("/v1/identify", {**EVENT, "traits": {"city": "Xi'an"}, "messageId": "2"})
    assert await traits_of(one) == {"city": "Wuhan"}
