"""Reports: what they count, whom they silence, and each edge of their machine."""

from __future__ import annotations

from decimal import Decimal
from itertools import product
from uuid import UUID

import asyncpg
import pytest

from domain import clock, db
from domain.community import editing, moderation, sanctions, standings
from domain.community.desk import report_rules, report_steps, reports, routing
from domain.community.desk.errors import AlreadyAssigned, AlreadyReported, QueueDisabled
from domain.community.desk_seed import QUEUE
from domain.community.desk_tables import ReportCategory, ReportState
from domain.community.errors import AlreadyInState
from domain.errors import IllegalTransition, InvalidInput, NotFound
from domain.foundation import ids
from tests import make
from tests.domain.community.desk.conftest import item_of, row

S = ReportState
MODERATOR = make.staff("moderator")


@pytest.mark.parametrize(
    ("upheld", "rejected", "expected"),
    [(10, 42, "-10.34"), (5, 0, "0"), (6, 0, "6.46"), (7, 3, "0.00"), (0, 0, "0")],
)
def test_the_accuracy_of_a_reporter(upheld, rejected, expected):
    assert report_rules.accuracy(upheld, rejected) == Decimal(expected)


def test_cents_are_rounded_half_up():
    assert [str(report_rules.cents(Decimal(text))) for text in ("0.005", "0.015", "2.345")] == [
        "0.01", "0.02", "2.35",
    ]  # fmt: skip


async def test_scores_add_up_in_the_item_while_pending_or_upheld(post, report):
    _, one = await post("one")
    assert (await report(one, 3))["score"] == Decimal("4.00")
    _, two = await post("two")
    await report(two, 1)
    await report(two, 2)
    assert (await item_of(two))["score"] == Decimal("5.00")
    _, three = await post("three")
    staff = await report(three, by=MODERATOR, take_action=True)
    assert (staff["score"], staff["reporter"], staff["staff"]) == (Decimal("11.00"), None, MODERATOR.id)
    assert staff["parts"] == {"level": 5, "accuracy": "0", "category_bonus": "0", "take_action": 5}
    _, four = await post("four")
    await report(four, 1, "ILLEGAL")
    assert (await item_of(four))["score"] == Decimal("12.00")


async def test_an_often_wrong_reporter_counts_nothing(post, report, trusted):
    _, id_ = await post()
    wrong = await trusted(2)
    await standings.count_reports(wrong.member_id, upheld=10, rejected=42)
    assert (await report(id_, by=wrong))["score"] == Decimal("0.00")


async def test_a_report_keeps_the_text_as_it_was(post, report):
    author, id_ = await post("before the edit")
    kept = await report(id_)
    await editing.edit_post(author, id_, 1, editing.Edit(body="after the edit"))
    kept = await row("report", kept["id"])
    assert kept["evidence"]["body"] == "before the edit" and kept["evidence"]["version"] == 1
    with pytest.raises(asyncpg.RaiseError):
        async with db.transaction():
            await db.run("UPDATE community.report_activity SET kind = 'X' WHERE report = $1", kept["id"])


async def test_what_is_refused_changes_nothing(post, report, trusted):
    author, id_ = await post()
    reader = await trusted()
    cases = [
        (author, id_, {}, InvalidInput),
        (reader, ids.new(), {}, NotFound),
        (reader, id_, {"take_action": True}, InvalidInput),
        (reader, id_, {"note": "x" * 1_001}, InvalidInput),
        (author, author.member_id, {}, InvalidInput),
    ]
    for actor, subject, options, refusal in cases:
        with pytest.raises(refusal):
            async with db.transaction():
                await reports.file(actor, subject, ReportCategory.SPAM, **options)
    await moderation.remove(MODERATOR, id_, reason="spam")
    with pytest.raises(NotFound):
        await reports.file(reader, id_, ReportCategory.SPAM)
    assert await db.value("SELECT count(*) FROM community.report") == 0
    assert await db.value("SELECT count(*) FROM community.review_item") == 0


async def test_the_same_report_again_waits_a_day_or_an_edit(post, report, trusted):
    author, id_ = await post()
    reader = await trusted()
    first = await report(id_, by=reader, category="SPAM")
    await report(id_, by=reader, category="ABUSE")
    with pytest.raises(AlreadyReported) as waits:
        async with db.transaction():
            await report(id_, by=reader, category="SPAM")
    assert (waits.value.report_id, waits.value.retry_at) == (first["id"], None)
    await report_steps.close(MODERATOR, first["id"])
    with pytest.raises(AlreadyReported) as handled:
        async with db.transaction():
            await report(id_, by=reader, category="SPAM")
    assert handled.value.retry_at == (await row("report", first["id"]))["closed_at"] + report_rules.SILENCE
    await editing.edit_post(author, id_, 1, editing.Edit(body="another text"))
    again = await report(id_, by=reader, category="SPAM")
    await report_steps.close(MODERATOR, again["id"])
    clock.shift(report_rules.SILENCE)
    await report(id_, by=reader, category="SPAM")


