"""The tables of studies sent on to other archives."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import UID, dated_columns, id_column, reference
from storage.database import UtcDateTime, metadata

# -- reading.forwarding: the rules that send studies on to other archives, and how far each study has come
forwarding_rule: Final = sa.Table(
    "forwarding_rule",
    metadata,
    id_column(),
    reference("site_id", "organisation"),
    sa.Column("modality", sa.String(16), nullable=False, server_default=""),
    sa.Column("moment", sa.String(10), nullable=False),
    reference("device_id", "device", nullable=True),
    sa.Column("url", sa.String(500), nullable=False, server_default=""),
    sa.Column("token_file", sa.String(500), nullable=False, server_default=""),
    sa.Column("planned_until", UtcDateTime, nullable=False),
    *dated_columns(),
    sa.CheckConstraint("moment in ('quiet', 'final')", name="moment"),
    sa.CheckConstraint("(device_id is null) <> (url = '')", name="target"),
)

forwarding_job: Final = sa.Table(
    "forwarding_job",
    metadata,
    id_column(),
    reference("rule_id", "forwarding_rule"),
    sa.Column("study_uid", UID, nullable=False),
    sa.Column("instances", sa.Integer, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("waiting_since", UtcDateTime, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_at", UtcDateTime, nullable=False),
    sa.Column("leased_until", UtcDateTime),
    sa.Column("failure", sa.String(40), nullable=False, server_default=""),
    sa.Column("done_at", UtcDateTime),
    sa.CheckConstraint("state in ('waiting', 'done', 'dead')", name="state"),
    sa.UniqueConstraint("rule_id", "study_uid"),
    sa.Index("ix_forwarding_job_state_next_at", "state", "next_at"),
)

# What a job has delivered, so that it goes on after a failure; forgotten a month after it is done.
forwarded_instance: Final = sa.Table(
    "forwarded_instance",
    metadata,
    reference("job_id", "forwarding_job"),
    sa.Column("sop_instance_uid", UID, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.PrimaryKeyConstraint("job_id", "sop_instance_uid"),
)
