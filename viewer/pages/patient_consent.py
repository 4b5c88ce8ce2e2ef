"""/p/shares: a patient ends, or gives again, the consent by which another institution sees an examination."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.actions import Action
from reading.sharing import shares
from viewer.http.callers import PatientSubmitting
from viewer.http.office import office_of
from viewer.http.on_record import ULID, going_in
from viewer.http.page import PATIENTS

router = APIRouter(prefix=f"{PATIENTS}/shares")


@router.post("/{share_id}/end")
def end(
    request: Request, patient: PatientSubmitting, share_id: str, report: Annotated[str, Form(max_length=26)] = ""
) -> Response:
    """Back to the ``report`` from which it was asked, which says so."""
    with going_in(office_of(request), patient, Action.CONSENT_END, "share", share_id) as ctx:
        shares.take_back_consent(ctx, share_id)
    return _to_report(report)


@router.post("/{share_id}/again")
def again(
    request: Request, patient: PatientSubmitting, share_id: str, report: Annotated[str, Form(max_length=26)] = ""
) -> Response:
    with going_in(office_of(request), patient, Action.CONSENT_GIVE, "share", share_id) as ctx:
        shares.give_consent_again(ctx, share_id)
    return _to_report(report)


def _to_report(report: str) -> Response:
    back = f"/{report}#consent" if ULID.fullmatch(report) else ""
    return RedirectResponse(f"{PATIENTS}/reports{back}", status_code=303)
