"""Every look asks for the permission anew and is on record once."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError

from reading.access import door
from reading.audit import Outcome
from reading.context import Context
from reading.errors import NotThere
from reading.register import people
from reading.tables import audit_event
from storage.database import snapshot, transaction
from storage.index import queries
from tests.reading.access.test_visibility import STUDY, pias_case
from tests.reading.clinic import open_clinic
from tests.reading.region import staff_of


@contextmanager
def read_only(engine: Engine) -> Generator[Connection]:
    """A transaction in which the database itself refuses to write."""
    with engine.connect() as tx:
        if engine.dialect.name == "postgresql":
            tx.exec_driver_sql("SET TRANSACTION READ ONLY")
        else:
            tx.exec_driver_sql("PRAGMA query_only = ON")
        yield tx
        if engine.dialect.name == "sqlite":
            tx.exec_driver_sql("PRAGMA query_only = OFF")
        tx.rollback()


def events(engine: Engine, subject_id: str = STUDY) -> list[tuple[str, str, Outcome]]:
    with snapshot(engine) as tx:
        rows = tx.execute(
            sa.select(audit_event).where(audit_event.c.subject_id == subject_id).order_by(audit_event.c.at)
        )
        return [(row.actor_id, row.action, Outcome(row.outcome)) for row in rows]


def test_every_look_is_on_record_once_in_ten_minutes(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        pias_case(tx, clinic, now)
    looks = [(clinic.ada, "study.view", 0), (clinic.ada, "study.view", 9), (clinic.ada, "study.save", 9)]
    looks += [(clinic.ben, "study.view", 9), (clinic.ada, "study.view", 10), (clinic.ada, "study.view", 19)]

    for viewer, action, minutes in looks:
        with transaction(engine) as tx:
            door.open_study(Context(tx, clinic.audit, now + timedelta(minutes=minutes), viewer), STUDY, action)

    ada, ben = clinic.ada.person_id, clinic.ben.person_id
    assert sorted(events(engine)) == sorted(
        [
            (ada, "study.view", Outcome.DONE),
            (ada, "study.save", Outcome.DONE),
            (ben, "study.view", Outcome.DONE),
            (ada, "study.view", Outcome.DONE),
        ]
    )


def test_the_permission_is_asked_anew_though_the_look_is_on_record(engine: Engine, now: datetime) -> None:
    later = now + timedelta(minutes=1)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        pias_case(tx, clinic, now)
        door.open_study(Context(tx, clinic.audit, now, clinic.ada), STUDY, "study.view")
        queries.hide(tx, STUDY, now)

    with snapshot(engine) as tx, pytest.raises(NotThere):
        door.open_study_again(tx, clinic.ada, STUDY, "study.view", later)
    with transaction(engine) as tx:
        queries.unhide(tx, STUDY, now)
        people.end_grant(tx, clinic.ada.grants[0].id, later)
        ada = staff_of(tx, clinic.ada.person_id, later)
        with pytest.raises(NotThere):
            door.open_study(Context(tx, clinic.audit, later, ada), STUDY, "study.view")


def test_a_look_that_is_on_record_needs_no_writing_transaction(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        pias_case(tx, clinic, now)

    with snapshot(engine) as tx:
        assert door.open_study_again(tx, clinic.ada, STUDY, "study.frames", now) is None
    with transaction(engine) as tx:
        door.open_study(Context(tx, clinic.audit, now, clinic.ada), STUDY, "study.frames")
    with read_only(engine) as tx:
        again = door.open_study_again(tx, clinic.ada, STUDY, "study.frames", now + timedelta(minutes=5))
    assert again is not None
    assert again.study_uid == STUDY


def test_no_record_no_access(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        pias_case(tx, clinic, now)

    with read_only(engine) as tx, pytest.raises(DBAPIError):
        door.open_study(Context(tx, clinic.audit, now, clinic.ada), STUDY, "study.view")


def test_opening_a_list_is_a_look(engine: Engine, now: datetime) -> None:
    later = now + timedelta(minutes=9)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        before = door.list_is_on_record(tx, clinic.ada, "study.search", now)
        door.open_list(Context(tx, clinic.audit, now, clinic.ada), "study.search")
        door.open_list(Context(tx, clinic.audit, later, clinic.ada), "study.search")

    with read_only(engine) as tx:
        assert not before
        assert door.list_is_on_record(tx, clinic.ada, "study.search", later)
        assert not door.list_is_on_record(tx, clinic.ben, "study.search", later)
        assert not door.list_is_on_record(tx, clinic.ada, "case.list", later)
    assert events(engine, "") == [(clinic.ada.person_id, "study.search", Outcome.DONE)]
