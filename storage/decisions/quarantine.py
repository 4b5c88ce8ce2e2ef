"""Decides about bytes in quarantine: they stay out, enter a study, or are shown instead of what is stored.

Nothing is overwritten: an instance that is no longer shown is kept as a row of the quarantine, and each decision can be
taken back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage import tables
from storage.database import insert_new
from storage.decisions.comparison import conflict_of, note_conflict, study_of_series
from storage.decisions.placement import lock_counted, recount
from storage.errors import Overtaken
from storage.index import quarantine_rows
from storage.index.entry_rows import Home, held_values, instance_values, series_values
from storage.index.other_bytes import first_person, point_at
from storage.index.quarantine_rows import by_id, find
from storage.index.queries import instance_of, study_of
from storage.instance_row import InstanceRow, Place, Provenance
from storage.quarantine_moves import QuarantineMove, QuarantineState, Reason, after, state_of
from storage.records import Held, Instance
from storage.segments.members import Entry

_QUARANTINE: Final = tables.quarantine
_INSTANCE: Final = tables.instance
_SERIES: Final = tables.series
_STUDY: Final = tables.study

KIND: Final = "quarantine"
"""The kind of these decisions in the journal."""


def as_instance(one: Held) -> Instance | None:
    """A newcomer as an indexed instance, so that it can be read and drawn; None where it is no whole instance."""
    if one.row is None or one.segment_id is None or one.offset is None:
        return None
    entry = _entry(one)
    values = instance_values(entry, Home(entry.row.study_uid, entry.row.study_uid))
    encoded = values["frame_ranges"]
    known = {each.name: values[each.name] for each in fields(Instance) if each.name in values}
    return Instance(**known, encoded_frame_ranges=encoded)


def dismiss(tx: Connection, one: Held, now: datetime) -> None:
    """Let it stay out. Raises: Overtaken."""
    _change(tx, one, QuarantineMove.DISMISS, now)


def received_again(tx: Connection, one: Held, now: datetime) -> None:
    """It was understood when it was received again. Raises: Overtaken."""
    _change(tx, one, QuarantineMove.RECEIVE, now)


def reopen(tx: Connection, one: Held) -> None:
    """Take a decision back that moved nothing. Raises: Overtaken."""
    _change(tx, one, QuarantineMove.REOPEN, None)


def fits_instead(tx: Connection, one: Held) -> Instance | None:
    """The stored instance that a newcomer of the same series, patient and site could be shown instead of."""
    if one.row is None or one.segment_id is None or one.sop_instance_uid is None:
        return None
    row, stored = InstanceRow.from_json(one.row), instance_of(tx, one.sop_instance_uid)
    if stored is None or stored.named != (row.study_uid, row.series_uid):
        return None
    study = study_of(tx, row.study_uid)
    owner = None if study is None else (study.site_id, study.received_patient_id, study.received_issuer)
    return stored if owner == (one.site_id, row.patient_id, row.issuer) else None


def show_instead(tx: Connection, one: Held, now: datetime, *, keep_as: str | None = None) -> str:
    """Show a newcomer instead of the stored instance; answers the id of the row that keeps the stored one.

    ``keep_as`` is the id that the row had, where the index is rebuilt.

    Raises:
        Overtaken: it was decided before, or no longer fits.

    """
    stored = fits_instead(tx, one)
    if stored is None:
        raise Overtaken
    _change(tx, one, QuarantineMove.SHOW, now)
    earlier = _keep(tx, stored, now, keep_as)
    if not point_at(tx, _entry(one), instead_of=_place(stored)):
        raise Overtaken
    return earlier


def show_again(tx: Connection, one: Held, earlier_id: str, now: datetime) -> None:
    """Take `show_instead` back.

    Raises:
        Overtaken: another newcomer is shown by now, whose decision has to be taken back first.

    """
    earlier = by_id(tx, earlier_id)
    if earlier is None or state_of(earlier.reason, earlier.settled_as) is not QuarantineState.REPLACED:
        raise Overtaken
    if not point_at(tx, _entry(earlier), instead_of=_entry(one).place):
        raise Overtaken
    _change(tx, earlier, QuarantineMove.SHOW_EARLIER, now)
    _change(tx, one, QuarantineMove.STOP_SHOWING, None)


def fits_in(tx: Connection, one: Held) -> bool:
    """Whether a newcomer can enter the study that it names: its UID is free, and its series is in no other study."""
    if one.row is None or one.segment_id is None:
        return False
    row = InstanceRow.from_json(one.row)
    return (
        study_of(tx, row.study_uid) is not None
        and instance_of(tx, row.sop_instance_uid) is None
        and study_of_series(tx, row.series_uid) in (None, row.study_uid)
    )


def admit(tx: Connection, one: Held, now: datetime) -> None:
    """Enter a newcomer into the study that it names, whatever patient it names.

    Raises:
        Overtaken: it was decided before, or no longer fits.

    """
    if not fits_in(tx, one):
        raise Overtaken
    _change(tx, one, QuarantineMove.ADMIT, now)
    entry = _entry(one)
    home = _home(tx, entry.row)
    lock_counted(tx, {home.study_uid}, {entry.row.series_uid})
    tx.execute(insert_new(tx, _SERIES).values(series_values(entry, home)))
    entering = insert_new(tx, _INSTANCE).execution_options(preserve_rowcount=True)
    first = first_person(tx, entry.row.study_uid)
    done = tx.execute(entering.values(instance_values(entry, home, first)))
    if done.rowcount != 1:
        raise Overtaken
    holding = {
        "study_uid": home.study_uid,
        "sop_instance_uid": entry.row.sop_instance_uid,
        "site_id": entry.provenance.site_id,
        "device_id": entry.provenance.device_id,
        "received_at": entry.provenance.received_at,
        # Not shared: the sender gains no access to the other site's study.
        "shared": False,
    }
    tx.execute(insert_new(tx, tables.holding).values(holding))
    recount(tx, {home.study_uid}, {entry.row.series_uid})
    _note_arrival(tx, home.study_uid, now)


def take_out(tx: Connection, one: Held) -> None:
    """Take `admit` back.

    Raises:
        Overtaken: something else is shown under its UID by now.

    """
    entry = _entry(one)
    shown = instance_of(tx, entry.row.sop_instance_uid)
    if shown is None or _place(shown) != entry.place:
        raise Overtaken
    lock_counted(tx, {shown.study_uid}, {shown.series_uid})
    these = _INSTANCE.c.sop_instance_uid == shown.sop_instance_uid
    these &= (_INSTANCE.c.segment_id == shown.segment_id) & (_INSTANCE.c.offset == shown.offset)
    if tx.execute(sa.delete(_INSTANCE).where(these)).rowcount != 1:
        raise Overtaken
    tx.execute(sa.delete(tables.holding).where(tables.holding.c.sop_instance_uid == shown.sop_instance_uid))
    recount(tx, {shown.study_uid}, {shown.series_uid})
    _change(tx, one, QuarantineMove.TAKE_OUT, None)


def replay(tx: Connection, decided: Mapping[str, Any], now: datetime) -> None:
    """Make a decision of the journal again in a rebuilt index.

    Raises:
        Overtaken: the bytes do not wait for a decision, or it was made again already.

    """
    lies_there = (_QUARANTINE.c.segment_id == decided["segment_id"]) & (_QUARANTINE.c.offset == decided["offset"])
    # By its id first: its bytes may lie elsewhere by now, and what was refused lies in no segment.
    one = by_id(tx, decided["id"]) or next(iter(find(tx, lies_there, limit=1)), None)
    if one is None:
        raise Overtaken
    # A person has decided, so the machine had compared.
    if state_of(one.reason, one.settled_as) is QuarantineState.COMPARING:
        note_conflict(tx, one.id, conflict_of(tx, one))
    match decided["move"], decided["undo"]:
        case "show", False:
            show_instead(tx, one, now, keep_as=decided.get("earlier"))
        case "show", True:
            of_it = (_QUARANTINE.c.sop_instance_uid == one.sop_instance_uid) & (
                _QUARANTINE.c.settled_as == QuarantineState.REPLACED
            )
            last = sa.select(_QUARANTINE.c.id).where(of_it).order_by(_QUARANTINE.c.settled_at.desc()).limit(1)
            show_again(tx, one, tx.scalar(last) or "", now)
        case "admit", False:
            admit(tx, one, now)
        case "admit", True:
            take_out(tx, one)
        case (("keep" | "dismiss"), False):
            dismiss(tx, one, now)
        case (("keep" | "dismiss"), True):
            reopen(tx, one)
        case "again", False:
            received_again(tx, one, now)
        case _:
            raise Overtaken


def _lies_where_it_was(one: Held) -> sa.ColumnElement[bool]:
    """The row while it leads to the bytes that were looked at (`storage.rewriting.rewrite` may move them)."""
    row = _QUARANTINE.c
    there = sa.and_(row.segment_id == one.segment_id, row.offset == one.offset)
    return (row.id == one.id) & (row.segment_id.is_(None) if one.segment_id is None else there)


def _change(tx: Connection, one: Held, move: QuarantineMove, now: datetime | None) -> None:
    """Raises: Overtaken, where the row has another state by now, or its bytes lie elsewhere."""
    if quarantine_rows.change(tx, _lies_where_it_was(one), move, now) != 1:
        raise Overtaken


def _keep(tx: Connection, stored: Instance, now: datetime, keep_as: str | None) -> str:
    """Keep the stored instance in a row of the quarantine; it has a row where it was a newcomer itself."""
    lies_there = (_QUARANTINE.c.segment_id == stored.segment_id) & (_QUARANTINE.c.offset == stored.offset)
    known: str | None = tx.execute(sa.select(_QUARANTINE.c.id).where(lies_there)).scalar_one_or_none()
    if known is not None:
        if quarantine_rows.change(tx, _QUARANTINE.c.id == known, QuarantineMove.KEEP, now) != 1:
            raise Overtaken
        return known
    provenance = Provenance(
        site_id=stored.site_id, device_id=stored.device_id, received_at=stored.received_at, source=""
    )
    kept = held_values(
        Entry(row=_row_of(tx, stored), place=_place(stored), provenance=provenance), reason=Reason.REPLACED
    )
    settled_as = after(None, QuarantineMove.KEEP)
    kept |= {"id": keep_as or kept["id"], "settled_at": now, "settled_as": settled_as}
    tx.execute(sa.insert(_QUARANTINE), kept)
    return str(kept["id"])


def _row_of(tx: Connection, stored: Instance) -> InstanceRow:
    """The row of an indexed instance as it came, made of its instance, series and study."""
    study_uid, series_uid = stored.named
    as_it_came = stored.stored_digest == stored.received_digest
    series = tx.execute(sa.select(_SERIES).where(_SERIES.c.series_uid == stored.series_uid)).one()
    received: dict[str, str] = tx.execute(
        sa.select(_STUDY.c.received).where(_STUDY.c.study_uid == study_uid)
    ).scalar_one()
    return InstanceRow(
        sop_instance_uid=stored.sop_instance_uid,
        sop_class_uid=stored.sop_class_uid,
        series_uid=series_uid,
        study_uid=study_uid,
        transfer_syntax_uid=stored.transfer_syntax_uid,
        dataset_offset=stored.dataset_offset,
        received_digest=stored.received_digest,
        received_transfer_syntax_uid="" if as_it_came else stored.received_transfer_syntax_uid,
        stored_digest=None if as_it_came else stored.stored_digest,
        pixel_digest=stored.pixel_digest,
        instance_number=stored.instance_number,
        rows=stored.rows,
        columns=stored.columns,
        frames=stored.frames,
        frame_ranges=stored.frame_ranges,
        character_set=stored.character_set,
        modality=series.modality,
        series_number=series.series_number,
        series_description=series.series_description,
        body_part=series.body_part,
        laterality=series.laterality,
        station_name=series.station_name,
        series_date=series.series_date,
        series_time=series.series_time,
        **received,
    )


def _note_arrival(tx: Connection, study_uid: str, at: datetime) -> None:
    """Let the study's case notice an arrival."""
    last = _STUDY.c.last_received_at
    later = sa.update(_STUDY).where(_STUDY.c.study_uid == study_uid, last < at)
    tx.execute(later.values(last_received_at=at))


def _home(tx: Connection, row: InstanceRow) -> Home:
    """Where an instance is shown: with its series, else with the other series of its study."""
    known = sa.select(_SERIES.c.study_uid).where(_SERIES.c.series_uid == row.series_uid)
    merged = sa.select(_STUDY.c.merged_into).where(_STUDY.c.study_uid == row.study_uid)
    return Home(tx.scalar(known) or tx.scalar(merged) or row.study_uid, row.study_uid)


def _place(stored: Instance) -> Place:
    return Place(segment_id=stored.segment_id, offset=stored.offset, size=stored.size)


def _entry(one: Held) -> Entry:
    """The newcomer as its segment describes it."""
    if one.row is None or one.segment_id is None or one.offset is None:
        raise Overtaken
    return Entry(
        row=replace(InstanceRow.from_json(one.row), received_digest=one.digest),
        place=Place(segment_id=one.segment_id, offset=one.offset, size=one.size),
        provenance=Provenance(
            site_id=one.site_id or "", device_id=one.device_id or "", received_at=one.received_at, source=""
        ),
    )
