"""Interactions that points cause."""

from __future__ import annotations

from domain.points.tables import JournalKind
from domain.profile.catalogue import Kind, declare


def _entry(name: str, zh: str, en: str) -> Kind:
    return declare(f"points.entry.{name}", zh=zh, en=en, sum_of="effects.POINTS")


ACCOUNT_FROZEN = declare("points.account.frozen", zh="积分账户冻结", en="Points were frozen")
ACCOUNT_UNFROZEN = declare("points.account.unfrozen", zh="积分账户解冻", en="Points were unfrozen")

#: One interaction a journal and member touched.
OF_JOURNAL: dict[str, Kind] = {
    JournalKind.EARN: _entry("earned", "获得积分", "Earned points"),
    JournalKind.ACTIVATE: _entry("activated", "积分生效", "Points became available"),
    JournalKind.CANCEL: _entry("cancelled", "待生效积分取消", "Pending points were cancelled"),
    JournalKind.SPEND: _entry("spent", "使用积分", "Spent points"),
    JournalKind.HOLD: _entry("held", "积分冻结", "Points were held"),
    JournalKind.CAPTURE: _entry("captured", "冻结积分扣除", "Held points were taken"),
    JournalKind.VOID: _entry("released", "积分解冻", "Held points were released"),
    JournalKind.EXPIRE: _entry("expired", "积分过期", "Points expired"),
    JournalKind.REINSTATE: _entry("reinstated", "过期积分恢复", "Expired points were reinstated"),
    JournalKind.CLAW_BACK: _entry("clawed_back", "积分扣回", "Points were taken back"),
    JournalKind.REFUND: _entry("refunded", "积分退回", "Points were refunded"),
    JournalKind.GIFT: _entry("gifted", "积分赠送", "Points changed hands"),
    JournalKind.ADJUST: _entry("adjusted", "积分调整", "Points were adjusted"),
    JournalKind.IMPORT: _entry("imported", "积分导入", "Points were imported"),
    JournalKind.REVERSE: _entry("reversed", "积分冲正", "A posting was reversed"),
    JournalKind.CORRECT: _entry("corrected", "积分更正", "An award was corrected"),
    JournalKind.MERGE: _entry("merged", "积分合并", "Points were joined by a merge"),
}

EXPIRY_ANNOUNCED = declare("points.expiry.announced", zh="积分即将过期", en="Points are about to expire")

ENROLMENT_STARTED = declare("points.enrolment.started", zh="加入会员计划", en="Joined the programme")
ENROLMENT_ENDED = declare("points.enrolment.ended", zh="退出会员计划", en="Left the programme")

#: What a step of a standing is told as.
OF_STEP: dict[str, Kind] = {
    "REACHED": declare("points.tier.reached", zh="进入等级", en="Reached a tier"),
    "RAISED": declare("points.tier.raised", zh="等级提升", en="Rose to a higher tier"),
    "LOWERED": declare("points.tier.lowered", zh="等级下降", en="Fell to a lower tier"),
    "EXTENDED": declare("points.tier.extended", zh="等级延期", en="Stays in the tier for longer"),
    "LEFT": declare("points.tier.left", zh="失去等级", en="Left the lowest tier"),
}
TIER_WILL_LOWER = declare("points.tier.will_lower", zh="等级即将下降", en="The tier is about to fall")
TIER_CORRECTED = declare("points.tier.corrected", zh="等级记录更正", en="A step of the tier was corrected")
BENEFIT_USED = declare("points.benefit.used", zh="使用权益", en="Used a benefit")
#: An order that was paid, or given back: recorded here, or reported by a source with the scope for it.
PURCHASE_RECORDED = declare(
    "points.purchase.recorded", zh="购买已登记", en="A purchase was recorded", sum_of="cash_paid.minor_units"
)
PURCHASE_REFUNDED = declare(
    "points.purchase.refunded", zh="购买已退款", en="A purchase was refunded", sum_of="amount.minor_units"
)
ORDER_PAID = declare("commerce.order.paid", zh="订单已支付", en="An order was paid")
ORDER_REFUNDED = declare("commerce.order.refunded", zh="订单已退款", en="An order was refunded")

REWARD_REDEEMED = declare("points.reward.redeemed", zh="兑换奖品", en="Redeemed a reward")
REWARD_APPROVED = declare("points.reward.approved", zh="兑换通过", en="A redemption was approved")
REWARD_FULFILLED = declare("points.reward.fulfilled", zh="奖品已发放", en="A reward was handed over")
REWARD_REJECTED = declare("points.reward.rejected", zh="兑换被拒", en="A redemption was rejected")
REWARD_CANCELLED = declare("points.reward.cancelled", zh="取消兑换", en="A redemption was cancelled")
REWARD_REFUNDED = declare("points.reward.refunded", zh="奖品已退", en="A reward was refunded")
