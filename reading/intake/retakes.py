"""Retakes: the returned case that images answer by themselves, and those of which a person has to say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.access import priors, visibility
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.identity_moves import Identity
from reading.cases.moves import UNREAD, State
from reading.intake import identity_evidence
from reading.orders import matching
from reading.orders.orders import Order
from reading.patients import patients, persons
from reading.patients.patient_identifiers import never_links
from reading.patients.same_name import Answer
from reading.patients.same_person import compare, said_by
from reading.tables import case as case_table
from reading.tables import case_procedure, case_study
from reading.viewers import Staff
from storage.index import queries
from storage.records import Study
from storage.tables import instance
from storage.tables import study as study_table


class Unproven(StrEnum):
    """Why images that name nobody do not answer a returned case by themselves."""

    NO_ACCESSION = "no_accession"
    """They do not carry the accession number of the order whose examination was returned."""
    OTHER_DEVICE = "other_device"
    """They come from another device than the images that were returned."""


@dataclass(frozen=True, kw_only=True)
class Proposed:
    """A returned case that images without a name may be the retake of."""

    case: Case
    unproven: tuple[Unproven, ...]


def answered(
    tx: Connection, study: Study, *, modality: str, order: Order | None, patient_id: str | None
) -> Case | None:
    """The newest case of this site that waits for a retake of the same person, and that these images answer.

    A number alone joins nothing (DESIGN 5). Without an order or a registered person it is a case with the same number
    and images whose name agrees, with sex or birth date. Of a registered person, or of an order, the images name them;
    those that name nobody answer what was asked for: they carry the accession number of the order whose examination
    was returned, and come from the device that made it.
    """
    same = _of_same(tx, study, order, patient_id)
    if same is None:
        return None
    said, waiting = said_by(study), _returned(tx, study.site_id, modality, same)
    if order is None and patient_id is None:
        return next((one for one in waiting if identity_evidence.agrees_by_number(tx, one.id, said)), None)
    named = patients.by_id(tx, patient_id) if patient_id is not None else None
    if named is not None and compare(said, named).verdict is Answer.AGREES:
        return next(iter(waiting), None)
    return next((one for one in waiting if not _unproven(tx, study, one)), None)


def proposed(tx: Connection, viewer: Staff, case: Case, now: datetime) -> list[Proposed]:
    """The returned cases that an opened case without a name may be the retake of, and why it is not joined by itself.

    Those that ``viewer`` may see.
    """
    if case.identity is not Identity.SILENT or case.patient_id is None or case.state not in UNREAD:
        return []
    study = queries.study_of(tx, cases.study_uids(tx, case.id)[0])
    if study is None:
        return []
    same = case_table.c.patient_id.in_(persons.records_of(case.patient_id)) & (case_table.c.id != case.id)
    waiting = _returned(tx, case.site_id, case.modality, same & visibility.visible_cases(tx, viewer, now))
    return [Proposed(case=one, unproven=tuple(_unproven(tx, study, one))) for one in waiting]


def waiting_for(tx: Connection, viewer: Staff, returned: Case, now: datetime) -> list[Case]:
    """The cases whose images name nobody and may be the retake that an opened, returned case waits for.

    The newest first; those that ``viewer`` may see.
    """
    if returned.state is not State.RETURNED or returned.patient_id is None:
        return []
    silent = sa.select(case_table).where(
        visibility.visible_cases(tx, viewer, now),
        case_table.c.site_id == returned.site_id,
        case_table.c.patient_id.in_(persons.records_of(returned.patient_id)),
        case_table.c.modality == returned.modality,
        case_table.c.identity == Identity.SILENT,
        case_table.c.state.in_(UNREAD),
        case_table.c.received_at > returned.received_at,
    )
    rows = tx.execute(silent.order_by(case_table.c.received_at.desc()))
    return [cases.from_row(row) for row in rows]


def _of_same(
    tx: Connection, study: Study, order: Order | None, patient_id: str | None
) -> sa.ColumnElement[bool] | None:
    """The condition on ``case`` for those of the order, else of the person, else of the same number of a device."""
    if order is not None:
        ids = [one.id for one in order.procedures]
        joined = case_procedure.c
        return sa.exists().where(joined.case_id == case_table.c.id, joined.procedure_id.in_(ids))
    if patient_id is not None:
        return case_table.c.patient_id.in_(persons.records_of(patient_id))
    if not _is_somebodys(tx, study):
        return None
    return (
        sa.exists()
        .where(case_study.c.case_id == case_table.c.id)
        .where(study_table.c.study_uid == case_study.c.study_uid)
        .where(study_table.c.received_patient_id == study.received_patient_id)
        .where(study_table.c.received_issuer == study.received_issuer)
    )


def _returned(tx: Connection, site_id: str, modality: str, same: sa.ColumnElement[bool]) -> Sequence[Case]:
    rows = tx.execute(
        sa.select(case_table)
        .where(
            case_table.c.site_id == site_id,
            case_table.c.state == State.RETURNED,
            case_table.c.modality == modality,
            same,
        )
        .order_by(case_table.c.received_at.desc())
    )
    return [cases.from_row(row) for row in rows]


def _is_somebodys(tx: Connection, study: Study) -> bool:
    """Whether the number that a study came with can be one person's: neither a placeholder nor a device's default."""
    number = (study.received_patient_id, study.received_issuer)
    return not never_links(study.received_patient_id) and bool(priors.of_one_person(tx, {number}))


def _unproven(tx: Connection, study: Study, returned: Case) -> list[Unproven]:
    order, lacking = matching.order_of(tx, returned.id), list[Unproven]()
    number = study.accession_number.strip()
    if order is None or not number or number != order.accession_number:
        lacking.append(Unproven.NO_ACCESSION)
    if not _devices(tx, [study.study_uid]) <= _devices(tx, cases.study_uids(tx, returned.id)):
        lacking.append(Unproven.OTHER_DEVICE)
    return lacking


def _devices(tx: Connection, study_uids: Sequence[str]) -> set[str]:
    """The devices that sent what is shown of these studies."""
    asked = sa.select(instance.c.device_id).where(instance.c.study_uid.in_(study_uids), instance.c.hidden.is_(False))
    return set(tx.scalars(asked.distinct()))
