"""Which objects of reports are seen: those of the version that is final, and no other, from the same moment on.

Bytes stay. An object of a version that was superseded, withheld or entered in error is hidden from every search and
every retrieval, as a rejected image is; it is shown again if its version is final again. A study that is hidden as a
whole hides its objects by itself.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.reports.versions import Status
from reading.tables import report_object, report_version
from storage.decisions import placement
from storage.decisions.placement_changes import Change, Hidden, Unhidden
from storage.index import queries


def follow(tx: Connection, case_id: str, now: datetime) -> None:
    """Hide and show the objects of a case by what its versions are now; to be called whenever one of them changes."""
    rows = tx.execute(
        sa.select(report_object.c.sop_instance_uid, report_version.c.status)
        .join(report_version, report_version.c.id == report_object.c.version_id)
        .where(report_object.c.case_id == case_id)
    ).all()
    final = {row.sop_instance_uid: row.status == Status.FINAL for row in rows}
    there = queries.instances_of(tx, final)
    hidden = sorted(uid for uid, one in there.items() if not final[uid] and not one.hidden)
    shown = sorted(uid for uid, one in there.items() if final[uid] and one.hidden)
    changes: list[Change] = [Hidden(sop_instance_uids=tuple(hidden))] if hidden else []
    changes += [Unhidden(sop_instance_uids=tuple(shown))] if shown else []
    if changes:
        placement.apply(tx, changes, now)
