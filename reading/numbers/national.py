"""The national quality indicators of radiology of 2024, as far as our rows carry them (国卫办医政函〔2024〕150号)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from reading.numbers.indicators import Better, Figure, Indicator, Shape, figure
from reading.numbers.sums import Sums


class Fit(StrEnum):
    """How far an indicator can be computed."""

    MET = "met"
    PARTLY = "partly"
    NOT = "not"


@dataclass(frozen=True, kw_only=True)
class National:
    """One of the seven; names, definitions and reasons are in the catalogues, by ``code``."""

    code: str
    fit: Fit
    part: str = ""
    whole: str = ""
    better: Better = Better.MORE

    @property
    def indicator(self) -> Indicator:
        return Indicator(name=self.code, shape=Shape.SHARE, better=self.better, part=self.part, whole=self.whole)

    def figure(self, sums: Sums) -> Figure | None:
        return None if self.fit is Fit.NOT else figure(self.indicator, sums)


NATIONAL: Final[Mapping[str, National]] = {
    one.code: one
    for one in (
        National(code="iia", fit=Fit.NOT, better=Better.LESS),
        National(code="rrc", fit=Fit.PARTLY, part="rush_two_hours", whole="rush"),
        National(code="rws", fit=Fit.PARTLY, part="complete", whole="released"),
        National(code="rcv", fit=Fit.MET, part="alerts_ten", whole="alerts"),
        National(code="icme", fit=Fit.NOT, better=Better.LESS),
        National(code="pirads", fit=Fit.PARTLY, part="prostate_graded", whole="prostate"),
        National(code="birads", fit=Fit.PARTLY, part="breast_graded", whole="breast"),
    )
}
"""In the order of the ministry."""
