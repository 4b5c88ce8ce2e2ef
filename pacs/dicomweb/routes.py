"""The DICOMweb routes (PS3.18 10); each calls the module that serves it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from inspect import iscoroutinefunction
from typing import Any, Final

from sqlalchemy.engine import Engine
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from pacs.arriving.receive import Receiver
from pacs.dataset.quiet_pydicom import quieten
from pacs.dicomweb import frames, problems, qido, query, rendered, wado
from pacs.dicomweb.accept import acceptable
from pacs.dicomweb.answers import warning_headers
from pacs.dicomweb.bulk_data import bulk_value
from pacs.dicomweb.context import DicomwebContext, purpose_of
from pacs.dicomweb.multipart import BadMultipart, media_type
from pacs.dicomweb.needs import Door, NotVisible, Purpose
from pacs.dicomweb.person_names import with_alphabetic_groups
from pacs.dicomweb.problems import (
    BadRequest,
    NotAcceptable,
    NotAllowed,
    NotThere,
    WrongContent,
    WrongMethod,
    answer,
)
from pacs.dicomweb.stow import StowRequest
from pacs.dicomweb.wado import DICOM_JSON
from pacs.pixels import memory
from pacs.pixels.opened import NoSuchFrame, Unreadable
from pacs.pixels.transcode import NotDecodable
from pacs.rights import NoRight
from pacs.search.matching_keys import Level
from pacs.search.turns import TooManySearches
from storage.database import snapshot
from storage.index.queries import Instance
from storage.index.queries import Scope as Visible
from storage.instance_row import is_new_uid
from storage.nodes.reader import Bytes, HolderAway

PREFIX: Final = "/dicomweb"
FEED_BYTES: Final = 1 << 20
"""Bytes of a body that a worker thread is given at a time."""
PROBLEM_OF: Final[dict[type[Exception], Callable[[], problems.DicomwebProblem]]] = {
    NoSuchFrame: NotThere,
    Unreadable: NotAcceptable,
    NotDecodable: NotAcceptable,
    HolderAway: problems.HolderAway,
    TooManySearches: problems.TooManySearches,
    NoRight: NotAllowed,
    memory.TooLarge: problems.TooLarge,
    memory.Busy: problems.Busy,
}


class _Endpoint:
    """Calls a function with the request and what stands in its path, and words errors by the one table `PROBLEM_OF`."""

    def __init__(self, path: str, function: Callable[..., Any]) -> None:
        self.path = path
        self._function = function
        self._is_async = iscoroutinefunction(function)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["route"] = self  # what is counted and logged: its path is a template
        request = Request(scope, receive)
        response = await self._answer(request)
        await (_without_body(response) if request.method == "HEAD" else response)(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        try:
            if self._is_async:
                answered: Response = await self._function(request, **request.path_params)
                return answered
            return await run_in_threadpool(self._function, request, **request.path_params)
        except problems.DicomwebProblem as problem:
            return answer(problem)
        except tuple(PROBLEM_OF) as error:
            return answer(next(PROBLEM_OF[kind] for kind in type(error).__mro__ if kind in PROBLEM_OF)())


class _Route(Route):
    """A method that an address does not have is answered as every other problem."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] in (self.methods or ()):
            await self.app(scope, receive, send)
        else:
            routes: list[_Route] = scope["router"].routes
            taken = {method for each in routes if each.path == self.path for method in each.methods or ()}
            await answer(WrongMethod(taken))(scope, receive, send)


