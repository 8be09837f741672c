"""Importing a community: circles, posts, comments and reactions as files, or a whole Stack Exchange data dump.

All references are external ids of the same source. Nothing is screened, no rate holds and nobody is notified; each
accepted row that concerns somebody leaves one interaction with the source's time.
"""

from __future__ import annotations

from domain.community.importers.circles import CIRCLE_MEMBERS, CIRCLES
from domain.community.importers.comments import COMMENTS
from domain.community.importers.posts import POSTS
from domain.community.importers.reactions import REACTIONS
from domain.community.importers.stackexchange import STACKEXCHANGE
from domain.community.importers.word_rules import WORD_RULES

ALL = (CIRCLES, CIRCLE_MEMBERS, POSTS, COMMENTS, REACTIONS, STACKEXCHANGE, WORD_RULES)
