"""WADO-RS: studies, series, instances, metadata and bulk data (PS3.18 10.4)."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Final

from pydicom.dataset import Dataset
from starlette.requests import Request
from starlette.responses import Response

from pacs.dataset.walk import EXPLICIT_LITTLE
from pacs.dicomweb.accept import ANY_SYNTAX, Acceptable, acceptable, takes_gzip
from pacs.dicomweb.answers import VARY, Piece, PiecesResponse, etag, headers, not_modified, whole_or_range
from pacs.dicomweb.context import DicomwebContext
from pacs.dicomweb.multipart import body_of, boundary_for, closing, part_header
from pacs.dicomweb.needs import VisibleStudy
from pacs.dicomweb.person_names import with_alphabetic_groups
from pacs.dicomweb.problems import NotAcceptable, NotThere, TooLarge
from pacs.leaving.corrections import Correction, apply_correction
from pacs.leaving.outgoing_file import outgoing_file
from pacs.leaving.placement import validator_parts
from pacs.pixels.frames import OCTETS, native_form, stored_media
from pacs.pixels.memory import MOST_BODY_BYTES
from pacs.pixels.memory import TooLarge as TooMuchMemory
from pacs.pixels.opened import NATIVE, StoredInstance, Unreadable, little_endian_pixels
from pacs.pixels.recoded_header import may_differ
from pacs.pixels.transcode import DECODABLE, NotDecodable, frame_bytes
from storage.files import Pieces
from storage.index.queries import Instance

DICOM: Final = "application/dicom"
DICOM_JSON: Final = "application/dicom+json"
PIXEL_DATA: Final = "7FE00010"
_MODEL: Final = "2"
"""In validators of metadata; another one wherever the same instance gets other metadata than before."""
_GZIP_LEVEL: Final = 4
"""Higher levels hardly make JSON of a series smaller."""
PIXELS: Final = (PIXEL_DATA, "7FE00008", "7FE00009")
_PATH: Final = re.compile(r"([0-9A-Fa-f]{8}/[0-9]{1,6}/){0,16}[0-9A-Fa-f]{8}", re.ASCII)


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


def _json(service: DicomwebContext, instances: Sequence[Instance], corrections: Sequence[Correction | None]) -> bytes:
    pieces = (_described(service, one, correction) for one, correction in zip(instances, corrections, strict=True))
    return with_alphabetic_groups(b"[" + b",".join(pieces) + b"]")


def _described(service: DicomwebContext, instance: Instance, correction: Correction | None) -> bytes:
    if instance.description is not None and correction is None:
        written = zlib.decompress(instance.description)
        if not may_differ(written, instance.transfer_syntax_uid):
            return written
    return json.dumps(service.described(instance, correction), ensure_ascii=False, separators=(",", ":")).encode()


def bulk_data(service: DicomwebContext, request: Request, study_uid: str, find: Find, path: str) -> Response:
    """One value that metadata refers to, by its path of tags and item numbers: ``00880200/0/7FE00010``.

    Pixel data come in the transfer syntax that is named, without one in Explicit VR Little Endian, as the metadata
    describe them; compressed as one part for each frame (PS3.18 8.7.3.3).
    """
    shown = service.study(request, study_uid, "retrieve")
    instance = find(shown)[0]
    correction = service.corrections(shown, [instance])[0]
    opened = service.opened(instance)
    pixels = path == PIXEL_DATA
    if pixels and not instance.frames:
        raise NotThere
    asked = next(
        (one for one in acceptable(request) if one.takes(OCTETS) and (not pixels or _has_pixels_in(one, opened))), None
    )
    if asked is None:
        raise NotAcceptable((f'multipart/related; type="{OCTETS}"; transfer-syntax=*',))
    tag = etag(shown.revision, *validator_parts(instance, correction), path, repr(asked))
    if (answer := not_modified(request, tag)) is not None:
        return answer
    as_stored = pixels and _is_as_stored(asked, opened)
    recoded = pixels and not as_stored and not service.sent_as_stored(opened)
    pixel_bytes = instance.frames * frame_bytes(service.header(opened)) if recoded else 0
    if max(instance.size, pixel_bytes) > MOST_BODY_BYTES:
        raise TooLarge
    if as_stored:
        syntax = f"{stored_media(opened)}; transfer-syntax={opened.syntax}"
        parts = [(syntax, opened.frame(number)) for number in range(1, instance.frames + 1)]
        if asked.multipart is False:
            raise NotAcceptable((f'multipart/related; type="{OCTETS}"',))
    else:
        parts = [(OCTETS, _native_pixels(service, opened) if recoded else _value(opened, correction, path))]
        if asked.multipart is False:
            return whole_or_range(request, parts[0][1], OCTETS, tag)
    boundary = boundary_for(tag)
    media = f'multipart/related; type="{OCTETS}"; boundary={boundary}'
    return whole_or_range(request, body_of(boundary, parts), media, tag)


def _has_pixels_in(one: Acceptable, opened: StoredInstance) -> bool:
    if one.transfer_syntax in (None, ANY_SYNTAX):
        return True
    return one.transfer_syntax == (EXPLICIT_LITTLE if opened.syntax in NATIVE else opened.syntax) or (
        one.transfer_syntax == EXPLICIT_LITTLE and opened.syntax in DECODABLE
    )


def _is_as_stored(one: Acceptable, opened: StoredInstance) -> bool:
    """Whether pixel data are sent as the codestreams that are stored, one part for each frame."""
    if opened.syntax in NATIVE:
        return False
    return opened.syntax not in DECODABLE if one.transfer_syntax is None else one.transfer_syntax != EXPLICIT_LITTLE


def _native_pixels(service: DicomwebContext, opened: StoredInstance) -> bytes:
    """All frames in Explicit VR Little Endian, as the metadata describe them."""
    header = service.header(opened)
    frames = (native_form(opened, header, number) for number in range(1, opened.instance.frames + 1))
    pixels = b"".join(frames)
    return pixels + b"\0" * (len(pixels) % 2)


def _value(opened: StoredInstance, correction: Correction | None, path: str) -> bytes:
    """Raises: NotThere where the path leads to no binary value."""
    if not _PATH.fullmatch(path):
        raise NotThere
    dataset = opened.whole()
    if correction is not None:
        apply_correction(dataset, correction)
    if path in PIXELS:
        if not opened.instance.frames:
            raise NotThere
        return little_endian_pixels(dataset)
    steps = path.split("/")
    item: Dataset = dataset
    try:
        for tag, number in zip(steps[:-1:2], steps[1::2], strict=True):
            item = item[int(tag, 16)].value[int(number)]
        value = item[int(steps[-1], 16)].value
    except (KeyError, ValueError, IndexError, TypeError, AttributeError) as error:
        raise NotThere from error
    if not isinstance(value, bytes):
        raise NotThere
    return value
