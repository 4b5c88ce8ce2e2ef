"""What devices did lately, and callers whom nobody knows."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Connection, Engine

from reading.register import device_contacts, devices
from reading.register.device_contacts import MOST_CALLS, Activity, Call, Contact
from reading.register.devices import Device
from storage.database import snapshot, transaction
from tests.reading.region import make_region

HOUR = timedelta(hours=1)


def add(tx: Connection, now: datetime) -> Device:
    site = make_region(tx, now).hills
    return devices.add(tx, ae_title="DR1", network="10.1.0.0/16", port=None, issuer="", site_id=site.id, now=now)


def call(now: datetime, number: int = 1, reason: str = "unknown_title") -> Call:
    return Call(
        ae_title="CT1", address=f"10.9.0.{number}", reason=reason, device_id=None, calls=1, first_at=now, last_at=now
    )


def test_the_last_of_everything_is_kept_and_the_last_day_is_counted(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        dr1 = add(tx, now)
        before = device_contacts.of(tx, [dr1.id], now)[dr1.id]
        device_contacts.note(tx, {dr1.id: Activity(heard_at=now, associations=2, stored_at=now, stored=5)}, now)
        refused = Activity(
            refused_at=now + HOUR,
            refusal="wrong_called_title",
            refused_called="ANOTHER",
            refusals=1,
            instance_refused_at=now + HOUR,
            instance_refusal="truncated",
            instances_refused=3,
        )
        device_contacts.note(tx, {dr1.id: refused}, now + HOUR)
        device_contacts.note(
            tx, {dr1.id: Activity(heard_at=now + HOUR, associations=1, stored=1, stored_at=now + HOUR)}, now + HOUR
        )

    with snapshot(engine) as tx:
        assert before == Contact()
        assert device_contacts.of(tx, [dr1.id], now + HOUR)[dr1.id] == Contact(
            heard_at=now + HOUR,
            refused_at=now + HOUR,
            refusal="wrong_called_title",
            refused_called="ANOTHER",
            stored_at=now + HOUR,
            instance_refused_at=now + HOUR,
            instance_refusal="truncated",
            associations=3,
            refusals=1,
            stored=6,
            instances_refused=3,
        )
        later = device_contacts.of(tx, [dr1.id], now + 25 * HOUR)[dr1.id]
        assert (later.associations, later.stored, later.refusal) == (0, 0, "wrong_called_title")


def test_counts_are_given_up_after_some_days(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        dr1 = add(tx, now)
        for day in (0, 4, 9):
            device_contacts.note(tx, {dr1.id: Activity(associations=1)}, now + timedelta(days=day))
        kept = tx.exec_driver_sql("SELECT count(*) FROM device_tally").scalar_one()

    assert kept == 2


def test_an_unknown_caller_is_one_row_however_often_it_calls(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        device_contacts.note_calls(tx, [call(now), call(now, 2)])
        device_contacts.note_calls(tx, [replace(call(now + HOUR, reason="other_address"), calls=40)])

    with snapshot(engine) as tx:
        found = device_contacts.calls(tx)
        assert [(one.address, one.calls, one.reason, one.first_at, one.last_at) for one in found] == [
            ("10.9.0.1", 41, "other_address", now, now + HOUR),
            ("10.9.0.2", 1, "unknown_title", now, now),
        ]
        assert device_contacts.call_by_id(tx, found[0].id) == found[0]
        assert device_contacts.call_by_id(tx, "nothing") is None


def test_unknown_callers_never_fill_the_table(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        for at in range(3):
            several = [replace(call(now + at * HOUR), address=f"10.{at}.0.{number}") for number in range(90)]
            device_contacts.note_calls(tx, several)

    with transaction(engine) as tx:
        found = device_contacts.calls(tx)
        assert len(found) == MOST_CALLS
        assert sum(one.address.startswith("10.2.") for one in found) == 90
        device_contacts.forget_calls(tx, "CT1")
        assert device_contacts.calls(tx) == []


@pytest.mark.parametrize(
    ("sent", "shown"), [(" CT1 ", "CT1"), ("C\x07T", "C?T"), ("影像", "??"), ("X" * 30, "X" * 16), ("", "")]
)
def test_a_title_is_shown_as_what_can_be_shown(sent: str, shown: str) -> None:
    assert device_contacts.printable(sent) == shown
