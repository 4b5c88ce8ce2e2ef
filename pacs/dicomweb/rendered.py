"""Rendered frames and thumbnails (PS3.18 10.4.1.1.3 and 10.4.1.1.4)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from pacs.dicomweb.accept import acceptable
from pacs.dicomweb.answers import caching_of, etag, headers, not_modified, warning_headers
from pacs.dicomweb.context import DicomwebContext
from pacs.dicomweb.documents import ENCAPSULATED_PDF, document
from pacs.dicomweb.frames import frame_numbers
from pacs.dicomweb.problems import BadRequest, Cause, NotAcceptable, NotThere
from pacs.dicomweb.wado import Find
from pacs.pixels.codestream import NotDecodable, NotSupported
from pacs.pixels.opened import Unreadable
from pacs.pixels.rendered import THUMBNAIL_PIXELS, render
from pacs.pixels.rendering import BadParameter, Picture, Rendering, Viewport, rendering
from storage.index.queries import Instance

NO_ANNOTATION = '299 tierread "The annotation parameter is not supported."'
NO_PROFILE = '299 tierread "The iccprofile parameter is not supported."'
KINDS = (Picture.JPEG, Picture.PNG)
"""Media types, the preferred one first."""
WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"
_UNSUPPORTED = {"annotation": NO_ANNOTATION, "iccprofile": NO_PROFILE}


def picture(service: DicomwebContext, request: Request, study_uid: str, find: Find, numbers: str = "1") -> Response:
    """One frame as PNG or JPEG; the first where none is named."""
    number = frame_numbers(numbers)[0]
    query = request.query_params
    try:
        how = rendering(query.get("viewport"), query.get("window"), query.get("quality"))
    except BadParameter as error:
        raise BadRequest(error.name, "not well-formed") from error
    shown = service.study(request, study_uid, "rendered")
    instance = find(shown)[0]
    if instance.sop_class_uid == ENCAPSULATED_PDF:
        return document(service, request, instance)
    answer = _picture(service, request, instance, number, how)
    warning_headers(answer, [_UNSUPPORTED[name] for name in _UNSUPPORTED if name in query])
    return answer


def thumbnail(
    service: DicomwebContext, request: Request, study_uid: str, find: Find, numbers: str | None = None
) -> Response:
    """A small picture of the middle image."""
    named = None if numbers is None else frame_numbers(numbers)[0]
    try:
        how = rendering(request.query_params.get("viewport"), None, None)
    except BadParameter as error:
        raise BadRequest(error.name, "not well-formed") from error
    small = Rendering(viewport=how.viewport or Viewport(width=THUMBNAIL_PIXELS, height=THUMBNAIL_PIXELS))
    shown = service.study(request, study_uid, "thumbnail")
    images = [one for one in find(shown) if one.frames]
    if not images:
        raise NotThere
    instance = _in_the_middle(service, images)
    number = (instance.frames + 1) // 2 if named is None else named
    return _picture(service, request, instance, number, small)


def _in_the_middle(service: DicomwebContext, images: list[Instance]) -> Instance:
    """The middle image; of slides the one that stands for its series, else for another one.

    Raises:
        NotThere: there are labels alone.

    """
    middle = images[len(images) // 2]
    for series_uid in dict.fromkeys((middle.series_uid, *(one.series_uid for one in images))):
        of_series = [one for one in images if one.series_uid == series_uid]
        candidate = middle if series_uid == middle.series_uid else of_series[len(of_series) // 2]
        if candidate.sop_class_uid != WHOLE_SLIDE:
            return candidate
        if (found := _of_slide(service, of_series)) is not None:
            return found
    raise NotThere


def _of_slide(service: DicomwebContext, images: list[Instance]) -> Instance | None:
    """The coarsest level of a slide, else its overview; never its label, which may carry a name (ADR 48)."""

    def flavour(one: Instance) -> str:
        kind = service.header(service.opened(one)).get("ImageType") or ()
        return str(kind[2]).upper() if not isinstance(kind, str) and len(kind) > 2 else ""

    known = [(flavour(one), one) for one in images if one.sop_class_uid == WHOLE_SLIDE]
    shown = [(kind == "OVERVIEW", one.frames, at) for at, (kind, one) in enumerate(known) if kind != "LABEL"]
    return known[min(shown)[2]][1] if shown else None


def _picture(service: DicomwebContext, request: Request, instance: Instance, number: int, how: Rendering) -> Response:
    kind = next((kind for one in acceptable(request) for kind in KINDS if one.takes(kind)), None)
    if kind is None:
        raise NotAcceptable(KINDS)
    if not 1 <= number <= instance.frames:
        raise NotThere
    tag = etag(instance.stored_digest, number, repr(how), kind)
    caching = caching_of(request, instance.stored_digest)
    if (answer := not_modified(request, tag, caching)) is not None:
        return answer
    opened = service.opened(instance)
    key = (instance.sop_instance_uid, instance.stored_digest, number, how, kind)
    try:
        body = service.frames.get(key, lambda: render(opened, service.header(opened), number, how, kind))
    except BadParameter as error:
        raise BadRequest(error.name, "outside the image") from error
    except NotSupported as error:
        raise NotAcceptable(cause=Cause.UNSUPPORTED) from error
    except (NotDecodable, Unreadable) as error:
        raise NotAcceptable(cause=Cause.DAMAGED) from error
    return Response(body, headers=headers(tag, caching) | {"Content-Type": kind})
