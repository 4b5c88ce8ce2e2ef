"""Policies in force: the first one, and one that follows it."""

from __future__ import annotations

import copy
import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from reading.errors import Stale
from reading.rules import policy
from reading.rules.first_policy import FIRST_POLICY
from reading.rules.policy import Policy
from reading.rules.rule import ReviewTime
from storage.database import transaction


def _with(**fields: Any) -> dict[str, Any]:
    document = copy.deepcopy(FIRST_POLICY)
    document["rules"][-2] |= fields
    return document


def test_a_new_policy_leaves_the_old_one_readable(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        first = policy.in_force(tx, now)
        second = policy.install(tx, _with(due_minutes=90), None, now + timedelta(days=1), version=2)

        with pytest.raises(Stale):
            policy.install(tx, FIRST_POLICY, None, now + timedelta(days=1), version=2)

        assert (first.version, second.version) == (1, 2)
        assert policy.in_force(tx, now + timedelta(days=2)) == second
        assert policy.by_id(tx, first.id) == first
        review = second.rule("plain-xray").review
        assert review is not None
        assert review.when is ReviewTime.AFTER_RELEASE


def test_of_two_processes_that_start_together_one_installs_the_first_policy(engine: Engine, now: datetime) -> None:
    found: list[Policy] = []
    together = threading.Barrier(2)

    def start() -> None:
        together.wait()
        with transaction(engine) as tx:
            found.append(policy.in_force(tx, now))

    threads = [threading.Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 2
    assert found[0] == found[1]
