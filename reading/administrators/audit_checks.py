"""Checks of the audit that the audit administrator asks for: made by a worker, their result kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy.engine import Connection

from reading.actions import Action
from reading.anchors.check import AuditCheck, check_audit
from reading.anchors.places import Places
from reading.audit import SYSTEM, Actor, Audit
from reading.context import Context, without_door
from reading.kinds import Role
from reading.register.administrator import only
from reading.tables import audit_check
from reading.viewers import Staff
from storage.database import transaction
from storage.ids import new_id

CUT_SHORT: Final = timedelta(hours=12)
"""A check that began so long ago and has not ended is begun again: its worker is gone."""
MOST_LISTED: Final = 10
MOST_FLAWS: Final = 100
"""Chains, anchors and signatures that are named one by one in a result."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """A check that was asked for; ``found`` is None until it has ended."""

    id: str
    asked_at: datetime
    begun_at: datetime | None
    ended_at: datetime | None
    found: dict[str, Any] | None
    """`reading.anchors.check.AuditCheck` as JSON, with ``sound`` and ``flaws``."""


@without_door("The audit holds ids and words of ours, and nothing of a patient.")
def ask(ctx: Context[Staff | Actor]) -> None:
    """Ask for a check; while one waits or runs it is that one.

    Raises:
        NotAllowed: they are no audit administrator.

    """
    only(ctx.who, Role.AUDIT_ADMINISTRATOR)
    open_still = sa.select(audit_check.c.id).where(audit_check.c.ended_at.is_(None)).limit(1)
    if ctx.tx.scalar(open_still) is not None or not isinstance(ctx.who, Staff):
        return
    ctx.tx.execute(audit_check.insert(), {"id": new_id(), "asked_by": ctx.who.person_id, "asked_at": ctx.now})
    ctx.record(action=Action.AUDIT_CHECK, subject_kind="audit", subject_id="")


@without_door("The audit holds ids and words of ours, and nothing of a patient.")
def latest(ctx: Context[Staff | Actor]) -> list[Check]:
    """The last checks, the latest first.

    Raises:
        NotAllowed: they are no audit administrator.

    """
    only(ctx.who, Role.AUDIT_ADMINISTRATOR)
    rows = ctx.tx.execute(sa.select(audit_check).order_by(audit_check.c.id.desc()).limit(MOST_LISTED))
    return [
        Check(id=row.id, asked_at=row.asked_at, begun_at=row.begun_at, ended_at=row.ended_at, found=row.found)
        for row in rows
    ]


def run_next(where: Places, key: Ed25519PublicKey | None, audit: Audit, clock: Callable[[], datetime]) -> int:
    """Make the check that waits; 0 where none does.

    Raises:
        StoreAway, StoreRefuses: of an object store; it waits again.

    """
    with transaction(where.engine) as tx:
        check_id = _begin(tx, clock())
    if check_id is None:
        return 0
    try:
        found = check_audit(where, key)
    except BaseException:
        with transaction(where.engine) as tx:
            tx.execute(audit_check.update().where(audit_check.c.id == check_id).values(begun_at=None))
        raise
    with transaction(where.engine) as tx:
        ended = audit_check.update().where(audit_check.c.id == check_id, audit_check.c.ended_at.is_(None))
        tx.execute(ended.values(ended_at=clock(), found=kept(found)))
        Context(tx, audit, clock(), SYSTEM).record(
            action=Action.AUDIT_VERIFY,
            subject_kind="audit",
            subject_id="",
            details={"chains": found.chains, "anchors": found.anchors, "broken": found.flaws},
        )
    return 1


def kept(found: AuditCheck) -> dict[str, Any]:
    """The result as JSON; of many flaws the first, and how many there are."""
    whole = asdict(found)
    for name in ("breaks", "broken_anchors", "lost_signatures", "restored"):
        whole[name] = whole[name][:MOST_FLAWS]
    whole["anchored_at"] = found.anchored_at.isoformat() if found.anchored_at else None
    whole["restored"] = [one | {"at": one["at"].isoformat()} for one in whole["restored"]]
    return whole | {"sound": found.sound, "flaws": found.flaws}


def _begin(tx: Connection, now: datetime) -> str | None:
    row = audit_check.c
    waits = row.ended_at.is_(None) & (row.begun_at.is_(None) | (row.begun_at < now - CUT_SHORT))
    check_id = tx.scalar(sa.select(row.id).where(waits).order_by(row.id).limit(1))
    if check_id is None:
        return None
    begun = tx.execute(audit_check.update().where(row.id == check_id, waits).values(begun_at=now))
    return check_id if begun.rowcount else None
