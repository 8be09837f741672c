"""How an event is judged by a tracking plan, without looking anywhere."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError

DEEPEST = 20


@dataclass(frozen=True)
class Planned:
    """An event of a plan: the schema of its properties, and what becomes of an event that breaks it."""

    event: str
    schema: dict[str, Any]
    mode: str


@dataclass(frozen=True)
class Found:
    """A place of the properties that breaks the schema, and the value there: not whole, for it may be personal."""

    path: str
    value: Any

    @classmethod
    def at(cls, path: list[str], value: Any) -> Found:
        return cls(".".join(["properties", *path])[:300], _hinted(value))


@dataclass(frozen=True)
class Verdict:
    """``properties`` are what may be stored; None when the event is blocked."""

    properties: dict[str, Any] | None
    violations: tuple[Found, ...] = ()


class Judge:
    """The schemas of one plan, ready to be applied."""

    def __init__(self, events: Sequence[Planned], unplanned: str) -> None:
        self._planned = {
            kind_of(each.event): (each.mode, Draft202012Validator(each.schema)) for each in events
        }
        self._is_open = unplanned == "ALLOW"

    def of(self, kind: str, properties: dict[str, Any]) -> Verdict:
        """What becomes of an event of this kind."""
        if kind not in self._planned:
            found = () if self._is_open else (Found("event", kind),)
            return Verdict(properties if self._is_open else None, found)
        mode, validator = self._planned[kind]
        try:
            errors = sorted(
                validator.iter_errors(properties), key=lambda error: [str(p) for p in error.absolute_path]
            )
        except RecursionError:  # a schema that refers to itself without end judges nothing
            return Verdict(properties)
        if not errors:
            return Verdict(properties)
        violations = tuple(each for error in errors for each in _places(error))
        if mode == "BLOCK":
            return Verdict(None, violations)
        return Verdict(_without(properties, errors) if mode == "OMIT" else properties, violations)


def kind_of(event: str) -> str:
    """The kind under which an event of this name is stored."""
    event = event.strip()
    return event if event.startswith("app.") else f"app.{event}"


def problem_of(schema: Any) -> list[str] | None:
    """The path of what is no JSON Schema (draft 2020-12), or refers to another document; None when it can be used."""
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        return [str(part) for part in error.absolute_path]
    except RecursionError:
        return []
    return next(_unfit(schema, []), None)


def _unfit(schema: Any, path: list[str]) -> Iterator[list[str]]:
    """References to other documents and back to the root would fetch or recurse; patterns must compile."""
    if len(path) > DEEPEST:
        yield path
        return
    if isinstance(schema, dict):
        for name, value in schema.items():
            if not _is_fit(name, value):
                yield [*path, name]
            else:
                yield from _unfit(value, [*path, name])
    elif isinstance(schema, list):
        for number, value in enumerate(schema):
            yield from _unfit(value, [*path, str(number)])


def _is_fit(name: str, value: Any) -> bool:
    if name in ("$ref", "$dynamicRef"):
        return isinstance(value, str) and value.startswith("#/$defs/")
    if name == "pattern" and isinstance(value, str):
        return is_safe(value)
    return name != "patternProperties" or not isinstance(value, dict) or all(map(is_safe, value))


def is_safe(pattern: str) -> bool:
    """Short, compilable, and without a repetition inside a repetition, which could take for ever."""
    if len(pattern) > 200 or re.search(r"[*+}]\)*[*+{]|\([^)]*[*+{][^)]*\)[*+{]", pattern):
        return False
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def _places(error: ValidationError) -> list[Found]:
    """Where the event breaks its schema: a missing or surplus property is named itself."""
    base, instance = [str(part) for part in error.absolute_path], cast(Any, error.instance)
    if error.validator == "required":
        missing = [name for name in cast(list[str], error.validator_value) if name not in instance]
        return [Found.at([*base, name], None) for name in missing if f"{name!r}" in error.message]
    surplus = _surplus(error)
    if surplus:
        return [Found.at([*base, name], instance[name]) for name in surplus]
    return [Found.at(base, instance)]


def _surplus(error: ValidationError) -> list[str]:
    """Properties that the schema does not know, where it allows no others."""
    if (
        error.validator not in ("additionalProperties", "unevaluatedProperties")
        or error.validator_value is not False
    ):
        return []
    schema, instance = cast(dict[str, Any], error.schema), cast(dict[str, Any], error.instance)
    known, patterns = set(schema.get("properties", {})), schema.get("patternProperties", {})
    return [n for n in instance if n not in known and not any(re.search(p, n) for p in patterns)]


def _without(properties: dict[str, Any], errors: list[ValidationError]) -> dict[str, Any]:
    """The properties without those that break the schema; from a list the whole property goes."""
    left = copy.deepcopy(properties)
    for error in errors:
        if error.validator == "required":
            continue
        path = list(error.absolute_path)
        surplus = [[*path, name] for name in _surplus(error)]
        for each in surplus or [path]:
            _drop(left, each)
    return left


def _drop(properties: dict[str, Any], path: list[Any]) -> None:
    whole = next((at for at, part in enumerate(path) if isinstance(part, int)), len(path))
    place: Any = properties
    for part in path[: whole - 1] if whole else []:
        if not isinstance(place, dict) or part not in place:
            return
        place = place[part]
    if whole and isinstance(place, dict):
        place.pop(path[whole - 1], None)


def _hinted(value: Any) -> Any:
    """Enough of a value to see what is wrong with it."""
    if isinstance(value, str):
        return f"{value[:3]}... ({len(value)} characters)" if len(value) > 3 else value
    if isinstance(value, dict):
        return f"object with {len(value)} properties"
    if isinstance(value, list):
        return f"array of {len(value)}"
    return value
