"""Instances that were there before stay where they are, and are shown."""

from __future__ import annotations

from sqlalchemy.engine import Engine

from storage.database import transaction
from storage.decisions import placement, placement_changes
from storage.index.queries import instance_of, instances_in, series_in, study_of
from tests.storage.instances import NOON, seen_whole
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to, upgrade_to_before

BEFORE = {
    "study": {
        "study_uid": "1.2",
        "site_id": "S",
        "received_patient_id": "P1",
        "received_issuer": "TOWN",
        "received": "{}",
        "patient_id": "P1",
        "issuer": "TOWN",
        "patient_name": "Pia^Pan",
        "patient_name_folded": "pia^pan",
        "birth_date": "",
        "sex": "",
        "study_date": "20260302",
        "study_time": "",
        "accession_number": "",
        "study_id": "",
        "referring_physician": "",
        "study_description": "",
        "instances": 1,
        "first_received_at": "2026-03-02 12:00:00+00:00",
        "last_received_at": "2026-03-02 12:00:00+00:00",
        "hidden": False,
    },
    "series": {
        "series_uid": "1.2.1",
        "study_uid": "1.2",
        "modality": "CT",
        "series_description": "",
        "body_part": "",
        "laterality": "",
        "station_name": "",
        "series_date": "",
        "series_time": "",
        "instances": 1,
    },
    "instance": {
        "sop_instance_uid": "1.2.1.1",
        "sop_class_uid": "1.3",
        "series_uid": "1.2.1",
        "study_uid": "1.2",
        "transfer_syntax_uid": "1.4",
        "segment_id": "G",
        "offset": 0,
        "size": 9,
        "dataset_offset": 1,
        "received_digest": b"d" * 32,
        "received_transfer_syntax_uid": "1.4",
        "stored_digest": b"d" * 32,
        "site_id": "S",
        "device_id": "D",
        "received_at": "2026-03-02 12:00:00+00:00",
    },
}


def test_what_was_there_is_where_it_was_and_is_shown(empty: Engine) -> None:
    upgrade_to_before(empty, "0008")
    with transaction(empty) as tx:
        for name, values in BEFORE.items():
            insert_as_it_was(tx, name, values)
    upgrade_to(empty, "heads")

    with transaction(empty) as tx:
        found = instance_of(tx, "1.2.1.1")
        assert found is not None
        assert (found.moved, found.hidden, found.named) == (False, False, ("1.2", "1.2.1"))
        assert [one.sop_instance_uid for one in instances_in(tx, seen_whole("1.2"), "1.2")] == ["1.2.1.1"]
        placement.apply(
            tx,
            [
                placement_changes.StudyMade(study_uid="2.25.1", like="1.2"),
                placement_changes.SeriesMoved(series_uid="1.2.1", from_study="1.2", to_study="2.25.1"),
            ],
            NOON,
        )
        assert [one.series_uid for one in series_in(tx, seen_whole("2.25.1"), "2.25.1")] == ["1.2.1"]
        study = study_of(tx, "1.2")
    assert study is not None
    assert study.instances == 0
