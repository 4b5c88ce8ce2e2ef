"""Reads the journal for a rebuild: every decision in order, and the facts that no segment has."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from operator import attrgetter

from sqlalchemy.engine import Engine

from storage.database import snapshot
from storage.index import entry_batch, journal
from storage.index.journal import Decision
from storage.objects.store import ObjectStore
from storage.segments.members import Where


def all_decisions(engine: Engine, store: ObjectStore) -> Iterator[Decision]:
    """The decisions of the object store and those that a backup without its index brought, in order, each once."""
    with snapshot(engine) as tx:
        ours = journal.unapplied(tx)
    last = ""
    for decision in heapq.merge(journal.decisions(store), ours, key=attrgetter("id")):
        if decision.id != last:
            yield decision
        last = decision.id


def held_places(store: ObjectStore) -> dict[Where, str]:
    """The places of held instances when they came, each with the id of its row."""
    told = (decision.payload for decision in journal.decisions(store) if decision.kind == entry_batch.KIND_HELD)
    return {(one["segment_id"], one["offset"]): one["id"] for one in told}


def resent_places(store: ObjectStore) -> frozenset[Where]:
    """The places of resent bytes when they came."""
    told = (one.payload["entry"]["place"] for one in journal.decisions(store) if one.kind == entry_batch.KIND_RESENT)
    return frozenset((place["segment_id"], place["offset"]) for place in told)
