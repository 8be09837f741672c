"""Publishing through GraphQL: drafts, barriers, rates, screening, edits, polls, tips."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from domain import clock, db
from domain.actor import SYSTEM
from domain.community import authors, configuration, polls, posts, standings, tips
from domain.community.content import Content
from domain.community.content_rules import PollText
from domain.community.desk import sanctioning
from domain.community.desk_tables import SanctionKind
from domain.community.screening import ruleset
from domain.community.screening.rules import WordRule
from domain.community.tables import PostKind
from domain.community.viewers import Viewer
from domain.foundation import ids
from domain.points import ledger
from tests import make

OPERATOR, ADMIN = make.staff("operator"), make.staff("admin")
FACTS = """__typename ... on InvalidInput { problems { path } } ... on PostingNotAllowed { reasons until }
    ... on DuplicateContent { until } ... on IllegalTransition { from to allowed }
    ... on ContentRejected { policy matches { text start end } }"""
POST = """post { id state version title body scheduledAt publishedAt editedAt aiLabel bodyFormat ipRegion
    pendingRevision { body } revisions { number body } poll { id isClosed hasVoted voterCount options { id text voteCount } } }"""
SAVE = f"""mutation($in: SaveDraftInput!) {{ saveDraft(input: $in) {{ __typename ... on SaveDraftSuccess {{ {POST} }}
    ... on VersionConflict {{ current }} ... on InvalidInput {{ problems {{ path }} }} }} }}"""
SCHEDULE = f"mutation($in: SchedulePostInput!) {{ schedulePost(input: $in) {{ {FACTS} ... on SchedulePostSuccess {{ {POST} }} }} }}"
PUBLISH = f"mutation($in: PublishPostInput!) {{ publishPost(input: $in) {{ {FACTS} ... on PublishPostSuccess {{ {POST} }} }} }}"
EDIT = f"""mutation($in: EditPostInput!) {{ editPost(input: $in) {{ __typename ... on EditPostSuccess {{ {POST} }}
    ... on ContentRejected {{ policy }} ... on VersionConflict {{ current }} ... on EditWindowClosed {{ closedAt }}
    ... on InvalidInput {{ problems {{ path }} }} }} }}"""
COMMENT = """mutation($in: PublishCommentInput!) { publishComment(input: $in) { __typename
    ... on PublishCommentSuccess { comment { id state version body } } ... on ThreadLocked { root { id } }
    ... on PostingNotAllowed { reasons } ... on InvalidInput { problems { path } } } }"""
EDIT_COMMENT = """mutation($in: EditCommentInput!) { editComment(input: $in) { __typename
    ... on EditCommentSuccess { comment { version body editedAt } } ... on VersionConflict { current } } }"""
VOTE = f"""mutation($in: VotePollInput!) {{ votePoll(input: $in) {{ __typename ... on VotePollSuccess {{ {POST} }}
    ... on PollClosed {{ closedAt }} ... on InvalidInput {{ problems {{ path }} }} }} }}"""
TIP = """mutation($in: TipPostInput!) { tipPost(input: $in) { __typename
    ... on TipPostSuccess { remainingThisMonth } ... on TipNotAllowed { reasons } ... on InsufficientPoints { missing } } }"""
POST_BY_ID = "query($id: ID!) { post(id: $id) { id state body } }"
DRAFTS = "{ myDrafts { nodes { id state body } } }"


@pytest.fixture(autouse=True)
def clock_at_rest():
    yield
    clock.shift(timedelta(0))


@pytest.fixture
def do(gql):
    """Run a mutation as somebody and answer its result."""

    async def run(operation: str, actor, **given):
        answer = await gql(operation, {"in": given}, actor=actor)
        assert not answer.errors, answer.errors
        return next(iter(answer.data.values()))

    return run


async def configure(key, value):
    await configuration.configure(OPERATOR, key, value)


async def trusted(level: int, **options):
    actor = await make.member_actor(**options)
    await standings.set_level(ADMIN, actor.member_id, level, reason="for the test")
    return actor


async def word(pattern: str, action: str, policy: str | None = None) -> None:
    """A word rule in force from now on."""
    await db.run(
        """INSERT INTO community.word_rule (id, pattern, kind, action, policy, circles, is_case_sensitive, boundary, mode,
            version, anchor, anchoring, changed_at, created_at)
        VALUES ($1, $2, 'WORD', $3, $4, '{}', false, 'ANY', 'LIVE', 1, $5, $6, $7, $7)""",
        ids.new(), pattern, action, policy, ruleset.anchor(WordRule(pattern)), ruleset.ANCHORING, clock.now(),
    )  # fmt: skip
    await db.run("UPDATE community.word_rule_set SET stamp = gen_random_uuid(), version = version + 1")


async def test_a_draft_is_kept_scheduled_taken_back_and_published(gql, do):
    me, other = await make.member_actor(), await make.member_actor()
    draft = (await do(SAVE, me, kind="ARTICLE", body="# Unfinished"))["post"]
    assert (draft["state"], draft["version"], draft["bodyFormat"]) == ("DRAFT", 1, "MARKDOWN")
    for somebody in (other, make.staff("moderator")):
        assert (await gql(POST_BY_ID, {"id": draft["id"]}, actor=somebody)).codes == ["NOT_FOUND"]
    unfinished = await do(PUBLISH, me, draftId=draft["id"])
    assert unfinished["problems"] == [{"path": "title"}]
    stale = await do(SAVE, me, draftId=draft["id"], body="x", expectedVersion=9)
    assert stale == {"__typename": "VersionConflict", "current": 1}
    at = (clock.now() + timedelta(hours=2)).isoformat()
    planned = (await do(SCHEDULE, me, draftId=draft["id"], title="Done", scheduledAt=at))["post"]
    assert (planned["state"], planned["title"], planned["body"]) == ("SCHEDULED", "Done", "# Unfinished")
    assert planned["scheduledAt"] is not None
    past = await do(SCHEDULE, me, draftId=draft["id"], scheduledAt="2020-01-01T00:00:00Z")
    assert past["problems"] == [{"path": "scheduledAt"}]
    assert [node["state"] for node in (await gql(DRAFTS, actor=me))["myDrafts"]["nodes"]] == ["SCHEDULED"]
    again = (await do(SAVE, me, draftId=draft["id"], kind="ARTICLE", title="Done", body="Finished"))["post"]
    assert (again["state"], again["scheduledAt"]) == ("DRAFT", None)
    out = (await do(PUBLISH, me, draftId=draft["id"], aiDeclared=True))["post"]
    assert (out["state"], out["body"], out["aiLabel"], out["id"]) == (
        "PUBLISHED",
        "Finished",
        "DECLARED",
        draft["id"],
    )
    assert (await gql(DRAFTS, actor=me))["myDrafts"]["nodes"] == []
    assert (await gql(POST_BY_ID, {"id": draft["id"]}, actor=other))["post"]["state"] == "PUBLISHED"
    twice = await do(PUBLISH, me, draftId=draft["id"])
    assert (twice["__typename"], twice["allowed"]) == ("IllegalTransition", [])
    assert (await gql(PUBLISH, {"in": {"draftId": draft["id"]}}, actor=other)).codes == ["NOT_FOUND"]


async def test_deleting_a_draft_twice_succeeds(do):
    me = await make.member_actor()
    draft = (await do(SAVE, me, body="No"))["post"]["id"]
    delete = "mutation($in: DeletePostInput!) { deletePost(input: $in) { __typename ... on DeletePostSuccess { post { state } } } }"
    for _ in range(2):
        assert (await do(delete, me, postId=draft))["post"]["state"] == "DELETED"


async def test_what_is_deleted_is_the_authors_until_it_is_back(gql, do):
    """A2."""
    me, other = await make.member_actor(), await make.member_actor()
    post = (await do(PUBLISH, me, body="Here"))["post"]["id"]
    await posts.delete(me, post)
    assert (await gql(POST_BY_ID, {"id": post}, actor=other)).codes == ["NOT_FOUND"]
    assert (await gql(POST_BY_ID, {"id": post}, actor=me))["post"]["state"] == "DELETED"
    await posts.undelete(me, post)
    assert (await gql(POST_BY_ID, {"id": post}, actor=other))["post"]["state"] == "PUBLISHED"


async def test_a_lock_holds_below_it_and_nowhere_else(do):
    """A3: 1-(2-3), 4: lock 2."""
    me = await make.member_actor()
    post = (await do(PUBLISH, me, body="Tree"))["post"]["id"]
    tree: dict[int, str] = {}
    for number, parent in ((1, None), (2, 1), (3, 2), (4, None)):
        given = {"postId": post, "body": f"c{number}"} | ({"parentId": tree[parent]} if parent else {})
        tree[number] = (await do(COMMENT, me, **given))["comment"]["id"]
    lock = "mutation($in: LockThreadInput!) { lockThread(input: $in) { __typename } }"
    await do(lock, make.staff("moderator"), targetId=tree[2], reason="too heated")
    closed = await do(COMMENT, me, postId=post, body="to 3", parentId=tree[3])
    assert closed == {"__typename": "ThreadLocked", "root": {"id": tree[2]}}
    for number in (1, 4):
        done = await do(COMMENT, me, postId=post, body=f"to {number}", parentId=tree[number])
        assert done["comment"]["state"] == "PUBLISHED"


async def test_barriers_are_named_together_and_come_first(do):
    me = await make.member_actor()
    await configure("barriers.phone_required", True)
    await configure("barriers.trust", {**configuration.DEFAULTS["barriers.trust"], "POLL": 2})
    until = clock.now() + timedelta(days=1)
    mute = sanctioning.Ask(
        me.member_id, SanctionKind.MUTE, policy_code="SPAM", reason="for the test", until=until
    )
    await sanctioning.lay(ADMIN, mute)
    refused = await do(PUBLISH, me, kind="POLL", body="")
    assert refused["reasons"] == ["SANCTIONED", "PHONE_UNVERIFIED", "TRUST_TOO_LOW"]
    assert refused["until"] is None
    await configure("barriers.phone_required", False)
    muted = await do(PUBLISH, me, body="Hello")
    assert (muted["reasons"], muted["until"] is not None) == (["SANCTIONED"], True)
    clock.shift(timedelta(days=1, seconds=1))
    assert (await do(PUBLISH, me, body="Hello"))["post"]["state"] == "PUBLISHED"
    assert await db.value("SELECT count(*) FROM community.post") == 1


async def test_rates_hold_by_trust_and_a_refused_attempt_consumes_nothing(gql, do):
    await configure("rates.enabled", True)
    me = await make.member_actor(joined_at=clock.now() - timedelta(days=3))

    async def limited(operation, actor, **given):
        answer = await gql(operation, {"in": given}, actor=actor)
        assert answer.codes == ["RATE_LIMITED"], answer.data
        return answer.errors[0].original_error.facts

    await do(PUBLISH, me, body="one")
    for _ in range(3):
        facts = await limited(PUBLISH, me, body="two")
        assert 119 <= facts["retryAfterSeconds"] <= 120
        assert (facts["limit"], facts["remaining"]) == (1, 0)
    clock.shift(timedelta(seconds=121))
    await do(PUBLISH, me, body="two")
    assert await db.value("SELECT count(*) FROM community.post") == 2
    known = await trusted(1, joined_at=clock.now() - timedelta(days=3))
    await do(PUBLISH, known, body="a")
    clock.shift(timedelta(seconds=121 + 16))
    post = (await do(PUBLISH, known, body="b"))["post"]["id"]
    await configure("rates.posts.per_day", 2)
    clock.shift(timedelta(minutes=5))
    assert (await limited(PUBLISH, known, body="c"))["limit"] == 2
    newcomer = await trusted(1)
    for number in range(10):
        clock.shift(timedelta(minutes=5, seconds=6 * number))
        await do(COMMENT, newcomer, postId=post, body=f"n{number}") if number < 3 else None
    facts = await limited(COMMENT, newcomer, postId=post, body="four in a row")
    assert facts["limit"] == 3
    await do(COMMENT, known, postId=post, body="between")
    await configure("rates.first_day.comments", 3)
    assert (await limited(COMMENT, newcomer, postId=post, body="fourth of the day"))["limit"] == 3
    links = await limited(PUBLISH, await make.member_actor(), body="https://a.cn www.b.cn https://c.cn")
    assert links["limit"] == 2


async def test_screening_refuses_masks_flags_and_holds(gql, do):
    me, other = await make.member_actor(), await make.member_actor()
    await word("badword", "REJECT", "ABUSE")
    await word("maskword", "MASK")
    await word("flagword", "FLAG")
    await word("holdword", "HOLD")
    refused = await do(PUBLISH, me, body="a badword here")
    assert (refused["__typename"], refused["policy"]) == ("ContentRejected", "ABUSE")
    assert refused["matches"] == [{"text": "badword", "start": 2, "end": 9}]
    assert (await do(PUBLISH, me, body="fine", hashtags=["badword"]))["__typename"] == "ContentRejected"
    assert await db.value("SELECT count(*) FROM community.post") == 0
    masked = (await do(PUBLISH, me, body="a maskword here"))["post"]
    assert (masked["body"], masked["state"]) == ("a ******** here", "PUBLISHED")
    flagged = (await do(PUBLISH, me, body="a flagword here"))["post"]
    held = (await do(PUBLISH, me, body="a holdword here"))["post"]
    assert (flagged["state"], held["state"]) == ("PUBLISHED", "PENDING")
    items = await db.fetch("SELECT subject, cause, reasons FROM community.review_item ORDER BY opened_at")
    assert [(str(i["subject"]), i["cause"], i["reasons"]) for i in items] == [
        (flagged["id"], "RULE", ["WORDS"]), (held["id"], "HELD", ["WORDS"]),
    ]  # fmt: skip
    edit = {"postId": masked["id"], "expectedVersion": 1}
    assert (await do(EDIT, me, **edit, body="badword"))["__typename"] == "ContentRejected"
    waits = (await do(EDIT, me, **edit, body="a holdword now"))["post"]
    assert (waits["body"], waits["pendingRevision"]) == ("a ******** here", {"body": "a holdword now"})
    seen = "query($id: ID!) { post(id: $id) { body pendingRevision { body } } }"
    public = (await gql(seen, {"id": masked["id"]}, actor=other))["post"]
    assert public == {"body": "a ******** here", "pendingRevision": None}
    comment = await do(COMMENT, other, postId=masked["id"], body="holdword")
    assert comment["comment"]["state"] == "PENDING"


async def test_fast_typers_links_and_circles_that_approve_wait(do):
    me = await make.member_actor()
    assert (await do(PUBLISH, me, body="quick", composeMs=500))["post"]["state"] == "PENDING"
    slow = await make.member_actor()
    assert (await do(PUBLISH, slow, body="slow", composeMs=5000))["post"]["state"] == "PUBLISHED"
    assert (await do(PUBLISH, slow, body="quick", composeMs=5))["post"]["state"] == "PUBLISHED"
    await configure("hold.links", 1)
    links = "see https://a.cn and https://b.cn"
    assert (await do(PUBLISH, slow, body=links))["post"]["state"] == "PENDING"
    assert (await do(PUBLISH, await trusted(2), body=links))["post"]["state"] == "PUBLISHED"
    make_circle = "mutation($in: CreateCircleInput!) { createCircle(input: $in) { ... on CreateCircleSuccess { circle { id } } } }"
    circle = (await do(make_circle, ADMIN, slug="calm", name="Calm", kind="CLUB"))["circle"]["id"]
    await db.run("UPDATE community.circle SET approval = 'NEW_MEMBERS'")
    first = (await do(PUBLISH, slow, circleId=circle, body="first"))["post"]
    assert first["state"] == "PENDING"
    await db.run("UPDATE community.circle SET approval = 'NONE'")
    assert (await do(PUBLISH, slow, circleId=circle, body="second"))["post"]["state"] == "PUBLISHED"
    await db.run("UPDATE community.circle SET approval = 'NEW_MEMBERS'")
    assert (await do(PUBLISH, slow, circleId=circle, body="third"))["post"]["state"] == "PUBLISHED"
    await db.run("UPDATE community.circle SET approval = 'ALL'")
    assert (await do(PUBLISH, slow, circleId=circle, body="fourth"))["post"]["state"] == "PENDING"


async def test_small_early_corrections_are_not_shown_and_windows_close_by_trust(do):
    me = await make.member_actor()
    post = (await do(PUBLISH, me, body="Helo everybody"))["post"]
    edit = {"postId": post["id"]}
    fixed = (await do(EDIT, me, **edit, expectedVersion=1, body="Hello everybody"))["post"]
    assert (fixed["version"], fixed["editedAt"], fixed["revisions"]) == (2, None, [])
    assert (await do(EDIT, me, **edit, expectedVersion=1, body="x"))["current"] == 2
    large = (await do(EDIT, me, **edit, expectedVersion=2, body="y" * 150))["post"]
    assert [each["body"] for each in large["revisions"]] == ["y" * 150, "Hello everybody"]
    assert large["editedAt"] is not None
    same = (await do(EDIT, me, **edit, expectedVersion=3, body="y" * 150))["post"]
    assert same["version"] == 3
    clock.shift(timedelta(minutes=10))
    late = (await do(EDIT, me, **edit, expectedVersion=3, body="y" * 151))["post"]
    assert len(late["revisions"]) == 3
    clock.shift(timedelta(minutes=1441))
    assert (await do(EDIT, me, **edit, expectedVersion=4, body="too late"))[
        "__typename"
    ] == "EditWindowClosed"
    await standings.set_level(ADMIN, me.member_id, 2, reason="for the test")
    assert (await do(EDIT, me, **edit, expectedVersion=4, body="in time"))["post"]["version"] == 5
    comment = (await do(COMMENT, me, postId=post["id"], body="So"))["comment"]
    given = {"commentId": comment["id"], "expectedVersion": 1, "body": "So it is"}
    assert (await do(EDIT_COMMENT, me, **given))["comment"]["version"] == 2
    assert (await do(EDIT_COMMENT, me, **given))["current"] == 2


async def a_poll(author, **options) -> tuple[str, list[str]]:
    content = Content(PostKind.POLL, "Which?", poll=PollText(["One", "Two", "Three"], **options))
    post = await posts.submit(author, content)
    poll = (await polls.of_posts(Viewer(), [post]))[post]
    return str(poll.id), [str(option.id) for option in poll.options]


async def test_a_poll_takes_one_vote_of_each_and_counts_exactly(do):
    author, me, other = [await make.member_actor() for _ in range(3)]
    for given, path in (
        ({"kind": "POLL", "title": "T", "body": "", "poll": {"options": ["a"]}}, "poll.options"),
        ({"kind": "POLL", "title": "T", "poll": {"options": ["a", " A"]}}, "poll.options.1"),
        ({"kind": "POLL", "title": "T", "poll": {"options": ["a", "b"], "maxChoices": 3}}, "poll.maxChoices"),
        ({"body": "b", "poll": {"options": ["a", "b"]}}, "poll"),
    ):
        assert (await do(PUBLISH, author, **given))["problems"] == [{"path": path}]
    poll, options = await a_poll(author, max_choices=2, closes_at=clock.now() + timedelta(hours=1))
    first = (await do(VOTE, me, pollId=poll, optionIds=options[:2]))["post"]["poll"]
    assert [option["voteCount"] for option in first["options"]] == [1, 1, 0]
    assert (first["voterCount"], first["hasVoted"]) == (1, True)
    assert (await do(VOTE, me, pollId=poll, optionIds=options[2:]))["__typename"] == "AlreadyVoted"
    for wrong in ([], options, [str(ids.new())]):
        assert (await do(VOTE, other, pollId=poll, optionIds=wrong))["problems"] == [{"path": "optionIds"}]
    second = (await do(VOTE, other, pollId=poll, optionIds=[options[0], options[0]]))["post"]["poll"]
    assert [option["voteCount"] for option in second["options"]] == [2, 1, 0]
    clock.shift(timedelta(hours=1, seconds=1))
    assert (await do(VOTE, author, pollId=poll, optionIds=options[:1]))["__typename"] == "PollClosed"
    assert await db.value("SELECT count(*) FROM community.poll_vote") == 3


async def test_tips_are_given_for_good_by_level_and_month_and_taken_back_by_moderation(do):
    author, me = await make.member_actor(), await trusted(1)
    await ledger.earn(SYSTEM, me.member_id, "POINTS", 100, ledger.Cause("TEST", ids.new()))
    post = (await do(PUBLISH, author, body="Tip me"))["post"]["id"]

    async def points(actor) -> int:
        return await db.value(
            """SELECT coalesce(sum(l.remaining), 0) FROM points.lot AS l JOIN points.account AS a ON a.id = l.account
            WHERE a.member = $1 AND l.state = 'ACTIVE'""",
            actor.member_id,
        )

    newcomer = await make.member_actor()
    assert (await do(TIP, newcomer, postId=post, amount=5))["reasons"] == ["TRUST_TOO_LOW"]
    assert (await do(TIP, me, postId=post, amount=7))["reasons"] == ["AMOUNT_NOT_OFFERED"]
    assert (await do(TIP, author, postId=post, amount=5))["reasons"] == ["OWN_POST", "TRUST_TOO_LOW"]
    for left in (4, 3, 2, 1, 0):
        assert (await do(TIP, me, postId=post, amount=5))["remainingThisMonth"] == left
    assert (await do(TIP, me, postId=post, amount=5))["reasons"] == ["LIMIT_OF_MONTH"]
    assert (await points(me), await points(author)) == (75, 25)
    poor = await trusted(1)
    assert (await do(TIP, poor, postId=post, amount=5))["missing"] == "5"
    given = await db.fetch("SELECT id FROM community.tip ORDER BY created_at")
    event = ids.new()
    assert await tips.take_back(SYSTEM, given[0]["id"], event, "fraud")
    assert not await tips.take_back(SYSTEM, given[0]["id"], event, "fraud")
    assert (await points(me), await points(author)) == (80, 20)
    counted = (
        "SELECT count(*) FROM profile.interaction WHERE kind = 'community.post.tipped' AND profile.counts(id)"
    )
    assert await db.value(counted) == 4
    assert (await do(TIP, me, postId=post, amount=1))["remainingThisMonth"] == 0
    now = clock.now()
    clock.shift(tips.month_start(now + timedelta(days=32)) - now + timedelta(hours=1))
    assert (await do(TIP, me, postId=post, amount=1))["remainingThisMonth"] == 4


async def test_people_are_named_and_told_once(do):
    me, anna = await trusted(1), await make.member_actor(number="M1001")
    body = f"@M1001 and @[Anna](member:{anna.member_id}) and @nobody"
    post = (await do(PUBLISH, me, body=body))["post"]["id"]
    told = await db.fetch(
        "SELECT member, type FROM messaging.message WHERE subject_id = $1 AND channel = 'INBOX'", post
    )
    assert [tuple(row) for row in told] == [(anna.member_id, "MENTION")]
    many = " ".join([f"@[x](member:{await make.member_id()})" for _ in range(3)])
    assert (await do(PUBLISH, await make.member_actor(), body=many))["problems"] == [{"path": "body"}]
    assert (await do(PUBLISH, me, body=many))["post"]["state"] == "PUBLISHED"


async def test_a_delivery_report_says_what_it_lacks(gql, do):
    me = await make.member_actor()
    post = (await do(PUBLISH, me, kind="DELIVERY", body="提" * 300))["post"]["id"]
    asked = "query($id: ID!) { post(id: $id) { featureEligibility { isAllowed reasons { code required actual } } } }"
    found = (await gql(asked, {"id": post}))["post"]["featureEligibility"]
    assert found == {
        "isAllowed": False,
        "reasons": [
            {"code": "IMAGES", "required": "15", "actual": "0"},
            {"code": "COMMENTS", "required": "10", "actual": "0"},
        ],
    }
    await configure("delivery.minimum", {"images": 0, "characters": 301, "comments": 0})
    found = (await gql(asked, {"id": post}))["post"]["featureEligibility"]
    assert [each["code"] for each in found["reasons"]] == ["CHARACTERS"]
    wrong = await do(PUBLISH, me, body="My car", vehicleId=str(ids.new()))
    assert wrong["problems"] == [{"path": "vehicleId"}]


@pytest.mark.commits
@pytest.mark.xdist_group("races")
class TestVoting:
    async def voters(self) -> int:
        """Ballots of one person who votes for three options at once."""
        poll, options = await a_poll(await make.member_actor())
        me = await make.member_actor()
        votes = [db.attempt(lambda option=option: polls.vote(me, poll, [option])) for option in options]
        await asyncio.gather(*votes, return_exceptions=True)
        return await db.value("SELECT count(DISTINCT ballot) FROM community.poll_vote WHERE poll = $1", poll)

    async def test_one_person_votes_once_however_many_at_once(self):
        for _ in range(3):
            assert await self.voters() == 1

    async def test_without_the_lock_one_person_votes_several_times(self, monkeypatch):
        """The control: the lock of the member's root is what keeps it to once."""
        voted, all_looked = polls._has_voted, asyncio.Barrier(3)

        async def unlocked(actor):
            return await authors.of(actor, actor.member_id)

        async def slow(root, poll):
            found = await voted(root, poll)
            await asyncio.wait_for(all_looked.wait(), 20)
            return found

        monkeypatch.setattr(authors, "locked", unlocked)
        monkeypatch.setattr(polls, "_has_voted", slow)
        assert await self.voters() > 1
