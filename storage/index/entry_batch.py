"""Enters a batch of instances into the index in one transaction; repeating it changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final

from sqlalchemy.engine import Connection

from storage.errors import StorageError
from storage.index import journal
from storage.index.entry_rows import (
    Home,
    held_values,
    instance_values,
    person_of,
    received_person,
    series_values,
    study_values,
)
from storage.index.entry_statements import (
    ASKED,
    COUNT_SERIES,
    COUNT_STUDY,
    HOLDINGS_THERE,
    HOMES,
    INSERT_HELD,
    INSERT_HOLDING,
    INSERT_INSTANCE,
    INSERT_SERIES,
    INSERT_STUDY,
    INSTANCES_THERE,
    OWNERS,
    erased_meanwhile,
)
from storage.index.known_studies import Known, Owner
from storage.index.other_bytes import note_healed, point_at
from storage.index.sides import side_of
from storage.instance_row import InstanceRow, Place, Provenance
from storage.prepared import Prepared, Values, fetch, write
from storage.segments.members import Entry

KIND_HOLDING: Final = "holding"
"""In the journal, as the next two, since no segment tells it: a second site has sent an instance."""
KIND_RESENT: Final = "healed"
"""An instance whose bytes the disk had lost was sent again; the new bytes take their place."""
KIND_HELD: Final = "held"
"""An instance was held when it came, whatever would be said of it when the index is made again."""


_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Before anything was received."""


class Entered(Enum):
    """The outcome of entering an instance."""

    NEW = "new"
    SAME = "same"
    """The same content is stored already; the site has its holding of it. The new bytes are not needed."""
    HELD = "held"
    """It has a UID with other content, or its study or series belongs to another patient, site or study. It waits in
    quarantine until a person decides, and its bytes stay where they were written."""
    ERASED = "erased"
    """It was erased for good: nothing of the new bytes is kept."""


class Raced(StorageError):
    """Another process inserted or erased the same, or moved what is counted: begin the transaction anew."""


@dataclass(frozen=True)
class _There:
    """An indexed instance, as far as a newcomer is compared with it."""

    segment_id: str
    offset: int
    received: tuple[bytes, str]
    """Digest and transfer syntax as it came."""
    stored: tuple[bytes, str]
    """Digest and syntax of the stored form; a peer that retrieved the instance sends these back."""
    study_uid: str
    """The study in which it is shown."""
    site_id: str
    damaged: bool = False

    def same_content(self, row: InstanceRow) -> bool:
        return row.received_as in (self.received, self.stored)


def _there(columns: Sequence[Any]) -> _There:
    """From the columns of `INSTANCES_THERE` that follow the UID."""
    segment_id, offset, received, received_syntax, stored, stored_syntax, study_uid, site_id, damaged = columns
    return _There(
        segment_id=segment_id,
        offset=offset,
        received=(bytes(received), received_syntax),
        stored=(bytes(stored), stored_syntax),
        study_uid=study_uid,
        site_id=site_id,
        damaged=bool(damaged),
    )


def _as_received(entry: Entry, there: _There) -> Entry:
    """An entry that replaces damaged bytes, with the digest and syntax in which the instance first came."""
    row = entry.row
    if row.received_as == there.received:
        return entry
    digest, syntax = there.received
    known = replace(row, received_digest=digest, received_transfer_syntax_uid=syntax, stored_digest=row.received_digest)
    return replace(entry, row=known)


def _counted(came: Sequence[Provenance]) -> Values:
    """What instances add to the counts of their study; what was made here is no arrival, and hidden at first."""
    received = [each.received_at for each in came if not each.made_here]
    return {"more": len(received), "at": max(received, default=_LONG_AGO)}


def _more(entries: Sequence[Entry]) -> Values:
    """What instances add to their series."""
    received = [each.row.laterality for each in entries if not each.provenance.made_here]
    return {"more": len(received), "side": side_of(received)}


