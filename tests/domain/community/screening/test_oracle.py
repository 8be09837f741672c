"""Invariant 11: matching all rules together finds what a naive search over every span of the text finds."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

import pytest
import rjieba
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.community.screening.matcher import Matcher
from domain.community.screening.rules import RANK, Boundary, Decision, WordRule, WordRuleKind

HAN, SIGNS = "大麻烦我", " -🚗"
CHARS = HAN + "ab1" + SIGNS
EXPRESSIONS = ("a+b", "[ab]1", "大.麻", "麻烦?", "1[^大]*大", "b|ba", "(?:大|我)+")


def letters(text: str) -> list[tuple[int, int, str]]:
    """Letters and digits with their places; a run of one ASCII letter is one."""
    found: list[tuple[int, int, str]] = []
    for place, char in enumerate(text):
        if char in SIGNS:
            continue
        if found and char in "ab" and found[-1][2] == char and found[-1][1] == place:
            found[-1] = (found[-1][0], place + 1, char)
        else:
            found.append((place, place + 1, char))
    return found


def is_word(pattern: str, text: str, start: int, end: int) -> bool:
    """Whether the span is the word, by the second of the five steps."""
    here = [part for part in letters(text) if start <= part[0] and part[1] <= end]
    if not here or here[0][0] != start or here[-1][1] != end:
        return False
    if len(here) != len([part for part in letters(text) if part[0] < end and part[1] > start]):
        return False
    wanted = letters(pattern)
    if [part[2] for part in here] != [part[2] for part in wanted]:
        return False
    if any(h[1] - h[0] < w[1] - w[0] for h, w in zip(here, wanted, strict=True)):
        return False
    if not pattern.isascii():
        return True
    if text[max(start - 1, 0) : start] in ("a", "b") or text[end : end + 1] in ("a", "b"):
        return False
    gaps = [text[one[1] : other[0]] for one, other in itertools.pairwise(here)]
    written = [pattern[one[1] : other[0]] for one, other in itertools.pairwise(wanted)]
    count = sum(char in "ab" for char in pattern)
    return gaps == written or (count >= 3 and all(gaps))


def spans(rule: WordRule, text: str) -> Iterator[tuple[int, int]]:
    for start in range(len(text)):
        for end in range(len(text), start, -1):
            if rule.kind is WordRuleKind.REGEX:
                if re.fullmatch(rule.pattern, text[start:end]):
                    yield start, end
                    break
            elif is_word(rule.pattern, text, start, end):
                yield start, end


def stands(rule: WordRule, text: str, start: int, end: int) -> bool:
    """The fourth step: a short Chinese hit begins and ends with jieba's tokens."""
    hit = text[start:end]
    if rule.boundary is Boundary.ANY or len(hit) > 2 or any(char not in HAN for char in hit):
        return True
    tokens = [(s, e) for _, s, e in rjieba.tokenize(text)]
    if len(hit) == 1:
        return (start, end) in tokens
    return start in {s for s, _ in tokens} and end in {e for _, e in tokens}


def naive(rules: list[WordRule], text: str) -> list[tuple[int, int, str]]:
    found = [
        (start, end, rule)
        for rule in rules
        for start, end in spans(rule, text)
        if stands(rule, text, start, end)
    ]
    allowed = [(s, e) for s, e, rule in found if rule.kind is WordRuleKind.ALLOW]
    left = [
        (s, e, rule)
        for s, e, rule in found
        if rule.kind is not WordRuleKind.ALLOW and not any(a <= s and e <= b for a, b in allowed)
    ]
    chosen: list[tuple[int, int, str]] = []
    while left:
        s, e, rule = min(left, key=lambda hit: (hit[0], -hit[1], -RANK[hit[2].action]))
        chosen.append((s, e, rule.action.value))
        left = [hit for hit in left if hit[0] >= e]
    return chosen


def _words(kind: WordRuleKind) -> st.SearchStrategy[WordRule]:
    core = st.text(st.sampled_from(HAN), min_size=1, max_size=3) | st.text(
        st.sampled_from("大麻ab1"), min_size=1, max_size=4
    )
    spaced = st.builds(lambda a, b: f"{a} {b}", core, core)
    return st.builds(
        WordRule,
        core | spaced,
        st.just(kind),
        st.sampled_from([Decision.FLAG, Decision.MASK, Decision.REJECT]),
        boundary=st.sampled_from(Boundary),
    )


RULES = st.lists(
    _words(WordRuleKind.WORD)
    | _words(WordRuleKind.ALLOW)
    | st.builds(
        WordRule,
        st.sampled_from(EXPRESSIONS),
        st.just(WordRuleKind.REGEX),
        boundary=st.sampled_from(Boundary),
    ),
    min_size=2,
    max_size=8,
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[WordRule], str]:
    """Rules, and a text that is made of them and what stands between them."""
    rules = draw(RULES)
    parts = [
        *CHARS,
        *(rule.pattern for rule in rules if rule.kind is not WordRuleKind.REGEX),
        "aab",
        "大麻麻烦",
    ]
    text = "".join(draw(st.lists(st.sampled_from(parts), min_size=3, max_size=9)))
    return rules, re.sub(" +", " ", text)


def agree(rules: list[WordRule], text: str) -> None:
    hits = Matcher.of(rules).hits(text).live
    assert [(hit.start, hit.end, hit.rule.action.value) for hit in hits] == naive(rules, text)


@given(cases())
def test_matching_finds_what_a_naive_search_finds(case):
    agree(*case)


@pytest.mark.long
@settings(max_examples=5_000)
@given(cases())
def test_matching_finds_what_a_naive_search_finds_for_long(case):
    agree(*case)


def test_the_naive_search_finds_anything():
    """A control: the oracle itself knows hits of each kind."""
    rules = [WordRule("大麻", boundary=Boundary.ANY), WordRule("a+b", WordRuleKind.REGEX), WordRule("aab")]
    assert naive(rules, "大麻烦aab a-a-b") == [(0, 2, "FLAG"), (3, 6, "FLAG")]
