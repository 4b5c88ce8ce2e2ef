"""/api/security: who holds which roles, is signed in and failed to, for the security administrator, who ends both."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.requests import Request

from reading.administrators import security
from reading.kinds import Role
from reading.register import roles
from viewer.http.callers import Acting, Looking
from viewer.http.office import office_of
from viewer.http.on_record import acting, in_snapshot
from viewer.views.security import failures_json

router = APIRouter(prefix="/api/security")


class Somebody(BaseModel):
    username: str = Field(max_length=64)


class HeldRole(Somebody):
    organisation: str = Field(max_length=40)
    """The organisation's code."""
    role: Role


@router.get("/people")
def people(request: Request, staff: Looking) -> dict[str, Any]:
    with in_snapshot(office_of(request), staff) as ctx:
        found = security.holders(ctx)
    return {
        "people": [
            {
                "username": one.person.username,
                "name": one.person.name,
                "roles": [{"role": held.role, "organisation": held.organisation_code} for held in one.roles],
                "sessions": one.sessions,
            }
            for one in found
        ]
    }


@router.get("/failures")
def failures(request: Request, staff: Looking) -> dict[str, Any]:
    """Failed attempts: against whom, from where, how many, and who has to wait until when."""
    office = office_of(request)
    with in_snapshot(office, staff) as ctx:
        return failures_json(security.failed_attempts(ctx, office.keys))


@router.post("/sign-out")
def sign_out(request: Request, staff: Acting, body: Somebody) -> dict[str, Any]:
    """End every session of a person."""
    with acting(office_of(request), staff) as ctx:
        return {"sessions": security.sign_out(ctx, body.username)}


@router.post("/revoke", status_code=204)
def revoke(request: Request, staff: Acting, body: HeldRole) -> None:
    """End one role of a person."""
    with acting(office_of(request), staff) as ctx:
        roles.revoke(ctx, body.username, body.organisation, body.role)
