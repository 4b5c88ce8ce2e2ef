"""Putting studies right: what is wrong in their attributes is corrected, and somebody says whose images they are."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from sqlalchemy.engine import Connection

from reading.access import door
from reading.actions import Action
from reading.cases import cases
from reading.cases.cases import Case
from reading.context import Context, without_door
from reading.errors import Invalid, NotAllowed, NotThere
from reading.intake import correction, identity_evidence
from reading.intake.identity import accept
from reading.intake.study_content import sides_in
from reading.orders.registration import CardHolder, find_or_register
from reading.patients import attribution
from reading.patients.attribution import Revision
from reading.patients.keys import Keys
from reading.patients.names import corrected_name, in_groups, person_name
from reading.patients.patients import Patient
from reading.reports import versions
from reading.texts import checked
from reading.viewers import Staff
from storage.index import queries
from storage.index.part_attributes import key_of
from storage.records import Study

FEWEST: Final = 4
"""Letters or characters of a reason why images that name somebody else altogether are a person's all the same."""


class Reason(StrEnum):
    """Why a study was corrected where no person says so in words of their own; pages put it in the reader's language.

    Corrections from before these words hold a sentence instead, as do those that a person gives a reason for.
    """

    LINKED = "linked"
    """The card was checked at the counter."""
    LINKED_NAMES_DIFFER = "linked_names_differ"
    """The same, and the images name somebody else: it is one person all the same."""
    LINKED_WITHOUT_PAPERS = "linked_without_papers"
    """Nobody had a card to check."""
    MATCHED = "matched"
    """The images answer an order."""
    MATCHED_NAMES_DIFFER = "matched_names_differ"
    PARTED = "parted"
    """They do not answer it after all."""


def correct_study(
    ctx: Context[Staff],
    study_uid: str,
    attributes: Mapping[str, str],
    *,
    patient_number: str | None,
    reason: str,
    seen: int | None = None,
) -> Revision:
    """Correct a study; ``patient_number`` says whose it is from now on, None leaves that as it was.

    ``seen`` is the revision of its attribution that the person looked at, as in `attribution.correct`.

    Raises:
        Stale: it was corrected since ``seen``.
        NotThere: no such study, or not one that they may see.
        NotAllowed: they have no part in the site's work, or a report that stands has to be withheld first.
        Invalid: an attribute that is not corrected here, a value that breaks its form, a name in two spellings;
            or the number is nobody's whom they see, or whose card they had at the counter today.

    """
    study = door.open_study(ctx, study_uid, Action.STUDY_CORRECT)
    if not correction.may_correct(ctx.tx, ctx.who, study.site_id, ctx.now):
        raise NotAllowed("no_role_for_this_step")
    if "PatientName" in attributes:
        attributes = {**attributes, "PatientName": corrected_name(attributes["PatientName"])}
    patient_id = None if patient_number is None else _patient_of(ctx, patient_number)
    return correction.correct(ctx, study_uid, attributes, patient_id=patient_id, reason=reason, seen_revision=seen)


def correct_case(
    ctx: Context[Staff],
    case_id: str,
    attributes: Mapping[str, str],
    *,
    reason: str,
    sides: Mapping[str, str] | None = None,
    seen: int | None = None,
) -> None:
    """Correct all studies of a case; of ``attributes`` those that say what is shown already are left out.

    ``sides`` are those of single series by their UID, where the examination shows more than one.

    Raises:
        NotThere: no such case, or not one that they may see.
        Stale: the case has changed since its revision ``seen``.
        NotAllowed: they have no part in the site's work, or a report that stands has to be withheld first.
        Invalid: nothing was changed, the name was taken out or is in two spellings, or a value breaks its form; one
            side for both.

    """
    door.open_case(ctx, case_id, Action.CASE_OPEN)
    before = shown_attributes(ctx.tx, cases.lock(ctx.tx, case_id, seen=seen))
    changed = {keyword: value for keyword, value in attributes.items() if value != before[keyword]}
    if in_groups(changed.get("PatientName", before["PatientName"])) == in_groups(before["PatientName"]):
        changed.pop("PatientName", None)
    if not changed.get("PatientName", "-"):
        raise Invalid("name", "empty")
    if "PatientName" in changed:
        changed["PatientName"] = corrected_name(changed["PatientName"])
    study_uids = cases.study_uids(ctx.tx, case_id)
    of_series = {uid: _changed_sides(ctx.tx, uid, sides or {}) for uid in study_uids}
    if not changed and not any(of_series.values()):
        raise Invalid("attributes", "unchanged")
    for study_uid in study_uids:
        if changed or of_series[study_uid]:
            correction.correct(ctx, study_uid, {**changed, **of_series[study_uid]}, patient_id=None, reason=reason)


