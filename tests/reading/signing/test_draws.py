"""Which released reports are drawn for review, by shares, content and quotas."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading.cases import cases
from reading.cases.moves import State
from reading.rules.first_policy import FIRST_POLICY
from reading.tables import review_draw
from storage.database import transaction
from tests.reading.clinic import NORMAL, PNEUMONIA, Clinic, arrive, open_clinic, read, verify

NEVER = 1e-9
"""Percent: what is drawn all the same is drawn for its content or its quota."""


def _clinic(tx: Connection, now: datetime, **review: object) -> Clinic:
    last = FIRST_POLICY["rules"][-1] | {"review": {"when": "after_release", "percent": NEVER} | review}
    return open_clinic(tx, now, {"rules": [last]})


def _is_drawn(tx: Connection, case_id: str) -> bool:
    return cases.by_id(tx, case_id).state is State.WAITING_REVIEW


def test_what_found_something_is_drawn_more_often(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = _clinic(tx, now, percent=1, positive_times=100)
        found = [arrive(tx, clinic, f"1.{number}", now).id for number in range(3)]
        for case_id in found:
            read(tx, clinic, clinic.ada, case_id, now, content=PNEUMONIA)
        rows = tx.execute(sa.select(review_draw).order_by(review_draw.c.id)).all()

        assert [_is_drawn(tx, case_id) for case_id in found] == [True] * 3
        assert [(row.case_id, row.reader_id, row.per_million) for row in rows] == [
            (case_id, clinic.ada.person_id, 1_000_000) for case_id in found
        ]


def test_what_the_verifier_changed_is_drawn_more_often(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = _clinic(tx, now, percent=1, changed_times=100)
        kept, changed = (arrive(tx, clinic, uid, now).id for uid in ("1.1", "1.2"))
        for case_id, content in ((kept, NORMAL), (changed, replace(NORMAL, impression="胸部正位片未见异常"))):
            read(tx, clinic, clinic.rosa, case_id, now)
            verify(tx, clinic, clinic.vera, case_id, now, content=content)

        chances = {row.case_id: row.per_million for row in tx.execute(sa.select(review_draw))}
        assert chances[changed] == 1_000_000
        assert kept not in chances or chances[kept] == 10_000


def test_a_quota_is_filled_and_then_kept(engine: Engine, now: datetime) -> None:
    quota = {"of": "reader", "days": 30, "at_least": 2, "at_most": 2}
    with transaction(engine) as tx:
        clinic = _clinic(tx, now, quotas=[quota])
        of_ada = [arrive(tx, clinic, f"1.{number}", now).id for number in range(16)]
        for case_id in of_ada:
            read(tx, clinic, clinic.ada, case_id, now)
        drawn = [case_id for case_id in of_ada if _is_drawn(tx, case_id)]
        expected = [case_id for case_id in of_ada if clinic.seal.draws(case_id, 50)][:2]

        assert drawn == expected  # 16 of 50 percent: fewer than two once in 3,855 runs, and expected says so, too

        month = now + timedelta(days=31)
        later = [arrive(tx, clinic, f"2.{number}", month).id for number in range(16)]
        for case_id in later:
            read(tx, clinic, clinic.ada, case_id, month)
        again = [case_id for case_id in later if _is_drawn(tx, case_id)]

        assert again == [case_id for case_id in later if clinic.seal.draws(case_id, 50)][:2]
