"""What is counted: each measure is a kind of fact, a condition on it, and the amount that it adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import sqlalchemy as sa

from reading.kinds import Priority
from reading.numbers.facts import Kind
from reading.review.scores import MATTERS, Score
from reading.tables import number_fact

XRAY: Final = ("DX", "CR", "RF", "XR")
RUSHED: Final = (*XRAY, "CT")
"""What the national indicator of emergencies counts: radiographs and CT."""
TWO_HOURS: Final = 120
TEN: Final = 10
PROSTATE: Final = "PROSTATE"


class Grain(StrEnum):
    DAY = "D"
    MONTH = "M"


@dataclass(frozen=True, kw_only=True)
class Measure:
    kind: Kind
    where: sa.ColumnElement[bool] | None = None
    amount: sa.ColumnElement[int] | None = None
    """What each fact adds; None: one."""

    def holds(self) -> sa.ColumnElement[bool]:
        """The condition on ``number_fact`` for what counts."""
        own = _f.kind == self.kind
        return own if self.where is None else own & self.where


_f: Final = number_fact.c
_rush: Final = _f.emergency & _f.modality.in_(RUSHED) & _f.examined_minutes.is_not(None)
_prostate: Final = (_f.modality == "MR") & (_f.body_part == PROSTATE) & _f.positive.is_(True)
_breast: Final = (_f.modality == "MG") & _f.positive.is_(True)


def _step(kind: Kind, name: str, timed: str) -> dict[str, Measure]:
    return {
        name: Measure(kind=kind),
        f"{timed}_timed": Measure(kind=kind, where=_f.in_time.is_not(None)),
        f"{timed}_in_time": Measure(kind=kind, where=_f.in_time.is_(True)),
    }


def _seen(before: bool, after: bool) -> Measure:  # noqa: FBT001
    return Measure(kind=Kind.SCORED, where=_f.positive.is_(before) & _f.positive_after.is_(after))


MEASURES: Final[Mapping[str, Measure]] = {
    "received": Measure(kind=Kind.RECEIVED),
    "urgent": Measure(kind=Kind.RECEIVED, where=_f.priority != Priority.ROUTINE),
    "emergencies": Measure(kind=Kind.RECEIVED, where=_f.priority == Priority.EMERGENCY),
    "returned": Measure(kind=Kind.RETURNED),
    "released": Measure(kind=Kind.RELEASED),
    "judged": Measure(kind=Kind.RELEASED, where=_f.positive.is_not(None)),
    "positive": Measure(kind=Kind.RELEASED, where=_f.positive.is_(True)),
    "in_time": Measure(kind=Kind.RELEASED, where=_f.in_time.is_(True)),
    "late": Measure(kind=Kind.RELEASED, where=_f.in_time.is_(False)),
    "examined_timed": Measure(kind=Kind.RELEASED, where=_f.examined_in_time.is_not(None)),
    "examined_in_time": Measure(kind=Kind.RELEASED, where=_f.examined_in_time.is_(True)),
    "complete": Measure(kind=Kind.RELEASED, where=_f.complete.is_(True)),
    "revised": Measure(kind=Kind.RELEASED, where=_f.revised.is_(True)),
    "rush": Measure(kind=Kind.RELEASED, where=_rush),
    "rush_two_hours": Measure(kind=Kind.RELEASED, where=_rush & (_f.examined_minutes <= TWO_HOURS)),
    "prostate": Measure(kind=Kind.RELEASED, where=_prostate),
    "prostate_graded": Measure(kind=Kind.RELEASED, where=_prostate & _f.graded.is_(True)),
    "breast": Measure(kind=Kind.RELEASED, where=_breast),
    "breast_graded": Measure(kind=Kind.RELEASED, where=_breast & _f.graded.is_(True)),
    **_step(Kind.READ, "reads", "reads"),
    **_step(Kind.VERIFY, "verified", "verified"),
    "seconds": Measure(kind=Kind.SECOND),
    "arbitrated": Measure(kind=Kind.ARBITRATE),
    **_step(Kind.REVIEW, "reviewed", "reviewed"),
    "amended": Measure(kind=Kind.SCORED, where=_f.outcome == "amend"),
    "scored": Measure(kind=Kind.SCORED, where=_f.score != ""),
    "discrepant": Measure(kind=Kind.SCORED, where=_f.score.not_in(("", Score.CONCUR))),
    "serious": Measure(kind=Kind.SCORED, where=_f.score.in_(MATTERS)),
    "both_positive": _seen(before=True, after=True),
    "first_positive": _seen(before=True, after=False),
    "second_positive": _seen(before=False, after=True),
    "both_negative": _seen(before=False, after=False),
    "alerts": Measure(kind=Kind.ALERT),
    "alerts_ten": Measure(kind=Kind.ALERT, where=_f.minutes <= TEN),
    "alerts_in_time": Measure(kind=Kind.ALERT, where=_f.in_time.is_(True)),
    "alerts_disposed": Measure(kind=Kind.ALERT, where=_f.complete.is_(True)),
    "taken": Measure(kind=Kind.TAKEN),
    "chosen": Measure(kind=Kind.TAKEN, where=_f.chosen.is_(True)),
    "skipped": Measure(kind=Kind.TAKEN, amount=_f.skipped),
    "weighed": Measure(kind=Kind.TAKEN, where=_f.weight.is_not(None)),
    "weight": Measure(kind=Kind.TAKEN, where=_f.weight.is_not(None), amount=_f.weight),
    "chosen_weighed": Measure(kind=Kind.TAKEN, where=_f.weight.is_not(None) & _f.chosen.is_(True)),
    "chosen_weight": Measure(kind=Kind.TAKEN, where=_f.weight.is_not(None) & _f.chosen.is_(True), amount=_f.weight),
}
"""The columns of ``number_cell`` by name."""

TIMES: Final[Mapping[str, tuple[Kind, sa.ColumnElement[int]]]] = {
    "read": (Kind.READ, _f.minutes),
    "second": (Kind.SECOND, _f.minutes),
    "verify": (Kind.VERIFY, _f.minutes),
    "review": (Kind.REVIEW, _f.minutes),
    "released": (Kind.RELEASED, _f.minutes),
    "examined": (Kind.RELEASED, _f.examined_minutes),
    "told": (Kind.ALERT, _f.minutes),
}
"""What ``number_time`` holds in bins, by its ``measure``."""
