"""Devices have rights: those that are there store and ask for their worklist. Tokens end. Notes hide what is theirs.

Queries and retrievals stop until a quality manager allows them, except what a rule of forwarding sends. What devices
asked for in the last thirty days is noted as lacking, so that it is seen whom to allow what.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

import storage.database
from storage.ids import new_id

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

TOKEN = timedelta(days=365)
LATELY = timedelta(days=30)
LOOKS = {
    "query": ("study.search",),
    "retrieve": ("study.retrieve", "study.metadata", "study.frames", "study.rendered", "study.thumbnail"),
}


def upgrade() -> None:
    op.create_table(
        "device_right",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("device_id", sa.String(length=26), nullable=False),
        sa.Column("right", sa.String(length=10), nullable=False),
        sa.Column("since", storage.database.UtcDateTime(), nullable=False),
        sa.Column("until", storage.database.UtcDateTime()),
        sa.Column("given_by", sa.String(length=26)),
        sa.Column("ended_by", sa.String(length=26)),
        sa.CheckConstraint(
            "\"right\" in ('store', 'worklist', 'query', 'retrieve', 'reject')", name=op.f("ck_device_right_right")
        ),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_device_right_device_id")),
        sa.ForeignKeyConstraint(["given_by"], ["person.id"], name=op.f("fk_device_right_given_by")),
        sa.ForeignKeyConstraint(["ended_by"], ["person.id"], name=op.f("fk_device_right_ended_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_right")),
    )
    op.create_index("ix_device_right_device_id", "device_right", ["device_id"])
    op.create_index(
        "uq_device_right_open",
        "device_right",
        ["device_id", "right"],
        unique=True,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_table(
        "device_lack",
        sa.Column("device_id", sa.String(length=26), nullable=False),
        sa.Column("right", sa.String(length=10), nullable=False),
        sa.Column("asked_at", storage.database.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_device_lack_device_id")),
        sa.PrimaryKeyConstraint("device_id", "right", name=op.f("pk_device_lack")),
    )
    op.add_column("rejection", sa.Column("device_id", sa.String(length=26)))
    op.add_column("rejection", sa.Column("whole_site", sa.Boolean(), server_default=sa.true(), nullable=False))
    _carry_over(op.get_bind(), datetime.now(UTC))


def _carry_over(tx: sa.Connection, now: datetime) -> None:
    at = sa.bindparam("at", type_=storage.database.UtcDateTime())
    sent_by = "(SELECT device_id FROM instance WHERE sop_instance_uid = rejection.note_uid)"
    notes = f"UPDATE rejection SET whole_site = :no, device_id = {sent_by} WHERE note_uid IS NOT NULL"
    tx.execute(sa.text(notes), {"no": False})
    tx.execute(sa.text("UPDATE device_token SET until = :at WHERE until IS NULL").bindparams(at), {"at": now + TOKEN})
    give = sa.text(
        'INSERT INTO device_right (id, device_id, "right", since) VALUES (:id, :device_id, :right, :at)'
    ).bindparams(at)
    rights = [
        (device_id, right)
        for device_id in tx.scalars(sa.text("SELECT id FROM device WHERE until IS NULL ORDER BY id")).all()
        for right in ("store", "worklist")
    ]
    receivers = (
        "SELECT DISTINCT device_id FROM forwarding_rule WHERE until IS NULL"
        " AND device_id IN (SELECT id FROM device WHERE until IS NULL)"
    )
    rights += [(device_id, "retrieve") for device_id in tx.scalars(sa.text(receivers)).all()]
    for device_id, right in rights:
        tx.execute(give, {"id": new_id(), "device_id": device_id, "right": right, "at": now})
    looked = sa.text(
        "SELECT actor_id, max(at) AS last FROM audit_event WHERE actor_kind = 'machine' AND action IN :actions"
        " AND at >= :at AND actor_id IN (SELECT id FROM device WHERE until IS NULL) GROUP BY actor_id"
    ).bindparams(sa.bindparam("actions", expanding=True), at)
    looked = looked.columns(actor_id=sa.String(), last=storage.database.UtcDateTime())
    for right, actions in LOOKS.items():
        for device_id, last in tx.execute(looked, {"actions": actions, "at": now - LATELY}).all():
            if (device_id, right) not in rights:
                lack = sa.text(
                    'INSERT INTO device_lack (device_id, "right", asked_at) VALUES (:device_id, :right, :at)'
                )
                tx.execute(lack.bindparams(at), {"device_id": device_id, "right": right, "at": last})
