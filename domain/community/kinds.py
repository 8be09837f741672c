"""Interactions that the community causes.

``published``, ``set`` and the like stand on the timeline of the member who did it; what moderation does stands on the
author's. ``removed`` compensates what it makes void, ``restored`` compensates the removal; the author's own ``deleted``
compensates nothing.
"""

from __future__ import annotations

from domain.profile.catalogue import declare

POST_PUBLISHED = declare("community.post.published", zh="发布帖子", en="Published a post")
POST_EDITED = declare("community.post.edited", zh="编辑帖子", en="Edited a post")
POST_DELETED = declare("community.post.deleted", zh="删除帖子", en="Deleted a post")
POST_UNDELETED = declare("community.post.undeleted", zh="恢复已删除的帖子", en="Undid the deletion of a post")
POST_REMOVED = declare("community.post.removed", zh="帖子被移除", en="A post was removed")
POST_RESTORED = declare("community.post.restored", zh="帖子已恢复", en="A removed post was restored")
POST_LOCKED = declare("community.post.locked", zh="帖子被关闭", en="A post was closed")
POST_UNLOCKED = declare("community.post.unlocked", zh="帖子重新开放", en="A closed post was reopened")
POST_ACCEPTED = declare("community.post.accepted", zh="采纳回答", en="Accepted an answer")
POST_UNACCEPTED = declare("community.post.unaccepted", zh="取消采纳", en="Took an acceptance back")

COMMENT_PUBLISHED = declare("community.comment.published", zh="发表评论", en="Published a comment")
COMMENT_DELETED = declare("community.comment.deleted", zh="删除评论", en="Deleted a comment")
COMMENT_UNDELETED = declare(
    "community.comment.undeleted", zh="恢复已删除的评论", en="Undid the deletion of a comment"
)
COMMENT_REMOVED = declare("community.comment.removed", zh="评论被移除", en="A comment was removed")
COMMENT_LOCKED = declare("community.comment.locked", zh="评论串被关闭", en="A thread was closed")
COMMENT_UNLOCKED = declare(
    "community.comment.unlocked", zh="评论串重新开放", en="A closed thread was reopened"
)
COMMENT_RESTORED = declare("community.comment.restored", zh="评论已恢复", en="A removed comment was restored")

REACTION_SET = declare("community.reaction.set", zh="点赞", en="Reacted")
REACTION_UNSET = declare("community.reaction.unset", zh="取消点赞", en="Took a reaction back")

CIRCLE_REQUESTED = declare("community.circle.requested", zh="申请加入圈子", en="Asked to join a circle")
CIRCLE_WITHDRAWN = declare(
    "community.circle.withdrawn", zh="撤回加入圈子的申请", en="Took back the wish to join a circle"
)
CIRCLE_INVITED = declare("community.circle.invited", zh="受邀加入圈子", en="Was invited to a circle")
CIRCLE_ROLE_SET = declare("community.circle.role_set", zh="圈子角色变化", en="Got another role in a circle")
CIRCLE_REJECTED = declare("community.circle.rejected", zh="加入圈子未通过", en="Was not let into a circle")
CIRCLE_JOINED = declare("community.circle.joined", zh="加入圈子", en="Joined a circle")
CIRCLE_LEFT = declare("community.circle.left", zh="退出圈子", en="Left a circle")
