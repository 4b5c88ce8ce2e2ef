"""The door in an emergency: a person or an examination by a full identifier, and what somebody opened by one.

Only what is named in full is found, each attempt is counted by `guesses`, and "not there" says the same whether there
is none, or its images are held until it is clear whose they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from reading.access import emergencies, guesses, visibility
from reading.access.looks import denied, record_look, record_looks
from reading.actions import Action
from reading.cases import accession, cases
from reading.cases.cases import Case
from reading.cases.identity_moves import Identity
from reading.cases.moves import State
from reading.context import Context, without_door
from reading.patients import patients, persons
from reading.patients.keys import Keys
from reading.patients.patient_identifiers import Identifier
from reading.patients.patients import Patient
from reading.tables import case, emergency_access
from reading.viewers import Staff

_NEWEST = (case.c.examined_at.desc(), case.c.id.desc())


@dataclass(frozen=True, kw_only=True)
class Opened:
    """What somebody opened in an emergency and sees now."""

    row: sa.Row[Any]
    patient: Patient | None
    """None where they opened one examination."""
    cases: Sequence[Case]
    """The newest first."""
    kept_back: Sequence[str]
    """The ids of sites that hold something of the person back, until it is clear whose it is."""


def find_person(ctx: Context[Staff], keys: Keys, named: str | Identifier, action: Action) -> tuple[Patient, list[Case]]:
    """The patient with this number of ours or this card, and their examinations that can be shown.

    Raises:
        NotThere: nobody has it, or there is nothing that can be shown.

    """
    guesses.tried(ctx)
    if isinstance(named, Identifier):
        known = patients.find(ctx.tx, keys, named, ctx.now)
    else:
        known = patients.by_number(ctx.tx, named)
    records = persons.record_ids(ctx.tx, known.id) if known else []
    found = _shown(ctx, case.c.patient_id.in_(records))
    if known is None or not found:
        raise denied(ctx, action, "patient", known.id if known else "")
    guesses.right(ctx)
    record_look(ctx, action, "patient", known.id)
    return known, found


def find_examinations(ctx: Context[Staff], site_id: str, accession_number: str, action: Action) -> list[Case]:
    """The examinations of a site with this accession number, as the order or the images say it.

    Raises:
        NotThere: there is none that can be shown.

    """
    guesses.tried(ctx)
    found = _shown(ctx, case.c.id.in_(accession.named_so(accession_number, site_id)) & (case.c.site_id == site_id))
    if not found:
        raise denied(ctx, action, "case", "")
    guesses.right(ctx)
    record_looks(ctx, action, "case", [one.id for one in found])
    return found


def open_own_emergencies(ctx: Context[Staff], action: Action) -> list[Opened]:
    """What somebody opened and sees now, what ends last first; each examination is a look."""
    mine = emergencies.in_force(ctx.who, ctx.now)
    rows = ctx.tx.execute(_rows().where(mine).order_by(emergency_access.c.until.desc(), emergency_access.c.id)).all()
    return [_opened(ctx, row, action) for row in rows]


def open_emergency(ctx: Context[Staff], emergency_id: str, action: Action) -> Opened:
    """One of these.

    Raises:
        NotThere: there is none, it is somebody else's, or it has ended.

    """
    mine = emergencies.in_force(ctx.who, ctx.now) & (emergency_access.c.id == emergency_id)
    row = ctx.tx.execute(_rows().where(mine)).one_or_none()
    if row is None:
        raise denied(ctx, action, "emergency", emergency_id)
    return _opened(ctx, row, action)


def open_emergency_case(ctx: Context[Staff], case_id: str, action: Action) -> sa.Row[Any]:
    """The row by which somebody sees a case, that which lasts longest; a look at the case.

    Raises:
        NotThere: they opened no such case, or it has ended.

    """
    mine = emergencies.in_force(ctx.who, ctx.now)
    rows = ctx.tx.execute(_rows().where(mine).order_by(emergency_access.c.until.desc(), emergency_access.c.id)).all()
    for row in rows:
        if cases.is_one_of(ctx.tx, case_id, _of(row) & emergencies.may_be_shown()):
            record_look(ctx, action, "case", case_id)
            return row
    raise denied(ctx, action, "case", case_id)


@without_door("A part of the door, which says what of what it found is news.")
def not_in_view(ctx: Context[Staff], found: Sequence[Case]) -> list[Case]:
    """Those of these cases that they do not see anyway."""
    seen = sa.select(case.c.id).where(
        case.c.id.in_([one.id for one in found]), visibility.cases_in_view(ctx.tx, ctx.who, ctx.now)
    )
    in_view = set(ctx.tx.scalars(seen))
    return [one for one in found if one.id not in in_view]


def _opened(ctx: Context[Staff], row: sa.Row[Any], action: Action) -> Opened:
    found = _shown(ctx, _of(row))
    kept = (case.c.state == State.WITHHELD) | (case.c.identity == Identity.DIFFERS)
    sites = sa.select(case.c.site_id).where(_of(row), kept).distinct()
    record_looks(ctx, action, "case", [one.id for one in found])
    return Opened(
        row=row,
        patient=patients.by_id(ctx.tx, row.patient_id) if row.patient_id else None,
        cases=found,
        kept_back=sorted(ctx.tx.scalars(sites)),
    )


def _of(row: sa.Row[Any]) -> sa.ColumnElement[bool]:
    return emergencies.covered_by(emergency_access.c.id == row.id)


def _shown(ctx: Context[Staff], these: sa.ColumnElement[bool]) -> list[Case]:
    asked = sa.select(case).where(these, emergencies.may_be_shown()).order_by(*_NEWEST)
    return [cases.from_row(row) for row in ctx.tx.execute(asked)]


def _rows() -> sa.Select[Any]:
    return sa.select(emergency_access)
