"""A person matches a case to an order, while others match theirs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading.context import Context
from reading.errors import Invalid
from reading.intake import order_match
from reading.kinds import Priority, Sex
from reading.orders import orders
from reading.orders.orders import Asked
from reading.patients import patients
from reading.tables import case_procedure
from storage.database import snapshot, transaction
from tests.reading.clinic import arrive, open_clinic
from tests.reading.crossing import cross
from tests.reading.region import KEYS


def test_of_two_cases_that_are_matched_to_one_order_at_once_the_second_is_refused(
    engine: Engine, now: datetime
) -> None:
    said: dict[str, Any] = {"patient_id": "", "patient_name": "WANG^XIAOLI", "sex": "F"}
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        first, second = (arrive(tx, clinic, uid, now, **said) for uid in ("1.1", "1.2"))
        wang = patients.register(tx, KEYS, name="王小丽", birth_date=None, sex=Sex.FEMALE, identifiers=[], now=now)
        order = orders.place(
            tx,
            site_id=clinic.region.hills.id,
            patient_id=wang.id,
            modality="DX",
            priority=Priority.ROUTINE,
            procedures=[Asked(body_part="CHEST")],
            reason="x",
            ordered_by=None,
            now=now,
        )

    def matched(tx: Connection, case_id: str) -> None:
        order_match.match(Context(tx, clinic.audit, now, clinic.tang), case_id, order.id, same_person=False)

    with pytest.raises(Invalid, match="order"):
        cross(engine, lambda tx: matched(tx, first.id), lambda tx: matched(tx, second.id), lambda _: None)

    with snapshot(engine) as tx:
        assert tx.scalars(sa.select(case_procedure.c.case_id)).all() == [first.id]
