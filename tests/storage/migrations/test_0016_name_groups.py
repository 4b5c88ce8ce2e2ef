"""Names that came before are found by their Chinese characters after the migration."""

from __future__ import annotations

from sqlalchemy.engine import Engine

from storage.database import snapshot, transaction
from storage.index.search import Scope, Wildcard, search_studies
from tests.storage.migrations.test_0008_place_and_rejection import BEFORE
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to, upgrade_to_before

NAMES = {"1.1": "wang^xiaodong=王^小东=wáng^xiǎodōng", "1.2": "pia^pan", "1.3": "li^na=李^娜"}


def test_names_are_found_by_each_of_their_groups(empty: Engine) -> None:
    upgrade_to_before(empty, "0016")
    with transaction(empty) as tx:
        for uid, name in NAMES.items():
            row = {**BEFORE["study"], "study_uid": uid, "patient_name": name, "patient_name_folded": name}
            insert_as_it_was(tx, "study", row)
    upgrade_to(empty, "heads")

    def found(pattern: str) -> set[str]:
        asked: list[tuple[str, Wildcard]] = [("patient_name", Wildcard(pattern))]
        with snapshot(empty) as tx:
            return {one.study_uid for one in search_studies(tx, Scope(site_ids=frozenset({"S"})), asked, limit=9)}

    assert {pattern: found(pattern) for pattern in ("王*", "wáng*", "WANG*", "李^娜", "pia*", "*娜")} == {
        "王*": {"1.1"},
        "wáng*": {"1.1"},
        "WANG*": {"1.1"},
        "李^娜": {"1.3"},
        "pia*": {"1.2"},
        "*娜": {"1.3"},
    }
