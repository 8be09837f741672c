"""Whether a value has the shape of a setting's default."""

from __future__ import annotations

from typing import Any

from domain.errors import Problem

LEVELS = 5
_MOST = 1_000_000_000
_LONGEST_LIST = 100
_LONGEST_TEXT = 200


def problems(default: Any, value: Any) -> list[Problem]:
    """What is wrong with a value: a switch, a number, a text, an object with the default's names, or a list.

    A default of five values by trust level takes five such values, or one for all levels.
    """
    if not isinstance(default, list) or isinstance(default[-1], dict):
        return _of(default, value, "value")
    sample = default[-1]
    is_one = (
        isinstance(value, list) and not any(isinstance(item, list) for item in value)
        if isinstance(sample, list)
        else not isinstance(value, list)
    )
    if is_one:
        return _of(sample, value, "value")
    if not isinstance(value, list) or len(value) != LEVELS:
        return [Problem("value", f"Use one value, or {LEVELS}: one for each trust level from 0.")]
    return [problem for n, item in enumerate(value) for problem in _of(sample, item, f"value.{n}")]


def _of(default: Any, value: Any, path: str) -> list[Problem]:
    if isinstance(default, list):
        return _of_list(default, value, path)
    if isinstance(default, dict):
        return _of_object(default, value, path)
    if isinstance(default, bool):
        return [] if isinstance(value, bool) else [Problem(path, "Use true or false.")]
    if isinstance(default, str):
        is_text = isinstance(value, str) and len(value) <= _LONGEST_TEXT
        return [] if is_text else [Problem(path, f"Use a text of at most {_LONGEST_TEXT} characters.")]
    return _of_number(default, value, path)


def _of_list(default: list[Any], value: Any, path: str) -> list[Problem]:
    """Items are like the default's first one; a name that is null in one of its items may be null."""
    if not isinstance(value, list) or len(value) > _LONGEST_LIST:
        return [Problem(path, f"Use a list of at most {_LONGEST_LIST} items.")]
    sample = default[0]
    optional = {name for row in default if isinstance(row, dict) for name in row if row[name] is None}
    found = []
    for number, item in enumerate(value):
        here = f"{path}.{number}"
        if isinstance(item, dict) and optional:
            nulls = {name for name in optional if name in item and item[name] is None}
            item = {name: sample.get(name) if name in nulls else each for name, each in item.items()}
        found += _of(sample, item, here)
    return found


def _of_object(default: dict[str, Any], value: Any, path: str) -> list[Problem]:
    if not isinstance(value, dict) or value.keys() != default.keys():
        return [Problem(path, f"Use an object with exactly: {', '.join(default)}.")]
    return [problem for name, item in value.items() for problem in _of(default[name], item, f"{path}.{name}")]


def _of_number(default: float, value: Any, path: str) -> list[Problem]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return [Problem(path, "Use a number.")]
    if isinstance(default, int) and not isinstance(value, int):
        return [Problem(path, "Use a whole number.")]
    least = -_MOST if default < 0 else 0
    if not least <= value <= _MOST:
        return [Problem(path, f"Use {least} to {_MOST}.")]
    return []
