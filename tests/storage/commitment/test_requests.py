"""Requests for commitment are kept once each, and decided by one worker."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.engine import Engine

from storage.commitment import requests, unsent_reports
from storage.commitment.requests import Reference, TransactionInUse, Verdict
from storage.database import snapshot, transaction
from tests.storage.instances import DEVICE, NOON, TOWNSHIP

CT = "1.2.840.10008.5.1.4.1.1.2"
REFERENCES = [Reference(sop_class_uid=CT, sop_instance_uid=f"1.2.3.{number}") for number in (1, 2)]
MINUTE = timedelta(minutes=1)


def ask(engine: Engine, references: list[Reference] = REFERENCES, *, transaction_uid: str = "1.9") -> str:
    with transaction(engine) as tx:
        return requests.ask(
            tx,
            device_id=DEVICE,
            site_id=TOWNSHIP,
            transaction_uid=transaction_uid,
            references=references,
            unsupported={"1.2.840.10008.1.1"},
            now=NOON,
        )


def decide(engine: Engine, request: str, *, count: int = 2) -> None:
    with transaction(engine) as tx:
        requests.write_verdicts(tx, request, dict.fromkeys(range(1, count + 1), Verdict.COMMITTED))
        assert requests.note_decided(tx, request, NOON)


def undecided(engine: Engine) -> str | None:
    with transaction(engine) as tx:
        found = requests.next_undecided(tx, NOON, NOON)
        return found and found.id


def untold(
    engine: Engine, node: str = "here", *, at: timedelta = MINUTE, devices_here: tuple[str, ...] = ()
) -> list[str]:
    with snapshot(engine) as tx:
        found = unsent_reports.due(tx, node, NOON + at, devices_here=devices_here, limit=10)
    return [one.id for one in found]


def test_the_same_request_again_is_one_request(engine: Engine) -> None:
    first = ask(engine)
    again = ask(engine, [*reversed(REFERENCES), REFERENCES[0]])
    with pytest.raises(TransactionInUse):
        ask(engine, REFERENCES[:1])

    assert again == first
    assert ask(engine, transaction_uid="1.10") != first


def test_a_request_that_was_answered_is_decided_again_when_it_comes_again(engine: Engine) -> None:
    request = ask(engine)
    decide(engine, request)
    while_untold = ask(engine), undecided(engine)
    with transaction(engine) as tx:
        unsent_reports.note_sent(tx, request, NOON)
    when_told = untold(engine)
    ask(engine)

    assert while_untold == (request, None)
    assert when_told == []
    assert undecided(engine) == request
    assert untold(engine) == []


def test_a_verdict_stays_and_every_reference_needs_one(engine: Engine) -> None:
    request = ask(engine, [*REFERENCES, Reference(sop_class_uid="1.2.840.10008.1.1", sop_instance_uid="1.2")])
    with transaction(engine) as tx:
        requests.write_verdicts(tx, request, {1: Verdict.COMMITTED})
        half = requests.note_decided(tx, request, NOON)
        requests.write_verdicts(tx, request, {1: Verdict.DAMAGED, 2: Verdict.UNKNOWN})
        whole = requests.note_decided(tx, request, NOON)
        found = [one.verdict for one in requests.outcomes(tx, request)]

    assert (half, whole) == (False, True)
    assert found == [Verdict.COMMITTED, Verdict.UNKNOWN, Verdict.UNSUPPORTED]


def test_one_worker_looks_at_a_request_at_a_time(engine: Engine) -> None:
    request = ask(engine)
    with transaction(engine) as tx:
        looks = [requests.next_undecided(tx, NOON, NOON + MINUTE) for _ in range(2)]
        later = requests.next_undecided(tx, NOON + MINUTE, NOON + 2 * MINUTE)

    assert [one and one.id for one in looks] == [request, None]
    assert later is not None
