"""`python -m tests.reachable DATABASE_URL REDIS_URL`: says in one line when one of them does not answer."""

from __future__ import annotations

import asyncio
import sys
from urllib.parse import urlsplit

import asyncpg
import redis


async def main(database: str, cache: str) -> int:
    try:
        connection = await asyncpg.connect(database, timeout=5)
        await connection.close()
        redis.from_url(cache, socket_connect_timeout=5).ping()
    except (OSError, asyncpg.PostgresError, redis.RedisError, TimeoutError):
        names = " and ".join(urlsplit(url).netloc.rsplit("@", 1)[-1] for url in (database, cache))
        print(f"No external Postgres and Redis at {names}: their tests are skipped.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:])))
