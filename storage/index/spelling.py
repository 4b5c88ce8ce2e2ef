"""Fills in the initials of names that were entered before there were any."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.index.initials import initials
from storage.tables import study


def spell(tx: Connection, most: int) -> int:
    """Fill in the initials of some studies; answers how many."""
    unspelled = sa.select(study.c.study_uid, study.c.patient_name_folded).where(study.c.initials.is_(None)).limit(most)
    rows = tx.execute(unspelled).all()
    if rows:
        filled = [{"uid": row.study_uid, "said": initials(*_groups(row.patient_name_folded))} for row in rows]
        update = sa.update(study).where(study.c.study_uid == sa.bindparam("uid"))
        tx.execute(update.values(initials=sa.bindparam("said")), filled)
    return len(rows)


def _groups(folded: str) -> tuple[str, str]:
    alphabetic, ideographic, *_ = (*folded.split("="), "")
    return alphabetic, ideographic
