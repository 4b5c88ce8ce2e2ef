"""What is in a database from before was received, and no report of before waits for objects."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from storage import tables
from storage.database import snapshot, transaction
from storage.schema import migrate
from tests.storage.instances import NOON
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to_before

DIGEST = bytes(32)


def test_0084_takes_all_that_is_there_for_received(empty: Engine) -> None:
    upgrade_to_before(empty, "0084")
    with transaction(empty) as tx:
        columns = [column["name"] for column in sa.inspect(tx).get_columns("study")]
        study = dict.fromkeys(columns, "") | {"study_uid": "1.2.3", "received": "{}", "instances": 1}
        study |= {"first_received_at": NOON, "last_received_at": NOON, "attribution_revision": 0, "hidden": False}
        insert_as_it_was(tx, "study", study | dict.fromkeys(("merged_into", "erased_at", "corrected_body_part")))
        described = dict.fromkeys(("series_description", "body_part", "laterality", "station_name"), "")
        described |= {"modality": "SR", "series_date": "", "series_time": ""}
        insert_as_it_was(tx, "series", {"series_uid": "1.2.3.1", "study_uid": "1.2.3", "instances": 1} | described)
        insert_as_it_was(
            tx,
            "instance",
            {
                "sop_instance_uid": "1.2.3.1.1",
                "sop_class_uid": "1.2.840.10008.5.1.4.1.1.88.11",
                "series_uid": "1.2.3.1",
                "study_uid": "1.2.3",
                "transfer_syntax_uid": "1.2.840.10008.1.2.1",
                "segment_id": "A",
                "offset": 0,
                "size": 1,
                "dataset_offset": 0,
                "received_digest": DIGEST,
                "received_transfer_syntax_uid": "1.2.840.10008.1.2.1",
                "stored_digest": DIGEST,
                "site_id": "S",
                "device_id": "D",
                "received_at": NOON,
            },
        )
        insert_as_it_was(tx, "tombstone", {"sop_instance_uid": "1.2.9", "study_uid": "1.2.3", "erased_at": NOON})

    migrate(empty)

    with snapshot(empty) as tx:
        said = [
            tx.scalar(sa.select(table.c.made_here))
            for table in (tables.study, tables.series, tables.instance, tables.tombstone)
        ]
        assert [bool(one) for one in said] == [False] * 4
        assert tx.scalar(sa.text("SELECT count(*) FROM report_object")) == 0
