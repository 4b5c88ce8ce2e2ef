"""Finds what the index lacks of segments and journal, as `storage.rebuild.rebuild` would, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage import tables
from storage.database import snapshot
from storage.index import journal
from storage.index.entry_rows import Home, instance_values
from storage.objects.store import ObjectStore
from storage.rebuild import manifests
from storage.rebuild.journal_facts import all_decisions
from storage.rebuild.manifests import ReplacedSegments, Tail
from storage.rebuild.outcome import RebuildOutcome
from storage.rebuild.rebuild import is_over
from storage.segments import quarantine_files
from storage.segments.members import Entry
from storage.segments.spool import Spool

_INSTANCE: Final = tables.instance.c
_QUARANTINE: Final = tables.quarantine.c
_AT_ONCE: Final = 256
_TOLD: Final = ("size", "dataset_offset", "received_digest", "received_transfer_syntax_uid", "stored_digest", "site_id")
"""Columns that describe the bytes of a row and never change."""


def lacking(spool: Spool, store: ObjectStore, tell: Callable[[], None]) -> RebuildOutcome:
    """Compare; ``tell`` is called for each segment. Instances that arrive meanwhile may be counted as missing.

    Raises:
        StoreAway, StoreRefuses: of the store.

    """
    found = RebuildOutcome()
    entries = _entries(spool, store, found, tell)
    while batch := list(islice(entries, _AT_ONCE)):
        with snapshot(spool.engine) as tx:
            _compare(tx, batch, found)
    found.held += sum(_is_missing(spool, row) for row in quarantine_files.noted(spool.directory))
    decisions = all_decisions(spool.engine, store)
    while some := [one.id for one in islice(decisions, _AT_ONCE)]:
        with snapshot(spool.engine) as tx:
            found.decisions += len(some) - len(journal.applied(tx, some))
    return found


def _entries(spool: Spool, store: ObjectStore, found: RebuildOutcome, tell: Callable[[], None]) -> Iterator[Entry]:
    replaced = ReplacedSegments()
    for tail in manifests.read(store, manifests.sources(store, spool.directory)):
        found.segments += 1
        if tail.manifest is not None:
            passed_over = tail.source.segment_id in replaced
            with snapshot(spool.engine) as tx:
                over = is_over(tx, tail.source.segment_id)
            replaced.add(() if over else tail.manifest.replaces)
            if not passed_over and not over:
                found.entries += len(tail.manifest.entries)
                yield from tail.manifest.entries
        _note(tail, found)
        tell()


def _note(tail: Tail, found: RebuildOutcome) -> None:
    if tail.manifest is None and tail.size:
        found.unreadable.append(tail.source.segment_id)
    elif tail.stored and not tail.sealed:  # those of the spool may be open
        found.mended.append(tail.source.segment_id)


def _compare(tx: Connection, batch: Sequence[Entry], found: RebuildOutcome) -> None:
    uids = [one.row.sop_instance_uid for one in batch]
    columns = (_INSTANCE.sop_instance_uid, _INSTANCE.segment_id, _INSTANCE.offset, _INSTANCE.transfer_syntax_uid)
    asked = sa.select(*columns, *(_INSTANCE[name] for name in _TOLD)).where(_INSTANCE.sop_instance_uid.in_(uids))
    shown = {row.sop_instance_uid: row for row in tx.execute(asked)}
    held = sa.select(_QUARANTINE.segment_id, _QUARANTINE.offset, _QUARANTINE.sop_instance_uid, _QUARANTINE.digest)
    kept = tx.execute(held.where(_QUARANTINE.sop_instance_uid.in_(uids), _QUARANTINE.segment_id.is_not(None))).all()
    places = {(row.segment_id, row.offset) for row in kept}
    questions = {(row.sop_instance_uid, bytes(row.digest)) for row in kept}
    holding = tables.holding.c
    theirs = sa.select(holding.sop_instance_uid, holding.site_id).where(holding.sop_instance_uid.in_(uids))
    sites = {(uid, site_id) for uid, site_id in tx.execute(theirs)}
    for one in batch:
        uid, place = one.row.sop_instance_uid, (one.place.segment_id, one.place.offset)
        row = shown.get(uid)
        if place in places or ((uid, one.row.received_digest) in questions and row is not None):
            continue
        if row is None:
            found.instances += 1
            continue
        found.holdings += (uid, one.provenance.site_id) not in sites
        if (row.segment_id, row.offset) == place:
            found.differing += _differs(row, one)
        elif (row.segment_id, row.offset) in one.earlier:
            found.differing += 1
        elif one.row.received_as not in _contents(row):
            found.held += 1


def _contents(row: Any) -> tuple[tuple[bytes, str], ...]:
    """Digest and syntax as it came and as it is stored: either, sent again, is the same instance."""
    received = bytes(row.received_digest), row.received_transfer_syntax_uid
    return received, (bytes(row.stored_digest), row.transfer_syntax_uid)


def _differs(row: Any, entry: Entry) -> bool:
    told = instance_values(entry, Home(entry.row.study_uid, entry.row.study_uid))
    return any(getattr(row, name) != told[name] for name in _TOLD)


def _is_missing(spool: Spool, row: dict[str, Any]) -> bool:
    with snapshot(spool.engine) as tx:
        return tx.scalar(sa.select(_QUARANTINE.id).where(_QUARANTINE.key == row["key"])) is None
