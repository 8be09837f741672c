"""Sources: what may report interactions, known by a write key of which only the hash is kept."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.access import audit, rules
from domain.access.errors import NameTaken
from domain.actor import Actor, ActorKind
from domain.errors import InvalidInput, NotFound, Problem, VersionConflict
from domain.foundation import ids


class Trust(StrEnum):
    SERVER = "SERVER"
    CLIENT = "CLIENT"


class WithoutConsent(StrEnum):
    STRIP = "STRIP"
    REFUSE = "REFUSE"


KINDS = ("APP", "WEB", "MINI_PROGRAM", "VEHICLE", "SERVER", "OTHER")


@dataclass(frozen=True)
class Source:
    """A registered source as its row stands."""

    id: UUID
    name: str
    kind: str
    trust: Trust
    write_key_hint: str
    scopes: frozenset[str]
    allowed_origins: tuple[str, ...]
    required_purpose: str | None
    without_consent: WithoutConsent
    is_enabled: bool
    created_at: Any
    rotated_at: Any
    version: int

    @classmethod
    def of(cls, row: db.Row) -> Source:
        return cls(
            **{name: row[name] for name in ("id", "name", "kind", "write_key_hint", "required_purpose")},
            **{name: row[name] for name in ("is_enabled", "created_at", "rotated_at", "version")},
            trust=Trust(row["trust"]),
            scopes=frozenset(row["scopes"]),
            allowed_origins=tuple(row["allowed_origins"]),
            without_consent=WithoutConsent(row["without_consent"]),
        )

    def allows(self, origin: str) -> bool:
        """Whether a page of this origin may use the source."""
        return "*" in self.allowed_origins or origin in self.allowed_origins


async def by_key(write_key: str) -> Source | None:
    """The enabled source of a write key; None for an unknown or disabled one. One indexed statement."""
    row = await db.one(
        "SELECT * FROM access.source WHERE write_key_hash = $1 AND is_enabled", hash_of(write_key)
    )
    return Source.of(row) if row else None


def actor_of(source: Source, *, device: str | None = None, ip: str | None = None) -> Actor:
    """The actor that a source is: role ``source`` and its scopes, nothing else."""
    return Actor(
        kind=ActorKind.SOURCE,
        id=source.id,
        roles=frozenset({"source"}),
        scopes=source.scopes,
        touchpoint=source.name,
        device=device,
        ip=ip,
    )


async def all_of_them() -> list[Source]:
    """Every source by name."""
    return [Source.of(row) for row in await db.fetch("SELECT * FROM access.source ORDER BY name")]


async def any_allows(origin: str) -> bool:
    """Whether some enabled source may be used by pages of this origin (a preflight names no key)."""
    return await db.value(
        "SELECT EXISTS (SELECT FROM access.source WHERE is_enabled AND allowed_origins && $1)", [origin, "*"]
    )


async def by_ids(wanted: list[UUID]) -> dict[UUID, Source]:
    """The sources of these ids."""
    rows = await db.fetch("SELECT * FROM access.source WHERE id = ANY($1)", wanted)
    return {row["id"]: Source.of(row) for row in rows}


async def register(
    actor: Actor,
    name: str,
    kind: str,
    trust: Trust,
    *,
    scopes: list[str] | None = None,
    allowed_origins: list[str] | None = None,
    required_purpose: str | None = None,
    without_consent: WithoutConsent = WithoutConsent.STRIP,
    source_id: UUID | None = None,
) -> tuple[Source, str]:
    """Register a source; answers it and its write key, which nobody can read again. An id is given by the demo only."""
    scopes = sorted(set(scopes or ["tracking"]))
    _must_be_sound(name, kind, trust, scopes, allowed_origins or [])
    write_key = _made()
    async with db.transaction():
        row = await db.one(
            "INSERT INTO access.source (id, name, kind, trust, write_key_hash, write_key_hint, scopes, "
            "allowed_origins, required_purpose, without_consent, created_at) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (name) DO NOTHING RETURNING *",
            source_id or ids.new(), name.strip(), kind, trust, hash_of(write_key), write_key[-4:], scopes, allowed_origins or [],
            required_purpose, without_consent, clock.now(),
        )  # fmt: skip
        if row is None:
            raise NameTaken()
        await audit.append(
            actor, "access.source.registered", "source", row["id"], facts={"trust": trust, "scopes": scopes}
        )
    return Source.of(row), write_key


async def rotate(actor: Actor, source: UUID) -> tuple[Source, str]:
    """Give the source a new write key; the old one is refused from now on."""
    write_key = _made()
    async with db.transaction():
        row = await db.one(
            "UPDATE access.source SET write_key_hash = $2, write_key_hint = $3, rotated_at = $4, version = version + 1 "
            "WHERE id = $1 RETURNING *",
            source, hash_of(write_key), write_key[-4:], clock.now(),
        )  # fmt: skip
        if row is None:
            raise NotFound()
        await audit.append(actor, "access.source.key_rotated", "source", source)
    return Source.of(row), write_key


async def revise(actor: Actor, source: UUID, expected_version: int, changes: dict[str, Any]) -> Source:
    """Change kind, scopes, origins, purpose or whether it is enabled; refuses VersionConflict."""
    async with db.transaction():
        row = await db.one("SELECT * FROM access.source WHERE id = $1 FOR UPDATE", source)
        if row is None:
            raise NotFound()
        if row["version"] != expected_version:
            raise VersionConflict(row["version"])
        new = {**dict(row), **changes}
        _must_be_sound(new["name"], new["kind"], Trust(new["trust"]), new["scopes"], new["allowed_origins"])
        row = await db.one(
            "UPDATE access.source SET kind = $2, scopes = $3, allowed_origins = $4, required_purpose = $5, "
            "without_consent = $6, is_enabled = $7, version = version + 1 WHERE id = $1 RETURNING *",
            source, new["kind"], sorted(set(new["scopes"])), new["allowed_origins"], new["required_purpose"],
            new["without_consent"], new["is_enabled"],
        )  # fmt: skip
        await audit.append(
            actor, "access.source.revised", "source", source, facts={"changed": sorted(changes)}
        )
    return Source.of(row)


async def disable(actor: Actor, source: UUID) -> Source:
    """Refuse the source's key from now on; `revise` can enable it again."""
    async with db.transaction():
        row = await db.one(
            "UPDATE access.source SET is_enabled = false, version = version + 1 WHERE id = $1 RETURNING *",
            source,
        )
        if row is None:
            raise NotFound()
        await audit.append(actor, "access.source.disabled", "source", source)
    return Source.of(row)


def hash_of(write_key: str) -> str:
    """sha256: a write key is long and random, so no slow hash is needed."""
    return hashlib.sha256(write_key.encode()).hexdigest()


def _made() -> str:
    return "wk_" + secrets.token_urlsafe(24)


def _must_be_sound(name: str, kind: str, trust: Trust, scopes: list[str], origins: list[str]) -> None:
    problems = []
    if not 1 <= len(name.strip()) <= 100:
        problems.append(Problem("name", "Use 1 to 100 characters."))
    if kind not in KINDS:
        problems.append(Problem("kind", f"Use one of {', '.join(KINDS)}."))
    if unknown := set(scopes) - rules.SOURCE_SCOPES:
        problems.append(Problem("scopes", f"Not known: {', '.join(sorted(unknown))}."))
    if trust is Trust.CLIENT and set(scopes) - {"tracking"}:
        problems.append(Problem("scopes", "A key that stands in an app can only be given tracking."))
    if any("://" not in origin and origin != "*" for origin in origins):
        problems.append(Problem("allowedOrigins", "Write origins as https://host[:port]."))
    if problems:
        raise InvalidInput(problems)
