"""The HTTP application: DICOMweb, the pages and their API, health and metrics, behind one guard."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI
from sqlalchemy.engine import Engine
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pacs.dicomweb.routes import PREFIX
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
    dicomweb: ASGIApp,
    engine: Engine,
    folders: Folders,
    gauges: Callable[[], metrics.Gauges],
    metrics_networks: Networks,
    changed: Callable[[], None],
) -> Guard:
    """Put the application together; ``changed`` hears of each unsafe request.

    ``metrics_networks`` may ask for /metrics, and not through a proxy.
    """
    app = FastAPI(
        title="TierRead",
        docs_url=None,  # its scripts would come from elsewhere
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,  # it would send people to whatever host the request names
    )

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
    return Guard(ByAddress(dicomweb, app), changed)


def _comes_from(request: Request, networks: Networks) -> bool:
    """Whether a request comes from one of these networks, and not through a proxy, whose address says nothing."""
    forwarded = any(name in request.headers for name in FORWARDED)
    return not forwarded and request.client is not None and is_of(request.client.host, networks)


class ByAddress:
    """Gives machines' requests to DICOMweb, and all others to the pages and their API."""

    def __init__(self, dicomweb: ASGIApp, others: ASGIApp) -> None:
        self._dicomweb = dicomweb
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        machines = scope["type"] == "http" and scope["path"].startswith(f"{PREFIX}/")
        await (self._dicomweb if machines else self._others)(scope, receive, send)
