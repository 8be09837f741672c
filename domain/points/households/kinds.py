"""Interactions of households; each is on the timeline of the member whose place or points it is about."""

from __future__ import annotations

from domain.profile.catalogue import declare

CREATED = declare("points.household.created", zh="创建家庭积分", en="Began a household")
INVITED = declare("points.household.invited", zh="受邀加入家庭", en="Was invited to a household")
JOINED = declare("points.household.joined", zh="加入家庭", en="Joined a household")
DECLINED = declare("points.household.declined", zh="谢绝加入家庭", en="Declined a household")
WITHDRAWN = declare(
    "points.household.withdrawn", zh="家庭邀请撤回", en="An invitation to a household was withdrawn"
)
LEFT = declare("points.household.left", zh="退出家庭", en="Left a household")
LIMITED = declare("points.household.limited", zh="家庭积分限额变更", en="A limit in a household changed")
#: Somebody else of the household spent the member's points; the posting has its own interaction besides.
DRAWN = declare("points.household.drawn", zh="家人使用积分", en="The household used points")
