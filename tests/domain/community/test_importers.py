"""Circles, posts, comments and reactions as files."""

from __future__ import annotations

import pytest

from domain import db
from domain.community import importers, stats
from domain.foundation import importing
from domain.foundation.importing import Options, Report, Row
from domain.profile import importers as profile_importers

KINDS = {importer.kind: importer for importer in (*importers.ALL, profile_importers.MEMBERS)}


async def import_(kind: str, *rows: dict[str, object], **options):
    rejects = []
    report = Report(rejects.append)
    given = Options(source="forum", file=f"{kind}.csv", **options)
    await importing.run(KINDS[kind], (Row(number, row) for number, row in enumerate(rows, 2)), given, report)
    return (report.accepted, report.unchanged, [(r.line, r.reason, r.path) for r in rejects])


@pytest.fixture
async def people():
    await import_("members", *({"external_id": name, "joined_at": "2024-01-01"} for name in ("-1", "a", "b")))


def a_post(external_id: str = "1", **columns) -> dict[str, object]:
    return {
        "external_id": external_id, "author": "a", "kind": "MOMENT", "body": "Hi", "created_at": "2024-02-01T08:00:00",
        **columns,
    }  # fmt: skip


def a_comment(external_id: str, **columns) -> dict[str, object]:
    return {
        "external_id": external_id, "post": "1", "kind": "COMMENT", "author": "b", "body": f"c{external_id}",
        "created_at": "2024-02-02T08:00:00", **columns,
    }  # fmt: skip


async def test_posts_come_with_all_their_columns(people):
    await import_("circles", {"external_id": "c1", "name": "City", "kind": "city"})
    rows = (
        a_post("1", circle="c1", kind="question", title="T", tags="a, B", views="7", licence="CC0", body_format="HTML",
               edited_at="2024-02-03", closed_at="2024-02-04", accepted_comment="9"),
        a_post("2", author="-1"),
        a_post("3", author=""),
    )  # fmt: skip
    assert await import_("posts", *rows, zone="Asia/Shanghai") == (3, 0, [])
    assert await import_("posts", *rows) == (0, 3, [])
    row = await db.one(
        """SELECT p.*, s.name AS circle_name, ARRAY(SELECT h.name FROM community.post_hashtag AS x
            JOIN community.hashtag AS h ON h.id = x.hashtag WHERE x.post = p.id ORDER BY x.position) AS tags
        FROM community.post AS p JOIN community.circle AS s ON s.id = p.circle WHERE p.external_id = '1'"""
    )
    assert (row["circle_name"], row["title"], row["tags"], row["licence"]) == ("City", "T", ["a", "b"], "CC0")
    assert (row["published_at"].isoformat(), row["locked_by"] is not None) == (
        "2024-02-01T00:00:00+00:00",
        True,
    )
    facts = await db.fetch(
        "SELECT occurred_at::text AS at, actor_kind, source FROM profile.interaction "
        "WHERE kind = 'community.post.published' ORDER BY actor_kind"
    )
    assert [tuple(fact) for fact in facts] == [
        ("2024-02-01 00:00:00+00", kind, "forum") for kind in ("MEMBER", "MEMBER", "UNKNOWN")
    ]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"author": "nobody"}, ("TARGET_NOT_FOUND", "author")),
        ({"circle": "nowhere"}, ("TARGET_NOT_FOUND", "circle")),
        ({"kind": "SONG"}, ("bad_kind", "kind")),
        ({"kind": ""}, ("missing", "kind")),
        ({"created_at": "yesterday"}, ("bad_time", "created_at")),
        ({"created_at": ""}, ("missing", "created_at")),
        ({"external_id": ""}, ("missing", "external_id")),
        ({"views": "many"}, ("bad_number", "views")),
        ({"title": "x" * 301}, ("too_long", "title")),
        ({"body": "a\x00b"}, ("bad_text", "body")),
    ],
)
async def test_a_post_that_cannot_be_taken_says_why_and_stores_nothing(people, columns, reason):
    assert await import_("posts", a_post(**columns)) == (0, 0, [(2, *reason)])
    assert await db.value("SELECT count(*) FROM community.post") == 0


