"""The desk: one case as one person sees it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.access import blindness, door, prior_reports, priors, visibility
from reading.access.blindness import BlindReading
from reading.access.priors import Link
from reading.actions import Action
from reading.alerts import alert_rows, classes
from reading.alerts.class_list import ResultClass, When
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.history import MoveRow
from reading.cases.identity_moves import Identity
from reading.cases.moves import STEP_OF, UNREAD, SigningRole, State, Step
from reading.checks import sides
from reading.completeness import account, follow_ups, image_set
from reading.completeness.account import Account
from reading.completeness.follow_ups import Confirmation
from reading.consultation import thread
from reading.consultation.consultation_rows import Consultation
from reading.context import Context, without_door
from reading.desk import case_moves, correspondence
from reading.desk.acts import Act, allowed
from reading.desk.clinical_request import ClinicalRequest, request_of
from reading.desk.correspondence import Line
from reading.desk.entries import Entry, entries_of
from reading.desk.other_persons import OtherPerson, other_persons
from reading.desk.unseen import Unseen, unseen
from reading.double_reading import comparisons
from reading.errors import NotThere
from reading.kinds import Role
from reading.orders import matching
from reading.patients import patients
from reading.patients.same_person import Said
from reading.queue import leases
from reading.queue.leases import Lease
from reading.register.grants import may_act
from reading.reports import drafts, issues, versions
from reading.reports.drafts import Draft
from reading.reports.not_shown import NotShown
from reading.reports.seal import said
from reading.reports.versions import ReportVersion
from reading.review import arbitration, review
from reading.review.review import Review
from reading.review.scores import Score, settled
from reading.rules import case_rule
from reading.rules.rule import DoubleReading
from reading.signing.panel import Met, met
from reading.signing.signed_as import signed_as
from reading.viewers import Staff

TO_SIGN: Final = UNREAD | {State.READING}
"""The states in which a report waits for its author, and for the panel before."""


@dataclass(frozen=True, kw_only=True)
class SignedBy:
    """A signature as it is printed under a report."""

    role: SigningRole
    name: str
    title: str
    organisation: str
    signed_at: datetime
    unseen: Unseen
    """What of the images was not on their screen."""
    confirmed_checks: tuple[str, ...] = ()
    """What the checks of the text found and they confirmed."""
    signed_as: str = ""
    """How it is named under the report: by its role; what a resident and their attending signed, as such."""


@dataclass(frozen=True, kw_only=True)
class SignedVersion:
    version: ReportVersion
    number: int | None
    """As people count (`reading.reports.issues`)."""
    signatures: tuple[SignedBy, ...]
    """All signatures that the version rests on; the author's may lie on the version that it supersedes."""


@dataclass(frozen=True, kw_only=True)
class Prior:
    case: Case
    study_uids: tuple[str, ...]
    link: Link
    """How it was found."""
    said: Said
    """Whose it is, as its images say."""
    impression: str | None
    """The impression of the valid version; None where they may see none, or it is not what was signed."""


@dataclass(frozen=True, kw_only=True)
class ReviewLine:
    review: Review
    reviewer_name: str
    score: Score | None
    """The score that counts; None while a third person is to look at it."""


@dataclass(frozen=True, kw_only=True)
class ConfirmationLine:
    confirmation: Confirmation
    unseen: Unseen


@dataclass(frozen=True, kw_only=True)
class Detail:
    entry: Entry
    request: ClinicalRequest
    """Clinical history and purpose of the examination."""
    patient_number: str
    """Of the registered patient, else as the device wrote it."""
    correspondence: tuple[Line, ...]
    """What people wrote to each other about it, the oldest first."""
    lease: Lease | None
    """Their own lease, never another person's."""
    draft: Draft | None
    """Only for the person who holds the case."""
    versions: tuple[SignedVersion, ...]
    readings: tuple[BlindReading, ...]
    """The blind readings that they may see; whose they are, nobody is told before the case is decided."""
    panel: Met | None
    """How far the panel has come that its rule asks for; None where none is asked for or the case is signed."""
    dissent: str = field(repr=False)
    """Why the two who read it found no consensus, for who decides between them; else empty."""
    double_reading: DoubleReading | None
    """What is asked of two readers, where two read it."""
    priors: tuple[Prior, ...]
    alerts: str
    """How the alerts on it stand, for a desk that stands open to compare."""
    image_set: str
    """The digest that a signature has to give back."""
    series: Mapping[str, str]
    """Series Instance UID to the digest of its images; where it is another one, the series is to be looked at anew."""
    to_see: Mapping[str, int]
    """Series UID to the number of its pictures and documents: a signature says of each why it was not on the screen."""
    documents: frozenset[str]
    """SOP Instance UIDs of the documents among them."""
    may_leave_series: bool
    """Whether a series may be left out as not needed, with a reason."""
    allowed: frozenset[Act]
    reviews: tuple[ReviewLine, ...]
    confirmations: tuple[ConfirmationLine, ...]
    """The words of readers that late images change nothing; for those who see reviews."""
    account: Account
    """Which images are missing."""
    other_persons: tuple[OtherPerson, ...]
    """The images that say they are of somebody else."""
    sides_differ: tuple[str, str] | None
    """The side of the orders and another one that the images show; None where these agree or one of them is silent."""
    classes: tuple[ResultClass, ...]
    """The classes that may be flagged, those first that are expected in such an examination."""
    consultations: tuple[Consultation, ...]
    """About the case, the newest first; somebody who is asked sees their own alone."""
    late: int
    """How many pictures came after the report and wait for a reader."""


