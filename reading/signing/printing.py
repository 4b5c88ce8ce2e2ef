"""What goes on paper: a version of a report, whose printing is kept, and the patient's receipt."""

from __future__ import annotations

import sqlalchemy as sa

from reading.access import door
from reading.actions import Action
from reading.context import Context
from reading.errors import NotAllowed
from reading.patients.keys import Keys
from reading.register.grants import AT_THEIR_SITE, may_act
from reading.reports.versions import VALID, ReportVersion
from reading.sessions import receipts
from reading.sessions.receipts import Printed
from reading.tables import printing
from reading.viewers import Staff
from storage.ids import new_id


def print_report(ctx: Context[Staff], version_id: str) -> ReportVersion:
    """The version to be put on paper; the printing is on record.

    Raises:
        NotThere: no such version, or not one that they may see.
        NotAllowed: it is not what was signed, or not valid: superseded, withheld, not yet in force.

    """
    version = door.open_report(ctx, version_id, Action.REPORT_PRINT)
    if version.flaws:
        raise NotAllowed("not_as_signed")
    if version.status not in VALID:
        raise NotAllowed("only_valid_versions_are_printed")
    ctx.tx.execute(
        sa.insert(printing),
        {
            "id": new_id(),
            "version_id": version_id,
            "person_id": ctx.who.person_id,
            "status": version.status,
            "at": ctx.now,
        },
    )
    return version


def print_receipt(ctx: Context[Staff], keys: Keys, case_id: str) -> Printed:
    """A receipt with a new code for the patient of a case; the printing is on record.

    Raises:
        NotThere: no such case, or not one that they may see.
        NotAllowed: they do not work at the site.
        Invalid: nobody knows yet whose case it is.

    """
    case = door.open_case(ctx, case_id, Action.CASE_OPEN)
    if not any(may_act(ctx.tx, ctx.who, role, case.site_id, ctx.now) for role in AT_THEIR_SITE):
        raise NotAllowed("no_role_for_this_step")
    printed = receipts.print_receipt(ctx.tx, keys, case_id, printed_by=ctx.who.person_id, now=ctx.now)
    ctx.record(action=Action.RECEIPT_PRINT, subject_kind="case", subject_id=case_id)
    return printed
