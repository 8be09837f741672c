"""Importing what is known of members: identities, relations, tags, consents."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain import clock, db, wiring
from domain.foundation import ids
from domain.profile import consents, erasure, identities, relations, seed, tags
from tests import imports, make

MEMBERS = "external_id,joined_at\nm1,2024-01-01\nm2,2024-01-02\n"


@pytest.fixture
async def load(rollback, tmp_path: Path):
    """Import a text as a file of the source crm; answers accepted, unchanged and the rejects' reasons."""
    wiring.start()
    await seed.consent_purposes()

    async def load_(kind: str, text: str) -> tuple[int, int, list[str]]:
        path = tmp_path / f"{kind}.csv"
        path.write_text(text)
        report, rejects = await imports.run(kind, path, source="crm")
        return report.accepted, report.unchanged, [reject.reason for reject in rejects]

    assert await load_("members", MEMBERS) == (2, 0, [])
    return load_


async def member(external_id: str):
    return (await identities.owners("user_id:crm", [external_id]))[external_id]


async def test_identities_name_members_who_are_here(load) -> None:
    text = """external_id,type,value,is_verified,first_seen_at
m1,wechat_openid:app1,oABC,true,2024-03-01
m2,wechat_openid:app1,oABC,,
m1,wechat_openid:app1,oDEF,,
m1,email,guest,,
m1,shoe_size,43,,
m3,email,x@example.com,,
"""
    reasons = ["identity_taken", "limit_reached", "no_identity", "unknown_identity_type", "unknown_member"]
    assert await load("identities", text) == (1, 0, reasons)
    assert await load("identities", text) == (0, 1, reasons)
    row = await db.one("SELECT * FROM profile.identity WHERE value_norm = 'oABC'")
    assert (row["member"], row["is_verified"]) == (await member("m1"), True)
    assert row["first_seen_at"] == datetime(2024, 3, 1, tzinfo=UTC)


async def test_relations_hold_for_their_time(load) -> None:
    text = """external_id,target_kind,target_external_id,role,valid_from,valid_to
m1,MEMBER,m2,FAMILY,2024-03-01,
m2,MEMBER,m1,REFERRER,2024-03-01,2024-04-01
m1,MEMBER,m2,FAMILY,2024-05-01,
m1,MEMBER,m2,OWNER,2024-03-01,
m1,STORE,nowhere,HOME_STORE,2024-03-01,
"""
    reasons = ["overlaps", "bad_role", "unknown_target"]
    assert await load("relations", text) == (2, 0, reasons)
    assert await load("relations", text) == (0, 2, reasons)
    held = await relations.of_root(await member("m1"))
    assert [(row["role"], row["target_id"]) for row in held] == [("FAMILY", await member("m2"))]
    assert await relations.of_root(await member("m2")) == []
    then = await relations.of_root(await member("m2"), at=datetime(2024, 3, 15, tzinfo=UTC))
    assert [row["role"] for row in then] == ["REFERRER"]


async def test_tags_in_force_and_past(load) -> None:
    text = """subject_kind,external_id,key,value,valid_from,valid_to
MEMBER,m1,vip,gold,2024-03-01,
MEMBER,m1,vip,silver,2023-03-01,2024-03-01
STORE,m1,vip,gold,,
"""
    assert await load("tags", text) == (2, 0, ["unknown_subject"])
    assert await load("tags", text) == (0, 2, ["unknown_subject"])
    root = await member("m1")
    assert [
        (row["key"], row["value"]) for row in (await tags.open_of(tags.TagSubject.MEMBER, [root]))[root]
    ] == [("vip", "gold")]


async def test_tags_of_vehicles_and_stores(load, monkeypatch) -> None:
    store = ids.new()

    async def find(text: str):
        return store if text == str(store) else None

    monkeypatch.setitem(relations.finders, "STORE", find)
    text = f"""subject_kind,external_id,key,value,valid_from,valid_to
STORE,{store},flagship,,2024-03-01,
store,{store},flagship,,2024-03-01,
VEHICLE,NO-SUCH-VIN,demo,,,
PLANET,m1,vip,,,
MEMBER,m1,vip,,2024-03-02,2024-03-01
"""
    assert await load("tags", text) == (1, 1, ["unknown_subject", "bad_subject_kind", "bad_time"])
    [tag] = (await tags.open_of(tags.TagSubject.STORE, [store]))[store]
    assert (tag["key"], tag["origin"]) == ("flagship", "MANUAL")
    row = await db.one(
        "SELECT member, subject_kind, subject_id FROM profile.interaction WHERE kind = $1",
        "profile.tag.assigned",
    )
    assert tuple(row.values()) == (None, "STORE", str(store))


