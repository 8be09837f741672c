"""What moderators of the demonstration have set up: word rules, a pinned post and an excellent one."""

from __future__ import annotations

from domain import db
from domain.actor import Actor, ActorKind
from domain.community import hot_list
from domain.community.desk import marking
from domain.community.screening import writing
from domain.community.screening.rules import Decision, WordRule, WordRuleKind
from domain.foundation import ids

_MODERATOR = Actor(ActorKind.STAFF, ids.named("demo", "moderator"), roles=frozenset({"moderator"}))
_RULES = (
    WordRule("代办违章", action=Decision.HOLD, policy="SPAM", category="advertising"),
    WordRule("加微信", action=Decision.FLAG, policy="SPAM", category="advertising"),
    WordRule("傻瓜", action=Decision.MASK, policy="ABUSE"),
    WordRule("", kind=WordRuleKind.NUMBER, action=Decision.FLAG, policy="SPAM", min_length=8),
)


async def load() -> None:
    """Make them; nothing when they are there already."""
    if await db.value("SELECT EXISTS (SELECT FROM community.word_rule)"):
        return
    await writing.put(_MODERATOR, _RULES, reason="What every brand begins with")
    posts = await db.fetch(
        "SELECT id FROM community.post WHERE is_visible AND circle IS NOT NULL ORDER BY published_at DESC, id LIMIT 2"
    )
    if len(posts) == 2:
        await marking.pin(_MODERATOR, posts[0]["id"], reason="For everybody to see")
        await marking.feature(_MODERATOR, posts[1]["id"], reason="Worth reading")
    await hot_list.work_off()
