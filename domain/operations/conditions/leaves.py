"""Each leaf as a table with at most one row a root, and expressions over it."""

from __future__ import annotations

from dataclasses import dataclass

from domain.operations.conditions import comparing
from domain.operations.conditions.drafts import Draft
from domain.operations.conditions.tree import CountOperator, Event, Filter, Leaf, Tag, Trait, TraitOperator
from domain.profile import traits


@dataclass(frozen=True)
class Compiled:
    """``truth`` is never null; ``flip`` may be null or lie in the past; ``facts`` is what an explanation shows."""

    truth: str
    flip: str | None
    facts: str


def compile_leaf(leaf: Leaf, draft: Draft) -> Compiled:
    """Add the leaf's table to the draft and answer its expressions."""
    match leaf:
        case Event():
            return _event(leaf, draft)
        case Trait():
            return _trait(leaf, draft)
        case Tag():
            return _tag(leaf, draft)


_SIGN = {"EQ": "=", "NE": "<>", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">="}


def _event(event: Event, draft: Draft) -> Compiled:
    now = draft.now
    prefix = event.prefix
    if prefix is None:
        wanted = [f"i.kind = {draft.bind(event.kind, 'text')}"]
    else:
        wanted = [f"starts_with(i.kind, {draft.bind(prefix, 'text')})"]
    if event.last is not None:
        wanted.append(f"i.occurred_at > {now} - {comparing.micros(event.last, draft.bind)}")
    if not draft.with_flips:
        wanted.append(f"i.occurred_at <= {now}")
    wanted += [_filter(each, draft) for each in event.where]
    columns = ["count(*) AS c"]
    if draft.with_flips:
        columns = [
            f"count(*) FILTER (WHERE i.occurred_at <= {now}) AS c",
            f"min(i.occurred_at) FILTER (WHERE i.occurred_at > {now}) AS ahead",
            f"(array_agg(i.occurred_at ORDER BY i.occurred_at DESC) FILTER (WHERE i.occurred_at <= {now}))"
            f"[1:{event.n + 1}] AS newest",
        ]
    name = draft.table(
        f"""SELECT w.root, {", ".join(columns)} FROM profile.member AS w {draft.roots}
        JOIN profile.interaction AS i ON i.member = w.id
        WHERE {" AND ".join(wanted)} AND NOT EXISTS (
            SELECT FROM profile.interaction AS x WHERE x.compensates = i.id AND profile.counts(x.id))
        GROUP BY w.root"""
    )
    truth = f"coalesce({name}.c, 0) {_SIGN[event.op]} {event.n}"
    if not draft.with_flips:
        return Compiled(truth, None, "NULL")
    flip = f"{name}.ahead"
    if event.last is not None:
        flip = f"least({flip}, {name}.newest[{_decisive(event, name)}] + {comparing.micros(event.last, draft.bind)})"
    facts = f"jsonb_build_object('count', coalesce({name}.c, 0), 'newest', to_jsonb({name}.newest[1:5]))"
    return Compiled(truth, flip, facts)


def _decisive(event: Event, name: str) -> str:
    """Which of the newest matches, counted from 1, changes the answer when it leaves the window."""
    if event.op in (CountOperator.GTE, CountOperator.LT):
        return str(event.n)
    if event.op in (CountOperator.GT, CountOperator.LTE):
        return str(event.n + 1)
    return f"CASE WHEN {name}.c > {event.n} THEN {event.n + 1} WHEN {name}.c = {event.n} THEN {event.n} END"


def _filter(each: Filter, draft: Draft) -> str:
    fact = f"(i.properties #> {draft.bind(each.path.split('.'), 'text[]')})"
    return f"({comparing.holds(fact, each.op.value, each.value, draft.bind)})"


def _trait(trait: Trait, draft: Draft) -> Compiled:
    if trait.name not in draft.traits:
        # The winner among the members of a root: as domain/profile/traits.py of_roots.
        draft.traits[trait.name] = draft.table(
            f"""SELECT DISTINCT ON (w.root) w.root, t.value, t.since_at FROM profile.member AS w {draft.roots}
            JOIN profile.trait_value AS t ON t.member = w.id
            WHERE t.name = {draft.bind(trait.name, "text")}
            ORDER BY w.root, {traits.precedence("w.root")}"""
        )
    name = draft.traits[trait.name]
    facts = f"jsonb_build_object('value', {name}.value, 'since', {name}.since_at)"
    truth, flip = _timed(trait, name, draft)
    if truth is None:
        truth = comparing.holds(
            f"{name}.value", trait.op.value, trait.value, draft.bind, or_missing=trait.or_missing
        )
        return Compiled(truth, None, facts)
    missing = "true" if trait.or_missing else "false"
    truth = f"CASE WHEN {name}.value IS NULL OR {name}.value = 'null' THEN {missing} ELSE coalesce({truth}, false) END"
    return Compiled(truth, flip, facts)


def _timed(trait: Trait, name: str, draft: Draft) -> tuple[str | None, str | None]:
    """The operators that look at the time: their truth for a present value, and when it can change."""
    op, now = trait.op, draft.now
    if op is TraitOperator.ANNIVERSARY:
        next_ = f"operations.anniversary({name}.value, m.zone, {now})"
        is_near = f"{next_} - operations.local({now}, m.zone)::date <= {trait.value}"
        flip = f"operations.midnight(CASE WHEN {is_near} THEN {next_} + 1 ELSE {next_} - {trait.value} END, m.zone)"
        return is_near, flip
    if trait.duration is None:
        return None, None
    length = comparing.micros(trait.duration, draft.bind)
    if op is TraitOperator.HELD_FOR:
        same = comparing.holds(f"{name}.value", "EQ", trait.value, draft.bind)
        return f"({same}) AND {name}.since_at <= {now} - {length}", f"{name}.since_at + {length}"
    at = f"{name}.since_at" if op is TraitOperator.CHANGED_IN else f"operations.instant({name}.value)"
    within = f"({at} <= {now} AND {at} > {now} - {length})"
    truth = f"NOT {within}" if op is TraitOperator.NOT_WITHIN_LAST else within
    return truth, f"CASE WHEN {at} > {now} THEN {at} ELSE {at} + {length} END"


def _tag(tag: Tag, draft: Draft) -> Compiled:
    value = "" if tag.value is None else f" AND t.value = {draft.bind(tag.value, 'text')}"
    until = "coalesce((t.evidence ->> 'until')::timestamptz, 'infinity')"
    name = draft.table(
        f"""SELECT w.root, max({until}) AS until FROM profile.member AS w {draft.roots}
        JOIN profile.tag_assignment AS t ON t.subject_id = w.id
        WHERE t.subject_kind = 'MEMBER' AND t.key = {draft.bind(tag.key, "text")}{value}
        AND t.valid_to IS NULL AND {until} > {draft.now} GROUP BY w.root"""
    )
    finite = f"CASE WHEN isfinite({name}.until) THEN {name}.until END"
    return Compiled(f"{name}.root IS NOT NULL", finite, f"jsonb_build_object('until', {finite})")
