"""/v: whoever holds a printed report, or its PDF, sees whether it counts; it works without JavaScript or an account."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from reading.audit import stranger
from reading.errors import Invalid, TooManyAttempts
from reading.reports.paper_code import grouped, read_code
from reading.signing import papers
from reading.signing.papers import FIELDS, Paper
from viewer.http.callers import SameOrigin, caller_of
from viewer.http.office import office_of
from viewer.http.on_record import acting
from viewer.http.page import PAPER, language_of, page
from viewer.http.plain_fields import Plain
from viewer.http.problems import problem_of
from viewer.pages.sign_in import words_for
from viewer.views.paper import lines
from viewer.words.catalogue import text

router = APIRouter(prefix=PAPER)

Code = Annotated[str, Form(max_length=60)]
Number = Annotated[Code, Plain]
Words = Annotated[str, Form(max_length=20_000)]


@router.get("")
def show(request: Request) -> Response:
    return _form(request)


@router.get("/{code}")
def scanned(request: Request, code: str) -> Response:
    """The form with the code of a paper that was scanned: nothing is looked for until it is sent."""
    return _form(request, code=grouped(read_code(code)))


@router.post("", dependencies=[SameOrigin])
def check(request: Request, code: Number) -> Response:
    office, caller = office_of(request), caller_of(request)
    try:
        with acting(office, stranger(caller.address)) as ctx:
            found = papers.check(ctx, office.keys, code, caller)
    except Invalid as refusal:
        return _form(request, code=code, refusal=refusal)
    if isinstance(found, TooManyAttempts):
        return _form(request, code=code, refusal=found)
    if found is None:
        return _unknown(request, "paper.unknown-code")
    return _answer(request, found, code=read_code(code))


@router.post("/file", dependencies=[SameOrigin])
def check_file(request: Request, file: Annotated[UploadFile, File()]) -> Response:
    office, caller = office_of(request), caller_of(request)
    body = file.file.read()
    if not body:
        return _form(request, refusal=Invalid("file", "empty"))
    with acting(office, stranger(caller.address)) as ctx:
        found = papers.check_file(ctx, office.keys, hashlib.sha256(body).digest(), caller)
    if isinstance(found, TooManyAttempts):
        return _form(request, refusal=found)
    return _unknown(request, "paper.unknown-file") if found is None else _answer(request, found)


@router.post("/compare", dependencies=[SameOrigin])
def compare(request: Request, code: Number, name: Words = "", impression: Words = "", findings: Words = "") -> Response:
    """Words that somebody read on the paper; what they typed stays in the form."""
    office, caller = office_of(request), caller_of(request)
    typed = {"name": name, "impression": impression, "findings": findings}
    try:
        with acting(office, stranger(caller.address)) as ctx:
            found = papers.compare(ctx, office.keys, code, typed, caller)
    except Invalid as refusal:
        return _form(request, code=code, refusal=refusal)
    if isinstance(found, TooManyAttempts):
        return _form(request, code=code, refusal=found)
    if found is None:
        return _unknown(request, "paper.unknown-code")
    return _answer(request, found.paper, code=read_code(code), typed=typed, agrees=found.agrees)


def _answer(
    request: Request,
    found: Paper,
    *,
    code: str = "",
    typed: Mapping[str, str] | None = None,
    agrees: Mapping[str, bool] | None = None,
) -> Response:
    """``code`` is empty where a file was checked, which needs no comparing."""
    return page(
        request,
        "paper_found.html",
        paper=lines(found, language_of(request)),
        code=grouped(code),
        fields=FIELDS,
        typed=typed or dict.fromkeys(FIELDS, ""),
        agrees=agrees or {},
    )


def _unknown(request: Request, what: str) -> Response:
    return _form(request, status=404, problem=text(language_of(request), what))


def _form(
    request: Request,
    *,
    code: str = "",
    status: int = 200,
    problem: str = "",
    refusal: Invalid | TooManyAttempts | None = None,
) -> Response:
    answer = problem_of(refusal) if refusal else None
    shown: dict[str, Any] = {"code": code, "problem": words_for(request, refusal) if refusal else problem}
    return page(
        request,
        "paper.html",
        status=answer.status if answer else status,
        headers=answer.headers if answer else None,
        **shown,
    )
