"""Events of PostHog's SDKs: one distinct id, and names that begin with ``$`` for what other SDKs have calls for."""

from __future__ import annotations

from typing import Any

from domain.profile.glance import EITHER
from domain.profile.report_rules import Item, Refused
from domain.profile.tracking import values

_KINDS = {
    "$identify": "app.identify",
    "$set": "app.identify",
    "$set_once": "app.identify",
    "$pageview": "app.page",
    "$screen": "app.screen",
    "$create_alias": "app.alias",
    "$merge_dangerously": "app.alias",
    "$groupidentify": "app.group",
}
#: Not part of the fact: who it is stands in the identities, the rest says how it was sent.
_LEFT_OUT = ("distinct_id", "token", "$set", "$set_once", "$lib", "$lib_version")


def read(event: dict[str, Any]) -> Item:
    """The item of one event. Raises Refused."""
    name = values.text(event.get("event")) or values.text(event.get("type")) or ""
    properties = values.mapping(event.get("properties"))
    group = _group(properties) if name == "$groupidentify" else None
    sets = {**values.mapping(properties.get("$set")), **values.mapping(event.get("$set"))}
    once = {**values.mapping(properties.get("$set_once")), **values.mapping(event.get("$set_once"))}
    return Item(
        kind=_KINDS.get(name, name),
        message_id=values.text(event.get("uuid")) or values.text(event.get("messageId")),
        occurred_at=values.time(event.get("timestamp"), "timestamp"),
        identities=_identities(event, name, properties),
        session_key=values.text(properties.get("$session_id")),
        subject_kind="GROUP" if group else None,
        subject_id=group,
        properties=_properties(name, properties, sets),
        context={key: properties[key] for key in ("$lib", "$lib_version") if key in properties},
        traits=sets,
        traits_once={key: value for key, value in once.items() if key not in sets},
        is_about_nobody=group is not None
        and _distinct_id(event, properties) == f"${group.replace(':', '_', 1)}",
    )


def _identities(event: dict[str, Any], name: str, properties: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Only an identify says which value is the user's; the two values of an alias are one person, whichever is which."""
    distinct = _distinct_id(event, properties)
    named: list[tuple[str, str | None]] = []
    if name == "$identify":
        named += [("user_id", distinct), ("anonymous_id", values.identity(properties, "$anon_distinct_id"))]
    else:
        named += [(EITHER, distinct)]
    if name in ("$create_alias", "$merge_dangerously"):
        named += [(EITHER, values.identity(properties, "alias"))]
    if (user := values.identity(properties, "$user_id")) is not None:
        named = [("user_id", user), *named]
    return tuple(dict.fromkeys((type_, value) for type_, value in named if value is not None))


def _distinct_id(event: dict[str, Any], properties: dict[str, Any]) -> str | None:
    found = values.identity(event, "distinct_id", "distinctId")
    return found if found is not None else values.identity(properties, "distinct_id")


def _group(properties: dict[str, Any]) -> str:
    type_, key = values.text(properties.get("$group_type")), values.text(properties.get("$group_key"))
    if not type_ or not key:
        raise Refused("bad_group", "properties.$group_type")
    return f"{type_}:{key}"


def _properties(name: str, properties: dict[str, Any], sets: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in properties.items() if key not in _LEFT_OUT}
    return {**kept, "traits": sets} if _KINDS.get(name) == "app.identify" and sets else kept
