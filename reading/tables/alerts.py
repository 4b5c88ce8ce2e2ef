"""The tables of critical results."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import id_column, reference
from storage.database import UtcDateTime, metadata

# -- reading.alerts.critical
critical_alert: Final = sa.Table(
    "critical_alert",
    metadata,
    id_column(),
    reference("case_id", "case"),
    sa.Column("critical_class", sa.String(40), nullable=False),
    sa.Column("finding", sa.String(1000), nullable=False),
    reference("raised_by", "person"),
    sa.Column("raised_at", UtcDateTime, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column("level", sa.Integer, nullable=False, server_default="0"),
    reference("acknowledged_by", "person", nullable=True),
    sa.Column("acknowledged_at", UtcDateTime),
    sa.Column("read_back", sa.String(1000)),
    sa.Column("withdrawn_at", UtcDateTime),
    sa.Index("ix_critical_alert_case_id", "case_id"),
    sa.Index("ix_critical_alert_acknowledged_at_due_at", "acknowledged_at", "due_at"),
)

# Whom an alert was shown to: the named person first, then each step that it climbed.
critical_notice: Final = sa.Table(
    "critical_notice",
    metadata,
    id_column(),
    reference("alert_id", "critical_alert"),
    reference("person_id", "person", nullable=True),
    reference("organisation_id", "organisation"),
    sa.Column("level", sa.Integer, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Index("ix_critical_notice_alert_id", "alert_id"),
    sa.Index("ix_critical_notice_organisation_id", "organisation_id"),
)
