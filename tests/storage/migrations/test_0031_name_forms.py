"""Names that came before are found as people type them after the migration, with either part in front."""

from __future__ import annotations

from sqlalchemy.engine import Engine

from storage import tables
from storage.database import snapshot, transaction
from storage.index.entry_rows import compared_names
from tests.storage.migrations.test_0008_place_and_rejection import BEFORE
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to, upgrade_to_before

NAMES = {"1.1": "wang^xiaodong=王^小东=wáng^xiǎodōng", "1.2": "pia pan", "1.3": "李娜", "1.4": "", "1.5": "=李^娜"}
FORMS = ("name_joined", "name_turned", "characters_joined", "characters_turned")


def test_names_of_before_have_the_forms_that_new_ones_get(empty: Engine) -> None:
    upgrade_to_before(empty, "0031")
    with transaction(empty) as tx:
        for uid, name in NAMES.items():
            row = {**BEFORE["study"], "study_uid": uid, "patient_name": name, "patient_name_folded": name}
            insert_as_it_was(tx, "study", row)
    upgrade_to(empty, "heads")

    with snapshot(empty) as tx:
        rows = {row.study_uid: row for row in tx.execute(tables.study.select())}
    for uid, name in NAMES.items():
        assert {form: getattr(rows[uid], form) for form in FORMS} == {
            form: value for form, value in compared_names(name).items() if form in FORMS
        }
    assert (rows["1.1"].name_turned, rows["1.1"].characters_turned) == ("xiaodongwang", "小东王")
    assert (rows["1.2"].name_turned, rows["1.3"].name_turned) == ("panpia", "娜李")
