"""The price list: which of its rows holds for a piece of work on a day; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from reading.cases.examination_codes import ALSO_CALLED, is_known
from reading.statements.dated import Dated
from reading.statements.money import Per
from reading.statements.work import Service


@dataclass(frozen=True, kw_only=True)
class Price(Dated):
    """A row of the price list; what is empty or None is not asked."""

    id: str = ""
    site_id: str | None = None
    reader_id: str | None = None
    """Both or neither: then it is general."""
    service: Service | None = None
    modality: str = ""
    body_part: str = ""
    """Only with a modality."""
    per: Per
    fen: int

    def is_for(self, *, site_id: str, reader_id: str, service: Service, modality: str, body_part: str) -> bool:
        return (
            self.site_id in {None, site_id}
            and self.reader_id in {None, reader_id}
            and self.service in {None, service}
            and self.modality in {"", modality, ALSO_CALLED.get(modality)}
            and self.body_part in {"", body_part}
        )

    @property
    def has_known_codes(self) -> bool:
        """Otherwise it was kept before codes were checked, and counts for no examination that names them rightly."""
        return is_known(self.modality, self.body_part)

    @property
    def rank(self) -> tuple[bool, bool, bool, bool]:
        """How much it says: the pair before the service, the service before the modality, that before the body part."""
        return (self.site_id is not None, self.service is not None, self.modality != "", self.body_part != "")

    def overlaps(self, other: Price) -> bool:
        """Whether two rows for the same work hold on one day."""
        return self._of == other._of and self.meets(other)

    @property
    def _of(self) -> tuple[object, ...]:
        return (self.site_id, self.reader_id, self.service, self.modality, self.body_part)


def price_of(
    prices: Iterable[Price],
    *,
    day: date,
    site_id: str,
    reader_id: str,
    service: Service,
    modality: str,
    body_part: str,
) -> Price | None:
    """The row that says most of such work on a day; None where there is none. Rows that say the same never overlap."""
    holding = [
        one
        for one in prices
        if one.holds_on(day)
        and one.is_for(site_id=site_id, reader_id=reader_id, service=service, modality=modality, body_part=body_part)
    ]
    return max(holding, key=lambda one: (one.rank, one.modality == modality), default=None)
