"""The HTTP application: DICOMweb, the pages and their API, health and metrics, behind one guard."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from inspect import isawaitable

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.engine import Engine
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from service.installation.installation import Folders
from service.processes import health
from service.processes.http_guard import Guard
from service.telemetry import metrics
from viewer import app as viewer_app
from viewer.http.office import Office


def application(
    *,
    office: Office,
    dicomweb: APIRouter,
    engine: Engine,
    folders: Folders,
    gauges: Callable[[], metrics.Gauges],
    changed: Callable[[], None],
) -> Guard:
    """Put the application together; ``dicomweb`` brings its own prefix, ``changed`` hears of each unsafe request."""
    app = FastAPI(
        title="TierRead",
        docs_url=None,  # its scripts would come from elsewhere
        redoc_url=None,
        openapi_url=None,
    )
    app.include_router(dicomweb)

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz")
    def readyz() -> JSONResponse:
        parts = health.readiness(engine, folders, datetime.now(UTC))
        ready = health.is_ready(parts)
        return JSONResponse({"ready": ready, "parts": parts}, status_code=200 if ready else 503)

    @app.get("/metrics")
    def metrics_page() -> Response:
        return Response(metrics.page(folders.run, gauges), media_type="text/plain; version=0.0.4; charset=utf-8")

    viewer_app.mount(app, office)
    _word_problems_of_machines(app)
    return Guard(app, changed)


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
