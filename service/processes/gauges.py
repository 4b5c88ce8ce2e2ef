"""What /metrics says about now: the lengths of queues, asked of the database when somebody scrapes."""

from __future__ import annotations

import shutil
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.alerts import alert_rows
from reading.messages.moves import OPEN
from reading.sessions import failures
from reading.tables import case, critical_alert, forwarding_job, message, outbox
from service.installation.house import House
from service.steps import anchor
from service.steps.backup import age_seconds
from service.telemetry.metrics import Gauges
from storage.database import snapshot
from storage.keeping import second_copy
from storage.keeping.shipping import behind_seconds
from storage.segment_moves import SegmentState
from storage.tables import commitment, quarantine, segment
from storage.upkeep import rounds
from storage.upkeep.rounds import Task

_SEALED: Final = segment.c.state == SegmentState.SEALED


def gauges(house: House) -> Gauges:
    with snapshot(house.engine) as tx:
        return {
            "tierread_cases": ("Cases by state.", "state", _counted(tx, case.c.state)),
            "tierread_segments": ("Segments by state.", "state", _counted(tx, segment.c.state)),
            "tierread_unstored_bytes": (
                "Sealed segments that are not in the object store yet, of all nodes.",
                "state",
                {"sealed": float(tx.scalar(sa.select(sa.func.sum(segment.c.size)).where(_SEALED)) or 0)},
            ),
            "tierread_unstored_seconds": (
                "How long the oldest of them waits.",
                "state",
                {"sealed": behind_seconds(tx, house.clock())},
            ),
            "tierread_quarantine": (
                "What lies in quarantine undecided, by reason.",
                "reason",
                _counted(tx, quarantine.c.reason, quarantine.c.settled_at.is_(None)),
            ),
            "tierread_commitments": (
                "Storage commitments: without a decision, decided and not told to the device, never told.",
                "state",
                {
                    "waiting": _number(tx, commitment.c.decided_at.is_(None)),
                    "untold": _number(
                        tx,
                        commitment.c.decided_at.is_not(None)
                        & commitment.c.reported_at.is_(None)
                        & commitment.c.given_up_at.is_(None),
                    ),
                    "given_up": _number(tx, commitment.c.given_up_at.is_not(None)),
                },
            ),
            "tierread_outbox": (
                "What happened and has not become messages yet, by kind.",
                "kind",
                _counted(tx, outbox.c.kind, outbox.c.addressed_at.is_(None)),
            ),
            "tierread_messages": (
                "Messages to people and systems that wait, and that failed and wait for a person, by state.",
                "state",
                _counted(tx, message.c.state, message.c.state.in_(OPEN)),
            ),
            "tierread_forwarding": ("Studies to be sent on, by state.", "state", _counted(tx, forwarding_job.c.state)),
            "tierread_critical_alerts": (
                "Critical alerts that nobody has acknowledged, by level.",
                "level",
                _counted(tx, critical_alert.c.level, alert_rows.unanswered()),
            ),
            "tierread_failed_proofs": (
                "Failed attempts to prove who one is, since each counter began, by what they count against.",
                "kind",
                failures.by_kind(tx),
            ),
            "tierread_backup_age_seconds": (
                "Since the newest backup of the database was finished; nothing where there is none.",
                "backup",
                age_seconds(tx, house.clock()),
            ),
            "tierread_anchor_age_seconds": (
                "Since the newest anchor of the audit was written; nothing where there is none.",
                "anchor",
                anchor.age_seconds(tx, house.clock()),
            ),
            "tierread_round_end_seconds": (
                "When everything was last read or swept, in seconds since 1970.",
                "task",
                {str(task): at.timestamp() for task in Task if (at := rounds.of(tx, task).finished_at) is not None},
            ),
            **(_copies(tx, house) if house.copy_store is not None else {}),
            "tierread_spool_bytes": ("The disk of the spool.", "space", _space(house)),
        }


def _counted(tx: Connection, column: sa.Column[str], where: sa.ColumnElement[bool] | None = None) -> dict[str, float]:
    counted = sa.select(column, sa.func.count()).group_by(column)
    return {str(key): number for key, number in tx.execute(counted if where is None else counted.where(where))}


def _number(tx: Connection, where: sa.ColumnElement[bool]) -> float:
    return tx.scalar(sa.select(sa.func.count()).select_from(commitment).where(where)) or 0


def _copies(tx: Connection, house: House) -> Gauges:
    waiting = second_copy.backlog(tx)
    age = 0.0 if waiting.oldest is None else (house.clock() - waiting.oldest).total_seconds()
    return {
        "tierread_copy_backlog": (
            "Stored segments that have no second copy yet: how many, and since how many seconds the oldest waits.",
            "of",
            {"segments": waiting.segments, "seconds": max(0.0, age)},
        )
    }


def _space(house: House) -> dict[str, float]:
    usage = shutil.disk_usage(house.folders.spool)
    return {"free": usage.free, "total": usage.total}
