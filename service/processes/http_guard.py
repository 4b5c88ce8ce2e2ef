"""What every HTTP request passes: security headers, a limit for its body, one log line and its counts."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.telemetry.logs import logger
from service.telemetry.metrics import HTTP_REQUESTS, HTTP_SECONDS

# Cornerstone3D compiles WebAssembly and draws from blobs; nothing else is let in, and nothing from elsewhere.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; connect-src 'self'; worker-src 'self'; font-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'self'"
)
HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
SAFE: Final = frozenset(("GET", "HEAD", "OPTIONS"))
BODY_BYTES: Final = 1 << 20
"""The largest body of a request that is not a DICOM object."""


UNFORESEEN: Final = {"type": "/problems/unforeseen", "title": "Something went wrong on our side", "status": 500}
"""An error that no table names: said without its insides; the log says where it was."""


class BodyTooLarge(HTTPException):
    """A request's body is longer than its address takes."""

    def __init__(self) -> None:
        super().__init__(status_code=413)


class Guard:
    """Stands around the whole application, its answers to errors included.

    ``changed`` is called before an unsafe request (RFC 9110 9.2.1) is answered.
    """

    def __init__(self, app: ASGIApp, changed: Callable[[], None]) -> None:
        self._app = app
        self._changed = changed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status, ended = 0, False

        async def send_with_headers(message: Message) -> None:
            nonlocal status, ended
            ended = message["type"] == "http.response.body" and not message.get("more_body", False)
            if message["type"] == "http.response.start":
                if scope["method"] not in SAFE:
                    self._changed()
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                # Nothing about a person stays in a cache unless its handler says how.
                headers.setdefault("Cache-Control", "no-store")
                if scope["scheme"] == "https":
                    headers.setdefault("Strict-Transport-Security", "max-age=31536000")
            await send(message)

        body = receive if _takes_objects(scope) else _limited(scope, receive)
        try:
            await self._app(scope, body, send_with_headers)
        except Exception as error:
            logger().error("unforeseen", route=template(scope), exc_info=error)
            if status == 0:
                answer = JSONResponse(UNFORESEEN, 500, media_type="application/problem+json")
                await answer(scope, receive, send_with_headers)
            elif not ended:
                raise  # only closing the connection tells the caller that more was to come
        finally:
            _note(scope, status, time.perf_counter() - started)


def template(scope: Scope) -> str:
    """The route's template, never the path: paths hold UIDs."""
    path = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) and path else "unmatched"


def _takes_objects(scope: Scope) -> bool:
    path: str = scope["path"]
    return path == "/dicomweb/studies" or path.startswith("/dicomweb/studies/")


def _limited(scope: Scope, receive: Receive) -> Receive:
    announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    received = 0

    async def limited() -> Message:
        nonlocal received
        if announced.isdigit() and int(announced) > BODY_BYTES:
            raise BodyTooLarge
        message = await receive()
        received += len(message.get("body", b""))
        if received > BODY_BYTES:
            raise BodyTooLarge
        return message

    return limited


def _note(scope: Scope, status: int, seconds: float) -> None:
    route = template(scope)
    HTTP_REQUESTS.labels(route, scope["method"], str(status)).inc()
    HTTP_SECONDS.labels(route).observe(seconds)
    logger().info("http", route=route, method=scope["method"], status=status, ms=round(seconds * 1000, 1))
