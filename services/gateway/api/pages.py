"""The web app's files: hashed assets cached for ever, everything else the one page."""

from __future__ import annotations

import gzip
import mimetypes
from functools import lru_cache
from pathlib import Path

from starlette.responses import FileResponse, PlainTextResponse, Response

STATIC = Path(__file__).resolve().parent.parent / "static"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; frame-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
TEXTS = frozenset({".js", ".css", ".svg"})
FOR_EVER = "public, max-age=31536000, immutable"


class Pages:
    """Answers GET for every path that is not the API's."""

    def __init__(self, folder: Path = STATIC) -> None:
        self._folder = folder.resolve()

    def answer(self, path: str, *, gzipped: bool = False) -> Response:
        """The file of this path; the app's page for its own routes; 404 for a file that is not there.

        ``gzipped``: the browser takes that; hashed texts are then sent at about a quarter of their size.
        """
        found = self._file(path)
        if found is not None and path.startswith("/assets/"):
            return self._zipped(found) if gzipped and found.suffix in TEXTS else self._serve(found, FOR_EVER)
        if found is not None:
            return self._serve(found, "no-cache")
        page = self._folder / "index.html"
        if path.startswith("/assets/") or not page.is_file():
            return PlainTextResponse("not found\n", 404)
        return self._serve(page, "no-cache")

    def _file(self, path: str) -> Path | None:
        relative = path.lstrip("/")
        if not relative or "\x00" in relative or len(relative) > 500:
            return None
        found = (self._folder / relative).resolve()
        return found if found.is_relative_to(self._folder) and found.is_file() else None

    def _serve(self, file: Path, caching: str) -> Response:
        return FileResponse(file, media_type=_kind(file), headers=_headers(caching))

    def _zipped(self, file: Path) -> Response:
        headers = {**_headers(FOR_EVER), "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return Response(_compressed(file), media_type=_kind(file), headers=headers)


@lru_cache(maxsize=64)
def _compressed(file: Path) -> bytes:
    """Once per file and process: a hashed name never changes its content."""
    return gzip.compress(file.read_bytes(), mtime=0)


def _kind(file: Path) -> str:
    return mimetypes.guess_type(file.name)[0] or "application/octet-stream"


def _headers(caching: str) -> dict[str, str]:
    return {"Cache-Control": caching, "Content-Security-Policy": POLICY, **SECURITY}