def detail(ctx: Context[Staff], case_id: str) -> Detail:
    """One case as this person sees it; the look is on record.

    Raises:
        NotThere: no such case, or not one that they may see.

    """
    visible = door.open_reports(ctx, case_id, Action.CASE_OPEN)
    case = cases.by_id(ctx.tx, case_id)
    entry = entries_of(ctx.tx, ctx.who, [case], ctx.now)[0]
    lease = leases.lease_of(ctx.tx, case_id)
    own = lease if lease is not None and lease.person_id == ctx.who.person_id else None
    reads = _reads(ctx.tx, ctx.who, case, ctx.now)
    reviews = tuple(_reviews(ctx.tx, case_id)) if reads else ()
    images = image_set.image_set(ctx.tx, [one.study_uid for one in entry.studies])
    signed = tuple(signed_version(ctx.tx, version) for version in visible)
    confirmed = tuple(_confirmations(ctx.tx, case_id)) if reads else ()
    consulted = thread.of_case(ctx, case_id)
    return Detail(
        entry=entry,
        request=request_of(ctx.tx, case),
        patient_number=_patient_number(ctx.tx, case, entry),
        correspondence=tuple(
            correspondence.of_case(
                ctx,
                case,
                reviews=[(line.review, line.reviewer_name) for line in reviews],
                confirmations=[line.confirmation for line in confirmed],
                consultations=consulted,
                changes=[(one.version, one.signatures[-1].name) for one in signed[1:] if one.signatures],
            )
        ),
        lease=own,
        draft=drafts.of_case(ctx.tx, case_id) if own else None,
        versions=signed,
        readings=tuple(blindness.open_readings(ctx, case)),
        dissent=comparisons.dissent_on(ctx.tx, case_id) if reads and STEP_OF.get(case.state) is Step.ARBITRATE else "",
        panel=met(ctx.tx, case, ctx.who.person_id, ctx.now) if case.state in TO_SIGN else None,
        double_reading=case_rule.double_reading_of(ctx.tx, case),
        priors=tuple(_priors(ctx, case)),
        alerts=_alerts(ctx, case_id),
        image_set=images.digest,
        series=images.series,
        to_see=images.to_see,
        documents=images.documents,
        may_leave_series=case_rule.rule_of(ctx.tx, case).may_leave_series,
        allowed=frozenset(
            allowed(ctx.tx, ctx.who, case, own, visible=visible, reviews=[line.review for line in reviews], now=ctx.now)
        ),
        reviews=reviews,
        confirmations=confirmed,
        account=account.of_case(ctx.tx, case),
        other_persons=other_persons(ctx.tx, case),
        sides_differ=sides.differ(matching.ordered_sides(ctx.tx, case_id), case.laterality),
        classes=_classes(ctx, case),
        consultations=tuple(one.consultation for one in consulted),
        late=len(follow_ups.late_pictures(ctx.tx, case_id)) if entry.follow_up else 0,
    )


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What a desk that stands open compares with its screen; nothing of the person is in it."""

    revision: int
    image_set: str
    priors: tuple[str, ...]
    """The ids of the prior cases that may be shown."""
    alerts: str
    """How the alerts on it stand (`_alerts`)."""


@without_door("It says whether what is on the screen may stay there, and nothing of the person; the look is on record.")
def standing(ctx: Context[Staff], case_id: str) -> Standing:
    """Whether a case that is open at a desk may still be seen, and what has changed of it.

    Raises:
        NotThere: it may not be seen (any longer): it was withheld, or is not theirs.

    """
    if not cases.is_one_of(ctx.tx, case_id, visibility.cases_in_view(ctx.tx, ctx.who, ctx.now)):
        raise NotThere
    case = cases.by_id(ctx.tx, case_id)
    found = priors.prior_cases(ctx.tx, ctx.who, [case], ctx.now)[case_id]
    return Standing(
        revision=case.revision,
        image_set=image_set.image_set(ctx.tx, cases.study_uids(ctx.tx, case_id)).digest,
        priors=tuple(one.id for one in found),
        alerts=_alerts(ctx, case_id),
    )


def _alerts(ctx: Context[Staff], case_id: str) -> str:
    """One text that changes whenever an alert does that this person is told of: climbed, acknowledged, clarified."""
    stand = alert_rows.standing_on_each(ctx.tx, [case_id]).get(case_id, [])
    hidden = blindness.hides_alerts(ctx.tx, ctx.who, [case_id], ctx.now) if stand else frozenset[str]()
    return " ".join(f"{one.id}:{one.state}:{one.level}" for one in stand if one.id not in hidden)


def moves(ctx: Context[Staff], case_id: str) -> Sequence[MoveRow]:
    """The moves of a case, the oldest first.

    Raises:
        NotThere: no such case, or not one that they may see.

    """
    return case_moves.told(ctx, door.open_case(ctx, case_id, Action.CASE_MOVES))


def completeness(ctx: Context[Staff], case_id: str) -> Account:
    """What was announced for a case, what arrived, and what is missing by name.

    Raises:
        NotThere: no such case, or not one that they may see.

    """
    found = door.open_case(ctx, case_id, Action.CASE_COMPLETENESS)
    return account.of_case(ctx.tx, found)


def signed_version(tx: Connection, version: ReportVersion) -> SignedVersion:
    """A version with the signatures that it rests on, as they are printed: by the names that were signed."""
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
        number=issues.number_of(tx, version),
        signatures=tuple(
            SignedBy(
                role=one.role,
                name=str(said(one).get("name", by_id[one.id].name)),
                title=str(said(one).get("title", by_id[one.id].title)),
                organisation=by_id[one.id].organisation,
                signed_at=one.signed_at,
                unseen=unseen(tx, NotShown.from_json(said(one).get("not_shown"))),
                confirmed_checks=tuple(said(one).get("confirmed_checks", ())),
                signed_as=word,
            )
            for one, word in zip(signatures, signed_as(signatures), strict=True)
        ),
    )


def _patient_number(tx: Connection, case: Case, entry: Entry) -> str:
    """Nobody's number stands beside images that may be another's."""
    if case.patient_id is not None and case.identity is not Identity.DIFFERS:
        found = patients.by_id(tx, case.patient_id)
        return found.number if found else ""
    return entry.studies[0].patient_id


def _classes(ctx: Context[Staff], case: Case) -> tuple[ResultClass, ...]:
    listed = classes.in_force(ctx.tx, case.site_id, ctx.now).values()
    flags = [one for one in listed if one.when is When.FLAG]
    return tuple(sorted(flags, key=lambda one: not one.fits(case.modality, case.body_part)))


def _reads(tx: Connection, staff: Staff, case: Case, now: datetime) -> bool:
    """Whether they work on the site's cases: only they see reviews, the township does not."""
    roles = (Role.READER, Role.RESIDENT, Role.VERIFIER, Role.REVIEWER, Role.QUALITY_MANAGER)
    return any(may_act(tx, staff, role, case.site_id, now) for role in roles)


