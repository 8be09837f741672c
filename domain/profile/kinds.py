"""Interactions that the profile itself causes."""

from __future__ import annotations

from domain.profile.catalogue import declare

MEMBER_JOINED = declare("profile.member.joined", zh="成为会员", en="Became a member")
MEMBER_LEFT = declare("profile.member.left", zh="注销会员", en="Left the membership")
MEMBER_MERGED = declare("profile.member.merged", zh="档案合并", en="Profiles were merged", is_staff_only=True)
MEMBER_PARTED = declare(
    "profile.member.parted", zh="撤销档案合并", en="A merge was undone", is_staff_only=True
)
SESSION_STARTED = declare("profile.session.started", zh="登录", en="Signed in")
SESSION_ENDED = declare("profile.session.ended", zh="退出登录", en="Signed out")
PIN_SET = declare("profile.pin.set", zh="设置 PIN", en="Set the PIN", is_personal=True)
IDENTITY_LINKED = declare("profile.identity.linked", zh="绑定账号", en="Linked an identity", is_personal=True)
IDENTITY_UNLINKED = declare(
    "profile.identity.unlinked", zh="解绑账号", en="Unlinked an identity", is_personal=True
)
IDENTITY_DEMOTED = declare(
    "profile.identity.demoted",
    zh="标识冲突已降级",
    en="A conflicting identity was set aside",
    is_staff_only=True,
)
TRAITS_SET = declare("profile.traits.set", zh="更新资料", en="Updated the profile", is_personal=True)
TRAIT_COMPUTED = declare(
    "profile.trait.computed",
    zh="计算属性变化",
    en="A computed trait changed",
    is_personal=True,
    is_staff_only=True,
)
CONSENT_ASKED = declare("profile.consent.asked", zh="询问授权", en="Was asked for consent")
CONSENT_GRANTED = declare("profile.consent.granted", zh="同意授权", en="Gave consent")
CONSENT_DENIED = declare("profile.consent.denied", zh="拒绝授权", en="Refused consent")
CONSENT_WITHDRAWN = declare("profile.consent.withdrawn", zh="撤回授权", en="Withdrew consent")
CONSENT_EXPIRED = declare("profile.consent.expired", zh="授权到期", en="A consent expired")
RELATION_OPENED = declare("profile.relation.opened", zh="建立关系", en="A tie began")
RELATION_ENDED = declare("profile.relation.ended", zh="解除关系", en="A tie ended")
MEMBER_SUSPENDED = declare(
    "profile.member.suspended", zh="会员已冻结", en="Was suspended", is_staff_only=True
)
MEMBER_RESTORED = declare("profile.member.restored", zh="会员已恢复", en="Was restored", is_staff_only=True)
PERSONAL_DATA_REVEALED = declare(
    "profile.personal_data.revealed", zh="查看个人信息", en="Personal data were looked at", is_staff_only=True
)
TAG_ASSIGNED = declare("profile.tag.assigned", zh="获得标签", en="Was tagged", is_staff_only=True)
TAG_REMOVED = declare("profile.tag.removed", zh="移除标签", en="Lost a tag", is_staff_only=True)
BADGE_EARNED = declare("profile.badge.earned", zh="获得徽章", en="Earned a badge")
BADGE_REVOKED = declare("profile.badge.revoked", zh="徽章收回", en="A badge was taken back")

#: Recorded by every area that takes note of cash paid outside (events, services), once for each payment reference.
PAYMENT_RECORDED = declare(
    "commerce.payment.recorded",
    zh="付款已登记",
    en="A payment was recorded",
    sum_of="amount",
    is_once_for_all=True,
)

EXPORT_REQUESTED = declare("profile.export.requested", zh="申请导出个人数据", en="Asked for their data")
ERASURE_REQUESTED = declare("profile.erasure.requested", zh="申请注销账号", en="Asked to be forgotten")
ERASURE_CANCELLED = declare(
    "profile.erasure.cancelled", zh="撤销注销申请", en="Took the wish to be forgotten back"
)
