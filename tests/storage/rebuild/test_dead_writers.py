"""After a death, whatever was flushed is sealed and indexed, and what was torn is kept."""

from __future__ import annotations

import errno
import hashlib
import multiprocessing
import os
import random
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from storage import tables
from storage.database import connect, snapshot, transaction
from storage.index.queries import Entered, Index, instance_of, study_of
from storage.nodes.reader import Bytes
from storage.objects.store import FolderObjectStore
from storage.rebuild.dead_writers import look, recover
from storage.segments import quarantine_files
from storage.segments.pax import HEADER_BYTES, padded
from storage.segments.spool import Spool
from tests.storage.instances import HEAD, NOON, opened, place, provenance, row, store, write

BODIES = {number: bytes([number + 64]) * (number * 150) for number in (1, 2, 3)}


def die(spool: Spool) -> None:
    """What the kernel does for a dead process: its descriptors and locks go, nothing else happens."""
    for segment in spool._free:
        os.close(segment.fd)
    spool._free.clear()


def forget(engine: Engine, *these: sa.Table) -> None:
    with transaction(engine) as tx:
        for table in these:
            tx.execute(sa.delete(table))


INDEX = (tables.instance, tables.holding, tables.series, tables.study)
ALL = (*INDEX, tables.quarantine, tables.segment)


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[tuple[Spool, Index, Engine]]:
    with opened(database_url, tmp_path / "spool") as made:
        yield made


def bodies(house: tuple[Spool, Index, Engine]) -> dict[str, bytes]:
    """Every indexed instance of the first study, read as a reader reads it."""
    spool, _, engine = house
    reader = Bytes(spool.directory, FolderObjectStore(spool.directory.parent / "objects"), engine)
    with snapshot(engine) as tx:
        uids = tx.execute(sa.select(tables.instance.c.sop_instance_uid)).scalars().all()
        found = [instance_of(tx, uid) for uid in uids]
    return {one.sop_instance_uid: reader.read(one, len(HEAD), one.size - len(HEAD)) for one in found if one}


def kept(engine: Engine, reason: str) -> list[str]:
    with snapshot(engine) as tx:
        quarantine = tables.quarantine.c
        return list(tx.execute(sa.select(quarantine.key).where(quarantine.reason == reason)).scalars())


@pytest.mark.parametrize("lost", [(), INDEX, ALL], ids=["nothing", "rows", "the whole database"])
def test_what_was_flushed_is_there_again(lost: tuple[sa.Table, ...], house: tuple[Spool, Index, Engine]) -> None:
    spool, index, engine = house
    for number, body in BODIES.items():
        store(spool, index, row(number), body)
    die(spool)
    forget(engine, *lost)
    index = Index(index._engine)
    first = recover(spool, index)
    again = recover(spool, index)
    index.close()

    assert (first.segments, first.members, first.torn, first.damaged) == (1, 3, 0, 0)
    assert again == first
    assert bodies(house) == {f"1.2.3.{number}": body for number, body in BODIES.items()}
    with snapshot(engine) as tx:
        study = study_of(tx, "1.2.3")
        states = tx.execute(sa.select(tables.segment.c.state)).scalars().all()
    assert study is not None
    assert study.instances == 3
    assert states == ["sealed"]
    assert kept(engine, "held") == []


def test_a_row_that_was_never_entered_is_entered(house: tuple[Spool, Index, Engine]) -> None:
    spool, index, _ = house
    write(spool, row(1), BODIES[1])
    die(spool)
    recovered = recover(spool, index)

    assert recovered.members == 1
    assert bodies(house) == {"1.2.3.1": BODIES[1]}


@pytest.fixture
def three_members(tmp_path: Path, sqlite_template: Path) -> tuple[Path, int, int]:
    """A segment's file as its dead writer left it, where its third member begins, and where it ends."""
    database = tmp_path / "written.db"
    shutil.copy(sqlite_template, database)
    engine = connect(f"sqlite:///{database}")
    spool = Spool(tmp_path / "written", node="here", engine=engine)
    places = [write(spool, row(number), body) for number, body in BODIES.items()]
    (path,) = spool.directory.glob("segments/*/*.tar")
    die(spool)
    engine.dispose()
    end = places[2].offset + padded(places[2].size)
    os.truncate(path, end)
    return path, places[2].offset - HEADER_BYTES, end


