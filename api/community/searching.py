"""GraphQL of searching posts, and of the words that mean the same to a search."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry import Info

from api import paging
from api.community import selection
from api.community.enums import PostKind
from api.community.types import Post
from api.context import Context
from api.fields import Input, Node, arg, enum, field, mutation, query, result
from api.paging import After, Connection, First
from api.permissions import ANYONE, can
from api.refusals import VersionConflict
from domain.community import search, viewers

KEEPS_WORDS = can("moderator", "operator", "admin")


class Order(StrEnum):
    RELEVANCE = "RELEVANCE"
    NEWEST = "NEWEST"


SearchOrder = enum(
    Order,
    "The order of what is found.",
    name="SearchOrder",
    RELEVANCE="What has the terms in its title and often, and is not old, first.",
    NEWEST="The newest first.",
)


@strawberry.input(description="Where to look.")
class SearchFilter:
    circle_id: UUID | None = field("In this circle only.", default=None)
    author_id: UUID | None = field("By this member only.", default=None)
    kinds: list[PostKind] | None = field("Of these kinds only.", default=None)
    since: datetime | None = field("Published then or later.", default=None)
    until: datetime | None = field("Published before then.", default=None)
    hashtag: str | None = field("With this hashtag only.", default=None)


@strawberry.type(description="Words that mean the same to a search.")
class SearchSynonyms(Node):
    words: list[str] = field("The words, folded.")
    is_active: bool = field("Whether a search knows them.")
    version: int = field("Rises with every change.")

    @classmethod
    def of(cls, row: Any) -> SearchSynonyms:
        return cls(id=row["id"], words=row["words"], is_active=row["is_active"], version=row["version"])

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, SearchSynonyms]:
        return {row["id"]: cls.of(row) for row in await search.synonyms_by_ids(ids)}


@strawberry.input(description="Words that mean the same to a search: a model and what people call it.")
class PutSearchSynonymsInput(Input):
    id: UUID | None = field("The set to revise; absent: a new one.", default=None)
    words: list[str] = field("2 to 20 words without blanks; who looks for one finds all.")
    is_active: bool = field("False: searches no longer know them.", default=True)
    expected_version: int = field("The version that was read; 0 for a new one.", default=0)


@strawberry.type(description="Searches know the words from now on.")
class PutSearchSynonymsSuccess:
    synonyms: SearchSynonyms = field("The set.")


@strawberry.type
class SearchQuery:
    @query(
        "Exactly the posts that the reader may see and whose title and text hold every term. Chinese and English, "
        "traditional and simplified, upper and lower case are alike; a term of letters is found at the start of a word.",
        who=ANYONE,
    )
    async def search_posts(
        self,
        info: Info,
        query: Annotated[str, arg("1 to 8 terms apart by blanks, at most 64 characters.")],
        filter: Annotated[SearchFilter | None, arg("Where to look; absent: everywhere.")] = None,
        order_by: Annotated[SearchOrder, arg("The order.")] = Order.RELEVANCE,
        first: First = 20,
        after: After = None,
    ) -> Connection[Post]:
        page, parts, given = paging.page(first, after), selection.parts(info), filter or SearchFilter()
        where = search.Filter(
            given.circle_id, given.author_id, [kind.value for kind in given.kinds] if given.kinds is not None else None,
            given.since, given.until, given.hashtag,
        )  # fmt: skip
        rows = await search.posts(
            viewers.of(info.context.actor),
            query,
            page,
            where,
            is_newest=order_by is Order.NEWEST,
            parts=parts,
        )
        return paging.connection(
            rows,
            page,
            key=lambda row: (None if row["relevance"] is None else str(row["relevance"]), row["feed_seq"]),
            nodes=[Post.of(row, parts) for row in rows],
        )

    @query("The words that mean the same to a search, newest first.", who=KEEPS_WORDS)
    async def search_synonyms(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[SearchSynonyms]:
        page = paging.page(first, after)
        rows = await search.synonyms(page)
        return paging.connection(
            rows,
            page,
            key=lambda row: (row["created_at"], row["id"]),
            nodes=[SearchSynonyms.of(row) for row in rows],
        )


@strawberry.type
class SearchMutation:
    @mutation("Make or revise words that mean the same to a search.", who=KEEPS_WORDS)
    async def put_search_synonyms(self, info: Info, input: PutSearchSynonymsInput) -> result(
        "PutSearchSynonyms", PutSearchSynonymsSuccess, VersionConflict
    ):
        row = await search.put_synonyms(
            info.context.actor,
            input.words,
            set_id=input.id,
            expected_version=input.expected_version,
            is_active=input.is_active,
        )
        return PutSearchSynonymsSuccess(synonyms=SearchSynonyms.of(row))
