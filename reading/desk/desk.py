"""The desk: everything that one person is shown of one case, and what they may do with it now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.access import door
from reading.actions import Action
from reading.alerts import critical
from reading.alerts.moves import UNANSWERED
from reading.cases import cases
from reading.cases.cases import Case, MoveRow
from reading.cases.moves import HIDDEN, STEP_OF, WAITING, SigningRole, State, Step
from reading.completeness import account as completeness
from reading.completeness import follow_ups
from reading.completeness import image_set as images
from reading.completeness.account import Account
from reading.context import Context
from reading.desk import worklist
from reading.desk.worklist import Entry
from reading.errors import NotAllowed
from reading.kinds import Priority, Role, Tier
from reading.queue import claiming, leases
from reading.queue.leases import Lease
from reading.register.grants import may_act
from reading.reports import drafts, versions
from reading.reports.drafts import Draft
from reading.reports.versions import VALID, ReportVersion
from reading.review import review
from reading.review.review import Outcome, Review
from reading.rules.triage import home_tier
from reading.signing import follow_up_answer, withhold
from reading.viewers import Staff


class Act(StrEnum):
    """What the desk offers."""

    CLAIM = "claim"
    RENEW = "renew"
    PUT_BACK = "put-back"
    SAVE = "save"
    SIGN = "sign"
    VERIFY = "verify"
    SEND_BACK = "send-back"
    REVIEW = "review"
    RETURN = "return"
    ESCALATE = "escalate"
    RESUBMIT = "resubmit"
    WITHHOLD = "withhold"
    RESTORE = "restore"
    READ_AGAIN = "read-again"
    ENTER_IN_ERROR = "enter-in-error"
    CRITICAL = "critical"
    ACKNOWLEDGE = "acknowledge"
    ADDENDUM = "addendum"
    DISPUTE = "dispute"
    FOLLOW_UP = "follow-up"
    NO_CHANGE = "no-change"
    PRINT = "print"


SIGNING_ACT: Final = {Step.READ: Act.SIGN, Step.VERIFY: Act.VERIFY, Step.REVIEW: Act.REVIEW}


@dataclass(frozen=True, kw_only=True)
class SignedBy:
    """A signature as it is printed under a report."""

    role: SigningRole
    name: str
    title: str
    organisation: str
    signed_at: datetime


@dataclass(frozen=True, kw_only=True)
class SignedVersion:
    version: ReportVersion
    signatures: tuple[SignedBy, ...]
    """All that the version rests on: the author's may lie on the version that it supersedes."""


@dataclass(frozen=True, kw_only=True)
class Prior:
    case: Case
    study_uids: tuple[str, ...]
    impression: str | None
    """Of the valid version, None where there is none that they may see."""


@dataclass(frozen=True, kw_only=True)
class ReviewLine:
    review: Review
    reviewer_name: str


@dataclass(frozen=True, kw_only=True)
class Detail:
    entry: Entry
    lease: Lease | None
    """Their own only."""
    draft: Draft | None
    """For the one who holds the case."""
    versions: tuple[SignedVersion, ...]
    priors: tuple[Prior, ...]
    image_set: str
    """To be handed back when signing."""
    allowed: frozenset[Act]
    reviews: tuple[ReviewLine, ...]
    account: Account
    """What is missing, by name."""
    late: int
    """How many pictures came after the report and were not answered for yet."""


def detail(ctx: Context[Staff], case_id: str) -> Detail:
    """One case as this person sees it; the look is on record.

    Raises:
        NotThere: no such case, or not one that they may see.

    """
    seen = door.open_reports(ctx, case_id, Action.CASE_OPEN)
    case = cases.by_id(ctx.tx, case_id)
    entry = worklist.entries_of(ctx.tx, ctx.who, [case], ctx.now)[0]
    lease = leases.lease_of(ctx.tx, case_id)
    own = lease if lease is not None and lease.person_id == ctx.who.person_id else None
    reviews = tuple(_reviews(ctx.tx, case_id)) if _reads(ctx.tx, ctx.who, case, ctx.now) else ()
    return Detail(
        entry=entry,
        lease=own,
        draft=drafts.of_case(ctx.tx, case_id) if own else None,
        versions=tuple(signed_version(ctx.tx, version) for version in seen),
        priors=tuple(_priors(ctx, case)),
        image_set=images.image_set(ctx.tx, [one.study_uid for one in entry.studies]).digest,
        allowed=frozenset(_allowed(ctx.tx, ctx.who, case, own, seen=seen, reviews=reviews, now=ctx.now)),
        reviews=reviews,
        account=completeness.of_case(ctx.tx, case),
        late=len(follow_ups.late_pictures(ctx.tx, case_id)) if entry.follow_up else 0,
    )


def moves(ctx: Context[Staff], case_id: str) -> list[MoveRow]:
    """The moves of a case, the oldest first.

    Raises:
        NotThere: no such case, or not one that they may see.

    """
    door.open_case(ctx, case_id, Action.CASE_MOVES)
    return cases.moves_of(ctx.tx, case_id)


def account(ctx: Context[Staff], case_id: str) -> Account:
    """What was announced for a case, what arrived, and what is missing by name.

    Raises:
        NotThere: no such case, or not one that they may see.

    """
    found = door.open_case(ctx, case_id, Action.CASE_COMPLETENESS)
    return completeness.of_case(ctx.tx, found)


