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
    POINTS_EXPIRING = "POINTS_EXPIRING"
    TIER_REACHED = "TIER_REACHED"
    TIER_RAISED = "TIER_RAISED"
    TIER_WILL_LOWER = "TIER_WILL_LOWER"
    TIER_LOWERED = "TIER_LOWERED"
    REWARD_REDEEMED = "REWARD_REDEEMED"
    REWARD_APPROVED = "REWARD_APPROVED"
    REWARD_REJECTED = "REWARD_REJECTED"
    REWARD_FULFILLED = "REWARD_FULFILLED"
    REWARD_CANCELLED = "REWARD_CANCELLED"
    GIFT_OFFERED = "GIFT_OFFERED"
    GIFT_ACCEPTED = "GIFT_ACCEPTED"
    GIFT_DECLINED = "GIFT_DECLINED"
    GIFT_EXPIRED = "GIFT_EXPIRED"


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


def _points(type_: NoticeType, zh: Words, en: Words, facts: str = "") -> Notice:
    return Notice(type_, Category.SERVICE, zh, en, frozenset(facts.split()), tag="points")


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
            Words("内容处理通知", "{{ outcome_zh | 你发布的内容已被处理 }}。{{ message | 感谢理解。 }}"),
            Words(
                "About what you published",
                "{{ outcome_en | What you published was handled by a moderator }}. {{ message | Thank you. }}",
            ),
            "outcome outcome_zh outcome_en policy until_at appeal_days message",
            is_mandatory=True,
        ),
        _due(
            _N.REPORT_OUTCOME,
            Words("举报结果", "你的举报{{ outcome_zh | 已处理 }}。{{ message | 感谢你的反馈。 }}"),
            Words("Your report", "Your report {{ outcome_en | was decided }}. {{ message | Thank you. }}"),
            "outcome outcome_zh outcome_en message",
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
        _points(
            _N.POINTS_EXPIRING,
            Words("积分即将过期", "你有 {{ amount }} 积分将于 {{ expires_at }} 过期"),
            Words("Points will expire", "{{ amount }} of your points expire at {{ expires_at }}"),
            "amount wallet expires_at days",
        ),
        _points(
            _N.TIER_REACHED,
            Words("恭喜成为会员", "你已成为 {{ tier }} 会员"),
            Words("Welcome to the club", "You are now in tier {{ tier }}"),
            "scheme tier ends_at",
        ),
        _points(
            _N.TIER_RAISED,
            Words("等级提升", "你的等级已升为 {{ tier }}"),
            Words("You rose", "You rose to tier {{ tier }}"),
            "scheme tier ends_at",
        ),
        _points(
            _N.TIER_WILL_LOWER,
            Words(
                "等级即将下降",
                "你的 {{ tier }} 等级将于 {{ at_risk_on }} 下降,再得 {{ needed }} 积分即可保级",
            ),
            Words(
                "Your tier is about to fall",
                "You leave tier {{ tier }} on {{ at_risk_on }}; {{ needed }} points keep it",
            ),
            "scheme tier projected at_risk_on needed wallet",
        ),
        _points(
            _N.TIER_LOWERED,
            Words("等级下降", "你的等级已降为 {{ tier | 普通 }}"),
            Words("Your tier fell", "Your tier is now {{ tier | none }}"),
            "scheme tier ends_at",
        ),
        _points(
            _N.REWARD_REDEEMED,
            Words("兑换已提交", "你兑换的 {{ names.zh | 奖品 }} 正在处理"),
            Words("Redemption received", "{{ names.en | Your reward }} is being prepared"),
            "reward names.zh names.en",
        ),
        _points(
            _N.REWARD_APPROVED,
            Words("兑换已通过", "你兑换的 {{ names.zh | 奖品 }} 已通过审核"),
            Words("Redemption approved", "{{ names.en | Your reward }} was approved"),
            "reward names.zh names.en",
        ),
        _points(
            _N.REWARD_REJECTED,
            Words("兑换未通过", "你兑换的 {{ names.zh | 奖品 }} 未通过审核,积分已退回"),
            Words("Redemption declined", "{{ names.en | Your reward }} was declined; your points are back"),
            "reward names.zh names.en",
        ),
        _points(
            _N.REWARD_FULFILLED,
            Words("奖品已发放", "你兑换的 {{ names.zh | 奖品 }} 已发放"),
            Words("Reward handed over", "{{ names.en | Your reward }} is yours"),
            "reward names.zh names.en",
        ),
        _points(
            _N.REWARD_CANCELLED,
            Words("兑换已取消", "你兑换的 {{ names.zh | 奖品 }} 已取消,积分已退回"),
            Words("Redemption cancelled", "{{ names.en | Your reward }} was cancelled; your points are back"),
            "reward names.zh names.en",
        ),
        _points(
            _N.GIFT_OFFERED,
            Words("收到积分礼物", "{{ actor | 有人 }}送你 {{ amount }} 积分,请及时领取"),
            Words("A gift for you", "{{ actor | Somebody }} offers you {{ amount }} points"),
            "amount wallet",
        ),
        _points(
            _N.GIFT_ACCEPTED,
            Words("礼物已被领取", "{{ actor | 对方 }}领取了你送的 {{ amount }} 积分"),
            Words("Gift accepted", "{{ actor | The recipient }} accepted your {{ amount }} points"),
            "amount wallet",
        ),
        _points(
            _N.GIFT_DECLINED,
            Words("礼物被谢绝", "{{ actor | 对方 }}谢绝了你送的 {{ amount }} 积分,积分已退回"),
            Words("Gift declined", "{{ actor | The recipient }} declined; your {{ amount }} points are back"),
            "amount wallet",
        ),
        _points(
            _N.GIFT_EXPIRED,
            Words("礼物已过期", "你送的 {{ amount }} 积分无人领取,已退回"),
            Words("Gift expired", "Nobody took your gift; {{ amount }} points are back"),
            "amount wallet",
        ),
    )
}

#: What members are asked about: everything but the summary, which only stands for others.
ASKED = tuple(type_ for type_ in NoticeType if type_ is not NoticeType.SUMMARY)

for _notice in NOTICES.values():
    for _words in (_notice.zh, _notice.en):
        for _text in (_words.title, _words.body):
            assert rules.is_well_formed(_text) and rules.named(_text) <= _notice.known, _notice.type
