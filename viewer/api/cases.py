"""/api/cases: the worklist, one case, and everything that people do with it."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Response
from starlette.requests import Request

from reading.actions import Action
from reading.alerts import critical
from reading.cases import cases as cases_
from reading.desk import desk, preview
from reading.desk.entries import entries_of
from reading.double_reading import consensus, readings
from reading.errors import NotThere
from reading.intake import awaiting, intake
from reading.queue import claiming, leases, parking
from reading.reports.content import Content
from reading.reports.not_shown import FailedSeries
from reading.review import review
from reading.signing import report_checks, signatures
from reading.signing.basis import Screen
from reading.viewers import Staff
from viewer.api import bodies, consensus_bodies
from viewer.http.callers import Acting, Looking, Polling, Renewing, Signing
from viewer.http.office import office_of
from viewer.http.on_record import ULID, acting, going_in, in_snapshot
from viewer.http.page import language_of
from viewer.views import api_json, completeness

router = APIRouter(prefix="/api/cases")

ANY_STEP: Final = bodies.Claim()
NO_REASON: Final = bodies.Chosen()


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
    return {
        "revision": found.revision,
        "image_set": found.image_set,
        "priors": list(found.priors),
        "alerts": found.alerts,
    }


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


@router.post("/{case_id}/propose")
def propose(request: Request, staff: Signing, case_id: str, body: consensus_bodies.Common) -> dict[str, Any]:
    """One of two who confer writes one text for both and signs it."""
    office = office_of(request)
    content = Content.from_json(body.content)
    with going_in(office, staff, Action.CASE_PROPOSE, "case", case_id) as ctx:
        consensus.propose(ctx, office.seal, case_id, content=content, confirmed=body.confirmed, seen=body.revision)
    return detail(request, staff, case_id)


@router.post("/{case_id}/accord")
def accord(request: Request, staff: Signing, case_id: str, body: consensus_bodies.Accord) -> dict[str, Any]:
    """One of two who confer signs the other one's words: the consensus is released."""
    office = office_of(request)
    with going_in(office, staff, Action.CASE_ACCORD, "case", case_id) as ctx:
        consensus.accord(ctx, office.seal, case_id, version_id=body.version, seen=body.revision)
    return detail(request, staff, case_id)


@router.post("/{case_id}/dissent")
def dissent(request: Request, staff: Acting, case_id: str, body: bodies.HeldWhy) -> dict[str, Any]:
    """One of two who confer does not agree: a third person decides."""
    office = office_of(request)
    with going_in(office, staff, Action.CASE_DISSENT, "case", case_id) as ctx:
        consensus.dissent(ctx, case_id, why=body.why, seen=body.revision)
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
