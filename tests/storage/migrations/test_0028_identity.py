"""Cases of before wait to be compared with their persons, and are closed to them until then."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.cases import cases
from reading.cases.identity_moves import Identity
from reading.intake import identity
from storage.database import snapshot, transaction
from storage.schema import migrate
from storage.tables import instance
from tests.storage.migrations.test_0019_receipt_of_one_case import PARENTS
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to_before


def test_a_case_of_before_waits_to_be_compared(empty: Engine) -> None:
    upgrade_to_before(empty, "0028")
    with transaction(empty) as tx:
        for table, row in PARENTS.items():
            insert_as_it_was(tx, table, row)

    migrate(empty)

    with snapshot(empty) as tx:
        case = cases.by_id(tx, "C")
        assert (case.patient_id, case.identity, case.other_persons) == ("P", Identity.UNCHECKED, 0)
        assert identity.unchecked(tx, 9) == ["C"]
        assert tx.execute(sa.select(instance.c.other_person)).all() == []
