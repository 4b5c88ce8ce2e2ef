"""Matching: which orders a study without one may answer; a person decides, and may take the decision back."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.cases import cases
from reading.cases.cases import Case
from reading.kinds import Priority
from reading.orders import orders, performed, progress
from reading.orders.order_state import WITHOUT_IMAGES, Move, OrderState
from reading.orders.orders import Order, Procedure
from reading.orders.performed import MOVE_OF
from reading.patients import patients
from reading.patients.patients import Patient
from reading.patients.same_name import Answer
from reading.patients.same_person import Comparison, Fact, compare, said_by
from reading.register import organisations
from reading.texts import storable
from storage.index import queries
from storage.index.sides import each_of
from storage.records import Study

WITHIN: Final = timedelta(days=3)
"""How far an examination and its order may lie apart."""
NEAREST: Final = 250
"""Orders that are compared on each side of an examination."""
MOST: Final = 10
SOUGHT: Final = timedelta(days=366)
"""How long before an examination an order may lie that somebody looks for."""
MOST_SOUGHT: Final = 50
MATCHED: Final = WITHOUT_IMAGES | {OrderState.ARRIVED}
"""An order may be in one of these states to be matched: one that arrived may have procedures without images."""
RADIOGRAPHS: Final = frozenset({"CR", "DX"})
"""An order for one of these modalities may be performed as the other."""


class Trait(StrEnum):
    """A trait in which an order and images agree or differ."""

    NAME = "name"
    BIRTH_DATE = "birth_date"
    SEX = "sex"
    MODALITY = "modality"
    BODY_PART = "body_part"
    SIDE = "side"
    DAY = "day"


WEIGHTS: Final = {
    Trait.NAME: 8,
    Trait.BIRTH_DATE: 5,
    Trait.MODALITY: 4,
    Trait.DAY: 3,
    Trait.BODY_PART: 3,
    Trait.SEX: 2,
    Trait.SIDE: 1,
}


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """An order that the images may answer."""

    order: Order
    patient: Patient
    fits: frozenset[Trait]
    differs: frozenset[Trait]
    """A trait that neither fits nor differs is unknown on one of the two sides."""

    @property
    def score(self) -> int:
        return sum(WEIGHTS[trait] for trait in self.fits) - sum(WEIGHTS[trait] for trait in self.differs)


def proposals(tx: Connection, case: Case) -> list[Proposal]:
    """Orders of the case's site that miss their images and lie near the case in time, the likeliest first."""
    site, at = case.site_id, case.examined_at
    # From the examination outwards, so that a site of many orders a day has those of its day among them.
    near = [
        *orders.list_of(tx, site, states=MATCHED, since=at - WITHIN, until=at, limit=NEAREST),
        *orders.list_of(tx, site, states=MATCHED, since=at, until=at + WITHIN, limit=NEAREST, newest_first=False),
    ]
    found = _compared_with(tx, case, near)
    likely = [one for one in found if Trait.MODALITY in one.fits or Trait.NAME in one.fits]
    return sorted(likely, key=lambda one: (-one.score, abs(one.order.scheduled_at - case.examined_at)))[:MOST]


def sought(tx: Connection, case: Case, text: str) -> list[Proposal]:
    """Orders of the case's site that miss their images, of a name or a number (`orders.search`), whatever they are for.

    Raises:
        Invalid: the text holds what no database can.

    """
    typed = storable("q", text.strip(), lines=False)
    found = orders.search(tx, case.site_id, typed, states=MATCHED, since=case.examined_at - SOUGHT, limit=MOST_SOUGHT)
    return _compared_with(tx, case, found)


def proposal(tx: Connection, case: Case, order_id: str) -> Proposal | None:
    """An order of the case's site that misses images; None where there is no such order."""
    found = orders.by_id(tx, order_id)
    if found is None or found.site_id != case.site_id:
        return None
    return next(iter(_compared_with(tx, case, [found])), None)


def order_of(tx: Connection, case_id: str) -> Order | None:
    """The order that the images of a case answer, whether intake or a person matched them."""
    joined, procedure = tables.case_procedure, tables.procedure
    order_id = tx.scalar(
        sa.select(procedure.c.order_id)
        .join(joined, joined.c.procedure_id == procedure.c.id)
        .where(joined.c.case_id == case_id)
        .order_by(joined.c.joined_at.desc())
        .limit(1)
    )
    return None if order_id is None else orders.by_id(tx, order_id)


