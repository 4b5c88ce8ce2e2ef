"""/api/cases: the worklist, one case, and everything that people do with it."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Response
from starlette.requests import Request

from reading.access import access
from reading.alerts import critical
from reading.cases import cases
from reading.cases.moves import State, Step
from reading.completeness import account as completeness
from reading.desk import desk
from reading.desk import worklist as worklist_
from reading.desk.worklist import Filters, Tab
from reading.intake import intake
from reading.kinds import Tier
from reading.queue import queue
from reading.reports.versions import Content
from reading.review import review
from reading.signing import signatures
from reading.viewers import Staff
from storage.database import snapshot, transaction
from viewer.api import bodies
from viewer.http.callers import Acting, Looking, Polling, Renewing, Signing
from viewer.http.office import office_of
from viewer.http.on_record import going_in, looks_through
from viewer.http.page import language_of
from viewer.views import api_json
from viewer.views import completeness as ledger_view

router = APIRouter(prefix="/api/cases")

MINE: Final = "mine"
"""The tab of what somebody holds."""
ANY_STEP: Final = bodies.Claim()


@router.get("")
def worklist(  # noqa: PLR0917 -- the query's parameters
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
) -> dict[str, Any]:
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
    )
    looks_through(office, staff, "worklist.open")
    with snapshot(office.engine) as tx:
        found = worklist_.list_cases(tx, staff, wanted, limit=size, offset=(page - 1) * size, now=now)
    language = language_of(request)
    items = [api_json.case(entry, staff, language) for entry in found.entries]
    return {"items": items, "total": found.total, "page": page, "size": size}


@router.get("/{case_id}")
def one(request: Request, staff: Looking, case_id: str) -> dict[str, Any]:
    return detail(request, staff, case_id)


@router.get("/{case_id}/moves")
def moves(request: Request, staff: Looking, case_id: str) -> list[dict[str, Any]]:
    office = office_of(request)
    with going_in(office, staff, "case.moves", "case", case_id) as tx:
        access.open_case(tx, office.audit, staff, case_id, "case.moves", office.clock())
        return [api_json.move(row) for row in cases.moves_of(tx, case_id)]


@router.get("/{case_id}/completeness")
def completeness_(request: Request, staff: Looking, case_id: str) -> dict[str, Any]:
    """What was announced, what arrived, and what is missing by name."""
    office, now = office_of(request), office_of(request).clock()
    with going_in(office, staff, "case.completeness", "case", case_id) as tx:
        found = access.open_case(tx, office.audit, staff, case_id, "case.completeness", now)
        account = completeness.of_case(tx, found)
    return ledger_view.to_json(account, language_of(request))


@router.post("/claim", response_model=None)
def claim_next(request: Request, staff: Acting, body: bodies.Claim = ANY_STEP) -> dict[str, Any] | Response:
    office = office_of(request)
    with transaction(office.engine) as tx:
        claimed = queue.claim_next(tx, office.audit, staff, body.step, office.clock())
    if claimed is None:
        return Response(status_code=204)
    return detail(request, staff, claimed.id)


@router.post("/{case_id}/claim")
def claim(request: Request, staff: Acting, case_id: str) -> dict[str, Any]:
    office = office_of(request)
    with going_in(office, staff, "case.claim", "case", case_id) as tx:
        queue.claim(tx, office.audit, staff, case_id, office.clock())
    return detail(request, staff, case_id)


@router.post("/{case_id}/renew")
def renew(request: Request, staff: Renewing, case_id: str, body: bodies.Held) -> dict[str, Any]:
    office, now = office_of(request), office_of(request).clock()
    with going_in(office, staff, "case.renew", "case", case_id) as tx:
        access.open_case(tx, office.audit, staff, case_id, "case.open", now)
        lease = queue.renew(tx, staff, case_id, body.revision, now)
    return {"revision": lease.revision, "expires_at": lease.expires_at.isoformat()}


@router.post("/{case_id}/put-back")
def put_back(request: Request, staff: Acting, case_id: str, body: bodies.Held) -> dict[str, Any]:
    office, now = office_of(request), office_of(request).clock()
    with going_in(office, staff, "case.put-back", "case", case_id) as tx:
        access.open_case(tx, office.audit, staff, case_id, "case.open", now)
        queue.put_back(tx, office.audit, staff, case_id, revision=body.revision, now=now)
    return detail(request, staff, case_id)


@router.post("/{case_id}/return")
def return_to_site(request: Request, staff: Acting, case_id: str, body: bodies.HeldWhy) -> dict[str, Any]:
    office, now = office_of(request), office_of(request).clock()
    with going_in(office, staff, "case.return", "case", case_id) as tx:
        access.open_case(tx, office.audit, staff, case_id, "case.open", now)
        queue.return_to_site(tx, office.audit, staff, case_id, revision=body.revision, why=body.why, now=now)
    return detail(request, staff, case_id)


@router.post("/{case_id}/escalate", response_model=None)
def escalate(request: Request, staff: Acting, case_id: str, body: bodies.HeldWhy) -> dict[str, Any]:
    office, now = office_of(request), office_of(request).clock()
    with going_in(office, staff, "case.escalate", "case", case_id) as tx:
        access.open_case(tx, office.audit, staff, case_id, "case.open", now)
        queue.escalate(tx, office.audit, staff, case_id, revision=body.revision, why=body.why, now=now)
    return detail(request, staff, case_id)


@router.post("/{case_id}/send-back")
def send_back(request: Request, staff: Acting, case_id: str, body: bodies.HeldWhy) -> dict[str, Any]:
    """The verifier does not sign; the reviewer's counterpart is an outcome of /review."""
    office, now = office_of(request), office_of(request).clock()
    with going_in(office, staff, "case.send-back", "case", case_id) as tx:
        access.open_case(tx, office.audit, staff, case_id, "case.open", now)
        signatures.send_back(tx, office.audit, staff, case_id, lease_revision=body.revision, why=body.why, now=now)
    return detail(request, staff, case_id)


