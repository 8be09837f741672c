"""Importing interactions."""

from __future__ import annotations

import csv
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain import db, wiring
from domain.profile import aggregates, drain, identities
from tests import imports, shared

SNOWPLOW = {
    "event": "event_name",
    "identity.device_id": "contexts_com_snowplowanalytics_snowplow_client_session_1_0_1.0.user_id",
    "session_id": "contexts_com_snowplowanalytics_snowplow_client_session_1_0_1.0.session_id",
}


async def census() -> dict[str, int]:
    """What a second import must leave alone."""
    tables = (
        "member",
        "identity",
        "shared_device",
        "merge",
        "interaction",
        "message",
        "pending",
        "dead_letter",
        "total",
    )
    return {table: await db.value(f"SELECT count(*) FROM profile.{table}") for table in tables}


async def kinds() -> dict[str, int]:
    rows = await db.fetch(
        "SELECT kind, count(*) AS n FROM profile.interaction WHERE class = 'REPORTED' GROUP BY kind"
    )
    return {row["kind"]: row["n"] for row in rows}


async def test_a_mobile_log_with_every_edge_case() -> None:
    """130 rows of a mobile tracker's test data, against what its authors' model answers.

    * 129 interactions, 1 dead letter: two rows share an event id with different bodies.
    * 8 members, one for each of the 8 user ids: the file names its edge cases by user id. The expected users are 4,
      for they are counted by device; 4 devices are seen here too.
    * 3 of the 4 devices are used by more than one user, so they become shared devices; the expected sessions say the
      same of them (their stitched user differs from their user). The fourth stays an identity of its user.
    * 8 sessions: the 7 expected ones, and that of the 3 late rows, which the authors' model leaves out because they
      were sent more than 3 days after they were made. Here no row is left out.
    * 105 screen views in the file, 104 stored (the conflicting row is one). The expected 77 leave out the late ones,
      those without an id or a session, and repeated screen view ids.
    """
    path = shared.path("data/snowplow_mobile") / "snowplow_mobile_events.csv"
    report, rejects = await imports.run("interactions", path, mapping=SNOWPLOW, source="mobile")
    assert (report.rows, report.accepted, report.unchanged, report.rejected) == (130, 129, 0, 1)
    assert [reject.reason for reject in rejects] == ["duplicate_conflict"]
    assert sum((await kinds()).values()) == 129
    assert await kinds() == {
        "app.screen_view": 104, "app.application_background": 13, "app.application_foreground": 12,
    }  # fmt: skip
    assert await db.value("SELECT reason FROM profile.dead_letter") == "duplicate_conflict"
    assert await db.value("SELECT count(*) FROM profile.member WHERE id = root") == 8
    assert await db.value("SELECT count(*) FROM profile.shared_device") == 3
    devices = await db.value("SELECT count(*) FROM profile.identity WHERE type = 'device_id'")
    assert devices == 1 and 3 + devices == len(expected("users"))
    sessions = await db.fetch("SELECT DISTINCT session_key FROM profile.interaction WHERE class = 'REPORTED'")
    late = {row["session_key"] for row in sessions} - {row["session_id"] for row in expected("sessions")}
    assert (len(sessions), len(late)) == (8, 1)
    before = await census()
    again, _ = await imports.run("interactions", path, mapping=SNOWPLOW, source="mobile")
    assert (again.accepted, again.unchanged, again.rejected) == (0, 129, 1)
    assert await census() == before


def expected(what: str) -> list[dict[str, str]]:
    path = shared.path("data/snowplow_mobile") / f"snowplow_mobile_{what}_expected.csv"
    with path.open() as file:
        return list(csv.DictReader(file))


