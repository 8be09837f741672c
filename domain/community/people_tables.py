"""Tables of what people are to one another, and of what the community thinks of them (schema ``community``).

Member columns hold the member that a row was written with; reads go over its root, so that a merge moves nothing.
``voided_by`` names the merge that made a row the second of its kind for one person (or a tie to himself): it does not
count while it stands.
"""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import UUID, ForeignKey, Integer, OnDelete, SmallInt, Text, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from domain.community.tables import Post
from domain.foundation import ids


class MuteKind(StrEnum):
    MEMBER = "MEMBER"
    CIRCLE = "CIRCLE"
    KEYWORD = "KEYWORD"
    THREAD = "THREAD"


class MemberStanding(Table, schema="community"):
    """How far a member is trusted (成长信任) and the credit (信用分); a member without a row is as the defaults say.

    A locked level stands before a granted one, and that before the computed one.
    """

    id = UUID(primary_key=True, default=ids.new)
    member = UUID(null=False, default=None, unique=True)
    computed_level = SmallInt(null=False, default=0)
    granted_level = SmallInt(null=True, default=None)
    locked_level = SmallInt(null=True, default=None)
    credit = Integer(null=False, default=100)
    reports_upheld = Integer(null=False, default=0)
    reports_rejected = Integer(null=False, default=0)
    version = Integer(null=False, default=1)
    created_at = Timestamptz(null=False, default=None)
    changed_at = Timestamptz(null=False, default=None)

    a_level_is_0_to_4 = Check("computed_level BETWEEN 0 AND 4")
    a_granted_level_is_0_to_4 = Check("granted_level BETWEEN 0 AND 4")
    a_locked_level_is_0_to_4 = Check("locked_level BETWEEN 0 AND 4")


class Follow(Table, schema="community"):
    """Somebody follows somebody."""

    id = UUID(primary_key=True, default=ids.new)
    member = UUID(null=False, default=None)
    followed = UUID(null=False, default=None, index=True)
    voided_by = UUID(null=True, default=None, index=True)
    source = Text(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)

    each_follow_once = Unique(["member", "followed"])
    nobody_follows_himself = Check("member <> followed")


class Block(Table, schema="community"):
    """Somebody blocks somebody: both are as absent to each other."""

    id = UUID(primary_key=True, default=ids.new)
    member = UUID(null=False, default=None)
    blocked = UUID(null=False, default=None, index=True)
    source = Text(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)

    each_block_once = Unique(["member", "blocked"])
    nobody_blocks_himself = Check("member <> blocked")


class Mute(Table, schema="community"):
    """What a member does not want to meet: ``value`` is a member's, circle's or post's id, or a folded keyword."""

    id = UUID(primary_key=True, default=ids.new)
    member = UUID(null=False, default=None)
    kind = Varchar(length=8, null=False, default=None, choices=MuteKind)
    value = Text(null=False, default=None)
    until = Timestamptz(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)

    each_mute_once = Unique(["member", "kind", "value"])


class Bookmark(Table, schema="community"):
    """A post that a member keeps, in a folder or in none."""

    id = UUID(primary_key=True, default=ids.new)
    member = UUID(null=False, default=None)
    post = ForeignKey(Post, null=False, on_delete=OnDelete.restrict, index=True)
    folder = Varchar(length=40, null=True, default=None)
    voided_by = UUID(null=True, default=None, index=True)
    source = Text(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)

    each_bookmark_once = Unique(["member", "post"])
