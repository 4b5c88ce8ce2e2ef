"""The part of a rule's document that lets two people read its cases blind, and says who decides between them."""

from __future__ import annotations

from typing import Any, Literal

from reading.rules.clock_document import Minutes, Part
from reading.rules.rule import Arbitration, DoubleReading, Finality


class DoubleReadingPart(Part):
    """Two blind readings, and who decides between them."""

    arbitration: Literal["discordant_only", "all_recalls", "all_not_normal", "recall_if_either"] = "discordant_only"
    first_final: Literal["at_once", "after_minutes", "by_reader"] = "at_once"
    minutes: Minutes = 60
    consensus_minutes: Minutes | None = None


def double_reading_of(part: DoubleReadingPart | None) -> DoubleReading | None:
    if part is None:
        return None
    return DoubleReading(
        arbitration=Arbitration(part.arbitration),
        finality=Finality(part.first_final),
        minutes=part.minutes,
        consensus_minutes=part.consensus_minutes,
    )


def double_reading_part(double: DoubleReading) -> dict[str, Any]:
    """The fields of a double reading, without what is as it would be anyway."""
    minutes = {"minutes": double.minutes} if double.finality is Finality.AFTER_MINUTES else {}
    consensus = {} if double.consensus_minutes is None else {"consensus_minutes": double.consensus_minutes}
    return {"arbitration": double.arbitration.value, "first_final": double.finality.value} | minutes | consensus
