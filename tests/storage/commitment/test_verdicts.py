"""What we answer for: only what was read back from the object store, and everything else by its reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage import tables
from storage.commitment import requests, verdicts
from storage.commitment.requests import Reference, Verdict
from storage.commitment.verdicts import (
    LookOutcome,
    Next,
    Patience,
    Place,
    Quarantined,
    ReferenceState,
    judge,
    look,
    pause,
)
from storage.database import snapshot, transaction
from storage.objects.store import FolderObjectStore, StoreAway
from storage.segment_moves import SegmentState
from storage.segments.segment_rows import segment_key
from tests.storage.instances import (
    DEVICE,
    NOON,
    OTHER_TOWNSHIP,
    TOWNSHIP,
    compared,
    opened,
    provenance,
    row,
    store,
    write,
)
from tests.storage.keeping.test_shipping import Shipyard

CT = "1.2.840.10008.5.1.4.1.1.2"
MR = "1.2.840.10008.5.1.4.1.1.4"
SECOND = timedelta(seconds=1)
PATIENCE = Patience(stragglers=60 * SECOND, put=3600 * SECOND)

STORED = Place(
    sop_class_uid=CT, digest=b"", segment_id="1", offset=0, size=1, state=SegmentState.STORED, stored_at=NOON + SECOND
)
EARLIER = replace(STORED, stored_at=NOON - SECOND)
SEALED = replace(STORED, state=SegmentState.SEALED, stored_at=None)
OPEN = replace(STORED, state=SegmentState.OPEN, stored_at=None)
REFUSED = Quarantined(refused=True)
HELD = Quarantined(held=True)
CONFLICT = Quarantined(held=True, compared=True)
NOTHING = Quarantined()


@pytest.mark.parametrize(
    ("place", "quarantined", "named", "after", "found"),
    [
        (STORED, NOTHING, CT, 2, Verdict.COMMITTED),
        (STORED, NOTHING, CT, 7200, Verdict.COMMITTED),
        (STORED, REFUSED, CT, 2, Verdict.COMMITTED),
        (EARLIER, NOTHING, CT, 2, Next.READ),
        (SEALED, NOTHING, CT, 2, Next.PUT),
        (OPEN, NOTHING, CT, 2, Next.SEAL),
        (OPEN, NOTHING, CT, 3599, Next.SEAL),
        (OPEN, NOTHING, CT, 3600, Verdict.NOT_STORED),
        (SEALED, NOTHING, CT, 3600, Verdict.NOT_STORED),
        (STORED, NOTHING, MR, 2, Verdict.OTHER_CLASS),
        (OPEN, NOTHING, MR, 2, Verdict.OTHER_CLASS),
        (None, NOTHING, CT, 59, Next.ARRIVAL),
        (None, NOTHING, CT, 60, Verdict.UNKNOWN),
        (None, REFUSED, CT, 59, Next.ARRIVAL),
        (None, REFUSED, CT, 60, Verdict.QUARANTINED),
        (None, HELD, CT, 59, Next.ARRIVAL),
        (None, HELD, CT, 60, Verdict.QUARANTINED),
        (None, CONFLICT, CT, 2, Verdict.QUARANTINED),
        (STORED, HELD, CT, 2, Next.ARRIVAL),
        (STORED, CONFLICT, CT, 2, Verdict.QUARANTINED),
    ],
)
def test_what_is_answered_or_waited_for(
    place: Place | None, quarantined: Quarantined, named: str, after: int, found: Verdict | Next
) -> None:
    seen = ReferenceState(number=1, sop_class_uid=named, place=place, quarantined=quarantined)

    assert judge(seen, NOON, NOON + after * SECOND, PATIENCE) is found


@pytest.mark.parametrize(("age", "seconds"), [(0, 1), (10, 1), (60, 6), (3600, 30)])
def test_an_old_request_is_looked_at_less_often(age: int, seconds: int) -> None:
    assert pause(age * SECOND) == seconds * SECOND


class Away(FolderObjectStore):
    """A store on a network that is cut while `cut` says so."""

    cut = False

    def stream(self, key: str, offset: int, length: int, chunk: int = 1 << 20) -> Iterator[bytes]:
        if self.cut:
            raise StoreAway
        return super().stream(key, offset, length, chunk)


class Yard(Shipyard):
    """Its requests are made at noon."""

    store: Away

    def ask(self, *numbers: int, at: datetime = NOON, sop_class: str = CT) -> str:
        wanted = [Reference(sop_class_uid=sop_class, sop_instance_uid=f"1.2.3.{number}") for number in numbers]
        with transaction(self.engine) as tx:
            return requests.ask(
                tx,
                device_id=DEVICE,
                site_id=TOWNSHIP,
                transaction_uid="1.9",
                references=wanted,
                unsupported=(),
                now=at,
            )

    def look(self, after: float = 1) -> LookOutcome | None:
        return look(self.engine, self.store, NOON + after * SECOND, PATIENCE)

    def verdicts(self, request: str) -> list[str | None]:
        with snapshot(self.engine) as tx:
            verdict = tables.commitment_reference.c.verdict
            return list(tx.execute(sa.select(verdict).order_by(tables.commitment_reference.c.place)).scalars())

    def put(self, now: datetime = NOON) -> None:
        """Seal and ship."""
        self.spool.close()
        assert self.ship(now) > 0

    def stored_file(self) -> Path:
        return self.folder / segment_key(self.instance().segment_id)

    folder: Path


@pytest.fixture
def yard(database_url: str, tmp_path: Path) -> Iterator[Yard]:
    with opened(database_url, tmp_path / "spool") as (spool, index, engine):
        made = Yard(spool, index, engine, tmp_path / "objects")
        made.folder = tmp_path / "objects"
        made.store = Away(made.folder)
        yield made


def test_an_instance_is_committed_when_its_segment_was_put_since_the_request(yard: Yard) -> None:
    store(yard.spool, yard.index, row(), b"body")
    request = yard.ask(1)
    waiting = yard.look()
    yard.spool.seal_awaited()
    yard.ship(NOON + SECOND)
    yard.store.cut = True  # shipping has read it back: nothing is read a second time
    looked = yard.look(3)

    assert waiting == LookOutcome(verdicts=0, damages=(), decided=False)
    assert looked == LookOutcome(verdicts=1, damages=(), decided=True)
    assert yard.verdicts(request) == ["committed"]


def test_a_segment_that_is_waited_for_is_sealed_at_once_and_others_are_not(yard: Yard) -> None:
    store(yard.spool, yard.index, row(), b"body")
    store(yard.spool, yard.index, row(1, sop_instance_uid="1.2.4.1", study_uid="1.2.4", series_uid="1.2.4.1"), b"other")
    before = yard.spool.seal_awaited()
    yard.ask(1)
    yard.look()
    with yard.spool.borrow("1.2.3"):
        borrowed = yard.spool.seal_awaited()
    after = yard.spool.seal_awaited()

    assert (before, borrowed, after) == (0, 0, 1)
    assert sorted(yard.states()) == ["open", "sealed"]


def test_what_was_stored_long_ago_is_read_again(yard: Yard) -> None:
    for number in range(1, 4):
        store(yard.spool, yard.index, row(number), b"body %d" % number)
    yard.put(NOON - timedelta(days=3))
    request = yard.ask(1, 2, 3)
    looked = yard.look()

    assert looked == LookOutcome(verdicts=3, damages=(), decided=True)
    assert set(yard.verdicts(request)) == {"committed"}


def test_a_byte_that_turned_in_the_object_store_is_no_success(yard: Yard) -> None:
    for number in range(1, 4):
        store(yard.spool, yard.index, row(number), b"body %d" % number)
    yard.put(NOON - timedelta(days=3))
    place = yard.instance("1.2.3.2")
    with yard.stored_file().open("r+b") as file:
        file.seek(place.offset + place.dataset_offset)
        file.write(b"B")
    request = yard.ask(1, 2, 3)
    looked = yard.look()

    assert looked is not None
    assert [(one.segment_id, one.offset) for one in looked.damages] == [
        (place.segment_id, place.offset + place.dataset_offset)
    ]
    assert yard.verdicts(request) == ["committed", "damaged", "committed"]


@pytest.mark.parametrize("left", [0, 4100])
def test_an_object_that_is_gone_or_cut_off_is_no_success(yard: Yard, left: int) -> None:
    store(yard.spool, yard.index, row(), b"body" * 2000)
    yard.put(NOON - timedelta(days=3))
    if left:
        with yard.stored_file().open("r+b") as file:
            file.truncate(left)
    else:
        yard.stored_file().unlink()
    request = yard.ask(1)
    yard.look()

    assert yard.verdicts(request) == ["damaged"]


def test_a_store_that_is_away_is_waited_for_until_the_deadline(yard: Yard) -> None:
    store(yard.spool, yard.index, row(1), b"body")
    yard.put(NOON - timedelta(days=3))
    store(yard.spool, yard.index, row(2), b"never put")
    request = yard.ask(1, 2)
    yard.store.cut = True
    early = [yard.look(after) for after in (1, 1.5, 40, 3599)]
    looks = [one is not None and one.verdicts for one in early]
    late = yard.look(3700)

    assert looks == [0, False, 0, 0]
    assert late is not None
    assert late.decided
    assert yard.verdicts(request) == ["not_stored", "not_stored"]


def test_a_straggler_that_comes_in_time_is_committed_and_one_that_never_came_is_unknown(yard: Yard) -> None:
    request = yard.ask(1, 2)
    first = yard.look()
    store(yard.spool, yard.index, row(1), b"late")
    yard.put(NOON + 30 * SECOND)
    second = yard.look(31)
    third = yard.look(61)

    assert (first and first.verdicts, second and second.verdicts) == (0, 1)
    assert third is not None
    assert third.decided
    assert yard.verdicts(request) == ["committed", "unknown"]


def test_nobody_is_answered_for_what_another_site_sent(yard: Yard) -> None:
    store(yard.spool, yard.index, row(1), b"body", provenance(site_id=OTHER_TOWNSHIP))
    store(yard.spool, yard.index, row(2), b"both", provenance(site_id=OTHER_TOWNSHIP))
    store(yard.spool, yard.index, row(2), b"both")  # the same again from here: a holding
    yard.put()
    request = yard.ask(1, 2)
    yard.look()
    yard.look(61)

    assert yard.verdicts(request) == ["unknown", "committed"]


def test_what_lies_in_quarantine_is_no_success(yard: Yard) -> None:
    store(yard.spool, yard.index, row(1), b"body")
    store(yard.spool, yard.index, row(1), b"another body")  # held until compared
    store(yard.spool, yard.index, row(3), b"good at last")
    for number in (2, 3):
        yard.spool.quarantine("truncated", [b"half"], provenance=provenance(), sop_instance_uid=f"1.2.3.{number}")
    yard.put()
    request = yard.ask(1, 2, 3)
    yard.look()
    at_first = yard.verdicts(request)
    with transaction(yard.engine) as tx:
        compared(tx)
    yard.look(10)
    yard.look(70)

    assert at_first == [None, None, "committed"]
    assert yard.verdicts(request) == ["quarantined", "quarantined", "committed"]


def test_a_newcomer_that_proves_to_be_the_same_is_no_obstacle(yard: Yard) -> None:
    store(yard.spool, yard.index, row(1), b"body")
    store(yard.spool, yard.index, row(1), b"the same in other bytes")
    yard.put()
    request = yard.ask(1)
    yard.look()
    with transaction(yard.engine) as tx:
        tx.execute(sa.update(tables.quarantine).values(settled_at=NOON, settled_as="duplicate"))
    yard.look(10)

    assert yard.verdicts(request) == ["committed"]


def test_another_sop_class_is_said_so(yard: Yard) -> None:
    store(yard.spool, yard.index, row(1), b"body")
    request = yard.ask(1, sop_class=MR)
    yard.look()

    assert yard.verdicts(request) == ["other_class"]


def test_bytes_without_a_row_are_waited_for(yard: Yard) -> None:
    """As when the index is away: replay enters them later."""
    write(yard.spool, row(1), b"body")
    request = yard.ask(1)
    yard.look()
    yard.spool.close()
    yard.ship(NOON + SECOND)  # which enters them
    yard.look(3)

    assert yard.verdicts(request) == ["committed"]


def test_ten_thousand_references_are_decided_a_part_at_a_time(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1, 6):
        store(yard.spool, yard.index, row(number), b"body")
    yard.put(NOON - timedelta(days=3))
    request = yard.ask(*range(1, 10_001))
    monkeypatch.setattr(verdicts, "_READS", 3)
    parts = [yard.look(), yard.look(), yard.look(1.5), yard.look(61)]

    assert [one and one.verdicts for one in parts] == [3, 2, None, 9995]
    assert yard.verdicts(request).count("committed") == 5
