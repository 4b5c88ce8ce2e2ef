"""An index that is lost comes back from segments and journal alone."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
import sqlalchemy as sa

from storage import tables
from storage.database import snapshot, transaction
from storage.decisions import erasure, placement, quarantine
from storage.decisions.placement_changes import (
    Hidden,
    InstancesMoved,
    SeriesMade,
    StudyMade,
    Unhidden,
)
from storage.index import journal, quarantine_rows, queries
from storage.index.queries import Entered, describe
from storage.instance_row import MADE_HERE, Provenance
from storage.rebuild.rebuild import is_unfinished, rebuild
from storage.segments import quarantine_files
from tests.seaweedfs import SeaweedFS
from tests.storage.instances import DEVICE, OTHER_TOWNSHIP, TOWNSHIP, compared
from tests.storage.objects.test_store import bucket
from tests.storage.rebuild.rebuild_yard import INDEX, MERGE, Yard, at, of


def busy(yard: Yard) -> None:
    """A history with everything in it that changes what is shown."""
    for number in (1, 2, 3):
        yard.came(of(number), b"image %d" % number, number)
    yard.came(of(1), b"image 1", 4, OTHER_TOWNSHIP)  # its bytes are given back: only the journal knows of it
    yard.came(of(2), b"another picture", 5)
    yard.came(of(9, patient_id="P2"), b"of another patient", 6)
    yard.came(of(1, "1.2.4", patient_name="Pia^P"), b"of a second study", 7)
    yard.decide(9, lambda tx, _: compared(tx))
    yard.decide(10, lambda tx, now: quarantine.show_instead(tx, yard.conflict("1.2.3.1.2"), now))
    yard.decide(20, lambda tx, now: placement.apply(tx, SPLIT, now))
    yard.decide(30, lambda tx, now: placement.apply(tx, MERGE, now))
    yard.came(of(1, "1.2.4", "1.2.4.2"), b"a new series of what was merged", 40)
    yard.decide(50, lambda tx, now: placement.apply(tx, [Hidden(sop_instance_uids=("1.2.3.1.1",))], now))
    yard.decide(60, lambda tx, now: queries.hide(tx, "1.2.4", now))
    yard.decide(70, lambda tx, now: queries.hide(tx, "1.2.99", now))
    yard.decide(80, lambda tx, now: queries.unhide(tx, "1.2.99", now))
    yard.decide(90, lambda tx, now: quarantine.dismiss(tx, yard.conflict("1.2.3.1.9"), now))
    told = Provenance(site_id=TOWNSHIP, device_id=DEVICE, received_at=at(95), source="dimse")
    yard.spool.quarantine("truncated", [b"half an image"], provenance=told)


SPLIT: Final = (
    StudyMade(study_uid="1.2.99", like="1.2.3"),
    SeriesMade(series_uid="1.2.99.1", study_uid="1.2.99", like="1.2.3.1"),
    InstancesMoved(
        sop_instance_uids=("1.2.3.1.3",),
        from_study="1.2.3",
        from_series="1.2.3.1",
        to_study="1.2.99",
        to_series="1.2.99.1",
    ),
)


def journalled(yard: Yard) -> None:
    """What `reading.quality.decisions` writes: here the storage stands alone."""
    shown, dismissed = ("1.2.3.1.2", "show", 10), ("1.2.3.1.9", "keep", 90)
    with transaction(yard.engine) as tx:
        for uid, move, seconds in (shown, dismissed):
            one = next(one for one in quarantine_rows.find(tx, tables.quarantine.c.sop_instance_uid == uid, limit=9) if
                       one.settled_as != "replaced")  # fmt: skip
            earlier = tx.scalar(sa.select(tables.quarantine.c.id).where(tables.quarantine.c.settled_as == "replaced"))
            told = {"id": one.id, "segment_id": one.segment_id, "offset": one.offset, "move": move, "undo": False}
            journal.write(tx, quarantine.KIND, {**told, "earlier": earlier}, at(seconds))


def test_a_lost_index_comes_back_as_it_was(yard: Yard) -> None:
    busy(yard)
    journalled(yard)
    yard.ship()
    before = yard.rows()
    yard.lose()
    lacked, found, after = yard.lacking(), yard.rebuild(), yard.rows()

    assert {name: len(rows) for name, rows in before.items()} == {
        "segment": 2, "study": 3, "series": 4, "instance": 5, "holding": 6, "quarantine": 4,
    }  # fmt: skip
    for name, rows in before.items():
        assert after[name] == rows, name
    assert (found.segments, found.entries, found.instances, found.holdings, found.held) == (2, 7, 5, 6, 4)
    assert found.whole
    assert (lacked.instances, lacked.decisions) == (7, found.decisions)


def test_what_was_made_here_is_still_no_image_afterwards(yard: Yard) -> None:
    yard.came(of(1), b"image 1", 1)
    yard.came(of(2), b"image 2", 2)
    for number in (1, 2):
        yard.came(of(number, series="1.2.3.9", modality="SR"), b"report %d" % number, 10 * number, source=MADE_HERE)
    shown = ("1.2.3.9.1", "1.2.3.9.2")
    yard.decide(20, lambda tx, now: placement.apply(tx, [Unhidden(sop_instance_uids=shown)], now))
    yard.decide(30, lambda tx, now: placement.apply(tx, [Hidden(sop_instance_uids=shown[:1])], now))
    yard.came(of(3, series="1.2.3.9", modality="SR"), b"of which nothing was decided", 35, source=MADE_HERE)
    yard.came(of(1, "1.2.4"), b"another study", 40)
    yard.came(of(1, "1.2.4", "1.2.4.9", modality="SR"), b"its report", 50, source=MADE_HERE)
    yard.decide(60, lambda tx, now: erasure.erase(tx, "1.2.4", made_by="A", reason="", now=now))
    yard.ship()
    before = yard.rows()
    yard.lose()
    yard.rebuild()
    with snapshot(yard.engine) as tx:
        study = queries.study_of(tx, "1.2.3")
        graves = tx.execute(sa.select(tables.tombstone.c.sop_instance_uid, tables.tombstone.c.made_here)).all()

    assert study is not None
    assert (study.instances, study.made_here, study.last_received_at) == (2, 1, at(2))
    assert [one["made_here"] for one in before["instance"]] == [False, False, True, True, True]
    assert [one["hidden"] for one in before["instance"]] == [False, False, True, False, True]
    assert sorted(map(tuple, graves)) == [("1.2.4.1.1", False), ("1.2.4.9.1", True)]
    assert yard.rows()["instance"] == before["instance"]


def test_a_lost_index_comes_back_out_of_a_bucket(yard: Yard, s3: SeaweedFS, tmp_path: Path) -> None:
    yard.store = bucket(s3, tmp_path.name)
    busy(yard)
    journalled(yard)
    yard.ship()
    for spooled in yard.spool.directory.glob("segments/*/*.tar"):
        spooled.unlink()
    before = yard.rows()
    yard.lose()
    found = yard.rebuild()

    assert found.whole
    assert yard.rows() == before


def test_what_is_there_stays_as_it_is(yard: Yard) -> None:
    busy(yard)
    yard.ship()
    before = yard.rows()
    lacked, found = yard.lacking(), yard.rebuild()

    assert yard.rows() == before
    for one in (lacked, found):
        assert (one.instances, one.holdings, one.held, one.decisions, one.differing) == (0, 0, 0, 0, 0)
        assert one.whole


def test_an_older_database_gets_what_came_and_was_decided_since(yard: Yard) -> None:
    yard.came(of(1), b"image 1", 1)
    yard.decide(2, lambda tx, now: queries.hide(tx, "1.2.3", now))
    yard.ship()
    with snapshot(yard.engine) as tx:
        backup = {table: [dict(one) for one in tx.execute(sa.select(table)).mappings()] for table in KEPT}
    yard.decide(3, lambda tx, now: queries.unhide(tx, "1.2.3", now))
    yard.came(of(2), b"image 2", 4)
    yard.decide(5, lambda tx, now: placement.apply(tx, [Hidden(sop_instance_uids=("1.2.3.1.1",))], now))
    yard.ship()
    before = yard.rows()
    yard.lose()
    with transaction(yard.engine) as tx:
        for table in KEPT:
            if backup[table]:
                tx.execute(sa.insert(table), backup[table])
    found = yard.rebuild()

    assert yard.rows() == before
    assert (found.instances, found.decisions) == (1, 2)


KEPT: Final = (*INDEX, tables.journal)


def test_an_interrupted_rebuild_is_not_served_and_goes_on(yard: Yard) -> None:
    busy(yard)
    yard.ship()
    before = yard.rows()
    yard.lose()

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild(yard.spool, yard.store, {}, at(3600), stop)
    unfinished = is_unfinished(yard.engine)
    yard.rebuild()

    assert unfinished
    assert not is_unfinished(yard.engine)
    assert len(yard.rows()["instance"]) == len(before["instance"])


def test_of_two_that_contradict_each_other_the_same_one_is_held_again(yard: Yard) -> None:
    first = yard.came(of(1), b"entered first", 9)
    second = yard.came(of(1), b"came first, by its time, and was held", 1)
    yard.ship()
    before = yard.rows()
    yard.lose()
    yard.rebuild()

    assert (first, second) == (Entered.NEW, Entered.HELD)
    assert yard.rows() == before


def test_what_a_note_of_the_quarantine_says_is_what_the_row_said(yard: Yard) -> None:
    told = Provenance(site_id=TOWNSHIP, device_id=DEVICE, received_at=at(1), source="dimse")
    yard.spool.quarantine("no_uids", [b"bytes"], provenance=told, study_uid="1.2.3")
    (noted,) = quarantine_files.noted(yard.spool.directory)
    (kept,) = yard.rows()["quarantine"]

    assert {name: kept[name] for name in noted} == noted


def test_a_description_is_found_out_again(yard: Yard) -> None:
    yard.came(of(1), b"a", 1)
    with transaction(yard.engine) as tx:
        describe(tx, {"1.2.3.1.1": b"json"})
    yard.ship()
    yard.lose()
    yard.rebuild()
    with snapshot(yard.engine) as tx:
        waiting = [one.sop_instance_uid for one in queries.undescribed(tx, 9)]

    assert waiting == ["1.2.3.1.1"]