class Batch:
    """Sorts a batch into new, same and held, and writes it; the journal gets what no segment has.

    ``again`` is for an index that is rebuilt: the places (segment and offset) of instances that were held the first
    time, each with the id of its row. They are held again, whatever is entered before them, and the journal is not
    written.
    """

    def __init__(
        self,
        tx: Connection,
        entries: Sequence[Entry],
        known: Known,
        *,
        again: Mapping[tuple[str, int], str] | None = None,
    ) -> None:
        self._tx = tx
        self._entries = entries
        self._again = again
        self.seen = Known()
        self._look_up(known)
        self._new: dict[str, Entry] = {}
        self._new_studies: dict[str, Entry] = {}
        self._new_series: dict[str, Entry] = {}
        self._healing: dict[str, tuple[Entry, Place]] = {}
        self._held: list[Entry] = []

    def enter(self) -> list[Entered]:
        """Write the batch, in the order of keys, so that two processes never wait for each other in a ring.

        Raises:
            Raced: roll back, clear what is known, and do it again.

        """
        results = [self._sort_in(entry) for entry in self._entries]
        homes = self.seen.homes
        inserts = [
            (INSERT_STUDY, [study_values(self._new_studies[uid]) for uid in sorted(self._new_studies)]),
            (INSERT_SERIES, [series_values(self._new_series[uid], homes[uid]) for uid in sorted(self._new_series)]),
            (
                INSERT_INSTANCE,
                [self._values(self._new[uid]) for uid in sorted(self._new)],
            ),
        ]
        kept_out = (Entered.HELD, Entered.ERASED)
        here = [entry for entry, result in zip(self._entries, results, strict=True) if result not in kept_out]
        counted = [(statement, rows) for statement, rows in (*inserts, *self._counts()) if rows]
        same = [entry for entry, result in zip(self._entries, results, strict=True) if result is Entered.SAME]
        told = self._not_in_the_bytes(same)  # asked before the holdings are written
        questions = self._questions()
        others = [(INSERT_HOLDING, self._holdings(here)), (INSERT_HELD, questions)]
        erased = erased_meanwhile(self._tx.dialect.name, {entry.row.sop_instance_uid for entry in here})
        done = write(self._tx, [*counted, *((statement, rows) for statement, rows in others if rows), *erased])
        # Somebody has inserted or erased the same, or has moved a series or merged a study, since the look.
        if done[: len(counted)] != [len(rows) for _, rows in counted] or (erased and done[-1]):
            raise Raced
        for uid in sorted(self._healing):
            healed, lost = self._healing[uid]
            if not point_at(self._tx, healed, instead_of=lost, same_sender=True):
                raise Raced
            note_healed(self._tx, uid, healed.provenance.received_at)
        if self._again is None:
            for kind, payload, at in (*told, *self._held_at(questions)):
                journal.write(self._tx, kind, payload, at)
        return results

    def _values(self, entry: Entry) -> Values:
        row = entry.row
        return instance_values(entry, self.seen.homes[row.series_uid], self.seen.persons[row.study_uid])

    def _not_in_the_bytes(self, same: Sequence[Entry]) -> list[tuple[str, dict[str, Any], datetime]]:
        """Decisions that no segment has: a second site sent the same, or new bytes replace damaged ones."""
        sharing = [
            entry for entry in same if self._there[entry.row.sop_instance_uid].site_id != entry.provenance.site_id
        ]
        known = set(self._found(HOLDINGS_THERE, {entry.row.sop_instance_uid for entry in sharing}))
        told: dict[tuple[str, str], tuple[str, dict[str, Any], datetime]] = {}
        for entry in sharing:
            uid, came = entry.row.sop_instance_uid, entry.provenance
            if (uid, came.site_id) not in known:
                payload = {"sop_instance_uid": uid, "provenance": came.to_json()}
                told.setdefault((uid, came.site_id), (KIND_HOLDING, payload, came.received_at))
        healed = [
            (
                KIND_RESENT,
                {"entry": entry.to_json(), "instead_of": [lost.segment_id, lost.offset]},
                entry.provenance.received_at,
            )
            for entry, lost in self._healing.values()
        ]
        return [*told.values(), *healed]

    @staticmethod
    def _held_at(questions: Iterable[Values]) -> list[tuple[str, dict[str, Any], datetime]]:
        """Which of two contradicting instances came second: their times do not always show it."""
        return [
            (KIND_HELD, {name: one[name] for name in ("id", "segment_id", "offset")}, one["received_at"])
            for one in questions
        ]

    def _look_up(self, known: Known) -> None:
        seen = self.seen
        for entry in self._entries:
            row = entry.row
            if row.study_uid in known.owners:
                seen.owners[row.study_uid] = known.owners[row.study_uid]
                seen.shown_in[row.study_uid] = known.shown_in[row.study_uid]
                seen.persons[row.study_uid] = known.persons[row.study_uid]
            if row.series_uid in known.homes:
                seen.homes[row.series_uid] = known.homes[row.series_uid]
        studies = {entry.row.study_uid for entry in self._entries} - seen.owners.keys()
        series = {entry.row.series_uid for entry in self._entries} - seen.homes.keys()
        instances = {entry.row.sop_instance_uid for entry in self._entries}
        # From the bottom up: if another process commits in between, each instance that is found has its study.
        found = self._found(INSTANCES_THERE, instances)
        self._erased = {there[0] for there in found if there[1] is None}
        self._there = {there[0]: _there(there[1:]) for there in found if there[1] is not None}
        for uid, study_uid, named in self._found(HOMES, series):
            seen.homes[uid] = Home(study_uid, named or study_uid)
        for uid, merged_into, received, *owner in self._found(OWNERS, studies):
            seen.owners[uid] = Owner(*owner)
            seen.persons[uid] = received_person(received)
            seen.shown_in[uid] = merged_into or uid

    def _found(self, query: Prepared, uids: set[str]) -> list[tuple[Any, ...]]:
        return fetch(self._tx, query, {"uids": list(uids)}) if uids else []

    def _sort_in(self, entry: Entry) -> Entered:
        row, place, seen = entry.row, entry.place, self.seen
        if row.sop_instance_uid in self._erased:
            return Entered.ERASED
        there = self._there.get(row.sop_instance_uid)
        if there is not None:
            if (there.segment_id, there.offset) == (place.segment_id, place.offset):
                return Entered.NEW  # a repetition, or a commit whose answer was lost: these bytes are indexed
            if self._was_held(place):
                self._held.append(entry)
                return Entered.HELD
            if there.same_content(row) and there.damaged:
                lost = Place(segment_id=there.segment_id, offset=there.offset, size=place.size)
                self._healing[row.sop_instance_uid] = (_as_received(entry, there), lost)
                self._there[row.sop_instance_uid] = replace(
                    there, segment_id=place.segment_id, offset=place.offset, damaged=False
                )
                return Entered.NEW
            if there.same_content(row):
                return Entered.SAME
            self._held.append(entry)
            return Entered.HELD
        if self._was_held(place):
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
            seen.persons[row.study_uid] = person_of(row)
            self._new_studies[row.study_uid] = entry
        if home is None:
            home = seen.homes[row.series_uid] = Home(seen.shown_in[row.study_uid], row.study_uid)
            self._new_series[row.series_uid] = entry
        self._new[row.sop_instance_uid] = entry
        self._there[row.sop_instance_uid] = _There(
            segment_id=place.segment_id,
            offset=place.offset,
            received=row.received_as,
            stored=row.stored_as,
            study_uid=home.study_uid,
            site_id=newcomer.site_id,
        )
        return Entered.NEW

    def _was_held(self, place: Place) -> bool:
        return self._again is not None and (place.segment_id, place.offset) in self._again

    def _holdings(self, entries: Iterable[Entry]) -> list[Values]:
        rows: dict[tuple[str, str], Values] = {}
        for entry in entries:
            there, came = self._there[entry.row.sop_instance_uid], entry.provenance
            first = {
                "study_uid": there.study_uid,
                "sop_instance_uid": entry.row.sop_instance_uid,
                "site_id": came.site_id,
                "device_id": came.device_id,
                "received_at": came.received_at,
                "shared": there.site_id != came.site_id,
            }
            rows.setdefault((entry.row.sop_instance_uid, came.site_id), first)
        return [rows[key] for key in sorted(rows)]

    def _counts(self) -> list[tuple[Prepared, list[Values]]]:
        homes = self.seen.homes
        studies: dict[str, list[Provenance]] = {}
        series: dict[str, list[Entry]] = {}
        for entry in self._new.values():
            studies.setdefault(homes[entry.row.series_uid].study_uid, []).append(entry.provenance)
            series.setdefault(entry.row.series_uid, []).append(entry)
        return [
            (COUNT_STUDY, [{"uid": uid, **_counted(studies[uid])} for uid in sorted(studies)]),
            (
                COUNT_SERIES,
                [{"uid": uid, "home": homes[uid].study_uid, **_more(series[uid])} for uid in sorted(series)],
            ),
        ]

    def _questions(self) -> list[Values]:
        """The rows of held instances; a device that sends a conflict again and again makes one row, decided once."""
        asked = self._found(ASKED, {entry.row.sop_instance_uid for entry in self._held})
        known = {(uid, bytes(digest), site_id) for uid, digest, site_id in asked}
        rows: list[Values] = []
        for entry in self._held:
            question = (entry.row.sop_instance_uid, entry.row.received_digest, entry.provenance.site_id)
            if question not in known:
                known.add(question)
                row = held_values(entry)
                row["id"] = (self._again or {}).get((entry.place.segment_id, entry.place.offset), row["id"])
                rows.append(row)
        return rows
