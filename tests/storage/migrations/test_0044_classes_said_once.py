"""Of two things that were said of a class at once the newer one stands."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from reading.tables import critical_class
from storage.database import snapshot, transaction
from storage.schema import migrate
from tests.storage.migrations.test_0019_receipt_of_one_case import NOON, PARENTS
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to_before

LATER = "2026-03-02 12:40:00+00:00"


def test_the_newer_word_stands_and_a_second_one_is_refused(empty: Engine) -> None:
    upgrade_to_before(empty, "0044")
    row = {"code": "stroke", "name_zh": "脑卒中", "name_en": "Stroke", "minutes": 5, "disposal_minutes": 60}
    row |= {"when": "flag", "modalities": "", "body_parts": "", "priority": "", "listed": True}
    with transaction(empty) as tx:
        insert_as_it_was(tx, "organisation", PARENTS["organisation"])
        for class_id, site, since in (("A", "S", NOON), ("B", "S", LATER), ("C", None, NOON), ("D", None, NOON)):
            insert_as_it_was(tx, "critical_class", row | {"id": class_id, "organisation_id": site, "since": since})

    migrate(empty)

    with snapshot(empty) as tx:
        stands = tx.scalars(
            sa.select(critical_class.c.id).where(critical_class.c.until.is_(None)).order_by(critical_class.c.id)
        ).all()
    assert stands == ["B", "D"]
    for site in ("S", None):
        with pytest.raises(IntegrityError), transaction(empty) as tx:
            insert_as_it_was(tx, "critical_class", row | {"id": "E", "organisation_id": site, "since": LATER})
