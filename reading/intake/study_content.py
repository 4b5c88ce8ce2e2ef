"""What the series of a study say it is: modality, part of the body, side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.tables import series

NOT_PICTURES: Final = frozenset({"SR", "PR", "KO", "DOC", "REG", "SEG", "RTSTRUCT", "RTPLAN", "PLAN", "AU", "HC"})
"""Modalities (PS3.3 C.7.3.1.1.1) that accompany pictures: they never say what kind of examination it is."""
SIDES: Final = frozenset({"L", "R", "B"})
"""The sides that a case can have. U is unpaired: there is no side to name (PS3.3 C.7.3.1.1.1)."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """What the series of a study say it is."""

    modality: str
    body_part: str
    laterality: str


def look_of(tx: Connection, study_uid: str) -> Look:
    """What the shown series of a study say; empty where none is shown."""
    rows = tx.execute(
        sa.select(series.c.modality, series.c.body_part, series.c.laterality)
        .where(series.c.study_uid == study_uid, series.c.instances > 0)
        .order_by(series.c.instances.desc(), series.c.series_uid)
    ).all()
    pictures = [row for row in rows if row.modality not in NOT_PICTURES] or list(rows)
    modality = pictures[0].modality if pictures else ""
    sides = {row.laterality for row in pictures if row.laterality in SIDES}
    return Look(
        modality=modality,
        body_part=next((row.body_part for row in pictures if row.body_part), ""),
        laterality="B" if len(sides) > 1 else "".join(sides),
    )
