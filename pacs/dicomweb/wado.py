"""WADO-RS: studies, series, instances and their metadata (PS3.18 10.4)."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from pacs.arriving.describe import bulk_address
from pacs.dataset.walk import EXPLICIT_LITTLE
from pacs.dicomweb.accept import ANY_SYNTAX, Acceptable, acceptable, takes_gzip
from pacs.dicomweb.answers import (
    VARY,
    Piece,
    PiecesResponse,
    etag,
    headers,
    not_modified,
)
from pacs.dicomweb.context import DicomwebContext
from pacs.dicomweb.multipart import boundary_for, closing, part_header
from pacs.dicomweb.needs import VisibleStudy
from pacs.dicomweb.person_names import with_alphabetic_groups
from pacs.dicomweb.problems import NotAcceptable
from pacs.leaving.corrections import Correction
from pacs.leaving.outgoing_file import outgoing_file
from pacs.leaving.placement import validator_parts
from pacs.pixels.memory import TooLarge as TooMuchMemory
from pacs.pixels.opened import Unreadable
from pacs.pixels.recoded_header import may_differ
from pacs.pixels.transcode import DECODABLE, NotDecodable
from storage.files import Pieces
from storage.index.queries import Instance

DICOM: Final = "application/dicom"
DICOM_JSON: Final = "application/dicom+json"
PIXEL_DATA: Final = "7FE00010"
_MODEL: Final = "3"
"""In validators of metadata; another one wherever the same instance gets other metadata than before."""
_GZIP_LEVEL: Final = 4
"""Higher levels hardly make JSON of a series smaller."""
PIXELS: Final = (PIXEL_DATA, "7FE00008", "7FE00009")


Find = Callable[[VisibleStudy], list[Instance]]
"""Answers the instances of a resource that the viewer may see, of the study that the access check opened."""


def objects(service: DicomwebContext, request: Request, study_uid: str, find: Find) -> Response:
    """Whole instances in multipart/related; a single instance also without it."""
    shown = service.study(request, study_uid, "retrieve")
    instances = find(shown)
    asked = [one for one in acceptable(request) if one.takes(DICOM) and _has_form(one, instances)]
    if not asked:
        raise NotAcceptable((f'multipart/related; type="{DICOM}"; transfer-syntax=*',))
    choice = asked[0]
    corrections = service.corrections(shown, instances)
    tag = etag(shown.revision, choice.transfer_syntax or "default", *_validator_parts(instances, corrections))
    if (answer := not_modified(request, tag)) is not None:
        return answer
    alone = choice.multipart is False
    if alone and len(instances) > 1:
        raise NotAcceptable((f'multipart/related; type="{DICOM}"; transfer-syntax=*',))
    files = [_File(service, one, correction, choice) for one, correction in zip(instances, corrections, strict=True)]
    if alone:
        size = files[0].size
        media, pieces = files[0].begun()
    else:
        boundary = boundary_for(tag)
        media = f'multipart/related; type="{DICOM}"; boundary={boundary}'
        pieces, size = _first_read(_parts(boundary, files)), _size(boundary, files)
    return PiecesResponse(pieces, size, headers(tag) | {"Content-Type": media})


class _File:
    """One outgoing instance, as stored or in Explicit VR Little Endian, which a client gets that names no syntax."""

    def __init__(
        self, service: DicomwebContext, instance: Instance, correction: Correction | None, choice: Acceptable
    ) -> None:
        self._opened = service.opened(instance)
        self._correction = correction
        stored = instance.transfer_syntax_uid
        self._unnamed = choice.transfer_syntax is None
        self._transcode = not choice.takes_syntax(stored, EXPLICIT_LITTLE) and not (
            self._unnamed and stored not in DECODABLE
        )

    @property
    def syntax(self) -> str:
        """The stored one."""
        return self._opened.syntax

    @property
    def size(self) -> int | None:
        """Known only where the stored bytes are sent unchanged."""
        return None if self._transcode or self._correction is not None else self._opened.instance.size

    def begun(self) -> tuple[str, Iterator[Piece]]:
        """Media type and pieces; the first piece is read now, so that an error comes before anything is sent.

        What cannot be decoded goes as it is stored to a client that named no syntax: its study arrives whole.
        """
        if self._transcode:
            try:
                return _media(EXPLICIT_LITTLE), _first_read(
                    outgoing_file(self._opened, self._correction, EXPLICIT_LITTLE)
                )
            except (NotDecodable, TooMuchMemory, Unreadable):
                if not self._unnamed:
                    raise
        return _media(self._opened.syntax), _first_read(outgoing_file(self._opened, self._correction))


def _media(syntax: str) -> str:
    return f"{DICOM}; transfer-syntax={syntax}"


def _has_form(one: Acceptable, instances: Iterable[Instance]) -> bool:
    if one.transfer_syntax in (None, ANY_SYNTAX, EXPLICIT_LITTLE):
        return True
    return all(instance.transfer_syntax_uid == one.transfer_syntax for instance in instances)


def _parts(boundary: str, files: Iterable[_File]) -> Iterator[Piece]:
    first = True
    for file in files:
        media, pieces = file.begun()
        yield part_header(boundary, media, first=first)
        yield from pieces
        first = False
    yield closing(boundary)


def _size(boundary: str, files: list[_File]) -> int | None:
    total = len(closing(boundary))
    for at, file in enumerate(files):
        if file.size is None:
            return None
        total += len(part_header(boundary, _media(file.syntax), first=at == 0)) + file.size
    return total


def _first_read(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """The same pieces; the first two are read now, so that an error comes before the response has begun.

    A range of a file stays one piece: whether the file holds it is known since it was opened.
    """
    if isinstance(pieces, Pieces):
        return iter([pieces])
    first = [piece for _, piece in zip(range(2), pieces, strict=False)]
    return chain(first, pieces)


def metadata(service: DicomwebContext, request: Request, study_uid: str, find: Find) -> Response:
    """DICOM JSON of all instances (PS3.18 10.4.1.1.2), with corrections applied."""
    shown = service.study(request, study_uid, "metadata")
    instances = find(shown)
    media = next(
        (media for one in acceptable(request) for media in (DICOM_JSON, "application/json") if one.takes(media)), None
    )
    if media is None:
        raise NotAcceptable((DICOM_JSON,))
    base = service.base_url(request)
    corrections = service.corrections(shown, instances)
    made_from = (_MODEL, shown.revision, *_validator_parts(instances, corrections))
    packed = takes_gzip(request)
    tag = etag(base, media, "gzip" if packed else "", *made_from)
    fields = headers(tag) | {"Content-Type": media, "Vary": f"{VARY}, Accept-Encoding"}
    if (answer := not_modified(request, tag)) is not None:
        answer.headers["Vary"] = fields["Vary"]
        return answer

    def plain() -> bytes:
        written = service.metadata.get(etag(*made_from), lambda: _json(service, instances, corrections))
        # Bulk data URIs are relative in the description; a quote inside a value is escaped, so
        # this key with its opening quote occurs only as a key.
        return written.replace(b'"BulkDataURI":"', b'"BulkDataURI":"' + base.encode() + b"/")

    if not packed:
        return Response(plain(), headers=fields)
    body = service.metadata.get(tag, lambda: gzip.compress(plain(), _GZIP_LEVEL, mtime=0))
    return Response(body, headers=fields | {"Content-Encoding": "gzip"})


def _validator_parts(instances: Sequence[Instance], corrections: Sequence[Correction | None]) -> Iterator[str | bytes]:
    for one, correction in zip(instances, corrections, strict=True):
        yield from validator_parts(one, correction)


def _with_digest(written: bytes, instance: Instance) -> bytes:
    """The description whose address of pixel data names the digest of the stored form.

    Frames and renderings that are asked for with the same ``digest`` never change and need not be asked for again.
    """
    # A quote inside a value is escaped, so this key with its opening quote occurs only as a key.
    address = bulk_address(instance.study_uid, instance.series_uid, instance.sop_instance_uid)
    for tag in PIXELS:
        pixels = f'"BulkDataURI":"{address}/{tag}'
        written = written.replace(f'{pixels}"'.encode(), f'{pixels}?digest={instance.stored_digest.hex()}"'.encode())
    return written


def _json(service: DicomwebContext, instances: Sequence[Instance], corrections: Sequence[Correction | None]) -> bytes:
    pieces = (_described(service, one, correction) for one, correction in zip(instances, corrections, strict=True))
    return with_alphabetic_groups(b"[" + b",".join(pieces) + b"]")


def _described(service: DicomwebContext, instance: Instance, correction: Correction | None) -> bytes:
    if instance.description is not None and correction is None:
        written = zlib.decompress(instance.description)
        if not may_differ(written, instance.transfer_syntax_uid):
            return _with_digest(written, instance)
    described = service.described(instance, correction)
    return _with_digest(json.dumps(described, ensure_ascii=False, separators=(",", ":")).encode(), instance)
