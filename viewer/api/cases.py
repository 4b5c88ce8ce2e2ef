"""/api/cases: the worklist, one case, and everything that people do with it."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Response
from starlette.requests import Request

from reading.actions import Action
from reading.alerts import critical
from reading.cases import cases as cases_
from reading.cases.moves import State, Step
from reading.desk import ahead, desk, preview, pulse, tab_counts, worklist
from reading.desk.entries import entries_of
from reading.desk.sorting import Sorting
from reading.desk.tab_counts import MOST, Counted
from reading.desk.worklist import Filters, Tab
from reading.double_reading import readings
from reading.errors import NotThere
from reading.intake import awaiting, intake
from reading.kinds import Tier
from reading.queue import claiming, leases, parking
from reading.reports.content import Content
from reading.reports.not_shown import FailedSeries
from reading.review import review
from reading.roster import at_work
from reading.roster.groups import GROUPS
from reading.signing import report_checks, signatures
from reading.signing.basis import Screen
from reading.viewers import Staff
from storage.database import snapshot
from viewer.api import bodies
from viewer.http.callers import Acting, Looking, Polling, Renewing, Signing
from viewer.http.known import unless_known
from viewer.http.office import office_of
from viewer.http.on_record import ULID, acting, going_in, in_snapshot, looks_through
from viewer.http.page import language_of
from viewer.views import api_around, api_json, completeness

router = APIRouter(prefix="/api/cases")

MINE: Final = "mine"
"""The tab with the cases that somebody holds."""
ANY_STEP: Final = bodies.Claim()
NO_REASON: Final = bodies.Chosen()
NO_COUNTS: Final[list[Counted]] = []


@router.get("")
def list_cases(  # noqa: PLR0917 -- the query's parameters
    request: Request,
    staff: Polling,  # the worklist asks every few seconds by itself
    state: State | None = None,
    tier: Tier | None = None,
    step: Step | None = None,
    site: Annotated[str | None, Query(max_length=40)] = None,
    modality: Annotated[str | None, Query(max_length=16)] = None,
    q: Annotated[str, Query(max_length=64)] = "",
    tab: Literal["before_release", "sampled", "escalated", "disputed", "late", "mine"] | None = None,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
    size: Annotated[int, Query(ge=1, le=200)] = 50,
    sort: Literal["urgency", "due", "arrival", "patient", "modality", "site", "state"] = "urgency",
    descending: bool = False,  # noqa: FBT001, FBT002 -- the query's parameter
    counts: Annotated[list[Counted], Query(max_length=len(Counted))] = NO_COUNTS,
) -> Response:
    """A page of the worklist; 304 without it where the page has the same already (``If-None-Match``)."""
    office, now = office_of(request), office_of(request).clock()
    wanted = Filters(
        states=frozenset() if state is None else frozenset({state}),
        tier=tier,
        step=step,
        site_code=site,
        modality=modality,
        text=q,
        tab=None if tab in {None, MINE} else Tab(tab),
        held_by=staff.person_id if tab == MINE else None,
        sorting=Sorting(sort),
        descending=descending,
    )
    looks_through(office, staff, Action.WORKLIST_OPEN)
    with snapshot(office.engine) as tx:
        offset = (page - 1) * size
        found = worklist.list_cases(tx, staff, wanted, limit=size, offset=offset, now=now, counted=MOST)
        of_tabs = tab_counts.counts(tx, staff, counts, now)
        parked = worklist.parked(tx, staff, now)
        places = {grant.organisation_id for grant in staff.grants if grant.role in GROUPS}
        duty = [api_around.on_duty(one, staff) for one in at_work.on_duty(tx, places, now)] if places else []
    language = language_of(request)
    items = [api_json.case(entry, staff, language) for entry in found.entries]
    aside = [api_json.case(entry, staff, language) for entry in parked]
    listed = {"items": items, "total": min(found.total, MOST), "more": found.total > MOST, "page": page, "size": size}
    numbers = {tab: {"n": min(number, MOST), "more": number > MOST} for tab, number in of_tabs.items()}
    return unless_known(request, listed | {"parked": aside, "on_duty": duty, "counts": numbers})


@router.get("/pulse")
def pulse_(request: Request, staff: Polling) -> dict[str, str]:
    """Asked every few seconds by an open worklist, which asks for its list when the answer is another one."""
    office = office_of(request)
    with snapshot(office.engine) as tx:
        return {"pulse": pulse.pulse(tx, staff, office.clock())}


@router.get("/next", response_model=None)
def next_(request: Request, staff: Polling, step: Step | None = None) -> dict[str, Any] | Response:
    """The case that a claim would hand to the caller, left where it waits: asked by a desk that fetches ahead."""
    with in_snapshot(office_of(request), staff) as ctx:
        found = ahead.ahead(ctx, step)
        if found is None:
            return Response(status_code=204)
        return {"id": found.case_id, "studies": list(found.study_uids), "earlier": list(found.earlier_study_uids)}


@router.get("/{case_id}")
def one(request: Request, staff: Looking, case_id: str) -> dict[str, Any]:
    return detail(request, staff, case_id)


@router.get("/{case_id}/preview")
def preview_(request: Request, staff: Looking, case_id: str) -> dict[str, Any]:
    """What stands beside the worklist of the selected case."""
    office = office_of(request)
    with going_in(office, staff, Action.CASE_PREVIEW, "case", case_id) as ctx:
        return api_json.preview(preview.preview(ctx, case_id))


@router.get("/{case_id}/standing")
def standing(request: Request, staff: Polling, case_id: str) -> dict[str, Any]:
    """Asked every few seconds by whoever has the case open: 404 means that it must leave the screen."""
    if not ULID.fullmatch(case_id):
        raise NotThere
    with in_snapshot(office_of(request), staff) as ctx:
        found = desk.standing(ctx, case_id)
    return {"revision": found.revision, "image_set": found.image_set, "priors": list(found.priors)}


@router.get("/{case_id}/moves")
def moves(request: Request, staff: Looking, case_id: str) -> list[dict[str, Any]]:
    office = office_of(request)
    with going_in(office, staff, Action.CASE_MOVES, "case", case_id) as ctx:
        return [api_json.move(row) for row in desk.moves(ctx, case_id)]


@router.get("/{case_id}/completeness")
def account(request: Request, staff: Looking, case_id: str) -> dict[str, Any]:
    """What was announced, what arrived, and what is missing by name."""
    office = office_of(request)
    with going_in(office, staff, Action.CASE_COMPLETENESS, "case", case_id) as ctx:
        found = desk.completeness(ctx, case_id)
    return completeness.to_json(found, language_of(request))


@router.post("/claim", response_model=None)
def claim_next(request: Request, staff: Acting, body: bodies.Claim = ANY_STEP) -> dict[str, Any] | Response:
    office = office_of(request)
    with acting(office, staff) as ctx:
        claimed = claiming.claim_next(ctx, body.step)
    if claimed is None:
        return Response(status_code=204)
    return detail(request, staff, claimed.id)


@router.post("/{case_id}/claim")
def claim(request: Request, staff: Acting, case_id: str, body: bodies.Chosen = NO_REASON) -> dict[str, Any]:
    office = office_of(request)
    with going_in(office, staff, Action.CASE_CLAIM, "case", case_id) as ctx:
        claiming.claim(ctx, case_id, why=body.why)
    return detail(request, staff, case_id)


@router.post("/{case_id}/renew")
def renew(request: Request, staff: Renewing, case_id: str, body: bodies.Held) -> dict[str, Any]:
    office = office_of(request)
    with going_in(office, staff, Action.CASE_RENEW, "case", case_id) as ctx:
        lease = leases.renew(ctx, case_id, body.revision)
    return {"revision": lease.revision, "expires_at": lease.expires_at.isoformat()}


@router.post("/{case_id}/put-back")
def put_back(request: Request, staff: Acting, case_id: str, body: bodies.Held) -> dict[str, Any]:
    office = office_of(request)
    with going_in(office, staff, Action.CASE_PUT_BACK, "case", case_id) as ctx:
        leases.put_back(ctx, case_id, revision=body.revision)
    return detail(request, staff, case_id)


@router.post("/{case_id}/park")
def park(request: Request, staff: Acting, case_id: str, body: bodies.Parked) -> dict[str, Any]:
    """Put a case aside that they hold."""
    office = office_of(request)
    with going_in(office, staff, Action.CASE_PARK, "case", case_id) as ctx:
        parking.park(ctx, case_id, revision=body.revision, screen=body.screen)
    return detail(request, staff, case_id)


@router.post("/{case_id}/resume")
def resume(request: Request, staff: Acting, case_id: str) -> dict[str, Any]:
    """Go on with a case that they put aside."""
    office = office_of(request)
    with going_in(office, staff, Action.CASE_RESUME, "case", case_id) as ctx:
        parking.resume(ctx, case_id)
    return detail(request, staff, case_id)


@router.post("/{case_id}/return")
def return_to_site(request: Request, staff: Acting, case_id: str, body: bodies.HeldWhy) -> dict[str, Any]:
    office = office_of(request)
    with going_in(office, staff, Action.CASE_RETURN, "case", case_id) as ctx:
        leases.return_to_site(ctx, case_id, revision=body.revision, why=body.why)
    return detail(request, staff, case_id)


@router.post("/{case_id}/escalate", response_model=None)
def escalate(request: Request, staff: Acting, case_id: str, body: bodies.HeldWhy) -> dict[str, Any]:
    office = office_of(request)
    with going_in(office, staff, Action.CASE_ESCALATE, "case", case_id) as ctx:
        leases.escalate(ctx, case_id, revision=body.revision, why=body.why)
    return detail(request, staff, case_id)


@router.post("/{case_id}/send-back")
def send_back(request: Request, staff: Acting, case_id: str, body: bodies.HeldWhy) -> dict[str, Any]:
    """The verifier does not sign; the reviewer's counterpart is an outcome of /review."""
    office = office_of(request)
    with going_in(office, staff, Action.CASE_SEND_BACK, "case", case_id) as ctx:
        signatures.send_back(ctx, case_id, lease_revision=body.revision, why=body.why)
    return detail(request, staff, case_id)


