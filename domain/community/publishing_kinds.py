"""Interactions of publishing: drafts and what becomes of them, edits, polls, tips and shares.

They stand on the timeline of the author, whoever decided.
"""

from __future__ import annotations

from domain.profile.catalogue import declare

POST_DRAFTED = declare("community.post.drafted", zh="保存草稿", en="Saved a draft")
POST_SCHEDULED = declare("community.post.scheduled", zh="定时发布帖子", en="Scheduled a post")
POST_RETURNED = declare(
    "community.post.returned", zh="定时帖子未能发布", en="A scheduled post could not be published"
)
POST_HELD = declare("community.post.held", zh="帖子待审核", en="A post waits for approval")
POST_EDIT_HELD = declare(
    "community.post.edit_held", zh="帖子修改待审核", en="An edit of a post waits for approval"
)
POST_EDIT_REJECTED = declare(
    "community.post.edit_rejected", zh="帖子修改未通过审核", en="An edit of a post was not approved"
)
POST_VOTED = declare("community.post.voted", zh="参与投票", en="Voted in a poll")
POST_SHARED = declare("community.post.shared", zh="分享帖子", en="Shared a post")
POST_TIPPED = declare("community.post.tipped", zh="赞赏帖子", en="Tipped a post")
POST_UNTIPPED = declare("community.post.untipped", zh="赞赏被撤回", en="A tip was taken back")

COMMENT_EDITED = declare("community.comment.edited", zh="编辑评论", en="Edited a comment")
COMMENT_HELD = declare("community.comment.held", zh="评论待审核", en="A comment waits for approval")
COMMENT_EDIT_HELD = declare(
    "community.comment.edit_held", zh="评论修改待审核", en="An edit of a comment waits for approval"
)
COMMENT_EDIT_REJECTED = declare(
    "community.comment.edit_rejected", zh="评论修改未通过审核", en="An edit of a comment was not approved"
)
