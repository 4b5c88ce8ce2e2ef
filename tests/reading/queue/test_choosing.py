"""Choosing in numbers, for those who manage the quality and nobody else."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.engine import Engine

from reading.errors import NotThere
from reading.queue import choosing, claiming
from storage.database import transaction
from tests.reading.clinic import arrive
from tests.reading.queue.test_assigning import HOUR, MINUTE, on_duty


def test_shares_weights_and_what_was_passed_over(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        shift = on_duty(tx, now)
        clinic = shift.clinic
        oak = clinic.region.oak.id
        first = arrive(tx, clinic, "1.1", now)
        heavy = arrive(tx, clinic, "1.2", now + MINUTE, modality="CT", body_part="HEAD")
        light = arrive(tx, clinic, "1.3", now + 2 * MINUTE)
        claiming.claim(shift.context(clinic.ada), light.id)
        taken = [shift.next(clinic.ada), shift.next(clinic.rosa)]
        shift.assign()
        mona = shift.context(clinic.mona)
        found = {one.name: one for one in choosing.numbers(mona, oak, now, now + HOUR)}
        before = choosing.numbers(mona, oak, now - HOUR, now)

        assert set(taken) == {first.id, heavy.id}
        assert (found["Ada"].handed, found["Ada"].chosen, found["Ada"].share) == (1, 1, 0.5)
        assert found["Ada"].skipped >= 1
        assert found["Ada"].chosen_weight == 0.18
        assert {found["Ada"].handed_weight, found["Rosa"].handed_weight} == {0.18, 0.83}
        assert (found["Rosa"].chosen, found["Rosa"].chosen_weight) == (0, None)
        assert before == []
        for who in (clinic.ada, clinic.quinn):
            with pytest.raises(NotThere):
                choosing.numbers(shift.context(who), oak, now, now + HOUR)
