"""Page 500 of a person's timeline, beside page 1: keyset pages cost the same wherever they are."""

from __future__ import annotations

import asyncio
import sys

from bench import _people
from domain.foundation import process
from domain.foundation.pages import Page
from domain.profile import timeline

SIZE, PAGES, ROUNDS = 20, 500, 60
TARGET = 1.5


async def main() -> int:
    async with process.opened():
        member = await _people.person(SIZE * (PAGES + 2))
        await _people.crowd(200, 200)
        await _people.analyse()
        rows = await timeline.of_root(member, Page(limit=SIZE * (PAGES - 1)))
        last = rows[SIZE * (PAGES - 1) - 1]
        far = Page(limit=SIZE, after=(last["occurred_at"], last["id"]))
        await _people.median(lambda: timeline.of_root(member, Page(limit=SIZE)), 10)
        first = await _people.median(lambda: timeline.of_root(member, Page(limit=SIZE)), ROUNDS)
        later = await _people.median(lambda: timeline.of_root(member, far), ROUNDS)
    print(f"timeline page {PAGES}: {later * 1e3:.2f} ms")
    print(f"timeline page 1:   {first * 1e3:.2f} ms")
    print(f"ratio {later / first:.2f}x (target: at most {TARGET}x)")
    return 0 if later / first <= TARGET else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
