"""The correction of a study, and the case that follows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy.engine import Connection

from reading.actions import Action
from reading.cases import cases
from reading.cases.cases import Case
from reading.context import Context, without_door
from reading.errors import Invalid, NotAllowed
from reading.intake import identity
from reading.intake.study_content import sides_in
from reading.patients import attribution, patient_identifiers, patients, persons
from reading.patients.attribution import OF_THE_SERIES, Revision
from reading.patients.same_person import Fact, compare, said_by
from reading.reports import versions
from reading.rules import case_rule
from reading.signing import basis
from reading.viewers import Staff
from storage.index import queries
from storage.index.part_attributes import keyword_of, uid_of
from storage.index.sides import SIDES, side_of

LOCKED: Final = {Fact.SEX: "PatientSex", Fact.BIRTH_DATE: "PatientBirthDate"}
"""Facts that an identity card's number says of its owner, and the attributes that say them of a study."""


def may_correct(tx: Connection, staff: Staff, site_id: str, now: datetime) -> bool:
    """Whether they correct studies of a site: they work there, or manage its quality."""
    return identity.grant_of(tx, staff, site_id, now) is not None


@without_door("A part of a correction, whose act has opened the study or its case.")
def correct(
    ctx: Context[Staff],
    study_uid: str,
    attributes: Mapping[str, str],
    *,
    patient_id: str | None,
    reason: str,
    order_id: str | None = None,
    unlinked: bool = False,
    seen_revision: int | None = None,
) -> Revision:
    """Correct a study for an act that has opened it or its case; the case follows (`follow_attribution`).

    ``patient_id``, ``order_id`` and ``seen_revision`` as in `reading.patients.attribution.correct`.

    Raises:
        NotThere: no such study.
        Stale: it was corrected since ``seen_revision``.
        NotAllowed: as `follow_attribution`.
        Invalid: an attribute that is not corrected here, or a value that breaks its form; or sex or birth date
            contradict the identity card of the patient whose name the study says; or one side is said of both.

    """
    found = cases.of_study(ctx.tx, study_uid)
    if found is not None:
        cases.lock(ctx.tx, found.id)  # before its study, as whoever withholds, hides or moves its images
    _not_both_sides(ctx.tx, study_uid, attributes)
    made = attribution.correct(
        ctx.tx,
        study_uid,
        attributes,
        reason=reason,
        made_by=ctx.who.person_id,
        now=ctx.now,
        patient_id=patient_id,
        order_id=order_id,
        seen_revision=seen_revision,
    )
    _not_against_the_card(ctx, study_uid, attributes)
    follow_attribution(ctx, study_uid, unlinked=unlinked)
    ctx.record(
        action=Action.STUDY_CORRECT,
        subject_kind="study",
        subject_id=study_uid,
        details={"revision": made.revision},
    )
    return made


def _not_against_the_card(ctx: Context[Staff], study_uid: str, attributes: Mapping[str, str]) -> None:
    """Whoever goes by the linked patient's name has the sex and the birth date of the patient's identity card.

    Under another name it is another person, and the case is held (`identity.judge`).

    Raises:
        Invalid: ``attributes``, which were just written, say otherwise.

    """
    found, study = cases.of_study(ctx.tx, study_uid), queries.study_of(ctx.tx, study_uid)
    made = attribution.current(ctx.tx, study_uid)
    patient_id = (made.patient_id if made else None) or (found.patient_id if found else None)
    patient = patients.by_id(ctx.tx, patient_id) if patient_id else None
    if patient is None or study is None:
        return
    differing = compare(said_by(study), patient).differing
    wrong = next((fact for fact, keyword in LOCKED.items() if fact in differing and keyword in attributes), None)
    if wrong is None or Fact.NAME in differing:
        return
    if patient_identifiers.owns_identity_card(ctx.tx, persons.record_ids(ctx.tx, patient.id), ctx.now):
        raise Invalid(wrong, "patients_card_says_otherwise")


@without_door("A part of the correction, whose act has opened the study.")
def follow_attribution(ctx: Context[Staff], study_uid: str, *, unlinked: bool = False) -> Case | None:
    """Bring the case of a study up to its attribution: whose it is, which part of the body and which side it shows.

    To be called in the transaction of `attribution.correct`; None for a study without a case. An attribution that
    names nobody leaves the case with its patient, unless it was ``unlinked``.

    Raises:
        NotAllowed: they neither work at the site nor manage it; or a valid report says otherwise, which has
            to be withheld first.

    """
    found, made = cases.of_study(ctx.tx, study_uid), attribution.current(ctx.tx, study_uid)
    if found is None or made is None:
        return None
    before = case = cases.lock(ctx.tx, found.id)
    if not may_correct(ctx.tx, ctx.who, case.site_id, ctx.now):
        raise NotAllowed("no_role_for_this_step")
    patient_id = made.patient_id or (None if unlinked else case.patient_id)
    standing = versions.current(ctx.tx, case.id)
    if standing is not None:
        of_series = bool(OF_THE_SERIES & {keyword_of(key) for key in made.attributes})
        named = case.patient_id is not None and patient_id != case.patient_id
        if named or _printed(standing.identity) != _printed(basis.identity(ctx.tx, case)) or of_series:
            raise NotAllowed("withhold_first")
    case = case_rule.retriage(
        ctx.tx,
        cases.change(ctx.tx, case, patient_id=patient_id),
        body_part=made.attributes.get("BodyPartExamined", case.body_part),
        laterality=_corrected_side(ctx.tx, study_uid, made.attributes, case.laterality),
    )
    ctx.record(action=Action.CASE_ATTRIBUTE, subject_kind="case", subject_id=case.id)
    return identity.judge(ctx, case.id, before=before)


def _printed(identity: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The identity as a reader of the report sees it: linking a patient of ours changes none of it."""
    unprinted = {"attribution_revision"}
    return [{key: value for key, value in one.items() if key not in unprinted} for one in identity["studies"]]


def _corrected_side(tx: Connection, study_uid: str, attributes: Mapping[str, str], standing: str) -> str:
    if any(uid_of(key) for key in attributes):
        return side_of(sides_in(tx, study_uid).values())
    named = attributes.get("Laterality", attributes.get("ImageLaterality", standing))
    return named if named in SIDES else ""


def _not_both_sides(tx: Connection, study_uid: str, attributes: Mapping[str, str]) -> None:
    """Raises: Invalid, where one side would be said of a study that shows both."""
    named = {attributes[key] for key in attribution.SIDES & attributes.keys()}
    if named - {"B"} and {"L", "R"} <= set(sides_in(tx, study_uid).values()):
        raise Invalid("laterality", "both_sides")
