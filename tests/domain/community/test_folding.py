"""Folding: one text for what reads alike, and where each of its characters came from."""

from __future__ import annotations

import sys
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from domain.community import folding
from domain.community.folding import _JOINING, fold, trace

WRITTEN = st.text(
    st.sampled_from("aZéÉ\u0301\u0308ſİΣς ﬁ①Ⅷ㍿ ㈠ⓐｱﾞ한\u1112\u1161\u11ab後麵裡乾隆着\u200b\u3000\n\t🚗1㎞")
    | st.characters(),
    max_size=40,
)


def test_what_reads_alike_folds_alike():
    assert fold("ＥＴ５　Ⅶ  ｸﾞﾗﾝﾄﾞ") == "et5 vii グランド"
    assert fold("車載電腦、後視鏡") == "车载电脑、后视镜"
    assert fold("ΟΔΟΣ") == fold("οδος")
    assert fold(" a\u3000\n b ") == "a b"


def test_a_folded_character_knows_its_original():
    text = "①e\u0301 ㍿後\n\n鏡"
    folded = trace(text)
    assert folded.text == "1é 株式会社后 镜"
    assert [text[s:e] for s, e in zip(folded.starts, folded.ends, strict=True)] == [
        "①", "e\u0301", " ", "㍿", "㍿", "㍿", "㍿", "後", "\n\n", "鏡",
    ]  # fmt: skip
    assert trace("Ａb後", folding.Reading(folding.upper)).text == "Ab后"


@given(WRITTEN)
def test_tracing_folds_as_folding_does(text):
    folded = trace(text)
    assert folded.text.strip() == fold(text)
    assert len(folded.text) == len(folded.starts) == len(folded.ends)
    assert all(0 <= s < e <= len(text) for s, e in zip(folded.starts, folded.ends, strict=True))
    assert folded.starts == sorted(folded.starts)


@given(WRITTEN, st.sampled_from(["後視鏡", "et5", "ＧＴ"]), WRITTEN)
def test_a_part_of_a_text_is_a_part_of_its_fold(before, term, after):
    assert fold(term) in fold(f"{before} {term} {after}")


@given(WRITTEN)
def test_folding_twice_is_folding_once(text):
    assert fold(fold(text)) == fold(text)


def test_every_character_that_joins_the_one_before_it_is_known():
    joining = set()
    for code in range(sys.maxunicode + 1):
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            second = chr(int(parts[1], 16))
            if unicodedata.combining(second) == 0 and unicodedata.normalize("NFC", chr(code)) == chr(code):
                joining.add(second)
    hangul = {chr(c) for c in (*range(0x1161, 0x1176), *range(0x11A8, 0x11C3))}
    assert joining | hangul == _JOINING


def test_simplifying_keeps_one_character_for_one():
    assert all(len(chr(to)) == 1 for to in folding.simplified().values())
    assert chr(folding.simplified()[ord("麵")]) == "面"
