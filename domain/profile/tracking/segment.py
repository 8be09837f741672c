"""Calls of Segment's and RudderStack's SDKs: track, identify, page, screen, group, alias, merge."""

from __future__ import annotations

from typing import Any

from domain.profile.glance import EITHER
from domain.profile.report_rules import Item, Refused
from domain.profile.tracking import values

CALLS = ("track", "identify", "page", "screen", "group", "alias", "merge")


def read(event: dict[str, Any], call: str | None) -> Item:
    """The item of one call; ``call`` is what the door says, else the event says it. Raises Refused."""
    call = call or event.get("type")
    if call not in CALLS:
        raise Refused("unknown_type", "type")
    context = values.mapping(event.get("context"))
    sets, once = _traits(event, call, context)
    group = values.text(event.get("groupId")) if call == "group" else None
    return Item(
        kind=_kind(event, call),
        message_id=values.text(event.get("messageId")),
        occurred_at=values.time(event.get("originalTimestamp"), "originalTimestamp")
        or values.time(event.get("timestamp"), "timestamp"),
        identities=_identities(event, call, context),
        session_key=values.text(context.get("sessionId")),
        touchpoint=values.text(context.get("touchpoint")),
        subject_kind="GROUP" if group else None,
        subject_id=group,
        properties=_properties(event, call),
        context={name: each for name, each in context.items() if name != "traits"},
        traits=sets,
        traits_once=once,
    )


def _kind(event: dict[str, Any], call: str) -> str:
    if call != "track":
        return f"app.{call}"
    return values.text(event.get("event")) or ""


def _identities(event: dict[str, Any], call: str, context: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    named: list[tuple[str, str]] = []
    user = values.identity(event, "userId")
    if user is not None:
        named.append(("user_id", user))
    anonymous = values.identity(event, "anonymousId")
    if anonymous is not None:
        named.append(("anonymous_id", anonymous))
    if call == "alias" and (previous := values.identity(event, "previousId")) is not None:
        named.append((EITHER, previous))
    if call == "merge":
        named += _typed(event.get("mergeProperties"), "mergeProperties", "value")
    return tuple(dict.fromkeys(named + _typed(context.get("externalIds"), "context.externalIds", "id")))


def _typed(given: Any, path: str, field: str) -> list[tuple[str, str]]:
    """Identities that say their type themselves; one that does not is refused, as it would be lost."""
    named = []
    for each in given if isinstance(given, list) else []:
        type_, value = (
            values.text(values.mapping(each).get("type")),
            values.identity(values.mapping(each), field),
        )
        if type_ is None or value is None:
            raise Refused("bad_identity", path)
        named.append((type_, value))
    return named


def _traits(
    event: dict[str, Any], call: str, context: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Traits to set and to set where missing; the traits of a group are the group's and not the person's."""
    properties = values.mapping(event.get("properties"))
    sets = values.mapping(context.get("traits"))
    if call != "group":
        sets = {**sets, **values.mapping(event.get("traits"))}
    sets = {**sets, **values.mapping(event.get("$set")), **values.mapping(properties.get("$set"))}
    once = {**values.mapping(event.get("$set_once")), **values.mapping(properties.get("$set_once"))}
    return sets, {name: value for name, value in once.items() if name not in sets}


def _properties(event: dict[str, Any], call: str) -> dict[str, Any]:
    properties = values.mapping(event.get("properties"))
    if call in ("page", "screen"):
        said = {name: event[name] for name in ("name", "category") if event.get(name) is not None}
        return {**said, **properties}
    if call == "identify":
        traits = {
            **values.mapping(values.mapping(event.get("context")).get("traits")),
            **values.mapping(event.get("traits")),
        }
        return {**properties, "traits": traits} if traits else properties
    if call == "group":
        return {**properties, "traits": event["traits"]} if event.get("traits") else properties
    if call == "alias":
        return {**properties, "previousId": event.get("previousId")}
    if call == "merge":
        return {**properties, "mergeProperties": event.get("mergeProperties")}
    return properties
