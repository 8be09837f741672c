"""Matching, step by step: what is a hit, and where it is in the original text."""

from __future__ import annotations

from uuid import uuid4

import pytest

from domain.community.screening import numbers, views
from domain.community.screening.matcher import Matcher
from domain.community.screening.rules import Boundary, Decision, RuleMode, WordRule, WordRuleKind

ANY = Boundary.ANY


def rule(pattern: str, kind: str = "WORD", **facts: object) -> WordRule:
    return WordRule(pattern, WordRuleKind(kind), **facts)  # type: ignore[arg-type]


def found(text: str, *rules: WordRule | str, **options: object) -> list[str]:
    """The original text of each hit, in order."""
    made = Matcher.of(rule(each) if isinstance(each, str) else each for each in rules)
    hits = made.hits(text, **options).live  # type: ignore[arg-type]
    assert all(text[hit.start : hit.end] == hit.text for hit in hits)
    return [hit.text for hit in hits]


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("have", []),
        ("Middlesex", []),
        ("1av2", ["av"]),
        ("av测试", ["av"]),
        ("AV，sex!", ["AV", "sex"]),
        ("ＡＶ", ["ＡＶ"]),
        ("ⓢⓔⓧ 🅰🅥 ⒜⒱", ["ⓢⓔⓧ", "🅰🅥", "⒜⒱"]),
        ("ѕех", ["ѕех"]),  # Cyrillic
        ("séx s̶e̶x", ["séx", "s̶e̶x"]),
        ("s\u200bex", ["s\u200bex"]),
        ("s.e-x", ["s.e-x"]),
        ("s 🚗 e x", ["s 🚗 e x"]),
        ("se x", []),
        ("a v", []),  # fewer than three letters are not put together
        ("seeeex ssex", ["seeeex", "ssex"]),
        ("s ee x", ["s ee x"]),
        ("s<b>e</b>x", ["s<b>e</b>x"]),
        ("<p>have</p><p>sex</p>", ["sex"]),
        ("<i class='sex'>fine</i>", []),
    ],
)
def test_ascii_words_stand_alone(text, hits):
    assert found(text, "av", "sex") == hits


def test_a_run_must_be_as_long_as_the_pattern_wants():
    assert found("as bass", "ass") == []
    assert found("assss", "ass") == ["assss"]


def test_a_tag_is_text_where_tags_are_shown():
    assert found("<i class='sex'>", "sex", has_tags=False) == ["sex"]
    assert found("<sex>", "sex") == ["sex"]  # no tag of HTML
    assert found("大&#8203;麻 &#22823;麻", "大麻") == ["大&#8203;麻", "&#22823;麻"]


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("大麻烦", []),
        ("贩卖大麻", ["大麻"]),
        ("販賣大麻", ["大麻"]),
        ("大 麻烦", ["大 麻"]),
        ("贩卖大🚗、麻", ["大🚗、麻"]),
        ("大\u200b麻烦", ["大\u200b麻"]),
        ("<b>大</b>麻", ["大</b>麻"]),
        ("<p>大</p>麻", ["大</p>麻"]),
        ("🚗🚗贩卖大麻", ["大麻"]),
    ],
)
def test_short_chinese_words_stand_where_words_stand(text, hits):
    assert found(text, "大麻") == hits


def test_one_character_must_be_a_word_unless_anything_goes():
    assert found("毒 有毒品", "毒") == ["毒"]
    assert found("有毒品", rule("毒", boundary=ANY)) == ["毒"]
    assert found("大麻烦", rule("大麻", boundary=ANY)) == ["大麻"]
    assert found("真是大麻烦了", "大麻烦") == ["大麻烦"]


def test_mixed_words_go_through_what_is_ignorable():
    assert found("加 ｖ-信 加vvv信", "加v信") == ["加 ｖ-信", "加vvv信"]
    assert found("加v信", "加V信") == ["加v信"]
    assert found("加v信 加V信", rule("加V信", is_case_sensitive=True)) == ["加V信"]
    assert found("AV av", rule("AV", is_case_sensitive=True)) == ["AV"]


def test_signs_alone_are_found_as_they_are():
    assert found("买💊吗 a$$ $$ c++", "💊", "$$", "c++") == ["💊", "$$", "c++"]
    assert found("free   money freemoney", "free money") == ["free   money"]


def test_wildcards_stand_for_letters_and_digits():
    made = (rule("加*微信", "WILDCARD"), rule("av*", "WILDCARD"), rule("大?机", "WILDCARD"))
    assert found("加我的微信 avatar xav 大飞机", *made) == ["加我的微信", "av", "大飞机"]
    assert found("加一二三四五六七八九十一微信", *made) == []
    assert found("make lots of money", rule("make*money", "WILDCARD")) == ["make lots of money"]


