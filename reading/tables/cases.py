"""The tables of cases, what belongs to them, their moves."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import UID, id_column, reference, revision_column
from storage.database import UtcDateTime, metadata

# -- reading.cases.cases (state changes only with a move, in one transaction)
case: Final = sa.Table(
    "case",
    metadata,
    id_column(),
    reference("site_id", "organisation"),
    reference("patient_id", "patient", nullable=True),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("tier", sa.String(10), nullable=False),
    sa.Column("step", sa.String(10), nullable=False),
    sa.Column("arriving", sa.Boolean, nullable=False),
    sa.Column("priority", sa.String(10), nullable=False),
    sa.Column("rank", sa.SmallInteger, nullable=False),  # `cases.queue_rank`
    sa.Column("modality", sa.String(16), nullable=False),
    sa.Column("body_part", sa.String(64), nullable=False, server_default=""),
    sa.Column("laterality", sa.String(16), nullable=False, server_default=""),
    sa.Column("critical", sa.Boolean, nullable=False),
    reference("policy_id", "policy"),
    sa.Column("rule", sa.String(60), nullable=False),
    # Two people read it blind by its rule, or would without a flag (`case_rule.double_reading_of`).
    sa.Column("by_two", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("examined_at", UtcDateTime, nullable=False),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column("clock_wrong", sa.Boolean, nullable=False),
    # When what is arriving now began to, where it is not the first instance; the rule's longest time counts from here.
    sa.Column("arriving_since", UtcDateTime),
    # reading.cases.identity_moves; and how many shown images named another person than their study, when compared.
    sa.Column("identity", sa.String(10), nullable=False, server_default="unchecked"),
    sa.Column("other_persons", sa.Integer, nullable=False, server_default="0"),
    # `patient.facts_at` of the facts with which its images were compared.
    sa.Column("facts_at", UtcDateTime),
    # When the worker looks next whether it waits too long; empty where there is nothing to look for.
    sa.Column("look_at", UtcDateTime),
    # The skills that its reader has to have, and until when; the worker empties them when that is over.
    sa.Column("skills", sa.String(400), nullable=False, server_default=""),
    sa.Column("skills_until", UtcDateTime),
    # The organisation whose attendings countersign the report of a resident that waits; empty at all other steps.
    reference("countersign_at", "organisation", nullable=True),
    # reading.queue.assigning: whom it waits for, and until when it waits for nobody else; no part of the revision.
    reference("assigned_to", "person", nullable=True),
    sa.Column("assigned_until", UtcDateTime),
    revision_column(),
    # The site comes first: who reads for a few sites of many finds at once that nothing waits there. Led by
    # the rank, the planner would walk through everybody's waiting cases in search of theirs.
    sa.Index("ix_case_site_id_state_rank_due_at", "site_id", "state", "rank", "due_at"),
    sa.Index("ix_case_site_id_received_at", "site_id", "received_at"),
    # The newest of many sites: the index of each of them would give all that they ever received.
    sa.Index("ix_case_received_at", "received_at", "id"),
    # What is claimed to be read: only what the person has the skills for is looked at.
    sa.Index("ix_case_site_id_state_skills_rank_due_at", "site_id", "state", "skills", "rank", "due_at"),
    sa.Index(
        "ix_case_assigned_to",
        "assigned_to",
        sqlite_where=sa.text("assigned_to IS NOT NULL"),
        postgresql_where=sa.text("assigned_to IS NOT NULL"),
    ),
    sa.Index(
        "ix_case_skills_until",
        "skills_until",
        sqlite_where=sa.text("skills <> ''"),
        postgresql_where=sa.text("skills <> ''"),
    ),
    sa.Index("ix_case_patient_id", "patient_id"),
    sa.Index(
        "ix_case_look_at",
        "look_at",
        sqlite_where=sa.text("look_at IS NOT NULL"),
        postgresql_where=sa.text("look_at IS NOT NULL"),
    ),
    sa.Index(
        "ix_case_clock_wrong",
        "received_at",
        sqlite_where=sa.text("clock_wrong = 1"),
        postgresql_where=sa.text("clock_wrong"),
    ),
    sa.Index(
        "ix_case_unchecked",
        "received_at",
        sqlite_where=sa.text("identity = 'unchecked'"),
        postgresql_where=sa.text("identity = 'unchecked'"),
    ),
)

case_study: Final = sa.Table(
    "case_study",
    metadata,
    reference("case_id", "case"),
    sa.Column("study_uid", UID, nullable=False),
    sa.Column("joined_at", UtcDateTime, nullable=False),
    sa.PrimaryKeyConstraint("case_id", "study_uid"),
    sa.UniqueConstraint("study_uid"),
)

case_procedure: Final = sa.Table(
    "case_procedure",
    metadata,
    reference("case_id", "case"),
    reference("procedure_id", "procedure"),
    sa.Column("joined_at", UtcDateTime, nullable=False),
    sa.PrimaryKeyConstraint("case_id", "procedure_id"),
)

case_move: Final = sa.Table(
    "case_move",
    metadata,
    id_column(),
    reference("case_id", "case"),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("move", sa.String(20), nullable=False),
    sa.Column("from_state", sa.String(20), nullable=False),
    sa.Column("to_state", sa.String(20), nullable=False),
    reference("person_id", "person", nullable=True),
    reference("grant_id", "role_grant", nullable=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("why", sa.String(1000), nullable=False, server_default=""),
    sa.UniqueConstraint("case_id", "number"),
    # The few cases that were escalated or disputed, which have tabs of their own.
    sa.Index(
        "ix_case_move_sent_on",
        "case_id",
        "move",
        sqlite_where=sa.text("move in ('escalate', 'dispute')"),
        postgresql_where=sa.text("move in ('escalate', 'dispute')"),
    ),
)
