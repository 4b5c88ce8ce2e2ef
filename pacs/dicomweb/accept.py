"""The media types that a client accepts, with DICOMweb's type and transfer-syntax parameters (PS3.18 8.7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from pacs.dicomweb.multipart import media_type, split_quoted

ANY_SYNTAX: Final = "*"


@dataclass(frozen=True, kw_only=True)
class Acceptable:
    """One media type that the client accepts."""

    media: str
    """Media type of the content, which may be a wildcard; for multipart/related that of its parts."""
    multipart: bool | None
    """Whether the content must be in multipart/related; None: either way."""
    transfer_syntax: str | None
    """``*`` for any; None where the client names none."""
    quality: float

    def takes(self, media: str) -> bool:
        return self.media in ("*/*", media) or (self.media.endswith("/*") and media.startswith(self.media[:-1]))

    def takes_syntax(self, uid: str, default: str) -> bool:
        return (self.transfer_syntax or default) in (ANY_SYNTAX, uid)


def acceptable(request: Request) -> list[Acceptable]:
    """The accepted media types, best first: of the query parameter ``accept``, else of the header (PS3.18 8.3.3.1)."""
    asked: Iterable[str] = request.query_params.getlist("accept") or request.headers.getlist("accept") or ["*/*"]
    found = [one for text in asked for piece in split_quoted(text, ",") if piece.strip() for one in _parse(piece)]
    return sorted((one for one in found if one.quality > 0), key=lambda one: -one.quality)


def takes_gzip(request: Request) -> bool:
    """Whether the client names gzip as a content coding that it takes (RFC 9110 12.5.3)."""
    asked = [media_type(piece) for text in request.headers.getlist("accept-encoding") for piece in text.split(",")]
    return any(one.name == "gzip" and one.parameters.get("q", "1").strip("0.") != "" for one in asked)


def _parse(text: str) -> list[Acceptable]:
    parsed = media_type(text)
    try:
        quality = float(parsed.parameters.get("q", "1"))
    except ValueError:
        quality = 0.0
    syntax = parsed.parameters.get("transfer-syntax")
    if parsed.name == "multipart/related":
        media = parsed.parameters.get("type", "*/*").lower()
        inner = media_type(media)
        syntax = syntax or inner.parameters.get("transfer-syntax")
        return [Acceptable(media=inner.name, multipart=True, transfer_syntax=syntax, quality=quality)]
    if parsed.name in ("*/*", "multipart/*"):
        multipart = None if parsed.name == "*/*" else True
        return [Acceptable(media="*/*", multipart=multipart, transfer_syntax=syntax, quality=quality)]
    return [Acceptable(media=parsed.name, multipart=False, transfer_syntax=syntax, quality=quality)]
