"""/office/audit: the audit as the audit administrator reads it, exports it and has it checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Query
from sqlalchemy.engine import Engine
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from reading.administrators import audit_checks, audit_delivery, audit_reading, audit_search, audit_subjects
from reading.administrators.audit_search import Search
from reading.audit import Event, Outcome
from reading.context import Context
from reading.errors import Invalid, TooManyAttempts
from reading.patients.keys import Keys
from reading.viewers import Staff
from storage.database import snapshot
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import ULID, acting, acts_of, in_snapshot
from viewer.http.page import language_of, staff_page
from viewer.http.plain_fields import Plain
from viewer.http.problems import problem_of
from viewer.http.sought import Sought, address, opened
from viewer.http.typed_times import typed_moment
from viewer.pages.sign_in import words_for
from viewer.views import audit as view
from viewer.views import audit_lines
from viewer.words import words
from viewer.words.catalogue import Language, text

router = APIRouter(prefix="/office/audit")

PAGE: Final = 50
"""Events of one page."""
LOOK_BACK: Final = timedelta(days=7)
"""So far back an event may lie where nobody says since when."""
MOST_EXPORTED: Final = 200_000
"""Events in one file from the page; whoever needs more narrows the time, or takes the command."""
THING: Final = re.compile(r"[0-9A-Za-z.]{0,64}")
KIND: Final = re.compile(r"[a-z_]{0,20}")
ADDRESS: Final = re.compile(r"[0-9A-Fa-f.:]{0,45}")
HOME: Final = "/office/audit"
FIELDS: Final[tuple[str, ...]] = ("person", "kind", "about", "action", "outcome", "address", "since", "until")

Field = Annotated[str, Form(max_length=80)]


@router.get("")
def show(
    request: Request, staff: Looking, sought: Sought = "", after: Annotated[str, Query(max_length=400)] = ""
) -> Response:
    asked = dict.fromkeys(FIELDS, "")
    try:
        asked |= opened(request, staff, HOME, sought)
        return _found(request, staff, asked, after)
    except Invalid as wrong:
        return _page(request, staff, asked | {wrong.field: ""}, problem=wrong)


@router.post("/find")
def find(request: Request, staff: Submitting, whom: Field, typed: Field = "") -> Response:
    """Go from a name or a number to what was done with them; ``whom``: staff, patient or case."""
    office = office_of(request)
    try:
        with acting(office, staff, naming=whom == "patient") as ctx:
            choices = _meant(ctx, office.keys, whom, typed, language_of(request))
    except (Invalid, TooManyAttempts) as wrong:
        return _page(request, staff, {}, problem=wrong, whom=whom)
    if len(choices) == 1:
        return RedirectResponse(address(request, staff, HOME, choices[0][1]), status_code=303)
    return _page(request, staff, {}, choices=choices, whom=whom)


@router.post("/export")
def export(  # noqa: PLR0917 -- what is asked
    request: Request,
    staff: Submitting,
    form: Field,
    person: Field = "",
    kind: Field = "",
    about: Field = "",
    action: Field = "",
    outcome: Field = "",
    address_: Annotated[str, Form(alias="address", max_length=80)] = "",
    since: Annotated[Field, Plain] = "",
    until: Annotated[Field, Plain] = "",
) -> Response:
    zone = office_of(request).zone()
    asked = _asked(person, kind, about, action, outcome, address_, since, until)
    office = office_of(request)
    with acting(office, staff) as ctx:
        audit_reading.may_read(ctx)
        if form not in view.MEDIA_TYPES:
            raise Invalid("export", "unknown")
        search = _search(ctx.now, asked, zone)
        audit_reading.begin_export(ctx, search)
        is_whole = audit_reading.is_whole(ctx.tx, search)
        name = f"audit-{ctx.now.astimezone(zone):%Y-%m-%d-%H%M}.{form}"
    return StreamingResponse(
        view.exported(
            form,
            _pages(request, search, is_whole=is_whole),
            office.ae_title,
            partial(_rows, office.engine, zone),
        ),
        media_type=view.MEDIA_TYPES[form],
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


@router.get("/checks")
def show_checks(request: Request, staff: Looking) -> Response:
    zone = office_of(request).zone()
    language = language_of(request)
    with in_snapshot(office_of(request), staff) as ctx:
        found = [audit_lines.check_row(one, language, zone) for one in audit_checks.latest(ctx)]
        sent = [audit_lines.delivery_row(one, zone) for one in audit_delivery.deliveries(ctx)]
    return staff_page(request, staff, "audit_checks.html", checks=found, sent=sent)


@router.post("/checks")
def ask_for_check(request: Request, staff: Submitting) -> Response:
    with acting(office_of(request), staff) as ctx:
        audit_checks.ask(ctx)
    return RedirectResponse("/office/audit/checks", status_code=303)


def _found(request: Request, staff: Staff, asked: Mapping[str, str], after: str) -> Response:
    zone = office_of(request).zone()
    language, office = language_of(request), office_of(request)
    search = _search(office.clock(), asked, zone)
    if after:
        search = replace(search, after=audit_search.after(after))
    events = audit_reading.find(acts_of(office, staff), search, limit=PAGE)
    with in_snapshot(office, staff) as ctx:
        lines = audit_lines.lines(ctx.tx, events, language, zone)
        chosen = _chosen(ctx, asked)
        is_whole = audit_reading.is_whole(ctx.tx, search)
    more = audit_search.next_page(search, events).after if len(events) == PAGE else None
    kept = {name: value for name, value in asked.items() if value}
    return _page(
        request,
        staff,
        asked,
        lines=lines,
        chosen=chosen,
        is_whole=is_whole,
        since=words.moment(search.since, zone.key) if search.since else "",
        onward=address(request, staff, HOME, kept, {"after": more.written()}) if more else "",
        first=address(request, staff, HOME, kept) if after else "",
    )


def _page(
    request: Request,
    staff: Staff,
    asked: Mapping[str, str],
    *,
    problem: Exception | None = None,
    whom: str = "staff",
    **found: Any,
) -> Response:
    if problem is not None or "choices" in found:
        with in_snapshot(office_of(request), staff) as ctx:
            audit_reading.may_read(ctx)

    def of(**said: str) -> str:
        return address(request, staff, HOME, said)

    chosen = {name: asked.get(name, "") for name in ("person", "about")}
    shown: dict[str, Any] = {"lines": None, "chosen": chosen, "onward": "", "first": "", "choices": [], "since": ""}
    shown |= {"is_whole": True, "most_things": audit_subjects.MOST_THINGS}
    return staff_page(
        request,
        staff,
        "audit.html",
        status=problem_of(problem).status if problem else 200,
        asked={name: asked.get(name, "") for name in FIELDS},
        words=audit_lines.choices(language_of(request)),
        problem=words_for(request, problem) if problem else "",
        whom=whom,
        most_exported=MOST_EXPORTED,
        of=of,
        **shown | found,
    )


def _meant(
    ctx: Context[Staff], keys: Keys, whom: str, typed: str, language: Language
) -> list[tuple[str, dict[str, str]]]:
    """Whom or what a name or number may mean: what it is called, and the search for its events. Raises: Invalid."""
    match whom:
        case "staff":
            people = audit_subjects.staff_named(ctx, typed)
            return [(audit_lines.staff_name(one, language), {"person": one.id}) for one in people]
        case "patient":
            return [("", {"kind": "patient", "about": audit_subjects.patient_numbered(ctx, keys, typed)})]
        case "case":
            return [(one, {"kind": "case", "about": one}) for one in audit_subjects.cases_numbered(ctx, typed)]
        case _:
            raise Invalid("find", "unknown")


def _chosen(ctx: Context[Staff], asked: Mapping[str, str]) -> dict[str, str]:
    """Whom and what the search is about, as the page names it; of a patient and a case the id."""
    names = audit_subjects.names_of(ctx.tx, [asked["person"], asked["about"]])
    person, other = names.people.get(asked["person"]), names.people.get(asked["about"])
    named = other.name if other else names.devices.get(asked["about"]) or names.organisations.get(asked["about"])
    return {"person": person.name if person else asked["person"], "about": named or asked["about"]}


def _asked(*values: str) -> dict[str, str]:
    return dict(zip(FIELDS, values, strict=True))


def _search(now: datetime, asked: Mapping[str, str], zone: ZoneInfo) -> Search:
    """Raises: Invalid."""
    for name, form in (("person", ULID), ("kind", KIND), ("about", THING), ("address", ADDRESS)):
        if asked[name] and not form.fullmatch(asked[name]):
            raise Invalid(name, "form")
    if asked["outcome"] and asked["outcome"] not in set(Outcome):
        raise Invalid("outcome", "unknown")
    since, until = typed_moment("since", asked["since"], zone), typed_moment("until", asked["until"], zone)
    # Where one index holds all that is asked all time is looked through; otherwise it begins some days ago.
    said = {name for name in ("person", "about", "action", "address", "outcome") if asked[name]}
    narrow = "about" in said or said in ({"person"}, {"address"}, {"person", "action"}, {"person", "outcome"})
    return Search(
        since=since or (None if narrow else (until or now) - LOOK_BACK),
        until=until,
        actor_id=asked["person"] or None,
        subject_kind=asked["kind"] or None,
        subject_id=asked["about"] or None,
        action=asked["action"] or None,
        outcome=Outcome(asked["outcome"]) if asked["outcome"] else None,
        address=asked["address"].lower() or None,
    )


def _rows(engine: Engine, zone: ZoneInfo, page: list[Event]) -> list[dict[str, Any]]:
    with snapshot(engine) as tx:
        names = audit_subjects.names_of(tx, [each for one in page for each in (one.actor.id, one.subject_id)])
    return [view.csv_row(one, names, zone) for one in page]


def _pages(request: Request, search: Search, *, is_whole: bool) -> Iterator[list[Event] | str]:
    """The events of an export, and in words what it lacks."""
    zone = office_of(request).zone()
    engine, left, following, language = office_of(request).engine, MOST_EXPORTED, search, language_of(request)
    if not is_whole:
        yield text(language, "audit.things-cut", n=audit_subjects.MOST_THINGS)
    while following is not None:
        found, following = audit_reading.exported_page(engine, following)
        yield found[:left]
        if len(found) > left:
            # The next file begins with the last minute of this one, as the form has minutes: nothing is lost between.
            again = (found[left].at + timedelta(minutes=1)).astimezone(zone)
            yield text(language, "audit.export.cut", n=MOST_EXPORTED, at=f"{again:%Y-%m-%d %H:%M}")
            return
        left -= len(found)