async def test_consents_as_they_were_given(load) -> None:
    text = """external_id,purpose,channel,state,choice,policy_version,scopes,at
m1,marketing,,GRANTED,ALLOW_SELECTED,2024-1,news;offers,2024-03-01
m1,marketing,SMS,denied,,2024-1,,2024-03-02
m2,marketing,,MAYBE,,,,2024-03-01
m2,shopping,,GRANTED,,,,2024-03-01
m2,marketing,,GRANTED,,,,
"""
    reasons = ["bad_state", "unknown_purpose", "missing"]
    assert await load("consents", text) == (2, 0, reasons)
    assert await load("consents", text) == (0, 2, reasons)
    root = await member("m1")
    assert await consents.allows(root, "marketing", "EMAIL")
    assert not await consents.allows(root, "marketing", "SMS")
    scopes = await db.value("SELECT scopes FROM profile.consent_entry WHERE channel IS NULL")
    assert scopes == ["news", "offers"]


async def test_who_left_stays_away_whatever_a_file_says(load) -> None:
    await load("identities", "external_id,type,value\nm1,phone,13900000123\n")
    gone = await member("m1")
    async with db.transaction():
        made = await erasure._open(make.staff("admin"), gone, clock.now(), "asked for")
    assert await erasure._erase(made) == 1
    before = await _counted()
    for kind, text in {
        "members": "external_id,display_name,phone\nm1,Anna,13900000123\n",
        "identities": "external_id,type,value\nm1,email,anna@example.com\nm2,phone,13900000123\n",
        "relations": "external_id,target_kind,target_external_id,role\nm1,MEMBER,m2,FAMILY\nm2,MEMBER,m1,FAMILY\n",
        "tags": "external_id,key,value\nm1,vip,gold\n",
        "consents": "external_id,purpose,state,at\nm1,marketing,GRANTED,2024-03-01\n",
        "interactions": "message_id,user_id,event,occurred_at\ne1,m1,Opened,2024-03-01\n",
    }.items():
        rows = len(text.splitlines()) - 1
        assert await load(kind, text) == (0, 0, ["suppressed"] * rows), kind
    assert await _counted() == before
    assert await identities.owners("user_id:crm", ["m1"]) == {}
    assert await load("members", "external_id,phone\nm7,13900000123\n") == (1, 0, [])
    assert [row["type"] for row in await identities.of_root(await member("m7"))] == ["user_id:crm"]


async def test_columns_of_members_that_are_none_of_ours_are_properties_of_the_joining(load) -> None:
    text = "external_id,joined_at,trait.hobby,dealer,once\nm7,2024-01-02,golf,D-1,yes\nm8,2024-01-02,,,\n"
    assert await load("members", text) == (2, 0, [])
    rows = await db.fetch(
        """SELECT i.properties FROM profile.interaction AS i JOIN profile.identity AS n ON n.member = i.member
        WHERE i.kind = 'profile.member.joined' AND n.value_norm IN ('m7', 'm8') ORDER BY n.value_norm"""
    )
    assert [row["properties"] for row in rows] == [{"imported": {"dealer": "D-1", "once": "yes"}}, {}]


async def test_a_members_blocked_phone_is_left_out(load) -> None:
    text = "external_id,phone,email\nm7,13800000000,\nm8,13800000000,li@example.com\n"
    assert await load("members", text) == (2, 0, [])
    assert [row["type"] for row in await identities.of_root(await member("m8"))] == ["user_id:crm", "email"]


async def _counted() -> list[int]:
    return [
        await db.value(f"SELECT count(*) FROM profile.{table}")
        for table in (
            "member",
            "identity",
            "relation",
            "tag_assignment",
            "consent_entry",
            "interaction",
            "trait_value",
        )
    ]
