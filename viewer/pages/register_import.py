"""/office/import: organisations, people, agreements and devices out of a table; preview first, then all or none."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, File, Form, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.administrators.account_list import kept_places, new_people
from reading.errors import Invalid, NotDone, NotThere
from reading.register import csv_text, import_columns, import_run, passwords
from reading.register.import_columns import Kind
from reading.register.import_run import Imported
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting, known_origin
from viewer.http.office import office_of
from viewer.http.on_record import acts_of, in_snapshot
from viewer.http.page import language_of
from viewer.http.slips import hand_over, handed_over, shown
from viewer.pages.administration import Code, administration_page
from viewer.views import import_lines, numbers_files
from viewer.words import words

router = APIRouter(prefix="/office/import")

LISTS: Final = {
    Kind.ORGANISATIONS: "/office/organisations",
    Kind.PEOPLE: "/office/people",
    Kind.AGREEMENTS: "/office/agreements",
    Kind.DEVICES: "/office/devices",
}


@router.get("/people/slips")
def show_slips(request: Request, staff: Looking) -> Response:
    """The slips of the people whom a table added, to be printed; shown once."""
    zone = office_of(request).zone()
    slip = handed_over(request, staff)
    if slip is None:
        return RedirectResponse("/office/people?done=imported", status_code=303)
    with in_snapshot(office_of(request), staff) as ctx:
        people = new_people(ctx, datetime.fromisoformat(slip["at"]))
        at = ctx.now
    page = administration_page(
        request,
        staff,
        "person_slip.html",
        slips=[
            {"name": one.name, "username": one.username, "password": passwords.derived(slip["seed"], one.username)}
            for one in people
        ],
        why="added",
        back="/office/people",
        address=known_origin(request),
        printed_at=words.moment(at, zone.key),
    )
    return shown(request, page)


@router.get("/{kind}")
def show(request: Request, staff: Looking, kind: str) -> Response:
    return _page(request, staff, _kind(kind), "")


@router.get("/{kind}/template.csv")
def template(request: Request, staff: Looking, kind: str) -> Response:
    wanted = _kind(kind)
    with in_snapshot(office_of(request), staff) as ctx:
        kept_places(ctx)
    return numbers_files.as_csv([import_lines.template(wanted, language_of(request))], wanted.value)


@router.post("/{kind}")
def take(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    kind: str,
    act: Code,
    lines: Annotated[str, Form(max_length=1_000_000)] = "",
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """``act``: ``preview`` says what each line would add or what is wrong with it; ``save`` adds all or nothing."""
    wanted = _kind(kind)
    typed = lines
    try:
        if file is not None and file.size:
            typed = csv_text.decoded(file.file.read(csv_text.MOST_BYTES + 1))
        read = import_columns.read(wanted, csv_text.lines_of(typed))
        acts = acts_of(office_of(request), staff)
        seed = secrets.token_urlsafe(32)
        if act != "save":
            return _page(request, staff, wanted, typed, imported=import_run.preview(acts, wanted, read))
        imported = import_run.save(acts, wanted, read, seed=seed)
    except NotDone as refused:
        return _page(request, staff, wanted, typed, refused=refused)
    if imported.at is None:
        return _page(request, staff, wanted, typed, imported=imported)
    if wanted is Kind.PEOPLE:
        return hand_over(request, staff, "/office/import/people/slips", {"seed": seed, "at": imported.at.isoformat()})
    return RedirectResponse(f"{LISTS[wanted]}?done=imported", status_code=303)


def _kind(kind: str) -> Kind:
    if kind not in set(Kind):
        raise NotThere
    return Kind(kind)


def _page(
    request: Request,
    staff: Staff,
    kind: Kind,
    typed: str,
    *,
    imported: Imported | None = None,
    refused: NotDone | None = None,
) -> Response:
    language = language_of(request)
    with in_snapshot(office_of(request), staff) as ctx:
        kept_places(ctx)  # whoever administers nothing is refused
    shown_lines = import_lines.lines(imported, language) if imported else []
    return administration_page(
        request,
        staff,
        "register_import.html",
        refused=refused if refused is not None else _first_wrong(imported),
        kind=kind.value,
        kinds=[each.value for each in Kind],
        columns=import_lines.columns(kind, language),
        examples=import_lines.EXAMPLES[kind],
        most=import_columns.MOST_LINES,
        lines=typed,
        preview=shown_lines,
        wrong=sum(bool(each["problem"]) for each in shown_lines),
        doubts=sum(bool(each["doubt"]) for each in shown_lines),
        back=LISTS[kind],
    )


def _first_wrong(imported: Imported | None) -> NotDone | None:
    return Invalid("lines", "table_wrong") if imported is not None and imported.is_wrong else None
