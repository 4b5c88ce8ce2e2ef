"""/office/statements: months, the lines of one with its disputes and its closing, and the cases of a line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.context import Context
from reading.errors import Invalid, NotAllowed, NotDone, NotThere
from reading.register import organisations, region_clock
from reading.statements import closing, disputes, months, rights, statement
from reading.statements.closing import Fixed
from reading.statements.dispute_moves import Move, Remedy
from reading.statements.lines import Key
from reading.statements.statement import Statement
from reading.statements.work import Service
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import ULID, acts_of, in_snapshot
from viewer.http.page import language_of
from viewer.pages.administration import (
    Code,
    Count,
    Done,
    Revision,
    Typed,
    administration_page,
    known_id,
    must_be_sure,
    refusal_of,
)
from viewer.pages.person_form import one_of
from viewer.views import numbers_files as files
from viewer.views import statements as view
from viewer.words import words

router = APIRouter(prefix="/office/statements")

Word = Annotated[str, Query(max_length=16)]
Id = Annotated[str, Query(max_length=26)]
Signed = Annotated[int, Form(gt=-(2**53), lt=2**53)]
DONE: Final = ("closed", "disputed", "answered")


def line_key(  # noqa: PLR0917 -- the parts of the address
    service: Word = "", site: Id = "", reader: Id = "", modality: Word = "", price: Id = "", adjusts: Word = ""
) -> Key:
    """The line that an address names; one that is none finds nothing.

    Raises:
        NotThere: it names no line.

    """
    ids = [site, reader, *([price] if price else [])]
    if service not in set(Service) or not all(ULID.fullmatch(one) for one in ids):
        raise NotThere
    return Key(
        service=Service(service),
        site_id=site,
        reader_id=reader,
        modality=modality,
        price_id=price or None,
        adjusts=bool(adjusts),
    )


OfLine = Annotated[Key, Depends(line_key)]


@router.get("")
def show(request: Request, staff: Looking) -> Response:
    with in_snapshot(office_of(request), staff) as ctx:
        found = statement.listed(ctx)
        zone = str(region_clock.zone(ctx.tx))
    clock = words.zone_name(language_of(request), zone)
    return administration_page(
        request,
        staff,
        "statements.html",
        here_is="months",
        months=view.months(found, zone),
        zone=clock,
    )


@router.get("/disputes")
def show_disputes(request: Request, staff: Looking, done: Done = "") -> Response:
    return _disputes_page(request, staff, done=done)


@router.post("/disputes/{dispute_id}")
def answer(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    dispute_id: str,
    move: Code,
    revision: Revision,
    remedy: Code = Remedy.LEFT_OUT.value,
    said: Annotated[str, Form(alias="words", max_length=400)] = "",
) -> Response:
    """``move`` is one of `dispute_moves.Move`; ``remedy`` counts where it is accepted."""

    def act(ctx: Context[Staff]) -> None:
        rights.scope_of(ctx)
        remedy_, move_ = one_of(Remedy, "remedy", remedy), one_of(Move, "move", move)
        disputes.answer(ctx, known_id(dispute_id), move_, revision=revision, remedy=remedy_, words=said)

    refused = refusal_of(request, staff, act)
    if refused is not None:
        return _disputes_page(request, staff, refused=refused)
    return RedirectResponse("/office/statements/disputes?done=answered", status_code=303)


@router.get("/{month}.csv")
def csv(request: Request, staff: Looking, month: str, org: Id = "") -> Response:
    found = _month(request, staff, month).statement
    return files.as_csv([view.sheet(found, org, language_of(request))], f"statement-{month}")


@router.get("/{month}.xlsx")
def workbook(request: Request, staff: Looking, month: str, org: Id = "") -> Response:
    found = _month(request, staff, month).statement
    return files.as_workbook([view.sheet(found, org, language_of(request))], f"statement-{month}")


@router.get("/{month}")
def show_month(request: Request, staff: Looking, month: str, org: Id = "", done: Done = "") -> Response:
    return _month_page(request, staff, month, org, done=done)


@router.get("/{month}/close")
def show_closing(request: Request, staff: Looking, month: str) -> Response:
    return _closing_page(request, staff, month)


@router.post("/{month}/close")
def close(  # noqa: PLR0917 -- the fields of the form
    request: Request, staff: Submitting, month: str, lines: Count, cases: Signed, fen: Signed, sure: Code = ""
) -> Response:
    """``lines``, ``cases`` and ``fen`` are what the page said that would be fixed."""

    def act(ctx: Context[Staff]) -> None:
        must_be_sure(sure)
        closing.close(ctx, _first(month), seen=Fixed(lines=lines, cases=cases, fen=fen))

    refused = refusal_of(request, staff, act, who=rights.must_keep)
    if isinstance(refused, NotAllowed):
        return _month_page(request, staff, month, "", refused=refused)
    if refused is not None:
        return _closing_page(request, staff, month, refused=refused)
    return RedirectResponse(f"/office/statements/{month}?done=closed", status_code=303)


@router.get("/{month}/cases")
def show_cases(  # noqa: PLR0917 -- the parts of the address
    request: Request,
    staff: Looking,
    month: str,
    key: OfLine,
    case: Id = "",
    skip: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Response:
    return _cases_page(request, staff, month, key, case=case, skip=skip)


@router.post("/{month}/dispute")
def dispute(  # noqa: PLR0917
    request: Request, staff: Submitting, month: str, key: OfLine, reason: Typed = "", case: Code = ""
) -> Response:
    """Of the line that the address names; ``case``: of this one alone."""

    def act(ctx: Context[Staff]) -> None:
        disputes.raise_dispute(ctx, _first(month), key, case_id=known_id(case) if case else "", reason=reason)

    refused = refusal_of(request, staff, act)
    if refused is not None:
        return _cases_page(request, staff, month, key, case=case, refused=refused, reason=reason)
    return RedirectResponse(f"/office/statements/{month}?done=disputed", status_code=303)


@dataclass(frozen=True, kw_only=True)
class _Month:
    statement: Statement
    disputes: list[disputes.Dispute]


def _first(month: str) -> date:
    """The month of an address.

    Raises:
        NotThere: it is none.

    """
    try:
        return months.first_of(month)
    except Invalid as none:
        raise NotThere from none


def _month(request: Request, staff: Staff, month: str) -> _Month:
    with in_snapshot(office_of(request), staff) as ctx:
        first = _first(month)
        return _Month(statement=statement.of_month(ctx, first), disputes=disputes.disputes(ctx, first))


def _month_page(
    request: Request, staff: Staff, month: str, org: str, *, done: str = "", refused: NotDone | None = None
) -> Response:
    language = language_of(request)
    month_ = _month(request, staff, month)
    found, zone = month_.statement, str(month_.statement.month.zone)
    return administration_page(
        request,
        staff,
        "statement.html",
        refused=refused,
        here_is="months",
        month=month,
        org=org,
        done=done if done in DONE else "",
        zone=words.zone_name(language, zone),
        closed_at="" if found.closed is None else words.moment(found.closed.closed_at, zone),
        is_over=found.is_over,
        unpriced=found.unpriced,
        open_disputes=found.open_disputes,
        may_close=found.may_close and found.is_over and found.is_next,
        pairs=view.pairs(found, org, language),
        total=view.total(found, org),
        institutions=view.institutions(found, org),
        disputes=view.disputes(month_.disputes, zone, language),
    )


def _closing_page(request: Request, staff: Staff, month: str, *, refused: NotDone | None = None) -> Response:
    """What closing would fix, and whether they are sure; what keeps the month open is said on its own page."""
    try:
        with in_snapshot(office_of(request), staff) as ctx:
            fixed = closing.preview(ctx, _first(month))
    except NotAllowed as kept_open:
        return _month_page(request, staff, month, "", refused=kept_open)
    return administration_page(
        request,
        staff,
        "statement_close.html",
        refused=refused,
        here_is="months",
        month=month,
        fixed=fixed,
        cases=view.number(fixed.cases),
        money=view.money(fixed.fen),
    )


def _cases_page(
    request: Request,
    staff: Staff,
    month: str,
    key: Key,
    *,
    skip: int = 0,
    refused: NotDone | None = None,
    **said: Any,
) -> Response:
    language = language_of(request)
    office = office_of(request)
    found = statement.cases_of(acts_of(office, staff), _first(month), key, skip=skip)
    with in_snapshot(office, staff) as ctx:
        every = organisations.by_ids(ctx.tx, {key.site_id, key.reader_id})
    query = view.line_query(key)
    return administration_page(
        request,
        staff,
        "statement_cases.html",
        refused=refused,
        here_is="months",
        month=month,
        query=query,
        line=view.line_of(found, {each: one.name for each, one in every.items()}, language),
        cases=view.cases(found, language),
        hidden=found.hidden,
        more=f"/office/statements/{month}/cases?{query}&skip={skip + statement.AT_ONCE}" if found.more else "",
        **{"reason": "", **said},
    )


def _disputes_page(request: Request, staff: Staff, *, done: str = "", refused: NotDone | None = None) -> Response:
    with in_snapshot(office_of(request), staff) as ctx:
        found = disputes.disputes(ctx)
        zone = str(region_clock.zone(ctx.tx))
    return administration_page(
        request,
        staff,
        "statement_disputes.html",
        refused=refused,
        here_is="disputes",
        done=done if done in DONE else "",
        disputes=view.disputes(found, zone, language_of(request)),
    )
