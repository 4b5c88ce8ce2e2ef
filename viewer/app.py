"""Puts the faces together: the pages, the JSON API, static files and the answers to errors."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import APIRouter, FastAPI
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from viewer import problems
from viewer.api import (
    alerts,
    attributions,
    cases,
    devices,
    follow_ups,
    images,
    manifests,
    orders,
    patient,
    quality,
    reports,
    session,
    withholding,
)
from viewer.office import Office
from viewer.pages import devices as device_pages
from viewer.pages import patient as patient_pages
from viewer.pages import quality as quality_pages
from viewer.pages import (
    sign_in,
    township,
    township_case,
    township_correct,
    township_forms,
    township_images,
    township_match,
    township_print,
)

API: Final = (
    session,
    cases,
    follow_ups,
    images,
    withholding,
    reports,
    orders,
    manifests,
    alerts,
    attributions,
    devices,
    quality,
    patient,
)
PAGES: Final = (
    sign_in,
    township,
    township_case,
    township_correct,
    township_forms,
    township_images,
    township_match,
    township_print,
    device_pages,
    quality_pages,
    patient_pages,
)
STATIC: Final = Path(__file__).parent / "static"
IMMUTABLE: Final = "public, max-age=31536000, immutable"


class StaticAssets(StaticFiles):
    """Files of ours: those that the build named by their content are kept, the others asked for again."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = IMMUTABLE if path.startswith("assets/") else "no-cache"
        return response


def api_router() -> APIRouter:
    """Everything of the viewer that has a route of its own; expects the office in ``app.state.office``."""
    router = APIRouter()
    for part in API:
        router.include_router(part.router)
    for part in PAGES:
        router.include_router(part.router, include_in_schema=False)
    return router


def mount(app: FastAPI, office: Office) -> None:
    """Add the viewer to an application."""
    app.state.office = office
    problems.install(app)
    app.include_router(api_router())
    app.mount("/static", StaticAssets(directory=STATIC), name="static")
    app.mount("/app", StaticAssets(directory=office.web_app, check_dir=False), name="app")

    @app.get("/", include_in_schema=False)
    def desk() -> FileResponse:  # the worklist and the desk; it asks for a sign-in itself
        return FileResponse(office.web_app / "index.html", headers={"Cache-Control": "no-cache"})
