"""Attributions: whose a study is and what a person corrected in it, as revisions beside the unchanged bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from reading.errors import Invalid, NotThere, Stale
from reading.patients.names import in_groups
from reading.row_rules import known
from reading.tables import attribution, imaging_order, patient, person
from reading.texts import checked
from storage.database import insert_new
from storage.ids import new_id
from storage.index import journal, queries
from storage.index.part_attributes import keyword_of, uid_of
from storage.index.sides import SIDES as NAMED
from storage.records import Study

KIND: Final = "attribution"
"""Kind of an attribution in the journal."""
SHOWN: Final = {
    "PatientName": "patient_name",
    "PatientID": "patient_id",
    "IssuerOfPatientID": "issuer",
    "PatientBirthDate": "birth_date",
    "PatientSex": "sex",
    "AccessionNumber": "accession_number",
    "StudyDescription": "study_description",
    "ReferringPhysicianName": "referring_physician",
}
"""Attributes of the study (PS3.6 keywords), each with its field in the index."""
OF_THE_SERIES: Final = frozenset({"BodyPartExamined", "Laterality", "ImageLaterality"})
"""Attributes of the series that are corrected for the whole study; the index does not hold them."""
SIDES: Final = frozenset({"Laterality", "ImageLaterality"})
"""Those that are corrected for one series or instance, too (`storage.index.part_attributes`)."""
NOBODY: Final = ""
"""Patient id or order id of a correction that takes the study from its patient or order."""
LONGEST: Final = 64
"""Characters: LO and one component group of PN (PS3.5 6.2)."""
LATERALITY: Final = re.compile(r"[LRBU]?")
"""PS3.3 C.7.3.1 and C.8: left, right, both, unpaired; empty where nobody knows."""
FORMS: Final = {
    "PatientBirthDate": re.compile(r"(\d{8})?", re.ASCII),
    "PatientSex": re.compile(r"[MFO]?"),
    "Laterality": LATERALITY,
    "ImageLaterality": LATERALITY,
}


@dataclass(frozen=True, kw_only=True)
class Revision:
    """A study's attribution since a correction; ``attributes`` are all that were ever corrected, with their values."""

    id: str
    study_uid: str = field(repr=False)
    revision: int
    """From 1; 0 is the study as it came."""
    patient_id: str | None
    order_id: str | None
    attributes: Mapping[str, str] = field(repr=False)
    previous: Mapping[str, str] = field(repr=False)
    """Earlier values of the study's attributes that this revision changed."""
    reason: str = field(repr=False)
    made_by: str | None
    made_at: datetime


def correct(
    tx: Connection,
    study_uid: str,
    attributes: Mapping[str, str],
    *,
    reason: str,
    made_by: str | None,
    now: datetime,
    patient_id: str | None = None,
    order_id: str | None = None,
    seen_revision: int | None = None,
) -> Revision:
    """Correct attributes of a study that the caller has opened; earlier corrections of others stay.

    ``patient_id`` and ``order_id`` say whose it is from now on, None leaves that as it was, `NOBODY` takes it away.
    ``seen_revision`` is the one that the person looked at. The journal keeps the correction, which must survive the
    loss of the index.

    A corrected name goes out in its groups, pinyin and characters (`names.in_groups`).

    Raises:
        NotThere: no such study.
        Invalid: an attribute that is not corrected here, a value that breaks its form, nothing to correct, no reason.
        Stale: somebody corrected it since ``seen_revision``, or in this very moment.

    """
    _check(attributes, reason)
    attributes = {key: in_groups(value) if key == "PatientName" else value for key, value in attributes.items()}
    if not attributes and patient_id is None and order_id is None:
        raise Invalid("attributes", "empty")
    study = queries.study_of(tx, study_uid)
    if study is None:
        raise NotThere
    parts = {uid for key in attributes if (uid := uid_of(key))}
    if parts and not parts <= _parts_of(tx, study_uid):
        raise Invalid("laterality", "unknown")
    latest = current(tx, study_uid)
    if SIDES & attributes.keys():
        # One side for the whole study is that of each of its parts, too.
        side = next(value for key, value in attributes.items() if key in SIDES)
        attributes = (
            dict.fromkeys((key for key in (latest.attributes if latest else {}) if uid_of(key)), side) | attributes
        )
    number = latest.revision if latest else 0
    if seen_revision is not None and seen_revision != number:
        raise Stale(number)
    made = Revision(
        id=new_id(),
        study_uid=study_uid,
        revision=number + 1,
        patient_id=_whose(patient_id, latest.patient_id if latest else None),
        order_id=_whose(order_id, latest.order_id if latest else None),
        attributes={**(latest.attributes if latest else {}), **attributes},
        previous=_previous(study, latest, attributes),
        reason=reason.strip(),
        made_by=made_by,
        made_at=now,
    )
    return _keep(tx, made)


