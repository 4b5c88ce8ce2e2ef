"""Answers that a page has already: 304 without a body instead of the same again (RFC 9110 13.1.2)."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from fastapi import Response
from starlette.requests import Request


def unless_known(request: Request, answer: dict[str, Any]) -> Response:
    """An answer as JSON with its entity tag, or 304 where ``If-None-Match`` names that.

    The tag is weak, because a proxy may compress the body on its way.
    """
    body = json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()
    tag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "no-store"}
    known = {each.strip() for each in request.headers.get("if-none-match", "").split(",")}
    if tag in known:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)
