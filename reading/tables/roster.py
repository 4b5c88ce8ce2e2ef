"""The tables of people at work: skills, slots, absences, limits, weights of cases."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import dated_columns, id_column, reference
from storage.database import UtcDateTime, metadata

# -- reading.roster.skills
person_skill: Final = sa.Table(
    "person_skill",
    metadata,
    id_column(),
    reference("person_id", "person"),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("code", sa.String(40), nullable=False),
    *dated_columns(),
    reference("made_by", "person", nullable=True),
    reference("ended_by", "person", nullable=True),
    sa.Index("ix_person_skill_person_id", "person_id"),
    sa.Index(
        "uq_person_skill_open",
        "person_id",
        "code",
        unique=True,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    ),
)

# -- reading.roster.slots: somebody works in a reading group, the step of an organisation; `until` is always said.
roster_slot: Final = sa.Table(
    "roster_slot",
    metadata,
    id_column(),
    reference("organisation_id", "organisation"),
    reference("person_id", "person"),
    sa.Column("step", sa.String(10), nullable=False),
    *dated_columns(),
    reference("made_by", "person", nullable=True),
    reference("ended_by", "person", nullable=True),
    sa.Index("ix_roster_slot_organisation_id_until", "organisation_id", "until"),
    sa.Index("ix_roster_slot_person_id_until", "person_id", "until"),
)

# -- reading.roster.absences
absence: Final = sa.Table(
    "absence",
    metadata,
    id_column(),
    reference("person_id", "person"),
    sa.Column("kind", sa.String(20), nullable=False),
    *dated_columns(),
    reference("made_by", "person", nullable=True),
    reference("ended_by", "person", nullable=True),
    sa.Index("ix_absence_person_id_until", "person_id", "until"),
)

# -- reading.roster.limits: the most cases that somebody has open at once.
case_limit: Final = sa.Table(
    "case_limit",
    metadata,
    id_column(),
    reference("person_id", "person"),
    sa.Column("most", sa.Integer, nullable=False),
    *dated_columns(),
    reference("made_by", "person", nullable=True),
    reference("ended_by", "person", nullable=True),
    sa.Index(
        "uq_case_limit_open",
        "person_id",
        unique=True,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    ),
)

# -- reading.roster.weights: what a region says of the work of a kind of case, over the shipped list.
work_weight: Final = sa.Table(
    "work_weight",
    metadata,
    id_column(),
    sa.Column("modality", sa.String(16), nullable=False),
    sa.Column("body_part", sa.String(64), nullable=False, server_default=""),
    sa.Column("contrast", sa.Boolean),
    sa.Column("views", sa.Integer),
    # In hundredths of the work of a case that nothing is said of.
    sa.Column("hundredths", sa.Integer, nullable=False),
    sa.Column("since", UtcDateTime, nullable=False),
    sa.Column("until", UtcDateTime),
    reference("made_by", "person", nullable=True),
    reference("ended_by", "person", nullable=True),
    sa.CheckConstraint("hundredths > 0", name="hundredths"),
)

# -- reading.roster.terms
roster_terms: Final = sa.Table(
    "roster_terms",
    metadata,
    id_column(),
    reference("organisation_id", "organisation"),
    sa.Column("take_minutes", sa.Integer, nullable=False),
    sa.Column("urgent_minutes", sa.Integer, nullable=False),
    sa.Column("away_minutes", sa.Integer, nullable=False),
    sa.Column("ahead", sa.Integer, nullable=False),
    *dated_columns(),
    reference("made_by", "person", nullable=True),
    reference("ended_by", "person", nullable=True),
    sa.Index(
        "uq_roster_terms_open",
        "organisation_id",
        unique=True,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    ),
)
