"""The audit: chained, insert-only, and right under concurrency and rollbacks."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError

from reading import audit, audit_chains
from reading.audit import FIRST, SYSTEM, Actor, ActorKind, Audit, Outcome, stranger
from reading.tables import audit_event
from reading.viewers import Machine, PatientViewer
from storage.database import connect, snapshot, transaction
from tests.postgresql import Cluster

ADA = Actor(kind=ActorKind.STAFF, id="01KADA00000000000000000000")


def record(tx: Connection, one: Audit, now: datetime, action: str = "case.open", subject_id: str = "case 1") -> None:
    one.record(tx, actor=ADA, action=action, subject_kind="case", subject_id=subject_id, now=now)


def three(engine: Engine, now: datetime) -> None:
    web = Audit("web")
    for number in range(3):
        with transaction(engine) as tx:
            record(tx, web, now + timedelta(seconds=number))


def test_each_event_names_the_one_before_it_from_the_first_on(engine: Engine, now: datetime) -> None:
    three(engine, now)

    with snapshot(engine) as tx:
        events = list(reversed(audit.events_about(tx, "case", "case 1")))
        broken = audit_chains.verify_chain(tx, "web")
    assert [event.number for event in events] == [1, 2, 3]
    assert [event.previous for event in events] == [FIRST, events[0].digest, events[1].digest]
    assert broken is None


def test_an_event_is_kept_as_it_was_recorded(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        Audit("web").record(
            tx,
            actor=stranger("10.1.2.3"),
            action="case.expire",
            subject_kind="case",
            subject_id="case 1",
            outcome=Outcome.REFUSED,
            details={"reason": "时间到", "attempts": 2, "again": False, "by": None},
            now=now.replace(microsecond=123456),
        )

    with snapshot(engine) as tx:
        (event,) = audit.events_about(tx, "case", "case 1")
    assert (event.actor, event.actor.address) == (stranger(), "10.1.2.3")
    assert (event.action, event.outcome) == ("case.expire", Outcome.REFUSED)
    assert event.details == {"reason": "时间到", "attempts": 2, "again": False, "by": None}
    assert event.at == now.replace(microsecond=123456)


def test_the_address_is_in_the_digest_and_one_without_has_the_digest_of_before(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        for actor in (SYSTEM, stranger("10.1.2.3")):
            Audit("web").record(
                tx, actor=actor, action="case.expire", subject_kind="case", subject_id="case 1", now=now
            )
        second, first = audit.events_about(tx, "case", "case 1")
    content = {
        "writer": "web",
        "number": 1,
        "at": now.isoformat(timespec="microseconds"),
        "actor_kind": "system",
        "actor_id": "",
        "action": "case.expire",
        "subject_kind": "case",
        "subject_id": "case 1",
        "outcome": "done",
        "details": {},
    }
    written = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()

    assert first.digest == hashlib.sha256(FIRST + written).digest()
    assert audit.digest_of(replace(second, actor=stranger("10.1.2.4"))) != second.digest


def test_events_can_be_neither_changed_nor_removed(engine: Engine, now: datetime) -> None:
    three(engine, now)

    with pytest.raises(DBAPIError, match="insert-only"), transaction(engine) as tx:
        tx.execute(audit_event.update().values(action="nothing"))
    with pytest.raises(DBAPIError, match="insert-only"), transaction(engine) as tx:
        tx.execute(audit_event.delete())


def test_what_is_rolled_back_leaves_no_gap(engine: Engine, now: datetime) -> None:
    web = Audit("web")
    for number in range(6):
        with engine.connect() as tx, tx.begin() as begun:
            record(tx, web, now, subject_id=str(number))
            if number % 2:
                begun.rollback()

    with snapshot(engine) as tx:
        assert audit_chains.heads(tx)[0].number == 3
        assert audit_chains.verify_chain(tx, "web") is None


def test_threads_that_record_at_once_keep_every_chain_whole(engine: Engine, now: datetime) -> None:
    web = Audit("web")

    def work(thread: int) -> int:
        kept = 0
        for number in range(10):
            with engine.connect() as tx, tx.begin() as begun:
                record(tx, web, now, subject_id=f"{thread} {number}")
                record(tx, web, now, subject_id=f"{thread} {number} again")
                if number % 3 == 0:
                    begun.rollback()
                else:
                    kept += 2
        return kept

    with ThreadPoolExecutor(4) as pool:
        kept = sum(pool.map(work, range(4)))

    with snapshot(engine) as tx:
        heads = audit_chains.heads(tx)
        assert sum(head.number for head in heads) == kept
        assert [audit_chains.verify_chain(tx, writer) for writer in audit_chains.writers(tx)] == [None] * len(heads)
        assert all(head.writer.partition("+")[0] == "web" for head in heads)


def test_on_postgresql_no_transaction_waits_for_the_end_of_another(cluster: Cluster, now: datetime) -> None:
    url = cluster.new_database()
    engine = connect(url)
    web = Audit("web")
    with transaction(engine) as first, transaction(engine) as second:
        record(first, web, now)
        record(second, web, now)
        record(first, web, now)

    with snapshot(engine) as tx:
        heads = {head.writer: head.number for head in audit_chains.heads(tx)}
    engine.dispose()
    cluster.drop(url)
    assert heads == {"web": 2, "web+1": 1}


def test_on_postgresql_a_transaction_waits_when_every_chain_is_taken(
    cluster: Cluster, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "MOST_CHAINS", 1)
    url = cluster.new_database()
    engine = connect(url)

    def second() -> None:
        with transaction(engine) as tx:
            record(tx, Audit("web"), now)

    with ThreadPoolExecutor(1) as pool:
        with transaction(engine) as first:
            record(first, Audit("web"), now)
            waiting = pool.submit(second)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.3)
        waiting.result(timeout=30)
    with snapshot(engine) as tx:
        heads = {head.writer: head.number for head in audit_chains.heads(tx)}
    engine.dispose()
    cluster.drop(url)
    assert heads == {"web": 2}


def test_what_was_done_lately_is_known(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        record(tx, Audit("web"), now)

    def lately(tx: Connection, **other: object) -> set[str]:
        asked: dict[str, object] = {
            "actor": ADA,
            "action": "case.open",
            "subject_kind": "case",
            "subject_ids": ["case 1", "case 3"],
            "within": timedelta(minutes=10),
            "now": now + timedelta(minutes=9),
        }
        return audit.done_lately(tx, **(asked | other))  # type: ignore[arg-type]

    with snapshot(engine) as tx:
        assert lately(tx) == {"case 1"}
        assert not lately(tx, now=now + timedelta(minutes=10))
        assert not lately(tx, now=now - timedelta(minutes=1))
        assert not lately(tx, action="case.print")
        assert not lately(tx, subject_ids=["case 2"])
        assert not lately(tx, subject_kind="study")
        assert not lately(tx, actor=SYSTEM)


def test_looks_at_many_things_are_links_of_one_chain(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        for subjects in (["case 1", "case 2", "case 3"], [], ["case 4"]):
            Audit("web").record_each(
                tx, actor=ADA, action="case.open", subject_kind="case", subject_ids=subjects, now=now
            )

    with snapshot(engine) as tx:
        assert audit_chains.verify_chain(tx, "web") is None
        assert [head.number for head in audit_chains.heads(tx)] == [4]
        assert [len(audit.events_about(tx, "case", f"case {number}")) for number in range(1, 5)] == [1] * 4


def test_a_refusal_is_not_a_look(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        Audit("web").record(
            tx,
            actor=ADA,
            action="case.open",
            subject_kind="case",
            subject_id="case 1",
            outcome=Outcome.REFUSED,
            now=now,
        )

    with snapshot(engine) as tx:
        assert not audit.done_lately(
            tx,
            actor=ADA,
            action="case.open",
            subject_kind="case",
            subject_ids=["case 1"],
            within=timedelta(minutes=10),
            now=now,
        )


def test_every_viewer_is_an_actor() -> None:
    machine = Machine(device_id="D", site_id="S", issuer="I")
    patient = PatientViewer(patient_id="P", case_id=None)

    assert audit.actor_of(machine) == Actor(kind=ActorKind.MACHINE, id="D")
    assert audit.actor_of(patient) == Actor(kind=ActorKind.PATIENT, id="P")
