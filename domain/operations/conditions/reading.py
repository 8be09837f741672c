"""From JSON (the shape of ``ConditionInput``) to the tree and back; what cannot be meant is refused with its path."""

from __future__ import annotations

from typing import Any

from domain.errors import Problem
from domain.operations.conditions import durations, known, operands
from domain.operations.conditions.tree import (
    All,
    Any_,
    Condition,
    CountOperator,
    Event,
    Everyone,
    Filter,
    Not,
    Tag,
    Trait,
    TraitOperator,
    leaves,
)
from domain.operations.errors import ConditionInvalid

DEEPEST = 8
MOST_LEAVES = 100
MOST_FILTERS = 20
HIGHEST_COUNT = 1_000_000


async def read(data: Any) -> Condition:
    """The condition that the JSON says, or ConditionInvalid with every problem."""
    condition, problems = parse(data)
    if condition is not None:
        problems += await known.unknown_traits(condition)
    if condition is None or problems:
        raise ConditionInvalid(problems)
    return condition


def parse(data: Any) -> tuple[Condition | None, list[Problem]]:
    """The same without a look at the stored traits: pure."""
    problems: list[Problem] = []
    condition = _node(data, "", 1, problems)
    if condition is not None and sum(1 for _ in leaves(condition)) > MOST_LEAVES:
        problems.append(Problem("", f"A condition has at most {MOST_LEAVES} leaves."))
    return (None if problems else condition), problems


def write(condition: Condition) -> dict[str, Any]:
    """The tree as JSON; ``parse(write(c))`` is ``c``."""
    match condition:
        case All(parts):
            return {"all": [write(part) for part in parts]}
        case Any_(parts):
            return {"any": [write(part) for part in parts]}
        case Not(part):
            return {"not": write(part)}
        case Everyone():
            return {"everyone": True}
        case Trait():
            return {"trait": _write_trait(condition)}
        case Tag(key, value):
            return {"tag": {"key": key, **({} if value is None else {"value": value})}}
        case Event():
            return {"event": _write_event(condition)}


def _node(data: Any, path: str, depth: int, problems: list[Problem]) -> Condition | None:
    if not isinstance(data, dict) or len(data) != 1:
        problems.append(Problem(path, f"Give exactly one of: {', '.join(_READ)}."))
        return None
    (name, body), *_ = data.items()
    if name not in _READ:
        problems.append(Problem(path, f"“{name}” is no kind of condition; use one of: {', '.join(_READ)}."))
        return None
    if depth > DEEPEST:
        problems.append(Problem(path, f"Conditions nest at most {DEEPEST} deep."))
        return None
    return _READ[name](body, f"{path}.{name}" if path else name, depth, problems)


def _parts(body: Any, path: str, depth: int, problems: list[Problem]) -> tuple[Condition, ...] | None:
    if not isinstance(body, list):
        problems.append(Problem(path, "This is a list of conditions."))
        return None
    read = [_node(item, f"{path}.{number}", depth + 1, problems) for number, item in enumerate(body)]
    return None if any(part is None for part in read) else tuple(part for part in read if part is not None)


def _all(body: Any, path: str, depth: int, problems: list[Problem]) -> Condition | None:
    parts = _parts(body, path, depth, problems)
    return None if parts is None else All(parts)


def _any(body: Any, path: str, depth: int, problems: list[Problem]) -> Condition | None:
    parts = _parts(body, path, depth, problems)
    return None if parts is None else Any_(parts)


def _not(body: Any, path: str, depth: int, problems: list[Problem]) -> Condition | None:
    part = _node(body, path, depth + 1, problems)
    return None if part is None else Not(part)


def _everyone(body: Any, path: str, _: int, problems: list[Problem]) -> Condition | None:
    if body is not True:
        problems.append(Problem(path, "Write true; for nobody use an empty `any`."))
        return None
    return Everyone()


def _tag(body: Any, path: str, _: int, problems: list[Problem]) -> Condition | None:
    if not _has_only(body, {"key", "value", "subject"}, path, problems):
        return None
    key, value = body.get("key"), body.get("value")
    if not isinstance(key, str) or not 1 <= len(key.strip()) <= 100:
        problems.append(Problem(f"{path}.key", "A key has 1 to 100 characters."))
        return None
    if value is not None and not isinstance(value, str):
        problems.append(Problem(f"{path}.value", "A tag's value is a text."))
        return None
    if body.get("subject", "MEMBER") != "MEMBER":
        problems.append(Problem(f"{path}.subject", "Only tags of the member can be asked for here."))
        return None
    return Tag(key, value)


def _trait(body: Any, path: str, _: int, problems: list[Problem]) -> Condition | None:
    if not _has_only(body, {"name", "op", "value", "values", "duration", "orMissing"}, path, problems):
        return None
    name = body.get("name")
    if not isinstance(name, str) or not 1 <= len(name) <= 100:
        problems.append(Problem(f"{path}.name", "A name has 1 to 100 characters."))
        return None
    if body.get("op") not in TraitOperator.__members__:
        problems.append(Problem(f"{path}.op", _unknown_operator(body.get("op"), TraitOperator)))
        return None
    op = TraitOperator(body["op"])
    if not isinstance(body.get("orMissing", False), bool):
        problems.append(Problem(f"{path}.orMissing", "Write true or false."))
        return None
    read = operands.of_trait(op, body)
    if isinstance(read, Problem):
        problems.append(Problem(f"{path}.{read.path}", read.message))
        return None
    value, duration = read
    or_missing = body.get("orMissing", False) and op not in (TraitOperator.EXISTS, TraitOperator.MISSING)
    return Trait(name, op, value, duration, or_missing)


