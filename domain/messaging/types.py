"""Types of notices: what each may do, where it goes, and its words. A brand revises the words as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.messaging import rules
from domain.messaging.tables import Category, Channel


class NoticeType(StrEnum):
    REPLY = "REPLY"
    MENTION = "MENTION"
    REACTION = "REACTION"
    FOLLOW = "FOLLOW"
    TIP = "TIP"
    ACCEPTED = "ACCEPTED"
    FEATURED = "FEATURED"
    CIRCLE = "CIRCLE"
    MODERATION = "MODERATION"
    REPORT_OUTCOME = "REPORT_OUTCOME"
    APPEAL = "APPEAL"
    SYSTEM = "SYSTEM"
    SUMMARY = "SUMMARY"
    APPOINTMENT_BOOKED = "APPOINTMENT_BOOKED"
    APPOINTMENT_MOVED = "APPOINTMENT_MOVED"
    APPOINTMENT_CANCELLED = "APPOINTMENT_CANCELLED"
    REGISTRATION_CONFIRMED = "REGISTRATION_CONFIRMED"
    REGISTRATION_APPROVED = "REGISTRATION_APPROVED"
    REGISTRATION_REJECTED = "REGISTRATION_REJECTED"
    REGISTRATION_EXPIRED = "REGISTRATION_EXPIRED"
    REGISTRATION_CANCELLED = "REGISTRATION_CANCELLED"
    VEHICLE_BOUND = "VEHICLE_BOUND"
    VEHICLE_REJECTED = "VEHICLE_REJECTED"


@dataclass(frozen=True)
class Words:
    """Title and body, with ``{{ fact | default }}``."""

    title: str
    body: str


@dataclass(frozen=True)
class Notice:
    """One type. ``facts`` are the variables its words may use; ``actor``, ``count`` and ``zone`` are always there."""

    type: NoticeType
    category: Category
    zh: Words
    en: Words
    facts: frozenset[str] = frozenset()
    tag: str | None = None
    channels: tuple[Channel, ...] = (Channel.INBOX, Channel.PUSH)
    is_grouped: bool = False
    is_mandatory: bool = False

    def words(self, language: str) -> Words:
        return self.en if language.startswith("en") else self.zh

    @property
    def known(self) -> frozenset[str]:
        """What the words may name."""
        return self.facts | {"actor", "count"}


def _social(type_: NoticeType, zh: Words, en: Words, *, is_grouped: bool = False, facts: str = "") -> Notice:
    return Notice(
        type_, Category.SERVICE, zh, en, frozenset(facts.split()), tag="social", is_grouped=is_grouped
    )


def _due(type_: NoticeType, zh: Words, en: Words, facts: str = "", *, is_mandatory: bool = False) -> Notice:
    return Notice(type_, Category.TRANSACTIONAL, zh, en, frozenset(facts.split()), is_mandatory=is_mandatory)


_N = NoticeType

NOTICES: dict[NoticeType, Notice] = {
    notice.type: notice
    for notice in (
        _social(
            _N.REPLY,
            Words("新回复", "{{ actor | 有人 }}回复了你"),
            Words("New reply", "{{ actor | Somebody }} replied to you"),
        ),
        _social(
            _N.MENTION,
            Words("有人提到你", "{{ actor | 有人 }}提到了你"),
            Words("You were mentioned", "{{ actor | Somebody }} mentioned you"),
        ),
        _social(
            _N.REACTION,
            Words("收到赞", "{{ actor | 有人 }}等{{ count }}人赞了你"),
            Words("New likes", "{{ actor | Somebody }} and others liked you ({{ count }} in all)"),
            is_grouped=True,
        ),
        _social(
            _N.FOLLOW,
            Words("新粉丝", "{{ actor | 有人 }}等{{ count }}人关注了你"),
            Words("New followers", "{{ actor | Somebody }} and others follow you ({{ count }} in all)"),
            is_grouped=True,
        ),
        _social(
            _N.TIP,
            Words("收到打赏", "{{ actor | 有人 }}打赏了你 {{ amount }} 积分"),
            Words("You were tipped", "{{ actor | Somebody }} tipped you {{ amount }} points"),
            facts="amount",
        ),
        _social(
            _N.ACCEPTED,
            Words("回答被采纳", "你的回答被{{ actor | 提问者 }}采纳"),
            Words("Answer accepted", "{{ actor | The asker }} accepted your answer"),
        ),
        _social(
            _N.FEATURED,
            Words("内容加精", "你的内容被评为精华"),
            Words("Featured", "Something you wrote was featured"),
        ),
        _social(
            _N.CIRCLE,
            Words("圈子通知", "{{ text | 圈子有新动态 }}"),
            Words("Circle", "{{ text | There is news in a circle of yours }}"),
            facts="text",
        ),
        _due(
            _N.MODERATION,
            Words("内容处理通知", "你发布的内容{{ outcome | 已被处理 }}"),
            Words(
                "About what you published", "What you published was {{ outcome | handled by a moderator }}"
            ),
            "outcome",
            is_mandatory=True,
        ),
        _due(
            _N.REPORT_OUTCOME,
            Words("举报结果", "你的举报{{ outcome | 已处理 }}"),
            Words("Your report", "Your report was {{ outcome | decided }}"),
            "outcome",
            is_mandatory=True,
        ),
        _due(
            _N.APPEAL,
            Words("申诉结果", "你的申诉{{ outcome | 已处理 }}"),
            Words("Your appeal", "Your appeal was {{ outcome | decided }}"),
            "outcome",
            is_mandatory=True,
        ),
        _due(
            _N.SYSTEM,
            Words("系统通知", "{{ text }}"),
            Words("Notice", "{{ text }}"),
            "text",
            is_mandatory=True,
        ),
        _social(
            _N.SUMMARY,
            Words("新通知", "你有 {{ count }} 条新通知"),
            Words("News", "You have {{ count }} new notices"),
        ),
        _due(
            _N.APPOINTMENT_BOOKED,
            Words("预约成功", "你的预约时间为 {{ starts_at }}"),
            Words("Appointment booked", "Your appointment is at {{ starts_at }}"),
            "starts_at",
        ),
        _due(
            _N.APPOINTMENT_MOVED,
            Words("预约已改期", "新的预约时间为 {{ starts_at }}"),
            Words("Appointment moved", "Your appointment is now at {{ starts_at }}"),
            "starts_at",
        ),
        _due(
            _N.APPOINTMENT_CANCELLED,
            Words("预约已取消", "你的预约已取消"),
            Words("Appointment cancelled", "Your appointment was cancelled"),
            "starts_at",
        ),
        _due(
            _N.REGISTRATION_CONFIRMED,
            Words("报名成功", "你的活动报名已确认"),
            Words("You are registered", "Your registration is confirmed"),
        ),
        _due(
            _N.REGISTRATION_APPROVED,
            Words("报名已通过", "你的活动报名已通过审核,请完成支付"),
            Words("Registration approved", "Your registration was approved; please pay"),
        ),
        _due(
            _N.REGISTRATION_REJECTED,
            Words("报名未通过", "很遗憾,你的活动报名未通过"),
            Words("Registration declined", "Your registration was not admitted"),
        ),
        _due(
            _N.REGISTRATION_EXPIRED,
            Words("报名已失效", "报名未在规定时间内支付,已失效"),
            Words("Registration lapsed", "Your registration was not paid in time"),
        ),
        _due(
            _N.REGISTRATION_CANCELLED,
            Words("报名已取消", "你的活动报名已取消"),
            Words("Registration cancelled", "Your registration was cancelled"),
        ),
        _due(
            _N.VEHICLE_BOUND,
            Words("车辆已绑定", "你的车辆绑定成功"),
            Words("Vehicle bound", "A vehicle was bound to you"),
        ),
        _due(
            _N.VEHICLE_REJECTED,
            Words("车辆绑定未通过", "你的车辆绑定申请未通过"),
            Words("Vehicle not bound", "Your claim to a vehicle was rejected"),
        ),
    )
}

#: What members are asked about: everything but the summary, which only stands for others.
ASKED = tuple(type_ for type_ in NoticeType if type_ is not NoticeType.SUMMARY)

for _notice in NOTICES.values():
    for _words in (_notice.zh, _notice.en):
        for _text in (_words.title, _words.body):
            assert rules.is_well_formed(_text) and rules.named(_text) <= _notice.known, _notice.type
