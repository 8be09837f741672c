"""What a delivery report (提车作业) has to show before it is featured; the numbers are a setting."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain import db
from domain.community import configuration, stats
from domain.errors import Ineligibility

_WORDS = {
    "images": ("IMAGES", "至少需要 {n} 张图片。", "It needs at least {n} pictures."),
    "characters": ("CHARACTERS", "正文至少需要 {n} 字。", "It needs at least {n} characters."),
    "comments": ("COMMENTS", "至少需要 {n} 条评论。", "It needs at least {n} comments."),
}


async def missing(posts: Sequence[UUID]) -> dict[UUID, list[Ineligibility]]:
    """For each delivery report among posts, what it lacks; the others are not in the answer.

    Characters are counted without spaces, comments as readers see them. Pictures are those of the media area.
    """
    least = await configuration.value("delivery.minimum")
    rows = await db.fetch(
        f"""SELECT p.id, length(regexp_replace(p.body, '\\s', '', 'g')) AS characters, 0 AS images,
            {stats.POST_COUNT_COLUMNS}
        FROM community.post AS p {stats.POST_COUNTS} WHERE p.id = ANY($1) AND p.kind = 'DELIVERY'""",
        list(posts),
    )
    return {
        row["id"]: [_lack(name, n, row[name]) for name, n in least.items() if row[name] < n] for row in rows
    }


def _lack(name: str, least: int, actual: int) -> Ineligibility:
    code, zh, en = _WORDS[name]
    return Ineligibility(
        code=code, message=zh.format(n=least), required=str(least), actual=str(actual), en=en.format(n=least)
    )
