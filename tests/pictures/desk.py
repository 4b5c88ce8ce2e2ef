"""The desk's pictures, read back from the canvas of a real browser: one page for many series."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, HTMLResponse
from playwright.sync_api import Browser, Page
from pydicom.dataset import Dataset
from sqlalchemy.engine import Engine
from starlette.staticfiles import StaticFiles

from pacs.authoring.document import written
from pacs.authoring.keeping import Keeper
from service.processes.http_guard import HEADERS
from storage.database import connect, transaction
from storage.decisions import placement
from storage.decisions.placement_changes import Unhidden
from tests.archive import TOWNSHIP, Archive, archive
from tests.browser import FLAGS, WITH_WEBGL, chromium
from tests.builders import thing
from tests.dicomweb import serving
from tests.running import REPOSITORY
from tests.wire import EXPLICIT_LITTLE

WAYS: Final = {"gpu": WITH_WEBGL, "cpu": FLAGS}
"""How the desk draws, and the browser that does so."""
_BUILT: Final = REPOSITORY / "viewer" / "static" / "app"
_SCRIPT: Final = Path(__file__).with_name("desk.js")


class NoPicture(Exception):
    """The desk says that it cannot show the picture, or says nothing; the argument is which."""


@dataclass(frozen=True, kw_only=True)
class OnCanvas:
    """What is seen of a picture: its middle, where it is larger than the canvas."""

    pixels: np.ndarray
    square: bool
    """Whether a pixel is as high as wide: others are stretched, and no canvas has them one by one."""
    from_server: bool
    """Whether the desk says that the server rendered it."""


def page_of_the_desk() -> FastAPI:
    """The built application's scripts, and an empty page that loads them, under the rules that the product sets."""
    app = FastAPI(openapi_url=None)

    @app.middleware("http")
    async def guarded(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        answer = await call_next(request)
        answer.headers.update(HEADERS)
        return answer

    app.mount("/app", StaticFiles(directory=_BUILT), name="app")
    index = (_BUILT / "index.html").read_text(encoding="utf-8").replace("<tierread-app></tierread-app>", "")

    @app.get("/pictures")
    def page() -> HTMLResponse:
        return HTMLResponse(index)

    @app.get("/desk.js")
    def script() -> FileResponse:
        return FileResponse(_SCRIPT)

    return app


@contextmanager
def opened(base: str, study_uids: Sequence[str], ways: Iterable[str] = WAYS) -> Generator[dict[str, Page]]:
    """A page with the desk's pictures of the studies for each of `WAYS`; ``base`` ends in ``/dicomweb``."""
    with ExitStack() as windows:
        browsers = {way: windows.enter_context(chromium(WAYS[way])) for way in ways}
        yield {way: _page(browser, base, study_uids, way) for way, browser in browsers.items()}


@contextmanager
def holding(
    objects: Iterable[Dataset],
    template: Path,
    folder: Path,
    way: str = "cpu",
    *,
    made_here: Iterable[Dataset] = (),
    syntaxes: Mapping[str, str] = MappingProxyType({}),
) -> Generator[Page]:
    """A page with the desk's pictures of the first object's study, of an archive that holds just these objects.

    ``made_here``: objects that this installation wrote of its reports; ``syntaxes``: transfer syntaxes of compressed
    ones by UID.
    """
    laid = list(objects)
    url = f"sqlite:///{shutil.copy(template, folder / 'pictures.db')}"
    engine = connect(url)
    try:
        with archive(engine, url, folder) as held, serving(held, engine, folder, page_of_the_desk()) as web:
            for one in laid:
                syntax = syntaxes.get(str(one.SOPInstanceUID), EXPLICIT_LITTLE)
                assert held.take(thing(one, syntax)).accepted
            _keep(held, engine, made_here)
            with opened(web.base, [str(laid[0].StudyInstanceUID)], [way]) as pages:
                yield pages[way]
    finally:
        engine.dispose()


def _keep(held: Archive, engine: Engine, made_here: Iterable[Dataset]) -> None:
    """As the worker keeps the objects of a final version: entered hidden, and shown by a decision."""
    keeper = Keeper(spool=held.spool, index=held.index)
    now = datetime.now(UTC)
    for one in made_here:
        keeper.keep(written(one), site_id=TOWNSHIP.site_id, received={"issuer": TOWNSHIP.issuer}, now=now)
        with transaction(engine) as tx:
            placement.apply(tx, [Unhidden(sop_instance_uids=(str(one.SOPInstanceUID),))], now)


def _page(browser: Browser, base: str, study_uids: Sequence[str], way: str) -> Page:
    page = browser.new_context(extra_http_headers={"Authorization": "Bearer ada"}).new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{base.removesuffix('/dicomweb')}/pictures")
    page.evaluate("way => localStorage.setItem('tierread.drawing', way)", way)
    page.evaluate("uids => { window.studies = uids }", list(study_uids))
    page.add_script_tag(url="/desk.js", type="module")
    page.wait_for_selector("tierread-images .stage")
    return page


def begin(page: Page, whole: Dataset, frame: int) -> None:
    """Let the desk draw a frame (from 1) of an instance; `drawn` waits for it."""
    uids = [str(whole.SeriesInstanceUID), str(whole.SOPInstanceUID)]
    size = [int(whole.Columns), int(whole.Rows)]
    page.evaluate("asked => window.begin(...asked)", [*uids, frame, size])


def drawn(page: Page) -> OnCanvas:
    """What the desk drew.

    Raises:
        NoPicture: the desk shows none.

    """
    found = page.evaluate("() => window.drawn")
    if "failure" in found:
        raise NoPicture(found["failure"])
    return _on_canvas(found)


def on_screen(page: Page, columns: int, rows: int) -> OnCanvas:
    """What is in the first cell now, of a picture of that size; it is whole."""
    return _on_canvas(page.evaluate("size => window.readNow(...size)", [columns, rows]))


def _on_canvas(found: dict[str, Any]) -> OnCanvas:
    pixels = np.frombuffer(base64.b64decode(found["pixels"]), np.uint8)
    return OnCanvas(
        pixels=pixels.reshape(found["height"], found["width"], 3),
        square=bool(found["square"]),
        from_server=bool(found["fromServer"]),
    )
