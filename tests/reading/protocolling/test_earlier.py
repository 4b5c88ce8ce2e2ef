"""Whoever answers before an examination sees what was made of the person earlier, as far as they may."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.engine import Connection, Engine

from reading import audit
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.identity_moves import Identity
from reading.cases.moves import State
from reading.protocolling import earlier, requests
from reading.protocolling.earlier import Earlier
from reading.protocolling.request_rows import ProtocolRequest
from reading.viewers import Staff
from storage.database import transaction
from tests.reading.clinic import Clinic, arrive, open_clinic, read
from tests.reading.orders.test_counter import acting
from tests.reading.protocolling.test_requests import WORDS, asked, ordered


def _made(tx: Connection, clinic: Clinic, study_uid: str, at: datetime) -> Case:
    """An examination of the person of `CHEST`, made by an order of theirs."""
    order = ordered(tx, clinic, at)
    said: dict[str, Any] = {"patient_name": "Pia", "sex": "F", "birth_date": "19900307"}
    return arrive(tx, clinic, study_uid, at, accession_number=order.accession_number, **said)


def _shown(tx: Connection, clinic: Clinic, who: Staff, made: ProtocolRequest, now: datetime) -> Earlier:
    return earlier.of_requests(acting(tx, clinic, who, now), [made])[made.order_id]


def test_the_newest_stand_first_with_what_was_read_and_each_look_is_on_record(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        old = _made(tx, clinic, "1.1", now - timedelta(days=9))
        report = read(tx, clinic, clinic.ada, old.id, now)
        new = _made(tx, clinic, "1.2", now - timedelta(days=2))
        made = asked(tx, clinic, now)
        found = _shown(tx, clinic, clinic.ben, made, now)
        looks = [(one.action, one.actor.id) for one in audit.events_about(tx, "report", report.id)]

        assert [(one.case.id, one.impression) for one in found.examinations] == [
            (new.id, None),
            (old.id, report.content.impression),
        ]
        assert found.more == 0
        assert ("report.prior", clinic.ben.person_id) in looks


def test_of_many_the_newest_are_shown_and_the_others_counted(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        days = range(earlier.SHOWN + 2, 0, -1)
        made = [_made(tx, clinic, f"1.{n}", now - timedelta(days=n)) for n in days][::-1]
        found = _shown(tx, clinic, clinic.ada, asked(tx, clinic, now), now)

        assert [one.case.id for one in found.examinations] == [one.id for one in made[: earlier.SHOWN]]
        assert found.more == 2


@pytest.mark.parametrize("kept", [{"identity": Identity.DIFFERS}, {"state": State.WITHHELD}])
def test_images_of_another_and_what_was_withheld_are_not_among_them(
    engine: Engine, now: datetime, kept: dict[str, object]
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = _made(tx, clinic, "1.1", now - timedelta(days=1))
        made = asked(tx, clinic, now)
        before = _shown(tx, clinic, clinic.ada, made, now)
        cases.change(tx, cases.by_id(tx, case.id), **kept)

        assert [one.case.id for one in before.examinations] == [case.id]
        assert _shown(tx, clinic, clinic.ada, made, now) == Earlier()


def test_another_persons_examinations_and_those_of_sites_of_others_are_not(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        _made(tx, clinic, "1.1", now - timedelta(days=1))
        arrive(tx, clinic, "1.2", now - timedelta(days=1), patient_name="Pia", sex="F", birth_date="19900307")
        made = requests.ask(acting(tx, clinic, clinic.tang, now), ordered(tx, clinic, now).id, WORDS)

        assert len(_shown(tx, clinic, clinic.ada, made, now).examinations) == 1
        assert _shown(tx, clinic, clinic.quinn, made, now) == Earlier()
