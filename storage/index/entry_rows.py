"""The rows of an entry: of its study, series and instance, or of the quarantine."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from storage.ids import new_id
from storage.index.initials import initials
from storage.index.name_forms import folded, forms
from storage.instance_row import InstanceRow, encode_ranges
from storage.quarantine_moves import Reason
from storage.segments.members import Entry

SHOWN: Final = (
    "patient_id",
    "issuer",
    "patient_name",
    "birth_date",
    "sex",
    "study_date",
    "study_time",
    "accession_number",
    "study_id",
    "referring_physician",
    "study_description",
    "timezone_offset",
)
"""The columns of a study that an attribution may change; `study.received` keeps the received values."""


PERSON: Final = ("patient_name", "birth_date", "sex")
"""The columns of a study that say of whom it is, beside the number."""


@dataclass(frozen=True)
class Home:
    """Where the instances of a series are shown, which a person may change."""

    study_uid: str
    named: str
    """The study that its instances name."""


def compared_names(patient_name: str) -> dict[str, str]:
    """The columns of a study by which its patient's name is found."""
    whole = folded(patient_name)
    alphabetic, ideographic, phonetic, *_ = (*whole.split("="), "", "")
    return {
        "patient_name_folded": whole,
        "patient_name_ideographic": ideographic,
        "patient_name_phonetic": phonetic,
        **dict(zip(("name_joined", "name_turned"), forms(alphabetic), strict=True)),
        **dict(zip(("characters_joined", "characters_turned"), forms(ideographic), strict=True)),
        "initials": initials(alphabetic, ideographic),
    }


def person_of(row: InstanceRow) -> tuple[str, ...]:
    """What an instance says in `PERSON`."""
    return tuple(getattr(row, name) for name in PERSON)


def received_person(received: Mapping[str, str] | str) -> tuple[str, ...]:
    """What `PERSON` is in a study's received values; SQLite's driver gives them as the text of the JSON."""
    known: Mapping[str, str] = json.loads(received) if isinstance(received, str) else received
    return tuple(known.get(name, "") for name in PERSON)


def other_person(row: InstanceRow, first: Sequence[str]) -> dict[str, str] | None:
    """What an instance says of its person, where the first one of its study said something else (``first``)."""
    said = person_of(row)
    same = all(not one or one == known for one, known in zip(said, first, strict=True))
    return None if same else dict(zip(PERSON, said, strict=True))


def study_values(entry: Entry) -> dict[str, Any]:
    row, provenance = entry.row, entry.provenance
    shown = {name: getattr(row, name) for name in SHOWN}
    return {
        "study_uid": row.study_uid,
        "site_id": provenance.site_id,
        "received_patient_id": row.patient_id,
        "received_issuer": row.issuer,
        "received": shown,
        **shown,
        **compared_names(row.patient_name),
        "instances": 0,
        "made_here": 0,
        "first_received_at": provenance.received_at,
        "last_received_at": provenance.received_at,
        "attribution_revision": 0,
        "hidden": False,
        "hold": "",
    }


def series_values(entry: Entry, home: Home) -> dict[str, Any]:
    row = entry.row
    return {
        "series_uid": row.series_uid,
        "study_uid": home.study_uid,
        "received_study_uid": None if home.study_uid == row.study_uid else row.study_uid,
        "modality": row.modality,
        "series_number": row.series_number,
        "series_description": row.series_description,
        "body_part": row.body_part,
        "laterality": row.laterality,
        "station_name": row.station_name,
        "series_date": row.series_date,
        "series_time": row.series_time,
        "made_here": entry.provenance.made_here,
        "instances": 0,
    }


def instance_values(entry: Entry, home: Home, first: Sequence[str] | None = None) -> dict[str, Any]:
    """``first`` is what the first instance of the study says in `PERSON`; None where that is this one."""
    row = entry.row
    moved = home.study_uid != row.study_uid
    return {
        "sop_class_uid": row.sop_class_uid,
        "series_uid": row.series_uid,
        "study_uid": home.study_uid,
        "received_study_uid": row.study_uid if moved else None,
        "received_series_uid": row.series_uid if moved else None,
        "laterality": row.laterality,
        "transfer_syntax_uid": row.transfer_syntax_uid,
        "received_transfer_syntax_uid": row.received_as[1],
        "pixel_digest": row.pixel_digest,
        "rows": row.rows,
        "columns": row.columns,
        "character_set": row.character_set,
        "site_id": entry.provenance.site_id,
        "device_id": entry.provenance.device_id,
        # Until `reading.report_objects.standing` shows what was made here: its report may count no longer.
        "hidden": entry.provenance.made_here,
        "made_here": entry.provenance.made_here,
        "damaged": False,
        "other_person": None if first is None else other_person(row, first),
        **own_values(entry, home),
    }


def own_values(entry: Entry, home: Home) -> dict[str, Any]:
    """The columns in which instances of one sender differ whose rows `SeriesRow` completes."""
    row, place, received_at = entry.row, entry.place, entry.provenance.received_at
    return {
        "sop_instance_uid": row.sop_instance_uid,
        "placed_at": received_at if home.study_uid != row.study_uid else None,
        "instance_number": row.instance_number,
        "segment_id": place.segment_id,
        "offset": place.offset,
        "size": place.size,
        "dataset_offset": row.dataset_offset,
        "received_digest": row.received_digest,
        "stored_digest": row.stored_as[0],
        "description": entry.description,
        "frames": row.frames,
        "frame_ranges": None if row.frame_ranges is None else encode_ranges(row.frame_ranges),
        "received_at": received_at,
    }


def held_values(entry: Entry, reason: Reason = Reason.HELD) -> dict[str, Any]:
    return {
        "id": new_id(),
        "reason": reason,
        "sop_instance_uid": entry.row.sop_instance_uid,
        "study_uid": entry.row.study_uid,
        "transfer_syntax_uid": entry.row.transfer_syntax_uid,
        "segment_id": entry.place.segment_id,
        "offset": entry.place.offset,
        "size": entry.place.size,
        "digest": entry.row.received_digest,
        "row": entry.row.to_json(),
        "site_id": entry.provenance.site_id,
        "device_id": entry.provenance.device_id,
        "received_at": entry.provenance.received_at,
    }
