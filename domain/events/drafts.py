"""What a host writes down about an occurrence, and whether it can be so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from domain.capacity.pools import MOST as MOST_PLACES
from domain.errors import InvalidInput, Problem
from domain.events.rules import OccurrenceKind, Price, RefundPolicy
from domain.foundation import ids

MOST_TIERS = 20
MOST_OPTIONS = 10
MOST_QUESTIONS = 20
MOST_PARTY = 100
MOST_AMOUNT = 10**12  # points
MOST_CASH = 20_000_000  # minor units a place, so that a party's sum fits the contract's Int


@dataclass(frozen=True)
class Mix:
    """A free ratio of points and cash, per place, in minor units."""

    cash: int
    points_per_minor_unit: Decimal
    min_points: int
    max_points: int

    def stored(self) -> dict[str, Any]:
        return {
            "cash": self.cash,
            "pointsPerMinorUnit": str(self.points_per_minor_unit),
            "minPoints": self.min_points,
            "maxPoints": self.max_points,
        }


@dataclass(frozen=True)
class AskedQuestion:
    """Something that every party answers; ``id`` names the answer."""

    id: str
    label: str
    is_required: bool = False
    choices: tuple[str, ...] = ()

    def stored(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "label": self.label,
            "isRequired": self.is_required,
            "choices": list(self.choices),
        }


@dataclass(frozen=True)
class TierDraft:
    """A tier to be; ``capacity`` None draws on the occurrence's places alone. Without a price it is free."""

    name: str
    capacity: int | None = None
    min_party: int = 1
    max_party: int = 1
    max_per_member: int | None = None
    sale_starts_at: datetime | None = None
    sale_ends_at: datetime | None = None
    price_options: tuple[Price, ...] = ()
    price_mix: Mix | None = None
    needs_approval: bool = False
    refund_policy: RefundPolicy = field(default_factory=RefundPolicy)
    questions: tuple[AskedQuestion, ...] = ()


@dataclass(frozen=True)
class OccurrenceDraft:
    """An occurrence to be; ``capacity`` None is unlimited."""

    title: str
    kind: OccurrenceKind
    starts_at: datetime
    ends_at: datetime
    timezone: str
    summary: str | None = None
    city_adcode: str | None = None
    place: str | None = None
    capacity: int | None = None
    closes_when_full: bool = False
    frees_on_exit: bool = False
    check_in_opens_at: datetime | None = None
    tiers: tuple[TierDraft, ...] = field(default=())


def must_be_sound(draft: OccurrenceDraft) -> None:
    """InvalidInput with every problem of a draft."""
    problems = [
        *problems_of_fields(
            {
                "title": draft.title,
                "summary": draft.summary,
                "timezone": draft.timezone,
                "city_adcode": draft.city_adcode,
                "place": draft.place,
            }
        ),
        *problems_of_times(draft.starts_at, draft.ends_at),
        *_problems_of_size("capacity", draft.capacity),
    ]
    if not 1 <= len(draft.tiers) <= MOST_TIERS:
        problems.append(Problem("tiers", f"Name 1 to {MOST_TIERS} tiers."))
    for number, tier in enumerate(draft.tiers):
        problems += problems_of_tier(tier, f"tiers.{number}")
    if problems:
        raise InvalidInput(problems)


def problems_of_fields(fields: dict[str, Any]) -> Iterator[Problem]:
    """What is wrong with an occurrence's own texts (those that are given)."""
    if "title" in fields and not 1 <= len((fields["title"] or "").strip()) <= 200:
        yield Problem("title", "Use 1 to 200 characters.")
    if len(fields.get("summary") or "") > 20_000:
        yield Problem("summary", "Use at most 20000 characters.")
    if len(fields.get("place") or "") > 500:
        yield Problem("place", "Use at most 500 characters.")
    if "timezone" in fields and fields["timezone"] not in available_timezones():
        yield Problem("timezone", "Use a name of the IANA list, such as Asia/Shanghai.")
    adcode = fields.get("city_adcode")
    if adcode is not None and not re.fullmatch(r"[0-9]{6}", adcode):
        yield Problem("cityAdcode", "Use the six digits of the adcode.")


def problems_of_times(starts_at: datetime, ends_at: datetime) -> Iterator[Problem]:
    """What is wrong with a start and an end."""
    if not 2000 <= starts_at.year <= 2200:
        yield Problem("startsAt", "Use a year from 2000 to 2200.")
    if ends_at <= starts_at:
        yield Problem("endsAt", "The end comes after the start.")
    if (ends_at - starts_at).days > 60:
        yield Problem("endsAt", "An occurrence takes at most 60 days.")