def _event(body: Any, path: str, _: int, problems: list[Problem]) -> Condition | None:
    if not _has_only(body, {"kind", "where", "count", "window"}, path, problems):
        return None
    before = len(problems)
    kind = known.kind(body.get("kind"))
    if isinstance(kind, Problem):
        problems.append(Problem(f"{path}.kind", kind.message))
    where = _where(body.get("where") or [], f"{path}.where", problems)
    op, n = _count(body.get("count"), f"{path}.count", problems)
    window = body.get("window") or {"ever": True}
    last = None
    if not isinstance(window, dict) or len(window) != 1 or not {"last", "ever"}.issuperset(window):
        problems.append(Problem(f"{path}.window", "Give either `last` (a duration) or `ever`."))
    elif "last" in window:
        last = durations.read(window["last"])
        if last is None:
            problems.append(Problem(f"{path}.window.last", durations_problem()))
    elif window["ever"] is not True:
        problems.append(Problem(f"{path}.window.ever", "Write true."))
    if len(problems) > before or isinstance(kind, Problem):
        return None
    return Event(kind, where, op, n, last)


def durations_problem() -> str:
    """What to say of a length of time that is none."""
    return "Write an exact length in ISO 8601 (P7D, PT36H), longer than nothing and at most P36500D."


def _count(body: Any, path: str, problems: list[Problem]) -> tuple[CountOperator, int]:
    if body is None:
        return CountOperator.GTE, 1
    if not isinstance(body, dict) or set(body) != {"op", "n"}:
        problems.append(Problem(path, "Give `op` and `n`."))
        return CountOperator.GTE, 1
    if body["op"] not in CountOperator.__members__:
        problems.append(Problem(f"{path}.op", _unknown_operator(body["op"], CountOperator)))
        return CountOperator.GTE, 1
    op, n = CountOperator(body["op"]), body["n"]
    if not isinstance(n, int) or isinstance(n, bool) or not 0 <= n <= HIGHEST_COUNT:
        problems.append(Problem(f"{path}.n", f"Write a whole number from 0 to {HIGHEST_COUNT}."))
        return op, 0
    if op is CountOperator.LT and n == 0:
        problems.append(Problem(path, "Nothing can happen fewer than 0 times."))
    return op, n


def _where(body: Any, path: str, problems: list[Problem]) -> tuple[Filter, ...]:
    if not isinstance(body, list) or len(body) > MOST_FILTERS:
        problems.append(Problem(path, f"This is a list of at most {MOST_FILTERS} filters."))
        return ()
    found = []
    for number, item in enumerate(body):
        if not _has_only(item, {"path", "op", "value", "values"}, f"{path}.{number}", problems):
            continue
        read = operands.of_filter(item)
        if isinstance(read, Problem):
            problems.append(Problem(f"{path}.{number}.{read.path}", read.message))
        else:
            found.append(read)
    return tuple(found)


def _has_only(body: Any, names: set[str], path: str, problems: list[Problem]) -> bool:
    if not isinstance(body, dict):
        problems.append(Problem(path, f"Give an object with: {', '.join(sorted(names))}."))
        return False
    unknown = sorted(set(map(str, body)) - names)
    problems += [Problem(f"{path}.{name}", "There is no such field.") for name in unknown]
    return not unknown


def _unknown_operator(given: Any, operators: Any) -> str:
    return f"“{given}” is no operator here; use one of: {', '.join(operators.__members__)}."


def _write_trait(trait: Trait) -> dict[str, Any]:
    written: dict[str, Any] = {"name": trait.name, "op": trait.op.value}
    if isinstance(trait.value, tuple):
        written["values"] = list(trait.value)
    elif trait.value is not None:
        written["value"] = trait.value
    if trait.duration is not None:
        written["duration"] = durations.write(trait.duration)
    if trait.or_missing:
        written["orMissing"] = True
    return written


def _write_event(event: Event) -> dict[str, Any]:
    written: dict[str, Any] = {"kind": event.kind}
    if event.where:
        written["where"] = [_write_filter(each) for each in event.where]
    written["count"] = {"op": event.op.value, "n": event.n}
    written["window"] = {"last": durations.write(event.last)} if event.last else {"ever": True}
    return written


def _write_filter(each: Filter) -> dict[str, Any]:
    written: dict[str, Any] = {"path": each.path, "op": each.op.value}
    if isinstance(each.value, tuple):
        written["values"] = list(each.value)
    elif each.value is not None:
        written["value"] = each.value
    return written


_READ = {
    "all": _all,
    "any": _any,
    "not": _not,
    "everyone": _everyone,
    "trait": _trait,
    "tag": _tag,
    "event": _event,
}
