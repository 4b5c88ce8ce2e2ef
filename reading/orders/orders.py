"""Orders: examinations to be made, whose procedures each have the Study Instance UID that their images will carry."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import identifiers
from reading.cases.accession import spellings
from reading.errors import Invalid
from reading.kinds import Priority
from reading.orders.order_state import OrderState
from reading.orders.terms import LATERALITIES, MODALITIES
from reading.patients import crockford, patients, persons
from reading.patients.name_search import named
from reading.register import devices, organisations, people
from reading.row_rules import taken_as
from reading.tables import imaging_order, patient, procedure
from reading.texts import checked, plain
from storage.ids import new_id

MOST_PROCEDURES: Final = 20
MOST_OF_A_DAY: Final = 100


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A part of the body to be examined."""

    body_part: str
    laterality: str = ""
    """L, R, B or empty."""


@dataclass(frozen=True, kw_only=True)
class Procedure:
    """One part of the body to be examined, and the Study Instance UID that its images will carry."""

    id: str
    body_part: str
    laterality: str
    study_uid: str = field(repr=False)
    state: OrderState = OrderState.PLACED

    @property
    def step_id(self) -> str:
        """Scheduled Procedure Step ID, at most 16 characters (PS3.5 6.2, SH): the random part of the id."""
        return self.id[-16:]


@dataclass(frozen=True, kw_only=True)
class Order:
    """An examination of a patient at a site."""

    id: str
    site_id: str
    patient_id: str
    accession_number: str = field(repr=False)
    modality: str
    priority: Priority
    reason: str = field(repr=False)
    state: OrderState
    scheduled_at: datetime
    ordered_by: str | None
    created_at: datetime
    procedures: tuple[Procedure, ...]
    revision: int
    device_id: str | None = None
    """The device that is to make it; None: any of the site."""
    department: str = ""
    """The department that asks for it."""
    contrast: bool | None = None
    """Whether it is to be made with a contrast agent; None: not said."""


def place(
    tx: Connection,
    *,
    site_id: str,
    patient_id: str,
    modality: str,
    priority: Priority,
    procedures: Sequence[Asked],
    reason: str,
    ordered_by: str | None,
    now: datetime,
    scheduled_at: datetime | None = None,
    accession_number: str | None = None,
    device_id: str | None = None,
    department: str = "",
    contrast: bool | None = None,
) -> Order:
    """A new order; the accession number is ours unless the site's own system gave one.

    Raises:
        Invalid: a field breaks its form, the accession number is taken at this site, no such site, patient or person,
            the station is none of the site's.

    """
    site = organisations.by_id(tx, site_id)
    if site is None or site.until is not None:
        raise Invalid("site", "unknown")
    if patients.by_id(tx, patient_id) is None:
        raise Invalid("patient", "unknown")
    if ordered_by is not None and people.by_id(tx, ordered_by) is None:
        raise Invalid("ordered_by", "unknown")
    if device_id is not None:
        station = devices.by_id(tx, device_id)
        if station is None or station.site_id != site_id or station.until is not None:
            raise Invalid("station", "unknown")
    _check(modality, procedures)
    if accession_number is not None:
        problem = identifiers.accession_number(accession_number)
        if problem is not None:
            raise Invalid("accession_number", problem)
    made = Order(
        id=new_id(),
        site_id=site_id,
        patient_id=patient_id,
        accession_number=accession_number or _free_accession_number(tx, site, now),
        modality=modality,
        priority=priority,
        reason=checked("reason", reason, longest=1000, lines=True),
        state=OrderState.PLACED,
        scheduled_at=scheduled_at or now,
        ordered_by=ordered_by,
        created_at=now,
        procedures=tuple(
            Procedure(id=new_id(), body_part=one.body_part, laterality=one.laterality, study_uid=new_study_uid())
            for one in procedures
        ),
        revision=1,
        device_id=device_id,
        department=checked("department", department, longest=60),
        contrast=contrast,
    )
    with taken_as(tx, "accession_number"):
        tx.execute(
            imaging_order.insert(),
            {
                "id": made.id,
                "site_id": made.site_id,
                "patient_id": made.patient_id,
                "accession_number": made.accession_number,
                "modality": made.modality,
                "priority": made.priority,
                "reason": made.reason,
                "state": made.state,
                "scheduled_at": made.scheduled_at,
                "ordered_by": made.ordered_by,
                "created_at": made.created_at,
                "device_id": made.device_id,
                "department": made.department,
                "contrast": made.contrast,
            },
        )
    for one in made.procedures:
        tx.execute(
            procedure.insert(),
            {
                "id": one.id,
                "order_id": made.id,
                "body_part": one.body_part,
                "laterality": one.laterality,
                "study_uid": one.study_uid,
            },
        )
    return made


def by_id(tx: Connection, order_id: str) -> Order | None:
    return _first(tx, imaging_order.c.id == order_id)


def by_ids(tx: Connection, order_ids: Collection[str]) -> dict[str, Order]:
    """These orders by id, of those that there are."""
    found = _orders(tx, imaging_order.c.id.in_(order_ids), len(order_ids)) if order_ids else []
    return {one.id: one for one in found}


def by_accession(tx: Connection, site_id: str, accession_number: str) -> Order | None:
    """The order of a site by its accession number; two sites may use the same number."""
    return _first(
        tx, (imaging_order.c.site_id == site_id) & (imaging_order.c.accession_number == accession_number.strip(" "))
    )


