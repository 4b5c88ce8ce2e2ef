"""The image set: one digest that changes with every image and with nothing else."""

from __future__ import annotations

import hashlib
from datetime import datetime

import pytest
from sqlalchemy.engine import Engine

from reading.completeness.documents import is_document
from reading.completeness.image_set import image_set
from storage.database import transaction
from storage.tables import instance
from tests.reading.clinic import another_image, open_clinic, send


def test_the_digest_is_over_the_sorted_lines_of_uid_and_digest(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        send(tx, clinic, "1.1", now, received_digest=bytes([9]) * 32)
        one = image_set(tx, ["1.1"])
        another_image(tx, clinic, "1.1", 2, now)
        two = image_set(tx, ["1.1"])

    lines = f"1.1.1.1 {'09' * 32}\n1.1.1.2 {'02' * 32}\n"
    assert one.digest == hashlib.sha256(lines[: len(lines) // 2].encode()).hexdigest()
    assert two.digest == hashlib.sha256(lines.encode()).hexdigest()
    assert two.instances == {"1.1.1.1": "09" * 32, "1.1.1.2": "02" * 32}


def test_a_series_has_a_digest_of_its_own_that_its_images_alone_change(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        send(tx, clinic, "1.1", now, received_digest=bytes([9]) * 32)
        send(tx, clinic, "1.1", now, series_uid="1.1.2", sop_instance_uid="1.1.2.1", received_digest=bytes([8]) * 32)
        before = image_set(tx, ["1.1"]).series
        another_image(tx, clinic, "1.1", 2, now)
        grown = image_set(tx, ["1.1"]).series
        same = instance.c.sop_instance_uid == "1.1.2.1"
        tx.execute(instance.update().where(same).values(received_digest=bytes([7]) * 32))
        replaced = image_set(tx, ["1.1"]).series

    line = f"1.1.1.1 {'09' * 32}\n"
    assert before["1.1.1"] == hashlib.sha256(line.encode()).hexdigest()
    assert before.keys() == grown.keys() == replaced.keys() == {"1.1.1", "1.1.2"}
    assert (grown["1.1.1"] != before["1.1.1"], grown["1.1.2"] != before["1.1.2"]) == (True, False)
    assert (replaced["1.1.1"] != grown["1.1.1"], replaced["1.1.2"] != grown["1.1.2"]) == (False, True)


@pytest.mark.parametrize(
    ("sop_class", "read"),
    [
        ("1.2.840.10008.5.1.4.1.1.104.1", True),  # a letter as PDF
        ("1.2.840.10008.5.1.4.1.1.88.11", True),  # a report in words
        ("1.2.840.10008.5.1.4.1.1.9.1.1", True),  # an electrocardiogram
        ("1.2.840.10008.5.1.4.1.1.88.67", False),  # a dose
        ("1.2.840.10008.5.1.4.1.1.88.59", False),  # key objects
        ("1.2.840.10008.5.1.4.1.1.11.1", False),  # a presentation state
    ],
)
def test_a_document_is_opened_and_what_comes_with_pictures_is_not(sop_class: str, read: bool) -> None:
    assert is_document(sop_class) is read


def test_a_series_counts_by_its_frames_and_documents_not_by_what_lies_over_them(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        send(tx, clinic, "1.1", now)
        for number, sop_class in ((2, "1.2.840.10008.5.1.4.1.1.88.67"), (3, "1.2.840.10008.5.1.4.1.1.104.1")):
            place = {"series_uid": f"1.1.{number}", "sop_instance_uid": f"1.1.{number}.1", "sop_class_uid": sop_class}
            send(tx, clinic, "1.1", now, frames=0, **place)
        another_image(tx, clinic, "1.1", 2, now, series_uid="1.1.1", frames=40)
        over = {"sop_instance_uid": "1.1.4.1", "sop_class_uid": "1.2.840.10008.5.1.4.1.1.66.4"}
        send(tx, clinic, "1.1", now, frames=12, series_uid="1.1.4", **over)
        found = image_set(tx, ["1.1"])

    assert found.to_see == {"1.1.1": 41, "1.1.3": 1}
    assert found.documents == {"1.1.3.1"}
    assert len(found.instances) == 5


def test_the_levels_of_a_slide_are_one_thing_to_see_however_many_tiles_they_have(engine: Engine, now: datetime) -> None:
    slide = {"series_uid": "1.1.7", "sop_class_uid": "1.2.840.10008.5.1.4.1.1.77.1.6", "modality": "SM"}
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        for number, tiles in ((1, 4000), (2, 1000), (3, 1)):
            send(tx, clinic, "1.1", now, frames=tiles, sop_instance_uid=f"1.1.7.{number}", **slide)
        found = image_set(tx, ["1.1"])

    assert found.to_see == {"1.1.7": 1}


def test_the_studies_of_a_retake_count_together_and_nothing_is_an_empty_set(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        send(tx, clinic, "1.1", now)
        send(tx, clinic, "1.2", now)

        assert image_set(tx, ["1.1", "1.2"]) == image_set(tx, ["1.2", "1.1"])
        assert image_set(tx, ["1.1", "1.2"]).digest != image_set(tx, ["1.1"]).digest
        assert image_set(tx, []).instances == {}
