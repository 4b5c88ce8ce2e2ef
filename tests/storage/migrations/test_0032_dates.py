"""Dates and times that ACR-NEMA wrote are found in the form of DICOM after the update."""

from __future__ import annotations

import json

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.cases import cases
from storage.database import snapshot, transaction
from storage.schema import migrate
from storage.tables import series, study
from tests.storage.migrations.test_0019_receipt_of_one_case import NOON, PARENTS
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to_before


def test_dotted_dates_are_indexed_as_dicom_writes_them(empty: Engine) -> None:
    came = {"study_date": "2026.01.05", "study_time": "10:15:00.5", "birth_date": "1980.01.02"}
    upgrade_to_before(empty, "0032")
    with transaction(empty) as tx:
        for table, row in PARENTS.items():
            insert_as_it_was(tx, table, row)
        for uid, dates in (("1.1", came), ("1.2", {"study_date": "2026.1.5", "study_time": "10", "birth_date": ""})):
            texts = (
                "patient_id",
                "issuer",
                "patient_name",
                "sex",
                "accession_number",
                "study_id",
                "referring_physician",
            )
            more = ("study_description", "timezone_offset", "received_patient_id", "received_issuer", "hold")
            folded = ("patient_name_folded", "patient_name_ideographic", "patient_name_phonetic")
            insert_as_it_was(
                tx,
                "study",
                {
                    **dict.fromkeys((*texts, *more, *folded), ""),
                    "study_uid": uid,
                    "site_id": "S",
                    "instances": 1,
                    "first_received_at": NOON,
                    "last_received_at": NOON,
                    "attribution_revision": 0,
                    "hidden": False,
                    "received": json.dumps({**dates, "patient_id": "2026.01.05"}),
                    **dates,
                },
            )
            names = ("series_description", "body_part", "laterality", "station_name", "modality")
            made = {"series_uid": uid, "study_uid": uid, "series_date": "2026.01.05", "series_time": "1015"}
            insert_as_it_was(tx, "series", {**dict.fromkeys(names, ""), **made, "instances": 1})

    migrate(empty)

    with snapshot(empty) as tx:
        rows = {row.study_uid: row for row in tx.execute(sa.select(study))}
        dates = tx.scalars(sa.select(series.c.series_date)).all()
        case = cases.by_id(tx, "C")
    one, other = rows["1.1"], rows["1.2"]
    fit = {"study_date": "20260105", "study_time": "101500.5", "birth_date": "19800102"}
    assert (one.study_date, one.study_time, one.birth_date) == tuple(fit.values())
    assert one.received == {**fit, "patient_id": "2026.01.05"}
    assert (other.study_date, other.study_time) == ("2026.1.5", "10")
    assert dates == ["20260105", "20260105"]
    assert not case.clock_wrong
