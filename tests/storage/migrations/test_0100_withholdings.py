"""What is withheld already stays so; from then on it is kept how a case stood, once for each."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from reading.tables import case, withholding
from storage.database import snapshot, transaction
from storage.schema import migrate
from tests.storage.migrations.test_0019_receipt_of_one_case import PARENTS
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to_before


def test_what_is_withheld_stays_so_and_each_case_is_kept_once(empty: Engine) -> None:
    upgrade_to_before(empty, "0100")
    with transaction(empty) as tx:
        for table, row in PARENTS.items():
            columns = {"clock_wrong" if key == "clock_ahead" else key: value for key, value in row.items()}
            if table == "policy":
                columns.pop("since")
            insert_as_it_was(tx, table, columns | ({"state": "withheld"} if table == "case" else {}))

    migrate(empty)

    kept = {"case_id": "C", "made_by": "T", "state": "final", "image_set": "0" * 64, "identity": b"1" * 32}
    with transaction(empty) as tx:
        assert tx.scalars(sa.select(withholding.c.case_id)).all() == []
        tx.execute(sa.insert(withholding), kept | {"statuses": {"V": "final"}})
    with pytest.raises(IntegrityError), transaction(empty) as tx:
        tx.execute(sa.insert(withholding), kept | {"statuses": {}})
    with snapshot(empty) as tx:
        assert tx.scalars(sa.select(case.c.state)).all() == ["withheld"]
        assert tx.scalars(sa.select(withholding.c.statuses)).all() == [{"V": "final"}]
