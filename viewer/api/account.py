"""/api/account: a person's own second factors, and what they set for themselves."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request

from reading.factors import totp
from reading.factors.factors import Shown
from reading.register import personal_settings
from reading.register.personal_settings import Kept
from reading.sessions import own_factors
from reading.sessions.sign_in import NewFactor
from viewer.api import bodies
from viewer.http.callers import Acting, Looking, Polling, caller_of
from viewer.http.half_sign_in import place_of
from viewer.http.office import office_of
from viewer.http.on_record import acting, in_snapshot

router = APIRouter(prefix="/api/account")


@router.get("/factors")
def mine(request: Request, staff: Looking) -> dict[str, Any]:
    office = office_of(request)
    with in_snapshot(office, staff) as ctx:
        found = own_factors.mine(ctx, office.terms.requirement, caller_of(request).address)
    return {
        "factors": [
            {
                "id": one.id,
                "kind": one.kind,
                "name": one.name,
                "since": one.since.isoformat(),
                "last_used_at": one.last_used_at.isoformat() if one.last_used_at else None,
            }
            for one in found.factors
        ],
        "recovery_codes": found.recovery_codes,
        "is_required": found.is_required,
    }


@router.get("/factors/new")
def offered(request: Request, staff: Looking) -> dict[str, Any]:
    """What to set up a further factor with, after a proof: the same until it is."""
    office = office_of(request)
    with in_snapshot(office, staff) as ctx:
        own_factors.must_have_typed(ctx)
        offer = own_factors.offer(ctx, office.keys, place_of(request))
    return {
        "secret": totp.spelled(offer.secret),
        "address": totp.address(offer.secret, offer.username),
        "passkey": json.loads(offer.passkey) if offer.passkey else None,
    }


@router.post("/factors")
def add(request: Request, staff: Acting, body: bodies.NewFactor) -> dict[str, Any]:
    """Set up a factor; with the first one come recovery codes, which are shown this once."""
    office = office_of(request)
    answer = "" if body.passkey is None else json.dumps(body.passkey)
    shown = Shown(code=body.code, passkey=answer, place=place_of(request))
    with acting(office, staff) as ctx:
        return {"recovery_codes": own_factors.add(ctx, office.keys, NewFactor(name=body.name, shown=shown))}


@router.delete("/factors/{factor_id}", status_code=204)
def remove(request: Request, staff: Acting, factor_id: str) -> None:
    office = office_of(request)
    with acting(office, staff) as ctx:
        own_factors.remove(ctx, office.terms.requirement, caller_of(request).address, factor_id)


@router.post("/recovery-codes")
def recovery_codes(request: Request, staff: Acting) -> dict[str, Any]:
    """New recovery codes, which are shown this once."""
    office = office_of(request)
    with acting(office, staff) as ctx:
        return {"recovery_codes": own_factors.renew_recovery_codes(ctx, office.keys)}


@router.get("/settings")
def settings(request: Request, staff: Polling) -> dict[str, Any]:
    """By name; what was never set is missing."""
    with in_snapshot(office_of(request), staff) as ctx:
        return {one.setting: _setting(one) for one in personal_settings.of_person(ctx)}


@router.put("/settings/{name}")
def keep_setting(request: Request, staff: Acting, name: str, body: bodies.PersonalSetting) -> dict[str, Any]:
    with acting(office_of(request), staff) as ctx:
        return _setting(personal_settings.keep(ctx, name, body.value, seen=body.revision))


def _setting(one: Kept) -> dict[str, Any]:
    return {"value": one.value, "revision": one.revision}
