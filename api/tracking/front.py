"""Stands before the application: takes the requests of the tracking doors and hands on all others.

It stands before because the origins of these doors are those of the sources, while the application's CORS answers
would refuse their preflights; and because events need none of the application's routing.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from litestar.types import ASGIApp, Receive, Scope, Send

from api import metrics, nudge, rates
from api.http import answer as http
from api.http import headers as head
from api.tracking import answers, doors, keys, reading
from api.tracking.answers import Answer
from api.tracking.doors import Does, Door
from api.tracking.reading import Unreadable
from domain import clock
from domain.access import sources
from domain.access.sources import Source
from domain.profile.reporting import Counts
from domain.profile.tracking import taking
from domain.profile.tracking.taking import Delivery

ALLOWED_HEADERS = "authorization, content-type, x-retry-count, content-encoding, x-write-key"


def before(app: ASGIApp) -> ASGIApp:
    """The application with the tracking doors before it."""

    async def front(scope: Scope, receive: Receive, send: Send) -> None:
        found = doors.find(scope["path"]) if scope["type"] == "http" else None
        if found is None:
            await app(scope, receive, send)
        else:
            scope["marque_door"] = found  # type: ignore[typeddict-unknown-key]
            await guarded(scope, receive, send)

    guarded = head.guarded(_serve)
    return front


async def _serve(scope: Any, receive: Receive, send: Send) -> None:
    headers = head.headers_of(scope)
    origin = headers.get("origin")
    door, key = scope["marque_door"]
    known: list[Source] = []
    try:
        if scope["method"] == "OPTIONS":
            given = Answer(204, b"")
        elif scope["method"] not in door.methods:
            given = answers.wrong_method(door.methods)
        else:
            given = await _answer(door, key, scope, receive, headers, known)
    except Exception as exc:
        given = answers.of_failure(exc, headers["x-request-id"])
    more = {"cache-control": "no-store", **given.headers}
    if origin is not None:
        more |= await _cross_origin(origin, known, is_preflight=scope["method"] == "OPTIONS")
    await http.send_bytes(send, given.status, given.media_type, given.body, more)


async def _answer(
    door: Door, key: str | None, scope: Any, receive: Receive, headers: dict[str, str], known: list[Source]
) -> Answer:
    """Answer one request; the source is noted in ``known`` as soon as it is."""
    await clock.refresh()
    query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    key = key or keys.in_headers(headers) or keys.named(query)
    if door.does is Does.SETTINGS:
        known.append(await keys.source_of(key))
        return answers.of(doors.settings_of(str(key)))
    if door.does is Does.PIXEL:
        body = _of_pixel(query)
    elif scope["method"] == "GET":
        body = {}
    else:
        body = await reading.body(receive, headers)
    if _is_own_metrics(door, body):
        return answers.stored(Counts())
    source = await keys.source_of(key or keys.in_body(body))
    known.append(source)
    if door.does is Does.FLAGS:
        return answers.flags()
    delivery = _delivery(door, body)
    await rates.count_events(source.id, len(delivery.events))
    member = await keys.member_of(headers, head.ip_of(scope))
    counts = await taking.take(source, delivery, member=member)
    nudge.drain_soon()
    for outcome, number in vars(counts).items():
        metrics.EVENTS.labels(outcome).inc(number)
    return answers.pixel() if door.does is Does.PIXEL else answers.stored(counts)


def _is_own_metrics(door: Door, body: Any) -> bool:
    """Whether these are the browser SDK's figures of itself: they use the letter m, carry no key and are not kept."""
    return door.call == "merge" and isinstance(body, dict) and "series" in body


def _delivery(door: Door, body: Any) -> Delivery:
    """The events of a body: an array, an object with a batch, or one event."""
    if isinstance(body, list):
        events, common = body, {}
    elif "batch" in body and (not door.call or isinstance(body["batch"], list)):
        events, common = body["batch"], body
        if not isinstance(events, list):
            raise Unreadable(400, "BAD_INPUT", "`batch` is no array.")
    else:
        return Delivery(door.name, [body], body.get("sentAt") or body.get("sent_at"))
    if len(events) > taking.MOST_EVENTS:
        raise Unreadable(413, "TOO_LARGE", f"At most {taking.MOST_EVENTS} events at once.")
    return Delivery(
        door.name, events, common.get("sentAt") or common.get("sent_at"),
        *(each if isinstance(each, dict) else None for each in (common.get("context"), common.get("integrations"))),
    )  # fmt: skip


def _of_pixel(query: dict[str, str]) -> dict[str, Any]:
    """The event of an image's address: JSON in base64 as ``data``, or plain parameters.

    Without an id and a time of its own each load of the image is an event.
    """
    if "data" in query:
        body = reading.decoded(reading.from_base64(query["data"]))
        if not isinstance(body, dict):
            raise Unreadable(400, "BAD_INPUT", "`data` is no JSON object.")
    else:
        body = {name: value for name, value in query.items() if name not in keys.NAMES and "." not in name}
        named = {
            name.partition(".")[2]: value for name, value in query.items() if name.startswith("properties.")
        }
        body["properties"] = named
    if not any(body.get(name) for name in ("messageId", "timestamp", "originalTimestamp")):
        body["timestamp"] = clock.now().isoformat()
    return body


async def _cross_origin(origin: str, known: list[Source], *, is_preflight: bool) -> dict[str, str]:
    """What lets a page of this origin read the answer: its source says so; before the key is known, any source does."""
    try:
        is_allowed = any(s.allows(origin) for s in known) if known else await sources.any_allows(origin)
    except Exception:
        is_allowed = False  # the database is away: the page learns no more than that
    if not is_allowed:
        return {"vary": "origin"}
    allowed = {
        "access-control-allow-origin": origin,
        "access-control-expose-headers": "Retry-After, X-Request-Id",
        "vary": "origin",
    }
    if is_preflight:
        allowed |= {
            "access-control-allow-methods": "GET, POST, OPTIONS",
            "access-control-allow-headers": ALLOWED_HEADERS,
            "access-control-max-age": "600",
        }
    return allowed
