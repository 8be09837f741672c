"""Noise from outside: whatever bytes come, the answer is one clear error and the log stays quiet."""

from __future__ import annotations

import json
import random

VALUES = (
    None,
    True,
    0,
    -1,
    1.5,
    10**30,
    "",
    "text",
    "\x00",
    "\u202e右",
    "🏃" * 50,
    [],
    [[]],
    {},
    {"a": {"b": [1]}},
    "{ hello }",
)
NAMES = ("query", "variables", "operationName", "extensions", "documentId", "other", "")
QUERIES = (
    "{ hello }", "{ hello(name: $x) }", "query($n: Int!) { items(first: $n) { nodes { name } } }", "mutation { change }",
    "{ __schema { types { name } } }", "fragment A on Query { hello }", "{ ...A }", "query { hello } query { hello }", "#",
    '{ hello(name: "\\ud800") }', '{ hello(name: """\n\u0000""") }', "{ hello(name: 1e400) }", "{ items(first: 99999999999) { nodes { name } } }",
)  # fmt: skip


def bodies(dice: random.Random):
    for _ in range(300):
        made = {dice.choice(NAMES): dice.choice(VALUES) for _ in range(dice.randrange(4))}
        if dice.random() < 0.7:
            made["query"] = dice.choice(QUERIES)
        text = json.dumps(made).encode()
        if dice.random() < 0.3:  # cut or broken somewhere
            place = dice.randrange(len(text))
            text = text[:place] + dice.randbytes(dice.randrange(3)) + text[place + dice.randrange(3) :]
        yield text
    for _ in range(100):
        yield dice.randbytes(dice.randrange(200))


async def test_no_body_makes_a_500_or_a_traceback(client, caplog):
    for body in bodies(random.Random(20_26)):
        answer = await client.post("/graphql", content=body, headers={"content-type": "application/json"})
        assert answer.status_code < 500, body
        codes = {error["extensions"]["code"] for error in answer.json().get("errors", [])}
        assert codes <= {"BAD_INPUT", "COST_LIMIT", "NOT_FOUND"}, body
    assert [record.msg for record in caplog.records if record.levelname in ("WARNING", "ERROR")] == []


async def test_no_url_makes_a_500(client):
    dice = random.Random(5)
    for _ in range(200):
        params = {dice.choice(NAMES[:4]): dice.choice((*QUERIES, "{", "5", "[]", '{"n": 1}', "\x00", "%"))}
        answer = await client.get("/graphql", params={"query": dice.choice(QUERIES), **params})
        assert answer.status_code < 500, params
        answer.json()
