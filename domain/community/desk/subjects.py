"""What is reported and reviewed: a post, a comment or a member, as it stands now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.community import viewers
from domain.community.desk_tables import SubjectKind
from domain.errors import NotFound


@dataclass(frozen=True)
class Subject:
    """``author`` is the root behind it (of a member: himself), null for a closed account; ``row`` holds its columns."""

    kind: SubjectKind
    id: UUID
    author: UUID | None
    circle: UUID | None
    row: db.Row

    @property
    def ref(self) -> tuple[str, UUID]:
        return self.kind.value, self.id

    @property
    def is_content(self) -> bool:
        return self.kind in (SubjectKind.POST, SubjectKind.COMMENT)

    @property
    def fingerprint(self) -> str:
        """Another one after each edit."""
        return str(self.row["version"])

    def evidence(self) -> dict[str, Any]:
        """The texts as they are now, to be kept beside what is reported."""
        at = clock.now().isoformat()
        if self.kind is SubjectKind.MEMBER:
            return {"name": self.row["display_name"], "avatar": self.row["avatar"], "taken_at": at}
        return {
            "title": self.row["title"], "body": self.row["body"], "body_format": self.row["body_format"],
            "version": self.row["version"], "media": [], "taken_at": at,
        }  # fmt: skip


_POST = """SELECT p.*, NULL::uuid AS post, NULL::uuid AS root, NULL::uuid AS parent, w.root AS author_root
    FROM community.post AS p LEFT JOIN profile.member AS w ON w.id = p.author"""
_COMMENT = """SELECT c.*, NULL::text AS title, p.circle, w.root AS author_root
    FROM community.comment AS c JOIN community.post AS p ON p.id = c.post
    LEFT JOIN profile.member AS w ON w.id = c.author"""


async def find(subject_id: UUID, kind: SubjectKind | str | None = None) -> Subject:
    """The subject of an id in whatever state, or NOT_FOUND."""
    if kind in (None, SubjectKind.POST) and (row := await db.one(f"{_POST} WHERE p.id = $1", subject_id)):
        return Subject(SubjectKind.POST, row["id"], row["author_root"], row["circle"], row)
    if kind in (None, SubjectKind.COMMENT) and (
        row := await db.one(f"{_COMMENT} WHERE c.id = $1", subject_id)
    ):
        return Subject(SubjectKind.COMMENT, row["id"], row["author_root"], row["circle"], row)
    if kind in (None, SubjectKind.MEMBER):
        row = await db.one(
            """SELECT m.* FROM profile.member AS w JOIN profile.member AS m ON m.id = w.root
            WHERE w.id = $1 AND m.status <> 'ERASED'""",
            subject_id,
        )
        if row is not None:
            return Subject(SubjectKind.MEMBER, row["id"], row["id"], None, row)
    raise NotFound()


async def seen_by(actor: Actor, subject_id: UUID) -> Subject:
    """The same for what the actor sees; NOT_FOUND is the same for absent and unseen."""
    subject = await find(subject_id)
    args = viewers.of(actor).args
    if subject.kind is SubjectKind.POST:
        seen = await db.value(
            f"SELECT {viewers.SEES_POST} FROM community.post AS p WHERE p.id = $4", *args, subject.id
        )
    elif subject.kind is SubjectKind.COMMENT:
        seen = await db.value(
            f"""SELECT {viewers.SEES_COMMENT} FROM community.comment AS c JOIN community.post AS p ON p.id = c.post
            WHERE c.id = $4""",
            *args, subject.id,
        )  # fmt: skip
    else:
        seen = True
    if not seen:
        raise NotFound()
    return subject
