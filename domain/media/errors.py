"""Why media are refused. UploadMismatch is a counted refusal: the asset stays REJECTED."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain.errors import Refusal


@dataclass(eq=False)
class UploadMismatch(Refusal):
    """What was uploaded is not what the ticket promised."""

    problem: str
    zh = "上传的文件与申请不一致({problem})。"
    en = "The file is not the one that was announced ({problem})."


@dataclass(eq=False)
class MediaNotReady(Refusal):
    """An upload that is not confirmed yet, or was rejected, cannot be shown."""

    media: list[UUID]
    zh = "图片尚未上传完成。"
    en = "A picture is not uploaded yet."
