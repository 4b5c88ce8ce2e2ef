"""Encapsulated documents as rendered resources: a PDF goes out as it was encapsulated (PS3.18 10.4.1.1.3, 8.7.4)."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from pacs.dicomweb.accept import acceptable
from pacs.dicomweb.answers import etag, headers, not_modified
from pacs.dicomweb.context import DicomwebContext
from pacs.dicomweb.problems import NotAcceptable
from pacs.pixels.memory import MOST_BODY_BYTES, TooLarge
from pacs.pixels.opened import Unreadable
from storage.index.queries import Instance

ENCAPSULATED_PDF: Final = "1.2.840.10008.5.1.4.1.1.104.1"
PDF: Final = "application/pdf"
_BEGINS: Final = b"%PDF-"
_TO_KEEP: Final = 'attachment; filename="document.pdf"'
"""No page of ours: whoever opens its address keeps a file, whose name says nothing of the patient."""
_WITHIN_BYTES: Final = 1024
"""Readers look so far for the beginning of a PDF."""


def document(service: DicomwebContext, request: Request, instance: Instance) -> Response:
    """The PDF of an instance; whatever else is encapsulated under that class is not acceptable as one."""
    if not any(one.takes(PDF) for one in acceptable(request)):
        raise NotAcceptable((PDF,))
    tag = etag(instance.stored_digest, PDF)
    if (answer := not_modified(request, tag)) is not None:
        return answer
    if instance.size > MOST_BODY_BYTES:
        raise TooLarge
    try:
        whole = service.opened(instance).whole()
        content = whole.get("EncapsulatedDocument")
        length = whole.get("EncapsulatedDocumentLength")
    except (Unreadable, ValueError, TypeError) as error:
        raise NotAcceptable from error
    if not isinstance(content, bytes) or _BEGINS not in content[:_WITHIN_BYTES]:
        raise NotAcceptable
    if isinstance(length, int) and 0 < length < len(content):  # the value is padded to an even length
        content = content[:length]
    return Response(content, headers=headers(tag) | {"Content-Type": PDF, "Content-Disposition": _TO_KEEP})
