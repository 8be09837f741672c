"""Export and erasure: everything of a person in one file, and nothing of a person anywhere."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain import clock, db, wiring
from domain.access import approvals, sessions, staff, step_up
from domain.access.errors import SessionEnded, StepUpRequired
from domain.actor import Actor, ActorKind
from domain.errors import NotFound
from domain.foundation import ids, importing, lifecycle
from domain.profile import (
    drain,
    erasure,
    errors,
    exports,
    identities,
    importers,
    interactions,
    kinds,
    members,
    merges,
    newcomers,
    proof,
    relations,
    reporting,
    resolution,
    suppression,
    tags,
    traits,
)
from domain.profile.identities import Named
from domain.profile.report_rules import Item
from domain.profile.tags import TagSubject
from domain.settings import settings
from tests import make

PHONE, EMAIL, DEVICE = "+8613900000123", "anna.hidden@example.com", "device-7c1f2d90"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(settings(), "exports_dir", tmp_path)
    yield tmp_path
    clock.shift(timedelta(0))


def later(**by: int) -> None:
    clock.shift(clock.now() + timedelta(**by) - datetime.now(UTC))


async def person(phone=PHONE, email=EMAIL) -> Actor:
    """A signed-in member with identities of several types."""
    member = await make.member_id(display_name="Anna Hidden")
    await identities.attach(
        member,
        [Named(2, "phone", phone, True), Named(5, "email", email, True), Named(20, "anonymous_id", DEVICE)],
    )
    tokens = await sessions.open(member=member, device="phone-1")
    return Actor(
        kind=ActorKind.MEMBER,
        id=member,
        member_id=member,
        roles=frozenset({"member"}),
        session_id=tokens.session_id,
    )


async def erased(actor: Actor) -> db.Row:
    await step_up.keep_proof(actor, step_up.PIN)
    made = await erasure.request(actor, None)
    later(days=7)
    while await erasure.work_off():
        pass
    return (await erasure.by_ids([made]))[made]


async def test_an_export_holds_the_rows_of_every_area_and_ends_after_seven_days(folder):
    me = await person()
    await traits.put(me.member_id, {"city": "Shanghai"}, at=clock.now(), origin="STAFF")
    job = await exports.request(me)
    assert await exports.request(me) == job
    while await exports.work_off():
        pass
    row = (await exports.by_ids([job]))[job]
    assert row["state"] == "READY" and row["expires_at"] - row["finished_at"] == timedelta(days=7)
    link = exports.link(row)
    until, signature = link.split("until=")[1].split("&signature=")
    path = await exports.opened(job, int(until), signature)
    with zipfile.ZipFile(path) as packed:
        manifest = json.loads(packed.read("manifest.json"))
        named = [json.loads(line) for line in packed.read("profile.identity.jsonl").decode().splitlines()]
    assert manifest["rows"]["profile.identity"] == 4
    assert PHONE in {each["value_norm"] for each in named}
    assert {"profile.member", "profile.trait_value", "access.session"} <= set(manifest["rows"])
    with pytest.raises(NotFound):
        await exports.opened(job, int(until), "0" * 64)
    with pytest.raises(NotFound):
        await exports.opened(job, int(until) + 1, signature)
    later(days=7, seconds=1)
    with pytest.raises(NotFound):
        await exports.opened(job, int(until), signature)
    await exports.work_off()
    assert not path.exists() and exports.link((await exports.by_ids([job]))[job]) is None


async def test_an_export_whose_worker_died_is_taken_over_after_its_lease():
    me = await person()
    job = await exports.request(me)
    await db.run("UPDATE profile.export_job SET state = 'RUNNING', due_at = $1", clock.now() + exports.LEASE)
    assert await exports.work_off() == 0
    later(minutes=11)
    assert await exports.work_off() == 1
    assert (await exports.by_ids([job]))[job]["state"] == "READY"


async def test_erasing_oneself_needs_a_fresh_proof_and_can_be_cancelled():
    me = await person()
    with pytest.raises(StepUpRequired):
        await erasure.request(me, None)
    await step_up.keep_proof(me, step_up.PIN)
    made = await erasure.request(me, None)
    with pytest.raises(errors.ErasureRunning):
        await erasure.request(me, None)
    later(days=6, hours=23)
    assert await erasure.work_off() == 0
    assert await erasure.cancel(me) == made
    with pytest.raises(NotFound):
        await erasure.cancel(me)
    later(days=2)
    assert await erasure.work_off() == 0
    assert (await members.by_id(me.member_id))["status"] == "ACTIVE"


async def test_nothing_of_an_erased_person_is_found_anywhere():
    me, other = await person(), await make.member_actor()
    await _live(me)
    await db.run(
        """INSERT INTO foundation.recorded_send (id, channel, recipient, template, body, at)
        VALUES ($1, 'SMS', $2, 'access.code', '{"code": "123456"}', now())""",
        ids.new(), PHONE,
    )  # fmt: skip
    # Places that no area knows of: somebody else's words, a dead letter, a reason of staff.
    await traits.put(
        other.member_id, {"note": f"call Anna: 139 or 13900000123, {EMAIL.upper()}"}, at=clock.now()
    )
    await reporting.report(make.source(), [Item(kind="", identities=(("phone", PHONE),), message_id="bad")])
    merge = await merges.merge_two(
        make.staff("admin"), other.member_id, await make.member_id(), f"same as {PHONE}"
    )
    row = await erased(me)
    assert row["state"] == "DONE" and row["sealed"] is None
    report = row["report"]["proof"]
    assert report["findings"] == [] and report["columns"] > 150 and report["rows"] > 50
    assert await _found(PHONE, PHONE[3:], EMAIL, DEVICE) == {}
    note = await db.value("SELECT value #>> '{}' FROM profile.trait_value WHERE name = 'note'")
    assert note == "call Anna: 139 or ***, ***"
    assert await db.value("SELECT reason FROM profile.merge WHERE id = $1", merge) == "same as ***"
    member = await members.by_id(me.member_id)
    assert (member["status"], member["display_name"]) == ("ERASED", None)
    assert {name for name, *_ in erasure.report_of(row).tables} >= {"profile.identity", "access.session"}


async def test_sessions_of_an_erased_person_end():
    me = await person()
    tokens = await sessions.open(member=me.member_id)
    await erased(me)
    with pytest.raises(SessionEnded):
        await sessions.rotate(tokens.refresh_token)
    assert await db.value("SELECT count(*) FROM access.session WHERE ended_at IS NULL") == 0


async def test_later_events_that_name_nobody_else_are_counted_and_not_stored():
    me = await person()
    await erased(me)
    before = await db.value("SELECT count(*) FROM profile.interaction")
    source = make.source()
    alone = Item(kind="opened", identities=(("phone", PHONE), ("anonymous_id", DEVICE)), message_id="m-1")
    counts = await reporting.report(source, [alone])
    assert (counts.accepted, counts.suppressed, counts.dead_lettered) == (0, 1, 0)
    assert await db.value("SELECT count(*) FROM profile.interaction") == before
    assert await db.value("SELECT count(*) FROM profile.dead_letter") == 0
    both = Item(
        kind="opened", identities=(("user_id", "somebody-else"), ("anonymous_id", DEVICE)), message_id="m-2"
    )
    counts = await reporting.report(source, [both])
    assert (counts.accepted, counts.suppressed) == (1, 0)
    assert await identities.owner("anonymous_id", DEVICE) is None
    with pytest.raises(resolution.Suppressed):
        await resolution.resolve([("email", EMAIL, False)])


async def test_a_user_id_that_may_also_be_anonymous_is_suppressed_in_both_readings():
    me = await person()
    await identities.attach(
        me.member_id, [Named(1, "user_id:app", "customer-0815"), Named(1, "user_id", "c-0815")]
    )
    await erased(me)
    for number, named in enumerate([("either", "c-0815"), ("user_id", "c-0815")]):
        item = Item(kind="opened", identities=(named,), message_id=f"e-{number}")
        outcomes = await reporting.take(reporting.Reporter(make.source()), [item])
        assert outcomes == [reporting.Outcome.SUPPRESSED], named
    assert await identities.owner("anonymous_id", "c-0815") is None


async def test_signing_in_again_makes_somebody_new():
    me = await person()
    await erased(me)
    again = await resolution.resolve([("phone", PHONE, True)])
    assert again.is_new and again.member != me.member_id
    assert not await suppression.is_suppressed([Named(2, "phone", PHONE)])
    assert await suppression.is_suppressed([Named(5, "email", EMAIL)])


async def test_staff_erase_with_a_second_person_and_without_grace():
    me = await person()
    maker, checker = [await _staff(role) for role in ("operator", "approver")]
    asked = await erasure.of_member(maker, me.member_id, "court order")
    assert isinstance(asked, approvals.Approval)
    assert (await members.by_id(me.member_id))["status"] == "ACTIVE"
    await approvals.decide(checker, asked.id, approvals.Decision.APPROVE)
    while await erasure.work_off():
        pass
    assert (await members.by_id(me.member_id))["status"] == "ERASED"


async def test_a_merge_of_an_erased_person_cannot_be_undone():
    me, other = await person(), await make.member_id()
    merge = await merges.merge_two(make.staff("admin"), me.member_id, other, "same")
    root = await members.root_of(me.member_id)
    await erased(Actor(kind=ActorKind.MEMBER, id=root, member_id=root, session_id=me.session_id))
    with pytest.raises(errors.MergeNotUndoable) as refused:
        await merges.undo(make.staff("admin"), merge, "no")
    assert refused.value.reason == "ERASED"


async def test_values_of_somebody_else_and_ordinary_words_are_left_alone():
    other = await make.member_id()
    await identities.attach(other, [Named(1, "user_id:crm", "crm-000777")])
    me = await person()
    await identities.attach(
        me.member_id, [Named(1, "user_id:web", "crm-000777"), Named(1, "user_id:x", "customer")]
    )
    await traits.put(other, {"ref": "crm-000777", "kind": "customer"}, at=clock.now())
    row = await erased(me)
    assert row["report"]["proof"]["vague"] == 2
    assert await identities.owner("user_id:crm", "crm-000777") == other
    assert (await traits.values_of(other, ["ref", "kind"])) == {"ref": "crm-000777", "kind": "customer"}


def test_a_value_is_not_found_inside_a_longer_one():
    import re

    found = proof.patterns([("phone", PHONE), ("user_id", "id-12345")])
    pattern = re.compile(found.plain)
    assert pattern.search("tel 13900000123.") and pattern.search("(id-12345)")
    assert not pattern.search("139000001234") and not pattern.search("xid-12345")


async def _live(me: Actor) -> None:
    """Leave something in every part of the profile."""
    root = me.member_id
    await traits.put(root, {"mail": EMAIL, "tel": PHONE}, at=clock.now())
    await tags.assign(
        make.staff("operator"), TagSubject.MEMBER, [root], "vip", "", reason=f"asked by {PHONE}"
    )
    await relations.open(root, "STORE", ids.new(), "HOME_STORE")
    await reporting.report(
        make.source(),
        [
            Item(
                kind="identify", identities=(("phone", PHONE), ("anonymous_id", DEVICE)), message_id="i-1",
                properties={"traits": {"email": EMAIL}, "tel": PHONE}, context={"device": DEVICE},
            )
        ],
    )  # fmt: skip
    await interactions.record(me, kinds.TRAITS_SET, ("MEMBER", root), once=ids.new(), email=EMAIL)
    await drain.drain_all(wiring.reactions)


async def _found(*values: str) -> dict[str, int]:
    """Our own look through the whole database, written another way than the proof."""
    found = {}
    for row in await db.fetch(
        """SELECT table_schema AS s, table_name AS t, column_name AS c FROM information_schema.columns
        JOIN information_schema.tables USING (table_schema, table_name)
        WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')
        AND data_type IN ('text', 'character varying', 'jsonb', 'json', 'ARRAY', 'character', 'tsvector')"""
    ):
        hits = await db.value(
            f'SELECT count(*) FROM {row["s"]}.{row["t"]} WHERE "{row["c"]}"::text ILIKE ANY($1)',
            [f"%{value}%" for value in values],
        )
        if hits:
            found[f"{row['s']}.{row['t']}.{row['c']}"] = hits
    return found


async def _staff(role: str) -> Actor:
    account = await staff.appoint(make.staff("admin"), name=role, email=f"{role}@brand.example", role=role)
    return await staff.actor_of(account.id)


async def test_an_import_does_not_bring_back_who_left():
    me = await make.member_id()
    await identities.attach(me, [Named(1, "user_id:crm", "crm-1"), Named(2, "phone", PHONE, True)])
    session = (await sessions.open(member=me)).session_id
    await erased(Actor(kind=ActorKind.MEMBER, id=me, member_id=me, session_id=session))
    rows = [
        importing.Row(number, data)
        for number, data in enumerate([{"external_id": "crm-1"}, {"external_id": "crm-2", "phone": PHONE}], 1)
    ]
    report = importing.Report()
    await importing.run(importers.MEMBERS, iter(rows), importing.Options(source="crm"), report)
    assert (report.accepted, report.rejected) == (1, 1)
    assert await identities.owner("phone", PHONE) is None
    assert await identities.owner("user_id:crm", "crm-1") is None
    seen_at = clock.now()
    made = await newcomers.add(
        [newcomers.Newcomer("crm-1", seen_at, seen_at), newcomers.Newcomer("crm-3", seen_at, seen_at)],
        "user_id:crm",
        "crm",
    )
    assert len(made) == 1


async def test_a_proof_that_is_interrupted_goes_on_where_it_stood(monkeypatch):
    me, other = await person(), await make.member_id()
    await traits.put(other, {"note": f"call {PHONE}"}, at=clock.now())
    monkeypatch.setattr(erasure, "SECONDS", 0.0)
    await step_up.keep_proof(me, step_up.PIN)
    made = await erasure.request(me, None)
    later(days=7)
    steps = 0
    while await erasure.work_off():
        steps += 1
    row = (await erasure.by_ids([made]))[made]
    tables = len(await proof.tables())
    assert steps >= 2 * tables - 2
    assert row["state"] == "DONE" and row["report"]["proof"]["findings"] == []
    assert row["report"]["proof"]["columns"] == sum(len(table.columns) for table in await proof.tables())
    assert await _found(PHONE) == {}


async def test_what_arrives_while_a_person_is_erased_is_erased_as_well():
    me = await person()
    await step_up.keep_proof(me, step_up.PIN)
    made = await erasure.request(me, None)
    later(days=7)
    assert await erasure._try(made) == 1
    await interactions.record(
        me, kinds.TRAITS_SET, ("MEMBER", me.member_id), once=ids.new(), secret="my own words"
    )
    while await erasure.work_off():
        pass
    assert (
        await db.value("SELECT count(*) FROM profile.interaction WHERE properties::text LIKE '%my own%'") == 0
    )


async def test_an_erasure_that_fails_keeps_nobody_else_waiting(monkeypatch):
    one, other = await person(), await person("+8613900000456", "ben.hidden@example.com")
    for each in (one, other):
        await step_up.keep_proof(each, step_up.PIN)
        await erasure.request(each, None)
    later(days=7)
    area = wiring.lifecycles[0]

    async def fail(of_root):
        if one.member_id in of_root:
            raise RuntimeError("broken")
        return await area.erase(of_root)

    with monkeypatch.context() as patched:
        patched.setattr(lifecycle, "areas", [replace(area, erase=fail), *wiring.lifecycles[1:]])
        while await erasure.work_off():
            pass
    assert (await members.by_id(one.member_id))["status"] == "ACTIVE"
    assert await identities.owner("phone", PHONE) == one.member_id
    assert (await members.by_id(other.member_id))["status"] == "ERASED"
    later(minutes=6)
    while await erasure.work_off():
        pass
    assert (await members.by_id(one.member_id))["status"] == "ERASED"
