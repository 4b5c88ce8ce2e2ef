"""The audit administrator reads the audit, on record, and nobody else does."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.actions import Action
from reading.administrators import audit_reading, audit_search
from reading.administrators.audit_search import Search
from reading.audit import Audit, events_about
from reading.audit_chains import Flaw
from reading.context import Acts, Context
from reading.errors import Invalid, NotAllowed
from reading.kinds import Role
from reading.viewers import Staff
from storage.database import snapshot, transaction
from storage.open_transactions import SlowInTransaction
from tests.reading.anchors.anchored import SEAL, anchor, looks, places_in, tamper
from tests.reading.region import hire, make_region

ROLES = [role for role in Role if role is not Role.AUDIT_ADMINISTRATOR]


def acts(engine: Engine, now: datetime, who: Staff) -> Acts[Staff]:
    return Acts(engine, Audit("web"), lambda: now, who)


def test_only_the_audit_administrator_reads_it_and_the_reading_is_on_record(
    engine: Engine, now: datetime, tmp_path: Path
) -> None:
    where = places_in(engine, tmp_path)
    with transaction(engine) as tx:
        region = make_region(tx, now)
        sue = hire(tx, "sue", now, (Role.AUDIT_ADMINISTRATOR, region.city))
        others = [hire(tx, f"one{number}", now, (role, region.city)) for number, role in enumerate(ROLES)]
        audit_reading.begin_export(Context(tx, Audit("web"), now, sue), Search())
        for other in others:
            ctx = Context(tx, Audit("web"), now, other)
            for act in (
                lambda ctx: audit_reading.begin_export(ctx, Search()),
                lambda ctx: audit_reading.person_id(ctx, "sue"),
            ):
                with pytest.raises(NotAllowed) as refused:
                    act(ctx)
                assert refused.value.rule == "audit_administrators_only"
    found = audit_reading.find(acts(engine, now, sue), Search(actor_id=others[0].person_id), limit=10)
    checked = audit_reading.verify(acts(engine, now, sue), where, SEAL.public_key)
    for other in others:
        for slow in (
            lambda by: audit_reading.find(by, Search(), limit=1),
            lambda by: audit_reading.verify(by, where, SEAL.public_key),
        ):
            with pytest.raises(NotAllowed) as refused:
                slow(acts(engine, now, other))
            assert refused.value.rule == "audit_administrators_only"

    with snapshot(engine) as tx:
        events = events_about(tx, "audit", "")
    assert found == []
    assert checked.sound
    assert {(one.action, one.actor.id) for one in events} == {
        (action, sue.person_id) for action in (Action.AUDIT_SEARCH, Action.AUDIT_EXPORT, Action.AUDIT_VERIFY)
    }
    assert {"actor_id": others[0].person_id} in [dict(one.details) for one in events]


def test_a_word_or_a_person_that_the_audit_does_not_know_is_refused(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        sue = hire(tx, "sue", now, (Role.AUDIT_ADMINISTRATOR, make_region(tx, now).city))
        ctx = Context(tx, Audit("web"), now, sue)
        with pytest.raises(Invalid, match="person"):
            audit_reading.person_id(ctx, "nobody")

        assert audit_reading.person_id(ctx, "sue") == sue.person_id
    with pytest.raises(Invalid, match="action"):
        audit_reading.find(acts(engine, now, sue), Search(action="case.steal"), limit=1)


def test_nobody_who_writes_waits_for_a_search(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx, pytest.raises(SlowInTransaction):
        audit_search.page(tx, Search(), limit=1)


def test_a_tail_that_was_cut_after_its_anchor_is_named(engine: Engine, now: datetime, tmp_path: Path) -> None:
    where = places_in(engine, tmp_path)
    with transaction(engine) as tx:
        sue = hire(tx, "sue", now, (Role.AUDIT_ADMINISTRATOR, make_region(tx, now).city))
    looks(engine, now, "scp", 3)
    anchor(where, now)
    tamper(engine, sa.text("DELETE FROM audit_event WHERE writer = 'scp' AND number = 3"))

    found = audit_reading.verify(acts(engine, now, sue), where, SEAL.public_key)
    blind = audit_reading.verify(acts(engine, now, sue), where, None)

    assert [(one.writer, one.flaw) for one in found.breaks] == [("scp", Flaw.MISSING)]
    assert (blind.unchecked, blind.sound) == (True, False)
    with snapshot(engine) as tx:
        said = [one.details["broken"] for one in events_about(tx, "audit", "")]
    assert sorted(said) == [0, 1]


def test_each_page_onward_is_on_record_and_a_mark_that_we_did_not_give_is_refused(
    engine: Engine, now: datetime
) -> None:
    forged = [[now.isoformat(), "web", 1 << 63], [now.isoformat(), "a\0b", 1], ["0001-01-01T00:00:00+14:00", "web", 1]]
    with transaction(engine) as tx:
        sue = hire(tx, "sue", now, (Role.AUDIT_ADMINISTRATOR, make_region(tx, now).city))
    onward = audit_search.After(at=now, writer="web", number=1)
    audit_reading.find(acts(engine, now, sue), Search(after=onward), limit=10)
    with snapshot(engine) as tx:
        events = events_about(tx, "audit", "")

    assert [(one.action, one.details["onward"]) for one in events] == [(Action.AUDIT_SEARCH, now.isoformat())]
    for mark in forged:
        with pytest.raises(Invalid):
            audit_search.after(base64.urlsafe_b64encode(json.dumps(mark).encode()).decode())