async def test_comments_find_post_answer_and_comment(people):
    await import_("posts", a_post("1", kind="QUESTION", accepted_comment="10"))
    rows = (
        a_comment("3", parent="2"),  # a reply before what it replies to
        a_comment("10", kind="ANSWER"),
        a_comment("2", parent="10"),
        a_comment("4", parent="1"),  # the post itself
        a_comment("5", parent="99"),
        a_comment("6", post="99"),
        a_comment("7", kind="ANSWER", parent="2"),
    )
    assert await import_("comments", *rows) == (
        4, 0, [(6, "TARGET_NOT_FOUND", "parent"), (7, "TARGET_NOT_FOUND", "post"), (8, "bad_parent", "parent")]
    )  # fmt: skip
    assert await import_("comments", *rows[:4]) == (0, 4, [])
    post = await db.value("SELECT id FROM community.post")
    assert await stats.recount_post(post) | {"likes": 0} == {
        "likes": 0, "dislikes": 0, "comments": 4, "root_comments": 1, "answers": 1, "bookmarks": 0,
    }  # fmt: skip
    accepted = await db.value(
        "SELECT c.external_id FROM community.post AS p JOIN community.comment AS c ON c.id = p.accepted_comment"
    )
    assert accepted == "10"
    assert (
        await db.value("SELECT count(*) FROM profile.interaction WHERE kind = 'community.comment.published'")
        == 4
    )


async def test_reactions_are_applied_once_and_missing_targets_later(people):
    rows = (
        {"external_id": "r1", "target_kind": "POST", "target": "1", "member": "b", "kind": "LIKE", "at": "2024-03-01"},
        {"external_id": "r2", "target_kind": "POST", "target": "1", "member": "", "kind": "DISLIKE", "at": "2024-03-01"},
        {"external_id": "", "target_kind": "COMMENT", "target": "1", "member": "", "kind": "LIKE", "at": "2024-03-01"},
        {"external_id": "r4", "target_kind": "POST", "target": "1", "member": "a", "kind": "LIKE", "at": "2024-03-01"},
        {"external_id": "r5", "target_kind": "POST", "target": "1", "member": "b", "kind": "LIKE", "at": "2024-03-02"},
    )  # fmt: skip
    missing = [(line, "TARGET_NOT_FOUND", "target") for line in range(2, 7)]
    assert await import_("reactions", *rows) == (0, 0, missing)
    await import_("posts", a_post("1"))
    assert await import_("reactions", *rows) == (
        2, 0, [(4, "TARGET_NOT_FOUND", "target"), (5, "OWN_CONTENT", "member"), (6, "ALREADY_REACTED", "member")]
    )  # fmt: skip
    await import_("comments", a_comment("1"))
    assert (await import_("reactions", *rows))[:2] == (1, 2)
    assert (await import_("reactions", *rows))[:2] == (0, 3)
    facts = await db.fetch(
        """SELECT i.member = (SELECT member FROM profile.identity WHERE value_norm = 'a') AS is_authors, i.actor_kind
        FROM profile.interaction AS i WHERE kind = 'community.reaction.set' AND subject_kind = 'POST' ORDER BY actor_kind"""
    )
    assert [tuple(fact) for fact in facts] == [(False, "MEMBER"), (True, "UNKNOWN")]


async def test_circle_members_join_once(people):
    await import_("circles", {"external_id": "c1", "name": "City", "kind": "CITY"})
    rows = (
        {"circle": "c1", "member": "a", "role": "LEAD", "joined_at": "2024-01-02"},
        {"circle": "c1", "member": "b", "role": "", "joined_at": "2024-01-03"},
        {"circle": "c2", "member": "b", "role": "", "joined_at": "2024-01-03"},
    )
    assert await import_("circle-members", *rows) == (2, 0, [(4, "TARGET_NOT_FOUND", "circle")])
    assert (await import_("circle-members", *rows))[:2] == (0, 2)
    assert (
        await db.value("SELECT count(*) FROM profile.interaction WHERE kind = 'community.circle.joined'") == 2
    )
