"""Names that came before get their initials from the worker after the migration, as new ones do when they come."""

from __future__ import annotations

from sqlalchemy.engine import Engine

from storage import tables
from storage.database import transaction
from storage.index import spelling
from storage.index.entry_rows import compared_names
from tests.storage.migrations.test_0008_place_and_rejection import BEFORE
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to, upgrade_to_before

NAMES = {"1.1": "wang^xiaodong=王^小东=wáng^xiǎodōng", "1.2": "pia pan", "1.3": "李娜", "1.4": "", "1.5": "=李^娜"}


def test_names_of_before_get_the_initials_that_new_ones_have(empty: Engine) -> None:
    upgrade_to_before(empty, "0089")
    with transaction(empty) as tx:
        for uid, name in NAMES.items():
            row = {**BEFORE["study"], "study_uid": uid, "patient_name": name, "patient_name_folded": name}
            insert_as_it_was(tx, "study", row)
    upgrade_to(empty, "heads")
    with transaction(empty) as tx:
        spelled = [spelling.spell(tx, 3), spelling.spell(tx, 3), spelling.spell(tx, 3)]
        found = {row.study_uid: row.initials for row in tx.execute(tables.study.select())}

    assert spelled == [3, 2, 0]
    assert found == {uid: compared_names(name)["initials"] for uid, name in NAMES.items()}
    assert found["1.1"] == "wxd"
