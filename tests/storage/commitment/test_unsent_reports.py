"""The report on a request is sent by one node, and waits its turn after a failure."""

from __future__ import annotations

from sqlalchemy.engine import Engine

from storage.commitment import unsent_reports
from storage.database import transaction
from tests.storage.commitment.test_requests import MINUTE, ask, decide, untold
from tests.storage.instances import DEVICE, NOON


def test_one_node_tells_a_device_until_it_lets_go_or_is_dead(engine: Engine) -> None:
    request = ask(engine)
    decide(engine, request)
    with transaction(engine) as tx:
        ours = unsent_reports.lease(tx, [request], "here", NOON, NOON + 5 * MINUTE)
        theirs = unsent_reports.lease(tx, [request], "there", NOON + MINUTE, NOON + 6 * MINUTE)
    while_held = untold(engine, "here"), untold(engine, "there"), untold(engine, "there", at=5 * MINUTE)
    with transaction(engine) as tx:
        unsent_reports.release(tx, [request], "there")
        kept = unsent_reports.lease(tx, [request], "here", NOON, NOON + 5 * MINUTE)
        unsent_reports.release(tx, [request], "here")

    assert (ours, theirs, kept) == ({request}, set(), {request})
    assert while_held == ([request], [], [request])
    assert untold(engine, "there") == [request]


def test_what_could_not_be_told_waits_its_turn_unless_the_device_is_here(engine: Engine) -> None:
    request = ask(engine)
    decide(engine, request)
    with transaction(engine) as tx:
        unsent_reports.postpone(tx, request, "away", next_at=NOON + 5 * MINUTE, given_up_at=None)
        waiting = unsent_reports.backlog_of(tx, DEVICE)
    found = untold(engine), untold(engine, devices_here=(DEVICE,)), untold(engine, at=5 * MINUTE)
    with transaction(engine) as tx:
        unsent_reports.postpone(tx, request, "refused", next_at=NOON, given_up_at=NOON)

    assert found == ([], [request], [request])
    assert waiting is not None
    assert (waiting.reports, waiting.since, waiting.failure) == (1, NOON, "away")
    assert untold(engine, devices_here=(DEVICE,)) == []
    with transaction(engine) as tx:
        assert unsent_reports.backlog_of(tx, DEVICE) is not None
        unsent_reports.note_sent(tx, request, NOON)
        assert unsent_reports.backlog_of(tx, DEVICE) is None
