"""Problems of DICOMweb requests, and the answers that they become (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Collection
from enum import StrEnum
from http import HTTPStatus
from typing import Any, ClassVar, Final

from starlette.responses import Response

from pacs.errors import PacsError


class DicomwebProblem(PacsError):
    """Base of the problems; the request is answered with ``application/problem+json``."""

    status: ClassVar[HTTPStatus]
    slug: ClassVar[str]

    @property
    def fields(self) -> dict[str, Any]:
        """Members that help the caller; never a value that identifies somebody."""
        return {}


class SignedOut(DicomwebProblem):
    """The caller is not known."""

    status = HTTPStatus.UNAUTHORIZED
    slug = "signed-out"


class NotThere(DicomwebProblem):
    """It does not exist, or the caller may not see it; both are answered alike."""

    status = HTTPStatus.NOT_FOUND
    slug = "not-there"


class WrongMethod(DicomwebProblem):
    """The address does not take the method of the request."""

    status = HTTPStatus.METHOD_NOT_ALLOWED
    slug = "invalid"

    def __init__(self, methods: Collection[str]) -> None:
        super().__init__()
        self.methods = methods


class NotAllowed(DicomwebProblem):
    """The caller is known, but may not do this."""

    status = HTTPStatus.FORBIDDEN
    slug = "not-allowed"


class BadRequest(DicomwebProblem):
    """A parameter is unknown or cannot be honoured."""

    status = HTTPStatus.BAD_REQUEST
    slug = "invalid"

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(field, problem)
        self.field = field
        self.problem = problem

    @property
    def fields(self) -> dict[str, Any]:
        return {"field": self.field, "problem": self.problem}


class Cause(StrEnum):
    """Why pixels are not rendered."""

    UNSUPPORTED = "unsupported"
    """Nothing here decodes or presents such pixels, however whole they are."""
    DAMAGED = "damaged"
    """This frame, or what says how it is presented; others of the instance may be whole."""


class NotAcceptable(DicomwebProblem):
    """The object cannot be sent in any accepted media type."""

    status = HTTPStatus.NOT_ACCEPTABLE
    slug = "not-acceptable"

    def __init__(self, available: tuple[str, ...] = (), cause: Cause | None = None) -> None:
        super().__init__()
        self.available = available
        self.cause = cause

    @property
    def fields(self) -> dict[str, Any]:
        available = {"available": list(self.available)} if self.available else {}
        return available if self.cause is None else available | {"cause": self.cause}


class WrongContent(DicomwebProblem):
    """The body has a media type that is not accepted."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    slug = "unsupported-media-type"


class HolderAway(DicomwebProblem):
    """Another node holds the bytes, and cannot be reached now."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    slug = "holder-away"


class TooManySearches(DicomwebProblem):
    """Earlier searches of the caller are still answered: the same may be asked again in a moment."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    slug = "too-many-searches"


class TooLarge(DicomwebProblem):
    """The pixels need more memory than one request may have."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    slug = "too-large"


class Busy(DicomwebProblem):
    """The memory for pixels is in use by other requests."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    slug = "busy"


RETRY_SECONDS: Final = 5


def answer(problem: DicomwebProblem) -> Response:
    status = problem.status
    content = {
        "type": f"/problems/{problem.slug}",
        "title": status.phrase,
        "status": status.value,
        **problem.fields,
    }
    headers = {"Cache-Control": "no-store", "Vary": "Accept, Cookie"}
    if isinstance(problem, SignedOut):
        headers["WWW-Authenticate"] = 'Bearer realm="TierRead"'
    if isinstance(problem, WrongMethod):
        headers["Allow"] = ", ".join(sorted(problem.methods))
    if isinstance(problem, TooManySearches | Busy):
        headers["Retry-After"] = str(RETRY_SECONDS)
    return Response(
        json.dumps(content, ensure_ascii=False),
        status_code=status.value,
        media_type="application/problem+json",
        headers=headers,
    )
