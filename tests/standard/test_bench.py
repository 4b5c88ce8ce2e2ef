"""What the benchmarks stand on does its work: they run seldom, and must not rot meanwhile."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bench.index import QUESTIONS, ask
from bench.load_index import REPORTS_OF_A_PATIENT, fill
from storage.database import snapshot
from storage.tables import instance, study

WAITING = 900
"""Some for each of the townships."""


def test_the_loader_fills_an_index_that_answers_every_question(engine: Engine) -> None:
    province = fill(engine, waiting=WAITING, reports=2 * REPORTS_OF_A_PATIENT)

    with snapshot(engine) as tx:
        counted = [tx.scalar(sa.select(sa.func.count()).select_from(table)) for table in (study, instance)]
    assert counted == [WAITING + 2 * REPORTS_OF_A_PATIENT] * 2
    asked = ask(engine, province, waiting=WAITING, studies=counted[0] or 0, times=2, claims=20)
    assert [what for what, _ in asked] == [*QUESTIONS]
