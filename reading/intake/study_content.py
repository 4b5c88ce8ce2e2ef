"""What the series of a study say it is: modality, part of the body, side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.patients import attribution
from reading.patients.attribution import Revision
from storage.index.part_attributes import of_instance
from storage.index.sides import side_of
from storage.tables import series

NOT_PICTURES: Final = frozenset({"SR", "PR", "KO", "DOC", "REG", "SEG", "RTSTRUCT", "RTPLAN", "PLAN", "AU", "HC"})
"""Modalities (PS3.3 C.7.3.1.1.1) that accompany pictures: they never say what kind of examination it is."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """What the series of a study say it is."""

    modality: str
    body_part: str
    laterality: str


def sides_in(tx: Connection, study_uid: str) -> dict[str, str]:
    """The side that each shown series of pictures names, corrections applied; empty where it names none."""
    made = attribution.current(tx, study_uid)
    return _sides(tx, study_uid, series.c.instances > 0, [made.attributes if made else {}])[0]


def side_changes(tx: Connection, study_uid: str) -> list[tuple[Revision, tuple[tuple[str, str], ...]]]:
    """The corrections that made the side of any series another, the oldest first, each with what it was and became.

    Of hidden series, too: what was withheld is corrected before it is shown again.
    """
    revisions = attribution.history(tx, study_uid)
    said = _sides(tx, study_uid, sa.true(), [{}, *(one.attributes for one in revisions)])
    found: list[tuple[Revision, tuple[tuple[str, str], ...]]] = []
    for made, before, after in zip(revisions, said, said[1:], strict=False):
        changes = dict.fromkeys((before[uid], after[uid]) for uid in after if before[uid] != after[uid])
        if changes:
            found.append((made, tuple(changes)))
    return found


def _sides(
    tx: Connection, study_uid: str, which: sa.ColumnElement[bool], corrections: Sequence[Mapping[str, str]]
) -> list[dict[str, str]]:
    """The side of each series of pictures by its UID, once for each of the corrected attributes."""
    rows = tx.execute(
        sa.select(series.c.series_uid, series.c.modality, series.c.laterality)
        .where(series.c.study_uid == study_uid, which, series.c.made_here.is_(False))
        .order_by(series.c.series_number, series.c.series_uid)
    ).all()
    found: list[dict[str, str]] = []
    for attributes in corrections:
        said = {row.series_uid: of_instance(attributes, row.series_uid) for row in rows}
        found.append(
            {
                row.series_uid: said[row.series_uid].get(
                    "Laterality", said[row.series_uid].get("ImageLaterality", str(row.laterality))
                )
                for row in rows
                if row.modality not in NOT_PICTURES
            }
        )
    return found


def shown_side(tx: Connection, study_uids: Iterable[str]) -> str:
    """The side that the series of a case's studies show together, corrections applied; empty where none names one."""
    return side_of(side for study_uid in study_uids for side in sides_in(tx, study_uid).values())


def look_of(tx: Connection, study_uid: str) -> Look:
    """What the shown and received series of a study say; empty where none is shown."""
    rows = tx.execute(
        sa.select(series.c.modality, series.c.body_part, series.c.laterality)
        .where(series.c.study_uid == study_uid, series.c.instances > 0, series.c.made_here.is_(False))
        .order_by(series.c.instances.desc(), series.c.series_uid)
    ).all()
    pictures = [row for row in rows if row.modality not in NOT_PICTURES] or list(rows)
    modality = pictures[0].modality if pictures else ""
    return Look(
        modality=modality,
        body_part=next((row.body_part for row in pictures if row.body_part), ""),
        laterality=side_of(row.laterality for row in pictures),
    )
