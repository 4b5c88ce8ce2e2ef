"""The clinical history and the purpose of an examination, word for word as whoever asked for it wrote them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.cases.cases import Case
from reading.cases.identity_moves import Identity


class Told(StrEnum):
    """Whether a case has words of the clinic, and why not: silence must not look like a healthy patient."""

    WORDS = "words"
    BLANK = "blank"
    """It answers an order in which nobody wrote anything."""
    NO_ORDER = "no_order"
    HELD = "held"
    """The images name another person than the order, and the words may be about somebody else."""


@dataclass(frozen=True, kw_only=True)
class ClinicalRequest:
    """What the clinic wrote of a case."""

    told: Told
    words: str = field(default="", repr=False)
    asked_by: str = field(default="", repr=False)
    """The names of whoever placed the orders."""
    department: str = ""


NO_ORDER: Final = ClinicalRequest(told=Told.NO_ORDER)


def request_of(tx: Connection, case: Case) -> ClinicalRequest:
    """The words of all orders that the images of a case answer, the oldest first; the caller has opened the case."""
    joined, procedure, order, person = tables.case_procedure, tables.procedure, tables.imaging_order, tables.person
    rows = tx.execute(
        sa.select(order.c.id, order.c.reason, order.c.department, person.c.name)
        .distinct()
        .join(procedure, procedure.c.order_id == order.c.id)
        .join(joined, joined.c.procedure_id == procedure.c.id)
        .outerjoin(person, person.c.id == order.c.ordered_by)
        .where(joined.c.case_id == case.id)
        .order_by(order.c.id)
    )
    found = rows.all()
    if not found:
        return NO_ORDER
    if case.identity is Identity.DIFFERS:
        return ClinicalRequest(told=Told.HELD)
    words = _each_once((row.reason for row in found), "\n")
    return ClinicalRequest(
        told=Told.WORDS if words else Told.BLANK,
        words=words,
        asked_by=_each_once((row.name or "" for row in found), ", "),
        department=_each_once((row.department for row in found), ", "),
    )


def _each_once(said: Iterable[str], between: str) -> str:
    return between.join(dict.fromkeys(one for one in said if one.strip()))
