"""Whose events, and events about what: a name or a number as somebody types it, and all that belongs to a thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.access import guesses
from reading.actions import Action
from reading.administrators.audit_search import Search, Thing
from reading.cases import accession
from reading.context import Context, Look, without_door
from reading.errors import Invalid
from reading.kinds import IdentifierKind, Role
from reading.patients import patients, persons
from reading.patients.keys import Keys
from reading.patients.patient_identifiers import Identifier
from reading.register.administrator import only
from reading.tables import (
    case,
    case_study,
    device,
    imaging_order,
    organisation,
    person,
    report_version,
)
from reading.viewers import Staff

MOST_NAMED: Final = 20
"""Members of staff, or cases, that one name or number may mean."""
MOST_THINGS: Final = 400
"""Things of one patient whose events are put together."""
CARDS: Final = (IdentifierKind.IDENTITY_CARD, IdentifierKind.HEALTH_CARD, IdentifierKind.INSURANCE_CARD)


@dataclass(frozen=True, kw_only=True)
class Somebody:
    """A member of staff, also one who has left."""

    id: str
    name: str = field(repr=False)
    username: str = field(repr=False)


@without_door("The register of people; nothing of a patient is in it.")
def staff_named(ctx: Context[Staff], typed: str) -> list[Somebody]:
    """Members of staff by a part of their name or by their username.

    Raises:
        NotAllowed: they are no audit administrator.
        Invalid: nothing was typed, or nobody is called so.

    """
    only(ctx.who, Role.AUDIT_ADMINISTRATOR)
    wanted = typed.strip()
    if not wanted:
        raise Invalid("person", "empty")
    called = (person.c.username == wanted.lower()) | person.c.name.contains(wanted, autoescape=True)
    rows = ctx.tx.execute(sa.select(person).where(called).order_by(person.c.username).limit(MOST_NAMED))
    found = [Somebody(id=row.id, name=row.name, username=row.username) for row in rows]
    if not found:
        raise Invalid("person", "unknown")
    return found


@without_door("It answers an id of ours alone: nothing of the patient is shown, and the question is on record.")
def patient_numbered(ctx: Context[Staff], keys: Keys, typed: str) -> str:
    """The id of the patient with a number of ours, or with a card of their own.

    Raises:
        NotAllowed: they are no audit administrator.
        Invalid: nobody has it; the guess was counted.

    """
    only(ctx.who, Role.AUDIT_ADMINISTRATOR)
    guesses.tried(ctx)
    wanted = typed.strip()
    known = patients.by_number(ctx.tx, wanted)
    cards = (Identifier(kind=kind, value=wanted) for kind in CARDS) if wanted else ()
    known = known or next((one for card in cards if (one := patients.find(ctx.tx, keys, card, ctx.now))), None)
    if known is None:
        ctx.looks.append(Look(action=Action.AUDIT_NAME, subject_kind="patient", subject_id=""))
        raise Invalid("patient_number", "unknown")
    guesses.right(ctx)
    ctx.record(action=Action.AUDIT_NAME, subject_kind="patient", subject_id=known.id)
    return known.id


@without_door("It answers ids of ours alone: nothing of the case is shown, and the question is on record.")
def cases_numbered(ctx: Context[Staff], typed: str) -> list[str]:
    """The ids of the cases with an accession number, as the order or the images say it, the latest first.

    Raises:
        NotAllowed: they are no audit administrator.
        Invalid: no case has it.

    """
    only(ctx.who, Role.AUDIT_ADMINISTRATOR)
    wanted = typed.strip()
    found = _cases_with(ctx.tx, wanted) if wanted else []
    if not found:
        raise Invalid("accession", "unknown")
    ctx.record_each(action=Action.AUDIT_NAME, subject_kind="case", subject_ids=found)
    return found


def widened(tx: Connection, search: Search) -> Search:
    """The search about a patient or a case with all that belongs to it: records, cases, studies, reports, orders."""
    if search.subject_id is None or search.subject_kind not in {"patient", "case"}:
        return search
    by: Sequence[str] = ()
    orders: list[str] = []
    if search.subject_kind == "patient":
        by = persons.record_ids(tx, search.subject_id) or [search.subject_id]
        cases = _ids(tx, case, case.c.patient_id.in_(by))
        orders = _ids(tx, imaging_order, imaging_order.c.patient_id.in_(by))
    else:
        cases = [search.subject_id]
    reports = _ids(tx, report_version, report_version.c.case_id.in_(cases))
    asked = sa.select(case_study.c.study_uid).where(case_study.c.case_id.in_(cases)).limit(MOST_THINGS + 1)
    studies = list(tx.scalars(asked.order_by(case_study.c.joined_at.desc())))
    kinds = {"case": cases, "report": reports, "study": studies, "order": orders}
    things: list[Thing] = [("patient", each) for each in by]
    # Of each kind the latest: a patient of many orders has cases, too.
    rows = zip_longest(*([(kind, each) for each in found] for kind, found in kinds.items()))
    things += [each for row in rows for each in row if each is not None]
    return replace(search, about=tuple(things[:MOST_THINGS]), or_by=tuple(by), is_whole=len(things) <= MOST_THINGS)


@dataclass(frozen=True, kw_only=True)
class Names:
    """What the register calls those whom events name; nobody of them is a patient."""

    people: dict[str, Somebody]
    devices: dict[str, str]
    """AE titles."""
    organisations: dict[str, str]


def names_of(tx: Connection, ids: Sequence[str]) -> Names:
    """The people, devices and organisations among these ids."""
    wanted = set(ids) - {""}
    staff = tx.execute(sa.select(person.c.id, person.c.name, person.c.username).where(person.c.id.in_(wanted)))
    machines = tx.execute(sa.select(device.c.id, device.c.ae_title).where(device.c.id.in_(wanted)))
    places = tx.execute(sa.select(organisation.c.id, organisation.c.name).where(organisation.c.id.in_(wanted)))
    return Names(
        people={row.id: Somebody(id=row.id, name=row.name, username=row.username) for row in staff},
        devices={row.id: row.ae_title for row in machines},
        organisations={row.id: row.name for row in places},
    )


def _cases_with(tx: Connection, accession_number: str) -> list[str]:
    return sorted(tx.scalars(accession.named_so(accession_number, None).limit(MOST_NAMED)), reverse=True)


def _ids(tx: Connection, table: sa.Table, condition: sa.ColumnElement[bool]) -> list[str]:
    """The latest ids first: they are ULIDs."""
    return list(tx.scalars(sa.select(table.c.id).where(condition).order_by(table.c.id.desc()).limit(MOST_THINGS + 1)))
