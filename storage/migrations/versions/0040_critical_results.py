"""Classes of critical results as data, duties, whom an alert named, what was read back, what was done with the patient.

The classes that were written freely so far stay in the list until somebody ends them. Nobody is asked what became of
the patients whose critical result was acknowledged before.
"""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

from storage.database import UtcDateTime
from storage.ids import new_id

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

ULID = sa.String(26)
AT = sa.DateTime(timezone=True)

MINUTES = {"tension_pneumothorax": 5, "aortic_dissection": 5}
"""As they were in the program; every other class had ten."""
OTHERWISE = 10
SHIPPED = (
    "tension_pneumothorax",
    "pneumothorax",
    "intracranial_haemorrhage",
    "stroke",
    "aortic_dissection",
    "pulmonary_embolism",
    "bowel_perforation",
    "bowel_obstruction",
    "organ_rupture",
    "spinal_fracture",
    "foreign_body",
    "other",
)


def reference(table: str, name: str, target: str, *, nullable: bool) -> sa.Column[str]:
    key = sa.ForeignKey(f"{target}.id", name=op.f(f"fk_{table}_{name}"))
    return sa.Column(name, ULID, key, nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "critical_class",
        sa.Column("id", ULID, primary_key=True),
        sa.Column("code", sa.String(40), nullable=False),
        reference("critical_class", "organisation_id", "organisation", nullable=True),
        sa.Column("name_zh", sa.String(60), nullable=False),
        sa.Column("name_en", sa.String(60), nullable=False),
        sa.Column("minutes", sa.Integer, nullable=False),
        sa.Column("disposal_minutes", sa.Integer, nullable=False),
        sa.Column("when", sa.String(10), nullable=False),
        sa.Column("modalities", sa.String(60), nullable=False),
        sa.Column("body_parts", sa.String(200), nullable=False),
        sa.Column("priority", sa.String(10), nullable=False),
        sa.Column("listed", sa.Boolean, nullable=False),
        sa.Column("since", AT, nullable=False),
        sa.Column("until", AT),
        reference("critical_class", "made_by", "person", nullable=True),
    )
    op.create_index("ix_critical_class_code", "critical_class", ["code"])
    op.create_table(
        "duty",
        sa.Column("id", ULID, primary_key=True),
        reference("duty", "organisation_id", "organisation", nullable=False),
        reference("duty", "person_id", "person", nullable=False),
        sa.Column("role", sa.String(30), nullable=False),
        sa.Column("telephone", sa.String(40), nullable=False),
        sa.Column("since", AT, nullable=False),
        sa.Column("until", AT),
        reference("duty", "made_by", "person", nullable=True),
    )
    op.create_index("ix_duty_organisation_id", "duty", ["organisation_id"])
    op.add_column("critical_notice", sa.Column("kind", sa.String(10), nullable=False, server_default="told"))
    op.add_column("critical_notice", sa.Column("telephone", sa.String(40), nullable=False, server_default=""))
    op.execute("UPDATE critical_notice SET kind = 'climbed' WHERE level > 0")
    _alerts()
    _free_classes()


def _alerts() -> None:
    op.alter_column("critical_alert", "withdrawn_at", new_column_name="ended_at")
    for column in (
        sa.Column("climbs_at", AT),
        sa.Column("spoken_with", sa.String(100)),
        sa.Column("means", sa.String(20)),
        sa.Column("kind", sa.String(10), nullable=False, server_default="critical"),
        sa.Column("minutes", sa.Integer, nullable=False, server_default="10"),
        sa.Column("disposal_minutes", sa.Integer, nullable=False, server_default="60"),
        sa.Column("remind_at", AT),
        sa.Column("reminders", sa.Integer, nullable=False, server_default="0"),
        sa.Column("disposed_at", AT),
        sa.Column("disposal", sa.String(20)),
        sa.Column("disposal_text", sa.String(1000)),
        sa.Column("ended_as", sa.String(10)),
    ):
        op.add_column("critical_alert", column)
    for name, target in (("disposed_by", "person"), ("ended_by", "person"), ("replaced_by", "critical_alert")):
        op.execute(  # SQLite has no other way to a reference
            f"ALTER TABLE critical_alert ADD COLUMN {name} VARCHAR(26) "
            f"CONSTRAINT fk_critical_alert_{name} REFERENCES {target} (id)"
        )
    op.execute("UPDATE critical_alert SET ended_as = 'withdrawn' WHERE ended_at IS NOT NULL")
    op.execute("UPDATE critical_alert SET climbs_at = due_at WHERE level > 0")
    table = sa.table(
        "critical_alert",
        sa.column("id", ULID),
        sa.column("critical_class", sa.String),
        sa.column("raised_at", UtcDateTime),
        sa.column("due_at", UtcDateTime),
        sa.column("minutes", sa.Integer),
    )
    tx = op.get_bind()
    for row in tx.execute(sa.select(table.c.id, table.c.critical_class, table.c.raised_at)).all():
        minutes = MINUTES.get(row.critical_class, OTHERWISE)
        first = {"minutes": minutes, "due_at": row.raised_at + timedelta(minutes=minutes)}
        tx.execute(sa.update(table).where(table.c.id == row.id).values(**first))
    op.create_index("ix_critical_alert_disposed_at_remind_at", "critical_alert", ["disposed_at", "remind_at"])
    op.create_index("ix_critical_alert_raised_at", "critical_alert", ["raised_at"])


def _free_classes() -> None:
    tx = op.get_bind()
    alert = sa.table("critical_alert", sa.column("critical_class", sa.String), sa.column("raised_at", UtcDateTime))
    first = sa.func.min(alert.c.raised_at, type_=UtcDateTime).label("since")
    free = tx.execute(
        sa.select(alert.c.critical_class, first)
        .where(alert.c.critical_class.not_in(SHIPPED))
        .group_by(alert.c.critical_class)
    ).all()
    table = sa.table(
        "critical_class",
        *(sa.column(name) for name in ("id", "code", "name_zh", "name_en", "minutes", "disposal_minutes", "when")),
        *(sa.column(name) for name in ("modalities", "body_parts", "priority", "listed")),
        sa.column("since", UtcDateTime),
    )
    for row in free:
        tx.execute(
            sa.insert(table).values(
                id=new_id(),
                code=row.critical_class,
                name_zh=row.critical_class,
                name_en=row.critical_class,
                minutes=OTHERWISE,
                disposal_minutes=60,
                when="flag",
                modalities="",
                body_parts="",
                priority="",
                listed=True,
                since=row.since,
            )
        )
