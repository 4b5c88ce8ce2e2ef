"""A body part that was corrected before the migration is found by its correction after it."""

from __future__ import annotations

import json

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from storage import tables
from storage.database import snapshot, transaction
from tests.storage.instances import NOON
from tests.storage.migrations.test_0008_place_and_rejection import BEFORE
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to, upgrade_to_before

CORRECTED = {
    "1.1": [{"BodyPartExamined": "HAND"}],
    "1.2": [{"BodyPartExamined": "HAND"}, {"PatientName": "Pia"}],
    "1.3": [{"PatientName": "Pia"}, {"PatientName": "Pia", "BodyPartExamined": ""}],
    "1.4": [],
}


def test_the_correction_that_stands_is_kept_beside_the_study(empty: Engine) -> None:
    upgrade_to_before(empty, "0033")
    with transaction(empty) as tx:
        for uid, made in CORRECTED.items():
            named = {"patient_name": "Pia", "patient_name_folded": "pia"}
            row = {**BEFORE["study"], **named, "study_uid": uid, "attribution_revision": len(made)}
            insert_as_it_was(tx, "study", row)
            for number, attributes in enumerate(made, start=1):
                values = {"id": f"{uid}-{number}", "study_uid": uid, "revision": number, "previous": "{}"}
                said = {"attributes": json.dumps(attributes), "reason": "x", "made_at": NOON.isoformat(sep=" ")}
                insert_as_it_was(tx, "attribution", {**values, **said})
    upgrade_to(empty, "heads")

    study = tables.study.c
    with snapshot(empty) as tx:
        found = {
            row.study_uid: row.corrected_body_part
            for row in tx.execute(sa.select(study.study_uid, study.corrected_body_part))
        }
    assert found == {"1.1": "HAND", "1.2": None, "1.3": "", "1.4": None}
