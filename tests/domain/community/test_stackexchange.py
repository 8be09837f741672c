"""A Stack Exchange dump: what becomes of its rows, and that a second import changes nothing."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path

import pytest

from domain import db
from domain.community import feed, stats, viewers
from domain.community.importers import landing, stackexchange
from domain.errors import InvalidInput
from domain.foundation import importing
from domain.foundation.importing import Options, Report
from domain.profile import identities

SAMPLE = Path(__file__).parents[2] / "samples" / "stackexchange"


async def import_(folder=SAMPLE, **options):
    rejects = []
    report = Report(rejects.append)
    await importing.run(stackexchange.STACKEXCHANGE, folder, Options(**options), report)
    return report.summary(), rejects


async def post(external_id: str) -> db.Row:
    target = (await landing.targets("stackexchange", [external_id], ["POST"]))[external_id]
    return (await feed.by_ids(viewers.Viewer(sees_all=True), [target.id]))[target.id]


async def interactions_by_kind() -> dict[str, int]:
    rows = await db.fetch("SELECT kind, count(*) AS n FROM profile.interaction GROUP BY kind")
    return {row["kind"]: row["n"] for row in rows}


async def test_every_row_is_accepted_or_rejected_with_a_reason():
    summary, rejects = await import_()
    assert summary == {
        "rows": 35, "accepted": 29, "unchanged": 0, "rejected": 6,
        "users": 4, "tags": 2, "posts": 7, "comments": 3, "votes": 7, "badges": 2, "posthistory": 4,
    }  # fmt: skip
    assert [(r.row["file"], r.external_id, r.reason, r.path) for r in rejects] == [
        ("Posts", "8", "TARGET_NOT_FOUND", "ParentId"),
        ("Votes", "10", "SUPERSEDED", "PostId"),
        ("Votes", "8", "TARGET_NOT_FOUND", "PostId"),
        ("Votes", "9", "NOT_APPLICABLE", "VoteTypeId"),
        ("Badges", "3", "TARGET_NOT_FOUND", "UserId"),
        ("PostHistory", "6", "TARGET_NOT_FOUND", "PostId"),
    ]


async def test_each_accepted_row_that_concerns_somebody_leaves_one_interaction():
    summary, _ = await import_()
    # The removal that still holds voids, beside the publication, the like that the post had received.
    assert await interactions_by_kind() == {
        "profile.member.joined": 4, "community.post.published": 5, "community.comment.published": 5,
        "community.reaction.set": 6, "community.post.accepted": 1, "profile.badge.earned": 2,
        "community.post.removed": 2, "community.post.locked": 1, "community.comment.deleted": 1,
        "community.comment.undeleted": 1,
    }  # fmt: skip
    assert sum((await interactions_by_kind()).values()) == summary["accepted"] - summary["tags"] + 1


async def test_a_second_import_changes_nothing():
    first, _ = await import_()
    before = await everything()
    second, rejects = await import_()
    assert second == {"rows": 35, "accepted": 0, "unchanged": first["accepted"], "rejected": 6}
    assert len(rejects) == 6
    assert await everything() == before


async def everything() -> Counter:
    """Every row of the tables that an import writes."""
    found: Counter = Counter()
    for table in (
        "profile.member", "profile.interaction", "profile.pending", "community.post", "community.comment",
        "community.reaction", "community.hashtag", "community.post_hashtag", "community.mod_event",
    ):  # fmt: skip
        for row in await db.fetch(f"SELECT md5(t::text) AS hash FROM {table} AS t"):
            found[table, row["hash"]] += 1
    return found


async def test_questions_answers_and_comments_find_their_places():
    await import_()
    question = await post("1")
    assert (question["likes"], question["dislikes"], question["comments"], question["root_comments"]) == (
        2,
        0,
        5,
        1,
    )
    assert (question["answers"], question["views"], question["hashtags"]) == (2, 40, ["winter", "charging"])
    targets = await landing.targets("stackexchange", ["3"], ["ANSWER", "COMMENT"])
    assert question["accepted_comment"] == targets["3"].id
    assert targets["3"].kind == "ANSWER"
    recount = await stats.recount_post(question["id"])
    assert recount == {
        "likes": 2,
        "dislikes": 0,
        "comments": 5,
        "root_comments": 1,
        "answers": 2,
        "bookmarks": 0,
    }


async def test_the_history_holds_in_the_order_of_its_times():
    await import_()
    assert [(await post(id_))["state"] for id_ in ("1", "4", "5")] == ["PUBLISHED", "PUBLISHED", "REMOVED"]
    assert [(await post(id_))["is_locked"] for id_ in ("1", "4")] == [False, True]
    events = await db.fetch("SELECT kind, actor_kind, external_id FROM community.mod_event ORDER BY at")
    assert events == [
        ("REMOVE", "IMPORT", "stackexchange:history:2"),
        ("CLOSE", "IMPORT", "stackexchange:history:3"),
    ]
    assert (
        await db.value("SELECT deleted_at FROM community.comment WHERE external_id = '3' AND kind = 'ANSWER'")
        is None
    )


async def test_interactions_stand_where_they_belong():
    await import_()
    members = await identities.owners("user_id:stackexchange", ["1", "2", "3"])
    of_post_four = await db.one(
        "SELECT member, actor_kind FROM profile.interaction WHERE subject_id = $1 AND kind = 'community.post.published'",
        str((await post("4"))["id"]),
    )
    assert of_post_four == (None, "UNKNOWN")
    closed_account = await db.value(
        "SELECT i.member FROM profile.interaction AS i JOIN community.comment AS c ON c.id::text = i.subject_id "
        "WHERE c.external_id = '3' AND c.kind = 'COMMENT'"
    )
    assert closed_account == members["3"], "the author of what is commented on"
    likes = await db.fetch(
        "SELECT member, actor_kind, properties->>'author' AS author FROM profile.interaction "
        "WHERE kind = 'community.reaction.set' AND subject_id = $1",
        str((await post("1"))["id"]),
    )
    assert likes == [(members["1"], "UNKNOWN", str(members["1"]))] * 2


async def test_flags_say_that_it_is_history():
    await import_(apply_rules=False)
    assert await db.fetch("SELECT DISTINCT flags FROM profile.pending") == [(["historical", "no_rules"],)]


async def test_a_dry_run_stores_nothing():
    summary, _ = await import_(dry_run=True)
    assert summary["accepted"] == 29
    assert await db.value("SELECT count(*) FROM community.post") == 0


async def test_what_its_target_came_later_is_applied_by_importing_again(tmp_path):
    for file in SAMPLE.iterdir():
        text = file.read_text(encoding="utf-8")
        if file.stem == "Posts":
            text = "\n".join(line for line in text.splitlines() if '<row Id="4"' not in line)
        (tmp_path / f"{file.name}.gz").write_bytes(gzip.compress(text.encode()))
    first, _ = await import_(tmp_path)
    assert first["accepted"] == 26  # without the question, its vote and its closing
    second, _ = await import_()
    assert (second["accepted"], second["unchanged"], second["rejected"]) == (3, 26, 6)
    assert (await post("4"))["likes"] == 1


async def test_a_folder_that_is_no_dump_is_refused(tmp_path):
    with pytest.raises(InvalidInput):
        await import_(tmp_path)


async def test_a_file_that_breaks_off_says_where_and_stores_nothing(tmp_path):
    (tmp_path / "Posts.xml").write_text('<posts>\n<row Id="1" PostTypeId="1" CreationDate="2024-01-01"')
    with pytest.raises(InvalidInput) as refused:
        await import_(tmp_path)
    assert "breaks off" in refused.value.problems[0].message
    assert await db.value("SELECT count(*) FROM community.post") == 0
