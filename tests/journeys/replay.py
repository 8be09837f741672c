"""The earn rule of the demonstration, replayed from a Stack Exchange dump by arithmetic alone.

Reads the XML files and nothing of the project: 10 points for each post (question or wiki), 2 for each like on anything
of one's own, at most 200 a day of Asia/Shanghai. Votes carry a day only, so they count at 00:00 UTC; what was deleted
and not undeleted has earned nothing.
"""

from __future__ import annotations

import gzip
import sys
from collections import defaultdict
from datetime import UTC, date, datetime
from pathlib import Path
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

PER_POST, PER_LIKE, PER_DAY = 10, 2, 200
ZONE = ZoneInfo("Asia/Shanghai")
POSTS, ANSWER, UP_VOTE = {"1", "4", "5"}, "2", "2"


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    """The rows of one file, plain or .gz."""
    path = folder / f"{name}.xml"
    content = (
        path.read_bytes() if path.exists() else gzip.decompress(path.with_suffix(".xml.gz").read_bytes())
    )
    return [dict(row.attrib) for row in ElementTree.fromstring(content)]


def removed(folder: Path) -> set[str]:
    """Posts that were deleted and not undeleted since: they and the likes they received earn nothing."""
    gone: dict[str, bool] = {}
    for row in sorted(rows(folder, "PostHistory"), key=lambda row: (row["CreationDate"], int(row["Id"]))):
        if row["PostHistoryTypeId"] in ("12", "13"):
            gone[row["PostId"]] = row["PostHistoryTypeId"] == "12"
    return {post for post, is_gone in gone.items() if is_gone}


def balances(folder: Path) -> dict[str, int]:
    """User id -> points, for everybody who has some."""
    users = {row["Id"] for row in rows(folder, "Users")}
    author = {row["Id"]: row.get("OwnerUserId") for row in rows(folder, "Posts")}
    gone = removed(folder)
    earned: dict[tuple[str, date], int] = defaultdict(int)

    def earn(user: str | None, at: str, points: int) -> None:
        if user in users:
            day = datetime.fromisoformat(at).replace(tzinfo=UTC).astimezone(ZONE).date()
            earned[user, day] += points

    for row in rows(folder, "Posts"):
        if row["PostTypeId"] in POSTS and row["Id"] not in gone:
            earn(row.get("OwnerUserId"), row["CreationDate"], PER_POST)
    for row in rows(folder, "Votes"):
        if row["VoteTypeId"] == UP_VOTE and row["PostId"] in author.keys() - gone:
            earn(author[row["PostId"]], row["CreationDate"], PER_LIKE)
    total: dict[str, int] = defaultdict(int)
    for (user, _), points in earned.items():
        total[user] += min(PER_DAY, points)
    return dict(total)


if __name__ == "__main__":
    for user, points in sorted(balances(Path(sys.argv[1])).items()):
        print(user, points)
