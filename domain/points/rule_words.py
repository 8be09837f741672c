"""What an earn rule says, in words for members, in Chinese and English. Pure.

Told are what it gives, its caps and its hours; not what only staff should know (from which amount an award is looked
at, who pays for it, whom a condition picks: a member reads that as reasons of their own).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from domain.points import amounts, arithmetic, baskets
from domain.points.definitions import (
    Cap,
    Deduct,
    Effect,
    Fixed,
    FromProperty,
    LineFilter,
    Multiply,
    PerAmount,
    Version,
)

Words = tuple[str, str]  # Chinese, English
_WINDOWS: dict[str, Words] = {
    "DAY": ("每天", "a day"), "WEEK": ("每周", "a week"), "MONTH": ("每月", "a month"), "QUARTER": ("每季度", "a quarter"),
    "YEAR": ("每年", "a year"), "EVER": ("总共", "ever"),
}  # fmt: skip
_PER: dict[str, Words] = {
    "MEMBER": ("每位会员", "for each member"), "MEMBER_SUBJECT": ("每位会员对同一对象", "for each member and subject"),
    "DEVICE": ("每台设备", "for each device"), "RULE": ("全体会员合计", "for all members together"),
}  # fmt: skip
TOLD: dict[str, Words] = {
    "PUBLISHED": ("新规则:{}", "New: {}"),
    "REVISED": ("规则调整:{}", "Changed: {}"),
    "RETIRED": ("规则结束:{}", "Ended: {}"),
}


def told(kind: str, title: str) -> Words:
    """A change in a sentence."""
    zh, en = TOLD[kind]
    return zh.format(title), en.format(title)


def example(is_order: bool, typical: int) -> Words:
    """The typical fact by which old and new are compared."""
    if is_order:
        return f"一笔实付 {typical} 的订单", f"an order of {typical} paid in cash"
    return "一次符合条件的行为", "one fact that the rule is about"


def says(version: Version, wallets: Mapping[str, tuple[Words, int]]) -> Iterator[Words]:
    """What a version gives and within which limits; ``wallets`` are names and scales by code."""
    for effect in version.effects:
        yield _effect(effect, wallets)
    for cap in version.caps:
        yield _cap(cap, version, wallets)
    if version.per_event_max is not None:
        zh, en = _points(version.wallets[0], version.per_event_max, wallets)
        yield f"单次超过 {zh} 则不发放", f"nothing where one fact would give more than {en}"
    for span in version.hours:
        yield _hours(span, version.zone)


def _effect(effect: Effect, wallets: Mapping[str, tuple[Words, int]]) -> Words:
    zh_lines, en_lines = _lines(getattr(effect, "lines", None))
    if isinstance(effect, Multiply):
        factor = _number(effect.factor)
        of = (
            ("全部所得", "everything earned")
            if effect.includes_fixed
            else ("按金额所得", "what is earned by amount")
        )
        return f"{of[0]} ×{factor}{zh_lines}", f"{factor} times {of[1]}{en_lines}"
    if isinstance(effect, FromProperty):
        name = wallets[effect.wallet][0]
        factor = _number(effect.factor / 10 ** wallets[effect.wallet][1])
        return f"按上报数值得{name[0]} ×{factor}", f"{name[1]} by the number reported, times {factor}"
    zh, en = _points(effect.wallet, effect.points, wallets)
    if isinstance(effect, PerAmount):
        per = f"{amounts.decimal(effect.per, baskets.digits(effect.currency))} {effect.currency}"
        steps = ("", "") if effect.is_whole else ("(不足部分按比例)", ", broken steps too")
        return f"每实付 {per} 得 {zh}{steps[0]}{zh_lines}", f"{en} for each {per} paid{steps[1]}{en_lines}"
    if isinstance(effect, Deduct):
        return f"扣 {zh}", f"{en} less"
    assert isinstance(effect, Fixed)
    if effect.per_unit:
        return f"每件得 {zh}{zh_lines}", f"{en} for each piece{en_lines}"
    return f"得 {zh}{zh_lines}", f"{en}{en_lines}"


def _cap(cap: Cap, version: Version, wallets: Mapping[str, tuple[Words, int]]) -> Words:
    (zh_window, en_window), (zh_per, en_per) = _WINDOWS[cap.window], _PER[cap.per]
    if cap.measure == "POINTS":
        zh, en = _points(version.wallets[0], cap.limit, wallets)
    else:
        zh, en = f"{cap.limit} 次", "once" if cap.limit == 1 else f"{cap.limit} times"
    return f"{zh_per}{zh_window}最多 {zh}", f"at most {en} {en_window} {en_per}"


def _hours(span: dict[str, Any], zone: str) -> Words:
    time, days = f"{span['from']}-{span['to']} ({zone})", span.get("days")
    if not days:
        return f"仅限 {time}", f"only {time}"
    return (
        f"仅限周{'、'.join('一二三四五六日'[day - 1] for day in days)} {time}",
        f"only on {', '.join(('Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun')[day - 1] for day in days)} {time}",
    )


def _lines(lines: LineFilter | None) -> Words:
    is_narrow = lines is not None and (lines.skus or lines.not_skus or lines.labels or lines.not_labels)
    return ("(限指定商品)", " (certain goods only)") if is_narrow else ("", "")


def _points(wallet: str, minor: int, wallets: Mapping[str, tuple[Words, int]]) -> Words:
    (zh, en), scale = wallets[wallet]
    shown = amounts.decimal(minor, scale)
    return f"{shown} {zh}", f"{shown} {en}"


def _number(factor: Fraction) -> str:
    return (
        str(Decimal(arithmetic.text(factor)).normalize())
        if factor.denominator != 1
        else str(factor.numerator)
    )
