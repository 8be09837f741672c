"""Values that name a member: their types, their normal form, and which values name nobody.

Never an identity: VIN, plate, store, engine number, address. They are relations.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

import msgspec
import phonenumbers

from domain import clock, db
from domain.errors import InvalidInput
from domain.foundation import ids

DEFAULT_REGION = "CN"
LONGEST = 500

_PLACEHOLDER = re.compile(r"^[0-]*$|^-1$")
_ANY_CASE = frozenset(
    [
        "anonymous",
        "guest",
        "distinctid",
        "distinct_id",
        "id",
        "not_authenticated",
        "email",
        "undefined",
        "true",
        "false",
    ]
)
_EXACT_CASE = frozenset(["[object Object]", "NaN", "None", "none", "null"])
#: What shipped brands block besides; each brand revises its own list.
BLOCKED = ("13800000000", "00000000000")

#: How far back identities count against the limit of their type; ``EVER`` has no end.
WINDOWS = {"WEEK": timedelta(days=7), "MONTH": timedelta(days=30), "YEAR": timedelta(days=365)}


@dataclass(frozen=True)
class Type:
    """How strong an identity type is (1 is strongest) and how many a root may carry.

    Against the limit count those first seen within ``window``. A value must match ``pattern`` as a whole.
    """

    name: str
    priority: int
    limit: int
    is_anonymous: bool
    normaliser: str
    window: str = "EVER"
    pattern: str | None = None

    def counted_since(self) -> datetime | None:
        """From when on an identity counts against the limit; None: always."""
        return clock.now() - WINDOWS[self.window] if self.window in WINDOWS else None


#: Shipped types: name, priority, limit, anonymous, normaliser. A colon opens a family (`oidc:<issuer>`).
SHIPPED = (
    Type("user_id", 1, 1, False, "TRIM"),
    Type("phone", 2, 1, False, "PHONE"),
    Type("wechat_unionid", 3, 1, False, "TRIM"),
    Type("oidc", 4, 1, False, "TRIM"),
    Type("email", 5, 5, False, "EMAIL"),
    Type("wechat_openid", 6, 1, False, "TRIM"),
    Type("wecom_external_userid", 7, 5, False, "TRIM"),
    Type("carlink_account", 8, 5, False, "TRIM"),
    Type("anonymous_id", 20, 50, True, "TRIM"),
    Type("device_id", 20, 50, True, "TRIM"),
)


#: All that is configured, as one JSON text.
RULES = """SELECT jsonb_build_object(
    'types', (SELECT jsonb_agg(jsonb_build_array(
            name, priority, limit_count, is_anonymous, normaliser, limit_window, pattern) ORDER BY name)
        FROM profile.identity_type WHERE valid_to IS NULL),
    'policy', (SELECT jsonb_build_array(blocked_values, most_merges, most_identities, most_traits, version)
        FROM profile.identity_policy))::text AS rules"""


@dataclass(frozen=True, order=True)
class Named:
    """A normalised identity of one request, with the proof that came with it."""

    priority: int
    type: str
    value: str
    is_verified: bool = False
    is_anonymous: bool = False
    limit: int = 1


@dataclass(frozen=True)
class Rules:
    """What is configured about identities: types by name, values that name nobody, and how much a root may carry."""

    types: dict[str, Type]
    blocked: tuple[str, ...] = BLOCKED
    most_merges: int = 100
    most_identities: int = 1_000
    most_traits: int = 300
    version: int = 1

    def type_of(self, name: str) -> Type | None:
        """The type of a name; ``user_id:S`` and ``oidc:X`` follow their family."""
        found = self.types.get(name) or self.types.get(name.partition(":")[0])
        return replace(found, name=name) if found else None

    def is_blocked(self, value: str) -> bool:
        """Whether the value can name nobody; also inside one pair of quotes."""
        text = _bare(value)
        return is_placeholder(text) or text in _written(self.blocked)


async def rules() -> Rules:
    """The rules in force; one statement."""
    return read(await db.value(RULES))


def read(text: str) -> Rules:
    """What :data:`RULES` answers."""
    found = msgspec.json.decode(text)
    types = {each[0]: Type(*each) for each in found["types"] or ()}
    if found["policy"] is None:
        return Rules(types)
    blocked, *caps = found["policy"]
    return Rules(types, tuple(blocked), *caps)


def is_placeholder(value: str) -> bool:
    """Whether the value is what software writes when it knows nobody; also inside one pair of quotes."""
    text = _bare(value)
    return not text or bool(_PLACEHOLDER.match(text)) or text.lower() in _ANY_CASE or text in _EXACT_CASE


def normalise(kind: Type, value: str) -> str | None:
    """The normal form, or None for a value that cannot be one of this type.

    Phones become E.164 (default region CN); e-mail is trimmed, NFKC and lower case; ids are trimmed, case kept.
    """
    text: str | None = value.strip()
    if not text or len(text) > LONGEST:
        return None
    if kind.normaliser == "PHONE":
        text = _phone(text)
    elif kind.normaliser == "EMAIL":
        mail = unicodedata.normalize("NFKC", text).lower()
        text = mail if re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", mail) else None
    if text is None or (kind.pattern is not None and not re.fullmatch(kind.pattern, text)):
        return None
    return text


def phone(value: str, path: str = "phone") -> str:
    """A phone number in E.164, or InvalidInput."""
    found = _phone(value)
    if found is None:
        raise InvalidInput.at(path, "This is not a phone number.")
    return found


async def of_root(root: UUID) -> list[db.Row]:
    """All identities of a root, strongest types first."""
    return (await of_roots([root]))[root]


async def of_roots(roots: Sequence[UUID]) -> dict[UUID, list[db.Row]]:
    """All identities of each root, strongest types first."""
    rows = await db.fetch(
        """SELECT m.root, i.id, i.type, i.value_norm, i.member, i.is_verified, i.first_seen_at, i.last_seen_at
        FROM profile.identity AS i JOIN profile.member AS m ON m.id = i.member
        LEFT JOIN profile.identity_type AS t ON t.name = split_part(i.type, ':', 1) AND t.valid_to IS NULL
        WHERE m.root = ANY($1) ORDER BY coalesce(t.priority, 99), i.type, i.value_norm""",
        list(roots),
    )
    return by_root(roots, rows)


def by_root(roots: Iterable[UUID], rows: Iterable[db.Row]) -> dict[UUID, list[db.Row]]:
    """Rows with a ``root`` by it, in their order; a root without rows has none."""
    found: dict[UUID, list[db.Row]] = {root: [] for root in roots}
    for row in rows:
        found[row["root"]].append(row)
    return found


async def owner(type_: str, value: str) -> UUID | None:
    """The root that an identity names."""
    return await db.value(
        """SELECT m.root FROM profile.identity AS i JOIN profile.member AS m ON m.id = i.member
        WHERE i.type = $1 AND i.value_norm = $2""",
        type_, value,
    )  # fmt: skip


async def owning_roots(type_: str, values: Iterable[str]) -> dict[str, UUID]:
    """The root that each known value names."""
    rows = await db.fetch(
        """SELECT i.value_norm, m.root FROM profile.identity AS i JOIN profile.member AS m ON m.id = i.member
        WHERE i.type = $1 AND i.value_norm = ANY($2)""",
        type_, list(values),
    )  # fmt: skip
    return {row["value_norm"]: row["root"] for row in rows}


async def owners(type_: str, values: Iterable[str]) -> dict[str, UUID]:
    """The member that each known value names (the member itself, not its root)."""
    rows = await db.fetch(
        "SELECT value_norm, member FROM profile.identity WHERE type = $1 AND value_norm = ANY($2)",
        type_, list(values),
    )  # fmt: skip
    return {row["value_norm"]: row["member"] for row in rows}


@dataclass
class Carried:
    """How many identities a root carries in all, and by type those that count against the limit."""

    total: int = 0
    counted: Counter[str] = field(default_factory=Counter)

    def add(self, types: Iterable[str]) -> Carried:
        """With one more of each of these types."""
        more = Counter(types)
        return Carried(self.total + more.total(), self.counted + more)


async def carried(roots: Collection[UUID], known: Rules) -> dict[UUID, Carried]:
    """What each of the roots carries."""
    rows = await db.fetch(
        """SELECT m.root, i.type, count(*) AS total,
            count(*) FILTER (WHERE coalesce(i.first_seen_at > w.since, true)) AS counted
        FROM profile.member AS m JOIN profile.identity AS i ON i.member = m.id
        LEFT JOIN unnest($2::text[], $3::timestamptz[]) AS w(type, since) ON w.type = split_part(i.type, ':', 1)
        WHERE m.root = ANY($1) GROUP BY m.root, i.type""",
        list(roots), list(known.types), [each.counted_since() for each in known.types.values()],
    )  # fmt: skip
    found = {root: Carried() for root in roots}
    for row in rows:
        found[row["root"]].total += row["total"]
        found[row["root"]].counted[row["type"]] = row["counted"]
    return found


async def attach(member: UUID, named: Iterable[Named], source: str | None = None) -> None:
    """Give a member the identities that nobody has yet; a known one is only seen again.

    The caller holds the advisory locks of the identities.
    """
    now = clock.now()
    for identity in named:
        await db.run(
            """INSERT INTO profile.identity
                (id, type, value_norm, member, is_verified, verified_at, first_seen_at, last_seen_at, source)
            VALUES ($1, $2, $3, $4, $5, CASE WHEN $5 THEN $6::timestamptz END, $6, $6, $7)
            ON CONFLICT (type, value_norm) DO UPDATE SET last_seen_at = excluded.last_seen_at,
                is_verified = identity.is_verified OR excluded.is_verified,
                verified_at = coalesce(identity.verified_at, excluded.verified_at)""",
            ids.new(), identity.type, identity.value, member, identity.is_verified, now, source,
        )  # fmt: skip


def mask(type_: str, value: str) -> str:
    """The value as staff see it: enough to recognise, too little to use."""
    if type_ == "email" and "@" in value:
        name, _, host = value.partition("@")
        return f"{name[:1]}***@{host}"
    if len(value) <= 4:
        return "*" * len(value)
    keep = 3 if type_ == "phone" else 2
    return f"{value[:keep]}{'*' * (len(value) - keep - 2)}{value[-2:]}"


def _bare(value: str) -> str:
    text = value.strip()
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1].strip()
    return text


@lru_cache(maxsize=8)
def _written(listed: tuple[str, ...]) -> frozenset[str]:
    """The listed values, phone numbers also in their normal form."""
    return frozenset(each for value in listed for each in (value, _phone(value)) if each is not None)


def _phone(value: str) -> str | None:
    text = unicodedata.normalize("NFKC", value)
    try:
        number = phonenumbers.parse(text, DEFAULT_REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