class Routes(Router):
    """The addresses under /dicomweb, as an application that needs nothing of a framework but to find the right one.

    A frame takes 0.6 ms here, and took as long again to come through what pages need.
    """

    def __init__(self) -> None:
        super().__init__(redirect_slashes=False, default=_not_there)

    def get(self, path: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """HEAD is answered wherever GET is."""
        return self._added(path, "GET")

    def post(self, path: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        return self._added(path, "POST")

    def _added(self, path: str, method: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        def add(function: Callable[..., Any]) -> Callable[..., Any]:
            address = PREFIX + path
            self.routes.append(_Route(address, _Endpoint(address, function), methods=[method]))
            return function

        return add


async def _not_there(scope: Scope, receive: Receive, send: Send) -> None:
    await answer(NotThere())(scope, receive, send)


def _without_body(response: Response) -> Response:
    """The same status and fields (RFC 9110 9.3.2); what would be streamed is not read."""
    bare = Response(status_code=response.status_code)
    bare.raw_headers = response.raw_headers
    return bare


def routes_of(door: Door, receiver: Receiver, bytes_: Bytes, engine: Engine) -> Routes:
    """All DICOMweb routes under `PREFIX`."""
    quieten()
    service = DicomwebContext(door=door, engine=engine, bytes_=bytes_)
    routes = Routes()
    _search(routes, service)
    _retrieve(routes, service)
    _render(routes, service)
    _store(routes, service, receiver)
    return routes


def _search(routes: Routes, service: DicomwebContext) -> None:
    @routes.get("/studies")
    def studies(request: Request) -> Response:
        return _search_results(service, request, Level.STUDY)

    @routes.get("/series")
    def all_series(request: Request) -> Response:
        return _search_results(service, request, Level.SERIES)

    @routes.get("/instances")
    def all_instances(request: Request) -> Response:
        return _search_results(service, request, Level.INSTANCE)

    @routes.get("/studies/{study}/series")
    def series_of_study(request: Request, study: str) -> Response:
        return _search_results(service, request, Level.SERIES, study=study)

    @routes.get("/studies/{study}/instances")
    def instances_of_study(request: Request, study: str) -> Response:
        return _search_results(service, request, Level.INSTANCE, study=study)

    @routes.get("/studies/{study}/series/{series}/instances")
    def instances_of_series(request: Request, study: str, series: str) -> Response:
        return _search_results(service, request, Level.INSTANCE, study=study, series=series)


def _retrieve(routes: Routes, service: DicomwebContext) -> None:
    @routes.get("/studies/{study}")
    def study(request: Request, study: str) -> Response:
        return wado.objects(service, request, study, _in_study(service))

    @routes.get("/studies/{study}/series/{series}")
    def one_series(request: Request, study: str, series: str) -> Response:
        return wado.objects(service, request, study, _in_study(service, series))

    @routes.get("/studies/{study}/series/{series}/instances/{instance}")
    def one_instance(request: Request, study: str, series: str, instance: str) -> Response:
        return wado.objects(service, request, study, _one_instance(service, series, instance))

    @routes.get("/studies/{study}/metadata")
    def study_metadata(request: Request, study: str) -> Response:
        return wado.metadata(service, request, study, _in_study(service))

    @routes.get("/studies/{study}/series/{series}/metadata")
    def series_metadata(request: Request, study: str, series: str) -> Response:
        return wado.metadata(service, request, study, _in_study(service, series))

    @routes.get("/studies/{study}/series/{series}/instances/{instance}/metadata")
    def instance_metadata(request: Request, study: str, series: str, instance: str) -> Response:
        return wado.metadata(service, request, study, _one_instance(service, series, instance))

    @routes.get("/studies/{study}/series/{series}/instances/{instance}/bulkdata/{path:path}")
    def bulk_data(request: Request, study: str, series: str, instance: str, path: str) -> Response:
        return bulk_value(service, request, study, _one_instance(service, series, instance), path)


def _render(routes: Routes, service: DicomwebContext) -> None:
    one = "/studies/{study}/series/{series}/instances/{instance}"

    @routes.get(one + "/frames/{numbers}")
    def instance_frames(request: Request, study: str, series: str, instance: str, numbers: str) -> Response:
        return frames.frames(service, request, study, _one_instance(service, series, instance), numbers)

    @routes.get(one + "/rendered")
    def instance_rendered(request: Request, study: str, series: str, instance: str) -> Response:
        return rendered.picture(service, request, study, _one_instance(service, series, instance))

    @routes.get(one + "/frames/{numbers}/rendered")
    def frame_rendered(request: Request, study: str, series: str, instance: str, numbers: str) -> Response:
        return rendered.picture(service, request, study, _one_instance(service, series, instance), numbers)

    @routes.get("/studies/{study}/thumbnail")
    def study_thumbnail(request: Request, study: str) -> Response:
        return rendered.thumbnail(service, request, study, _in_study(service))

    @routes.get("/studies/{study}/series/{series}/thumbnail")
    def series_thumbnail(request: Request, study: str, series: str) -> Response:
        return rendered.thumbnail(service, request, study, _in_study(service, series))

    @routes.get(one + "/thumbnail")
    def instance_thumbnail(request: Request, study: str, series: str, instance: str) -> Response:
        return rendered.thumbnail(service, request, study, _one_instance(service, series, instance))

    @routes.get(one + "/frames/{numbers}/thumbnail")
    def frame_thumbnail(request: Request, study: str, series: str, instance: str, numbers: str) -> Response:
        return rendered.thumbnail(service, request, study, _one_instance(service, series, instance), numbers)


def _store(routes: Routes, service: DicomwebContext, receiver: Receiver) -> None:
    @routes.post("/studies")
    async def store(request: Request) -> Response:
        return await _store_instances(service, receiver, request, None)

    @routes.post("/studies/{study}")
    async def store_in_study(request: Request, study: str) -> Response:
        if not is_new_uid(study):
            raise BadRequest("study", "not a UID")
        return await _store_instances(service, receiver, request, study)


def _in_study(service: DicomwebContext, series: str | None = None) -> wado.Find:
    return lambda shown: service.instances(shown, series)


def _one_instance(service: DicomwebContext, series: str, instance: str) -> wado.Find:
    return lambda shown: [service.instance(shown, series, instance)]


def _search_results(
    service: DicomwebContext, request: Request, level: Level, *, study: str | None = None, series: str | None = None
) -> Response:
    viewer = service.viewer(request)
    if not any(one.takes(media) for one in acceptable(request) for media in (DICOM_JSON, "application/json")):
        raise NotAcceptable((DICOM_JSON,))
    asked = list(request.query_params.multi_items())
    asked += [("StudyInstanceUID", study)] if study is not None else []
    asked += [("SeriesInstanceUID", series)] if series is not None else []
    parsed = query.parse(asked, level)
    scope = service.door.scope(viewer)
    purpose = purpose_of(request, "search")
    if study is not None:
        # Access to one study is checked and recorded; a study that is not visible has no results.
        try:
            service.door.open_study(viewer, study, purpose)
        except NotVisible:
            scope = Visible()
    with service.turns.of(viewer), snapshot(service.engine) as tx:
        found = qido.search(
            tx,
            scope,
            parsed,
            service.base_url(request),
            lambda one: _description(service, viewer, one, purpose),
            lambda study_uid: _attributes(service, viewer, study_uid, purpose),
        )
    content = json.dumps(found.results, ensure_ascii=False, separators=(",", ":")).encode()
    response = Response(
        with_alphabetic_groups(content),
        media_type=DICOM_JSON,
        headers={"Cache-Control": "private, no-cache", "Vary": "Accept, Cookie"},
    )
    warning_headers(response, found.warnings)
    return response


def _description(service: DicomwebContext, viewer: object, instance: Instance, purpose: Purpose) -> dict[str, Any]:
    shown = service.door.open_study(viewer, instance.study_uid, purpose)
    return service.described(instance, service.corrections(shown, [instance])[0])


def _attributes(service: DicomwebContext, viewer: object, study_uid: str, purpose: Purpose) -> Mapping[str, str]:
    correction = service.door.open_study(viewer, study_uid, purpose).correction
    return {} if correction is None else correction.attributes


async def _store_instances(
    service: DicomwebContext, receiver: Receiver, request: Request, study: str | None
) -> Response:
    """Async, unlike the other routes, because its body arrives in pieces and may break off."""
    viewer = await run_in_threadpool(service.viewer, request)
    sender = await run_in_threadpool(service.door.sender_of, viewer)
    if sender is None:
        raise NotAllowed
    content = media_type(request.headers.get("content-type", ""))
    kind = media_type(content.parameters.get("type", "application/dicom")).name
    if content.name != "multipart/related" or kind != "application/dicom":
        raise WrongContent
    if request.headers.get("content-encoding", "identity") != "identity":
        raise WrongContent
    try:
        store = StowRequest(receiver, sender, content.parameters.get("boundary", ""), study)
        await _feed_body(request, store)
    except BadMultipart as error:
        raise BadRequest("body", error.problem) from error
    status, found = store.answer(service.base_url(request))
    return Response(json.dumps(found), status_code=status.value, media_type=DICOM_JSON)


async def _feed_body(request: Request, store: StowRequest) -> None:
    held = bytearray()
    try:
        async for chunk in request.stream():
            held += chunk
            if len(held) >= FEED_BYTES:
                await run_in_threadpool(store.reader.feed, bytes(held))
                held.clear()
        await run_in_threadpool(store.reader.feed, bytes(held))
        await run_in_threadpool(store.reader.close)
    except ClientDisconnect as error:
        raise BadMultipart("the body stops") from error
    finally:
        await run_in_threadpool(store.reader.abandon)
