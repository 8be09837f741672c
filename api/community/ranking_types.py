"""Why a post is hot."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import strawberry

from api.fields import enum, field
from domain.community import heat_rules

HeatAct = enum(
    heat_rules.Act,
    "What people do that makes a post hotter, or colder.",
    name="HeatAct",
    LIKE="A like.",
    COMMENT="A visible comment or answer.",
    BOOKMARK="Kept.",
    TIP="Points given (赞赏).",
    DISLIKE="A dislike.",
)


@strawberry.type(description="What one kind of act adds to a post's heat.")
class RankingPart:
    act: HeatAct = field("What people did; of what one person did, only the weightiest counts.")
    people: int = field("How many people are counted as engaged by it.")
    heat: Decimal = field("What it adds.")


@strawberry.type(description="Why a post is where it is among the hot ones.")
class Ranking:
    heat: Decimal = field("The sum of the parts.")
    hot_score: float | None = field(
        "The logarithm of the heat, and the post's time; null while it is not visible."
    )
    parts: list[RankingPart] = field("What the heat is made of, the largest first.")

    @classmethod
    def of(cls, row: Any) -> Ranking:
        parts = [
            RankingPart(
                act=heat_rules.Act(each["act"]), people=each["people"], heat=Decimal(each["heat"]) / 10
            )
            for each in row["heat_parts"]
        ]
        return cls(
            heat=sum((part.heat for part in parts), Decimal(0)), hot_score=row["hot_score"], parts=parts
        )


#: Of a post whose ranking is not asked for.
NO_RANKING = Ranking(heat=Decimal(0), hot_score=None, parts=[])