def _priors(ctx: Context[Staff], case: Case) -> Iterator[Prior]:
    """Priors with their impression; each is a look at that report, so that its readers can be notified of an error."""
    for found in priors.priors_of(ctx.tx, ctx.who, case, ctx.now):
        yield Prior(
            case=found.case,
            study_uids=cases.study_uids(ctx.tx, found.case.id),
            link=found.link,
            said=found.said,
            impression=prior_reports.impression(ctx, found.case.id),
        )


def _confirmations(tx: Connection, case_id: str) -> Iterator[ConfirmationLine]:
    for one in follow_ups.confirmations(tx, case_id):
        yield ConfirmationLine(confirmation=one, unseen=unseen(tx, one.not_shown))


def _reviews(tx: Connection, case_id: str) -> Iterator[ReviewLine]:
    found = review.of_case(tx, case_id)
    person = tables.person
    rows = tx.execute(sa.select(person.c.id, person.c.name).where(person.c.id.in_({one.reviewer_id for one in found})))
    names = {row.id: row.name for row in rows}
    arbitrated = arbitration.score_of(tx, [one.id for one in found])
    for one in found:
        score = settled(one.score, arbitrated.get(one.id), awaits=one.awaits_arbitration)
        yield ReviewLine(review=one, reviewer_name=names[one.reviewer_id], score=score)