def _changed_sides(tx: Connection, study_uid: str, sides: Mapping[str, str]) -> dict[str, str]:
    shown = sides_in(tx, study_uid)
    return {key_of("Laterality", uid): side for uid, side in sides.items() if shown.get(uid, side) != side}


def _patient_of(ctx: Context[Staff], number: str) -> str:
    try:
        return door.open_numbered_patient(ctx, number, Action.PATIENT_NAME).id
    except NotThere:
        raise Invalid("patient_number", "unknown") from None


def shown_attributes(tx: Connection, case: Case) -> dict[str, str]:
    """What is shown of a case now, by the keyword that corrects it; of a case that the caller has opened."""
    study = queries.study_of(tx, cases.study_uids(tx, case.id)[0])
    assert study is not None  # noqa: S101 -- a case has its studies
    return {
        "PatientName": study.patient_name,
        "PatientSex": study.sex,
        "PatientBirthDate": study.birth_date,
        "BodyPartExamined": case.body_part,
        "Laterality": case.laterality or _odd_side(tx, study),
    }


def _odd_side(tx: Connection, study: Study) -> str:
    """The side that the images name in a word that no case has (LEFT, U), as it is; corrected, it is the correction."""
    made = attribution.current(tx, study.study_uid)
    if made is not None and "Laterality" in made.attributes:
        return made.attributes["Laterality"]
    series = queries.all_series_in(tx, study.study_uid)
    return next((one.laterality for one in series if one.laterality and one.instances), "")


@without_door("A part of an act that has opened the case.")
def told(ctx: Context[Staff], case: Case, patient: Patient, why: str) -> str:
    """What somebody says about images that they take for a patient's; empty where nothing has to be said.

    Raises:
        Invalid: name and sex or birth date differ, and there are no words that say why it is one person all the same.

    """
    if not identity_evidence.another_person(ctx.tx, case.id, patient):
        return ""
    said = checked("why", why, longest=1000, lines=True)
    if sum(character.isalnum() for character in said) < FEWEST:
        raise Invalid("why", "another_person")
    return said


def link(
    ctx: Context[Staff],
    keys: Keys,
    case_id: str,
    holder: CardHolder,
    *,
    same_person: bool,
    why: str = "",
    seen: int | None = None,
) -> None:
    """Say whose images a case holds; a study that came without a name takes the patient's, while nothing is signed.

    Raises:
        NotThere: no such case, or not one that they may see.
        Stale: the case has changed since its revision ``seen``.
        NotAllowed: as `correct_case`.
        Invalid: the card breaks its form; or the images name another person, and nobody says that it is one all the
            same (``same_person``), or not ``why`` where sex or birth date differ besides the name.

    """
    door.open_case(ctx, case_id, Action.CASE_OPEN)
    case = cases.lock(ctx.tx, case_id, seen=seen)
    patient = find_or_register(ctx, keys, holder, case.site_id)
    studies = [(uid, queries.study_of(ctx.tx, uid)) for uid in cases.study_uids(ctx.tx, case_id)]
    said = told(ctx, case, patient, why)
    if not same_person and identity_evidence.contradicted(ctx.tx, case_id, patient):
        raise Invalid("same_person", "required")
    reason = Reason.LINKED if holder.kind else Reason.LINKED_WITHOUT_PAPERS
    if same_person:
        reason = Reason.LINKED_NAMES_DIFFER
    accept(ctx, case, patient, order_id=None, reason=said or reason)
    unsigned = versions.current(ctx.tx, case_id) is None
    for study_uid, study in studies:
        nameless = study is not None and not person_name(study.patient_name)
        correction.correct(
            ctx,
            study_uid,
            identity(patient) if nameless and unsigned else {},
            patient_id=patient.id,
            reason=reason,
        )


def identity(patient: Patient) -> dict[str, str]:
    """The attributes of a study that say who a patient is, by keyword; without what is not known."""
    born = patient.birth_date.strftime("%Y%m%d") if patient.birth_date else ""
    known = {"PatientName": patient.name, "PatientBirthDate": born, "PatientSex": patient.sex}
    return {keyword: str(value) for keyword, value in known.items() if value}
