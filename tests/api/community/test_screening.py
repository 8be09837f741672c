"""Screening through GraphQL: the page's vectors, and rules written, tried, foreseen and looked for again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain import clock, db
from domain.community import circles, comments, moderation, posts, review_items, screening
from domain.community.screening import loading, rescans
from domain.community.tables import CircleKind, PostKind
from tests import make

TEST = """query($text: String!, $rules: [WordRuleInput!], $circleId: ID, $title: String) {
    testScreening(text: $text, rules: $rules, circleId: $circleId, title: $title) {
        decision reasons maskedText maskedTitle rulesVersion
        matches { text start end field allowedBy rule { id pattern action } }
        allowedMatches { text allowedBy } dryMatches { text } } }"""
PUT = """mutation($in: PutWordRulesInput!) { putWordRules(input: $in) { __typename
    ... on PutWordRulesSuccess { version changed isRescanned rules { id pattern action mode version circles { slug } }
        impact { hits scanned isComplete overturnedShare agreement wrongRemovals sample { id }
            warnings { pattern code hits example } } }
    ... on VersionConflict { current } ... on InvalidInput { problems { path message } } } }"""
LIST = """query($filter: WordRuleFilter, $after: String) { wordRulesVersion
    wordRules(filter: $filter, first: 2, after: $after) {
        nodes { pattern kind action category policyCode caseSensitive boundary minLength mode version changedAt }
        pageInfo { hasNextPage endCursor } } }"""
PREVIEW = """query($rules: [WordRuleInput!]!, $days: Int!) { previewWordRules(rules: $rules, days: $days) {
    hits scanned overturnedShare agreement wrongRemovals sample { id } warnings { pattern code hits } } }"""

MODERATOR = make.staff("moderator")


def word(pattern: str, action: str = "REJECT", **facts: object) -> dict[str, object]:
    return {"pattern": pattern, "kind": "WORD", "action": action, **facts}


@pytest.fixture
def test(gql):
    """Judge a text by rules: the answer's verdict."""

    async def run(text: str, rules: object = None, **given: object):
        variables = {"text": text, "rules": rules, **given}
        return (await gql(TEST, variables, actor=MODERATOR))["testScreening"]

    return run


@pytest.fixture
def put(gql):
    """Write rules: the mutation's result."""

    async def run(rules: object, actor=MODERATOR, **given: object):
        return (await gql(PUT, {"in": {"rules": rules, **given}}, actor=actor))["putWordRules"]

    return run


async def spans(test, text: str, rules: list[dict[str, object]]) -> list[tuple[int, int, str]]:
    return [(m["start"], m["end"], m["text"]) for m in (await test(text, rules))["matches"]]


async def test_a17_english_words_stand_alone(test):
    rules = [word("av"), word("sex")]
    assert await spans(test, "have", rules) == await spans(test, "Middlesex", rules) == []
    assert await spans(test, "1av2", rules) == [(1, 3, "av")]
    assert await spans(test, "av测试", rules) == [(0, 2, "av")]


async def test_a18_a_hit_inside_an_allowed_word_is_none(test):
    rules = [word("黄片", boundary="ANY"), {"pattern": "三黄片", "kind": "ALLOW", "boundary": "ANY"}]
    verdict = await test("三黄片黄片", rules)
    assert [(m["start"], m["end"], m["allowedBy"]) for m in verdict["matches"]] == [(3, 5, None)]
    assert verdict["allowedMatches"] == [{"text": "黄片", "allowedBy": "三黄片"}]
    assert (verdict["decision"], verdict["reasons"]) == ("REJECT", ["WORDS"])


async def test_a19_the_leftmost_longest_hits_count(test):
    def loose(*patterns: str) -> list[dict[str, object]]:
        return [word(pattern, boundary="ANY") for pattern in patterns]

    assert await spans(test, "我的世界", loose("我的", "我的世界")) == [(0, 4, "我的世界")]
    many = loose("有一个东西", "一个东西", "一个", "东西", "个东")
    assert await spans(test, "我有一个东东西", many) == [(2, 4, "一个"), (5, 7, "东西")]


