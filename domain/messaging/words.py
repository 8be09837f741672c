"""The words of a message: the brand's newest revision or the shipped ones, filled in for one member."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.access import audit
from domain.actor import Actor
from domain.errors import InvalidInput, Problem, VersionConflict
from domain.foundation import ids
from domain.messaging import rules
from domain.messaging.types import NOTICES, NoticeType, Words

LANGUAGES = ("zh-CN", "en")
LONGEST = {"title": 200, "body": 2_000}


@dataclass(frozen=True)
class Template:
    """The words of a type in one language; version 0 are the shipped ones."""

    type: NoticeType
    language: str
    version: int
    words: Words

    @property
    def variables(self) -> list[str]:
        """What the words may name."""
        return sorted(NOTICES[self.type].known)


async def templates(types: Sequence[NoticeType] | None = None) -> dict[tuple[NoticeType, str], Template]:
    """The words that hold now, by type and language."""
    wanted = list(types or NOTICES)
    found = {
        (type_, language): Template(type_, language, 0, NOTICES[type_].words(language))
        for type_ in wanted
        for language in LANGUAGES
    }
    for row in await db.fetch(
        "SELECT DISTINCT ON (type, language) * FROM messaging.template WHERE type = ANY($1) "
        "ORDER BY type, language, version DESC",
        wanted,
    ):
        key = (NoticeType(row["type"]), row["language"])
        found[key] = Template(*key, row["version"], Words(row["title"], row["body"]))
    return found


def language_of(locale: str) -> str:
    """zh-CN unless the member's locale is English."""
    return "en" if locale.lower().startswith("en") else "zh-CN"


def write(template: Template, facts: Mapping[str, Any], zone: str) -> Words:
    """The words filled in; rules.MissingFact when a fact without a default is absent."""
    return Words(rules.fill(template.words.title, facts, zone), rules.fill(template.words.body, facts, zone))


def write_or_shipped(template: Template, facts: Mapping[str, Any], zone: str) -> Words:
    """The same for what was delivered already: a revision that needs more facts than it has shows the shipped words."""
    try:
        return write(template, facts, zone)
    except rules.MissingFact:
        shipped = NOTICES[template.type].words(template.language)
        blank = dict.fromkeys(NOTICES[template.type].known, "…") | {k: v for k, v in facts.items() if v}
        return Words(rules.fill(shipped.title, blank, zone), rules.fill(shipped.body, blank, zone))


async def save(
    actor: Actor, type_: NoticeType, language: str, words: Words, expected_version: int
) -> Template:
    """Publish a revision of a type's words; InvalidInput for unknown variables, VersionConflict when it was revised."""
    problems = list(_problems(type_, language, words))
    if problems:
        raise InvalidInput(problems)
    async with db.transaction():
        await db.run(
            "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"messaging.template/{type_}/{language}"
        )
        current = (await templates([type_]))[type_, language].version
        if current != expected_version:
            raise VersionConflict(current)
        await db.run(
            """INSERT INTO messaging.template (id, type, language, version, title, body, saved_by, saved_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""",
            ids.new(), type_, language, current + 1, words.title, words.body, actor.id, clock.now(),
        )  # fmt: skip
        await audit.append(
            actor, "messaging.template.saved", "message_template",
            facts={"type": type_, "language": language, "version": current + 1},
        )  # fmt: skip
    return Template(type_, language, current + 1, words)


async def actor_names(members: Sequence[UUID]) -> dict[UUID, str | None]:
    """The names of members as they are now; whoever has left has none."""
    rows = await db.fetch(
        """SELECT w.id, m.display_name FROM profile.member AS w JOIN profile.member AS m ON m.id = w.root
        WHERE w.id = ANY($1)""",
        list(members),
    )
    return {row["id"]: row["display_name"] for row in rows}


def _problems(type_: NoticeType, language: str, words: Words) -> list[Problem]:
    found = []
    if language not in LANGUAGES:
        found.append(Problem("language", f"Use one of: {', '.join(LANGUAGES)}."))
    for name, text in (("title", words.title), ("body", words.body)):
        if not text.strip() or len(text) > LONGEST[name]:
            found.append(Problem(name, f"Use 1 to {LONGEST[name]} characters."))
        if not rules.is_well_formed(text):
            found.append(Problem(name, "Write variables as {{ name }} or {{ name | default }}."))
        unknown = rules.named(text) - NOTICES[type_].known
        if unknown:
            found.append(
                Problem(
                    name,
                    f"{', '.join(sorted(unknown))}: not known here; use {', '.join(sorted(NOTICES[type_].known))}.",
                )
            )
    return found
