"""When a case has stopped arriving."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.engine import Engine

from reading.audit import SYSTEM
from reading.cases import cases
from reading.cases.moves import State
from reading.completeness import ledger
from reading.context import Context
from reading.intake import arrival_end, intake
from storage.database import transaction
from tests.reading.clinic import another_image, arrive, open_clinic, read, send
from tests.reading.region import KEYS


def test_arriving_ends_after_a_quiet_period_and_says_how_many_there_are(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = intake.take_in(Context(tx, clinic.audit, now, SYSTEM), KEYS, send(tx, clinic, "1.1", now))
        too_soon = arrival_end.end_arriving(tx, now + timedelta(seconds=59), 60)
        ended = arrival_end.end_arriving(tx, now + timedelta(seconds=60), 60)

        assert (too_soon, ended) == (0, 1)
        assert not cases.by_id(tx, case.id).arriving
        assert ledger.expected(tx, ["1.1"]) == 1


def test_a_rules_longest_time_ends_arriving_though_images_still_come(engine: Engine, now: datetime) -> None:
    last = now + timedelta(minutes=30)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = intake.take_in(Context(tx, clinic.audit, now, SYSTEM), KEYS, send(tx, clinic, "1.1", now))
        another_image(tx, clinic, "1.1", 2, last - timedelta(seconds=1))
        arrival_end.end_arriving(tx, last, 60)

        assert not cases.by_id(tx, case.id).arriving
        assert ledger.expected(tx, ["1.1"]) == 2


def test_what_comes_later_arrives_again_until_the_report_is_final(engine: Engine, now: datetime) -> None:
    later = now + timedelta(hours=1)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        more = another_image(tx, clinic, "1.1", 2, later)
        again = intake.take_in(Context(tx, clinic.audit, later, SYSTEM), KEYS, more)
        arrival_end.end_arriving(tx, later + timedelta(minutes=1), 60)
        read(tx, clinic, clinic.ada, case.id, later)
        last = another_image(tx, clinic, "1.1", 3, later)
        final = intake.take_in(Context(tx, clinic.audit, later, SYSTEM), KEYS, last)

    assert again.arriving
    assert final.state is State.FINAL
    assert not final.arriving