def problems_of_tier(tier: TierDraft, path: str) -> Iterator[Problem]:
    """What is wrong with a tier."""
    if not 1 <= len(tier.name.strip()) <= 100:
        yield Problem(f"{path}.name", "Use 1 to 100 characters.")
    yield from _problems_of_size(f"{path}.capacity", tier.capacity)
    if not 1 <= tier.min_party <= tier.max_party <= MOST_PARTY:
        yield Problem(f"{path}.maxParty", f"1 <= minParty <= maxParty <= {MOST_PARTY}.")
    if tier.max_per_member is not None and not 1 <= tier.max_per_member <= MOST_PARTY:
        yield Problem(f"{path}.maxPerMember", f"Use 1 to {MOST_PARTY}.")
    if tier.sale_starts_at and tier.sale_ends_at and tier.sale_ends_at <= tier.sale_starts_at:
        yield Problem(f"{path}.saleEndsAt", "The sale ends after it starts.")
    yield from _problems_of_price(tier, path)
    yield from _problems_of_policy(tier.refund_policy, f"{path}.refundPolicy")
    yield from _problems_of_questions(tier.questions, f"{path}.questions")


def stored_options(options: tuple[Price, ...], has_mix: bool) -> list[dict[str, Any]]:
    """Price options as they are kept, each with an id of its own; no price at all is one that is free."""
    if not options and not has_mix:
        options = (Price(),)
    return [{"id": str(ids.new()), "points": each.points, "cash": each.cash} for each in options]


def zone(name: str) -> ZoneInfo:
    """The zone of a sound draft."""
    return ZoneInfo(name)


def _problems_of_size(path: str, size: int | None) -> Iterator[Problem]:
    if size is not None and not 0 <= size <= MOST_PLACES:
        yield Problem(path, f"Use 0 to {MOST_PLACES} places, or none for unlimited.")


def _problems_of_price(tier: TierDraft, path: str) -> Iterator[Problem]:
    if len(tier.price_options) > MOST_OPTIONS:
        yield Problem(f"{path}.priceOptions", f"Name at most {MOST_OPTIONS} prices.")
    for number, price in enumerate(tier.price_options):
        if not (0 <= price.points <= MOST_AMOUNT and 0 <= price.cash <= MOST_CASH):
            yield Problem(
                f"{path}.priceOptions.{number}", f"Use at most {MOST_AMOUNT} points and {MOST_CASH} in cash."
            )
    mix = tier.price_mix
    if mix is None:
        return
    if not 0 < mix.cash <= MOST_CASH:
        yield Problem(f"{path}.priceMix.cash", "Use an amount above 0.")
    if not 0 < mix.points_per_minor_unit <= MOST_AMOUNT:
        yield Problem(f"{path}.priceMix.pointsPerMinorUnit", "Use a number above 0.")
    if not 0 <= mix.min_points <= mix.max_points <= MOST_AMOUNT:
        yield Problem(f"{path}.priceMix.maxPoints", "0 <= minPoints <= maxPoints.")


def _problems_of_policy(policy: RefundPolicy, path: str) -> Iterator[Problem]:
    hours = [policy.free_until_hours, policy.deadline_hours, *(step.hours_before for step in policy.steps)]
    if any(each is not None and not 0 <= each <= 8_760 for each in hours):
        yield Problem(path, "Hours go from 0 to 8760.")
    if len(policy.steps) > 10:
        yield Problem(f"{path}.steps", "Name at most 10 steps.")
    if any(not 0 <= step.percent <= 100 for step in policy.steps):
        yield Problem(f"{path}.steps", "A percentage goes from 0 to 100.")
    if len({step.hours_before for step in policy.steps}) < len(policy.steps):
        yield Problem(f"{path}.steps", "Name each number of hours once.")
    if not 0 <= policy.flat_fee_points <= MOST_AMOUNT:
        yield Problem(f"{path}.flatFeePoints", "Use 0 or more points.")


def _problems_of_questions(questions: tuple[AskedQuestion, ...], path: str) -> Iterator[Problem]:
    if len(questions) > MOST_QUESTIONS:
        yield Problem(path, f"Ask at most {MOST_QUESTIONS} questions.")
    if len({question.id for question in questions}) < len(questions):
        yield Problem(path, "Each question has an id of its own.")
    for number, question in enumerate(questions):
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", question.id):
            yield Problem(f"{path}.{number}.id", "Use 1 to 40 letters, digits, - and _.")
        if not 1 <= len(question.label.strip()) <= 300:
            yield Problem(f"{path}.{number}.label", "Use 1 to 300 characters.")
        if len(question.choices) > 50:
            yield Problem(f"{path}.{number}.choices", "Name at most 50 choices.")
