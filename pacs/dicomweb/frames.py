"""WADO-RS frames, as stored, native or as HTJ2K, in the form that the client prefers (PS3.18 10.4.1.1.6)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from starlette.requests import Request
from starlette.responses import Response

from pacs.dataset.walk import EXPLICIT_LITTLE
from pacs.dicomweb.accept import ANY_SYNTAX, Acceptable, acceptable
from pacs.dicomweb.answers import caching_of, etag, not_modified, whole_or_range
from pacs.dicomweb.context import DicomwebContext
from pacs.dicomweb.multipart import body_of, boundary_for
from pacs.dicomweb.problems import BadRequest, NotAcceptable, NotThere, TooLarge
from pacs.dicomweb.wado import Find
from pacs.pixels.frames import (
    HTJ2K_MEDIA,
    HTJ2K_RPCL,
    OCTETS,
    htj2k_form,
    is_misread,
    may_be_htj2k,
    native_form,
    stored_media,
    stored_syntax,
)
from pacs.pixels.memory import MOST_BODY_BYTES
from pacs.pixels.opened import NATIVE, StoredInstance
from pacs.pixels.transcode import DECODABLE, frame_bytes

MAX_FRAMES = 200
"""Most frames of one request, which are held in memory together."""


class Form(Enum):
    STORED = "stored"
    NATIVE = "native by pixel"
    HTJ2K = "htj2k"


@dataclass(frozen=True, kw_only=True)
class Choice:
    form: Form
    media: str
    syntax: str
    multipart: bool


def frames(service: DicomwebContext, request: Request, study_uid: str, find: Find, numbers: str) -> Response:
    """The frames of a list such as ``1,2,5``, in its order, in multipart/related; a single frame also without it."""
    asked = frame_numbers(numbers)
    shown = service.study(request, study_uid, "frames")
    instance = find(shown)[0]
    if any(not 1 <= number <= instance.frames for number in asked):
        raise NotThere
    opened = service.opened(instance)
    choice = choose(service, opened, acceptable(request), asked)
    caching = caching_of(request, instance.stored_digest)
    tag = etag(instance.stored_digest, numbers, choice.form.value, choice.syntax, str(choice.multipart))
    if (answer := not_modified(request, tag, caching)) is not None:
        return answer
    if _body_bytes(service, opened, choice.form, asked) > MOST_BODY_BYTES:
        raise TooLarge
    contents = [_content(service, opened, choice.form, number) for number in asked]
    media = f"{choice.media};transfer-syntax={choice.syntax}"
    if not choice.multipart:
        return whole_or_range(request, contents[0], media, tag, caching)
    boundary = boundary_for(instance.sop_instance_uid, instance.stored_digest)
    body = body_of(boundary, [(media, content) for content in contents])
    outer = f'multipart/related; type="{choice.media}"; transfer-syntax={choice.syntax}; boundary={boundary}'
    return whole_or_range(request, body, outer, tag, caching)


def choose(service: DicomwebContext, opened: StoredInstance, asked: list[Acceptable], numbers: list[int]) -> Choice:
    """The first accepted form in which the frames can be sent.

    Without a transfer syntax that is Explicit VR Little Endian (PS3.18 8.7.3), of any media type and of octets; what
    cannot be decoded here, a video, is sent as stored then. ``transfer-syntax=*`` means as stored, which needs no work,
    but for a codestream that decoders in browsers do not know or misread: it comes natively, for viewers ask so.

    Raises:
        NotAcceptable: they can be sent in none of the accepted forms.

    """
    stored, media = stored_syntax(opened), stored_media(opened)
    untouched = opened.syntax not in NATIVE or service.sent_as_stored(opened)
    as_stored = Form.STORED if untouched else Form.NATIVE
    unknown = media == OCTETS and stored != EXPLICIT_LITTLE and opened.syntax in DECODABLE
    for one in asked:
        if one.multipart is False and len(numbers) > 1:
            continue
        multipart = one.multipart is not False
        native = Choice(
            form=as_stored if stored == EXPLICIT_LITTLE else Form.NATIVE,
            media=OCTETS,
            syntax=EXPLICIT_LITTLE,
            multipart=multipart,
        )
        unnamed = one.transfer_syntax is None and one.takes(OCTETS)
        if unnamed and opened.syntax not in DECODABLE:
            return Choice(
                form=Form.STORED, media=media if one.takes(media) else OCTETS, syntax=stored, multipart=multipart
            )
        if unnamed or (one.takes(OCTETS) and one.transfer_syntax == EXPLICIT_LITTLE):
            return native
        any_octets = one.transfer_syntax == ANY_SYNTAX and one.takes(OCTETS)
        if any_octets and (unknown or is_misread(opened, service.header(opened), numbers[0])):
            return native
        if one.takes(media) and one.takes_syntax(stored, stored):
            return Choice(form=as_stored, media=media, syntax=stored, multipart=multipart)
        if one.takes(OCTETS) and one.transfer_syntax in (ANY_SYNTAX, stored):
            return Choice(form=as_stored, media=OCTETS, syntax=stored, multipart=multipart)
        htj2k = one.media == HTJ2K_MEDIA and one.takes_syntax(HTJ2K_RPCL, HTJ2K_RPCL)
        if htj2k and may_be_htj2k(opened, service.header(opened), numbers[0]):
            return Choice(form=Form.HTJ2K, media=HTJ2K_MEDIA, syntax=HTJ2K_RPCL, multipart=multipart)
    raise NotAcceptable((f"{media}; transfer-syntax={stored}", f"{OCTETS}; transfer-syntax={EXPLICIT_LITTLE}"))


def frame_numbers(text: str) -> list[int]:
    """Raises: BadRequest where it is no list of numbers from 1."""
    parts = text.split(",")
    if len(parts) > MAX_FRAMES or not all(re.fullmatch(r"[1-9]\d{0,8}", part, re.ASCII) for part in parts):
        raise BadRequest("frames", f"not a list of at most {MAX_FRAMES} frame numbers from 1")
    return [int(part) for part in parts]


def _body_bytes(service: DicomwebContext, opened: StoredInstance, form: Form, numbers: list[int]) -> int:
    """About how many bytes these frames have together."""
    ranges = opened.instance.frame_ranges
    if (form is Form.STORED or opened.syntax in NATIVE) and ranges is not None:
        return sum(ranges[number - 1][1] for number in numbers if number <= len(ranges))
    return frame_bytes(service.header(opened)) * len(numbers)


def _content(service: DicomwebContext, opened: StoredInstance, form: Form, number: int) -> bytes:
    if form is Form.STORED:
        return opened.frame(number)
    header = service.header(opened)
    make = htj2k_form if form is Form.HTJ2K else native_form
    key = (opened.instance.sop_instance_uid, opened.instance.stored_digest, number, form)
    return service.frames.get(key, lambda: make(opened, header, number))