@router.put("/{case_id}/draft")
def save_draft(request: Request, staff: Acting, case_id: str, body: bodies.Draft) -> dict[str, Any]:
    office = office_of(request)
    content = Content.from_json(body.content)
    with going_in(office, staff, Action.DRAFT_SAVE, "case", case_id) as ctx:
        saved = signatures.save_draft(ctx, case_id, content, revision=body.revision, lease_revision=body.lease_revision)
    return {"revision": saved.revision, "saved_at": saved.saved_at.isoformat()}


@router.post("/{case_id}/checks")
def checks(request: Request, staff: Acting, case_id: str, body: bodies.ToCheck) -> list[dict[str, Any]]:
    """What the checks say of a report while somebody writes it; nothing is kept."""
    content = Content.from_json(body.content)
    with going_in(office_of(request), staff, Action.CASE_OPEN, "case", case_id) as ctx:
        return [api_json.check(one) for one in report_checks.look(ctx, case_id, content)]


@router.post("/{case_id}/sign")
def sign(request: Request, staff: Signing, case_id: str, body: bodies.Sign) -> dict[str, Any]:
    office = office_of(request)
    content = Content.from_json(body.content)
    with going_in(office, staff, Action.REPORT_SIGN, "case", case_id) as ctx:
        readings.sign(
            ctx,
            office.seal,
            case_id,
            content=content,
            screen=screen(body),
            draft_revision=body.draft_revision,
            lease_revision=body.lease_revision,
        )
    return detail(request, staff, case_id)


