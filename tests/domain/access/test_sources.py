"""Sources and their write keys."""

from __future__ import annotations

import pytest

from domain import db
from domain.access import sources
from domain.access.errors import NameTaken
from domain.access.sources import Trust, WithoutConsent
from domain.actor import SYSTEM
from domain.errors import InvalidInput, NotFound, VersionConflict
from domain.foundation import ids


async def test_a_registered_key_finds_its_source_and_is_kept_as_a_hash_only():
    source, key = await sources.register(
        SYSTEM, " shop ", "WEB", Trust.CLIENT, allowed_origins=["https://shop.example"]
    )
    assert await sources.by_key(key) == source and source.name == "shop" and source.scopes == {"tracking"}
    assert await sources.by_key(key + "x") is None
    assert key not in str([dict(row) for row in await db.fetch("SELECT * FROM access.source")])


async def test_two_sources_have_two_names():
    await sources.register(SYSTEM, "shop", "WEB", Trust.CLIENT)
    with pytest.raises(NameTaken):
        await sources.register(SYSTEM, "shop", "APP", Trust.CLIENT)


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"name": " "}, "name"), ({"kind": "FRIDGE"}, "kind"), ({"scopes": ["everything"]}, "scopes"),
        ({"trust": Trust.CLIENT, "scopes": ["commerce"]}, "scopes"), ({"allowed_origins": ["shop"]}, "allowedOrigins"),
    ],
)  # fmt: skip
async def test_what_makes_no_sound_source_is_named(given, path):
    words = {"name": "s", "kind": "SERVER", "trust": Trust.SERVER, **given}
    with pytest.raises(InvalidInput) as refused:
        await sources.register(SYSTEM, words.pop("name"), words.pop("kind"), words.pop("trust"), **words)
    assert [each.path for each in refused.value.problems] == [path]
    assert await sources.all_of_them() == []


async def test_a_source_is_revised_with_its_version_and_keeps_the_rest():
    source, key = await sources.register(SYSTEM, "shop", "SERVER", Trust.SERVER, required_purpose="marketing")
    changes = {"scopes": ["commerce", "tracking"], "without_consent": WithoutConsent.REFUSE}
    revised = await sources.revise(SYSTEM, source.id, 1, changes)
    assert (revised.scopes, revised.required_purpose, revised.version) == (
        {"commerce", "tracking"},
        "marketing",
        2,
    )
    with pytest.raises(VersionConflict):
        await sources.revise(SYSTEM, source.id, 1, {"is_enabled": False})
    assert (await sources.revise(SYSTEM, source.id, 2, {"required_purpose": None})).required_purpose is None
    await sources.disable(SYSTEM, source.id)
    assert await sources.by_key(key) is None
    await sources.revise(SYSTEM, source.id, 4, {"is_enabled": True})
    assert (await sources.by_key(key)).version == 5
    for change in (sources.rotate(SYSTEM, ids.new()), sources.disable(SYSTEM, ids.new())):
        with pytest.raises(NotFound):
            await change