async def test_a_muted_reporter_is_kept_and_counts_nothing(post, report, trusted):
    from domain.community.desk import muting

    _, id_ = await post()
    reader = await trusted(4)
    await muting.mute(make.staff("moderator"), reader.member_id, reason="a hundred false reports")
    kept = await report(id_, by=reader)
    assert (kept["score"], kept["item"]) == (Decimal(0), None)
    assert await item_of(id_) is None


async def test_many_reports_hide_and_their_cause_is_kept(post, report):
    _, id_ = await post()
    await report(id_, 4)
    assert (await row("post", id_))["hidden_by"] is None
    await report(id_, 3)
    item = await item_of(id_)
    assert (item["score"], (await row("post", id_))["hidden_by"]) == (Decimal("9.00"), item["id"])
    event = await db.one("SELECT * FROM community.mod_event WHERE item = $1", item["id"])
    assert (event["kind"], event["actor_kind"], event["actor"]) == ("HIDE", "RULE", None)


async def test_spam_of_a_newcomer_reported_by_a_trusted_member_is_hidden_at_once(post, report, trusted):
    _, plain = await post("plain")
    await report(plain, 3, "SPAM")
    item = await item_of(plain)
    assert item["force_review"] and (await row("post", plain))["hidden_by"] == item["id"]
    known = await trusted(1)
    _, other = await post("other", author=known)
    await report(other, 3, "SPAM")
    assert not (await item_of(other))["force_review"] and (await row("post", other))["hidden_by"] is None


async def test_a_newcomer_whom_three_report_is_silenced_for_a_day_once(post, report, trusted):
    author, id_ = await post()
    await report(id_, 1)
    await report(id_, 1)
    assert await sanctions.active(author.member_id) == []
    await report(id_, 0)
    await report(id_, 0)
    (silence,) = await sanctions.active(author.member_id)
    assert (silence.kind, silence.cause) == ("MUTE", "ABUSE")
    assert silence.until is not None and (silence.until - silence.starts_at).total_seconds() // 3600 in (
        23,
        24,
    )
    known = await trusted(1)
    _, other = await post("other", author=known)
    for _ in range(3):
        await report(other, 1)
    assert await sanctions.active(known.member_id) == []


# The machine: how each state is reached, and the act that leads to each state.
async def _reach(report, state: S) -> None:
    steps = {
        S.OPEN: (),
        S.CLOSED: (report_steps.close,),
        S.ESCALATED: (report_steps.escalate,),
        S.QUEUED: (lambda a, r: report_steps.queue(a, r, QUEUE),),
        S.ASSIGNED: (report_steps.assign,),
    }
    for step in steps[state]:
        await step(MODERATOR, report["id"])


ACTS = {
    "close": (report_steps.close, S.CLOSED, None),
    "escalate": (report_steps.escalate, S.ESCALATED, None),
    "queue": (lambda a, r: report_steps.queue(a, r, QUEUE), S.QUEUED, None),
    "assign": (lambda a, r: report_steps.assign(a, r, is_permanent=True), S.ASSIGNED, None),
    "unescalate": (report_steps.unescalate, S.OPEN, {S.ESCALATED}),
    "reopen": (report_steps.reopen, S.OPEN, {S.CLOSED}),
    "out of the queue": (lambda a, r: report_steps.queue(a, r, None), S.OPEN, {S.QUEUED, S.ASSIGNED}),
}
#: What the page says, written down once more.
ALLOWED = {
    S.OPEN: {S.CLOSED, S.ESCALATED, S.QUEUED, S.ASSIGNED},
    S.CLOSED: {S.OPEN},
    S.ESCALATED: {S.OPEN, S.CLOSED},
    S.QUEUED: {S.ASSIGNED, S.OPEN, S.CLOSED},
    S.ASSIGNED: {S.OPEN, S.CLOSED, S.ESCALATED, S.QUEUED},
}


@pytest.mark.parametrize("state", S)
async def test_the_machine_of_reports_edge_by_edge(post, report, state):
    for name, (act, to, sources) in ACTS.items():
        _, id_ = await post(f"{state} {name}")
        found = await report(id_)
        await _reach(found, state)
        before = await _log(found["id"])
        is_allowed = to in ALLOWED[state] and (sources is None or state in sources)
        is_moved = state is S.ASSIGNED and name == "assign"  # the same moderator, now permanently
        if is_allowed or is_moved:
            await act(MODERATOR, found["id"])
            assert (await row("report", found["id"]))["state"] == to
            assert (await _log(found["id"]))[-1][1:] == (state, to)
            assert len(await _log(found["id"])) == len(before) + 1
            continue
        with pytest.raises(AlreadyInState if state is to else IllegalTransition) as refused:
            async with db.transaction():
                await act(MODERATOR, found["id"])
        if state is not to and name != "out of the queue":
            assert set(refused.value.allowed) == ALLOWED[state]
        assert (await row("report", found["id"]))["state"] == state
        assert await _log(found["id"]) == before, f"{state} {name} left an activity"


