"""/api/security: roles, sessions, failed proofs and second factors of people, for those who administer them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.requests import Request

from reading.administrators import second_factors, security
from reading.kinds import Role
from reading.register import roles
from viewer.http.callers import Acting, Looking
from viewer.http.office import office_of
from viewer.http.on_record import acting, acts_of, in_snapshot
from viewer.http.plain_fields import Plain
from viewer.views.security import factors_json, failures_json

router = APIRouter(prefix="/api/security")


class Somebody(BaseModel):
    username: Annotated[str, Plain] = Field(max_length=64)


class HeldRole(Somebody):
    organisation: str = Field(max_length=40)
    """The organisation's code."""
    role: Role


class Required(Somebody):
    required: bool


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


@router.get("/factors")
def factors(request: Request, staff: Looking) -> dict[str, Any]:
    """Who has which second factors, and of whom they are required."""
    office = office_of(request)
    found = second_factors.holdings(acts_of(office, staff), office.terms.requirement)
    return {"people": [factors_json(one) for one in found]}


@router.post("/factors/require", status_code=204)
def require(request: Request, staff: Acting, body: Required) -> None:
    """Require a second factor of one person, or do so no longer."""
    with acting(office_of(request), staff) as ctx:
        second_factors.require(ctx, body.username, required=body.required)


@router.post("/factors/reset")
def reset(request: Request, staff: Acting, body: Somebody) -> dict[str, Any]:
    """Reset a person's factors; the slip is null where another administrator has to confirm it."""
    office = office_of(request)
    with acting(office, staff) as ctx:
        return {"slip": second_factors.ask_reset(ctx, office.keys, body.username)}


@router.post("/factors/reset/confirm")
def confirm(request: Request, staff: Acting, body: Somebody) -> dict[str, Any]:
    """Confirm the reset of an administrator's factors that another one asked for."""
    office = office_of(request)
    with acting(office, staff) as ctx:
        return {"slip": second_factors.confirm_reset(ctx, office.keys, body.username)}


@router.post("/factors/reset/withdraw", status_code=204)
def withdraw(request: Request, staff: Acting, body: Somebody) -> None:
    """Take back a reset that nobody has confirmed."""
    with acting(office_of(request), staff) as ctx:
        second_factors.withdraw_reset(ctx, body.username)
