"""Newcomers of a known series are entered without a look; whatever is not one is entered as before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from storage import tables
from storage.database import Durability, connect, snapshot, transaction
from storage.decisions import erasure
from storage.index.known_studies import Known
from storage.index.newcomers import Newcomers
from storage.index.queries import Entered, Index, instance_of, study_of
from storage.segments.members import Entry
from tests.reading.crossing import cross
from tests.storage.instances import NOON, OTHER_TOWNSHIP, place, provenance, row


@pytest.fixture
def index(database_url: str) -> Iterator[Index]:
    engine = connect(database_url, Durability.ASYNCHRONOUS)
    made = Index(engine)
    yield made
    made.close()
    engine.dispose()


@pytest.fixture
def known(index: Index) -> Known:
    """What a process knows that has entered the first instance."""
    index.enter(row(1), place(1), provenance())
    return vars(index)["_known"]


def entries(*numbers: int) -> list[Entry]:
    later = provenance(received_at=NOON + timedelta(seconds=3))
    return [
        Entry(
            row=row(number, frame_ranges=((1, 2),)),
            place=place(number),
            provenance=later,
            description=b"told",
            alike="series",
        )
        for number in numbers
    ]


def entered(engine: Engine, what: list[Entry], known: Known) -> bool:
    with engine.connect() as tx:
        return Newcomers().enter(tx, what, known)


def test_a_newcomer_has_every_column_that_it_has_by_the_other_way(index: Index, engine: Engine, known: Known) -> None:
    assert entered(engine, entries(3, 2), known)
    known.clear()
    index.enter_all(entries(5, 4))

    with snapshot(engine) as tx:
        rows = tx.execute(sa.select(tables.instance).order_by(tables.instance.c.sop_instance_uid)).mappings().all()
        holdings = tx.execute(sa.select(tables.holding).order_by(tables.holding.c.sop_instance_uid)).mappings().all()
        study, series = study_of(tx, "1.2.3"), tx.scalar(sa.select(tables.series.c.instances))
    assert study is not None
    assert (study.instances, series, study.last_received_at) == (5, 5, NOON + timedelta(seconds=3))
    own = {"sop_instance_uid": "", "segment_id": "", "instance_number": 0}
    _, *instances = [dict(one) | own for one in rows]
    assert instances == [instances[0]] * 4
    assert [dict(one) | own for one in holdings[1:]] == [dict(holdings[1]) | own] * 4
    assert instances[0]["description"] == b"told"


@pytest.mark.parametrize(
    "newcomer",
    [row(1), row(2, patient_id="P2"), row(2, series_uid="1.2.3.9"), row(2, study_uid="1.2.4")],
    ids=["there already", "other patient", "new series", "series of another study"],
)
def test_what_is_no_newcomer_is_left(engine: Engine, known: Known, newcomer: object) -> None:
    (one,) = entries(2)
    asked = [Entry(row=newcomer, place=one.place, provenance=one.provenance)]  # type: ignore[arg-type]

    assert not entered(engine, [*asked, *entries(7)], known)
    with snapshot(engine) as tx:
        assert instance_of(tx, "1.2.3.7") is None  # all or nothing


def test_another_site_is_left(engine: Engine, known: Known) -> None:
    (one,) = entries(2)

    assert not entered(
        engine, [Entry(row=one.row, place=one.place, provenance=provenance(site_id=OTHER_TOWNSHIP))], known
    )


def erase(tx: Connection) -> None:
    tx.execute(sa.insert(tables.tombstone).values(sop_instance_uid="1.2.3.2", study_uid="1.2.3", erased_at=NOON))


def move(tx: Connection) -> None:
    """Show the series in a study of its own."""
    names = [column.name for column in tables.study.c]
    copied = [sa.literal("1.2.5") if name == "study_uid" else tables.study.c[name] for name in names]
    tx.execute(sa.insert(tables.study).from_select(names, sa.select(*copied)))
    tx.execute(sa.update(tables.series).values(study_uid="1.2.5", received_study_uid="1.2.3"))


@pytest.mark.parametrize(
    ("other_process", "answer", "study_uid"), [(move, Entered.NEW, "1.2.5"), (erase, Entered.ERASED, None)]
)
def test_what_others_did_since_is_seen(  # noqa: PLR0917
    index: Index,
    engine: Engine,
    known: Known,
    other_process: Callable[[Connection], None],
    answer: Entered,
    study_uid: str | None,
) -> None:
    with transaction(engine) as tx:
        other_process(tx)

    assert not entered(engine, entries(2), known)
    assert index.enter(row(2), place(2), provenance()) is answer
    with snapshot(engine) as tx:
        found = instance_of(tx, "1.2.3.2")
    assert (found and found.study_uid) == study_uid


@pytest.mark.parametrize("looks_first", [False, True], ids=["a newcomer", "as before"])
@pytest.mark.parametrize("damaged", [False, True], ids=["whole", "damaged"])
def test_what_is_erased_while_it_is_sent_again_does_not_come_back(
    index: Index, engine: Engine, known: Known, looks_first: bool, damaged: bool
) -> None:
    """The insert waits for whoever erases the image, and finds its place free when they have committed."""
    if looks_first:
        known.clear()
    with transaction(engine) as tx:
        tx.execute(sa.update(tables.instance).values(damaged=damaged))
    answers: list[Entered] = []
    cross(
        engine,
        begins=lambda tx: erasure.erase(tx, "1.2.3", made_by="01PERSON", reason="asked for", now=NOON),
        other=lambda _: answers.append(index.enter(row(1), place(9), provenance())),
        goes_on=lambda _: None,
    )

    with snapshot(engine) as tx:
        study = study_of(tx, "1.2.3")
        left = [tx.scalar(sa.select(sa.func.count()).select_from(each)) for each in (tables.instance, tables.holding)]
    assert answers == [Entered.ERASED]
    assert left == [0, 0]
    assert study is not None
    assert study.instances == 0


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize(
    ("sides", "said"),
    [(("", "L"), "L"), (("U", "L"), "L"), (("L", "U"), "L"), (("L", "L"), "L"), (("L", "R"), "B"), (("B", "L"), "B")],
)
def test_the_side_of_a_series_is_that_of_all_its_images(
    index: Index, engine: Engine, sides: tuple[str, str], said: str, together: bool
) -> None:
    first, second = (
        Entry(row=row(number, laterality=side, frame_ranges=((1, 2),)), place=place(number), provenance=provenance())
        for number, side in enumerate(sides, start=1)
    )
    if together:
        index.enter_all([first, second])
    else:
        index.enter_all([first])
        assert entered(engine, [second], vars(index)["_known"])

    with snapshot(engine) as tx:
        assert tx.scalar(sa.select(tables.series.c.laterality)) == said
