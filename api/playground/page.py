"""The playground's page and its files. Nothing comes from elsewhere; scripts need the page's nonce."""

from __future__ import annotations

import html
import mimetypes
import re
import secrets
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.types import Send

from api.http.answer import send_bytes
from api.playground import operations

HERE = Path(__file__).parent
STATIC = HERE / "static"
MISSING = "The playground's files are not built yet; run: make setup"

#: Names that esbuild makes from the content; such a file never changes.
_HASHED = re.compile(r"-[A-Z0-9]{8}\.")
FOR_GOOD = "public, max-age=31536000, immutable"

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'nonce-{nonce}'",
        "worker-src 'self'",
        "style-src-elem 'self' 'nonce-{nonce}'",
        "style-src-attr 'unsafe-inline'",  # the editor places its lines with style attributes
        "font-src 'self' data:",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)


async def send(scope: Any, out: Send) -> None:
    """Send the page, with the saved operations inside and a policy that lets only its own scripts run."""
    if not (STATIC / "playground.js").exists():
        await send_bytes(out, 503, "text/plain; charset=utf-8", MISSING.encode())
        return
    nonce = secrets.token_urlsafe(18)
    saved = msgspec.json.encode(operations.saved()).decode().replace("<", "\\u003c")
    page = (HERE / "page.html").read_text(encoding="utf-8")
    for mark, value in (
        ("{{nonce}}", html.escape(nonce)),
        ("{{operations}}", saved),
        ("{{version}}", _version()),
    ):
        page = page.replace(mark, value)
    head = {"content-security-policy": POLICY.format(nonce=nonce), "cache-control": "no-store"}
    await send_bytes(out, 200, "text/html; charset=utf-8", page.encode(), head)


@get("/playground/{path:path}", sync_to_thread=False)
def asset(request: Request, path: FromPath[str]) -> Response[bytes]:
    """A built file of the playground."""
    name = path.lstrip("/")
    found = _files().get(name)
    if found is None or found.suffix == ".gz":
        raise NotFoundException()
    headers = {
        "cache-control": FOR_GOOD if _HASHED.search(name) or request.url.query else "no-cache",
        "vary": "accept-encoding",
    }
    packed = _files().get(f"{name}.gz")
    if packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        found, headers["content-encoding"] = packed, "gzip"
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Response(found.read_bytes(), media_type=media_type, headers=headers)


ROUTES = (asset,)


@lru_cache(1)
def _files() -> dict[str, Path]:
    """The built files by name; a name that is not among them is not looked for on the disk."""
    return {path.relative_to(STATIC).as_posix(): path for path in STATIC.rglob("*") if path.is_file()}


@lru_cache(1)
def _version() -> str:
    return str(int((STATIC / "playground.js").stat().st_mtime))
