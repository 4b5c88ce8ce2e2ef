"""Which objects a report needs, and in which order they are made."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Engine

from reading.context import Context
from reading.report_objects import rows
from reading.report_objects.rows import AGAIN_AFTER, HELD, Kind, parts_of, uid_of, wait_after
from reading.reports.marks import marks_from_json
from reading.signing import signatures
from storage.database import transaction
from storage.instance_row import is_new_uid
from tests.reading.clinic import NORMAL, PNEUMONIA, arrive, open_clinic, read, shown

LENGTH = {"name": "length", "value": 4.0, "unit": "mm"}


def mark(number: int, kind: str, image: str, **known: Any) -> dict[str, Any]:
    points = {"length": [[1, 2], [5, 2]], "arrow": [[1, 2], [5, 2]], "key": []}[kind]
    where = {"study_uid": "1.1", "series_uid": "1.1.1", "instance_uid": image, "frame": 1, "points": points}
    return {"id": f"00000000-0000-4000-8000-{number:012}", "kind": kind, **where, **known}


def test_text_and_sheet_are_always_needed_and_the_others_where_there_is_something_to_write() -> None:
    key, arrow = mark(1, "key", "1.1.1.1"), mark(2, "arrow", "1.1.1.2")
    measured = [mark(3, "length", "1.1.1.2", values=[LENGTH]), mark(4, "length", "1.1.1.1", values=[LENGTH])]

    def needed(*marks: dict[str, Any]) -> list[rows.Part]:
        found = parts_of(replace(NORMAL, marks=marks_from_json(list(marks))))
        assert found[:2] == [(Kind.SR, ""), (Kind.PDF, "")]
        return found[2:]

    assert needed() == []
    assert needed(key) == [(Kind.KEYS, "")]
    assert needed(arrow) == [(Kind.DRAWN, "1.1.1.2")]
    assert needed(key, arrow, *measured) == [
        (Kind.KEYS, ""),
        (Kind.MEASURED, ""),
        (Kind.DRAWN, "1.1.1.2"),
        (Kind.DRAWN, "1.1.1.1"),
    ]


def test_a_uid_is_always_the_same_for_the_same_names_and_fit_for_dicom() -> None:
    assert uid_of("V", "sr") == uid_of("V", "sr")
    assert len({uid_of("V", "sr"), uid_of("V", "pdf"), uid_of("V", "drawn", "1.2"), uid_of("V", "drawn", "1.3")}) == 4
    assert is_new_uid(uid_of("V", "sr"))


def test_one_worker_has_an_object_for_a_while_and_earlier_versions_come_first(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        first = read(tx, clinic, clinic.ada, case.id, now)
        ada = Context(tx, clinic.audit, now, clinic.ada)
        signatures.addendum(ada, clinic.seal, first.id, content=PNEUMONIA, screen=shown(tx, case.id))
        taken = [rows.take(tx, now) for _ in range(3)]
        again = rows.take(tx, now + HELD + timedelta(seconds=1))

    assert {one.version_id for one in taken if one} == {first.id}
    assert {one.kind for one in taken if one} == {Kind.SR, Kind.PDF}
    assert taken[2] is None  # the corrected version waits for what is not settled yet
    assert again is not None
    assert again.version_id == first.id


def test_a_correction_takes_nothing_out_of_the_hands_of_a_worker(engine: Engine, now: datetime) -> None:
    later = now + timedelta(seconds=1)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        first = read(tx, clinic, clinic.ada, case.id, now)
        held = rows.take(tx, now)
        ada = Context(tx, clinic.audit, later, clinic.ada)
        second = signatures.addendum(ada, clinic.seal, first.id, content=PNEUMONIA, screen=shown(tx, case.id))
        other = rows.take(tx, later)
        assert held is not None
        assert other is not None
        assert (other.version_id, other.kind) == (first.id, Kind.SR)
        rows.left_out(tx, other, later)
        assert rows.take(tx, later) is None
        rows.stored(tx, held, later)
        after = [rows.take(tx, later) for _ in range(2)]
        earlier = rows.predecessors(tx, second, Kind.PDF), rows.predecessors(tx, second, Kind.SR)

    assert {(one.version_id, one.kind) for one in after if one} == {(second.id, Kind.PDF), (second.id, Kind.SR)}
    assert earlier == ([held.sop_instance_uid], [])


def test_what_failed_waits_ever_longer_until_it_is_needed_anew(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        version = read(tx, clinic, clinic.ada, case.id, now)
        other, one = rows.take(tx, now), rows.take(tx, now)
        assert other is not None
        assert one is not None
        rows.stored(tx, other, now)
        rows.failed(tx, one, now)
        assert rows.take(tx, now + AGAIN_AFTER - timedelta(seconds=1)) is None
        again = rows.take(tx, now + AGAIN_AFTER)
        assert again is not None
        assert again.failures == 1
        rows.failed(tx, again, now)
        assert rows.take(tx, now + AGAIN_AFTER) is None
        rows.need(tx, version, now)
        assert rows.take(tx, now) is not None

    assert [wait_after(n) // AGAIN_AFTER for n in (0, 1, 2, 8, 9, 99)] == [1, 2, 4, 256, 360, 360]
