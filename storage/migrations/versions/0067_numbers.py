"""Numbers: facts of each step of each case, their sums by day and month, and the changes that make them anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None

ULID = sa.String(length=26)
AT = sa.DateTime(timezone=True)
COUNTERS = (
    *("received", "urgent", "emergencies", "returned"),
    *("released", "judged", "positive", "in_time", "late", "examined_timed", "examined_in_time"),
    *("complete", "revised", "rush", "rush_two_hours", "prostate", "prostate_graded", "breast", "breast_graded"),
    *("reads", "reads_timed", "reads_in_time", "verified", "verified_timed", "verified_in_time"),
    *("seconds", "arbitrated", "reviewed", "reviewed_timed", "reviewed_in_time", "amended"),
    *("scored", "discrepant", "serious", "both_positive", "first_positive", "second_positive", "both_negative"),
    *("alerts", "alerts_ten", "alerts_in_time", "alerts_disposed"),
    *("taken", "chosen", "skipped", "weighed", "weight", "chosen_weighed", "chosen_weight"),
)
BINS = tuple(f"b{number:02}" for number in range(41))
_CASE_COLUMNS = (
    *("site_id", "modality", "body_part", "priority", "policy_id", "rule"),
    *("examined_at", "received_at", "clock_wrong"),
)
_QUIET_MOVES = ("claim", "put_back", "expire", "park", "resume", "reroute")
"""Moves that change nothing that is counted; the claim has to be quick."""
_OF_REVIEW = "(SELECT case_id FROM review WHERE id = NEW.review_id)"
# Name, table, the event, its condition, and the case that it changes.
TRIGGERS = (
    ("number_case_made", "case_move", "INSERT", f"NEW.move NOT IN {_QUIET_MOVES}", "NEW.case_id"),
    (
        "number_case_changed",
        '"case"',
        f"UPDATE OF {', '.join(_CASE_COLUMNS)}",
        " OR ".join(f"NEW.{name} <> OLD.{name}" for name in _CASE_COLUMNS),
        "NEW.id",
    ),
    ("number_version_made", "report_version", "INSERT", "", "NEW.case_id"),
    ("number_version_changed", "report_version", "UPDATE OF status, released_at", "", "NEW.case_id"),
    ("number_review_made", "review", "INSERT", "", "NEW.case_id"),
    ("number_score_arbitrated", "score_arbitration", "INSERT", "", _OF_REVIEW),
    ("number_alert_made", "critical_alert", "INSERT", "", "NEW.case_id"),
    (
        "number_alert_changed",
        "critical_alert",
        "UPDATE OF case_id, acknowledged_at, disposed_at, ended_as",
        "",
        "NEW.case_id",
    ),
    ("number_alert_left", "critical_alert", "UPDATE OF case_id", "NEW.case_id <> OLD.case_id", "OLD.case_id"),
    ("number_taken", "assignment", "UPDATE OF ended_as, weight", "NEW.ended_as = 'taken'", "NEW.case_id"),
    ("number_order_joined", "case_procedure", "INSERT", "", "NEW.case_id"),
    ("number_order_left", "case_procedure", "DELETE", "", "OLD.case_id"),
)


def _key() -> list[sa.Column[object]]:
    return [
        sa.Column("grain", sa.String(length=1), nullable=False),
        sa.Column("person_id", ULID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("site_id", ULID, nullable=False),
        sa.Column("modality", sa.String(length=16), nullable=False),
        sa.Column("body_part", sa.String(length=64), nullable=False),
        sa.Column("organisation_id", ULID, nullable=False),
    ]


def upgrade() -> None:
    op.create_table(
        "number_fact",
        sa.Column("case_id", ULID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("site_id", ULID, nullable=False),
        sa.Column("modality", sa.String(length=16), nullable=False),
        sa.Column("body_part", sa.String(length=64), nullable=False),
        sa.Column("organisation_id", ULID, nullable=False),
        sa.Column("person_id", ULID, nullable=False),
        sa.Column("priority", sa.String(length=10), nullable=False),
        sa.Column("emergency", sa.Boolean(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("in_time", sa.Boolean(), nullable=True),
        sa.Column("examined_minutes", sa.Integer(), nullable=True),
        sa.Column("examined_in_time", sa.Boolean(), nullable=True),
        sa.Column("positive", sa.Boolean(), nullable=True),
        sa.Column("positive_after", sa.Boolean(), nullable=True),
        sa.Column("complete", sa.Boolean(), nullable=True),
        sa.Column("revised", sa.Boolean(), nullable=True),
        sa.Column("graded", sa.Boolean(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("score", sa.String(length=4), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=True),
        sa.Column("chosen", sa.Boolean(), nullable=True),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_number_fact_case_id")),
        sa.PrimaryKeyConstraint("case_id", "number", name=op.f("pk_number_fact")),
    )
    op.create_index("ix_number_fact_site_id_day", "number_fact", ["site_id", "day"])
    somebody = sa.text("person_id <> ''")
    op.create_index(
        "ix_number_fact_person_id_day",
        "number_fact",
        ["person_id", "day"],
        sqlite_where=somebody,
        postgresql_where=somebody,
    )
    op.create_table(
        "number_change",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("case_id", ULID, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_number_change")),
    )
    op.create_table(
        "number_stale",
        sa.Column("grain", sa.String(length=1), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("site_id", ULID, nullable=False),
        sa.PrimaryKeyConstraint("grain", "day", "site_id", name=op.f("pk_number_stale")),
    )
    key = [column.name for column in _key()]
    counters = [sa.Column(name, sa.Integer(), server_default="0", nullable=False) for name in COUNTERS]
    op.create_table("number_cell", *_key(), *counters, sa.PrimaryKeyConstraint(*key, name=op.f("pk_number_cell")))
    op.create_index("ix_number_cell_site_id", "number_cell", ["site_id", "grain", "day"])
    bins = [sa.Column(name, sa.Integer(), server_default="0", nullable=False) for name in BINS]
    op.create_table(
        "number_time",
        *_key(),
        sa.Column("measure", sa.String(length=10), nullable=False),
        *bins,
        sa.PrimaryKeyConstraint(*key, "measure", name=op.f("pk_number_time")),
    )
    op.create_index("ix_number_time_site_id", "number_time", ["site_id", "grain", "day"])
    _watch()
    op.execute(f'INSERT INTO number_change (id, case_id) SELECT {_random_id()}, id FROM "case"')


def _watch() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for name, table, event, condition, case_id in TRIGGERS:
        when = f"WHEN ({condition})" if condition else ""
        change = f"INSERT INTO number_change (id, case_id) VALUES ({_random_id()}, {case_id});"
        if on_postgresql:
            op.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {change} RETURN NULL; END $$"
            )
            op.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW {when} EXECUTE FUNCTION {name}()")
        else:
            op.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW {when} BEGIN {change} END")


def _random_id() -> str:
    return "gen_random_uuid()::text" if op.get_bind().dialect.name == "postgresql" else "lower(hex(randomblob(16)))"


def downgrade() -> None:
    for name, table, *_ in TRIGGERS:
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"DROP TRIGGER {name} ON {table}")
            op.execute(f"DROP FUNCTION {name}()")
        else:
            op.execute(f"DROP TRIGGER {name}")
    for table in ("number_time", "number_cell", "number_stale", "number_change", "number_fact"):
        op.drop_table(table)
