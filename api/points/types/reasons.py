"""What is told of the reasons of earn decisions: in Chinese, in English, and the next step that helps."""

from __future__ import annotations

REASONS: dict[str, tuple[str, str, str | None]] = {
    "BASKET_TOO_SMALL": ("订单金额未达到要求。", "Less was paid in cash than the rule asks for.", "BUY_MORE"),
    "CANCELLED": ("积分经审核后取消。", "The award was looked at and cancelled.", "CONTACT_SUPPORT"),
    "CAP_REACHED": ("已达到本周期的上限。", "The limit of this period is reached.", "WAIT_UNTIL"),
    "CONDITION_NOT_MET": ("不符合规则的条件。", "What happened does not meet the rule's condition.", None),
    "COOLDOWN": ("距上次获得积分的时间太短。", "Too little time has passed since the last award.", "WAIT_UNTIL"),
    "CORRECTED": ("规则更正后不再适用。", "A correction found that no version of the rule means it.", None),
    "DEVICE_SHARED": ("该设备关联的会员过多,等待审核。", "Too many members earn on this device; somebody looks at it.", None),
    "ENROLLED_TOO_SHORT": ("入会时间不足。", "The member joined too recently.", "WAIT_UNTIL"),
    "HELD_FOR_REVIEW": ("金额较大,等待审核。", "The award is large; somebody looks at it.", None),
    "IS_OWNER": ("车主不参与此规则。", "The rule is not for owners.", None),
    "MODEL_NOT_OWNED": ("未拥有指定车型。", "The member owns no vehicle of this model.", "BIND_VEHICLE"),
    "NOTHING_TO_EARN": ("没有可获得的积分。", "What happened is worth no points.", None),
    "NOT_ENROLLED": ("尚未加入会员计划。", "The member is not in the programme.", "ENROL"),
    "NOT_IN_SEGMENT": ("不在指定人群中。", "The member is not in the segment.", None),
    "NOT_OWNER": ("仅限车主。", "Only owners earn this.", "BIND_VEHICLE"),
    "NOT_STACKABLE": ("另一条规则单独生效。", "Another rule stands alone.", None),
    "NOT_YET_IN_FORCE": ("规则尚未生效。", "The rule is not in force yet.", "WAIT_UNTIL"),
    "OTHER_KIND": ("规则不适用于此类行为。", "The rule listens to other kinds of interactions.", None),
    "OUTSIDE_HOURS": ("不在规则的时段内。", "It happened outside of the rule's hours.", "WAIT_UNTIL"),
    "PER_EVENT_MAX": ("超过单次上限。", "One fact cannot earn this much.", None),
    "REFUNDED": ("订单已退款,仅计算保留的部分。", "A part of the order was given back; only what was kept earns.", None),
    "RULE_RETIRED": ("规则已结束。", "The rule has ended.", None),
    "TAG_MISSING": ("没有所需的标签。", "The member does not carry the tag.", None),
    "TIER_TOO_LOW": ("会员等级不足。", "The member's tier is too low.", "REACH_TIER"),
    "TOO_LARGE": ("积分数额超出范围。", "No wallet can keep this much.", None),
    "TRAIT_NOT_MET": ("会员资料不符合条件。", "What is known of the member does not meet the condition.", "COMPLETE_PROFILE"),
    "WRONG_TOUCHPOINT": ("不是在指定的触点进行的。", "It was done on another touchpoint.", None),
}  # fmt: skip
