"""The earlier examinations of whom a question before an examination is about, for whoever answers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import sqlalchemy as sa

from reading import tables
from reading.access import prior_reports, priors
from reading.cases.cases import Case
from reading.context import Context
from reading.protocolling.request_rows import ProtocolRequest
from reading.viewers import Staff

SHOWN: Final = 5
"""Of one person, the newest; the others are counted."""


@dataclass(frozen=True, kw_only=True)
class EarlierExamination:
    """One examination that was made of the person before, and what its report says."""

    case: Case
    impression: str | None = field(repr=False)
    """Of the valid version; None where there is none, or it is not what was signed."""


@dataclass(frozen=True, kw_only=True)
class Earlier:
    examinations: tuple[EarlierExamination, ...] = ()
    """The newest first."""
    more: int = 0
    """How many older ones they may see besides."""


def of_requests(ctx: Context[Staff], found: Sequence[ProtocolRequest]) -> dict[str, Earlier]:
    """The earlier examinations of each order's patient that they may see, by order; the caller has opened the list.

    Those that the desk would show beside the pictures: linked to the person, and contradicted by no image. Each
    report that is shown is a look at it.
    """
    order = tables.imaging_order.c
    asked = sa.select(order.id, order.patient_id).where(order.id.in_({one.order_id for one in found}))
    patients = {row.id: row.patient_id for row in ctx.tx.execute(asked)}
    made = priors.of_persons(ctx.tx, ctx.who, set(patients.values()), ctx.now)
    shown = {patient_id: _shown(ctx, each) for patient_id, each in made.items()}
    return {order_id: shown[patient_id] for order_id, patient_id in patients.items()}


def _shown(ctx: Context[Staff], made: Sequence[Case]) -> Earlier:
    return Earlier(
        examinations=tuple(
            EarlierExamination(case=one, impression=prior_reports.impression(ctx, one.id)) for one in made[:SHOWN]
        ),
        more=max(0, len(made) - SHOWN),
    )