def test_the_table_of_edges_is_the_pages():
    assert {state: set(targets) for state, targets in report_rules.EDGES.items()} == ALLOWED
    for state, to in product(S, S):
        if state is not to and to not in ALLOWED[state]:
            with pytest.raises(IllegalTransition):
                report_rules.check_step(state, to)


async def test_escalated_reports_are_not_queued(post, report):
    _, id_ = await post()
    found = await report(id_)
    await report_steps.escalate(MODERATOR, found["id"])
    with pytest.raises(IllegalTransition) as refused:
        async with db.transaction():
            await report_steps.queue(MODERATOR, found["id"], QUEUE)
    assert refused.value.allowed == ["OPEN", "CLOSED"]
    assert [kind for kind, *_ in await _log(found["id"])] == ["FILED", "ESCALATED"]


async def test_assignments_hold_for_a_while_or_for_good(post, report):
    _, id_ = await post()
    found, other = await report(id_), make.staff("moderator")
    await report_steps.queue(MODERATOR, found["id"], QUEUE)
    await report_steps.assign(MODERATOR, found["id"])
    with pytest.raises(AlreadyAssigned) as held:
        async with db.transaction():
            await report_steps.assign(other, found["id"])
    assert held.value.to == MODERATOR.id
    clock.shift(report_steps.LEASE)
    await report_steps.assign(other, found["id"], is_permanent=True)
    clock.shift(report_steps.LEASE * 2)
    with pytest.raises(AlreadyAssigned):
        async with db.transaction():
            await report_steps.assign(MODERATOR, found["id"])
    await report_steps.unassign(other, found["id"])
    left = await row("report", found["id"])
    assert (left["state"], left["assignee"], left["queue"]) == ("QUEUED", None, QUEUE)
    with pytest.raises(NotFound):
        await report_steps.assign(other, found["id"], ids.new())


async def test_closing_and_reopening_tells_the_reporter_once(post, report, trusted):
    _, id_ = await post()
    reader = await trusted(2)
    found = await report(id_, by=reader)
    await report_steps.close(MODERATOR, found["id"], "Thank you.", "REPORTER")
    assert (await item_of(id_))["score"] == 0
    await report_steps.reopen(MODERATOR, found["id"])
    again = await row("report", found["id"])
    assert (again["outcome"], again["closed_at"]) == (None, None)
    assert (await item_of(id_))["score"] == Decimal("3.00")
    await report_steps.close(MODERATOR, found["id"])
    told = await db.fetch(
        "SELECT facts FROM messaging.message WHERE member = $1 AND type = 'REPORT_OUTCOME' AND channel = 'INBOX'",
        reader.member_id,
    )
    assert [row["facts"]["message"] for row in told] == ["Thank you."]


async def test_notes_change_no_state_and_name_nobody(post, report, trusted):
    _, id_ = await post()
    reader = await trusted()
    await db.run("UPDATE profile.member SET display_name = 'Wanda' WHERE id = $1", reader.member_id)
    found = await report(id_, by=reader)
    await report_steps.add_note(MODERATOR, found["id"], "Wanda reports a lot")
    await report_steps.add_note(MODERATOR, found["id"], "We look at it.", "REPORTER")
    with pytest.raises(InvalidInput):
        async with db.transaction():
            await report_steps.add_note(MODERATOR, found["id"], "It was wanda.", "SUBJECT")
    assert (await row("report", found["id"]))["state"] == "OPEN"
    assert [kind for kind, *_ in await _log(found["id"])] == ["FILED", "NOTE", "NOTE"]


async def test_routing_takes_the_first_queue_that_matches_and_waits_for_queues_to_change(post, report):
    _, id_ = await post()
    found = await report(id_, category="FRAUD")
    await db.run("UPDATE community.mod_queue SET categories = '{SPAM}' WHERE id = $1", QUEUE)
    assert await routing.route() == 2
    assert await routing.route() == 0, "what found no queue waits until queues change"
    assert (await row("report", found["id"]))["state"] == "OPEN"
    await db.run(
        "UPDATE community.mod_queue SET categories = '{FRAUD}', version = version + 1 WHERE id = $1", QUEUE
    )
    assert await routing.route() == 2
    routed, item = await row("report", found["id"]), await item_of(id_)
    assert (routed["state"], routed["queue"], item["queue"]) == ("QUEUED", QUEUE, QUEUE)
    assert (item["due_at"] - item["opened_at"]).total_seconds() == 1440 * 60
    await report_steps.queue(MODERATOR, found["id"], None)
    assert await routing.route() == 0
    await db.run("UPDATE community.mod_queue SET is_enabled = false WHERE id = $1", QUEUE)
    with pytest.raises(QueueDisabled):
        await report_steps.queue(MODERATOR, found["id"], QUEUE)


async def _log(report: UUID) -> list[tuple[str, str | None, str | None]]:
    rows = await db.fetch(
        "SELECT kind, from_state, to_state FROM community.report_activity WHERE report = $1 ORDER BY seq",
        report,
    )
    return [tuple(row) for row in rows]
