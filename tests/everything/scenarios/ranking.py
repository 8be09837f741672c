"""The hot list."""

from __future__ import annotations

from domain.community import hot_list, posts, reactions
from domain.community.tables import PostKind, ReactionKind
from tests import make
from tests.everything.scenarios import Call, changes_nobody
from tests.everything.scenarios.people import MODERATOR

LISTS = (
    "It says what everybody is shown; the post and its author stay as they are, and the audit log keeps it."
)


@changes_nobody("approveHotListEntry", LISTS)
async def what_is_hot_may_be_shown() -> Call:
    post = await posts.publish(await make.member_actor(), kind=PostKind.MOMENT, body="Look at this")
    for _ in range(5):
        await reactions.set_reaction(await make.member_actor(), post, ReactionKind.LIKE, True)
    assert await hot_list.work_off() == 1
    return Call(MODERATOR, {"targetId": str(post)})
