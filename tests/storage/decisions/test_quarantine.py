"""What is decided about bytes in quarantine can be taken back, and nothing is overwritten meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.engine import Connection, Engine

from storage.database import snapshot, transaction
from storage.decisions import placement, quarantine
from storage.decisions.comparison import conflict_of, note_conflict
from storage.decisions.placement_changes import Hidden, Unhidden
from storage.errors import Overtaken
from storage.index.quarantine_rows import by_id, unsettled
from storage.index.queries import Entered, Held, Index, instance_of, instances_in, series_in, study_of
from storage.instance_row import MADE_HERE
from storage.nodes.reader import Bytes
from storage.objects.store import FolderObjectStore
from storage.quarantine_moves import Reason
from storage.rebuild.dead_writers import recover
from storage.segments.spool import Spool
from tests.storage.instances import HEAD, NOON, OTHER_TOWNSHIP, compared, opened, provenance, row, seen_whole, store

LATER = NOON + timedelta(hours=1)
House = tuple[Spool, Index, Engine]


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    with opened(database_url, tmp_path / "spool") as made:
        yield made


def shown(house: House, number: int = 1) -> bytes:
    """The data set that the UID leads to, read as a reader reads it."""
    spool, _, engine = house
    with snapshot(engine) as tx:
        one = instance_of(tx, f"1.2.3.{number}")
    assert one is not None
    reader = Bytes(spool.directory, FolderObjectStore(spool.directory.parent / "objects"), engine)
    return reader.read(one, len(HEAD), one.size - len(HEAD))


def counted(tx: Connection) -> tuple[int, dict[str, int], int]:
    """What study and series say that they have, and what there is."""
    study = study_of(tx, "1.2.3")
    assert study is not None
    return (
        study.instances,
        {one.series_uid: one.instances for one in series_in(tx, seen_whole("1.2.3"), "1.2.3")},
        len(instances_in(tx, seen_whole("1.2.3"), "1.2.3")),
    )


def newest(tx: Connection) -> Held:
    return compared(tx)[-1]


@pytest.mark.parametrize(
    ("newcomer", "site", "conflict"),
    [
        ({"instance_number": 9}, None, Reason.CONFLICT_CONTENT),
        ({"sop_instance_uid": "1.2.3.9", "patient_id": "P2"}, None, Reason.CONFLICT_PATIENT),
        ({"sop_instance_uid": "1.2.3.9", "issuer": "LAKE"}, None, Reason.CONFLICT_ISSUER),
        ({"sop_instance_uid": "1.2.3.9"}, OTHER_TOWNSHIP, Reason.CONFLICT_SITE),
        ({"sop_instance_uid": "1.2.3.9", "study_uid": "1.2.9"}, None, Reason.CONFLICT_SERIES),
    ],
)
def test_what_a_newcomer_contradicts_is_named(
    newcomer: dict[str, object], site: str | None, conflict: Reason, house: House
) -> None:
    spool, index, engine = house
    store(spool, index, row(1), b"first")
    came = provenance(site_id=site) if site else provenance()
    store(spool, index, replace(row(1), **newcomer), b"second", came)  # type: ignore[arg-type]

    with transaction(engine) as tx:
        one = unsettled(tx, 10)[-1]
        assert conflict_of(tx, one) is conflict
        assert note_conflict(tx, one.id, conflict)
        assert not note_conflict(tx, one.id, conflict)
        assert [each.reason for each in unsettled(tx, 10)] == [conflict]


def test_the_newcomer_is_shown_instead_and_the_earlier_one_again(house: House) -> None:
    spool, index, engine = house
    store(spool, index, row(1), b"first")
    store(spool, index, row(1), b"the second")
    with transaction(engine) as tx:
        newcomer = newest(tx)
        earlier = quarantine.show_instead(tx, newcomer, LATER)
    instead = shown(house)
    replayed = recover(spool, index)
    with snapshot(engine) as tx:
        kept = by_id(tx, earlier)
    with transaction(engine) as tx:
        quarantine.show_again(tx, newcomer, earlier, LATER)

    assert instead == b"the second"
    assert replayed.left == ()
    assert kept is not None
    assert (kept.settled_as, kept.site_id, kept.size) == ("replaced", newcomer.site_id, len(HEAD) + len(b"first"))
    assert shown(house) == b"first"
    with snapshot(engine) as tx:
        assert [one.id for one in unsettled(tx, 10)] == [newcomer.id]
        assert counted(tx) == (1, {"1.2.3.1": 1}, 1)


def test_of_several_decisions_the_last_is_taken_back_first(house: House) -> None:
    spool, index, engine = house
    for content in (b"first", b"second", b"third"):
        store(spool, index, row(1), content)
    with transaction(engine) as tx:
        second, third = compared(tx)
        first_kept = quarantine.show_instead(tx, second, LATER)
        second_kept = quarantine.show_instead(tx, third, LATER)
    with pytest.raises(Overtaken), transaction(engine) as tx:
        quarantine.show_again(tx, second, first_kept, LATER)
    with transaction(engine) as tx:
        quarantine.show_again(tx, third, second_kept, LATER)

    assert second_kept == second.id
    assert shown(house) == b"second"


def test_a_replay_after_a_decision_changes_nothing(house: House) -> None:
    spool, index, engine = house
    store(spool, index, row(1), b"first")
    store(spool, index, row(1), b"the second")
    store(spool, index, row(9, patient_id="P2"), b"of another")
    with transaction(engine) as tx:
        second, ninth = compared(tx)
        quarantine.show_instead(tx, second, LATER)
        quarantine.admit(tx, ninth, LATER)
    spool.close()
    recover(spool, index)

    assert (shown(house), shown(house, 9)) == (b"the second", b"of another")
    with snapshot(engine) as tx:
        assert unsettled(tx, 10) == []


def test_a_newcomer_of_another_series_patient_or_site_is_not_shown_instead(house: House) -> None:
    spool, index, engine = house
    store(spool, index, row(1), b"first")
    store(spool, index, row(1, series_uid="1.2.3.7"), b"another series")
    store(spool, index, row(1, patient_id="P2"), b"another patient")
    store(spool, index, row(1), b"another site", provenance(site_id=OTHER_TOWNSHIP))

    for newcomer in (0, 1, 2):
        with pytest.raises(Overtaken), transaction(engine) as tx:
            quarantine.show_instead(tx, compared(tx)[newcomer], LATER)
    assert shown(house) == b"first"


def test_what_belongs_here_after_all_enters_its_study_and_leaves_it(house: House) -> None:
    spool, index, engine = house
    store(spool, index, row(1), b"first")
    store(spool, index, row(2, series_uid="1.2.3.7", patient_id="P2"), b"second")
    with transaction(engine) as tx:
        newcomer = newest(tx)
        quarantine.admit(tx, newcomer, LATER)
        entered = counted(tx)
        study = study_of(tx, "1.2.3")
    with pytest.raises(Overtaken), transaction(engine) as tx:
        quarantine.admit(tx, newcomer, LATER)
    inside = shown(house, 2)
    with transaction(engine) as tx:
        quarantine.take_out(tx, newcomer)

    assert (entered, inside) == ((2, {"1.2.3.1": 1, "1.2.3.7": 1}, 2), b"second")
    assert study is not None
    assert (study.patient_id, study.last_received_at) == ("P1", LATER)
    with snapshot(engine) as tx:
        assert counted(tx) == (1, {"1.2.3.1": 1}, 1)
        assert [one.id for one in unsettled(tx, 10)] == [newcomer.id]


def test_what_stays_out_is_asked_about_once(house: House) -> None:
    spool, index, engine = house
    store(spool, index, row(1), b"first")
    store(spool, index, row(1), b"second")
    with transaction(engine) as tx:
        newcomer = newest(tx)
        quarantine.dismiss(tx, newcomer, LATER)
    again = store(spool, index, row(1), b"second")
    with snapshot(engine) as tx:
        asked = unsettled(tx, 10)
    with transaction(engine) as tx:
        quarantine.reopen(tx, newcomer)

    assert (again, asked) == (Entered.HELD, [])
    with snapshot(engine) as tx:
        assert [one.id for one in unsettled(tx, 10)] == [newcomer.id]


def test_a_copy_that_is_shown_instead_of_what_was_made_here_is_no_image_either(house: House) -> None:
    spool, index, engine = house
    store(spool, index, row(1), b"first")
    report = row(2, series_uid="1.2.3.9")
    store(spool, index, report, b"report", replace(provenance(), source=MADE_HERE))
    store(spool, index, report, b"a changed copy")
    with transaction(engine) as tx:
        placement.apply(tx, [Unhidden(sop_instance_uids=("1.2.3.2",))], NOON)
        copy = newest(tx)
        earlier = quarantine.show_instead(tx, copy, LATER)
        instead = instance_of(tx, "1.2.3.2")
        quarantine.show_again(tx, replace(copy, settled_as="shown"), earlier, LATER)
        again, study = instance_of(tx, "1.2.3.2"), study_of(tx, "1.2.3")

    assert instead is not None
    assert again is not None
    assert study is not None
    assert (instead.made_here, again.made_here) == (True, True)
    assert (study.instances, study.made_here) == (1, 1)


def test_what_is_taken_out_again_while_it_is_hidden_leaves_the_counts_as_they_are(house: House) -> None:
    spool, index, engine = house
    store(spool, index, row(1), b"first")
    store(spool, index, row(2, series_uid="1.2.3.7", patient_id="P2"), b"second")
    with transaction(engine) as tx:
        newcomer = newest(tx)
        quarantine.admit(tx, newcomer, LATER)
        placement.apply(tx, [Hidden(sop_instance_uids=("1.2.3.2",))], LATER)
        quarantine.take_out(tx, newcomer)

        assert counted(tx) == (1, {"1.2.3.1": 1}, 1)
