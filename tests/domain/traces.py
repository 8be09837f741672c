"""People with rows in every table that an area covers."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain import clock, db, wiring
from domain.access import codes, sessions
from domain.actor import SYSTEM, Actor, ActorKind
from domain.community import posts
from domain.community.tables import PostKind
from domain.foundation import ids
from domain.media import uploads
from domain.messaging import delivery, notices, preferences, tokens
from domain.messaging.tables import Channel
from domain.messaging.types import NoticeType
from domain.points import benefits, ledger, standing_keeping
from domain.profile import demo, drain, exports, identities, interactions, kinds, tags
from domain.profile.identities import Named
from tests import make, pictures
from tests.everything.scenarios import membership


def covered() -> list[tuple[str, str]]:
    """(schema.table, column) of everything that the areas cover."""
    return sorted(
        {
            (f"{area.area}.{column.partition('.')[0]}", column.partition(".")[2])
            for area in wiring.lifecycles
            for column in area.covers
        }
    )


async def people(count: int = 1) -> list[Actor]:
    """Those of the demonstration who have left rows in most tables, signed in."""
    await db.run("SET LOCAL statement_timeout = 0")  # loading is no request
    await wiring.seed_brand()
    await wiring.load_demo()
    tables = [
        f"SELECT DISTINCT member AS m FROM {table}"
        for table, column in covered()
        if column == "member" and not table.startswith("messaging.")
    ]
    best = await db.fetch(
        f"""SELECT m FROM ({" UNION ALL ".join(tables)}) AS t
        WHERE m = ANY($1) GROUP BY m ORDER BY count(*) DESC, m LIMIT $2""",
        list(await demo.members()), count,
    )  # fmt: skip
    await membership.scheme("TRACES")
    await benefits.define(
        make.staff("operator"), scheme="TRACES", tier="SILVER", code="SHINE", names=membership.NAMES, quantity=1,
        period=None,
    )  # fmt: skip
    found = [await _signed_in(row["m"]) for row in best]
    # Only these people's facts matter here.
    await db.run("DELETE FROM profile.pending WHERE member <> ALL($1)", [one.member_id for one in found])
    await drain.drain_all(wiring.reactions)
    return found


async def _signed_in(member: UUID) -> Actor:
    session = (await sessions.open(member=member, device="phone-1")).session_id
    return Actor(
        kind=ActorKind.MEMBER, id=member, member_id=member, roles=frozenset({"member"}), session_id=session, device="d-1",
    )  # fmt: skip


async def leave(me: Actor, phone: str, email: str) -> None:
    """Everything that the demonstration does not do."""
    root = me.member_id
    await identities.attach(root, [Named(2, "phone", phone, True), Named(5, "email", email, True)])
    await posts.publish(me, kind=PostKind.MOMENT, body=f"Hello from {root}")
    await codes.request(me, phone)
    await ledger.earn(SYSTEM, root, "POINTS", 100, ledger.Cause("TEST", root))
    await benefits.use(make.staff("operator"), root, "SHINE", str(root))
    await tokens.register(me, f"token-of-{root}", tokens.Platform.IOS)
    await preferences.choose(me, [(NoticeType.REPLY, Channel.EMAIL, False)])
    await preferences.set_quiet(me, datetime(2026, 1, 1, 1).time(), datetime(2026, 1, 1, 2).time())  # noqa: DTZ001
    fan = await make.member_id()
    await notices.send(root, NoticeType.REPLY, ("COMMENT", "1"), actor=fan)
    await notices.send(
        root, NoticeType.SYSTEM, ("X", "1"), {"text": f"Write to {email}"}, channels=[Channel.EMAIL]
    )
    await notices.send(fan, NoticeType.REPLY, ("COMMENT", "2"), actor=root)
    while await delivery.deliver_due():
        pass
    await tags.assign(
        make.staff("operator"), tags.TagSubject.MEMBER, [root], "vip", reason=f"asked by {phone}"
    )
    await exports.request(me)
    await uploads.confirm(me, await pictures.sent(me, pictures.jpeg(place=True), is_geo_kept=True))
    await drain.drain_all(wiring.reactions)
    while await standing_keeping.judge_due():
        pass


async def fill(me: Actor, **details: object) -> None:
    """A row in every table that is still empty of this person, and a fact that waits; nothing works them off."""
    root = me.member_id
    for table, column in covered():
        named = f"SELECT EXISTS (SELECT FROM {table} WHERE {column} = $1)"
        if column != "root" and table != "profile.merge" and not await db.value(named, root):
            await seed(table, column, root)
    await interactions.record(me, kinds.TRAITS_SET, ("MEMBER", root), once=ids.new(), **details)


async def seed(table: str, named: str, member: UUID) -> None:
    """A row that names the member in a column that nothing else fills: the least that the others demand."""
    schema, _, name = table.partition(".")
    columns = await db.fetch(
        """SELECT a.attname AS name, t.typname AS type, nullif(a.atttypmod, -1) - 4 AS room, f.confrelid::regclass::text AS refers,
            (SELECT substring(pg_get_constraintdef(c.oid) FROM '''([^'']+)''') FROM pg_constraint AS c
                WHERE c.conrelid = a.attrelid AND c.contype = 'c' AND c.conkey = ARRAY[a.attnum] LIMIT 1) AS word
        FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
        LEFT JOIN pg_constraint AS f ON f.conrelid = a.attrelid AND f.contype = 'f' AND f.conkey = ARRAY[a.attnum]
        WHERE a.attrelid = ($1 || '.' || $2)::regclass AND a.attnum > 0 AND NOT a.attisdropped
        AND (a.attnotnull OR a.attname = $3)""",
        schema, name, named,
    )  # fmt: skip
    values = {}
    for column in columns:
        if column["name"] == named:
            values[named] = member
        elif column["refers"]:
            first = f"SELECT id FROM {column['refers']} LIMIT 1"
            if await db.value(first) is None:
                await seed(column["refers"], "member", member)
            values[column["name"]] = await db.value(first)
        elif column["type"].startswith("_"):
            values[column["name"]] = []
        else:
            values[column["name"]] = {
                "uuid": ids.new(), "timestamptz": clock.now(), "jsonb": {}, "bool": False,
                "date": clock.now().date(), "tstzrange": (clock.now(), None),
            }.get(column["type"], 1 if column["type"] in ("int2", "int4", "int8", "numeric") else column["word"] or f"X{str(member)[-6:]}"[: column["room"]])  # fmt: skip
    marks = ", ".join(f"${number}" for number in range(1, len(values) + 1))
    await db.run(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", *values.values())


async def rows(table: str, member: object) -> int:
    columns = [column for named, column in covered() if named == table and column != "root"]
    where = " OR ".join(f"{column} = $1" for column in columns) or "id = $1"
    return await db.value(f"SELECT count(*) FROM {table} WHERE {where}", member)
