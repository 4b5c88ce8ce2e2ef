"""Work: what an institution did for another one's case, once in each service; pure, from the facts of the case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from reading.numbers.facts import Kind
from reading.tables.numbers import NOBODY


class Service(StrEnum):
    """What is settled."""

    REPORT = "report"
    VERIFY = "verify"
    SECOND = "second"
    """The second of two blind readings."""
    ARBITRATE = "arbitrate"
    """The decision between them."""
    REVIEW = "review"
    CONSULTATION = "consultation"


BESIDE: Final = {
    Kind.VERIFY: Service.VERIFY,
    Kind.SECOND: Service.SECOND,
    Kind.ARBITRATE: Service.ARBITRATE,
    Kind.REVIEW: Service.REVIEW,
}
"""Facts of a case that count beside its report."""
_ORDER: Final = {service: number for number, service in enumerate(Service)}
COUNTED: Final = (Kind.RELEASED, *BESIDE)
"""Facts at whose time something may count."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """A fact of a case: its kind, time and organisation; ``kind`` is None for an opinion that was asked for."""

    kind: Kind | None
    at: datetime
    organisation_id: str
    weight: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """One service for one case."""

    case_id: str
    service: Service
    site_id: str
    reader_id: str
    at: datetime
    modality: str
    body_part: str
    weight: int
    """In hundredths."""


def works_of(
    *,
    case_id: str,
    site_id: str,
    modality: str,
    body_part: str,
    facts: Sequence[Done],
    weighed: Callable[[datetime], int],
) -> list[Work]:
    """What counts of a case, in the order of `Service`; nothing before its report is released.

    Each institution counts once in each service, when it did it first, and not before the release. What the site did
    for itself counts nowhere, nor what the author's institution did besides its report. The weight is that with which
    the case was first taken, or else what ``weighed`` says of the time of the release.
    """
    report = next((one for one in facts if one.kind is Kind.RELEASED), None)
    if report is None or report.organisation_id == NOBODY:
        return []
    taken = sorted((one for one in facts if one.kind is Kind.TAKEN and one.weight is not None), key=_time)
    weight = taken[0].weight if taken else None
    did = {(Service.REPORT, report.organisation_id): report.at}
    for one in sorted(facts, key=_time):
        service = Service.CONSULTATION if one.kind is None else BESIDE.get(one.kind)
        if service is not None and one.organisation_id not in {NOBODY, report.organisation_id}:
            did.setdefault((service, one.organisation_id), max(one.at, report.at))
    return [
        Work(
            case_id=case_id,
            service=service,
            site_id=site_id,
            reader_id=reader_id,
            at=at,
            modality=modality,
            body_part=body_part,
            weight=weighed(report.at) if weight is None else weight,
        )
        for (service, reader_id), at in sorted(did.items(), key=lambda each: (_ORDER[each[0][0]], each[0][1]))
        if reader_id != site_id
    ]


def _time(one: Done) -> datetime:
    return one.at
