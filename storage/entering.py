"""Enters instances into the index: one batch, one transaction, the same result however often it is repeated."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from storage import tables
from storage.ids import new_id
from storage.members import Entry
from storage.rows import InstanceRow, Place, encode_ranges

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
"""The columns of a study that an attribution may change; `study.received` keeps what came."""

DUPLICATE: Final = "duplicate"
"""What a newcomer is settled as that is the stored instance in other bytes."""
_KNOWN_MAX: Final = 50_000


class Entered(Enum):
    """What became of an instance."""

    NEW = "new"
    SAME = "same"
    """The same content was there already; the site has its holding of it. The new bytes are not needed."""
    HELD = "held"
    """Other content under this UID, or the study or series belongs to another patient, site or study: a
    person decides, until then it waits in quarantine and its bytes stay where they were written."""


class Raced(Exception):
    """Another process inserted the same key meanwhile: begin the transaction anew, now its row is seen."""


@dataclass(frozen=True)
class Owner:
    """Whom a study belongs to; never changes."""

    site_id: str
    patient_id: str
    issuer: str


@dataclass(frozen=True)
class Home:
    """Where the instances of a series are shown, which a person may change."""

    study_uid: str
    named: str
    """The study that the instances themselves name."""


@dataclass
class Known:
    """What was seen committed of studies and series, to spare a look each time.

    Homes, and where a merged study is shown, may be others by now; then counting says so (`Raced`), and all is
    looked up anew.
    """

    owners: dict[str, Owner] = field(default_factory=dict[str, Owner])
    shown_in: dict[str, str] = field(default_factory=dict[str, str])
    """Study to the study in which its new series are shown: itself, unless it was merged into another."""
    homes: dict[str, Home] = field(default_factory=dict[str, Home])
    """Of series."""

    def clear(self) -> None:
        self.owners.clear()
        self.shown_in.clear()
        self.homes.clear()

    def learn(self, seen: Known) -> None:
        if len(self.owners) > _KNOWN_MAX or len(self.homes) > _KNOWN_MAX:
            self.clear()
        self.owners.update(seen.owners)
        self.shown_in.update(seen.shown_in)
        self.homes.update(seen.homes)


@dataclass(frozen=True)
class _There:
    """What makes an indexed instance the same as a newcomer, or another."""

    segment_id: str
    offset: int
    digest: bytes
    transfer_syntax_uid: str
    study_uid: str
    """The study in which it is shown."""
    site_id: str
    damaged: bool = False

    def same_content(self, row: InstanceRow) -> bool:
        return self.digest == row.received_digest and self.transfer_syntax_uid == row.transfer_syntax_uid


class Batch:
    """Sorts a batch into new, same and held, and writes it."""

    def __init__(self, tx: Connection, entries: Sequence[Entry], known: Known) -> None:
        self._tx = tx
        self._entries = entries
        self.seen = Known()
        self._look_up(known)
        self._there = self._instances_there()
        self._new: dict[str, Entry] = {}
        self._new_studies: dict[str, Entry] = {}
        self._new_series: dict[str, Entry] = {}
        self._healing: dict[str, tuple[Entry, Place]] = {}
        self._held: list[Entry] = []

    def enter(self) -> list[Entered]:
        """Write the batch; in the order of the keys, so that two processes never wait for each other in a ring.

        Raises:
            Raced: roll back, forget what was known, and do it again.

        """
        results = [self._sort_in(entry) for entry in self._entries]
        self._insert_all(tables.study, (_study_values(self._new_studies[uid]) for uid in sorted(self._new_studies)))
        series = (series_values(self._new_series[uid], self.seen.homes[uid]) for uid in sorted(self._new_series))
        self._insert_all(tables.series, series)
        instances = (
            instance_values(self._new[uid], self.seen.homes[self._new[uid].row.series_uid]) for uid in sorted(self._new)
        )
        self._insert_all(tables.instance, instances)
        for uid in sorted(self._healing):
            healed, lost = self._healing[uid]
            point_at(self._tx, healed, instead_of=lost, same_sender=True)
        self._note_holdings(
            entry for entry, result in zip(self._entries, results, strict=True) if result is not Entered.HELD
        )
        self._count()
        self._quarantine()
        return results

    def _look_up(self, known: Known) -> None:
        seen = self.seen
        for entry in self._entries:
            row = entry.row
            if row.study_uid in known.owners:
                seen.owners[row.study_uid] = known.owners[row.study_uid]
                seen.shown_in[row.study_uid] = known.shown_in[row.study_uid]
            if row.series_uid in known.homes:
                seen.homes[row.series_uid] = known.homes[row.series_uid]
        studies = {entry.row.study_uid for entry in self._entries} - seen.owners.keys()
        if studies:
            study = tables.study.c
            asked = sa.select(
                study.study_uid, study.merged_into, study.site_id, study.received_patient_id, study.received_issuer
            )
            for uid, merged_into, *owner in self._tx.execute(asked.where(study.study_uid.in_(studies))):
                seen.owners[uid] = Owner(*owner)
                seen.shown_in[uid] = merged_into or uid
        series_uids = {entry.row.series_uid for entry in self._entries} - seen.homes.keys()
        if series_uids:
            series = tables.series.c
            asked = sa.select(series.series_uid, series.study_uid, series.received_study_uid)
            for uid, study_uid, named in self._tx.execute(asked.where(series.series_uid.in_(series_uids))):
                seen.homes[uid] = Home(study_uid, named or study_uid)

    def _instances_there(self) -> dict[str, _There]:
        instance = tables.instance.c
        asked = sa.select(
            instance.sop_instance_uid,
            instance.segment_id,
            instance.offset,
            instance.received_digest,
            instance.received_transfer_syntax_uid,
            instance.study_uid,
            instance.site_id,
            instance.damaged,
        ).where(instance.sop_instance_uid.in_({entry.row.sop_instance_uid for entry in self._entries}))
        return {uid: _There(*there) for uid, *there in self._tx.execute(asked)}

    def _sort_in(self, entry: Entry) -> Entered:
        row, place, seen = entry.row, entry.place, self.seen
        there = self._there.get(row.sop_instance_uid)
        if there is not None:
            if (there.segment_id, there.offset) == (place.segment_id, place.offset):
                return Entered.NEW  # a replay, or a commit whose answer was lost: these very bytes are indexed
            if there.same_content(row) and there.damaged:
                lost = Place(segment_id=there.segment_id, offset=there.offset, size=place.size)
                self._healing[row.sop_instance_uid] = (entry, lost)
                self._there[row.sop_instance_uid] = replace(
                    there, segment_id=place.segment_id, offset=place.offset, damaged=False
                )
                return Entered.NEW
            if there.same_content(row):
                return Entered.SAME
            self._held.append(entry)
            return Entered.HELD
        newcomer = Owner(entry.provenance.site_id, row.patient_id, row.issuer)
        owner = seen.owners.get(row.study_uid, newcomer)
        home = seen.homes.get(row.series_uid)
        if owner != newcomer or (home is not None and home.named != row.study_uid):
            self._held.append(entry)
            return Entered.HELD
        if row.study_uid not in seen.owners:
            seen.owners[row.study_uid] = newcomer
            seen.shown_in[row.study_uid] = row.study_uid
            self._new_studies[row.study_uid] = entry
        if home is None:
            home = seen.homes[row.series_uid] = Home(seen.shown_in[row.study_uid], row.study_uid)
            self._new_series[row.series_uid] = entry
        self._new[row.sop_instance_uid] = entry
        self._there[row.sop_instance_uid] = _There(
            segment_id=place.segment_id,
            offset=place.offset,
            digest=row.received_digest,
            transfer_syntax_uid=row.transfer_syntax_uid,
            study_uid=home.study_uid,
            site_id=newcomer.site_id,
        )
        return Entered.NEW

    def _insert_all(self, table: sa.Table, values: Iterable[dict[str, Any]]) -> None:
        rows = list(values)
        if rows:
            statement = insert_new(self._tx, table).execution_options(preserve_rowcount=True)
            done = self._tx.execute(statement, rows)
            if done.rowcount != len(rows):
                raise Raced

    def _note_holdings(self, entries: Iterable[Entry]) -> None:
        rows: dict[tuple[str, str], dict[str, Any]] = {}
        for entry in entries:
            there, came = self._there[entry.row.sop_instance_uid], entry.provenance
            rows[entry.row.sop_instance_uid, came.site_id] = {
                "study_uid": there.study_uid,
                "sop_instance_uid": entry.row.sop_instance_uid,
                "site_id": came.site_id,
                "device_id": came.device_id,
                "received_at": came.received_at,
                "shared": there.site_id != came.site_id,
            }
        if rows:
            self._tx.execute(insert_new(self._tx, tables.holding), [rows[key] for key in sorted(rows)])

    def _count(self) -> None:
        """Raises: Raced, where a person has moved a series or merged a study since its home was looked up."""
        studies: dict[str, list[datetime]] = {}
        series: dict[str, int] = {}
        for entry in self._new.values():
            study_uid = self.seen.homes[entry.row.series_uid].study_uid
            studies.setdefault(study_uid, []).append(entry.provenance.received_at)
            series[entry.row.series_uid] = series.get(entry.row.series_uid, 0) + 1
        self._count_all(
            _COUNT_STUDY,
            [{"uid": uid, "more": len(studies[uid]), "at": max(studies[uid])} for uid in sorted(studies)],
        )
        homes = self.seen.homes
        self._count_all(
            _COUNT_SERIES,
            [{"uid": uid, "home": homes[uid].study_uid, "more": series[uid]} for uid in sorted(series)],
        )

    def _count_all(self, counting: sa.Update, rows: list[dict[str, Any]]) -> None:
        if rows:
            done = self._tx.execute(counting.execution_options(preserve_rowcount=True), rows)
            if done.rowcount != len(rows):
                raise Raced

    def _quarantine(self) -> None:
        if not self._held:
            return
        quarantine = tables.quarantine.c
        asked = sa.select(quarantine.sop_instance_uid, quarantine.digest, quarantine.site_id).where(
            quarantine.sop_instance_uid.in_({entry.row.sop_instance_uid for entry in self._held}),
            quarantine.row.is_not(None),
            quarantine.settled_as.is_(None) | (quarantine.settled_as != DUPLICATE),
        )
        # A device that sends a conflict again and again makes one question of it, decided once.
        known = {(uid, bytes(digest), site_id) for uid, digest, site_id in self._tx.execute(asked)}
        rows: list[dict[str, Any]] = []
        for entry in self._held:
            asked_already = (entry.row.sop_instance_uid, entry.row.received_digest, entry.provenance.site_id)
            if asked_already not in known:
                known.add(asked_already)
                rows.append(held_values(entry))
        if rows:
            self._tx.execute(insert_new(self._tx, tables.quarantine), rows)


def point_at(tx: Connection, entry: Entry, *, instead_of: Place, same_sender: bool = False) -> bool:
    """Let the row of an instance lead to these bytes; False when it leads to those of ``instead_of`` no longer.

    Where it is shown stays; what was found out about the earlier bytes is found out again. With
    ``same_sender`` who sent them and when stays as it is.
    """
    instance = tables.instance.c
    there = (instance.sop_instance_uid == entry.row.sop_instance_uid) & (instance.offset == instead_of.offset)
    kept = _WHERE_SHOWN | (_OF_THE_SENDER if same_sender else frozenset[str]())
    found = instance_values(entry, Home(entry.row.study_uid, entry.row.study_uid))
    values = {name: value for name, value in found.items() if name not in kept}
    values |= {"description": None, "pixel_digest": None}
    there &= instance.segment_id == instead_of.segment_id
    return tx.execute(sa.update(tables.instance).where(there).values(values)).rowcount == 1


_WHERE_SHOWN: Final = frozenset(
    {"sop_instance_uid", "study_uid", "series_uid", "received_study_uid", "received_series_uid"}
)
_OF_THE_SENDER: Final = frozenset({"site_id", "device_id", "received_at"})
_STUDY: Final = tables.study.c
_SERIES: Final = tables.series.c
_COUNT_STUDY: Final = (
    sa.update(tables.study)
    .where(_STUDY.study_uid == sa.bindparam("uid"), _STUDY.merged_into.is_(None))
    .values(
        instances=_STUDY.instances + sa.bindparam("more"),
        last_received_at=sa.case(
            (_STUDY.last_received_at < sa.bindparam("at", type_=_STUDY.last_received_at.type), sa.bindparam("at")),
            else_=_STUDY.last_received_at,
        ),
    )
)
_COUNT_SERIES: Final = (
    sa.update(tables.series)
    .where(_SERIES.series_uid == sa.bindparam("uid"), _SERIES.study_uid == sa.bindparam("home"))
    .values(instances=_SERIES.instances + sa.bindparam("more"))
)


def insert_new(tx: Connection, table: sa.Table) -> sa.Insert:
    """An insert that passes over rows whose key is there already."""
    if tx.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


def folded(name: str) -> str:
    """A person name (PS3.5 6.2) as it is compared: no case, no full-width forms, no empty components at the end."""
    groups = unicodedata.normalize("NFKC", name).casefold().split("=")
    return "=".join(group.strip().rstrip("^ ") for group in groups).rstrip("=")[:512]


def _study_values(entry: Entry) -> dict[str, Any]:
    row, provenance = entry.row, entry.provenance
    shown = {name: getattr(row, name) for name in SHOWN}
    return {
        "study_uid": row.study_uid,
        "site_id": provenance.site_id,
        "received_patient_id": row.patient_id,
        "received_issuer": row.issuer,
        "received": shown,
        **shown,
        "patient_name_folded": folded(row.patient_name),
        "instances": 0,
        "first_received_at": provenance.received_at,
        "last_received_at": provenance.received_at,
        "attribution_revision": 0,
        "hidden": False,
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
        "instances": 0,
    }


def instance_values(entry: Entry, home: Home) -> dict[str, Any]:
    row = entry.row
    moved = home.study_uid != row.study_uid
    return {
        "sop_instance_uid": row.sop_instance_uid,
        "sop_class_uid": row.sop_class_uid,
        "series_uid": row.series_uid,
        "study_uid": home.study_uid,
        "received_study_uid": row.study_uid if moved else None,
        "received_series_uid": row.series_uid if moved else None,
        "placed_at": entry.provenance.received_at if moved else None,
        "instance_number": row.instance_number,
        "transfer_syntax_uid": row.transfer_syntax_uid,
        "segment_id": entry.place.segment_id,
        "offset": entry.place.offset,
        "size": entry.place.size,
        "dataset_offset": row.dataset_offset,
        "received_digest": row.received_digest,
        "received_transfer_syntax_uid": row.transfer_syntax_uid,
        "stored_digest": row.received_digest,
        "rows": row.rows,
        "columns": row.columns,
        "character_set": row.character_set,
        "frames": row.frames,
        "frame_ranges": None if row.frame_ranges is None else encode_ranges(row.frame_ranges),
        "site_id": entry.provenance.site_id,
        "device_id": entry.provenance.device_id,
        "received_at": entry.provenance.received_at,
        "damaged": False,
    }


def held_values(entry: Entry, reason: str = "held") -> dict[str, Any]:
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