def ordered_sides(tx: Connection, case_id: str) -> frozenset[str]:
    """The sides that the orders of a case name; one that names none is empty."""
    joined, procedure = tables.case_procedure, tables.procedure
    rows = tx.execute(
        sa.select(procedure.c.laterality)
        .join(joined, joined.c.procedure_id == procedure.c.id)
        .where(joined.c.case_id == case_id)
    )
    return frozenset(row.laterality for row in rows)


def join(tx: Connection, case_id: str, body_part: str, order: Order, now: datetime) -> None:
    """Join a case to an order; `reading.signing.order_join` has what follows from that."""
    missing = [one for one in order.procedures if one.state in WITHOUT_IMAGES]
    meant = [one.id for one in missing if one.body_part == body_part] or [one.id for one in missing]
    cases.join_procedures(tx, case_id, meant, now)
    progress.move(tx, order.id, meant, Move.ARRIVE)


def part(tx: Connection, case_id: str, order: Order) -> None:
    """Part a case from an order: procedures that no other case answers wait for their images again.

    `reading.signing.order_join` has what follows from that.
    """
    ids = [one.id for one in order.procedures]
    left = cases.leave_procedures(tx, case_id, ids)
    progress.move(tx, order.id, left, Move.PART)
    for procedure_id, step in performed.of_procedures(tx, left).items():
        progress.move(tx, order.id, [procedure_id], MOVE_OF[step.state])


def priority_of(tx: Connection, case_id: str) -> Priority:
    """How urgent the orders say a case is that its images answer now; routine where they answer none."""
    joined, procedure, order = tables.case_procedure, tables.procedure, tables.imaging_order
    said = tx.scalars(
        sa.select(order.c.priority)
        .join(procedure, procedure.c.order_id == order.c.id)
        .join(joined, joined.c.procedure_id == procedure.c.id)
        .where(joined.c.case_id == case_id)
        .distinct()
    )
    return min((Priority(one) for one in said), key=lambda one: one.rank, default=Priority.ROUTINE)


def _compared_with(tx: Connection, case: Case, found: Sequence[Order]) -> list[Proposal]:
    """Those of these orders that miss images, compared with the case."""
    site = organisations.by_id(tx, case.site_id)
    zone = ZoneInfo(site.time_zone if site else "UTC")
    studies = _studies(tx, case.id)
    compared: list[Proposal] = []
    for order in found:
        patient = patients.by_id(tx, order.patient_id)
        missing = [one for one in order.procedures if one.state in WITHOUT_IMAGES]
        if patient is not None and missing:
            compared.append(_compared(case, studies, order, missing, patient, zone))
    return compared


def _compared(  # noqa: PLR0917
    case: Case, studies: Sequence[Study], order: Order, missing: Sequence[Procedure], patient: Patient, zone: ZoneInfo
) -> Proposal:
    person = [compare(said_by(study), patient) for study in studies]
    said: dict[Trait, bool | None] = {
        **{Trait(fact): _agreeing(person, fact) for fact in Fact},
        Trait.MODALITY: order.modality in performed_as(case.modality),
        Trait.BODY_PART: case.body_part in {one.body_part for one in missing} if case.body_part else None,
        Trait.SIDE: _side_fits(case.laterality, {one.laterality for one in missing}),
        Trait.DAY: _day(case.examined_at, zone) == _day(order.scheduled_at, zone),
    }
    return Proposal(
        order=order,
        patient=patient,
        fits=frozenset(trait for trait, fits in said.items() if fits),
        differs=frozenset(trait for trait, fits in said.items() if fits is False),
    )


def _side_fits(shown: str, ordered: AbstractSet[str]) -> bool | None:
    """Whether images show what was ordered, or one side of both; None where either names no side."""
    there, asked = each_of({shown}), each_of(ordered)
    return there <= asked if there and asked else None


def _agreeing(person: Sequence[Comparison], fact: Fact) -> bool | None:
    """Whether all that say something of a fact agree; None where nobody does."""
    answers = {each.answers[fact] for each in person} - {Answer.SILENT}
    return answers == {Answer.AGREES} if answers else None


def performed_as(made: str) -> frozenset[str]:
    """The modalities that an order may be for which images of a modality answer."""
    return RADIOGRAPHS if made in RADIOGRAPHS else frozenset({made})


def _day(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()


def _studies(tx: Connection, case_id: str) -> list[Study]:
    found = (queries.study_of(tx, uid) for uid in cases.study_uids(tx, case_id))
    return [study for study in found if study is not None]
