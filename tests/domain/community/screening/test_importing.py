"""Importing word rules: tables, one word a line, and a real list of words on ordinary posts."""

from __future__ import annotations

import pytest

from domain import db
from domain.community import demo_texts, screening
from domain.community.screening import rescans
from tests import imports, shared


async def test_a_table_of_rules_comes_once(tmp_path):
    file = tmp_path / "rules.csv"
    file.write_text(
        "external_id,pattern,kind,action,category,policy,allow\n"
        "1,坏词,word,reject,abuse,ABUSE,坏词典|好坏词\n"
        "2,evil.com,domain,,,,\n"
        "3,(a,regex,hold,,,\n"
        "4,x,word,nonsense,,,\n"
        "5,y,word,hold,,NOBODY,\n"
        "1,other,word,hold,,,\n"
        "6,三黄片,,,,,true\n"
        ",,word,hold,,,\n"
    )
    report, rejects = await imports.run("word-rules", file, extra={"action": "HOLD", "category": "links"})
    assert (report.accepted, report.unchanged, report.figures) == (3, 0, {"rules": 5})
    assert [(r.line, r.reason) for r in rejects] == [
        (4, "bad_pattern"), (5, "bad_kind"), (6, "unknown_policy"), (7, "external_id_taken"), (9, "missing"),
    ]  # fmt: skip
    again, _ = await imports.run("word-rules", file, extra={"action": "HOLD", "category": "links"})
    assert (again.accepted, again.unchanged) == (0, 3)
    changed, _ = await imports.run("word-rules", file, extra={"action": "MASK", "category": "links"})
    assert (changed.accepted, changed.unchanged) == (1, 2)
    rows = await db.fetch("SELECT pattern, kind, action, category, policy, version FROM community.word_rule")
    assert {(row["pattern"], row["kind"], row["action"], row["category"], row["version"]) for row in rows} == {
        ("坏词", "WORD", "REJECT", "abuse", 1), ("坏词典", "ALLOW", "ALLOW", "abuse", 1),
        ("好坏词", "ALLOW", "ALLOW", "abuse", 1), ("evil.com", "DOMAIN", "MASK", "links", 2),
        ("三黄片", "ALLOW", "ALLOW", "links", 1),
    }  # fmt: skip
    verdict = await screening.judge(title=None, body="坏词典 坏词 www.evil.com", circle=None)
    assert [match.hit.text for match in verdict.matches] == ["坏词", "www.evil.com"]
    assert await rescans.next_due() is None


async def test_an_unknown_option_and_a_dry_run_store_nothing(tmp_path):
    file = tmp_path / "words.txt"
    file.write_bytes("坏词\r\n\r\n 代办 \r\n".encode("utf-8-sig"))
    report, rejects = await imports.run("word-rules", file, extra={"mode": "SOMETIMES"})
    assert [reject.reason for reject in rejects] == ["bad_option", "bad_option"]
    await imports.run("word-rules", file, dry_run=True)
    assert await db.value("SELECT version FROM community.word_rule_set") == 0
    report, _ = await imports.run("word-rules", file, extra={"rescan": True, "action": "REJECT"})
    assert report.accepted == 2
    assert await rescans.next_due() is not None
    assert (await screening.judge(title="代办", body="x", circle=None)).decision == "REJECT"


@pytest.fixture
def lexicon():
    return shared.path("data/sensitive_words_mit")


async def test_a_real_lexicon_leaves_ordinary_posts_alone_where_words_are_words(lexicon):
    """Its list of adverts has words as broad as 网络 and 招聘: whatever only contains them must not be hit."""
    for name, given in {
        "广告类型": {"category": "advertising", "action": "FLAG"},
        "涉枪涉爆": {"category": "weapons", "action": "HOLD"},
        "色情类型": {"category": "porn", "action": "REJECT"},
        "非法网址": {"category": "addresses", "action": "REJECT", "kind": "URL"},
    }.items():
        report, rejects = await imports.run("word-rules", lexicon / f"{name}.txt", extra=given)
        lines = [line for line in (lexicon / f"{name}.txt").read_text().split("\n") if line.strip()]
        assert report.accepted + report.unchanged + report.rejected == len(lines)
        assert {reject.reason for reject in rejects} <= {"bad_pattern"}
        assert report.rejected <= 2, [reject.row for reject in rejects]
    again, _ = await imports.run(
        "word-rules", lexicon / "涉枪涉爆.txt", extra={"category": "weapons", "action": "HOLD"}
    )
    assert again.accepted == 0

    naive, hits = set(), set()
    for text in _demo_posts():
        naive |= {word for word in _advert_words(lexicon) if word.lower() in text.lower()}
        verdict = await screening.judge(title=None, body=text, circle=None)
        hits |= {match.hit.text for match in verdict.matches}
    assert (naive, hits) == ({"LY"}, set())  # LY stands in "only"
    sold = await screening.judge(title=None, body="出售雷管,加ＱＱ 000.2011wyt.com/x", circle=None)
    assert sold.decision == "REJECT"
    assert {match.hit.rule.category for match in sold.matches} == {"weapons", "advertising", "addresses"}
    fair = await screening.judge(title=None, body="网络招聘会上的人说到货了", circle=None)
    assert fair.decision == "FLAG"


def _advert_words(lexicon) -> list[str]:
    return [word for word in (lexicon / "广告类型.txt").read_text().split("\n") if word]


def _demo_posts() -> list[str]:
    def texts(value: object) -> list[str]:
        if isinstance(value, str):
            return [value] if len(value) > 8 else []
        if isinstance(value, dict):
            return [text for inner in value.values() for text in texts(inner)]
        if isinstance(value, list | tuple):
            return [text for inner in value for text in texts(inner)]
        return []

    return [text for name, value in vars(demo_texts).items() if name.isupper() for text in texts(value)]
