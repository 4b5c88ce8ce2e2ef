"""The tables of policies, of when each was switched on, and of the calendar of working days."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import id_column, reference
from storage.database import UtcDateTime, metadata

# -- reading.rules.policy: a version never changes
policy: Final = sa.Table(
    "policy",
    metadata,
    id_column(),
    sa.Column("version", sa.Integer, nullable=False, unique=True),
    sa.Column("rules", sa.JSON, nullable=False),
    sa.Column("note", sa.String(200), nullable=False, server_default=""),
    sa.Column("made_at", UtcDateTime, nullable=False),
    reference("made_by", "person", nullable=True),
)

# -- reading.rules.switches: the version that is in force is that of the last switch whose time has come
policy_switch: Final = sa.Table(
    "policy_switch",
    metadata,
    id_column(),
    # In the order in which they were made: of two for the same time the later one counts.
    sa.Column("number", sa.Integer, nullable=False, unique=True),
    reference("policy_id", "policy"),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("made_at", UtcDateTime, nullable=False),
    reference("made_by", "person", nullable=True),
    sa.Column("cancelled_at", UtcDateTime),
    reference("cancelled_by", "person", nullable=True),
    sa.Index("ix_policy_switch_at", "at"),
)

# -- reading.rules.calendar: rows are only added; of a day the last one counts
calendar_entry: Final = sa.Table(
    "calendar_entry",
    metadata,
    id_column(),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("name", sa.String(60), nullable=False, server_default=""),
    sa.Column("made_at", UtcDateTime, nullable=False),
    reference("made_by", "person", nullable=True),
    sa.Index("ix_calendar_entry_day", "day"),
)
