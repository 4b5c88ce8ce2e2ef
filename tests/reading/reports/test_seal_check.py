"""A signature that does not hold for its version is named by version and role, wherever it is among many."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy.engine import Engine

from reading import tables
from reading.cases.moves import SigningRole
from reading.reports import seal_check
from reading.reports.seal_check import BrokenSignature, check_signatures
from storage.database import transaction
from tests.reading.clinic import arrive, open_clinic, read

VERSION, SIGNATURE = tables.report_version, tables.signature


def checked(engine: Engine, key: Ed25519PublicKey) -> tuple[int, list[BrokenSignature]]:
    pages = list(check_signatures(engine, key))
    return sum(page.signatures for page in pages), [broken for page in pages for broken in page.broken]


def test_what_was_changed_in_the_database_is_found(
    engine: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seal_check, "_PAGE", 2)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        signed = [
            read(tx, clinic, clinic.ada, arrive(tx, clinic, f"1.{number}", now).id, now).id for number in range(5)
        ]
    whole = checked(engine, clinic.seal.public_key)
    elsewhere = checked(engine, Ed25519PrivateKey.generate().public_key())
    with transaction(engine) as tx:
        changed, foreign, bare = sorted(signed)[1:4]
        for trigger in _triggers(tx):
            tx.execute(sa.text(trigger))
        tx.execute(sa.update(VERSION).where(VERSION.c.id == changed).values(incomplete_reason="nothing was missing"))
        tx.execute(sa.update(VERSION).where(VERSION.c.id == foreign).values(content={"title": "another form"}))
        tx.execute(sa.delete(SIGNATURE).where(SIGNATURE.c.version_id == bare))
    broken = checked(engine, clinic.seal.public_key)

    assert whole == (5, [])
    assert len(elsewhere[1]) == 5
    assert broken == (
        4,
        [
            BrokenSignature(version_id=changed, role=SigningRole.AUTHOR),
            BrokenSignature(version_id=foreign, role=None),
            BrokenSignature(version_id=bare, role=None),
        ],
    )


def _triggers(tx: sa.Connection) -> list[str]:
    """What takes the guards of these tables away, as somebody would who changes reports in the database."""
    if tx.dialect.name == "sqlite":
        asked = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        return [f"DROP TRIGGER {name}" for name in tx.scalars(sa.text(asked))]
    return [f"ALTER TABLE {table.name} DISABLE TRIGGER USER" for table in (VERSION, SIGNATURE)]
