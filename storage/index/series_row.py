"""The index rows of instances that differ in a few columns only, as those of one series do."""

from __future__ import annotations

from typing import Final

from storage.instance_row import (
    InstanceRow,
    Ranges,
    UnfitUid,
    columns_in_json,
    compact_json,
    is_uid,
    ranges_in_json,
)

_INT32: Final = 2**31
_OWN: Final = frozenset(
    ("sop_instance_uid", "dataset_offset", "received_digest", "instance_number", "frames", "frame_ranges")
)
"""The columns that an instance has for itself."""


class SeriesRow:
    """All other columns, checked and written as JSON once."""

    def __init__(self, first: InstanceRow) -> None:
        self._common = {name: value for name, value in vars(first).items() if name not in _OWN}
        self._json = compact_json(columns_in_json(self._common))[1:]

    def complete(
        self,
        *,
        sop_instance_uid: str,
        dataset_offset: int,
        received_digest: bytes,
        instance_number: int | None,
        frames: int,
        frame_ranges: Ranges | None,
    ) -> tuple[InstanceRow, bytes]:
        """The row that `InstanceRow` makes of the same values, and its JSON.

        Raises:
            UnfitUid: no row may be named by this UID.

        """
        if not is_uid(sop_instance_uid):
            raise UnfitUid("sop_instance_uid")
        fits = instance_number is not None and -_INT32 <= instance_number < _INT32
        own = {
            "sop_instance_uid": sop_instance_uid,
            "dataset_offset": dataset_offset,
            "received_digest": received_digest,
            "instance_number": instance_number if fits else None,
            "frames": frames if 0 <= frames < _INT32 else 0,
            "frame_ranges": frame_ranges,
        }
        row = object.__new__(InstanceRow)  # its checks were made for the first one
        vars(row).update(self._common, **own)
        number = "" if own["instance_number"] is None else f',"instance_number":{instance_number}'
        ranges = "" if frame_ranges is None else f',"frame_ranges":"{ranges_in_json(frame_ranges)}"'
        said = (
            f'{{"sop_instance_uid":"{sop_instance_uid}","dataset_offset":{dataset_offset}'
            f',"received_digest":"{received_digest.hex()}"{number},"frames":{own["frames"]}{ranges},'
        )
        return row, said.encode() + self._json
