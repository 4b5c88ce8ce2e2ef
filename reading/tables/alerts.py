"""The tables of critical results."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import dated_columns, id_column, reference
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
    # The deadline that the class gave; it never moves.
    sa.Column("due_at", UtcDateTime, nullable=False),
    # When the next level is told; empty until it has climbed: then at `due_at`.
    sa.Column("climbs_at", UtcDateTime),
    sa.Column("level", sa.Integer, nullable=False, server_default="0"),
    reference("acknowledged_by", "person", nullable=True),
    sa.Column("acknowledged_at", UtcDateTime),
    sa.Column("read_back", sa.String(1000)),
    sa.Column("spoken_with", sa.String(100)),
    sa.Column("means", sa.String(20)),
    sa.Column("kind", sa.String(10), nullable=False, server_default="critical"),
    sa.Column("minutes", sa.Integer, nullable=False, server_default="10"),
    sa.Column("disposal_minutes", sa.Integer, nullable=False, server_default="60"),
    # When the township is next reminded; empty until it has acknowledged.
    sa.Column("remind_at", UtcDateTime),
    sa.Column("reminders", sa.Integer, nullable=False, server_default="0"),
    reference("disposed_by", "person", nullable=True),
    sa.Column("disposed_at", UtcDateTime),
    sa.Column("disposal", sa.String(20)),
    sa.Column("disposal_text", sa.String(1000)),
    # Read back otherwise than it was told; when somebody is told so again, and how often that was done.
    sa.Column("differs_at", UtcDateTime),
    sa.Column("ask_at", UtcDateTime),
    sa.Column("asked", sa.Integer, nullable=False, server_default="0"),
    # Who answered that, how, with whom it was spoken and what was agreed.
    reference("clarified_by", "person", nullable=True),
    sa.Column("clarified_at", UtcDateTime),
    sa.Column("clarified_as", sa.String(10)),
    sa.Column("clarified_with", sa.String(100)),
    sa.Column("agreed", sa.String(1000)),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("ended_as", sa.String(10)),
    reference("ended_by", "person", nullable=True),
    # Why it was withdrawn or lifted, in the words of whoever did it.
    sa.Column("ended_why", sa.String(1000), nullable=False, server_default=""),
    # The first version that may take it back: the one that raised it, or the next where it was flagged apart.
    sa.Column("first_version", sa.Integer, nullable=False, server_default="1"),
    # The alert that a corrected report put in the place of this one.
    reference("replaced_by", "critical_alert", nullable=True),
    sa.Index("ix_critical_alert_case_id", "case_id"),
    sa.Index("ix_critical_alert_acknowledged_at_due_at", "acknowledged_at", "due_at"),
    sa.Index("ix_critical_alert_disposed_at_remind_at", "disposed_at", "remind_at"),
    sa.Index("ix_critical_alert_clarified_at_ask_at", "clarified_at", "ask_at"),
    sa.Index("ix_critical_alert_raised_at", "raised_at"),
)

# -- reading.alerts.moved_images: an alert went on at the case to which the images were moved.
critical_carry: Final = sa.Table(
    "critical_carry",
    metadata,
    id_column(),
    reference("alert_id", "critical_alert"),
    reference("from_case_id", "case"),
    reference("to_case_id", "case"),
    sa.Column("at", UtcDateTime, nullable=False),
    # When it came back with the images; empty while it stands there.
    sa.Column("back_at", UtcDateTime),
    sa.Index("ix_critical_carry_alert_id", "alert_id"),
    sa.Index("ix_critical_carry_from_case_id", "from_case_id"),
)

# -- reading.alerts.findings: what else was found of the class while nobody had answered.
critical_finding: Final = sa.Table(
    "critical_finding",
    metadata,
    id_column(),
    reference("alert_id", "critical_alert"),
    sa.Column("words", sa.String(1000), nullable=False),
    reference("said_by", "person"),
    sa.Column("said_at", UtcDateTime, nullable=False),
    sa.Index("ix_critical_finding_alert_id", "alert_id"),
)

# Who was told of an alert, when and under which telephone: those at the site first, then each step that it climbed.
critical_notice: Final = sa.Table(
    "critical_notice",
    metadata,
    id_column(),
    reference("alert_id", "critical_alert"),
    reference("person_id", "person", nullable=True),
    reference("organisation_id", "organisation"),
    sa.Column("level", sa.Integer, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("kind", sa.String(10), nullable=False, server_default="told"),
    sa.Column("telephone", sa.String(40), nullable=False, server_default=""),
    # What it says beyond the alert's own finding.
    reference("finding_id", "critical_finding", nullable=True),
    sa.Index("ix_critical_notice_alert_id", "alert_id"),
    sa.Index("ix_critical_notice_organisation_id", "organisation_id"),
)

# -- reading.alerts.classes: what a region or an organisation says of a class, over the shipped list.
critical_class: Final = sa.Table(
    "critical_class",
    metadata,
    id_column(),
    sa.Column("code", sa.String(40), nullable=False),
    reference("organisation_id", "organisation", nullable=True),
    sa.Column("name_zh", sa.String(60), nullable=False),
    sa.Column("name_en", sa.String(60), nullable=False),
    sa.Column("minutes", sa.Integer, nullable=False),
    sa.Column("disposal_minutes", sa.Integer, nullable=False),
    sa.Column("when", sa.String(10), nullable=False),
    sa.Column("modalities", sa.String(60), nullable=False),
    sa.Column("body_parts", sa.String(200), nullable=False),
    sa.Column("priority", sa.String(10), nullable=False),
    sa.Column("listed", sa.Boolean, nullable=False),
    *dated_columns(),
    reference("made_by", "person", nullable=True),
    sa.Index("ix_critical_class_code", "code"),
    # Of a class one thing is said to an organisation, and one to everybody.
    sa.Index(
        "uq_critical_class_code_organisation_id",
        "code",
        "organisation_id",
        unique=True,
        sqlite_where=sa.text("until is null"),
        postgresql_where=sa.text("until is null"),
    ),
    sa.Index(
        "uq_critical_class_code_for_everybody",
        "code",
        unique=True,
        sqlite_where=sa.text("until is null and organisation_id is null"),
        postgresql_where=sa.text("until is null and organisation_id is null"),
    ),
)

# -- reading.alerts.duty
duty: Final = sa.Table(
    "duty",
    metadata,
    id_column(),
    reference("organisation_id", "organisation"),
    reference("person_id", "person"),
    sa.Column("role", sa.String(30), nullable=False),
    sa.Column("telephone", sa.String(40), nullable=False),
    *dated_columns(),
    reference("made_by", "person", nullable=True),
    sa.Index("ix_duty_organisation_id", "organisation_id"),
)