async def test_a_shops_log_keeps_exact_duplicates_and_changes_nothing_the_second_time() -> None:
    """31,106 rows of 600 users in 3,605 sessions; rows have no ids, so 30 exact duplicates are kept as facts."""
    folder = shared.path("data/ecom_events")
    published = json.loads((folder / "expected.json").read_text())
    report, _ = await imports.run("interactions", folder / "ecom.csv.gz", source="ecom")
    assert (report.rows, report.accepted) == (31_106, 31_106)
    assert {kind.removeprefix("app."): n for kind, n in (await kinds()).items()} == published["events"]
    members = "SELECT count(*) FROM profile.member AS m JOIN profile.identity AS i ON i.member = m.id WHERE i.type = $1"
    assert await db.value(members, "user_id:ecom") == published["users"] == 600
    sessions = "SELECT count(DISTINCT session_key) FROM profile.interaction"
    assert await db.value(sessions) == published["sessions"] == 3_605
    assert await drain.drain_all(wiring.reactions) >= 31_106
    assert await aggregates.drift() == 0
    totals = await db.fetch(
        "SELECT kind, sum(count)::int AS n FROM profile.total WHERE starts_with(kind, 'app.') GROUP BY 1"
    )
    assert Counter({row["kind"].removeprefix("app."): row["n"] for row in totals}) == Counter(
        published["events"]
    )
    before = await census()
    again, _ = await imports.run("interactions", folder / "ecom.csv.gz", source="ecom")
    assert (again.accepted, again.unchanged, again.rejected) == (0, 31_106, 0)
    assert await census() == before


SAMPLE = """id,user,device,what,when,session,colour
e1,u1,d1,Opened,2026-01-05 08:00:00,s1,red
e1,u1,d1,Opened,2026-01-05 08:00:00,s1,red
,u1,d1,Opened,2026-01-05 08:01:00,s1,red
,u1,d1,Opened,2026-01-05 08:01:00,s1,red
e2,,d1,Closed,2026-01-05 09:00:00,s1,
e3,-1,null,Opened,2026-01-05 09:00:00,s2,blue
e4,,null,Opened,2026-01-05 09:00:00,s3,
e5,u2,,,2026-01-05 09:00:00,,
e6,u2,,Opened,not a time,,
e7,u2,,Opened,1970-01-01 00:00:00,,
e8,u2,,profile.member.joined,2026-01-05 09:00:00,,
"""
MAPPING = {
    "message_id": "id", "user_id": "user", "identity.device_id": "device", "event": "what", "occurred_at": "when",
    "session_id": "session",
}  # fmt: skip


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    path = tmp_path / "sample.csv"
    path.write_text(SAMPLE)
    return path


async def test_rows_without_ids_are_kept_and_rows_with_one_are_stored_once(sample: Path) -> None:
    report, rejects = await imports.run(
        "interactions", sample, mapping=MAPPING, source="shop", zone="Asia/Shanghai"
    )
    assert (report.accepted, report.unchanged) == (5, 1)
    assert [(reject.line, reject.reason) for reject in rejects] == [
        (8, "no_identity"), (9, "missing"), (10, "bad_time"), (11, "impossible_time"), (12, "reserved_kind"),
    ]  # fmt: skip
    row = await db.one("SELECT * FROM profile.interaction WHERE message_id = 'e1'")
    assert (row["kind"], row["session_key"], row["properties"]) == ("app.Opened", "s1", {"colour": "red"})
    assert row["occurred_at"] == datetime(2026, 1, 5, 0, tzinfo=UTC)
    assert await db.value("SELECT DISTINCT flags FROM profile.pending") == ["historical"]
    found = await identities.owners("user_id:shop", ["u1", "-1"])
    assert len(set(found.values())) == 2, "an external id may be any text"
    closed = await db.one("SELECT member FROM profile.interaction WHERE kind = 'app.Closed'")
    assert closed["member"] == found["u1"], "the device is known by then"


async def test_a_dry_run_decides_every_row_and_stores_nothing(sample: Path) -> None:
    before = await census()
    report, _ = await imports.run("interactions", sample, mapping=MAPPING, dry_run=True)
    assert (report.accepted, report.unchanged, report.rejected) == (5, 1, 5)
    assert await census() == before


async def test_rules_skip_marks_the_facts_for_the_rules(sample: Path) -> None:
    await imports.run("interactions", sample, mapping=MAPPING, apply_rules=False)
    assert await db.value("SELECT DISTINCT flags FROM profile.pending") == ["historical", "no_rules"]
