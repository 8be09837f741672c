"""What is kept of a mutation's success, so that the same clientMutationId answers the same again.

A record with an identity is kept as its type and id and read again; plain values are kept as they are. Secrets are
not kept: a success marked ``is_replayable = False`` answers CONFLICT the second time.
"""

from __future__ import annotations

import base64
import dataclasses
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from strawberry import Info

from domain.errors import Conflict, NotFound

_PLAIN = {"uuid": UUID, "time": datetime.fromisoformat, "date": date.fromisoformat, "decimal": Decimal}


def store(success: Any) -> Any:
    """The success as JSON."""
    if not getattr(type(success), "is_replayable", True):
        return {"$": "secret"}
    return _store(success)


async def load(kept: Any, info: Info) -> Any:
    """The success again; CONFLICT for one that carried secrets."""
    if isinstance(kept, dict) and kept.get("$") == "secret":
        raise Conflict("This call was done before; its answer is shown only once.")
    return await _load(kept, info)


def _store(value: Any) -> Any:
    if value is None or (isinstance(value, bool | int | str) and not isinstance(value, Enum)):
        return value
    for mark, kind in (("uuid", UUID), ("time", datetime), ("date", date), ("decimal", Decimal)):
        if isinstance(value, kind):
            return {"$": mark, "v": value.isoformat() if isinstance(value, date) else str(value)}
    if isinstance(value, Enum):
        return {"$": "enum", "t": type(value).__module__, "n": type(value).__qualname__, "v": value.value}
    if isinstance(value, list | tuple):
        return [_store(item) for item in value]
    if isinstance(value, dict):
        return {"$": "dict", "v": {str(key): _store(item) for key, item in value.items()}}
    if isinstance(value, bytes):
        return {"$": "bytes", "v": base64.b64encode(value).decode()}
    return _store_object(value)


def _store_object(value: Any) -> Any:
    if hasattr(type(value), "load") and getattr(value, "id", None) is not None:
        return {"$": "node", "t": _name(type(value)), "v": str(value.id)}
    kept = [
        field.name for field in dataclasses.fields(value) if getattr(field, "base_resolver", None) is None
    ]
    fields = {name: _store(getattr(value, name)) for name in kept}
    return {"$": "object", "t": _name(type(value)), "v": fields}


def _name(cls: type) -> str:
    return f"{cls.__module__}:{cls.__qualname__}"


async def _load(kept: Any, info: Info) -> Any:
    if isinstance(kept, list):
        return [await _load(item, info) for item in kept]
    if not isinstance(kept, dict):
        return kept
    mark, value = kept["$"], kept["v"]
    if mark in _PLAIN:
        return _PLAIN[mark](value)
    if mark == "bytes":
        return base64.b64decode(value)
    if mark == "dict":
        return {key: await _load(item, info) for key, item in value.items()}
    if mark == "enum":
        return _find(f"{kept['t']}:{kept['n']}")(value)
    cls = _find(kept["t"])
    if mark == "node":
        found = await cls.load([UUID(value)], info.context)
        if UUID(value) not in found:
            raise NotFound()
        return found[UUID(value)]
    return _rebuilt(cls, {key: await _load(item, info) for key, item in value.items()})


def _rebuilt(cls: type, fields: dict[str, Any]) -> Any:
    made = cls.__new__(cls)
    for key, item in fields.items():
        object.__setattr__(made, key, item)
    return made


def _find(name: str) -> Any:
    import importlib

    module, _, qualname = name.partition(":")
    if not module.startswith(("api", "domain")):
        raise Conflict("This call was done before by another version.")
    found: Any = importlib.import_module(module)
    for part in qualname.split("."):
        found = getattr(found, part)
    return found
