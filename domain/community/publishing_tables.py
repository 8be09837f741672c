"""Tables of what belongs to posts and comments: former texts, polls, mentions and tips (schema ``community``)."""

from __future__ import annotations

from piccolo.columns import UUID, BigInt, Boolean, ForeignKey, OnDelete, SmallInt, Text, Timestamptz, Varchar
from piccolo.columns.column_types import Integer
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from domain.community.tables import Comment, Post, RevisionState, TargetKind
from domain.foundation import ids


class CommentRevision(Table, schema="community"):
    """A text that a comment had or may get, as :class:`domain.community.tables.PostRevision` of a post."""

    id = UUID(primary_key=True, default=ids.new)
    comment = ForeignKey(Comment, null=False, on_delete=OnDelete.restrict)
    revision = Integer(null=False, default=None)
    body = Text(null=False, default=None)
    state = Varchar(length=10, null=False, default=None, choices=RevisionState)
    is_shown = Boolean(null=False, default=True)
    created_at = Timestamptz(null=False, default=None)

    each_comment_revision_once = Unique(["comment", "revision"])


class Poll(Table, schema="community"):
    """The vote of a post of kind POLL; its options are fixed once it is published."""

    id = UUID(primary_key=True, default=ids.new)
    post = ForeignKey(Post, null=False, on_delete=OnDelete.restrict, unique=True)
    max_choices = SmallInt(null=False, default=1)
    closes_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)

    at_least_one_choice = Check("max_choices >= 1")


class PollOption(Table, schema="community"):
    """What may be chosen."""

    id = UUID(primary_key=True, default=ids.new)
    poll = ForeignKey(Poll, null=False, on_delete=OnDelete.cascade)
    position = SmallInt(null=False, default=None)
    text = Text(null=False, default=None)

    each_position_once = Unique(["poll", "position"])


class PollVote(Table, schema="community"):
    """A member chose an option; ``member`` is null for a closed account, whose vote counts on.

    ``voided_by`` names the merge that made it the second vote of one person: it does not count while it stands.
    """

    id = UUID(primary_key=True, default=ids.new)
    poll = ForeignKey(Poll, null=False, on_delete=OnDelete.restrict)
    option = ForeignKey(PollOption, null=False, on_delete=OnDelete.restrict, index=True)
    ballot = UUID(null=False, default=None)
    member = UUID(null=True, default=None, index=True)
    voided_by = UUID(null=True, default=None, index=True)
    created_at = Timestamptz(null=False, default=None)

    each_option_once_a_ballot = Unique(["ballot", "option"])
    each_option_once_a_member = Unique(["poll", "member", "option"])


class Mention(Table, schema="community"):
    """Who is named in a text by ``@``."""

    id = UUID(primary_key=True, default=ids.new)
    target_kind = Varchar(length=8, null=False, default=None, choices=TargetKind)
    target = UUID(null=False, default=None)
    member = UUID(null=False, default=None, index=True)
    created_at = Timestamptz(null=False, default=None)

    each_person_once_a_text = Unique(["target", "member"])


class Tip(Table, schema="community"):
    """Points given for a post; ``gift`` is the transfer of the points area, ``reversed_by`` the act that took it back."""

    id = UUID(primary_key=True, default=ids.new)
    post = ForeignKey(Post, null=False, on_delete=OnDelete.restrict, index=True)
    member = UUID(null=True, default=None, index=True)
    author = UUID(null=True, default=None, index=True)
    amount = BigInt(null=False, default=None)
    gift = UUID(null=False, default=None, unique=True)
    reversed_by = UUID(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)

    a_tip_is_something = Check("amount > 0")


ALL = (CommentRevision, Poll, PollOption, PollVote, Mention, Tip)
