"""What is due, asked for and held is found institution by institution, and is read without the one writer."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import event
from sqlalchemy.engine import Engine

from reading.access.guesses import Guess
from reading.administrators import erasures
from reading.administrators.erasures import Wanted
from reading.context import Acts, Context
from reading.kinds import Role
from reading.retention import holds, requests, retention
from reading.retention.requests import NamedBy
from reading.tables import erasure_item
from storage.database import transaction
from storage.index import queries
from storage.open_transactions import is_writing
from tests.reading.clinic import arrive, open_clinic, read, send
from tests.reading.region import hire

YEAR = timedelta(days=365)


def test_what_is_of_one_institution_stands_behind_nobody_elses(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        region = clinic.region
        sam = hire(tx, "sam", now, (Role.SYSTEM_ADMINISTRATOR, region.city))
        uids = ("1.1", "1.2", "1.3", "1.4", "1.5", "1.6")
        for number, uid in enumerate(uids):
            site = region.hills if number else region.moor
            send(tx, clinic, uid, now - timedelta(minutes=number), site=site)
        late = now + timedelta(minutes=1)
        for uid in uids:
            at = late - timedelta(seconds=uids.index(uid))
            ctx, (one,) = Context(tx, clinic.audit, at, sam), queries.studies_of(tx, [uid])
            requests.add(ctx, [one], "paper 12", named_by=NamedBy.STUDY)
            holds.set_hold(ctx, one, "court 3")
        both = [*queries.studies_of(tx, ["1.1", "1.2", "none"])]

        def due(sites: set[str] | None) -> list[str]:
            return [one.study.study_uid for one in retention.expired(tx, late, 1, sites)]

        hills, moor = region.hills.id, region.moor.id

        assert [one.study_uid for one in both] == ["1.1", "1.2"]
        assert (due(None), due({hills, moor}), due({moor}), due(set())) == (["1.6"], ["1.6"], ["1.1"], [])
        assert [one.studies for one in requests.newest(tx, 1, {hills})] == [{"1.2"}]
        assert [one.studies for one in requests.newest(tx, 1, {hills, moor})] == [{"1.1"}]
        assert [one.study.study_uid for one in holds.standing(tx, 1, {hills})] == ["1.2"]
        assert requests.newest(tx, 1, set()) == []


def test_an_accession_number_is_found_in_either_case(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        sam = hire(tx, "sam", now, (Role.SYSTEM_ADMINISTRATOR, clinic.region.city))
        arrive(tx, clinic, "1.1", now, accession_number="261201KFV2EW")
        wanted = Wanted(by=NamedBy.ACCESSION, value="261201kfv2ew", site_code=clinic.region.hills.code)

        assert erasures.hold(Context(tx, clinic.audit, now, sam, guess=Guess()), wanted, "court 3") == 1


def test_a_reading_that_is_open_is_told_apart_in_one_list(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        read(tx, clinic, clinic.ada, arrive(tx, clinic, "1.1", now).id, now)
        arrive(tx, clinic, "1.2", now)
        found = retention.expired(tx, now + YEAR, 10)

    assert [(one.study.study_uid, one.open, one.erasable) for one in found] == [
        ("1.1", False, True),
        ("1.2", True, False),
    ]


def test_the_list_is_read_without_the_writer_by_as_many_statements_for_many_studies(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        sam = hire(tx, "sam", now, (Role.SYSTEM_ADMINISTRATOR, clinic.region.city))
        for uid in ("1.1", "1.2", "1.3", "1.4"):
            read(tx, clinic, clinic.ada, arrive(tx, clinic, uid, now).id, now)
        ctx = Context(tx, clinic.audit, now, sam)
        made = requests.add(ctx, queries.studies_of(tx, ["1.1"]), "paper 12", named_by=NamedBy.STUDY)
    acts, writing = Acts(engine, clinic.audit, lambda: now, sam), list[bool]()

    def note(*_statement: object) -> None:
        writing.append(is_writing())

    def asked() -> tuple[int, list[bool]]:
        writing.clear()
        event.listen(engine, "before_cursor_execute", note)
        (line,) = erasures.listed(acts)
        event.remove(engine, "before_cursor_execute", note)
        return len(line.studies), [*writing]

    asked()  # from now on the look is on record
    one, few = asked()
    with transaction(engine) as tx:
        more = [{"request_id": made.id, "study_uid": uid} for uid in ("1.2", "1.3", "1.4")]
        tx.execute(erasure_item.insert(), more)
    four, many = asked()

    assert (one, four) == (1, 4)
    assert many == few
    assert few.count(False) > few.count(True)