def _keep(tx: Connection, made: Revision) -> Revision:
    """Write a revision, show the study as it says, and write the journal."""
    try:
        with tx.begin_nested():
            tx.execute(
                attribution.insert(),
                {
                    "id": made.id,
                    "study_uid": made.study_uid,
                    "revision": made.revision,
                    "patient_id": made.patient_id,
                    "order_id": made.order_id,
                    "attributes": made.attributes,
                    "previous": made.previous,
                    "reason": made.reason,
                    "made_by": made.made_by,
                    "made_at": made.made_at,
                },
            )
    except IntegrityError as refused:
        overtaking = current(tx, made.study_uid)
        if overtaking is None or overtaking.revision == made.revision - 1:
            raise  # not a race: the patient, the order or the person does not exist
        raise Stale(overtaking.revision) from refused
    queries.show(tx, made.study_uid, made.attributes, made.revision)
    journal.write(tx, KIND, _to_json(made), made.made_at)
    return made


def take_back(
    tx: Connection, study_uid: str, number: int, *, reason: str, made_by: str | None, now: datetime
) -> Revision | None:
    """Take a revision back: what it said is as before it, and what was corrected again since stays so.

    None where there is no such revision.

    Raises:
        Stale: somebody corrected it in this very moment.

    """
    revisions = history(tx, study_uid)
    if not 0 < number <= len(revisions):
        return None
    taken, latest = revisions[number - 1], revisions[-1]
    earlier = revisions[number - 2] if number > 1 else None
    before = earlier.attributes if earlier else {}
    attributes = dict(latest.attributes)
    for keyword, value in taken.attributes.items():
        if before.get(keyword) != value and latest.attributes.get(keyword) == value:
            attributes.pop(keyword)
            attributes |= {keyword: before[keyword]} if keyword in before else {}
    study = queries.study_of(tx, study_uid)
    if study is None:
        return None
    patient_id, order_id = earlier.patient_id if earlier else None, earlier.order_id if earlier else None
    made = Revision(
        id=new_id(),
        study_uid=study_uid,
        revision=latest.revision + 1,
        patient_id=patient_id if latest.patient_id == taken.patient_id else latest.patient_id,
        order_id=order_id if latest.order_id == taken.order_id else latest.order_id,
        attributes=attributes,
        previous=_previous(study, latest, {**latest.attributes, **attributes}),
        reason=reason.strip(),
        made_by=made_by,
        made_at=now,
    )
    return _keep(tx, made)


def replay(tx: Connection, payload: Mapping[str, Any], _now: datetime) -> bool:
    """Make a correction of the journal again; False when its study is not there.

    Who made it, whose it is and for which order is left out where the database does not know them.
    """
    made = {
        **payload,
        "patient_id": known(tx, patient, payload["patient_id"]),
        "order_id": known(tx, imaging_order, payload["order_id"]),
        "made_by": known(tx, person, payload["made_by"]),
        "made_at": datetime.fromisoformat(payload["made_at"]),
    }
    study = queries.study_of(tx, payload["study_uid"])
    if study is None:
        return False
    tx.execute(insert_new(tx, attribution).values(made))
    if payload["revision"] > study.attribution_revision:
        queries.show(tx, payload["study_uid"], payload["attributes"], payload["revision"])
    return True