async def test_a20_a_short_word_counts_where_it_is_one(test):
    assert await spans(test, "大麻烦", [word("大麻")]) == []
    assert await spans(test, "贩卖大麻", [word("大麻")]) == [(2, 4, "大麻")]


async def test_the_greatest_action_decides_and_masking_keeps_the_length(test):
    rules = [word("坏词", "MASK", boundary="ANY"), word("查看", "FLAG", boundary="ANY")]
    verdict = await test("🚗坏 词查看", rules, title="坏词")
    assert (verdict["decision"], verdict["maskedText"], verdict["maskedTitle"]) == ("MASK", "🚗***查看", "**")
    assert [(m["field"], m["start"]) for m in verdict["matches"]] == [("TITLE", 0), ("BODY", 1), ("BODY", 4)]
    clean = await test("没有", rules)
    assert (clean["decision"], clean["reasons"], clean["maskedTitle"]) == ("ALLOW", [], None)
    assert (await test("坏词"))["decision"] == "ALLOW"  # nothing of it was stored


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ({"pattern": "(a", "kind": "REGEX"}, "pattern"),
        ({"pattern": "(?=x)a", "kind": "REGEX"}, "pattern"),
        ({"pattern": "(a+)+$", "kind": "REGEX"}, "pattern"),
        ({"pattern": "((a{100}){100}){100}", "kind": "REGEX"}, "pattern"),
        ({"pattern": "a*", "kind": "REGEX"}, "pattern"),
        ({"pattern": " ", "kind": "WORD"}, "pattern"),
        ({"pattern": "x" * 301, "kind": "WORD"}, "pattern"),
        ({"pattern": "*?*", "kind": "WILDCARD"}, "pattern"),
        ({"pattern": "a*b*c*d*e", "kind": "WILDCARD"}, "pattern"),
        ({"pattern": "no domain", "kind": "DOMAIN"}, "pattern"),
        ({"pattern": "a.com/path", "kind": "DOMAIN"}, "pattern"),
        ({"pattern": "n", "kind": "NUMBER", "minLength": 2}, "minLength"),
        ({"pattern": "a", "kind": "WORD", "minLength": 8}, "minLength"),
        ({"pattern": "a", "kind": "WORD", "action": "ALLOW"}, "action"),
        ({"pattern": "a", "kind": "WORD", "policyCode": "NONE"}, "policyCode"),
        (
            {"pattern": "a", "kind": "WORD", "circleIds": ["00000000-0000-0000-0000-000000000001"]},
            "circleIds",
        ),
        ({"pattern": "a", "kind": "WORD", "category": "x" * 61}, "category"),
    ],
)
async def test_a_bad_rule_is_refused_and_never_stored(gql, put, rule, path):
    refused = await put([word("fine"), rule])
    assert [problem["path"] for problem in refused["problems"]] == [f"rules.1.{path}"]
    tried = await gql(TEST, {"text": "a", "rules": [rule]}, actor=MODERATOR)
    assert tried.codes == ["BAD_INPUT"]
    assert await db.value("SELECT count(*) FROM community.word_rule") == 0


