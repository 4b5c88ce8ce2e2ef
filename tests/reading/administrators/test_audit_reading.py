"""The audit administrator reads the audit, on record, and nobody else does."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.actions import Action
from reading.administrators import audit_reading
from reading.administrators.audit_search import Search
from reading.audit import Audit, events_about
from reading.audit_chains import Flaw
from reading.context import Context
from reading.errors import Invalid, NotAllowed
from reading.kinds import Role
from storage.database import snapshot, transaction
from tests.reading.region import hire, make_region

ROLES = [role for role in Role if role is not Role.AUDIT_ADMINISTRATOR]


def test_only_the_audit_administrator_reads_it_and_the_reading_is_on_record(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        region = make_region(tx, now)
        sue = hire(tx, "sue", now, (Role.AUDIT_ADMINISTRATOR, region.city))
        others = [hire(tx, f"one{number}", now, (role, region.city)) for number, role in enumerate(ROLES)]
        by_sue = Context(tx, Audit("web"), now, sue)
        found = audit_reading.find(by_sue, Search(actor_id=others[0].person_id), limit=10)
        audit_reading.begin_export(by_sue, Search())
        checked = audit_reading.verify(by_sue)
        for other in others:
            ctx = Context(tx, Audit("web"), now, other)
            for act in (
                lambda ctx: audit_reading.find(ctx, Search(), limit=1),
                lambda ctx: audit_reading.begin_export(ctx, Search()),
                audit_reading.verify,
                lambda ctx: audit_reading.person_id(ctx, "sue"),
            ):
                with pytest.raises(NotAllowed) as refused:
                    act(ctx)
                assert refused.value.rule == "audit_administrators_only"

    with snapshot(engine) as tx:
        events = events_about(tx, "audit", "")
    assert found == []
    assert [flaw for _, flaw in checked] == [None] * len(checked)
    assert {(one.action, one.actor.id) for one in events} == {
        (action, sue.person_id) for action in (Action.AUDIT_SEARCH, Action.AUDIT_EXPORT, Action.AUDIT_VERIFY)
    }
    assert {"actor_id": others[0].person_id} in [dict(one.details) for one in events]


def test_a_word_or_a_person_that_the_audit_does_not_know_is_refused(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        sue = hire(tx, "sue", now, (Role.AUDIT_ADMINISTRATOR, make_region(tx, now).city))
        ctx = Context(tx, Audit("web"), now, sue)
        with pytest.raises(Invalid, match="action"):
            audit_reading.find(ctx, Search(action="case.steal"), limit=1)
        with pytest.raises(Invalid, match="person"):
            audit_reading.person_id(ctx, "nobody")

        assert audit_reading.person_id(ctx, "sue") == sue.person_id


def test_a_chain_that_was_changed_is_named(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        sue = hire(tx, "sue", now, (Role.AUDIT_ADMINISTRATOR, make_region(tx, now).city))
        ctx = Context(tx, Audit("web"), now, sue)
        audit_reading.begin_export(ctx, Search())
        if engine.dialect.name == "sqlite":
            tx.exec_driver_sql("DROP TRIGGER IF EXISTS audit_event_no_update")
            triggers = tx.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all()
            for name in triggers:
                tx.exec_driver_sql(f'DROP TRIGGER "{name}"')
        else:
            tx.exec_driver_sql("ALTER TABLE audit_event DISABLE TRIGGER USER")
        tx.execute(sa.text("UPDATE audit_event SET subject_id = 'another'"))
        found = audit_reading.verify(ctx)

    broken = [flaw for _, flaw in found if flaw is not None]
    assert [one.flaw for one in broken] == [Flaw.CHANGED]
