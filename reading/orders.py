"""Orders: examinations to be made, each procedure with the Study Instance UID that its images will carry."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import identifiers, organisations, patients, people
from reading.errors import Invalid, Stale
from reading.kinds import Priority
from reading.tables import imaging_order, procedure
from reading.texts import checked
from reading.unique import taken_as
from storage.ids import new_id

MODALITIES: Final = frozenset({"CR", "CT", "DX", "MG", "MR", "RF", "US", "XA"})
"""What an examination can be ordered for (PS3.3 C.7.3.1.1.1)."""
LATERALITIES: Final = frozenset({"", "L", "R", "B"})
MOST_PROCEDURES: Final = 20


class OrderState(StrEnum):
    """How far an order has come."""

    PLACED = "placed"
    ARRIVED = "arrived"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A part of the body to be examined."""

    body_part: str
    laterality: str = ""
    """L, R, B or empty."""


@dataclass(frozen=True, kw_only=True)
class Procedure:
    """What is asked, and the Study Instance UID of its images."""

    id: str
    body_part: str
    laterality: str
    study_uid: str = field(repr=False)


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
) -> Order:
    """A new order; the accession number is ours unless the site's own system gave one.

    Raises:
        Invalid: a field breaks its form, the accession number is taken at this site, no such site, patient or person.

    """
    site = organisations.by_id(tx, site_id)
    if site is None or site.until is not None:
        raise Invalid("site", "unknown")
    if patients.by_id(tx, patient_id) is None:
        raise Invalid("patient", "unknown")
    if ordered_by is not None and people.by_id(tx, ordered_by) is None:
        raise Invalid("ordered_by", "unknown")
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
    )
    with taken_as(tx, "accession_number"):
        tx.execute(
            imaging_order.insert().values(
                id=made.id,
                site_id=made.site_id,
                patient_id=made.patient_id,
                accession_number=made.accession_number,
                modality=made.modality,
                priority=made.priority,
                reason=made.reason,
                state=made.state,
                scheduled_at=made.scheduled_at,
                ordered_by=made.ordered_by,
                created_at=made.created_at,
            )
        )
    for one in made.procedures:
        tx.execute(
            procedure.insert().values(
                id=one.id,
                order_id=made.id,
                body_part=one.body_part,
                laterality=one.laterality,
                study_uid=one.study_uid,
            )
        )
    return made


def by_id(tx: Connection, order_id: str) -> Order | None:
    return _first(tx, imaging_order.c.id == order_id)


def by_accession(tx: Connection, site_id: str, accession_number: str) -> Order | None:
    """The order of a site with an accession number; two sites may use the same one."""
    return _first(
        tx, (imaging_order.c.site_id == site_id) & (imaging_order.c.accession_number == accession_number.strip(" "))
    )


def by_study(tx: Connection, study_uid: str) -> Order | None:
    """The order that a Study Instance UID was made for."""
    return _first(tx, imaging_order.c.id.in_(sa.select(procedure.c.order_id).where(procedure.c.study_uid == study_uid)))


def list_of(
    tx: Connection, site_id: str, *, state: OrderState | None = None, since: datetime | None = None, limit: int = 100
) -> list[Order]:
    """The orders of a site, the latest first."""
    condition = imaging_order.c.site_id == site_id
    if state is not None:
        condition &= imaging_order.c.state == state
    if since is not None:
        condition &= imaging_order.c.scheduled_at >= since
    return _orders(tx, condition, limit)


def arrived(tx: Connection, order_id: str) -> None:
    """Images of it have come; again and again is the same."""
    tx.execute(
        imaging_order.update()
        .where(imaging_order.c.id == order_id, imaging_order.c.state == OrderState.PLACED)
        .values(state=OrderState.ARRIVED, revision=imaging_order.c.revision + 1)
    )


def cancel(tx: Connection, order_id: str, *, revision: int) -> None:
    """It will not be made.

    Raises:
        Stale: somebody changed it since ``revision``, or images have come.

    """
    cancelled = tx.execute(
        imaging_order.update()
        .where(
            imaging_order.c.id == order_id,
            imaging_order.c.revision == revision,
            imaging_order.c.state == OrderState.PLACED,
        )
        .values(state=OrderState.CANCELLED, revision=revision + 1)
    )
    if cancelled.rowcount != 1:
        now_there = by_id(tx, order_id)
        raise Stale(now_there.revision if now_there else None)


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
        number = day + "".join(secrets.choice(patients.NUMBER_ALPHABET) for _ in range(6))
        if by_accession(tx, site.id, number) is None:
            return number


def _first(tx: Connection, condition: sa.ColumnElement[bool]) -> Order | None:
    found = _orders(tx, condition, 1)
    return found[0] if found else None


def _orders(tx: Connection, condition: sa.ColumnElement[bool], limit: int) -> list[Order]:
    newest = sa.select(imaging_order).where(condition)
    newest = newest.order_by(imaging_order.c.scheduled_at.desc(), imaging_order.c.id.desc())
    rows = tx.execute(newest.limit(limit)).all()
    of_order: dict[str, list[Procedure]] = {row.id: [] for row in rows}
    for one in tx.execute(sa.select(procedure).where(procedure.c.order_id.in_(of_order)).order_by(procedure.c.id)):
        of_order[one.order_id].append(
            Procedure(id=one.id, body_part=one.body_part, laterality=one.laterality, study_uid=one.study_uid)
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
        )
        for row in rows
    ]