async def test_rules_are_written_together_hold_at_once_and_name_their_version(gql, put, test):
    circle = await circles.create(make.staff("admin"), slug="et5", name="ET5", kind=CircleKind.MODEL)
    dry = await put([word("坏词")], dryRun=True)
    assert (dry["version"], dry["changed"], dry["isRescanned"]) == (0, 1, False)
    assert (await test("坏词"))["decision"] == "ALLOW"
    made = await put(
        [word("坏词", policyCode="ABUSE"), word("圈内", "MASK", circleIds=[str(circle)])], expectedVersion=0
    )
    assert (made["version"], [rule["version"] for rule in made["rules"]]) == (1, [1, 1])
    assert made["rules"][1]["circles"] == [{"slug": "et5"}]
    verdict = await test("坏词圈内")
    assert (verdict["decision"], verdict["rulesVersion"], len(verdict["matches"])) == ("REJECT", 1, 1)
    assert verdict["matches"][0]["rule"]["id"] == made["rules"][0]["id"]
    assert (await test("圈内", circleId=str(circle)))["maskedText"] == "**"
    assert (await put([word("坏词")], expectedVersion=0))["current"] == 1
    assert (await put([word("坏词", policyCode="ABUSE")]))["changed"] == 0
    assert await put([word("twice"), word("twice")]) == {
        "__typename": "InvalidInput",
        "problems": [{"path": "rules.1.pattern", "message": "This rule is written twice."}],
    }
    off = await put([word("坏词", policyCode="ABUSE", mode="OFF"), word("圈外", "HOLD", mode="DRY")])
    assert (off["version"], off["rules"][0]["version"], off["isRescanned"]) == (2, 2, False)
    tried = await test("坏词 圈外")
    assert (tried["decision"], tried["dryMatches"]) == ("ALLOW", [{"text": "圈外"}])

    page = await gql(LIST, actor=MODERATOR)
    assert page["wordRulesVersion"] == 2
    assert page["wordRules"]["pageInfo"]["hasNextPage"]
    rest = await gql(LIST, {"after": page["wordRules"]["pageInfo"]["endCursor"]}, actor=MODERATOR)
    patterns = [row["pattern"] for row in (*page["wordRules"]["nodes"], *rest["wordRules"]["nodes"])]
    assert sorted(patterns) == sorted(["坏词", "圈内", "圈外"])
    only = (await gql(LIST, {"filter": {"modes": ["OFF"], "policyCode": "ABUSE"}}, actor=MODERATOR))[
        "wordRules"
    ]
    assert [row["pattern"] for row in only["nodes"]] == ["坏词"]
    assert (
        await db.value(
            "SELECT count(*) FROM access.audit_entry WHERE action = 'community.word_rules.written'"
        )
        == 2
    )


async def test_a_moderator_of_a_circle_writes_its_rules_alone(put):
    circle = await circles.create(make.staff("admin"), slug="et5", name="ET5", kind=CircleKind.MODEL)
    scoped = make.staff("moderator", scopes=[f"circle:{circle}"])
    refused = await put([word("坏词")], actor=scoped)
    assert [problem["path"] for problem in refused["problems"]] == ["rules.0.circleIds"]
    assert (await put([word("坏词", circleIds=[str(circle)])], actor=scoped))["changed"] == 1


async def test_rules_of_another_state_are_loaded_anew_and_bad_ones_harm_nothing(put, test):
    await put([word("坏词"), {"pattern": "v[0-9]{3}", "kind": "REGEX", "action": "HOLD"}])
    assert (await test("v123"))["decision"] == "HOLD"
    matcher = await loading.current()
    assert await loading.current() is matcher
    await db.run("UPDATE community.word_rule SET pattern = '(', anchoring = 0 WHERE kind = 'REGEX'")
    await db.run("UPDATE community.word_rule SET anchor = 'old', anchoring = 0 WHERE kind = 'WORD'")
    await put([word("more")])
    assert (await test("v123"))["decision"] == "ALLOW"
    assert (await test("坏词"))["decision"] == "REJECT"


async def test_a_preview_compares_with_what_people_decided(gql):
    author = await make.member_actor()
    removed, restored, judged, kept = [
        await posts.publish(author, kind=PostKind.MOMENT, body=f"坏词 {n}") for n in range(4)
    ]
    fine = await posts.publish(author, kind=PostKind.MOMENT, body="大麻烦")
    await comments.publish(author, fine, body="也是坏词")
    for post in (removed, restored):
        await moderation.remove(make.staff("admin"), post, reason="Bad", policy="SPAM")
    await moderation.restore(make.staff("admin"), restored, reason="Fine", policy="SPAM")
    item = await review_items.open("POST", judged, "REPORTED")
    await db.run("UPDATE community.review_item SET state = 'REJECTED' WHERE id = $1", item)

    async def preview(*rules: object, days: int = 7):
        answer = await gql(PREVIEW, {"rules": list(rules), "days": days}, actor=MODERATOR)
        return answer["previewWordRules"]

    found = await preview(word("坏词"))
    assert (found["hits"], found["scanned"], found["wrongRemovals"]) == (5, 6, 2)
    assert (found["overturnedShare"], found["agreement"]) == ("0.5000", "0.3333")
    assert found["sample"][0]["id"] == str(fine)
    assert (await preview(word("坏词", "FLAG")))["wrongRemovals"] == 0
    loose = await preview(
        word("大麻", boundary="ANY"), word("的"), {"pattern": "n", "kind": "NUMBER", "minLength": 5}
    )
    assert [(w["pattern"], w["code"], w["hits"]) for w in loose["warnings"]] == [
        ("大麻", "SHORT_WORD", 1), ("大麻", "INSIDE_WORDS", 1), ("的", "SINGLE_CHARACTER", 0), ("n", "SHORT_NUMBER", 0),
    ]  # fmt: skip
    await db.run("UPDATE community.post SET published_at = published_at - interval '8 days'")
    assert (await preview(word("坏词")))["hits"] == 1
    bad = await gql(PREVIEW, {"rules": [word("坏词")], "days": 0}, actor=MODERATOR)
    assert bad.codes == ["BAD_INPUT"]
    assert kept


