"""/t/case: one examination: what arrived, the report, what happened, the answer to a return."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Form, Query
from sqlalchemy.engine import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.access import door, visibility
from reading.actions import Action
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import HIDDEN, State
from reading.checks import sides
from reading.completeness import account
from reading.context import Context
from reading.desk import acts, alert_board, case_moves, case_record
from reading.desk.clinical_request import request_of
from reading.desk.entries import entries_of
from reading.desk.township import printable_versions
from reading.desk.worklist import Entry
from reading.dicom_dates import parse_date
from reading.errors import Stale
from reading.intake import correction, intake
from reading.intake.putting_right import Reason
from reading.kinds import Role
from reading.orders import matching, performed
from reading.reports import issues, versions
from reading.reports.versions import ReportVersion, Status
from reading.review import discrepancies
from reading.sharing import shares
from reading.signing import printing, withhold
from reading.signing.printing import Printings
from reading.viewers import Staff
from storage.ids import new_id
from storage.index import queries
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import going_in
from viewer.http.page import language_of, staff_page
from viewer.views import alert_log, completeness, corrected, meanwhile, orders, provisional, retakes, sharing, township
from viewer.views.report_sheet import examined_at, sheet_of, zone_of
from viewer.views.township_banners import banners
from viewer.words import words
from viewer.words.catalogue import Language, text

router = APIRouter(prefix="/t/case")

CHANGED_AT: Final = {
    Action.DISCREPANCY_RAISE: "discrepancy",
    Action.IDENTITY_CONFIRM: "identity",
    Action.IDENTITY_PART: "identity",
    Action.STUDY_CORRECT: "correct",
}
"""The page of a case on which an act is taken back or changed."""
BY_ORDER: Final = frozenset({Reason.MATCHED, Reason.MATCHED_NAMES_DIFFER, Reason.PARTED})
"""Corrections that came with an order, and go with it."""
THUMBNAILS: Final = 12
"""Thumbnails of each series; the desk shows every image."""


@router.get("/{case_id}")
def show(
    request: Request,
    staff: Looking,
    case_id: str,
    done: Annotated[
        Literal["linked", "acknowledged", "disposed", "answered", "corrected", "matched", "unmatched", "receipt", ""],
        Query(),
    ] = "",
) -> Response:
    return _case(request, staff, case_id, done=done)


def _case(request: Request, staff: Staff, case_id: str, *, done: str = "", answer: str | None = None) -> Response:
    """The page of a case; ``answer`` was typed, and somebody has changed the case meanwhile."""
    office, now, language = office_of(request), office_of(request).clock(), language_of(request)
    with going_in(office, staff, Action.CASE_OPEN, "case", case_id) as ctx:
        found = door.open_case(ctx, case_id, Action.CASE_OPEN)
        entry = entries_of(ctx.tx, staff, [found], now)[0]
        zone = zone_of(ctx.tx, entry)
        printable = printable_versions(ctx, [case_id]).get(case_id)
        version = None if printable is None else door.open_report(ctx, printable.id, Action.REPORT_READ)
        waiting = banners(ctx, language, case_id)
        values: dict[str, Any] = {
            "row": township.row(entry, version, zone, language, now, printed=_printed(ctx, version)),
            "facts": _facts(entry, zone, language, due=township.due(entry, language, now)),
            "ledger": completeness.in_words(account.of_case(ctx.tx, found), zone, language, now),
            "studies": pictures_of(ctx, entry, language),
            "erased_at": words.erased_at(entry.studies, zone),
            "version": None if version is None else _version(ctx.tx, entry, version, zone, language),
            "record": _record(ctx, found, zone, language),
            "born": _born(entry),
            "standing": versions.current(ctx.tx, case_id) is not None,
            "hidden": found.state if found.state in HIDDEN else "",
            "accession": entry.studies[0].accession_number,
            "logged": alert_log.logged(alert_board.of_case(ctx, case_id), language),
            "order": (order := _order(ctx.tx, entry, language)),
            "retaking": township.retaking(entry, order["number"], language),
            "retakes": retakes.waiting(ctx, found, zone, language),
            "notes": provisional.of_case(ctx, found, zone),
            "asked": request_of(ctx.tx, found),
            "shares": sharing.given(
                [one for one in shares.of_studies(ctx.tx, cases.study_uids(ctx.tx, case_id)) if one.in_force(now)],
                now,
                zone,
                language,
            ),
            "in_charge": staff.holds(Role.QUALITY_MANAGER),
            "may": set(acts.allowed(ctx.tx, staff, found, None, visible=[], reviews=[], now=now)),
            "matches": correction.may_correct(ctx.tx, staff, found.site_id, now),
            "withholds": withhold.may_withhold(ctx.tx, staff, found, now),
            "prints_receipt": printing.may_print_receipt(ctx.tx, staff, found, now),
            "disputes": discrepancies.may_raise(ctx.tx, staff, found, now),
            "may_share": shares.may_share(ctx.tx, staff, found.site_id, now) is not None,
            "meanwhile": [] if answer is None else meanwhile.changes(ctx, entry, zone, language),
        }
    return staff_page(
        request,
        staff,
        "case.html",
        status=200 if answer is None else 409,
        done=done,
        answer=answer or "",
        button=new_id(),
        revision=found.revision,
        returned_here=found.state is State.RETURNED,
        has_images=any(study.instances for study in entry.studies),
        alerts=waiting.alerts,
        refused=None,
        returned=waiting.returned,
        changed=waiting.changed,
        late=waiting.late,
        **values,
    )


@router.post("/{case_id}/answer")
def answer(
    request: Request,
    staff: Submitting,
    case_id: str,
    why: Annotated[str, Form(max_length=1000)],
    revision: Annotated[int, Form(ge=1)],
) -> Response:
    """Send a returned case back to be read, with the facts that the reader missed."""
    office = office_of(request)
    try:
        with going_in(office, staff, Action.CASE_RESUBMIT, "case", case_id) as ctx:
            intake.resubmit(ctx, case_id, why=why, seen=revision)
    except Stale:
        return _case(request, staff, case_id, answer=why)
    return RedirectResponse(f"/t/case/{case_id}?done=answered", status_code=303)


def _facts(entry: Entry, zone: str, language: Language, *, due: str) -> Sequence[tuple[str, str]]:
    case, progress = entry.case, entry.progress
    values = {
        "case.accession": entry.studies[0].accession_number,
        "case.site": entry.site.name,
        "case.examined-at": examined_at(entry, zone, language),
        "case.received-at": words.moment(case.received_at, zone),
        "case.priority": text(language, f"priority.{case.priority}"),
        "case.images": words.images(
            language, progress.arrived, progress.expected, arriving=case.arriving, held=progress.held
        ),
        "case.due": "" if entry.released or not due else f"{words.moment(case.due_at, zone)} · {due}",
        "case.holder": entry.holder.name if entry.holder else "",
    }
    return [(text(language, key), value) for key, value in values.items() if value]


def _order(tx: Connection, entry: Entry, language: Language) -> dict[str, str]:
    """The order of these images, and how the device says that the examination went."""
    order = matching.order_of(tx, entry.case.id)
    steps = performed.of_studies(tx, [study.study_uid for study in entry.studies], entry.site.id)
    return {
        "number": order.accession_number if order else "",
        "examination": orders.examination(order, order.procedures, language) if order else "",
        "sides": _other_side(tx, entry.case, language),
        "performed": text(language, f"performed.{steps[-1].state}") if steps else "",
        "broken_off": orders.why_discontinued(steps, language),
    }


def _other_side(tx: Connection, case: Case, language: Language) -> str:
    """That order and images name different sides, and which; empty where they do not."""
    differing = sides.differ(matching.ordered_sides(tx, case.id), case.laterality)
    if differing is None:
        return ""
    order, images = (words.coded(language, "side", one) for one in differing)
    return text(language, "check.side_of_images_differs", order=order, images=images)


def pictures_of(ctx: Context[Staff], entry: Entry, language: Language) -> Sequence[dict[str, Any]]:
    """The series of each study of a case that the caller has opened, with some of their pictures."""
    return [
        {"study_uid": study.study_uid, "series": series_of(ctx, study.study_uid, language)} for study in entry.studies
    ]


def series_of(
    ctx: Context[Staff],
    study_uid: str,
    language: Language,
    *,
    most: int = THUMBNAILS,
    always: Collection[str] = (),
) -> Sequence[dict[str, Any]]:
    """The series of a study that the caller has opened, each with the addresses of ``most`` pictures.

    ``always`` are SOP Instance UIDs of pictures that are shown besides.
    """
    scope = visibility.scope(ctx.tx, ctx.who, ctx.now, Action.CASE_OPEN)
    rows: list[dict[str, Any]] = []
    received = [one for one in queries.series_in(ctx.tx, scope, study_uid) if not one.made_here]
    for place_in_study, series in enumerate(received, start=1):
        inside = queries.instances_in(ctx.tx, scope, study_uid, series.series_uid)
        pictures = [one for one in inside if one.frames]
        some = {one.sop_instance_uid for one in pictures[:: max(1, -(-len(pictures) // most))]} | set(always)
        shown = [one for one in pictures if one.sop_instance_uid in some]
        number = text(language, "case.series", n=series.series_number or place_in_study)
        place = f"/dicomweb/studies/{study_uid}/series/{series.series_uid}/instances"
        rows.append(
            {
                "series_uid": series.series_uid,
                "title": series.series_description or number,
                "count": series.instances,
                "pictures": [f"{place}/{one.sop_instance_uid}" for one in shown],
                "hidden": len(pictures) - len(shown),
            }
        )
    return rows


def _printed(ctx: Context[Staff], version: ReportVersion | None) -> Printings | None:
    return None if version is None else printing.of_versions(ctx, [version.id]).get(version.id)


def _version(tx: Connection, entry: Entry, version: ReportVersion, zone: str, language: Language) -> dict[str, Any]:
    sheet, asked = (
        sheet_of(tx, entry, version, language),
        text(language, "report.request"),
    )  # which stands beside the order
    return {
        "id": version.id,
        "number": issues.number_of(tx, version),
        "status": text(language, f"report.status.{version.status}"),
        "preliminary": version.status is Status.PRELIMINARY,
        "broken": version.broken,
        "at": words.moment(version.released_at or version.created_at, zone),
        "sections": [one for one in sheet.sections if one[0] != asked],
        "signatures": [" · ".join(part for part in line if part) for line in sheet.signatures],
    }


def _born(entry: Entry) -> str:
    """The birth date, where the device wrote one."""
    born = parse_date(entry.patient.birth_date)
    return born.isoformat() if born else ""


def _record(ctx: Context[Staff], case: Case, zone: str, language: Language) -> Sequence[dict[str, Any]]:
    """Everything that happened: the moves, and what people did besides, with the page where it is changed."""
    lines: list[tuple[datetime, str, str, str, str, Sequence[str]]] = [
        (move.at, text(language, f"move.{move.move}"), move.person_name or "", move.why, "", ())
        for move in case_moves.told(ctx, case)
    ]
    for done in case_record.besides(ctx, case):
        by_order = done.action is Action.STUDY_CORRECT and done.reason in BY_ORDER
        page = "order" if by_order else CHANGED_AT.get(done.action, "")
        why = words.coded(language, "reason", done.reason) if done.reason else ""
        why = " ".join((*(words.changed_side(language, *one) for one in done.sides), why))
        changes = corrected.in_words(done.changes, language)
        lines.append((done.at, text(language, f"record.{done.action}"), done.person, why, page, changes))
    return [
        {"at": words.moment(at, zone), "what": what, "who": who, "why": why, "change": page, "changes": changes}
        for at, what, who, why, page, changes in sorted(lines, key=itemgetter(0))
    ]


def opened(ctx: Context[Staff], case_id: str) -> Entry:
    """The case of a form, the look recorded.

    Raises:
        NotThere: it does not exist, or they may not see it.

    """
    found = door.open_case(ctx, case_id, Action.CASE_OPEN)
    return entries_of(ctx.tx, ctx.who, [found], ctx.now)[0]
