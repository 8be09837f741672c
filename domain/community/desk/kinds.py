"""Interactions that the desk causes: on the timeline of the author, of the sanctioned member, of the reporter."""

from __future__ import annotations

from domain.profile.catalogue import declare

POST_HIDDEN = declare("community.post.hidden", zh="帖子被暂时隐藏", en="A post was hidden until reviewed")
POST_UNHIDDEN = declare("community.post.unhidden", zh="帖子恢复显示", en="A hidden post was shown again")
POST_FEATURED = declare("community.post.featured", zh="帖子被评为精华", en="A post was featured")
POST_UNFEATURED = declare("community.post.unfeatured", zh="取消精华", en="A post is featured no more")
POST_PINNED = declare("community.post.pinned", zh="帖子置顶", en="A post was pinned")
POST_UNPINNED = declare("community.post.unpinned", zh="取消置顶", en="A post is pinned no more")
POST_REJECTED = declare("community.post.rejected", zh="帖子未通过审核", en="A post was not approved")
POST_UNREJECTED = declare(
    "community.post.unrejected", zh="撤销帖子未通过", en="The rejection of a post was taken back"
)
POST_UNPUBLISHED = declare(
    "community.post.unpublished", zh="撤销帖子通过", en="The approval of a post was taken back"
)
POST_MASKED = declare("community.post.masked", zh="帖子部分文字被遮盖", en="Words of a post were masked")
POST_UNMASKED = declare("community.post.unmasked", zh="帖子文字恢复", en="Masked words of a post came back")
POST_MARKED_AI = declare(
    "community.post.marked_ai", zh="帖子被标注疑似 AI 生成", en="A post was marked as AI"
)
POST_UNMARKED_AI = declare(
    "community.post.unmarked_ai", zh="取消 AI 标注", en="A post is marked as AI no more"
)
POST_HANDED_OVER = declare(
    "community.post.handed_to_service", zh="帖子转交服务团队", en="A post was handed to the service team"
)

COMMENT_HIDDEN = declare(
    "community.comment.hidden", zh="评论被暂时隐藏", en="A comment was hidden until reviewed"
)
COMMENT_UNHIDDEN = declare("community.comment.unhidden", zh="评论恢复显示", en="A hidden comment was shown")
COMMENT_REJECTED = declare("community.comment.rejected", zh="评论未通过审核", en="A comment was not approved")
COMMENT_UNREJECTED = declare(
    "community.comment.unrejected", zh="撤销评论未通过", en="The rejection of a comment was taken back"
)
COMMENT_UNPUBLISHED = declare(
    "community.comment.unpublished", zh="撤销评论通过", en="The approval of a comment was taken back"
)
COMMENT_MASKED = declare(
    "community.comment.masked", zh="评论部分文字被遮盖", en="Words of a comment were masked"
)
COMMENT_UNMASKED = declare(
    "community.comment.unmasked", zh="评论文字恢复", en="Masked words of a comment came back"
)

MEMBER_SANCTIONED = declare("community.member.sanctioned", zh="成员受到处罚", en="A member was sanctioned")
MEMBER_UNSANCTIONED = declare("community.member.unsanctioned", zh="处罚结束", en="A sanction ended")

REPORT_FILED = declare("community.report.filed", zh="提交举报", en="Filed a report")
REPORT_CLOSED = declare("community.report.closed", zh="举报已处理", en="A report was decided")
REPORTER_MUTED = declare(
    "community.reporter.muted", zh="举报不再计入", en="Reports of a member count no more"
)
REPORTER_UNMUTED = declare(
    "community.reporter.unmuted", zh="举报恢复计入", en="Reports of a member count again"
)
