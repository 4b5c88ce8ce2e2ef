"""A case is matched to the order that it answers, and parted from it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reading.access import door
from reading.actions import Action
from reading.cases import cases
from reading.context import Context
from reading.errors import Invalid, NotAllowed, NotThere
from reading.intake import correction, identity_evidence, intake, putting_right
from reading.intake.identity import accept, part_from
from reading.intake.putting_right import Reason, identity
from reading.orders import matching, progress
from reading.orders.matching import Proposal
from reading.patients import attribution
from reading.patients.keys import Keys
from reading.patients.names import person_name
from reading.reports import versions
from reading.signing import order_join
from reading.viewers import Staff
from storage.index import queries


def candidates(ctx: Context[Staff], case_id: str, *, text: str = "", chosen: str = "") -> list[Proposal]:
    """The orders of its site that a case may answer: proposed, or sought by ``text``; ``chosen`` stands first.

    They name people whom the case is not of, so whoever reads for a site and has no part in its work is shown none.

    Raises:
        NotThere: no such case, or not one that they may see.
        NotAllowed: they neither work at the site nor manage it.
        Invalid: as `matching.sought`.

    """
    case = door.open_case(ctx, case_id, Action.CASE_OPEN)
    if not correction.may_correct(ctx.tx, ctx.who, case.site_id, ctx.now):
        raise NotAllowed("no_role_for_this_step")
    door.open_list(ctx, Action.ORDER_LIST)
    found = matching.sought(ctx.tx, case, text) if text.strip() else matching.proposals(ctx.tx, case)
    wanted = chosen and chosen not in {one.order.id for one in found}
    first = matching.proposal(ctx.tx, case, chosen) if wanted else None
    return found if first is None else [first, *found]


def match(
    ctx: Context[Staff], case_id: str, order_id: str, *, same_person: bool, why: str = "", seen: int | None = None
) -> None:
    """Say that a case answers an order; what its images leave open is filled in while nothing is signed.

    Raises:
        NotThere: no such case, or not one that they may see.
        Stale: the case has changed since its revision ``seen``.
        NotAllowed: they have no part in the site's work, or a report that stands has to be withheld first.
        Invalid: the case's site has no such order that misses images; the case answers one already; or its images name
            another person, and nobody says that it is one all the same (``same_person``), or not ``why`` where sex or
            birth date differ besides the name.

    """
    door.open_case(ctx, case_id, Action.CASE_OPEN)
    case = cases.lock(ctx.tx, case_id, seen=seen)
    progress.lock(ctx.tx, order_id)  # before it is asked whether it misses images: another case may be matched to it
    found = matching.proposal(ctx.tx, case, order_id)
    if found is None:
        raise Invalid("order", "required")
    if matching.order_of(ctx.tx, case_id) is not None:
        raise Invalid("order", "taken")
    order, patient = found.order, found.patient
    said = putting_right.told(ctx, case, patient, why)
    if not same_person and identity_evidence.names_another(ctx.tx, case, patient):
        raise Invalid("same_person", "order")
    reason = Reason.MATCHED_NAMES_DIFFER if same_person else Reason.MATCHED
    accept(ctx, case, patient, order_id=order.id, reason=said or reason)
    unsigned = versions.current(ctx.tx, case_id) is None
    for study_uid in cases.study_uids(ctx.tx, case_id):
        study = queries.study_of(ctx.tx, study_uid)
        filled: dict[str, str] = {}
        if study is not None and unsigned:
            filled = {} if person_name(study.patient_name) else identity(patient)
            filled |= {} if study.accession_number.strip() else {"AccessionNumber": order.accession_number}
        correction.correct(
            ctx,
            study_uid,
            filled,
            patient_id=patient.id,
            order_id=order.id,
            reason=reason,
        )
    order_join.join(ctx, cases.lock(ctx.tx, case_id), order)


def part(ctx: Context[Staff], keys: Keys, case_id: str, *, seen: int | None = None) -> None:
    """Take a match back: the patient of the images, and what was filled in with the match, is as it was before.

    Raises:
        NotThere: no such case, not one that they may see, or it answers no order.
        Stale, NotAllowed: as `match`.

    """
    door.open_case(ctx, case_id, Action.CASE_OPEN)
    cases.lock(ctx.tx, case_id, seen=seen)
    order = matching.order_of(ctx.tx, case_id)
    if order is None:
        raise NotThere
    part_from(ctx, case_id, reason=Reason.PARTED)
    for study_uid in cases.study_uids(ctx.tx, case_id):
        before = _before_match(ctx, keys, study_uid, order.id)
        correction.correct(
            ctx,
            study_uid,
            before.attributes,
            patient_id=before.patient_id or attribution.NOBODY,
            order_id=attribution.NOBODY,
            reason=Reason.PARTED,
            unlinked=True,
        )
    order_join.part(ctx, case_id, order)


@dataclass(frozen=True, kw_only=True)
class _Before:
    patient_id: str | None
    attributes: Mapping[str, str] = field(repr=False)


def _before_match(ctx: Context[Staff], keys: Keys, study_uid: str, order_id: str) -> _Before:
    """What held before a study was given to an order; where its own number found the order, what that number says."""
    revisions = attribution.history(ctx.tx, study_uid)
    at = len(revisions)
    while at and revisions[at - 1].order_id == order_id:
        at -= 1
    study = queries.study_of(ctx.tx, study_uid)
    known = intake.known_by_number(ctx.tx, keys, study, ctx.now) if study is not None else None
    by_number = known.id if known else None
    if at == len(revisions):
        return _Before(patient_id=by_number, attributes={})
    matched, latest = revisions[at], revisions[-1]
    earlier = revisions[at - 1].patient_id if at else None
    # What was corrected again since stays as it was corrected.
    filled = {
        keyword: previous
        for keyword, previous in matched.previous.items()
        if latest.attributes.get(keyword) == matched.attributes.get(keyword)
    }
    return _Before(patient_id=earlier or by_number, attributes=filled)
