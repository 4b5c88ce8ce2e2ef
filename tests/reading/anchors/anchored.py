"""Events and signatures with anchors over them, and somebody who changes the database as its owner."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.engine import Engine

from reading.actions import Action
from reading.anchors import writing
from reading.anchors.check import AuditCheck, check_audit
from reading.anchors.places import Places
from reading.anchors.writing import Written
from reading.audit import Actor, ActorKind, Audit
from reading.reports.seal import Seal
from storage.database import transaction
from storage.objects.store import FolderObjectStore

SEAL = Seal(Ed25519PrivateKey.from_private_bytes(bytes(32)))
ALWAYS = timedelta(0)


def places_in(engine: Engine, folder: Path) -> Places:
    return Places(engine=engine, store=FolderObjectStore(folder / "objects"), copy=None, folder=folder)


def looks(engine: Engine, now: datetime, writer: str, number: int) -> None:
    """Looks at cases, recorded by one writer."""
    for each in range(number):
        with transaction(engine) as tx:
            Audit(writer).record(
                tx,
                actor=Actor(kind=ActorKind.STAFF, id="01KADA00000000000000000000"),
                action=Action.CASE_OPEN,
                subject_kind="case",
                subject_id=f"case {each}",
                now=now,
            )


def anchor(where: Places, now: datetime, seal: Seal = SEAL) -> Written:
    return writing.write(where, seal, "node", now, interval=ALWAYS)


def check(where: Places, seal: Seal = SEAL) -> AuditCheck:
    return check_audit(where, seal.public_key)


def tamper(engine: Engine, *statements: sa.Executable) -> None:
    """Change what cannot be changed: as the owner of the database, with the triggers taken off."""
    tables = ("audit_event", "audit_anchor", "signature", "report_version")
    with transaction(engine) as tx:
        if engine.dialect.name == "postgresql":
            for table in tables:
                tx.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        else:
            for name in tx.scalars(sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
                tx.exec_driver_sql(f"DROP TRIGGER {name}")
        for statement in statements:
            tx.execute(statement)
