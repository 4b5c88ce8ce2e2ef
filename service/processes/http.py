"""The HTTP application: DICOMweb, the pages and their API, health and metrics, behind one guard."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from inspect import isawaitable
from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.engine import Engine
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pacs.dimse.proxy_protocol import is_of
from service.installation.installation import Folders
from service.installation.setting_values import Networks
from service.processes import health
from service.processes.http_guard import Guard
from service.telemetry import metrics
from viewer import app as viewer_app
from viewer.http.office import Office

FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-forwarded-proto")


def application(
    *,
    office: Office,
    dicomweb: APIRouter,
    engine: Engine,
    folders: Folders,
    gauges: Callable[[], metrics.Gauges],
    metrics_networks: Networks,
    changed: Callable[[], None],
) -> Guard:
    """Put the application together; ``dicomweb`` brings its own prefix, ``changed`` hears of each unsafe request.

    ``metrics_networks`` may ask for /metrics, and not through a proxy.
    """
    app = FastAPI(
        title="TierRead",
        docs_url=None,  # its scripts would come from elsewhere
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,  # it would send people to whatever host the request names
    )
    app.include_router(dicomweb)

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    readiness = health.Readiness(engine, folders)

    @app.get("/readyz")
    def readyz() -> JSONResponse:
        parts = readiness(datetime.now(UTC))
        ready = health.is_ready(parts)
        return JSONResponse({"ready": ready, "parts": parts}, status_code=200 if ready else 503)

    @app.get("/metrics")
    def metrics_page(request: Request) -> Response:
        if not _comes_from(request, metrics_networks):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return Response(metrics.page(folders.run, gauges), media_type="text/plain; version=0.0.4; charset=utf-8")

    viewer_app.mount(app, office)
    _word_problems_of_machines(app)
    return Guard(app, changed)


def _comes_from(request: Request, networks: Networks) -> bool:
    """Whether a request comes from one of these networks, and not through a proxy, whose address says nothing."""
    forwarded = any(name in request.headers for name in FORWARDED)
    return not forwarded and request.client is not None and is_of(request.client.host, networks)


def _word_problems_of_machines(app: FastAPI) -> None:
    """What the framework itself refuses under /dicomweb; the rest is the viewer's to word."""
    viewers = {kind: app.exception_handlers[kind] for kind in (HTTPException, RequestValidationError)}

    async def handle(request: Request, error: Exception) -> Response:
        if not request.url.path.startswith("/dicomweb/"):
            answer = viewers[HTTPException if isinstance(error, HTTPException) else RequestValidationError](
                request, error
            )
            return await answer if isawaitable(answer) else answer
        status = error.status_code if isinstance(error, HTTPException) else HTTPStatus.BAD_REQUEST
        slug = "not-there" if status == HTTPStatus.NOT_FOUND else "invalid"
        problem = {"type": f"/problems/{slug}", "title": HTTPStatus(status).phrase, "status": status}
        headers = error.headers if isinstance(error, HTTPException) else None
        return JSONResponse(problem, status, headers, media_type="application/problem+json")

    for kind in viewers:
        app.add_exception_handler(kind, handle)
