"""A row that is completed from its series is the row that is made of all its values."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.index.series_row import SeriesRow
from storage.instance_row import InstanceRow, UnfitUid
from storage.segments.pax import decode, encode
from tests.storage.instances import row
from tests.storage.segments.test_pax import ROWS, header

NUMBERS = st.none() | st.integers(-(2**40), 2**40)


@given(first=ROWS, number=NUMBERS, frames=st.integers(-1, 2**33), offset=st.integers(0, 2**20))
def test_a_completed_row_is_the_same_as_a_new_one(
    first: InstanceRow, number: int | None, frames: int, offset: int
) -> None:
    own = {
        "sop_instance_uid": "1.2.3.4",
        "dataset_offset": offset,
        "received_digest": bytes(range(32)),
        "instance_number": number,
        "frames": frames,
        "frame_ranges": ((offset, 7),) if frames == 1 else None,
    }
    completed, encoded = SeriesRow(first).complete(**own)  # type: ignore[arg-type]

    made = replace(first, **own)  # type: ignore[arg-type]
    assert completed == made
    assert json.loads(encoded) == made.to_json()
    assert encode(header(row=completed, encoded_row=encoded)) != encode(header())
    assert decode(encode(header(row=completed, encoded_row=encoded))) == decode(encode(header(row=made)))


def test_a_row_keeps_to_uids() -> None:
    series = SeriesRow(row())
    with pytest.raises(UnfitUid):
        series.complete(
            sop_instance_uid="../x",
            dataset_offset=0,
            received_digest=b"",
            instance_number=None,
            frames=0,
            frame_ranges=None,
        )
