"""WADO-RS bulk data: one value that metadata refer to (PS3.18 10.4.1.1.5)."""

from __future__ import annotations

import re
from typing import Final

from pydicom.dataset import Dataset
from starlette.requests import Request
from starlette.responses import Response

from pacs.dataset.walk import EXPLICIT_LITTLE
from pacs.dicomweb.accept import ANY_SYNTAX, Acceptable, acceptable
from pacs.dicomweb.answers import REVALIDATE, caching_of, etag, not_modified, whole_or_range
from pacs.dicomweb.context import DicomwebContext
from pacs.dicomweb.multipart import body_of, boundary_for
from pacs.dicomweb.problems import NotAcceptable, NotThere, TooLarge
from pacs.dicomweb.wado import PIXEL_DATA, PIXELS, Find
from pacs.leaving.corrections import Correction, apply_correction
from pacs.leaving.placement import validator_parts
from pacs.pixels.frames import OCTETS, native_form, stored_media
from pacs.pixels.memory import MOST_BODY_BYTES
from pacs.pixels.opened import NATIVE, StoredInstance, little_endian_pixels
from pacs.pixels.transcode import DECODABLE, frame_bytes

_PATH: Final = re.compile(r"([0-9A-Fa-f]{8}/[0-9]{1,6}/){0,16}[0-9A-Fa-f]{8}", re.ASCII)


def bulk_value(service: DicomwebContext, request: Request, study_uid: str, find: Find, path: str) -> Response:
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
    caching = caching_of(request, instance.stored_digest) if path in PIXELS else REVALIDATE
    if (answer := not_modified(request, tag, caching)) is not None:
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
            return whole_or_range(request, parts[0][1], OCTETS, tag, caching)
    boundary = boundary_for(tag)
    media = f'multipart/related; type="{OCTETS}"; boundary={boundary}'
    return whole_or_range(request, body_of(boundary, parts), media, tag, caching)


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
