"""/office/statements/prices and /journeys: the price list, and what journeys cost; rows with dates, added and ended."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, DecimalException
from typing import Annotated, Any, Final

from fastapi import APIRouter, File, Form, Query, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.cases.examination_codes import BODY_PARTS, MODALITIES
from reading.context import Context
from reading.errors import Invalid, NotAllowed, NotDone
from reading.register import csv_text, organisations, region_clock
from reading.statements import journey_terms, months, price_import, prices, rights, spared
from reading.statements.money import Per, fen_of
from reading.statements.price_import import COLUMNS, day_of
from reading.statements.work import Service
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import acts_of, in_snapshot
from viewer.http.page import language_of
from viewer.http.plain_fields import Plain
from viewer.pages.administration import Code, Day, Done, administration_page, known_id, refusal_of
from viewer.pages.person_form import one_of
from viewer.views import statements as view
from viewer.views.import_lines import sentence
from viewer.words import words
from viewer.words.catalogue import Language

router = APIRouter(prefix="/office/statements")

DONE: Final = ("added", "ended", "imported")
PRICE: Final = dict.fromkeys(("site", "reader", "service", "modality", "body_part", "price", "first", "last"), "")
JOURNEY: Final = dict.fromkeys(("site", "km", "fare", "wage", "first", "last"), "") | {"people": "1"}


@router.get("/prices")
def show_prices(request: Request, staff: Looking, done: Done = "") -> Response:
    return _prices_page(request, staff, done=done)


@router.post("/prices")
def add_price(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    price: Annotated[Code, Plain] = "",
    first: Day = "",
    last: Day = "",
    site: Code = "",
    reader: Code = "",
    service: Code = "",
    modality: Code = "",
    body_part: Code = "",
    per: Code = Per.CASE.value,
) -> Response:
    """``site`` and ``reader`` are codes, both or neither; ``service`` is empty for any."""

    def act(ctx: Context[Staff]) -> None:
        prices.add(
            ctx,
            site_code=site,
            reader_code=reader,
            service=one_of(Service, "service", service) if service else None,
            modality=modality,
            body_part=body_part,
            per=one_of(Per, "per", per),
            fen=fen_of("price", price),
            first_day=_day("first_day", first),
            last_day=day_of("last_day", last),
        )

    form = {"site": site, "reader": reader, "service": service, "modality": modality, "body_part": body_part}
    refused = refusal_of(request, staff, act, who=rights.must_keep)
    if refused is not None:
        form |= {"price": price, "first": first, "last": last, "per": per}
        return _prices_page(request, staff, refused=refused, form=form)
    return RedirectResponse("/office/statements/prices?done=added", status_code=303)


@router.post("/prices/import")
def import_prices(
    request: Request,
    staff: Submitting,
    act: Code,
    lines: Annotated[str, Form(max_length=1_000_000)] = "",
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """``act``: ``preview`` says what is wrong, by line; ``save`` adds all or nothing."""
    typed = lines
    outcomes: list[price_import.Outcome] = []
    try:
        with in_snapshot(office_of(request), staff) as ctx:
            rights.must_keep(ctx)
        if file is not None and file.size:
            typed = csv_text.decoded(file.file.read(csv_text.MOST_BYTES + 1))
        run = price_import.save if act == "save" else price_import.preview
        outcomes = run(acts_of(office_of(request), staff), typed)
        wrong = sum(one.problem is not None for one in outcomes)
    except (Invalid, NotAllowed) as refused:
        return _prices_page(request, staff, refused=refused, lines=typed)
    if act == "save" and not wrong:
        return RedirectResponse("/office/statements/prices?done=imported", status_code=303)
    return _prices_page(
        request,
        staff,
        refused=Invalid("lines", "table_wrong") if wrong else None,
        lines=typed,
        preview=_preview(outcomes, language_of(request)),
        wrong=wrong,
    )


@router.post("/prices/{price_id}/end")
def end_price(request: Request, staff: Submitting, price_id: str, last: Day = "") -> Response:
    """``last``: the last day on which it holds; the day before its first one undoes it."""

    def act(ctx: Context[Staff]) -> None:
        prices.end(ctx, known_id(price_id), _day("last_day", last))

    refused = refusal_of(request, staff, act, who=rights.must_keep)
    if refused is not None:
        return _prices_page(request, staff, refused=refused)
    return RedirectResponse("/office/statements/prices?done=ended", status_code=303)


@router.get("/journeys")
def show_journeys(
    request: Request, staff: Looking, month: Annotated[str, Query(max_length=10)] = "", done: Done = ""
) -> Response:
    return _journeys_page(request, staff, month, done=done)


@router.post("/journeys")
def add_journey(  # noqa: PLR0917
    request: Request,
    staff: Submitting,
    km: Annotated[Code, Plain] = "",
    fare: Annotated[Code, Plain] = "",
    wage: Annotated[Code, Plain] = "",
    people: Code = "",
    first: Day = "",
    last: Day = "",
    site: Code = "",
) -> Response:
    """``site`` is a code; without one it is for every site that has none of its own."""

    def act(ctx: Context[Staff]) -> None:
        journey_terms.add(
            ctx,
            site_code=site,
            km=_whole("km", km),
            fare_fen=fen_of("fare", fare),
            wage_fen=fen_of("wage", wage),
            people=_hundredths("people", people),
            first_day=_day("first_day", first),
            last_day=day_of("last_day", last),
        )

    refused = refusal_of(request, staff, act, who=rights.must_keep)
    if refused is not None:
        form = {"site": site, "km": km, "fare": fare, "wage": wage, "people": people, "first": first, "last": last}
        return _journeys_page(request, staff, "", refused=refused, form=form)
    return RedirectResponse("/office/statements/journeys?done=added", status_code=303)


@router.post("/journeys/{terms_id}/end")
def end_journey(request: Request, staff: Submitting, terms_id: str, last: Day = "") -> Response:
    def act(ctx: Context[Staff]) -> None:
        journey_terms.end(ctx, known_id(terms_id), _day("last_day", last))

    refused = refusal_of(request, staff, act, who=rights.must_keep)
    if refused is not None:
        return _journeys_page(request, staff, "", refused=refused)
    return RedirectResponse("/office/statements/journeys?done=ended", status_code=303)


def _day(field: str, typed: str) -> date:
    found = day_of(field, typed)
    if found is None:
        raise Invalid(field, "date")
    return found


def _whole(field: str, typed: str) -> int:
    if not re.fullmatch(r"\d{1,4}", typed.strip(), re.ASCII):
        raise Invalid(field, "range")
    return int(typed)


def _hundredths(field: str, typed: str) -> int:
    """A number of at most two decimals, in hundredths."""
    try:
        found = Decimal(typed.strip()) * 100
    except DecimalException as wrong:
        raise Invalid(field, "range") from wrong
    if not found.is_finite() or found != found.to_integral_value() or abs(found) > 10**6:
        raise Invalid(field, "range")
    return int(found)


def _preview(outcomes: list[price_import.Outcome], language: Language) -> list[dict[str, Any]]:
    return [
        {
            "number": one.line.number,
            "cells": " · ".join(cell for cell in one.line.cells.values() if cell),
            "problem": "" if one.problem is None else sentence(language, one.problem),
        }
        for one in outcomes
    ]


def _prices_page(
    request: Request,
    staff: Staff,
    *,
    done: str = "",
    refused: NotDone | None = None,
    form: dict[str, str] | None = None,
    **said: Any,
) -> Response:
    language = language_of(request)
    with in_snapshot(office_of(request), staff) as ctx:
        found = prices.price_list(ctx)
        every = organisations.list_all(ctx.tx)
        today = ctx.now.astimezone(region_clock.zone(ctx.tx)).date()
    names = {one.id: one.name for one in every}
    return administration_page(
        request,
        staff,
        "statement_prices.html",
        refused=refused,
        here_is="prices",
        done=done if done in DONE else "",
        may_change=found.may_change,
        from_day="" if found.from_day is None else found.from_day.isoformat(),
        today=today.isoformat(),
        rows=view.prices(found, names, today, language),
        agreements=view.agreements(found.agreements, found.rows, names, today, language),
        organisations=[(one.code, one.name) for one in every if one.until is None],
        services=[each.value for each in Service],
        modalities=words.code_list(language, "modality", MODALITIES),
        body_parts=words.code_list(language, "body", BODY_PARTS),
        pers=[each.value for each in Per],
        columns=[(chinese if language is Language.ZH else name, must) for name, chinese, must in COLUMNS],
        form=PRICE | {"per": Per.CASE.value} | (form or {}),
        **{"lines": "", "preview": [], "wrong": 0, **said},
    )


def _journeys_page(
    request: Request,
    staff: Staff,
    month: str,
    *,
    done: str = "",
    refused: NotDone | None = None,
    form: dict[str, str] | None = None,
) -> Response:
    with in_snapshot(office_of(request), staff) as ctx:
        now = ctx.now.astimezone(region_clock.zone(ctx.tx)).date()
        try:
            first = months.first_of(month) if month else now.replace(day=1)
        except Invalid as none:
            first, refused = now.replace(day=1), none
        found = spared.of_month(ctx, min(first, now.replace(day=1)))
        every = organisations.list_all(ctx.tx)
    return administration_page(
        request,
        staff,
        "statement_journeys.html",
        refused=refused,
        here_is="journeys",
        done=done if done in DONE else "",
        month=view.month_name(found.first),
        may_change=found.may_change,
        spared=view.spared(found, language_of(request)),
        total=view.spared_total(found),
        terms=view.terms(found.terms, {one.id: one for one in every}),
        organisations=[(one.code, one.name) for one in every if one.until is None],
        form=JOURNEY | (form or {}),
    )
