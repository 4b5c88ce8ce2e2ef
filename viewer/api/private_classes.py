"""/api/private-classes: what the makers of devices call their private SOP classes, for the labels of the desk."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.requests import Request

from viewer.http.callers import Looking
from viewer.http.office import office_of

router = APIRouter(prefix="/api/private-classes")


@router.get("")
def names(request: Request, staff: Looking) -> Mapping[str, str]:
    del staff  # whoever is signed in
    return office_of(request).private_classes
