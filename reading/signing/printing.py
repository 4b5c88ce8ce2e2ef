"""What goes on paper: a version of a report, whose printing is kept, and the patient's receipt."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.access import door
from reading.actions import Action
from reading.cases import cases
from reading.cases.cases import Case
from reading.context import Context, without_door
from reading.errors import NotAllowed
from reading.patients.keys import Keys
from reading.register.grants import AT_THEIR_SITE, may_act
from reading.reports.versions import VALID, ReportVersion
from reading.sessions import receipts
from reading.sessions.receipts import Printed
from reading.tables import person, printing
from reading.viewers import Staff
from storage.database import insert_new
from storage.ids import new_id

ON_ITS_WAY: Final = timedelta(minutes=2)
"""So long a button sends its sheet again, unmarked: the page that it led to was perhaps lost on the way."""


class Means(StrEnum):
    """How a version left the service."""

    PAPER = "paper"
    FILE = "file"


@dataclass(frozen=True, kw_only=True)
class Printings:
    """The paper that there is of a version."""

    count: int
    last_at: datetime
    last_by: str = field(repr=False)
    """The name of whoever printed it last."""


@dataclass(frozen=True, kw_only=True)
class Printout:
    """A version that goes on paper."""

    version: ReportVersion
    number: int
    """Which printing of this version it is, from 1: what is printed again says so."""
    again: bool = False
    """The button printed longer ago than `ON_ITS_WAY`: its page was loaded again, and nothing is printed."""


def print_report(ctx: Context[Staff], version_id: str, *, sheet: str | None = None) -> Printout:
    """The version to be put on paper; the printing is on record.

    ``sheet`` is the id (ULID) that the button carried. Pressed again within `ON_ITS_WAY` it sends the same sheet with
    the same number, and nothing goes on record anew; later whoever loads its page again prints nothing by that.

    Raises:
        NotThere: no such version, or not one that they may see.
        NotAllowed: it is not what was signed, or not valid: superseded, withheld, not yet in force.

    """
    version = _leaving(ctx, version_id)
    cases.lock(ctx.tx, version.case_id)  # a button that was pressed twice prints once, and two do not count alike
    sheets = ctx.tx.execute(
        sa.select(printing.c.id, printing.c.person_id, printing.c.at)
        .where(printing.c.version_id == version_id, printing.c.means == Means.PAPER)
        .order_by(printing.c.at, printing.c.id)
    ).all()
    for number, before in enumerate(sheets, start=1):
        if before.id == sheet:
            lost = before.person_id == ctx.who.person_id and ctx.now - before.at <= ON_ITS_WAY
            return Printout(version=version, number=number, again=not lost)
    kept = _keep(ctx, version, Means.PAPER, sheet or new_id())
    return Printout(version=version, number=len(sheets) + 1, again=not kept)


def hand_out(ctx: Context[Staff], version_id: str) -> ReportVersion:
    """The version as a file; that it left the service is on record, and is no paper at the counter.

    Raises:
        NotThere, NotAllowed: as `print_report`.

    """
    version = _leaving(ctx, version_id)
    _keep(ctx, version, Means.FILE, new_id())
    return version


@without_door("It adds to versions that the page has opened or listed.")
def of_versions(ctx: Context[Staff], version_ids: Collection[str]) -> Mapping[str, Printings]:
    """What is on paper of each of these versions; those of which nothing is are left out."""
    rows = ctx.tx.execute(
        sa.select(printing.c.version_id, printing.c.at, person.c.name)
        .join(person, person.c.id == printing.c.person_id)
        .where(printing.c.version_id.in_(version_ids), printing.c.means == Means.PAPER)
        .order_by(printing.c.at, printing.c.id)
    )
    found: dict[str, Printings] = {}
    for row in rows:
        before = found.get(row.version_id)
        found[row.version_id] = Printings(count=before.count + 1 if before else 1, last_at=row.at, last_by=row.name)
    return found


def may_print_receipt(tx: Connection, staff: Staff, case: Case, now: datetime) -> bool:
    """Whether they print a receipt for the patient of a case now."""
    may = any(may_act(tx, staff, role, case.site_id, now) for role in AT_THEIR_SITE)
    return may and not receipts.why_none(case.state, case.identity, case.patient_id)


def print_receipt(ctx: Context[Staff], keys: Keys, case_id: str, *, sheet: str) -> Printed | None:
    """A receipt with a new code for the patient of a case; the printing is on record.

    ``sheet`` is the id (ULID) that the button carried. None where it was printed by that button already: nobody ends a
    patient's receipt by loading a page again.

    Raises:
        NotThere: no such case, or not one that they may see.
        NotAllowed: they do not work at the site.
        Invalid: nobody knows yet whose case it is.

    """
    case = door.open_case(ctx, case_id, Action.CASE_OPEN)
    if not any(may_act(ctx.tx, ctx.who, role, case.site_id, ctx.now) for role in AT_THEIR_SITE):
        raise NotAllowed("no_role_for_this_step")
    cases.lock(ctx.tx, case_id)  # a button that was pressed twice prints once
    if receipts.exists(ctx.tx, sheet):
        return None
    who, now = ctx.who.person_id, ctx.now
    printed = receipts.print_receipt(ctx.tx, keys, case_id, printed_by=who, now=now, receipt_id=sheet)
    ctx.record(action=Action.RECEIPT_PRINT, subject_kind="case", subject_id=case_id)
    return printed


def _leaving(ctx: Context[Staff], version_id: str) -> ReportVersion:
    version = door.open_report(ctx, version_id, Action.REPORT_PRINT)
    if version.flaws:
        raise NotAllowed("not_as_signed")
    if version.status not in VALID:
        raise NotAllowed("only_valid_versions_are_printed")
    return version


def _keep(ctx: Context[Staff], version: ReportVersion, means: Means, row_id: str) -> bool:
    """Whether it is on record now; not where the id is another sheet's."""
    kept = ctx.tx.scalar(
        insert_new(ctx.tx, printing).returning(printing.c.id),
        {
            "id": row_id,
            "version_id": version.id,
            "person_id": ctx.who.person_id,
            "status": version.status,
            "means": means,
            "at": ctx.now,
        },
    )
    return kept is not None
