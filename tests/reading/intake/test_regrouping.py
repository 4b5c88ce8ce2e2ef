"""Chosen images in another study: which series move whole, and which are made."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from reading.intake.regrouping import separate
from storage.decisions.placement_changes import InstancesMoved, SeriesMade, SeriesMoved
from storage.index.queries import Instance

INSTANCE = Instance(
    sop_instance_uid="1",
    sop_class_uid="1.2",
    series_uid="a",
    study_uid="old",
    instance_number=1,
    transfer_syntax_uid="1.2",
    segment_id="",
    offset=0,
    size=0,
    dataset_offset=0,
    received_digest=b"",
    received_transfer_syntax_uid="1.2",
    stored_digest=b"",
    pixel_digest=None,
    rows=None,
    columns=None,
    frames=1,
    encoded_frame_ranges=None,
    description=None,
    site_id="",
    device_id="",
    received_at=datetime(2026, 3, 2).astimezone(),
)


def test_a_series_moves_whole_and_single_images_get_a_new_one() -> None:
    def instance(uid: str, series_uid: str) -> Instance:
        return replace(INSTANCE, sop_instance_uid=uid, series_uid=series_uid)

    there = [instance("1", "a"), instance("2", "a"), instance("3", "b"), instance("4", "b")]
    changes = separate(there, frozenset({"1", "2", "3"}), "new")

    whole, made, single = changes
    assert whole == SeriesMoved(series_uid="a", from_study="old", to_study="new")
    assert isinstance(made, SeriesMade)
    assert (made.study_uid, made.like) == ("new", "b")
    assert single == InstancesMoved(
        sop_instance_uids=("3",), from_study="old", from_series="b", to_study="new", to_series=made.series_uid
    )
    assert separate(there, frozenset({"1"}), "old") == []