def by_study(tx: Connection, study_uid: str) -> Order | None:
    """The order that a Study Instance UID was made for."""
    return _first(tx, imaging_order.c.id.in_(sa.select(procedure.c.order_id).where(procedure.c.study_uid == study_uid)))


def of_procedures(tx: Connection, procedure_ids: Collection[str]) -> dict[str, list[str]]:
    """Each order's procedures among these, sorted by id so that rows are always locked in one order."""
    asked = sa.select(procedure.c.order_id, procedure.c.id).where(procedure.c.id.in_(procedure_ids))
    found: dict[str, list[str]] = {}
    for row in tx.execute(asked.order_by(procedure.c.order_id, procedure.c.id)):
        found.setdefault(row.order_id, []).append(row.id)
    return found


def list_of(
    tx: Connection,
    site_id: str,
    *,
    states: Collection[OrderState] = frozenset(OrderState),
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 100,
    newest_first: bool = True,
) -> list[Order]:
    """The orders of a site in these states, scheduled from ``since`` until before ``until``."""
    condition = (imaging_order.c.site_id == site_id) & imaging_order.c.state.in_(states)
    if since is not None:
        condition &= imaging_order.c.scheduled_at >= since
    if until is not None:
        condition &= imaging_order.c.scheduled_at < until
    return _orders(tx, condition, limit, newest_first=newest_first)


def of_patients(tx: Connection, patient_ids: Collection[str], *, since: datetime, until: datetime) -> list[Order]:
    """The orders for these records at every site, scheduled from ``since`` until before ``until``."""
    condition = imaging_order.c.patient_id.in_(patient_ids)
    condition &= (imaging_order.c.scheduled_at >= since) & (imaging_order.c.scheduled_at < until)
    return _orders(tx, condition, MOST_OF_A_DAY)


def search(
    tx: Connection, site_id: str, text: str, *, states: Collection[OrderState], since: datetime, limit: int
) -> list[Order]:
    """The orders of a site in these states, scheduled since ``since``, of a name or a number, the latest first.

    ``text``: how the registered name begins, its initials, a whole accession number, or a whole patient number of ours.
    """
    row, typed = imaging_order.c, spellings(plain(text))
    people = persons.records_whose(named(tx, text, persons.name_forms(), patient.c.initials))
    numbered = persons.records_whose(patient.c.number.in_(typed))
    about = row.accession_number.in_(typed) | row.patient_id.in_(sa.union(*people.selects, *numbered.selects))
    return _orders(tx, (row.site_id == site_id) & row.state.in_(states) & (row.scheduled_at >= since) & about, limit)


def new_study_uid() -> str:
    """A UID that nobody else makes: 2.25 and a random UUID as a decimal number (PS3.5 B.2)."""
    return f"2.25.{uuid.uuid4().int}"


def _check(modality: str, procedures: Sequence[Asked]) -> None:
    if modality not in MODALITIES:
        raise Invalid("modality", "unknown")
    if not 0 < len(procedures) <= MOST_PROCEDURES:
        raise Invalid("procedures", "number")
    for one in procedures:
        checked("body_part", one.body_part, longest=40, required=True)
        if one.laterality not in LATERALITIES:
            raise Invalid("laterality", "unknown")


def _free_accession_number(tx: Connection, site: organisations.Organisation, now: datetime) -> str:
    day = now.astimezone(ZoneInfo(site.time_zone)).strftime("%y%m%d")
    while True:
        number = day + "".join(secrets.choice(crockford.ALPHABET) for _ in range(6))
        if by_accession(tx, site.id, number) is None:
            return number


def _first(tx: Connection, condition: sa.ColumnElement[bool]) -> Order | None:
    found = _orders(tx, condition, 1)
    return found[0] if found else None


def _orders(tx: Connection, condition: sa.ColumnElement[bool], limit: int, *, newest_first: bool = True) -> list[Order]:
    by = (imaging_order.c.scheduled_at, imaging_order.c.id)
    asked = sa.select(imaging_order).where(condition)
    asked = asked.order_by(*(column.desc() for column in by)) if newest_first else asked.order_by(*by)
    rows = tx.execute(asked.limit(limit)).all()
    if not rows:
        return []
    of_order: dict[str, list[Procedure]] = {row.id: [] for row in rows}
    for one in tx.execute(sa.select(procedure).where(procedure.c.order_id.in_(of_order)).order_by(procedure.c.id)):
        of_order[one.order_id].append(
            Procedure(
                id=one.id,
                body_part=one.body_part,
                laterality=one.laterality,
                study_uid=one.study_uid,
                state=OrderState(one.state),
            )
        )
    return [
        Order(
            id=row.id,
            site_id=row.site_id,
            patient_id=row.patient_id,
            accession_number=row.accession_number,
            modality=row.modality,
            priority=Priority(row.priority),
            reason=row.reason,
            state=OrderState(row.state),
            scheduled_at=row.scheduled_at,
            ordered_by=row.ordered_by,
            created_at=row.created_at,
            procedures=tuple(of_order[row.id]),
            revision=row.revision,
            device_id=row.device_id,
            department=row.department,
            contrast=row.contrast,
        )
        for row in rows
    ]
