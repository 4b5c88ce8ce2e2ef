"""Whoever owns the database can write into it what they like, and the anchors outside tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.engine import Engine

from reading.anchors import anchor as anchors
from reading.anchors import writing
from reading.anchors.anchor import signed
from reading.anchors.check import AnchorFlaw, BrokenAnchor
from reading.audit import FIRST, digest_of, event_of
from reading.audit_chains import Break, Flaw
from reading.reports.seal import Seal
from reading.tables import audit_anchor, audit_event, signature
from storage.database import snapshot, transaction
from tests.reading.anchors.anchored import SEAL, anchor, check, looks, places_in, tamper
from tests.reading.clinic import arrive, open_clinic, read

MINUTE = timedelta(minutes=1)


def test_what_nobody_touched_is_sound_and_what_came_after_the_last_anchor_is_counted(
    engine: Engine, now: datetime, tmp_path: Path
) -> None:
    where = places_in(engine, tmp_path)
    looks(engine, now, "web", 3)
    before = check(where)
    written = [anchor(where, now)]
    looks(engine, now, "web", 2)
    looks(engine, now, "worker", 1)
    after = check(where)
    written.append(anchor(where, now + MINUTE))
    end = check(where)

    assert (before.sound, before.anchored_at, before.after) == (True, None, 3)
    assert [one.number for one in written] == [1, 2]
    assert (after.sound, after.anchors, after.anchored_at, after.after) == (True, 1, now, 3)
    assert (end.sound, end.chains, end.anchors, end.after) == (True, 2, 2, 0)


def test_an_end_that_was_cut_off_is_found(engine: Engine, now: datetime, tmp_path: Path) -> None:
    where = places_in(engine, tmp_path)
    looks(engine, now, "web", 5)
    anchor(where, now)
    tamper(engine, audit_event.delete().where(audit_event.c.number > 3))
    found = check(where)
    written = anchor(where, now + MINUTE)

    assert not found.sound
    assert found.breaks == [Break(writer="web", number=4, flaw=Flaw.MISSING)]
    assert written.breaks == (Break(writer="web", number=5, flaw=Flaw.MISSING),)
    assert not check(where).sound, "the next anchor does not heal it"


def test_a_chain_rebuilt_without_81_looks_is_found(engine: Engine, now: datetime, tmp_path: Path) -> None:
    where = places_in(engine, tmp_path)
    looks(engine, now, "web", 100)
    anchor(where, now)
    with snapshot(engine) as tx:
        events = [event_of(row) for row in tx.execute(sa.select(audit_event).order_by(audit_event.c.number))]
    rebuilt, previous = [], FIRST
    for number, event in enumerate([*events[:10], *events[91:]], start=1):
        made = replace(event, number=number, previous=previous)
        previous = digest_of(made)
        rebuilt.append({"number": number, "subject_id": made.subject_id, "previous": made.previous, "digest": previous})
    with snapshot(engine) as tx:
        first = dict(tx.execute(sa.select(audit_event).limit(1)).mappings().one())
    tamper(engine, audit_event.delete(), audit_event.insert().values([first | one for one in rebuilt]))
    found = check(where)
    looks(engine, now, "web", 81)  # as many again, so that the numbers fit
    again = check(where)

    assert found.breaks == [Break(writer="web", number=20, flaw=Flaw.MISSING)]
    assert again.breaks == [Break(writer="web", number=100, flaw=Flaw.CHANGED)]


def test_a_writer_whose_chain_is_gone_is_found(engine: Engine, now: datetime, tmp_path: Path) -> None:
    where = places_in(engine, tmp_path)
    looks(engine, now, "web", 2)
    looks(engine, now, "night", 2)
    anchor(where, now)
    tamper(engine, audit_event.delete().where(audit_event.c.writer == "night"))

    assert check(where).breaks == [Break(writer="night", number=1, flaw=Flaw.MISSING)]
    assert anchor(where, now + MINUTE).breaks == (Break(writer="night", number=2, flaw=Flaw.MISSING),)
    assert check(where).breaks == [Break(writer="night", number=1, flaw=Flaw.MISSING)]


def test_an_anchor_that_was_removed_is_found(engine: Engine, now: datetime, tmp_path: Path) -> None:
    where = places_in(engine, tmp_path)
    for number in range(3):
        looks(engine, now, "web", 1)
        anchor(where, now + number * MINUTE)
    where.store.delete(anchors.key_of(2))
    middle = check(where)
    where.store.delete(anchors.key_of(3))
    tamper(engine, audit_anchor.delete().where(audit_anchor.c.number > 1))
    end = check(where)
    where.note.unlink()
    rows = places_in(engine, tmp_path)
    nothing_left = check(rows)

    assert middle.broken_anchors == [BrokenAnchor(number=2, flaw=AnchorFlaw.MISSING)]
    assert end.broken_anchors == [BrokenAnchor(number=number, flaw=AnchorFlaw.MISSING) for number in (2, 3)]
    assert nothing_left.after == 2, "whoever owns database, store and disk leaves what nothing vouches for"


def test_an_anchor_that_the_database_forgot_is_found_and_none_is_written_over_it(
    engine: Engine, now: datetime, tmp_path: Path
) -> None:
    where = places_in(engine, tmp_path)
    looks(engine, now, "web", 1)
    anchor(where, now)
    looks(engine, now, "web", 1)
    anchor(where, now + MINUTE)
    tamper(
        engine,
        audit_anchor.delete().where(audit_anchor.c.number == 2),
        audit_event.delete().where(audit_event.c.number == 2),
    )
    refused = None
    try:
        anchor(where, now + 2 * MINUTE)
    except writing.Behind as behind:
        refused = behind

    assert refused is not None
    assert (refused.number, refused.written) == (1, 2)
    assert check(where).broken_anchors == [BrokenAnchor(number=2, flaw=AnchorFlaw.ROW_MISSING)]
    assert check(where).breaks == [Break(writer="web", number=2, flaw=Flaw.MISSING)]


def test_an_anchor_that_another_key_signed_is_found(engine: Engine, now: datetime, tmp_path: Path) -> None:
    where = places_in(engine, tmp_path)
    looks(engine, now, "web", 2)
    anchor(where, now)
    forger = Seal(Ed25519PrivateKey.generate())
    with snapshot(engine) as tx:
        true = anchors.opened(bytes(tx.scalars(sa.select(audit_anchor.c.file)).one()), SEAL.public_key)
    forged = signed(replace(true, heads={}), forger)
    path = tmp_path / "forged"
    path.write_bytes(forged)
    where.store.put_file(true.key, path)
    tamper(engine, audit_anchor.update().values(file=forged, digest=anchors.digest_of(forged)))

    assert check(where).broken_anchors == [BrokenAnchor(number=1, flaw=AnchorFlaw.FORGED)]


def test_a_signed_version_that_was_removed_is_found(engine: Engine, now: datetime, tmp_path: Path) -> None:
    where = places_in(engine, tmp_path)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        signed_ids = [read(tx, clinic, clinic.ada, arrive(tx, clinic, f"1.{n}", now).id, now).id for n in range(3)]
    anchor(where, now)
    whole = check(where)
    with snapshot(engine) as tx:
        gone = tx.scalar(sa.select(signature.c.id).where(signature.c.version_id == signed_ids[1]))
        changed = tx.scalar(sa.select(signature.c.id).where(signature.c.version_id == signed_ids[2]))
    tamper(
        engine,
        signature.delete().where(signature.c.id == gone),
        signature.update().where(signature.c.id == changed).values(value=bytes(64)),
    )

    assert (whole.sound, whole.lost_signatures) == (True, [])
    assert set(check(where).lost_signatures) == {gone, changed}


def test_a_restored_backup_says_what_was_lost_and_is_no_forgery(engine: Engine, now: datetime, tmp_path: Path) -> None:
    where = places_in(engine, tmp_path)
    looks(engine, now, "web", 3)
    anchor(where, now)
    looks(engine, now, "web", 4)
    looks(engine, now, "worker", 2)
    anchor(where, now + MINUTE)
    tamper(  # as a backup of just after the first anchor leaves it
        engine,
        audit_anchor.delete().where(audit_anchor.c.number == 2),
        audit_event.delete().where((audit_event.c.writer == "worker") | (audit_event.c.number > 3)),
    )
    silent = check(where)
    restored = writing.write_restored(where, SEAL, "node", now + 2 * MINUTE)
    told = check(where)
    looks(engine, now, "web", 1)
    number = anchor(where, now + 3 * MINUTE).number

    assert not silent.sound
    assert restored.events == 6
    assert told.sound
    assert [(one.at, one.events) for one in told.restored] == [(now + 2 * MINUTE, 6)]
    assert (number, check(where).sound) == (4, True)
