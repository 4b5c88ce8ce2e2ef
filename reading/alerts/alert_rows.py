"""The rows of alerts: read, locked and changed by the acts of this room."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.alerts.moves import State
from reading.errors import NotThere
from reading.rules import flags
from reading.tables import critical_alert


class Kind(StrEnum):
    CRITICAL = flags.CRITICAL
    """A critical result (危急值)."""
    NOTICE = "notice"
    """A rule of the site wants this result told, though it is not critical."""


@dataclass(frozen=True, kw_only=True)
class Alert:
    id: str
    case_id: str
    kind: Kind
    critical_class: str
    finding: str = field(repr=False)
    minutes: int
    """Until somebody must have answered, at each level."""
    disposal_minutes: int
    """From the acknowledgement until the township is first reminded to say what was done."""
    raised_by: str
    raised_at: datetime
    due_at: datetime
    """The first deadline, which no climb moves."""
    climbs_at: datetime | None
    """When the next level is told; None until it has climbed: then at ``due_at``."""
    level: int
    """How often it has climbed."""
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    read_back: str | None = field(repr=False)
    spoken_with: str | None = field(repr=False)
    means: str | None
    remind_at: datetime | None
    """When the township is reminded next; None where nobody waits for what was done."""
    reminders: int
    disposed_by: str | None
    disposed_at: datetime | None
    disposal: str | None
    disposal_text: str | None = field(repr=False)
    differs_at: datetime | None
    """When it was read back otherwise than it was told; None where it was not."""
    ask_at: datetime | None
    """When somebody is told so again; None where nobody is asked."""
    asked: int
    clarified_by: str | None
    clarified_at: datetime | None
    clarified_as: str | None
    clarified_with: str | None = field(repr=False)
    agreed: str | None = field(repr=False)
    ended_by: str | None
    ended_at: datetime | None
    ended_as: str | None
    ended_why: str = field(repr=False)
    """The reason that a person gave; empty where a report took it back."""
    replaced_by: str | None
    """The alert that a corrected report put in its place."""
    first_version: int
    """The first version of the report that may take it back: the one that raised it, or the next where a person flagged
    it apart from the report."""

    @property
    def state(self) -> State:
        if self.ended_as is not None:
            return State(self.ended_as)
        differs = self.differs_at is not None and self.clarified_at is None
        if self.disposed_at is not None:
            return State.UNCLEAR if differs else State.DISPOSED
        if self.acknowledged_at is not None:
            return State.DIFFERING if differs else State.ACKNOWLEDGED
        return State.CLIMBING if self.level else State.RAISED

    @property
    def next_climb_at(self) -> datetime:
        return self.climbs_at or self.due_at


def by_id(tx: Connection, alert_id: str) -> Alert:
    """The alert, for those who open its case next.

    Raises:
        NotThere: no such alert.

    """
    row = tx.execute(sa.select(critical_alert).where(critical_alert.c.id == alert_id)).mappings().one_or_none()
    if row is None:
        raise NotThere
    return _from_row(row)


def unanswered() -> sa.ColumnElement[bool]:
    """The condition on the table ``critical_alert`` for the states `moves.UNANSWERED`."""
    return critical_alert.c.acknowledged_at.is_(None) & critical_alert.c.ended_at.is_(None)


def undisposed() -> sa.ColumnElement[bool]:
    """Acknowledged, and the township has not said what was done with the patient."""
    return (
        critical_alert.c.disposed_at.is_(None)
        & critical_alert.c.remind_at.is_not(None)
        & critical_alert.c.ended_at.is_(None)
    )


def differing() -> sa.ColumnElement[bool]:
    """Read back otherwise than it was told, and nobody has answered that: the states `moves.DIFFERING`."""
    return (
        critical_alert.c.clarified_at.is_(None)
        & critical_alert.c.ask_at.is_not(None)
        & critical_alert.c.ended_at.is_(None)
    )


def unsettled() -> sa.ColumnElement[bool]:
    """Somebody has still to acknowledge it, to say what was done, or to answer that it was read back otherwise."""
    return unanswered() | undisposed() | differing()


def newest_standing(tx: Connection, case_id: str) -> Alert | None:
    """The newest critical result that stands on a case, answered or not."""
    return newest_standing_on_each(tx, [case_id]).get(case_id)


def newest_standing_on_each(tx: Connection, case_ids: Collection[str]) -> dict[str, Alert]:
    """For each case the newest critical result that stands on it; cases without one are left out."""
    found = standing_on_each(tx, case_ids)
    critical = {case_id: [one for one in alerts if one.kind is Kind.CRITICAL] for case_id, alerts in found.items()}
    return {case_id: alerts[-1] for case_id, alerts in critical.items() if alerts}


def standing_on_each(tx: Connection, case_ids: Collection[str]) -> dict[str, list[Alert]]:
    """For each case the alerts of either kind that stand on it, the oldest first; cases without one are left out."""
    found: defaultdict[str, list[Alert]] = defaultdict(list)
    for alert in select(tx, critical_alert.c.case_id.in_(case_ids) & flags.standing()):
        found[alert.case_id].append(alert)
    return dict(found)


def standing_of_class(tx: Connection, case_id: str, code: str, kind: Kind) -> list[Alert]:
    """The alerts of a class and kind that stand on a case, the oldest first: one that is unanswered comes last."""
    stands = standing_on_each(tx, [case_id]).get(case_id, [])
    return [one for one in stands if one.critical_class == code and one.kind is kind]


def select(tx: Connection, condition: sa.ColumnElement[bool], *, limit: int | None = None) -> list[Alert]:
    """The alerts of a condition, the oldest first."""
    rows = tx.execute(
        sa.select(critical_alert)
        .where(condition)
        .order_by(critical_alert.c.raised_at, critical_alert.c.id)
        .limit(limit)
    )
    return [_from_row(row) for row in rows.mappings()]


def insert(tx: Connection, **values: Any) -> Alert:
    return _from_row(
        tx.execute(sa.insert(critical_alert).values(**values).returning(*critical_alert.c)).mappings().one()
    )


def lock(tx: Connection, alert_id: str) -> Alert:
    found = tx.execute(sa.select(critical_alert).where(critical_alert.c.id == alert_id).with_for_update())
    return _from_row(found.mappings().one())


def lock_due(tx: Connection, condition: sa.ColumnElement[bool], *, limit: int) -> Sequence[Alert]:
    """The alerts of a condition, locked; those that another worker has locked are left out."""
    rows = tx.execute(
        sa.select(critical_alert)
        .where(condition)
        .order_by(critical_alert.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [_from_row(row) for row in rows.mappings()]


def change(tx: Connection, alert: Alert, **values: Any) -> Alert:
    changed = sa.update(critical_alert).where(critical_alert.c.id == alert.id).values(**values)
    return _from_row(tx.execute(changed.returning(*critical_alert.c)).mappings().one())


def _from_row(row: sa.RowMapping) -> Alert:
    values: dict[str, Any] = {**row, "kind": Kind(row["kind"])}
    return Alert(**values)