def signed_version(tx: Connection, version: ReportVersion) -> SignedVersion:
    """A version with the signatures that it rests on, as they are printed."""
    signatures = versions.signatures_for(tx, version)
    person, grant, organisation = tables.person, tables.role_grant, tables.organisation
    rows = tx.execute(
        sa.select(tables.signature.c.id, person.c.name, person.c.title, organisation.c.name.label("organisation"))
        .join(person, person.c.id == tables.signature.c.person_id)
        .join(grant, grant.c.id == tables.signature.c.grant_id)
        .join(organisation, organisation.c.id == grant.c.organisation_id)
        .where(tables.signature.c.id.in_([one.id for one in signatures]))
    )
    by_id = {row.id: row for row in rows}
    return SignedVersion(
        version=version,
        signatures=tuple(
            SignedBy(
                role=one.role,
                name=by_id[one.id].name,
                title=by_id[one.id].title,
                organisation=by_id[one.id].organisation,
                signed_at=one.signed_at,
            )
            for one in signatures
        ),
    )


def _allowed(
    tx: Connection,
    staff: Staff,
    case: Case,
    lease: Lease | None,
    *,
    seen: Sequence[ReportVersion],
    reviews: Sequence[ReviewLine],
    now: datetime,
) -> Iterator[Act]:
    def acts(*roles: Role) -> bool:
        return any(may_act(tx, staff, role, case.site_id, now) for role in roles)

    roles = cases.roles_of(tx, case.id, staff.person_id)
    if case.state in WAITING and _may_claim(tx, staff, case, roles, now):
        yield Act.CLAIM
    if lease is not None:
        yield from (Act.RENEW, Act.PUT_BACK, Act.SAVE, Act.RETURN, SIGNING_ACT[lease.step])
        if lease.step is Step.VERIFY:
            yield Act.SEND_BACK
        waits = lease.step is Step.VERIFY and case.priority is Priority.EMERGENCY
        if case.tier is Tier.COUNTY and lease.step is not Step.REVIEW and not waits:
            yield Act.ESCALATE
    if case.state is State.RETURNED and acts(Role.TECHNICIAN, Role.CLINICIAN):
        yield Act.RESUBMIT
    if case.state not in HIDDEN:
        if acts(*withhold.WITHHELD_BY):
            yield Act.WITHHOLD
        if acts(*critical.RAISED_BY):
            yield Act.CRITICAL
        alert = critical.newest_standing(tx, case.id)
        if alert is not None and alert.state in UNANSWERED and acts(*critical.MAY_ANSWER):
            yield Act.ACKNOWLEDGE
    if case.state is State.WITHHELD and acts(Role.QUALITY_MANAGER):
        yield from (Act.RESTORE, Act.READ_AGAIN, Act.ENTER_IN_ERROR)
    if case.state is State.FINAL:
        if _may_read(tx, staff, case, now) and roles <= {SigningRole.AUTHOR}:
            yield Act.ADDENDUM
        newest = reviews[-1].review if reviews else None
        if newest is not None and newest.outcome is Outcome.AMEND and newest.author_id == staff.person_id:
            yield Act.DISPUTE
    yield from _of_follow_up(tx, staff, case, now)
    if any(version.status in VALID for version in seen):
        yield Act.PRINT


def _of_follow_up(tx: Connection, staff: Staff, case: Case, now: datetime) -> Iterator[Act]:
    found = follow_ups.open_of(tx, case.id)
    if found is None or not follow_up_answer.may(tx, staff, case, now):
        return
    if found.held_by != staff.person_id:
        yield Act.FOLLOW_UP
    elif follow_up_answer.may_decide(tx, staff, case):
        yield Act.NO_CHANGE


def _may_claim(tx: Connection, staff: Staff, case: Case, roles: frozenset[SigningRole], now: datetime) -> bool:
    step = STEP_OF[case.state]
    try:
        claiming.grant_for(tx, staff, step, case, case.tier, now=now)
        claiming.not_their_own(tx, case, step, roles)
    except NotAllowed:
        return False
    return True


def _may_read(tx: Connection, staff: Staff, case: Case, now: datetime) -> bool:
    try:
        claiming.grant_for(tx, staff, Step.READ, case, home_tier(tx, case), now=now)
    except NotAllowed:
        return False
    return True


def _reads(tx: Connection, staff: Staff, case: Case, now: datetime) -> bool:
    """Whether they work on the site's cases: reviews are feedback among readers, not for the township."""
    roles = (Role.READER, Role.VERIFIER, Role.REVIEWER, Role.QUALITY_MANAGER)
    return any(may_act(tx, staff, role, case.site_id, now) for role in roles)


def _priors(ctx: Context[Staff], case: Case) -> Iterator[Prior]:
    """What was found is said at once, so each is a look at that report: who read it here is told when it was wrong."""
    for prior in worklist.prior_cases(ctx.tx, ctx.who, [case], ctx.now)[case.id]:
        standing = versions.valid(ctx.tx, prior.id)
        if standing is not None:
            door.open_report(ctx, standing.id, Action.REPORT_PRIOR)
        yield Prior(
            case=prior,
            study_uids=cases.study_uids(ctx.tx, prior.id),
            impression=standing.content.impression if standing else None,
        )


def _reviews(tx: Connection, case_id: str) -> Iterator[ReviewLine]:
    found = review.of_case(tx, case_id)
    person = tables.person
    rows = tx.execute(sa.select(person.c.id, person.c.name).where(person.c.id.in_({one.reviewer_id for one in found})))
    names = {row.id: row.name for row in rows}
    for one in found:
        yield ReviewLine(review=one, reviewer_name=names[one.reviewer_id])
