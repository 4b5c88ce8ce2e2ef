"""Chains of the audit: every change, gap, swap and missing end is found."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading import audit, audit_chains
from reading.audit import Audit, Head
from reading.audit_chains import Break, Flaw
from reading.tables import audit_event
from storage.database import snapshot, transaction
from tests.reading.test_audit import record, three


def tamper(engine: Engine, *statements: sa.Executable) -> None:
    """Change what cannot be changed: as the owner of the database, with the triggers taken off."""
    with transaction(engine) as tx:
        if engine.dialect.name == "postgresql":
            tx.exec_driver_sql("ALTER TABLE audit_event DISABLE TRIGGER USER")
        else:
            tx.exec_driver_sql("DROP TRIGGER audit_event_no_update")
            tx.exec_driver_sql("DROP TRIGGER audit_event_no_delete")
        for statement in statements:
            tx.execute(statement)


CHANGES: Final[list[dict[str, object]]] = [
    {"action": "nothing"},
    {"actor_id": "01KBEN00000000000000000000"},
    {"subject_id": "case 2"},
    {"outcome": "refused"},
    {"details": {"x": 1}},
    {"at": datetime.fromisoformat("2026-03-02T08:00:01.000001+00:00")},
]


def test_every_change_of_an_event_is_found(engine: Engine, now: datetime) -> None:
    three(engine, now)
    second = (audit_event.c.writer == "web") & (audit_event.c.number == 2)
    with snapshot(engine) as tx:
        as_it_was = tx.execute(sa.select(audit_event).where(second)).one()
    tamper(engine)

    for change in CHANGES:
        with transaction(engine) as tx:
            tx.execute(audit_event.update().where(second).values(change))
            assert audit_chains.verify_chain(tx, "web") == Break(writer="web", number=2, flaw=Flaw.CHANGED)
            tx.execute(audit_event.update().where(second).values({key: getattr(as_it_was, key) for key in change}))
            assert audit_chains.verify_chain(tx, "web") is None


@pytest.mark.parametrize("number", [1, 2])
def test_a_missing_event_is_found(engine: Engine, now: datetime, number: int) -> None:
    three(engine, now)

    tamper(engine, audit_event.delete().where(audit_event.c.number == number))

    with snapshot(engine) as tx:
        assert audit_chains.verify_chain(tx, "web") == Break(writer="web", number=number, flaw=Flaw.MISSING)


def test_a_missing_end_is_found_by_the_end_that_was_noted_elsewhere(engine: Engine, now: datetime) -> None:
    three(engine, now)
    with snapshot(engine) as tx:
        (noted,) = audit_chains.heads(tx)
        assert audit_chains.verify_chain(tx, "web", noted=noted) is None

    tamper(engine, audit_event.delete().where(audit_event.c.number == 3))

    with snapshot(engine) as tx:
        assert audit_chains.verify_chain(tx, "web") is None
        assert audit_chains.verify_chain(tx, "web", noted=noted) == Break(writer="web", number=3, flaw=Flaw.MISSING)


def test_a_chain_that_was_made_anew_is_found_by_the_end_that_was_noted_elsewhere(engine: Engine, now: datetime) -> None:
    three(engine, now)

    with snapshot(engine) as tx:
        other = Head(writer="web", number=3, digest=bytes(32))
        assert audit_chains.verify_chain(tx, "web", noted=other) == Break(writer="web", number=3, flaw=Flaw.CHANGED)


def test_reordered_events_are_found(engine: Engine, now: datetime) -> None:
    three(engine, now)
    number = audit_event.c.number

    tamper(
        engine,
        audit_event.update().where(number == 2).values(number=9),
        audit_event.update().where(number == 3).values(number=2),
        audit_event.update().where(number == 9).values(number=3),
    )

    with snapshot(engine) as tx:
        broken = audit_chains.verify_chain(tx, "web")
    assert broken is not None
    assert broken.number == 2


def test_an_event_that_moved_up_is_found_though_its_digest_was_made_anew(engine: Engine, now: datetime) -> None:
    three(engine, now)
    with snapshot(engine) as tx:
        third = audit.events_about(tx, "case", "case 1")[0]
    second = replace(third, number=2)

    tamper(
        engine,
        audit_event.delete().where(audit_event.c.number == 2),
        audit_event.update().where(audit_event.c.number == 3).values(number=2, digest=audit.digest_of(second)),
    )

    with snapshot(engine) as tx:
        assert audit_chains.verify_chain(tx, "web") == Break(writer="web", number=2, flaw=Flaw.OUT_OF_ORDER)


def test_an_event_of_another_chain_does_not_fit(engine: Engine, now: datetime) -> None:
    three(engine, now)
    with transaction(engine) as tx:
        # The same numbers and contents, but after another first event.
        record(tx, Audit("other"), now - timedelta(seconds=1))
        record(tx, Audit("other"), now + timedelta(seconds=1))
    with snapshot(engine) as tx:
        second = next(event for event in audit.events_about(tx, "case", "case 1") if event.writer == "other")

    tamper(
        engine,
        audit_event.update()
        .where(audit_event.c.writer == "web", audit_event.c.number == 2)
        .values(previous=second.previous, digest=second.digest),
    )

    with snapshot(engine) as tx:
        broken = audit_chains.verify_chain(tx, "web")
    assert broken is not None
    assert broken.number == 2


def test_long_chains_are_verified_page_by_page(engine: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    three(engine, now)
    monkeypatch.setattr(audit_chains, "PAGE", 2)

    with snapshot(engine) as tx:
        assert audit_chains.verify_chain(tx, "web") is None
