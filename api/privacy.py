"""Export and erasure: a person's own data in one file, and leaving for good."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry
from litestar import get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, Parameter
from litestar.response import File
from strawberry import Info

from api.access.refusals import CodeExpired, StepUpRequired, WrongCode
from api.access.types import ApprovalRequired, approval_required
from api.context import Context
from api.fields import Input, Node, arg, enum, field, mutation, query, result
from api.permissions import MEMBER, SIGNED_IN, can
from api.refusals import IllegalTransition, Refusal, refusal
from domain.access.approvals import Approval
from domain.actor import Actor
from domain.errors import NotFound
from domain.profile import erasure, errors, exports, privacy_tables

ExportState = enum(
    privacy_tables.ExportState,
    "How far an export is.",
    QUEUED="Waits for the worker.",
    RUNNING="Is being written.",
    READY="The file can be fetched.",
    FAILED="It failed five times.",
    EXPIRED="The file is gone.",
)
ErasureState = enum(
    privacy_tables.ErasureState,
    "How far an erasure is.",
    REQUESTED="Waits for its day; a member's own wish can be cancelled until then.",
    CANCELLED="Was taken back.",
    ERASED="Carried out; the proof runs.",
    DONE="Carried out and proved.",
)


@strawberry.type(description="Rows of a table.")
class TableRows:
    table: str = field("The table.")
    rows: int = field("How many rows.")


@strawberry.type(description="A person's own data in one file.")
class ExportJob(Node):
    state: ExportState = field("How far it is.")
    requested_at: datetime = field("When it was asked for.")
    finished_at: datetime | None = field("When the file was ready.")
    expires_at: datetime | None = field("Until when it can be fetched.")
    url: str | None = field("The signed path of the file on this server; null unless it is ready.")
    bytes: int | None = field("The size of the file.")
    tables: list[TableRows] = field("What is in it.")

    @classmethod
    def of(cls, row: Any) -> ExportJob:
        return cls(
            id=row["id"],
            state=privacy_tables.ExportState(row["state"]),
            requested_at=row["requested_at"],
            finished_at=row["finished_at"],
            expires_at=row["expires_at"],
            url=exports.link(row),
            bytes=row["bytes"],
            tables=[TableRows(table=name, rows=count) for name, count in sorted(row["report"].items())],
        )

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, ExportJob]:
        own = context.actor.member_id
        rows = await exports.by_ids(ids)
        return {each: cls.of(row) for each, row in rows.items() if own is not None and row["root"] == own}


@strawberry.type(description="A person's leaving.")
class Erasure(Node):
    state: ErasureState = field("How far it is.")
    requested_at: datetime = field("When it was asked for.")
    due_at: datetime = field("When it is carried out, at the earliest.")
    cancelled_at: datetime | None = field("When it was taken back.")
    erased_at: datetime | None = field("When it was carried out.")
    finished_at: datetime | None = field("When it was proved.")

    @classmethod
    def of(cls, row: Any) -> Erasure:
        return cls(
            id=row["id"],
            state=privacy_tables.ErasureState(row["state"]),
            requested_at=row["requested_at"],
            due_at=row["due_at"],
            cancelled_at=row["cancelled_at"],
            erased_at=row["erased_at"],
            finished_at=row["finished_at"],
        )

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, Erasure]:
        rows = await erasure.by_ids(ids)
        return {each: cls.of(row) for each, row in rows.items() if _may_see(context.actor, row)}


@refusal(errors.ErasureRunning)
class ErasureRunning(Refusal):
    erasure_id: strawberry.Private[UUID]
    due_at: datetime = field("When it is carried out.")

    @field("The erasure that runs.")
    async def erasure(self, info: Info) -> Erasure:
        return (await Erasure.load([self.erasure_id], info.context))[self.erasure_id]

    @classmethod
    def of(cls, exc: errors.ErasureRunning, message: str) -> ErasureRunning:
        return cls(message=message, erasure_id=exc.erasure, due_at=exc.due_at)


@strawberry.type(description="What an erasure did to a table.")
class ErasedTable:
    table: str = field("The table.")
    deleted: int = field("Rows deleted.")
    anonymised: int = field("Rows that keep no personal content.")
    kept: int = field("Rows kept under the tombstone.")
    legal_reason: str | None = field("Why rows are kept.")


@strawberry.type(description="A value that was found where none may be.")
class ProofFinding:
    column: str = field("The column: schema.table.column.")
    rows: int = field("In how many rows.")


@strawberry.type(
    description="The proof: every text and JSON column of every table, looked through for the values."
)
class ErasureProof:
    is_clean: bool = field("Whether nothing was found.")
    values: int = field("How many identities were looked for.")
    vague: int = field(
        "How many of them are too short, too plain or too common to be looked for in free text."
    )
    columns: int = field("How many columns were read.")
    rows: int = field("How many rows were read.")
    findings: list[ProofFinding] = field("Where a value was found.")


@strawberry.type(description="What an erasure did, table by table, and its proof.")
class ErasureReport:
    erasure: Erasure = field("The erasure.")
    tables: list[ErasedTable] = field("What happened to each table; empty before it is carried out.")
    proof: ErasureProof | None = field("The proof; null until it is done.")


@strawberry.input(description="A copy of one's own data.")
class ExportMyDataInput(Input):
    pass


@strawberry.type(description="The export is on its way.")
class ExportMyDataSuccess:
    export_job: ExportJob = field("The job; ask for it again until it is ready.")


@strawberry.input(description="To be forgotten.")
class EraseMeInput(Input):
    code: str | None = field(
        "A phone code asked for with purpose STEP_UP; absent when this session was proved just now.",
        default=None,
    )


@strawberry.type(description="The wish is kept and carried out after seven days.")
class EraseMeSuccess:
    erasure: Erasure = field("The erasure.")


@strawberry.input(description="To stay after all.")
class CancelErasureInput(Input):
    pass


@strawberry.type(description="The wish was taken back.")
class CancelErasureSuccess:
    erasure: Erasure = field("The erasure.")


@strawberry.input(description="A member to erase.")
class EraseMemberInput(Input):
    member_id: UUID = field("The member.")
    reason: str = field("Why; kept only with the audit's erasable text.")


@strawberry.type(description="The erasure is carried out now.")
class EraseMemberSuccess:
    erasure: Erasure = field("The erasure.")


ExportMyDataResult = result("ExportMyData", ExportMyDataSuccess)
EraseMeResult = result("EraseMe", EraseMeSuccess, WrongCode, CodeExpired, StepUpRequired, ErasureRunning)
CancelErasureResult = result("CancelErasure", CancelErasureSuccess)
EraseMemberResult = result(
    "EraseMember", EraseMemberSuccess, ErasureRunning, IllegalTransition, ApprovalRequired
)


@strawberry.type
class PrivacyQuery:
    @query("An export of the signed-in member's own data.", who=MEMBER)
    async def export_job(self, info: Info, id: Annotated[UUID, arg("The job.")]) -> ExportJob | None:
        found = await ExportJob.load([id], info.context)
        if id not in found:
            raise NotFound()
        return found[id]

    @query("What an erasure did, and its proof; members see their own.", who=SIGNED_IN)
    async def erasure_report(
        self, info: Info, id: Annotated[UUID, arg("The erasure.")]
    ) -> ErasureReport | None:
        row = (await erasure.by_ids([id])).get(id)
        if row is None or not _may_see(info.context.actor, row):
            raise NotFound()
        return _report(row)


@strawberry.type
class PrivacyMutation:
    @mutation("Ask for a copy of everything that is kept of oneself.", who=MEMBER)
    async def export_my_data(self, info: Info, input: ExportMyDataInput) -> ExportMyDataResult:
        job = await exports.request(info.context.actor)
        return ExportMyDataSuccess(export_job=ExportJob.of((await exports.by_ids([job]))[job]))

    @mutation("Ask to be forgotten in seven days; until then it can be cancelled.", who=MEMBER)
    async def erase_me(self, info: Info, input: EraseMeInput) -> EraseMeResult:
        made = await erasure.request(info.context.actor, input.code, attempt=input.client_mutation_id)
        return EraseMeSuccess(erasure=await _erasure(made))

    @mutation("Stay after all.", who=MEMBER)
    async def cancel_erasure(self, info: Info, input: CancelErasureInput) -> CancelErasureResult:
        return CancelErasureSuccess(erasure=await _erasure(await erasure.cancel(info.context.actor)))

    @mutation("Erase a member at once; a second person signs it.", who=can("operator"))
    async def erase_member(self, info: Info, input: EraseMemberInput) -> EraseMemberResult:
        made = await erasure.of_member(info.context.actor, input.member_id, input.reason)
        if isinstance(made, Approval):
            return approval_required(made, info)
        return EraseMemberSuccess(erasure=await _erasure(made))


@get("/exports/{name:str}", include_in_schema=False)
async def download(
    name: FromPath[str],
    until: Annotated[int, Parameter(ge=0)],
    signature: Annotated[str, Parameter(max_length=64)],
) -> File:
    """The file behind a signed path."""
    stem, _, ending = name.partition(".")
    try:
        if ending != "zip":
            raise NotFound()
        path = await exports.opened(UUID(stem), until, signature)
    except (ValueError, NotFound):
        raise NotFoundException("Nothing is here (any more).") from None
    return File(
        path,
        filename=f"marque-export-{stem}.zip",
        media_type="application/zip",
        headers={"Cache-Control": "private, no-store"},
    )


def _may_see(actor: Actor, row: Any) -> bool:
    return actor.has("operator", "analyst") or (
        actor.member_id is not None and row["root"] == actor.member_id
    )


async def _erasure(erasure_id: UUID) -> Erasure:
    return Erasure.of((await erasure.by_ids([erasure_id]))[erasure_id])


def _report(row: Any) -> ErasureReport:
    found = erasure.report_of(row)
    proof = None
    if found.proof is not None:
        findings = [ProofFinding(**each) for each in found.proof["findings"]]
        counts = {name: found.proof[name] for name in ("values", "vague", "columns", "rows")}
        proof = ErasureProof(is_clean=not findings, findings=findings, **counts)
    return ErasureReport(
        erasure=Erasure.of(row),
        tables=[
            ErasedTable(table=name, deleted=deleted, anonymised=blank, kept=kept, legal_reason=why)
            for name, deleted, blank, kept, why in found.tables
        ],
        proof=proof,
    )