def test_all_rules_together_are_leftmost_longest():
    def loose(*words: str) -> list[WordRule]:
        return [rule(word, boundary=ANY) for word in words]

    assert found("我的世界", *loose("我的", "我的世界")) == ["我的世界"]
    assert found("我有一个东东西", *loose("有一个东西", "一个东西", "一个", "东西", "个东")) == [
        "一个",
        "东西",
    ]
    assert found("加V12345信", rule("v[0-9]{3,}", "REGEX"), "加v12345信", "信") == ["加V12345信"]
    assert found("V12345信", rule("[0-9]{3,}信", "REGEX"), "v12345") == ["V12345信"[:6]]
    milder = rule("东西", action=Decision.FLAG, boundary=ANY)
    stricter = rule("东 西", action=Decision.REJECT, boundary=ANY)
    (hit,) = Matcher.of([milder, stricter]).hits("东西").live
    assert hit.rule is not milder and hit.rule.action is Decision.REJECT


def test_an_allowed_word_holds_what_is_inside_it():
    deny, allow = rule("黄片", boundary=ANY), rule("三黄片", "ALLOW", boundary=ANY)
    hits = Matcher.of([deny, allow]).hits("三黄片黄片")
    assert [(hit.start, hit.end) for hit in hits.live] == [(3, 5)]
    assert [(hit.start, hit.allowed_by.pattern) for hit in hits.allowed] == [(1, "三黄片")]
    assert found("片三黄", rule("片三", boundary=ANY), rule("三黄", "ALLOW", boundary=ANY)) == ["片三"]
    assert found("bad a.bad.com", rule("bad", "REGEX"), rule("a.bad.com", "ALLOW")) == ["bad"]
    off = rule("三黄片", "ALLOW", boundary=ANY, mode=RuleMode.DRY)
    assert found("三黄片", deny, off) == ["黄片"]


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("电话138-0013-8000。", ["138-0013-8000"]),
        ("一三八零零一三八〇〇〇", ["一三八零零一三八〇〇〇"]),
        ("壹叁捌①③⑧²₂ ❶", ["壹叁捌①③⑧²₂ ❶"]),
        ("１３８🚗００１３ ٨٠٠٠", ["１３８🚗００１３ ٨٠٠٠"]),
        ("138a0013b8000 138你0013", []),
        ("1234567", []),
        ("2024-01-15 10:30:20, 2024年1月15日10:30, 20240115, 2023-2024, 01-15 10:30", []),
        ("二〇二四年一月十五日", []),
        ("¥128,888.00 128888800元 12888888-13888888元 rmb 12888888", []),
        ("12,345,678公里 12345678 km", []),
        ("2024-01-15 13800138000", ["13800138000"]),
        ("¥13800138000", ["13800138000"]),
        ("2024-13-45 99:99", ["2024-13-45 99:99"]),
    ],
)
def test_numbers_are_read_however_they_are_written(text, hits):
    assert found(text, rule("phone", "NUMBER")) == hits


def test_a_number_has_the_length_that_its_rule_wants():
    assert found("123456", rule("qq", "NUMBER", min_length=6)) == ["123456"]
    assert list(numbers.runs(views.view("12345"), 6)) == []


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("见 www.evil.com/x", ["www.evil.com"]),
        ("devil.com evil.com.cn evil.comx", []),
        (
            "看evil。com吧 EVIL[.]com evil点com evil . com",
            ["evil。com", "EVIL[.]com", "evil点com", "evil . com"],
        ),
        ('<a href="http://x.evil.com/a">hi</a>', ["x.evil.com"]),
        ("еvil.com", ["еvil.com"]),  # Cyrillic
        ("http://bad.cn/path?x=1快来", ["http://bad.cn/path?x=1"]),
        ("www.bad.cn/path/more bad.cn/%70ath", ["www.bad.cn/path/more", "bad.cn/%70ath"]),
        ("bad.cn/pathology bad.cn x.bad.cn/path", []),
        ("看例子.com吧 xn--fsqu00a.com 例子.comx", ["例子.com", "xn--fsqu00a.com"]),
    ],
)
def test_addresses_are_found_by_host(text, hits):
    made = rule("evil.com", "DOMAIN"), rule("https://www.bad.cn/path/", "URL"), rule("例子.com", "DOMAIN")
    assert found(text, *made) == hits


def test_rules_hold_in_their_circles_and_modes():
    here, there = uuid4(), uuid4()
    scoped = rule("sex", circles=(here,))
    assert found("sex", scoped, circle=here) == ["sex"]
    assert found("sex", scoped, circle=there) == found("sex", scoped) == []
    tried = rule("sexy", mode=RuleMode.DRY)
    hits = Matcher.of([rule("sex"), tried, rule("av", mode=RuleMode.OFF)]).hits("sex sexy av")
    assert ([hit.text for hit in hits.live], [hit.text for hit in hits.dry]) == (["sex"], ["sexy"])


def test_offsets_are_code_points_of_the_original():
    (hit,) = Matcher.of([rule("sex")]).hits("🚗🚗㍿ s\u0301ex").live
    assert (hit.start, hit.end) == (4, 8)
