"""Programme as code over GraphQL: the configuration of points as one text, compared and brought in."""

from __future__ import annotations

from enum import Enum

import strawberry
from strawberry import Info

from api.access.types import Approval
from api.fields import Input, enum, field, mutation, query, result
from api.permissions import can
from domain.points.as_code import importing
from domain.points.as_code.importing import Brought

ProgrammeChangeKind = enum(
    Enum("ProgrammeChangeKind", {each: each for each in ("NEW", "CHANGED")}),  # type: ignore[misc]
    "What a programme file does to a record.",
    NEW="It is not there yet.",
    CHANGED="It says something else.",
)


@strawberry.input(description="A programme file to bring in.")
class ImportProgrammeInput(Input):
    text: str = field("The file: YAML or JSON, as programmeExport writes it.")
    dry_run: bool = field("Do it all, answer what would change, and take it back.", default=False)


@strawberry.type(description="A record that a programme file changes.")
class ProgrammeChange:
    kind: ProgrammeChangeKind = field("What happens to it.")  # type: ignore[valid-type]
    name: str = field("Its section and code, such as earnRules.welcome.")
    lines: list[str] = field("What differs, field by field; empty for a new record.")
    needs_approval: bool = field("Whether it stays as it is until a second person signs.")
    approvals: list[Approval] = field("The requests that wait for it; empty for a dry run.")

    @classmethod
    def of(cls, brought: Brought, is_dry: bool) -> ProgrammeChange:
        difference = brought.difference
        return cls(
            kind=ProgrammeChangeKind("NEW" if difference.before is None else "CHANGED"),
            name=difference.name,
            lines=difference.lines,
            needs_approval=bool(brought.asked),
            approvals=[] if is_dry else [Approval.of(each) for each in brought.asked],
        )


@strawberry.type(description="The file is brought in, or would be.")
class ImportProgrammeSuccess:
    changes: list[ProgrammeChange] = field(
        "What changes, in the order in which it does; empty: nothing differs."
    )
    left_alone: list[str] = field("What is there and not named in the file: it stays as it is.")


ImportProgrammeResult = result("ImportProgramme", ImportProgrammeSuccess)


@strawberry.type
class AsCodeQuery:
    @query(
        "The configuration of points that is in force, as a YAML text: the same text for the same configuration.",
        who=can("operator", "approver", "analyst", "admin"),
    )
    async def programme_export(self) -> str:
        return await importing.export()


@strawberry.type
class AsCodeMutation:
    @mutation(
        "Let the configuration of points be what a file says: all of it or, when anything is refused, nothing.",
        who=can("admin"),
    )
    async def import_programme(self, info: Info, input: ImportProgrammeInput) -> ImportProgrammeResult:
        report = await importing.bring_in(info.context.actor, input.text, is_dry=input.dry_run)
        return ImportProgrammeSuccess(
            changes=[ProgrammeChange.of(each, input.dry_run) for each in report.brought],
            left_alone=report.left_alone,
        )