@router.put("/{case_id}/draft")
def save_draft(request: Request, staff: Acting, case_id: str, body: bodies.Draft) -> dict[str, Any]:
    office, now = office_of(request), office_of(request).clock()
    content = Content.from_json(body.content)
    with going_in(office, staff, "draft.save", "case", case_id) as tx:
        access.open_case(tx, office.audit, staff, case_id, "case.open", now)
        saved = signatures.save_draft(
            tx, staff, case_id, content, revision=body.revision, lease_revision=body.lease_revision, now=now
        )
    return {"revision": saved.revision, "saved_at": saved.saved_at.isoformat()}


@router.post("/{case_id}/sign")
def sign(request: Request, staff: Signing, case_id: str, body: bodies.Sign) -> dict[str, Any]:
    office, now = office_of(request), office_of(request).clock()
    content = Content.from_json(body.content)
    with going_in(office, staff, "report.sign", "case", case_id) as tx:
        access.open_case(tx, office.audit, staff, case_id, "case.open", now)
        signatures.sign(
            tx,
            office.audit,
            office.seal,
            staff,
            case_id,
            content=content,
            shown=shown(body),
            draft_revision=body.draft_revision,
            lease_revision=body.lease_revision,
            now=now,
        )
    return detail(request, staff, case_id)


@router.post("/{case_id}/verify")
def verify(request: Request, staff: Signing, case_id: str, body: bodies.Verify) -> dict[str, Any]:
    office, now = office_of(request), office_of(request).clock()
    content = None if body.content is None else Content.from_json(body.content)
    with going_in(office, staff, "report.verify", "case", case_id) as tx:
        access.open_case(tx, office.audit, staff, case_id, "case.open", now)
        signatures.verify(
            tx,
            office.audit,
            office.seal,
            staff,
            case_id,
            content=content,
            shown=shown(body),
            lease_revision=body.lease_revision,
            now=now,
        )
    return detail(request, staff, case_id)


@router.post("/{case_id}/review")
def review_(request: Request, staff: Signing, case_id: str, body: bodies.Review) -> dict[str, Any]:
    office, now = office_of(request), office_of(request).clock()
    content = None if body.report is None else Content.from_json(body.report)
    with going_in(office, staff, "report.review", "case", case_id) as tx:
        access.open_case(tx, office.audit, staff, case_id, "case.open", now)
        review.review(
            tx,
            office.audit,
            office.seal,
            staff,
            case_id,
            outcome=body.outcome,
            score=body.score,
            comment=body.comment,
            content=content,
            shown=shown(body),
            lease_revision=body.lease_revision,
            now=now,
        )
    return detail(request, staff, case_id)


@router.post("/{case_id}/dispute")
def dispute(request: Request, staff: Acting, case_id: str, body: bodies.Why) -> dict[str, Any]:
    office, now = office_of(request), office_of(request).clock()
    with going_in(office, staff, "review.dispute", "case", case_id) as tx:
        review.dispute(tx, office.audit, staff, case_id, why=body.why, now=now)
    return detail(request, staff, case_id)


@router.post("/{case_id}/resubmit")
def resubmit(request: Request, staff: Acting, case_id: str, body: bodies.Why) -> dict[str, Any]:
    """The township's answer to a return."""
    office, now = office_of(request), office_of(request).clock()
    with going_in(office, staff, "case.resubmit", "case", case_id) as tx:
        intake.resubmit(tx, office.audit, staff, case_id, why=body.why, now=now)
    return detail(request, staff, case_id)


@router.post("/{case_id}/critical", status_code=201)
def raise_alert(request: Request, staff: Acting, case_id: str, body: bodies.Critical) -> dict[str, Any]:
    office, now = office_of(request), office_of(request).clock()
    with going_in(office, staff, "critical.raise", "case", case_id) as tx:
        alert = critical.raise_alert(
            tx, office.audit, staff, case_id, critical_class=body.critical_class, finding=body.finding, now=now
        )
    return api_json.alert(alert, None)


@router.delete("/{case_id}/critical", status_code=204)
def withdraw_alert(request: Request, staff: Acting, case_id: str) -> None:
    office, now = office_of(request), office_of(request).clock()
    with going_in(office, staff, "critical.withdraw", "case", case_id) as tx:
        critical.withdraw(tx, office.audit, staff, case_id, now)


def shown(body: bodies.Seen | bodies.Addendum | bodies.NoChange) -> signatures.Shown:
    return signatures.Shown(
        image_set=body.image_set, series=body.shown_series, incomplete_reason=body.incomplete_reason
    )


def detail(request: Request, staff: Staff, case_id: str) -> dict[str, Any]:
    office = office_of(request)
    with going_in(office, staff, "case.open", "case", case_id) as tx:
        found = desk.detail(tx, office.audit, staff, case_id, office.clock())
    return api_json.detail(found, staff, language_of(request))
