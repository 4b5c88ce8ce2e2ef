"""Weights: the work of a kind of case, relative to one that nothing is said of; shipped, and altered by dated rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.actions import Action
from reading.audit import Actor
from reading.cases.examination_codes import body_part_of, modality_of
from reading.context import Context, without_door
from reading.errors import Invalid, NotAllowed
from reading.roster import rights
from reading.row_rules import valid_at
from reading.tables import organisation, work_weight
from reading.texts import checked
from reading.viewers import Staff
from storage.ids import new_id

ORDINARY: Final = 100
"""Hundredths of the work of a case that nothing is said of."""
HEAVIEST: Final = 10_000


@dataclass(frozen=True, kw_only=True)
class Weight:
    """The work of the cases that have all that is said; what is empty or None is not asked."""

    modality: str
    body_part: str = ""
    contrast: bool | None = None
    views: int | None = None
    """Images of a radiograph; the weight holds for as many or more."""
    hundredths: int


@dataclass(frozen=True, kw_only=True)
class Worked:
    """What the weight of a case depends on."""

    modality: str
    body_part: str
    contrast: bool | None
    views: int


def _radiograph(body_part: str, hundredths: int, views: int | None = None) -> tuple[Weight, Weight]:
    computed, digital = (
        Weight(modality=modality, body_part=body_part, views=views, hundredths=hundredths) for modality in ("CR", "DX")
    )
    return computed, digital


SHIPPED: Final[tuple[Weight, ...]] = (
    *_radiograph("CHEST", 18),
    *_radiograph("CHEST", 21, views=2),
    *_radiograph("SHOULDER", 18),
    *_radiograph("WRIST", 17),
    *_radiograph("ABDOMEN", 18),
    Weight(modality="CT", body_part="HEAD", hundredths=83),
    Weight(modality="CT", body_part="ABDOMENPELVIS", hundredths=170),
    Weight(modality="CT", body_part="ABDOMENPELVIS", contrast=True, hundredths=177),
    Weight(modality="MR", body_part="KNEE", hundredths=132),
    Weight(modality="MR", body_part="LSPINE", hundredths=144),
    Weight(modality="MR", body_part="BRAIN", contrast=True, hundredths=223),
    Weight(modality="MR", body_part="HEAD", contrast=True, hundredths=223),
    Weight(modality="MG", hundredths=74),
)
"""Work RVU of 2026 for the interpretation (CMS, Physician Fee Schedule), in hundredths; the brain with and without
contrast counts as with contrast, mammography is the screening's."""


def weight_of(weights: Sequence[Weight], case: Worked) -> int:
    """Hundredths of the weight that says most of a case; of two that say as much the first, `ORDINARY` without any."""
    holding = [
        one
        for one in weights
        if one.modality == case.modality
        and one.body_part in {"", case.body_part}
        and one.contrast in {None, case.contrast}
        and case.views >= (one.views or 0)
    ]
    best = max(holding, key=lambda one: (one.body_part != "", one.contrast is not None, one.views or 0), default=None)
    return ORDINARY if best is None else best.hundredths


def in_force(tx: Connection, now: datetime) -> list[Weight]:
    """The weights at a time: what the region says, before what is shipped."""
    rows = tx.execute(
        sa.select(work_weight)
        .where(valid_at(work_weight, now))
        .order_by(work_weight.c.modality, work_weight.c.body_part, work_weight.c.since.desc(), work_weight.c.id)
    )
    said = [
        Weight(
            modality=row.modality,
            body_part=row.body_part,
            contrast=row.contrast,
            views=row.views,
            hundredths=row.hundredths,
        )
        for row in rows
    ]
    return [*said, *(one for one in SHIPPED if not any(_same(one, other) for other in said))]


@without_door("Weights of kinds of cases; nothing of a patient is in them.")
def say(
    ctx: Context[Staff | Actor],
    *,
    modality: str,
    body_part: str = "",
    contrast: bool | None = None,
    views: int | None = None,
    hundredths: int | None,
) -> None:
    """Set a weight for the whole region, in the place of what was said before; None goes back to the shipped one.

    Raises:
        NotAllowed: they keep the roster of no organisation that stands under no other.
        Invalid: no modality, a code that examinations do not have, or a weight that none has.

    """
    tops = ctx.tx.scalars(sa.select(organisation.c.id).where(organisation.c.parent_id.is_(None))).all()
    if isinstance(ctx.who, Staff) and not any(rights.keeps(ctx, top) for top in tops):
        raise NotAllowed("weights_of_the_region")
    if hundredths is not None and not 1 <= hundredths <= HEAVIEST:
        raise Invalid("weight", "range")
    if views is not None and not 1 <= views <= 100:
        raise Invalid("views", "range")
    one = Weight(
        modality=modality_of(checked("modality", modality, longest=16, required=True)),
        body_part=body_part_of(body_part),
        contrast=contrast,
        views=views,
        hundredths=hundredths or ORDINARY,
    )
    ctx.tx.execute(
        sa.update(work_weight)
        .where(
            work_weight.c.modality == one.modality,
            work_weight.c.body_part == one.body_part,
            work_weight.c.contrast.is_(contrast) if contrast is not None else work_weight.c.contrast.is_(None),
            work_weight.c.views == views if views is not None else work_weight.c.views.is_(None),
            work_weight.c.until.is_(None),
        )
        .values(until=ctx.now, ended_by=rights.author(ctx.who))
    )
    if hundredths is not None:
        ctx.tx.execute(
            sa.insert(work_weight),
            {
                "id": new_id(),
                "modality": one.modality,
                "body_part": one.body_part,
                "contrast": contrast,
                "views": views,
                "hundredths": hundredths,
                "since": ctx.now,
                "made_by": rights.author(ctx.who),
            },
        )
    details = {"modality": one.modality, "body_part": one.body_part, "hundredths": hundredths}
    ctx.record(action=Action.ROSTER_WEIGHT, subject_kind="weight", subject_id="", details=details)


def _same(one: Weight, other: Weight) -> bool:
    """Whether two say something of the same cases."""
    return (one.modality, one.body_part, one.contrast, one.views) == (
        other.modality,
        other.body_part,
        other.contrast,
        other.views,
    )
