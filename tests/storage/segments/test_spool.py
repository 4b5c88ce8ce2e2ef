"""Instances of a study are appended to tar files that anybody can read, open or sealed."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import subprocess
import tarfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

from storage import tables
from storage.database import snapshot
from storage.segments import members
from storage.segments import spool as segments_module
from storage.segments.open_segment import FlushFailed, NoSpace
from storage.segments.spool import Spool
from tests.storage.instances import HEAD, NOON, provenance, row, write


@pytest.fixture
def spool(tmp_path: Path, engine: Engine) -> Iterator[Spool]:
    made = Spool(tmp_path / "spool", node="here", engine=engine)
    yield made
    made.close()


def segments(engine: Engine) -> list[tuple[str, str]]:
    with snapshot(engine) as tx:
        asked = sa.select(tables.segment.c.state, tables.segment.c.key).order_by(tables.segment.c.id)
        return [(state, key) for state, key in tx.execute(asked)]


def in_tar(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as opened:
        return {one.name: opened.extractfile(one).read() for one in opened.getmembers()}  # type: ignore[union-attr]


@pytest.mark.parametrize("sealed", [False, True], ids=["open", "sealed"])
def test_every_tar_reads_a_segment(sealed: bool, spool: Spool, engine: Engine, tmp_path: Path) -> None:
    bodies = {number: bytes([number]) * (number * 300) for number in (1, 2, 3)}
    for number, body in bodies.items():
        write(spool, row(number), body)
    if sealed:
        spool.close()
    (_, key) = segments(engine)[0]
    path = spool.directory / key
    out = tmp_path / "out"
    out.mkdir()
    unpack = ["tar", "xf", path, "--warning=no-unknown-keyword"]
    done = subprocess.run(unpack, cwd=out, capture_output=True, check=False)

    wanted = {f"1.2.3/1.2.3.1/1.2.3.{number}.dcm": HEAD + body for number, body in bodies.items()}
    seen = in_tar(path)
    assert (done.returncode, done.stderr) == (0, b"")
    assert {str(one.relative_to(out)): one.read_bytes() for one in out.rglob("*.dcm")} == wanted
    assert {name: body for name, body in seen.items() if name.endswith(".dcm")} == wanted
    assert sorted(set(seen) - set(wanted)) == (["tierread/footer.json", "tierread/manifest.jsonl.zz"] if sealed else [])


def test_a_member_is_read_by_its_place(spool: Spool, engine: Engine) -> None:
    places = [write(spool, row(number), b"body" * number) for number in (1, 2)]
    (_, key) = segments(engine)[0]
    content = (spool.directory / key).read_bytes()

    for number, place in enumerate(places, 1):
        assert content[place.offset : place.offset + place.size] == HEAD + b"body" * number


def test_one_study_uses_one_segment_and_two_writers_use_two(spool: Spool, engine: Engine) -> None:
    write(spool, row(1), b"one")
    with spool.borrow("1.2.3") as first, spool.borrow("1.2.3") as second, spool.borrow("1.2.4") as other:
        ids = {first.id, second.id, other.id}

    assert len(ids) == 3
    assert len(segments(engine)) == 3


def test_what_was_written_can_be_looked_at_before_it_is_finished(spool: Spool) -> None:
    with spool.borrow("1.2.3") as segment:
        member = segment.begin("1.dcm", HEAD)
        member.write(b"a" * 5000)
        member.write(memoryview(b"b" * 5000))
        body, digest = bytes(member.body()), member.digest()

    assert body == HEAD + b"a" * 5000 + b"b" * 5000
    assert digest == hashlib.sha256(b"a" * 5000 + b"b" * 5000).digest()


@pytest.mark.parametrize("how", ["left alone", "abandoned", "abandoned when finished", "sender failed"])
def test_nothing_remains_of_what_was_taken_back(how: str, spool: Spool, engine: Engine) -> None:
    write(spool, row(1), b"one")
    try:
        with spool.borrow("1.2.3") as segment:
            member = segment.begin("gone.dcm", HEAD)
            member.write(b"gone" * 100_000)
            view = member.body()
            if how == "sender failed":
                raise ConnectionError  # noqa: TRY301 # where a sender's failure really comes up
            if how == "abandoned when finished":
                member.finish(row(2), provenance())
            if how != "left alone":
                member.abandon()
    except ConnectionError:
        pass
    after = view[-1]  # a view that somebody still holds must not bring the process down
    write(spool, row(3), b"three")
    spool.close()
    (_, key) = segments(engine)[0]
    content = (spool.directory / key).read_bytes()

    assert after == 0
    assert b"gone" not in content
    assert [name for name in in_tar(spool.directory / key) if name.endswith(".dcm")] == [
        f"1.2.3/1.2.3.1/1.2.3.{number}.dcm" for number in (1, 3)
    ]


def test_an_idle_segment_is_sealed_and_its_footer_leads_to_every_row(spool: Spool, engine: Engine) -> None:
    for number in (1, 2):
        write(spool, row(number), b"body")
    too_early = spool.seal_idle(NOON + timedelta(seconds=9))
    done = spool.seal_idle(NOON + timedelta(seconds=10))

    ((state, key),) = segments(engine)
    content = (spool.directory / key).read_bytes()
    segment_id = Path(key).stem
    footer = members.read_footer(content[-members.TAIL_BYTES :], segment_id)
    assert (too_early, done, state) == (0, 1, "sealed")
    assert footer is not None
    manifest = content[footer.manifest_offset : footer.manifest_offset + footer.manifest_size]
    entries = members.read_manifest(manifest, segment_id)
    assert [entry.row.sop_instance_uid for entry in entries] == ["1.2.3.1", "1.2.3.2"]
    assert {entry.provenance for entry in entries} == {provenance()}
    assert all(content[one.place.offset :][: one.place.size] == HEAD + b"body" for one in entries)


def test_a_full_segment_is_sealed_when_it_comes_back(tmp_path: Path, engine: Engine) -> None:
    spool = Spool(tmp_path / "spool", node="here", engine=engine, max_bytes=20_000)
    for number in range(1, 6):
        write(spool, row(number), b"x" * 6000)
    states = [state for state, _ in segments(engine)]
    spool.close()

    assert states == ["sealed", "sealed", "open"]


def test_a_database_that_is_away_fails_no_instance_and_keeps_no_segment_open(
    tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(tmp_path / "spool", node="here", engine=engine, max_bytes=1)

    def away(_: Engine) -> NoReturn:
        raise OperationalError("update", {}, Exception("away"))

    with monkeypatch.context() as patched:
        with spool.borrow("1.2.3") as segment:
            segment.begin("1.dcm", HEAD).finish(row(1), provenance())
            patched.setattr(segments_module, "transaction", away)  # it is full, so it is sealed when it comes back
        with pytest.raises(OperationalError):
            spool.seal_idle(NOON)
    before = segments(engine)
    spool.seal_idle(NOON)

    assert [state for state, _ in before] == ["open"]
    assert [state for state, _ in segments(engine)] == ["sealed"]


def test_an_empty_segment_leaves_no_file(spool: Spool, engine: Engine) -> None:
    with spool.borrow("1.2.3"):
        pass
    spool.close()

    ((state, key),) = segments(engine)
    assert state == "gone"
    assert not (spool.directory / key).exists()


def test_an_open_segment_is_locked(spool: Spool, engine: Engine) -> None:
    write(spool, row(1), b"one")
    (_, key) = segments(engine)[0]
    with (spool.directory / key).open("rb") as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_failed_flush_abandons_the_segment_and_is_not_retried(
    spool: Spool, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(spool, row(1), b"one")
    flushes: list[int] = []

    def fail(fd: int) -> None:
        flushes.append(fd)
        raise OSError(errno.EIO, "the disk is gone")

    monkeypatch.setattr(os, "fdatasync", fail)
    with pytest.raises(FlushFailed):
        write(spool, row(2), b"two")
    monkeypatch.undo()
    write(spool, row(3), b"three")

    assert len(flushes) == 1
    assert [state for state, _ in segments(engine)] == ["open", "open"]


def test_a_full_disk_refuses_and_the_segment_goes_on(
    spool: Spool, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(spool, row(1), b"one")

    def full(_fd: int, _offset: int, _length: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(NoSpace):
        write(spool, row(2), bytes(8 << 20))
    monkeypatch.undo()
    write(spool, row(3), b"three")
    spool.close()

    ((_, key),) = segments(engine)
    assert [name[-5] for name in in_tar(spool.directory / key) if name.endswith(".dcm")] == ["1", "3"]


def test_a_nearly_full_disk_refuses_before_the_first_byte(tmp_path: Path, engine: Engine) -> None:
    spool = Spool(tmp_path / "spool", node="here", engine=engine, keep_free_bytes=1 << 60)

    with pytest.raises(NoSpace), spool.borrow("1.2.3"):
        pass
    assert segments(engine) == []


def test_refused_bytes_are_kept_with_their_reason(spool: Spool, engine: Engine) -> None:
    spool.quarantine("truncated", [b"abc", memoryview(b"def")], provenance=provenance(), study_uid="no uid at all")

    with snapshot(engine) as tx:
        (kept,) = tx.execute(sa.select(tables.quarantine)).mappings().all()
    assert (spool.directory / kept["key"]).read_bytes() == b"abcdef"
    assert (kept["reason"], kept["size"], kept["digest"]) == ("truncated", 6, hashlib.sha256(b"abcdef").digest())
    assert kept["study_uid"] is None
