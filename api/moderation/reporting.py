"""Mutations of reports: filing one, and what moderators do with it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import strawberry
from strawberry import Info

from api.community.refusals import AlreadyInState
from api.fields import Input, field, mutation, result
from api.moderation.enums import NoteAudience, ReportCategory
from api.moderation.refusals import AlreadyAssigned, AlreadyReported, QueueDisabled
from api.moderation.types import Report
from api.permissions import can
from api.refusals import IllegalTransition
from domain.community.desk import report_steps, reports

MODERATES = can("member", "moderator")


@strawberry.input(description="What is wrong, with what.")
class FileReportInput(Input):
    subject_id: UUID = field("The post, comment or member.")
    category: ReportCategory = field("What is wrong.")
    note: str | None = field("At most 1,000 characters.", default=None)
    take_action: bool = field("For staff: act at once.", default=False)


@strawberry.input(description="A note on a report.")
class AddReportNoteInput(Input):
    report_id: UUID = field("The report's id.")
    note: str = field("At most 5,000 characters; to members it names nobody.")
    audience: NoteAudience = field("Whom it is for.", default=NoteAudience.INTERNAL)


@strawberry.input(description="A report, and a note for moderators.")
class ReportStepInput(Input):
    report_id: UUID = field("The report's id.")
    note: str | None = field("Why, for moderators.", default=None)


@strawberry.input(description="The report to lift above its queue.")
class EscalateReportInput(ReportStepInput):
    pass


@strawberry.input(description="The report to bring back.")
class UnescalateReportInput(ReportStepInput):
    pass


@strawberry.input(description="The closed report to open again.")
class ReopenReportInput(ReportStepInput):
    pass


@strawberry.input(description="The report that is nobody's any more.")
class UnassignReportInput(ReportStepInput):
    pass


@strawberry.input(description="The report to close by itself, without a judgement.")
class CloseReportInput(ReportStepInput):
    audience: NoteAudience = field("REPORTER: the note is told with the outcome.", default="INTERNAL")


@strawberry.input(description="Where a report waits.")
class QueueReportInput(ReportStepInput):
    queue_id: UUID | None = field("The queue; null takes it out.", default=None)


@strawberry.input(description="Who works on a report.")
class AssignReportInput(ReportStepInput):
    moderator_id: UUID | None = field("A staff account, or a circle's moderator; absent: you.", default=None)
    is_permanent: bool = field("False: for ten minutes, then others may take it.", default=False)


def _success(name: str, description: str) -> Any:
    made = type(f"{name}Success", (), {"__annotations__": {"report": Report}, "report": field("The report.")})
    return strawberry.type(made, description=description)


FileReportSuccess = _success("FileReport", "The report is taken.")
AddReportNoteSuccess = _success("AddReportNote", "The note stands.")
EscalateReportSuccess = _success("EscalateReport", "The report is escalated.")
UnescalateReportSuccess = _success("UnescalateReport", "The report is open again.")
QueueReportSuccess = _success("QueueReport", "The report waits there.")
AssignReportSuccess = _success("AssignReport", "The report has somebody.")
UnassignReportSuccess = _success("UnassignReport", "The report is nobody's.")
CloseReportSuccess = _success("CloseReport", "The report is closed.")
ReopenReportSuccess = _success("ReopenReport", "The report is open again.")

STEP = (IllegalTransition, AlreadyInState)


@strawberry.type
class ReportMutation:
    @mutation("Report a post, a comment or a member.", who=MODERATES)
    async def file_report(self, info: Info, input: FileReportInput) -> result(
        "FileReport", FileReportSuccess, AlreadyReported
    ):
        report = await reports.file(
            info.context.actor, input.subject_id, input.category, note=input.note, take_action=input.take_action
        )  # fmt: skip
        return FileReportSuccess(report=await _report(info, report))

    @mutation("Say something about a report; its state stays.", who=MODERATES)
    async def add_report_note(self, info: Info, input: AddReportNoteInput) -> result(
        "AddReportNote", AddReportNoteSuccess
    ):
        report = await report_steps.add_note(
            info.context.actor, input.report_id, input.note, input.audience.value
        )
        return AddReportNoteSuccess(report=await _report(info, report))

    @mutation("Lift a report above its queue.", who=MODERATES)
    async def escalate_report(self, info: Info, input: EscalateReportInput) -> result(
        "EscalateReport", EscalateReportSuccess, *STEP
    ):
        report = await report_steps.escalate(info.context.actor, input.report_id, input.note)
        return EscalateReportSuccess(report=await _report(info, report))

    @mutation("Bring an escalated report back among the open ones.", who=MODERATES)
    async def unescalate_report(self, info: Info, input: UnescalateReportInput) -> result(
        "UnescalateReport", UnescalateReportSuccess, *STEP
    ):
        report = await report_steps.unescalate(info.context.actor, input.report_id, input.note)
        return UnescalateReportSuccess(report=await _report(info, report))

    @mutation("Put a report with its item into a queue, or take it out.", who=MODERATES)
    async def queue_report(self, info: Info, input: QueueReportInput) -> result(
        "QueueReport", QueueReportSuccess, *STEP, QueueDisabled
    ):
        report = await report_steps.queue(info.context.actor, input.report_id, input.queue_id, input.note)
        return QueueReportSuccess(report=await _report(info, report))

    @mutation("Give a report to a moderator.", who=MODERATES)
    async def assign_report(self, info: Info, input: AssignReportInput) -> result(
        "AssignReport", AssignReportSuccess, *STEP, AlreadyAssigned
    ):
        report = await report_steps.assign(
            info.context.actor, input.report_id, input.moderator_id, is_permanent=input.is_permanent, note=input.note
        )  # fmt: skip
        return AssignReportSuccess(report=await _report(info, report))

    @mutation("Take a report from its moderator: back to its queue.", who=MODERATES)
    async def unassign_report(self, info: Info, input: UnassignReportInput) -> result(
        "UnassignReport", UnassignReportSuccess, *STEP
    ):
        report = await report_steps.unassign(info.context.actor, input.report_id, input.note)
        return UnassignReportSuccess(report=await _report(info, report))

    @mutation("Close one report by itself, without a judgement.", who=MODERATES)
    async def close_report(self, info: Info, input: CloseReportInput) -> result(
        "CloseReport", CloseReportSuccess, *STEP
    ):
        report = await report_steps.close(
            info.context.actor, input.report_id, input.note, NoteAudience(input.audience).value
        )
        return CloseReportSuccess(report=await _report(info, report))

    @mutation("Let a closed report wait again.", who=MODERATES)
    async def reopen_report(self, info: Info, input: ReopenReportInput) -> result(
        "ReopenReport", ReopenReportSuccess, *STEP
    ):
        report = await report_steps.reopen(info.context.actor, input.report_id, input.note)
        return ReopenReportSuccess(report=await _report(info, report))


async def _report(info: Info, report: UUID) -> Report:
    return (await Report.load([report], info.context))[report]
