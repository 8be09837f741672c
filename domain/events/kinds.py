"""Interactions that events cause."""

from __future__ import annotations

from domain.events.rules import RegistrationState
from domain.profile.catalogue import Kind, declare

REQUESTED = declare("events.registration.requested", zh="提交活动报名", en="Asked to take part in an event")
APPROVED = declare(
    "events.registration.approved", zh="活动报名通过审核,待支付", en="Was approved for an event, payment due"
)
CONFIRMED = declare("events.registration.confirmed", zh="活动报名成功", en="Registered for an event")
DECLINED = declare("events.registration.declined", zh="表示不参加活动", en="Declined an event")
REJECTED = declare("events.registration.rejected", zh="活动报名未通过", en="Was not admitted to an event")
EXPIRED = declare("events.registration.expired", zh="活动报名超时未支付", en="Did not pay an event in time")
CANCELLED = declare("events.registration.cancelled", zh="取消活动报名", en="Cancelled an event")
LATE_CANCELLED = declare(
    "events.registration.late_cancelled", zh="临近取消活动报名", en="Cancelled an event late"
)
REDUCED = declare("events.registration.reduced", zh="减少同行人数", en="Fewer people of the party will come")
ELIGIBILITY_REFUSED = declare(
    "events.eligibility.refused", zh="不符合活动条件", en="Did not meet the conditions of an event"
)
OCCURRENCE_PUBLISHED = declare("events.occurrence.published", zh="活动发布", en="An event was published")
OCCURRENCE_POSTPONED = declare("events.occurrence.postponed", zh="活动改期", en="An event was postponed")
OCCURRENCE_CANCELLED = declare("events.occurrence.cancelled", zh="活动取消", en="An event was called off")

#: The interaction that a registration's step to a state is.
OF_STATE: dict[RegistrationState, Kind] = {
    RegistrationState.PENDING_REVIEW: REQUESTED,
    RegistrationState.PENDING_PAYMENT: REQUESTED,
    RegistrationState.CONFIRMED: CONFIRMED,
    RegistrationState.DECLINED: DECLINED,
    RegistrationState.REJECTED: REJECTED,
    RegistrationState.EXPIRED: EXPIRED,
    RegistrationState.CANCELLED: CANCELLED,
}
