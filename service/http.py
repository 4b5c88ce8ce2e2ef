"""The HTTP application: DICOMweb, the pages and their API, health and metrics, behind one guard."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, FastAPI
from sqlalchemy.engine import Engine
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, JSONResponse, Response

from service import health, metrics
from service.guard import Guard
from service.installation import Folders
from viewer import app as viewer_app
from viewer.office import Office

NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>TierRead</title>
<h1>网页应用尚未构建</h1><p>请运行 <code>make web</code>，然后重新加载。</p>
<h1>The web app was not built</h1><p>Run <code>make web</code> and reload. The township's page <a href="/t">/t</a>,
the patients' page <a href="/p">/p</a> and DICOMweb work without it.</p></html>"""


def application(
    *,
    office: Office,
    dicomweb: APIRouter,
    engine: Engine,
    folders: Folders,
    gauges: Callable[[], metrics.Gauges],
) -> FastAPI:
    """Put the application together; ``dicomweb`` brings its own prefix."""
    app = FastAPI(
        title="TierRead",
        docs_url=None,  # its scripts would come from elsewhere
        redoc_url=None,
        openapi_url=None,
        middleware=[Middleware(Guard)],
    )
    app.include_router(dicomweb)

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz")
    def readyz() -> JSONResponse:
        parts = health.readiness(engine, folders)
        ready = health.is_ready(parts)
        return JSONResponse({"ready": ready, "parts": parts}, status_code=200 if ready else 503)

    @app.get("/metrics")
    def metrics_page() -> Response:
        return Response(metrics.page(folders.run, gauges), media_type="text/plain; version=0.0.4; charset=utf-8")

    if not (office.web_app / "index.html").exists():

        @app.get("/", include_in_schema=False)
        def not_built() -> HTMLResponse:
            return HTMLResponse(NOT_BUILT, status_code=503)

    viewer_app.mount(app, office)
    return app
