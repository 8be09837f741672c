"""Nothing acknowledged is lost and nothing is doubled, whatever is killed.

Eight writers post and earn through HTTP while API, worker, Valkey and Postgres are killed in turn. A writer repeats a
call with the same clientMutationId until it is acknowledged.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from dataclasses import dataclass, field
from uuid import uuid4

import asyncpg
import httpx
import pytest

from cli.stack import postgres, process, valkey
from tests.running import Running

pytestmark = pytest.mark.journey

WRITERS = 8
ROUNDS = 3
PAUSE_SECONDS = 2.5
POSTS_A_KILL = 10
PATIENCE_SECONDS = 120
PER_POST, PER_LIKE, PER_DAY = 10, 2, 200

PUBLISH = """mutation($input: PublishPostInput!) { publishPost(input: $input) {
    __typename ... on PublishPostSuccess { post { id } } ... on Refusal { message } } }"""
LIKE = """mutation($input: SetReactionInput!) { setReaction(input: $input) {
    __typename ... on SetReactionSuccess { changed } ... on Refusal { message } } }"""
REPORT = """mutation($input: RecordInteractionsInput!) { recordInteractions(input: $input) {
    __typename ... on RecordInteractionsSuccess { accepted duplicates deadLettered } ... on Refusal { message } } }"""

HURRY = "mutation($input: ConfigureCommunityInput!) { configureCommunity(input: $input) { __typename } }"


@dataclass
class Acknowledged:
    """What the API said it did."""

    posts: dict[str, str] = field(default_factory=dict)  # id -> writer
    likes: set[tuple[str, str]] = field(default_factory=set)  # (post, writer)
    reports: set[str] = field(default_factory=set)
    repeats: int = 0


async def test_acknowledged_work_survives_every_kill(up, servers) -> None:
    running: Running = up(**servers)
    url = running.url()
    running.inside("domain.points.community_rule:publish()")
    await _hurry(url, running.token("admin"))
    tokens = [running.token("member", member=f"writer-{n}") for n in range(WRITERS)]
    done, stop = Acknowledged(), asyncio.Event()
    writers = [asyncio.create_task(_write(url, n, tokens[n], done, stop)) for n in range(WRITERS)]
    try:
        await asyncio.to_thread(_kill_in_turn, running, done)
    finally:
        stop.set()
        await asyncio.gather(*writers)
    assert len(done.posts) > 50 and len(done.likes) > 20, "the writers hardly got to write"
    assert done.repeats > 0, "no kill was felt: the test proves nothing"
    await _verify(running, done)


async def _hurry(url: str, admin: str) -> None:
    """Let members post as fast as they can."""
    given = {"key": "rates.enabled", "value": False}
    async with httpx.AsyncClient(
        base_url=url, headers={"authorization": f"Bearer {admin}"}, timeout=30
    ) as client:
        answer = await client.post("/graphql", json={"query": HURRY, "variables": {"input": given}})
    assert answer.json()["data"]["configureCommunity"]["__typename"] == "ConfigureCommunitySuccess", (
        answer.text
    )


def _kill_in_turn(running: Running, done: Acknowledged) -> None:
    """Each of the four, several times, as soon as writing goes on after the last kill; external servers are not ours."""
    ours = ("api", "worker", "valkey", "postgres") if running.is_embedded else ("api", "worker")
    for _ in range(ROUNDS):
        for name in ours:
            pid = {
                "valkey": lambda: valkey.pid(running.layout),
                "postgres": lambda: postgres.pid(running.layout),
            }.get(name, lambda name=name: running.children().get(name))()
            before = len(done.posts)
            if pid:
                os.kill(pid, signal.SIGKILL)
            time.sleep(PAUSE_SECONDS)
            assert process.wait_until(
                lambda before=before: len(done.posts) >= before + POSTS_A_KILL, PATIENCE_SECONDS
            ), f"nobody writes any more after {name} was killed"


async def _write(url: str, number: int, bearer: str, done: Acknowledged, stop: asyncio.Event) -> None:
    """Post, like what others posted, and report, until told to stop; every call is seen through."""
    dice = random.Random(number)
    headers = {"authorization": f"Bearer {bearer}", "accept-language": "en"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=10) as client:
        turn = 0
        while not stop.is_set():
            turn += 1
            body = {"kind": "MOMENT", "title": f"{number}/{turn}", "body": f"Drive {number}/{turn} {uuid4()}"}
            data = await _acknowledged(client, PUBLISH, body, done)
            done.posts[data["publishPost"]["post"]["id"]] = str(number)
            others = [post for post, writer in done.posts.items() if writer != str(number)]
            if others:
                post = dice.choice(others)
                await _acknowledged(client, LIKE, {"targetId": post, "kind": "LIKE", "isOn": True}, done)
                done.likes.add((post, str(number)))
            message = f"{number}-{turn}"
            await _acknowledged(client, REPORT, {"items": [{"kind": "opened", "messageId": message}]}, done)
            done.reports.add(message)


async def _acknowledged(client: httpx.AsyncClient, operation: str, body: dict, done: Acknowledged) -> dict:
    """The data of a success; the same call again while nobody answers, or answers that it failed."""
    body = {**body, "clientMutationId": str(uuid4())}
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            answer = await client.post("/graphql", json={"query": operation, "variables": {"input": body}})
            found = answer.json()
            if not found.get("errors"):
                (result,) = found["data"].values()
                assert result["__typename"].endswith("Success"), result
                return found["data"]
            codes = {error["extensions"]["code"] for error in found["errors"]}
            assert codes <= {"INTERNAL", "CONFLICT"}, found
            problem: object = found
        except (httpx.HTTPError, ValueError) as failed:
            problem = failed
        assert time.monotonic() < until, f"not acknowledged in time: {problem}"
        done.repeats += 1
        await asyncio.sleep(0.1)


async def _verify(running: Running, done: Acknowledged) -> None:
    connection = await _connected(running)
    assert await _settled(connection), "the outbox did not empty"
    posts = {str(row["id"]) for row in await connection.fetch("SELECT id FROM community.post")}
    assert posts == set(done.posts), "each acknowledged post is there once, and no other"
    counted = "SELECT count(*), count(DISTINCT subject_id) FROM profile.interaction WHERE kind = $1"
    assert tuple(await connection.fetchrow(counted, "community.post.published")) == (len(posts),) * 2
    likes = await connection.fetchval("SELECT count(*) FROM community.reaction WHERE kind = 'LIKE'")
    assert likes == len(done.likes)
    assert (await connection.fetchrow(counted, "community.reaction.set"))[0] == likes
    assert (await connection.fetchrow(counted, "app.opened"))[0] == len(done.reports)
    drift = await connection.fetchval(
        """SELECT count(*) FROM (SELECT member, kind, count(*) AS n FROM profile.interaction
            WHERE member IS NOT NULL GROUP BY 1, 2) AS log
        FULL JOIN profile.total AS t USING (member, kind) WHERE log.n IS DISTINCT FROM t.count"""
    )
    assert drift == 0, "every interaction was drained exactly once"
    assert await connection.fetchval("SELECT count(*) FROM profile.dead_letter") == 0
    await _verify_points(running, connection, done)
    await connection.close()


async def _verify_points(running: Running, connection: asyncpg.Connection, done: Acknowledged) -> None:
    """Each writer's balance is the rule applied to what was acknowledged, and the ledger is healthy."""
    days = await connection.fetch(
        """WITH earned AS (
            SELECT author AS member, published_at AS at, $1::int AS points FROM community.post
            UNION ALL SELECT p.author, r.created_at, $2 FROM community.reaction AS r
            JOIN community.post AS p ON p.id = r.target)
        SELECT member, (at AT TIME ZONE 'Asia/Shanghai')::date AS day, sum(points) AS raw FROM earned GROUP BY 1, 2""",
        PER_POST, PER_LIKE,
    )  # fmt: skip
    expected: dict = {}
    for row in days:
        expected[row["member"]] = expected.get(row["member"], 0) + min(PER_DAY, row["raw"])
    accounts = await connection.fetch(
        """SELECT member, available FROM points.account
        WHERE wallet_type = (SELECT id FROM points.wallet_type WHERE code = 'POINTS')"""
    )
    assert {row["member"]: row["available"] for row in accounts} == expected
    admin = running.token("admin")
    answer = httpx.post(
        f"{running.url()}/graphql", headers={"authorization": f"Bearer {admin}"},
        json={"query": "{ ledgerHealth { isHealthy checks { code violations } } }"},
    ).json()  # fmt: skip
    assert answer["data"]["ledgerHealth"]["isHealthy"], answer


async def _connected(running: Running) -> asyncpg.Connection:
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return await asyncpg.connect(running.database)
        except (OSError, asyncpg.PostgresError):
            assert time.monotonic() < until
            await asyncio.sleep(0.2)


async def _settled(connection: asyncpg.Connection) -> bool:
    """Whether the outbox and the due awards empty by themselves within the patience."""
    until = time.monotonic() + PATIENCE_SECONDS
    left = "SELECT (SELECT count(*) FROM profile.pending) + (SELECT count(*) FROM points.award_due)"
    while await connection.fetchval(left):
        if time.monotonic() > until:
            return False
        await asyncio.sleep(0.3)
    return process.wait_until(lambda: True, 1)
