"""The history of a case as the numbers see it: what happened to it and who did it, without its patient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from reading.cases.moves import Move, State
from reading.clock.hours import Hours
from reading.kinds import Priority
from reading.reports.versions import Status
from reading.rules.rule import Rule


@dataclass(frozen=True, kw_only=True)
class Moved:
    """A move, and from which organisation it was made."""

    number: int
    move: Move
    from_state: State
    to_state: State
    at: datetime
    person_id: str
    organisation_id: str


@dataclass(frozen=True, kw_only=True)
class Signed:
    """A version of the report: what it says, and who signed it as its author."""

    id: str
    number: int
    status: Status
    released_at: datetime | None
    findings: str
    impression: str
    positive: bool | None
    incomplete_reason: str
    author_id: str
    author_organisation_id: str
    """Both empty where another than the author signed it alone."""


@dataclass(frozen=True, kw_only=True)
class Scored:
    at: datetime
    author_id: str
    outcome: str
    score: str
    """That counts; empty while an arbiter is waited for, or where none was given."""
    read_version_id: str
    review_version_id: str | None


@dataclass(frozen=True, kw_only=True)
class Alerted:
    raised_at: datetime
    raised_by: str
    within: int
    """Minutes that its class gives."""
    acknowledged_at: datetime | None
    disposed: bool
    withdrawn: bool


@dataclass(frozen=True, kw_only=True)
class Taken:
    at: datetime
    person_id: str
    organisation_id: str
    chosen: bool
    skipped: int
    weight: int | None


@dataclass(frozen=True, kw_only=True)
class History:
    """Everything of a case that its facts are made of; it names no patient."""

    id: str
    site_id: str
    zone: ZoneInfo
    modality: str
    body_part: str
    priority: Priority
    state: State
    received_at: datetime
    examined_at: datetime | None
    """None where the clock of the device was wrong."""
    rule: Rule
    hours: Hours
    ordered_in_emergency: bool
    """By the department of the order."""
    moves: Sequence[Moved]
    versions: Sequence[Signed]
    graded: bool
    """A grade was chosen in the form of the report that stands."""
    scored: Sequence[Scored]
    alerts: Sequence[Alerted]
    taken: Sequence[Taken]