@router.post("/{case_id}/finalise")
def finalise(request: Request, staff: Acting, case_id: str, body: bodies.Held) -> dict[str, Any]:
    """The first of two blind readers lets a provisional reading stand."""
    office = office_of(request)
    with going_in(office, staff, Action.CASE_FINALISE, "case", case_id) as ctx:
        readings.finalise(ctx, case_id, seen=body.revision)
    return detail(request, staff, case_id)


@router.post("/{case_id}/defer")
def defer(request: Request, staff: Acting, case_id: str, body: bodies.Deferred) -> dict[str, Any]:
    """The first of two blind readers takes a provisional reading back, or a quality manager does, who says why."""
    office = office_of(request)
    with going_in(office, staff, Action.CASE_DEFER, "case", case_id) as ctx:
        readings.defer(ctx, case_id, seen=body.revision, why=body.why)
    return detail(request, staff, case_id)


@router.post("/{case_id}/verify")
def verify(request: Request, staff: Signing, case_id: str, body: bodies.Verify) -> dict[str, Any]:
    office = office_of(request)
    content = None if body.content is None else Content.from_json(body.content)
    with going_in(office, staff, Action.REPORT_VERIFY, "case", case_id) as ctx:
        signatures.verify(
            ctx, office.seal, case_id, content=content, screen=screen(body), lease_revision=body.lease_revision
        )
    return detail(request, staff, case_id)


