"""/alerts/duty and /alerts/classes: who is told of a critical result, and within how many minutes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.alerts import class_list, classes, duty
from reading.alerts.class_list import ResultClass, When
from reading.context import Context
from reading.errors import Invalid, NotAllowed
from reading.kinds import Priority, Role
from reading.register import organisations
from reading.register.organisations import Organisation
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import acting, in_snapshot
from viewer.http.page import language_of, staff_page
from viewer.http.plain_fields import Plain
from viewer.http.typed_times import typed_moment
from viewer.pages.sign_in import words_for
from viewer.words import words
from viewer.words.catalogue import Language, text

router = APIRouter(prefix="/alerts")

Code = Annotated[str, Form(max_length=40)]
Word = Annotated[str, Form(max_length=200)]
SEPARATOR: Final = " "
"""Between organisation, username and role in the value of a choice; none of them holds it."""


@router.get("/duty")
def show_duty(request: Request, staff: Looking) -> Response:
    return _duty(request, staff)


@router.post("/duty")
def add_duty(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    who: Word,
    telephone: Annotated[Word, Plain],
    since: Annotated[Word, Plain] = "",
    until: Annotated[Word, Plain] = "",
) -> Response:
    code, username, role = [*who.split(SEPARATOR), "", "", ""][:3]
    try:
        with acting(office_of(request), staff) as ctx:
            zone = organisations.in_force(ctx.tx, code).time_zone
            duty.add(
                ctx,
                organisation_code=code,
                username=username,
                role=_role(role),
                telephone=telephone,
                since=typed_moment("since", since, ZoneInfo(zone)),
                until=typed_moment("until", until, ZoneInfo(zone)),
            )
    except (Invalid, NotAllowed) as wrong:
        return _duty(request, staff, problem=words_for(request, wrong))
    return RedirectResponse("/alerts/duty?done=1", status_code=303)


@router.post("/duty/end")
def end_duty(request: Request, staff: Submitting, duty_id: Code) -> Response:
    with acting(office_of(request), staff) as ctx:
        duty.end(ctx, duty_id)
    return RedirectResponse("/alerts/duty?done=1", status_code=303)


@router.get("/classes")
def show_classes(request: Request, staff: Looking, org: Annotated[str, Query(max_length=40)] = "") -> Response:
    return _classes(request, staff, org)


@router.post("/classes")
def add_class(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    code: Annotated[Code, Plain],
    minutes: Annotated[Annotated[int, Form()], Plain],
    org: Code = "",
    disposal_minutes: Annotated[Annotated[int | None, Form()], Plain] = None,
    name_zh: Word = "",
    name_en: Word = "",
    when: Annotated[When | None, Form()] = None,
    modalities: Annotated[str | None, Form(max_length=200)] = None,
    body_parts: Annotated[str | None, Form(max_length=200)] = None,
    priority: Annotated[str | None, Form(max_length=20)] = None,
) -> Response:
    try:
        with acting(office_of(request), staff) as ctx:
            classes.add(
                ctx,
                code.strip(),
                organisation_code=org,
                minutes=minutes,
                disposal_minutes=disposal_minutes,
                name_zh=name_zh,
                name_en=name_en,
                when=when,
                modalities=modalities,
                body_parts=body_parts,
                priority=priority,
            )
    except (Invalid, NotAllowed) as wrong:
        return _classes(request, staff, org, problem=words_for(request, wrong))
    return RedirectResponse(f"/alerts/classes?org={org}&done=1", status_code=303)


@router.post("/classes/end")
def end_class(request: Request, staff: Submitting, code: Annotated[Code, Plain], org: Code = "") -> Response:
    with acting(office_of(request), staff) as ctx:
        classes.end(ctx, code, organisation_code=org)
    return RedirectResponse(f"/alerts/classes?org={org}&done=1", status_code=303)


def _duty(request: Request, staff: Staff, *, problem: str = "") -> Response:
    language = language_of(request)
    with in_snapshot(office_of(request), staff) as ctx:
        zones = {one.id: one.time_zone for one in organisations.list_all(ctx.tx)}
        lines = [
            {
                "id": one.id,
                "organisation": one.organisation_name,
                "name": one.name,
                "role": text(language, f"role.{one.role}"),
                "telephone": one.telephone,
                "since": words.moment(one.since, zones[one.organisation_id]),
                "until": words.moment(one.until, zones[one.organisation_id]) if one.until else "",
                "now": one.since <= ctx.now,
                "may": duty.may_list(ctx, one.organisation_id),
            }
            for one in duty.list_of(ctx.tx, None, ctx.now)
        ]
        choices = [
            (
                place,
                [
                    (
                        SEPARATOR.join((one.organisation_code, one.username, one.role)),
                        f"{one.name} · {text(language, f'role.{one.role}')}",
                    )
                    for one in there
                ],
            )
            for place, there in groupby(duty.eligible(ctx), key=lambda one: one.organisation_name)
        ]
    return staff_page(
        request,
        staff,
        "alerts_duty.html",
        status=422 if problem else 200,
        lines=lines,
        choices=choices,
        problem=problem,
        done=bool(request.query_params.get("done")),
    )


def _classes(request: Request, staff: Staff, org: str, *, problem: str = "") -> Response:
    language = language_of(request)
    with in_snapshot(office_of(request), staff) as ctx:
        known = {one.id: one for one in organisations.list_all(ctx.tx)}
        here = organisations.in_force(ctx.tx, org) if org else None
        found = classes.in_force(ctx.tx, here.id if here else None, ctx.now)
        may = classes.may_say(ctx, here.id if here else None)
        said = _said_by_organisations(ctx)
    return staff_page(
        request,
        staff,
        "alerts_classes.html",
        status=422 if problem else 200,
        org=org,
        organisations=[(one.code, one.name) for one in known.values() if one.until is None],
        said=said,
        lines=[_line(one, known, language) for one in found.values()],
        may=may,
        whens=[(when, text(language, f"alerts.when.{when}")) for when in When],
        priorities=[(one, text(language, f"priority.{one}")) for one in Priority],
        problem=problem,
        done=bool(request.query_params.get("done")),
    )


def _said_by_organisations(ctx: Context[Staff]) -> list[tuple[str, int]]:
    """The organisations that say something of their own, with how much."""
    codes = sorted(one.organisation_code for one in classes.rows(ctx.tx, ctx.now) if one.organisation_code)
    return [(code, len(list(each))) for code, each in groupby(codes)]


def _line(one: ResultClass, known: dict[str, Organisation], language: Language) -> dict[str, Any]:
    shipped = one in class_list.SHIPPED
    if one.organisation_id is not None:
        by = known[one.organisation_id].name
    else:
        by = text(language, "alerts.class.shipped" if shipped else "alerts.class.everybody")
    rule = text(language, f"alerts.when.{one.when}")
    urgency = text(language, f"priority.{one.priority}") if one.priority else ""
    return {
        "code": one.code,
        "name": words.class_name(one, language),
        "minutes": one.minutes,
        "disposal_minutes": one.disposal_minutes,
        "where": " · ".join(
            filter(None, (_named("modality", one.modalities, language), _named("body", one.body_parts, language)))
        ),
        "rule": " · ".join(part for part in (rule, urgency) if part),
        "by": by,
    }


def _named(group: str, codes: Sequence[str], language: Language) -> str:
    said = dict.fromkeys(words.coded(language, group, code) for code in codes)  # DX and DR are one word
    return text(language, "list-comma").join(said)


def _role(value: str) -> Role:
    if value not in set(Role):
        raise Invalid("role", "unknown")
    return Role(value)