@pytest.mark.parametrize("how", ["cut off", "zeros behind"])
def test_a_write_torn_at_any_byte_costs_no_earlier_member(how: str, three_members: tuple[Path, int, int]) -> None:
    path, start, _ = three_members
    content = path.read_bytes()
    wrong = []
    with path.open("r+b", buffering=0) as file:
        for cut in range(len(content.rstrip(b"\0")) - 1, start - 1, -1):
            if how == "cut off":
                file.truncate(cut)
            else:
                os.pwrite(file.fileno(), b"\0", cut)
            found = look(file.fileno(), path.stem)
            if (len(found.good), found.end, found.written_to) != (2, start, len(content[:cut].rstrip(b"\0"))):
                wrong.append(cut)

    assert wrong == []


def test_pages_that_reached_the_disk_in_any_order_are_told_from_a_member(
    three_members: tuple[Path, int, int],
) -> None:
    path, start, end = three_members
    content = path.read_bytes()
    rng = random.Random(5)
    wrong = []
    for _ in range(300):
        lost = rng.sample(range(start, end, 512), rng.randint(1, (end - start) // 512))
        torn = bytearray(content)
        for block in lost:
            torn[block : block + 512] = bytes(512)
        path.write_bytes(torn)
        with path.open("rb") as file:
            found = look(file.fileno(), path.stem)
        if len(found.good) != 2 + (bytes(torn) == content):
            wrong.append(lost)

    assert wrong == []


@pytest.mark.parametrize("kept_bytes", [1, 4096, 4096 + 200, 4096 + len(HEAD) + 449])
def test_a_torn_tail_is_kept_twice_and_the_archive_is_whole(
    kept_bytes: int, house: tuple[Spool, Index, Engine], tmp_path: Path
) -> None:
    spool, index, engine = house
    places = [write(spool, row(number), body) for number, body in BODIES.items()]
    (path,) = spool.directory.glob("segments/*/*.tar")
    die(spool)
    start = places[2].offset - HEADER_BYTES
    tail = path.read_bytes()[start : start + kept_bytes]
    with path.open("r+b") as file:
        file.truncate(start + kept_bytes)
    first, again = recover(spool, index), recover(spool, index)

    assert (first.members, first.torn, again.torn) == (2, 1, 0)
    assert bodies(house) == {f"1.2.3.{number}": BODIES[number] for number in (1, 2)}
    (key,) = kept(engine, "torn")
    assert (spool.directory / key).read_bytes() == tail.rstrip(b"\0")
    with tarfile.open(path) as archive:
        names = archive.getnames()
        torn = archive.extractfile(f"torn/{start}")
        assert torn is not None
        assert torn.read() == tail[HEADER_BYTES:].rstrip(b"\0")
    assert names[2:] == [f"torn/{start}", "tierread/manifest.jsonl.zz", "tierread/footer.json"]


def test_a_death_in_the_middle_of_sealing_is_recovered(house: tuple[Spool, Index, Engine]) -> None:
    spool, index, _ = house
    for number, body in BODIES.items():
        write(spool, row(number), body)
    spool.close()
    (path,) = spool.directory.glob("segments/*/*.tar")
    for lost in (1024, 1500, 5000, 5700, 6500):
        with path.open("r+b") as file:
            file.truncate(path.stat().st_size - lost)
        recovered = recover(spool, index)

        assert recovered.members == 3
    assert bodies(house) == {f"1.2.3.{number}": body for number, body in BODIES.items()}


def test_a_member_that_the_disk_damaged_costs_none_of_the_others(house: tuple[Spool, Index, Engine]) -> None:
    spool, index, engine = house
    places = [write(spool, row(number), body) for number, body in BODIES.items()]
    (path,) = spool.directory.glob("segments/*/*.tar")
    die(spool)
    with path.open("r+b") as file:
        file.seek(places[1].offset - 600)
        file.write(b"\xff" * 900)  # its header and the head of its body
    recovered = recover(spool, index)

    assert (recovered.members, recovered.torn, recovered.damaged) == (2, 0, 1)
    assert bodies(house) == {f"1.2.3.{number}": BODIES[number] for number in (1, 3)}
    assert len(kept(engine, "damaged")) == 1


@pytest.mark.parametrize("lost", ["in the middle", "at the end", "all"])
def test_what_the_disk_lost_is_taken_when_it_is_sent_again(lost: str, house: tuple[Spool, Index, Engine]) -> None:
    spool, index, engine = house
    places = [write(spool, row(number, data=body), body) for number, body in BODIES.items()]
    for number, body in BODIES.items():
        index.enter(row(number, data=body), places[number - 1], provenance())
    (path,) = spool.directory.glob("segments/*/*.tar")
    die(spool)
    with path.open("r+b") as file:
        match lost:
            case "in the middle":
                os.pwrite(file.fileno(), b"\xff" * 900, places[1].offset - 600)
            case "at the end":
                file.truncate(places[1].offset + 300)
            case _:
                file.truncate(700)
    recover(spool, index)
    with snapshot(engine) as tx:
        found = [instance_of(tx, f"1.2.3.{number}") for number in BODIES]
    damaged = [number for number, one in enumerate(found, start=1) if one is not None and one.damaged]
    sent = [store(spool, index, row(number), body) for number, body in BODIES.items()]
    again = [store(spool, index, row(number), body) for number, body in BODIES.items()]

    assert damaged == {"in the middle": [2], "at the end": [2, 3], "all": [1, 2, 3]}[lost]
    assert sent == [Entered.NEW if number in damaged else Entered.SAME for number in BODIES]
    assert again == [Entered.SAME] * 3
    assert bodies(house) == {f"1.2.3.{number}": body for number, body in BODIES.items()}
    with snapshot(engine) as tx:
        study = study_of(tx, "1.2.3")
        quarantined = tx.execute(sa.select(tables.quarantine.c.study_uid, tables.quarantine.c.site_id)).all()
    assert study is not None
    assert (study.instances, set(quarantined)) == (3, {("1.2.3", study.site_id)})


def test_a_disk_without_room_for_what_is_torn_costs_neither_the_start_nor_an_instance(
    house: tuple[Spool, Index, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    spool, index, engine = house
    places = [write(spool, row(number), body) for number, body in BODIES.items()]
    (path,) = spool.directory.glob("segments/*/*.tar")
    write(spool, row(9, study_uid="1.2.9", series_uid="1.2.9.1"), b"another study")
    die(spool)
    with path.open("r+b") as file:
        file.truncate(places[2].offset + 5)

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(quarantine_files, "write_file", full)
        first = recover(spool, index)
    shown = bodies(house)
    again = recover(spool, index)

    assert first.left == (f"{path.stem}: No space left on device",)
    assert shown == {"1.2.3.1": BODIES[1], "1.2.3.2": BODIES[2], "1.2.3.9": b"another study"}
    assert (again.left, len(kept(engine, "torn"))) == ((), 1)


def test_a_file_that_cannot_be_opened_costs_none_of_the_others(house: tuple[Spool, Index, Engine]) -> None:
    spool, index, _ = house
    write(spool, row(1), BODIES[1])
    die(spool)
    bad = spool.directory / "segments" / "20260302" / f"{'0' * 26}.tar"
    bad.mkdir(parents=True)
    recovered = recover(spool, index)

    assert recovered.left == (f"{bad.stem}: Is a directory",)
    assert bodies(house) == {"1.2.3.1": BODIES[1]}


def test_a_body_that_holds_a_segment_smuggles_nothing_in(house: tuple[Spool, Index, Engine]) -> None:
    spool, index, _ = house
    write(spool, row(7, study_uid="9.9", series_uid="9.9.1"), b"forged")
    (forged,) = spool.directory.glob("segments/*/*.tar")
    smuggled = forged.read_bytes()
    die(spool)
    forged.unlink()
    with spool.borrow("1.2.3") as segment:
        member = segment.begin("1.dcm", bytes(512))
        member.write(smuggled)
        segment.broken = True  # the process dies here: no header, no flush
        path = segment.path
    recovered = recover(spool, index)

    assert (recovered.members, recovered.torn) == (0, 1)
    assert bodies(house) == {}
    assert path.exists()


def test_a_living_writer_keeps_its_segment(house: tuple[Spool, Index, Engine]) -> None:
    spool, index, _ = house
    store(spool, index, row(1), BODIES[1])
    recovered = recover(spool, index)
    store(spool, index, row(2), BODIES[2])

    assert recovered.segments == 0
    assert len(list(spool.directory.glob("segments/*/*.tar"))) == 1


def test_of_two_that_contradict_the_first_one_counts_again(house: tuple[Spool, Index, Engine]) -> None:
    spool, index, engine = house
    with spool.borrow("1.2.3"):  # so that the later one lies in the segment that is read first
        first = store(spool, index, row(1), b"first", provenance(received_at=NOON))
    second = store(spool, index, row(1), b"second", provenance(received_at=NOON + timedelta(seconds=1)))
    die(spool)
    forget(engine, *ALL)
    index = Index(index._engine)
    recover(spool, index)
    index.close()

    assert (first, second) == (Entered.NEW, Entered.HELD)
    assert bodies(house) == {"1.2.3.1": b"first"}
    assert len(kept(engine, "held")) == 1


def crash(engine: Engine) -> None:
    """What a crash of the server may do to asynchronous commits."""
    forget(engine, *INDEX)
    with transaction(engine) as tx:
        tx.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )


def test_bytes_that_were_given_back_are_never_entered_again(house: tuple[Spool, Index, Engine]) -> None:
    _, index, engine = house
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite lives and dies with us")
    another = Index(index._engine)  # of another process
    another.enter(row(1), place(1), provenance())
    same = index.enter(row(1), place(2), provenance())
    index.enter(row(2), place(2), provenance())  # what is the same gives its place back
    crash(engine)
    index.enter(row(3), place(3), provenance())
    another.enter(row(1), place(1), provenance())
    another.close()
    with snapshot(engine) as tx:
        found = [instance_of(tx, f"1.2.3.{number}") for number in (1, 2, 3)]

    assert same is Entered.SAME
    assert [one and one.segment_id for one in found] == [place(number).segment_id for number in (1, 2, 3)]


def test_rows_that_a_restarted_database_lost_are_entered_again(house: tuple[Spool, Index, Engine]) -> None:
    _, index, engine = house
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite lives and dies with us")
    index.enter(row(1), place(1), provenance())
    crash(engine)
    result = index.enter(row(2), place(2), provenance())

    assert result is Entered.NEW
    with snapshot(engine) as tx:
        study = study_of(tx, "1.2.3")
    assert study is not None
    assert study.instances == 2


def _recover_in_a_process(database_url: str, folder: Path, results: multiprocessing.SimpleQueue) -> None:  # type: ignore[type-arg]
    with opened(database_url, folder) as (spool, index, _):
        results.put(recover(spool, index).members)


def _store_in_a_process(database_url: str, folder: Path, results: multiprocessing.SimpleQueue) -> None:  # type: ignore[type-arg]
    with opened(database_url, folder) as (spool, index, _):
        entered = []
        for number in range(60):
            data = b"both the same" if number % 2 else f"one of process {os.getpid()}".encode()
            one = replace(row(number), received_digest=hashlib.sha256(data).digest())
            entered.append(index.enter(one, write(spool, one, data), provenance()).name)
        results.put(entered)


def _in_two_processes(target: object, database_url: str, folder: Path) -> list[object]:
    context = multiprocessing.get_context("spawn")
    results = context.SimpleQueue()
    both = [context.Process(target=target, args=(database_url, folder, results)) for _ in range(2)]  # type: ignore[arg-type]
    for process in both:
        process.start()
    found = [results.get() for _ in both]
    for process in both:
        process.join(60)
    assert [process.exitcode for process in both] == [0, 0]
    return found


def test_two_processes_recover_at_once(house: tuple[Spool, Index, Engine], database_url: str) -> None:
    spool, _, _ = house
    for number in range(40):
        write(spool, row(number, study_uid=f"1.2.{number}", series_uid=f"1.2.{number}.1"), b"body")
    die(spool)
    found = _in_two_processes(_recover_in_a_process, database_url, spool.directory)

    assert sum(found) >= 40  # type: ignore[arg-type]
    assert bodies(house) == {f"1.2.3.{number}": b"body" for number in range(40)}
    assert kept(house[2], "torn") == kept(house[2], "held") == []


def test_two_processes_receive_the_same_at_once(house: tuple[Spool, Index, Engine], database_url: str) -> None:
    spool, _, engine = house
    both = _in_two_processes(_store_in_a_process, database_url, spool.directory)

    for number in range(60):
        pair = sorted(entered[number] for entered in both)  # type: ignore[index]
        assert pair == (["NEW", "SAME"] if number % 2 else ["HELD", "NEW"])
    with snapshot(engine) as tx:
        study = study_of(tx, "1.2.3")
    assert study is not None
    assert study.instances == 60
    assert len(kept(engine, "held")) == 30