def _to_json(made: Revision) -> dict[str, Any]:
    return {
        "id": made.id,
        "study_uid": made.study_uid,
        "revision": made.revision,
        "patient_id": made.patient_id,
        "order_id": made.order_id,
        "attributes": dict(made.attributes),
        "previous": dict(made.previous),
        "reason": made.reason,
        "made_by": made.made_by,
        "made_at": made.made_at.isoformat(),
    }


def current(tx: Connection, study_uid: str) -> Revision | None:
    """The latest revision; None when nothing was ever corrected."""
    newest = _of(study_uid).order_by(attribution.c.revision.desc()).limit(1)
    row = tx.execute(newest).one_or_none()
    return None if row is None else _revision(row)


def sides_at(tx: Connection, study_uid: str, number: int) -> dict[str, str]:
    """The sides that had been corrected in revision ``number``, of the study and of its parts; 0 is as it came."""
    said = tx.scalar(
        sa.select(attribution.c.attributes).where(
            attribution.c.study_uid == study_uid, attribution.c.revision == number
        )
    )
    return {key: value for key, value in (said or {}).items() if keyword_of(key) in SIDES}


def names_side(attributes: Mapping[str, str]) -> bool:
    """Whether corrected attributes say a side, of the study or of a part of it; that nobody knows it is none."""
    return any(keyword_of(key) in SIDES and value in NAMED for key, value in attributes.items())


def history(tx: Connection, study_uid: str) -> list[Revision]:
    """Every revision of a study's attribution, the oldest first."""
    return [_revision(row) for row in tx.execute(_of(study_uid).order_by(attribution.c.revision))]


def _parts_of(tx: Connection, study_uid: str) -> set[str]:
    """The UIDs of the series and instances that a study shows, hidden ones too."""
    inside = queries.all_instances_in(tx, study_uid)
    return {uid for one in inside for uid in (one.series_uid, one.sop_instance_uid)}


def _whose(said: str | None, standing: str | None) -> str | None:
    if said == NOBODY:
        return None
    return said or standing


def _check(attributes: Mapping[str, str], reason: str) -> None:
    checked("reason", reason, longest=1000, required=True, lines=True)
    for key, value in attributes.items():
        keyword = keyword_of(key)
        if keyword not in (SIDES if uid_of(key) else SHOWN.keys() | OF_THE_SERIES):
            raise Invalid(keyword, "not_corrected_here")
        for group in value.split("="):
            checked(keyword, group, longest=LONGEST)
        if "\\" in value:
            raise Invalid(keyword, "characters")
        form = FORMS.get(keyword)
        if form is not None and not form.fullmatch(value):
            raise Invalid(keyword, "form")


def _previous(study: Study, latest: Revision | None, attributes: Mapping[str, str]) -> dict[str, str]:
    before = {keyword: str(getattr(study, field_)) for keyword, field_ in SHOWN.items()}
    before |= latest.attributes if latest else {}
    return {keyword: before[keyword] for keyword in attributes if keyword in before}


def _of(study_uid: str) -> sa.Select[tuple[object, ...]]:
    return sa.select(attribution).where(attribution.c.study_uid == study_uid)


def _revision(row: sa.Row[tuple[object, ...]]) -> Revision:
    return Revision(
        id=row.id,
        study_uid=row.study_uid,
        revision=row.revision,
        patient_id=row.patient_id,
        order_id=row.order_id,
        attributes=row.attributes,
        previous=row.previous,
        reason=row.reason,
        made_by=row.made_by,
        made_at=row.made_at,
    )
