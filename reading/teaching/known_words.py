"""Gathers the words by which the person of a case, everybody at work and every organisation are known here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.cases import cases
from reading.cases.cases import Case
from reading.context import Context, without_door
from reading.dicom_dates import parse_date
from reading.patients import patient_identifiers, persons
from reading.patients.keys import Keys
from reading.patients.names import person_name
from reading.reports.versions import ReportVersion
from reading.tables import imaging_order, organisation, patient, patient_change, person
from reading.teaching.identity_words import Kind, Known, spellings_of_a_day
from reading.telephones import numbers
from reading.viewers import Staff
from storage.tables import study

_OF_A_STUDY: Final = {
    "patient_name": Kind.NAME,
    "patient_id": Kind.NUMBER,
    "study_id": Kind.NUMBER,
    "accession_number": Kind.ACCESSION,
    "birth_date": Kind.BIRTH_DATE,
    "referring_physician": Kind.STAFF,
}


@without_door("The act that makes or changes an entry has opened the case; what it finds is compared and not shown.")
def of_case(ctx: Context[Staff], keys: Keys, case: Case, version: ReportVersion) -> tuple[Known, ...]:
    """Every word by which somebody is known who has to do with a case, and all staff and organisations."""
    return tuple(dict.fromkeys((*of_person(ctx, keys, case, version), *_said(everybody(ctx.tx)))))


@without_door("The act that compares them has opened the case, or shows nothing of it.")
def of_person(ctx: Context[Staff], keys: Keys, case: Case, version: ReportVersion) -> tuple[Known, ...]:
    """Every word by which the person of a case and its examination are known."""
    found: list[Known] = []
    for record in persons.record_ids(ctx.tx, case.patient_id) if case.patient_id else ():
        found += _of_record(ctx, keys, record)
    uids = cases.study_uids(ctx.tx, case.id)
    for row in ctx.tx.execute(sa.select(study).where(study.c.study_uid.in_(uids))):
        found += _of_study({column: getattr(row, column) for column in _OF_A_STUDY})
        found += _of_study(row.received)
        found.append(Known(kind=Kind.NUMBER, word=row.study_uid))
    for signed in version.identity.get("studies", ()):
        found += _of_study(signed)
    return tuple(dict.fromkeys(_said(found)))


def _said(found: Iterable[Known]) -> Iterator[Known]:
    return (one for one in found if one.word.strip())


def _of_record(ctx: Context[Staff], keys: Keys, record: str) -> Iterator[Known]:
    tx = ctx.tx
    row = tx.execute(sa.select(patient).where(patient.c.id == record)).one()
    yield from _name(row.name)
    for spelled in (row.pinyin_joined, row.pinyin_turned):
        yield Known(kind=Kind.NAME, word=spelled)
    yield Known(kind=Kind.NUMBER, word=row.number)
    yield Known(kind=Kind.TELEPHONE, word=row.telephone)
    if row.birth_date is not None:
        yield from _day(row.birth_date)
    for held in patient_identifiers.of_patient(tx, keys, record, ctx.now):
        yield Known(kind=Kind.NUMBER, word=held.value)
        yield from _name(held.holder_name)
    verified = numbers.of_person(tx, keys, record)
    if verified is not None:
        yield Known(kind=Kind.TELEPHONE, word=verified.number)
    for before in tx.scalars(sa.select(patient_change.c.before).where(patient_change.c.patient_id == record)):
        yield from _name(str(before.get("name") or ""))
        yield Known(kind=Kind.TELEPHONE, word=str(before.get("telephone") or ""))
    for number in tx.scalars(sa.select(imaging_order.c.accession_number).where(imaging_order.c.patient_id == record)):
        yield Known(kind=Kind.ACCESSION, word=number)


def _of_study(said: Mapping[str, Any]) -> Iterator[Known]:
    """The words of a study, as it is shown, as it came or as it was signed."""
    for column, kind in _OF_A_STUDY.items():
        value = str(said.get(column) or "")
        if kind is Kind.BIRTH_DATE:
            day = parse_date(value)
            yield from _day(day) if day is not None else ()
        elif column in {"patient_name", "referring_physician"}:
            yield from _name(value, kind)
        else:
            yield Known(kind=kind, word=value)


def _name(said: str, kind: Kind = Kind.NAME) -> Iterator[Known]:
    """A name as a whole, in each way it is written; of a person also its Latin parts of three letters and more."""
    for group in (*said.split("="), person_name(said)):
        yield Known(kind=kind, word=group)
        parts = group.replace("^", " ").split()
        yield Known(kind=kind, word="".join(reversed(parts)))
        if kind is Kind.NAME:
            yield from (Known(kind=kind, word=part) for part in parts if len(part) > 2 and part.isascii())


def _day(day: date) -> Iterator[Known]:
    for spelling in (day.isoformat(), *spellings_of_a_day(day)):
        yield Known(kind=Kind.BIRTH_DATE, word=spelling)


def everybody(tx: Connection) -> Iterator[Known]:
    for name in tx.scalars(sa.select(person.c.name)):
        yield Known(kind=Kind.STAFF, word=name)
    for name in tx.scalars(sa.select(organisation.c.name)):
        yield Known(kind=Kind.ORGANISATION, word=name)