async def test_a_rule_that_hits_much_is_called_broad(gql):
    author = await make.member_actor()
    post = await posts.publish(author, kind=PostKind.MOMENT, body="Hello")
    for n in range(50):
        await comments.publish(author, post, body=f"我们的网络 {n}" if n < 2 else f"Hello {n}")
    answer = await gql(PREVIEW, {"rules": [word("网络")], "days": 1}, actor=MODERATOR)
    assert answer["previewWordRules"]["warnings"] == [{"pattern": "网络", "code": "HITS_MUCH", "hits": 2}]


async def test_a_stricter_rule_is_looked_for_in_what_is_published(put, monkeypatch):
    author = await make.member_actor()
    bad = await posts.publish(author, kind=PostKind.ARTICLE, title="坏词", body="Hello")
    fine = await posts.publish(author, kind=PostKind.MOMENT, body="Hello 2")
    comment = await comments.publish(author, fine, body="坏词")
    decided = await posts.publish(author, kind=PostKind.MOMENT, body="坏词 decided")
    item = await review_items.open("POST", decided, "REPORTED")
    await db.run(
        "UPDATE community.review_item SET state = 'REJECTED', decided_at = $2 WHERE id = $1",
        item,
        clock.now(),
    )
    assert await rescans.work_off() == 0
    assert (await put([word("坏词", "FLAG")]))["isRescanned"]
    assert not (await put([word("坏词", "FLAG", category="abuse")]))["isRescanned"]
    monkeypatch.setattr(rescans, "STEP", 2)
    assert await rescans.next_due() <= clock.now()
    steps = [await rescans.work_off() for _ in range(4)]
    assert steps == [2, 2, 1, 0]
    items = await db.fetch("SELECT subject, state, cause FROM community.review_item WHERE cause = 'RESCAN'")
    assert {(row["subject"], row["state"]) for row in items} == {(bad, "PENDING"), (comment, "PENDING")}
    assert await db.value("SELECT state FROM community.review_item WHERE id = $1", item) == "REJECTED"
    done = await db.one("SELECT state, scanned, hits FROM community.word_rescan")
    assert tuple(done.values()) == ("DONE", 4, 2)
    assert (
        await db.value(
            "SELECT count(*) FROM community.post WHERE removed_by IS NOT NULL OR hidden_by IS NOT NULL"
        )
        == 0
    )
    assert (await put([word("坏词", "REJECT", category="abuse")]))["isRescanned"]


async def test_a_verdict_is_kept_without_the_text(put):
    await put([word("坏词", "MASK")])
    found = await screening.judge(title=None, body="是坏词", circle=None)
    await screening.record(found, target_kind="POST", target=None, title=None, body="是坏词")
    row = await db.one("SELECT * FROM community.screening")
    assert (row["decision"], row["reasons"], row["rules_version"]) == ("MASK", ["WORDS"], 1)
    assert [(span["field"], span["start"], span["end"]) for span in row["spans"]] == [("BODY", 1, 3)]
    assert found.masked_body == "是**"
    assert found.policies == ()
    assert row["created_at"] - clock.now() < timedelta(seconds=1)
