"""/s: what somebody sees who has a patient's link: report and pictures, to read only, without an account."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.audit import stranger
from reading.errors import TooManyAttempts, WrongCredentials
from reading.sharing import links
from reading.sharing.links import LinkSession, PasscodeRefused
from viewer.http.callers import LINK_COOKIE, Linked, LinkedSubmitting, SameOrigin, caller_of, link_of
from viewer.http.cookies import forget, keep_off_scripts, take
from viewer.http.errors import SignedOut
from viewer.http.office import office_of
from viewer.http.on_record import acting
from viewer.http.page import LINKS, language_of
from viewer.http.plain_fields import Plain
from viewer.pages.door_form import door_form
from viewer.views.patient_files import images_zip, picture_page, report_page, report_pdf, report_picture, reports_page
from viewer.words.catalogue import text

router = APIRouter(prefix=LINKS)

_TRIES: Final = {0: "links.passcode-ended", 1: "links.passcode-last"}
"""What a wrong passcode is told, by how many more may be tried."""


@router.get("")
def show(request: Request, ended: Annotated[int, Query(ge=0, le=2)] = 0) -> Response:
    """The form: the secret stands behind ``#`` and never comes here by GET."""
    try:
        link_of(request)
    except SignedOut as over:
        notice = {1: "links.over", 2: "links.left"}.get(ended)
        response = _form(request, notice=text(language_of(request), notice) if notice else "")
        forget(request, response, over.ended)
        return response
    return RedirectResponse(f"{LINKS}/reports", status_code=303) if not ended else _form(request)


@router.post("", dependencies=[SameOrigin])
def enter(
    request: Request,
    link: Annotated[str, Form(max_length=300)],
    passcode: Annotated[Annotated[str, Form(max_length=20)], Plain] = "",
) -> Response:
    office, caller = office_of(request), caller_of(request)
    with acting(office, stranger(caller.address)) as ctx:
        opened = links.open_session(ctx, office.keys, token=link.rpartition("#")[2], passcode=passcode, caller=caller)
    if isinstance(opened, PasscodeRefused):
        return _form(request, link=link, passcode=opened)
    if not isinstance(opened, LinkSession):
        return _form(request, link=link, refusal=opened)
    response = RedirectResponse(f"{LINKS}/reports", status_code=303)
    keep_off_scripts(request, response, LINK_COOKIE, opened.token, path=LINKS)
    return response


@router.post("/sign-out")
def leave(request: Request, viewer: LinkedSubmitting) -> Response:
    response = RedirectResponse(f"{LINKS}?ended=2", status_code=303)
    with acting(office_of(request), viewer) as ctx:
        links.leave(ctx, request.cookies[LINK_COOKIE])
    take(request, response, LINK_COOKIE, path=LINKS)
    return response


@router.get("/reports")
def reports(request: Request, viewer: Linked) -> Response:
    return reports_page(request, viewer, home=LINKS)


@router.get("/reports/{version_id}.pdf")
def pdf(request: Request, viewer: Linked, version_id: str) -> Response:
    return report_pdf(request, viewer, version_id)


@router.get("/reports/{version_id}")
def report(
    request: Request, viewer: Linked, version_id: str, page_number: Annotated[int, Query(alias="page", ge=1)] = 1
) -> Response:
    return report_page(request, viewer, version_id, page_number, home=LINKS)


@router.get("/reports/{version_id}/images.zip")
def images(request: Request, viewer: Linked, version_id: str) -> Response:
    return images_zip(request, viewer, version_id)


@router.get("/reports/{version_id}/pictures/{number}")
def picture(request: Request, viewer: Linked, version_id: str, number: int) -> Response:
    return report_picture(request, viewer, version_id, number)


@router.get("/reports/{version_id}/view/{number}")
def view(request: Request, viewer: Linked, version_id: str, number: int) -> Response:
    return picture_page(request, viewer, version_id, number, home=LINKS)


def _form(
    request: Request,
    *,
    notice: str = "",
    link: str = "",
    refusal: WrongCredentials | TooManyAttempts | None = None,
    passcode: PasscodeRefused | None = None,
) -> Response:
    """``link`` stays in the form after a refusal: it stands in no address any more."""
    language, key = language_of(request), "links.refused"
    if passcode is not None:
        refusal = WrongCredentials()
        key = "links.passcode-needed" if not passcode.typed else _TRIES.get(passcode.left, "links.passcode-wrong")
    return door_form(
        request,
        "link_sign_in.html",
        refusal=refusal,
        wrong=text(language, key, n=passcode.left if passcode else 0),
        notice=notice,
        link=link,
        known=passcode is not None,
    )