@router.post("/{case_id}/review")
def close_review(request: Request, staff: Signing, case_id: str, body: bodies.Review) -> dict[str, Any]:
    office = office_of(request)
    content = None if body.report is None else Content.from_json(body.report)
    with going_in(office, staff, Action.REPORT_REVIEW, "case", case_id) as ctx:
        review.review(
            ctx,
            office.seal,
            case_id,
            outcome=body.outcome,
            score=body.score,
            comment=body.comment,
            content=content,
            screen=screen(body),
            lease_revision=body.lease_revision,
        )
    return detail(request, staff, case_id)


@router.post("/{case_id}/dispute")
def dispute(request: Request, staff: Acting, case_id: str, body: bodies.SeenWhy) -> dict[str, Any]:
    office = office_of(request)
    with going_in(office, staff, Action.REVIEW_DISPUTE, "case", case_id) as ctx:
        review.dispute(ctx, case_id, why=body.why, seen=body.revision)
    return detail(request, staff, case_id)


@router.post("/{case_id}/resubmit")
def resubmit(request: Request, staff: Acting, case_id: str, body: bodies.SeenWhy) -> dict[str, Any]:
    """The township's answer to a return."""
    office = office_of(request)
    with going_in(office, staff, Action.CASE_RESUBMIT, "case", case_id) as ctx:
        intake.resubmit(ctx, case_id, why=body.why, seen=body.revision)
    return detail(request, staff, case_id)


@router.post("/{case_id}/read-without")
def read_without(request: Request, staff: Acting, case_id: str, body: bodies.Held) -> dict[str, Any]:
    """Let a case be read that waits for earlier images."""
    office = office_of(request)
    with going_in(office, staff, Action.CASE_READ_WITHOUT, "case", case_id) as ctx:
        awaiting.read_without(ctx, case_id, seen=body.revision)
    return detail(request, staff, case_id)


@router.post("/{case_id}/critical", status_code=201)
def raise_alert(request: Request, staff: Acting, case_id: str, body: bodies.Critical) -> dict[str, Any]:
    office = office_of(request)
    with going_in(office, staff, Action.CRITICAL_RAISE, "case", case_id) as ctx:
        raised = critical.raise_alert(ctx, case_id, critical_class=body.critical_class, finding=body.finding)
        entry = entries_of(ctx.tx, staff, [cases_.by_id(ctx.tx, case_id)], ctx.now)[0]
    return api_json.alert(entry.alert or raised, entry, language_of(request))


@router.post("/{case_id}/critical/withdraw", status_code=204)
def withdraw_alert(request: Request, staff: Acting, case_id: str, body: bodies.WithdrawCritical) -> None:
    office = office_of(request)
    with going_in(office, staff, Action.CRITICAL_WITHDRAW, "case", case_id) as ctx:
        critical.withdraw(ctx, case_id, why=body.why, seen=body.alert)


def screen(body: bodies.Images) -> Screen:
    return Screen(
        image_set=body.image_set,
        series=body.shown_series,
        incomplete_reason=body.incomplete_reason,
        cannot_show={
            uid: FailedSeries(fault=one.fault, pictures=one.pictures) for uid, one in body.cannot_show.items()
        },
        not_shown_reason=body.not_shown_reason,
        confirmed=body.confirmed if isinstance(body, bodies.Signed) else (),
    )


def detail(request: Request, staff: Staff, case_id: str) -> dict[str, Any]:
    office = office_of(request)
    with going_in(office, staff, Action.CASE_OPEN, "case", case_id) as ctx:
        found = desk.detail(ctx, case_id)
    return api_json.detail(found, staff, language_of(request))
