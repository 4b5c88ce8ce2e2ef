"""Blocks of a distant store on a node's disk: bounded, never wrong, and no harm when the disk does not take them."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.objects.block_cache import BlockCache, Use
from storage.objects.store import NoSuchObject, StoreAway
from tests.running import wait_until

BLOCK: Final = 256 << 10
KEY: Final = "segments/20260302/a.tar"


class Distant:
    """A store that counts what is asked of it, and answers when it may."""

    def __init__(self, **objects: bytes) -> None:
        self.objects = {f"segments/20260302/{name}.tar": content for name, content in objects.items()}
        self.asked: list[tuple[str, int]] = []
        self.open = threading.Event()
        self.open.set()
        self.away = False

    def up_to(self, key: str, offset: int, length: int) -> bytes:
        self.asked.append((key, offset // BLOCK))
        self.open.wait(10)
        if self.away:
            raise StoreAway
        if key not in self.objects:
            raise NoSuchObject(key)
        found = self.objects[key][offset : offset + length]
        if not found:
            raise EOFError
        return found


def cache(distant: Distant, folder: Path, *, blocks: int = 64, keep_free_bytes: int = 0) -> BlockCache:
    return BlockCache(
        distant, folder, max_bytes=blocks * (BLOCK + 1024), block_bytes=BLOCK, keep_free_bytes=keep_free_bytes
    )


def read(cached: BlockCache, offset: int, length: int, *, key: str = KEY, chunk: int = 100_000) -> bytes:
    return b"".join(cached.stream(key, offset, length, chunk))


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


CONTENT: Final = random.Random(3).randbytes(BLOCK * 5 + 77)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BlockCache]:
    made = cache(Distant(a=CONTENT), tmp_path_factory.mktemp("cache"))
    yield made
    made.close()


@settings(max_examples=150, deadline=None)
@given(
    offset=st.integers(0, len(CONTENT)),
    length=st.integers(0, len(CONTENT)),
    chunk=st.sampled_from([7000, 65536, 1 << 20]),
)
def test_every_range_is_that_of_the_object(shared: BlockCache, offset: int, length: int, chunk: int) -> None:
    length = min(length, len(CONTENT) - offset)

    assert read(shared, offset, length, chunk=chunk) == CONTENT[offset : offset + length]


def test_what_lies_beyond_the_end_is_an_error(tmp_path: Path) -> None:
    cached = cache(Distant(a=CONTENT), tmp_path)
    for offset in (len(CONTENT), len(CONTENT) + BLOCK):
        with pytest.raises(EOFError):
            cached.stream(KEY, offset, 1)
    with pytest.raises(EOFError):
        read(cached, 0, len(CONTENT) + 1)
    with pytest.raises(NoSuchObject):
        cached.stream("segments/20260302/none.tar", 0, 1)


def test_a_block_is_fetched_once_whatever_is_read_of_it_and_by_whom(tmp_path: Path) -> None:
    distant = Distant(a=CONTENT)
    first, second = cache(distant, tmp_path), cache(distant, tmp_path)
    for number in range(10):
        read(first, number * 1000, 1000)
    read(second, 500, 1000)

    assert distant.asked == [(KEY, 0)]


def test_threads_that_want_a_block_at_once_wait_for_one_fetch(tmp_path: Path) -> None:
    distant = Distant(a=CONTENT)
    cached = cache(distant, tmp_path)
    distant.open.clear()
    got: list[bytes] = []
    threads = [threading.Thread(target=lambda: got.append(read(cached, 10, 100))) for _ in range(8)]
    for thread in threads:
        thread.start()
    wait_until(lambda: distant.asked)
    distant.open.set()
    for thread in threads:
        thread.join()

    assert got == [CONTENT[10:110]] * 8
    assert distant.asked == [(KEY, 0)]


def test_an_object_that_is_read_on_is_read_ahead(tmp_path: Path) -> None:
    distant = Distant(a=CONTENT)
    cached = cache(distant, tmp_path)
    read(cached, 0, BLOCK // 3)
    read(cached, BLOCK // 3, BLOCK // 3)  # past the middle, and onward
    wait_until((tmp_path / KEY / "1").exists)
    asked = list(distant.asked)
    read(cached, BLOCK // 3 * 2, BLOCK)

    assert asked == [(KEY, 0), (KEY, 1)]
    assert Counter(distant.asked)[KEY, 1] == 1


def test_single_frames_here_and_there_are_not_read_ahead(tmp_path: Path) -> None:
    distant = Distant(a=CONTENT)
    cached = cache(distant, tmp_path)
    for number in (3, 0, 2):
        read(cached, number * BLOCK + 1000, 1000)
    cached.close()

    assert distant.asked == [(KEY, 3), (KEY, 0), (KEY, 2)]


@pytest.mark.parametrize("how", ["cut", "flipped", "a flipped checksum", "emptied", "longer", "another's"])
def test_a_damaged_file_is_never_served(tmp_path: Path, how: str) -> None:
    told: list[Use] = []
    distant = Distant(a=CONTENT)
    cached = BlockCache(
        distant, tmp_path, max_bytes=1 << 30, block_bytes=BLOCK, keep_free_bytes=0, tell=lambda use, _: told.append(use)
    )
    read(cached, 0, 100)
    file = tmp_path / KEY / "0"
    whole = file.read_bytes()
    damaged = {
        "cut": whole[:-1000],
        "flipped": bytes([whole[50] ^ 1]).join([whole[:50], whole[51:]]),
        "a flipped checksum": whole[:BLOCK] + bytes([whole[BLOCK] ^ 1]) + whole[BLOCK + 1 :],
        "emptied": b"",
        "longer": whole + b"\0",
        "another's": bytes(len(whole)),
    }
    file.write_bytes(damaged[how])

    assert read(cached, 0, 100) == CONTENT[:100]
    assert told in ([Use.MISS, Use.DAMAGED], [Use.MISS, Use.HIT, Use.DAMAGED])
    assert file.read_bytes() == whole


def test_it_keeps_what_was_used_last_within_its_size(tmp_path: Path) -> None:
    distant = Distant(a=CONTENT, b=CONTENT, c=CONTENT)
    cached = cache(distant, tmp_path, blocks=4)
    for number, name in enumerate("abc"):
        read(cached, 0, 10, key=f"segments/20260302/{name}.tar")
        read(cached, 2 * BLOCK, 10, key=f"segments/20260302/{name}.tar")
        for file in files(tmp_path):
            if file.parent.name == f"{name}.tar":
                os.utime(file, (number * 1000, number * 1000))
        read(cached, 0, 10)  # which makes it young again

    kept = [str(path.relative_to(tmp_path / "segments/20260302")) for path in files(tmp_path)]
    assert kept == ["a.tar/0", "b.tar/2", "c.tar/0", "c.tar/2"]
    assert sum(path.stat().st_size for path in files(tmp_path)) <= 4 * (BLOCK + 1024)


def test_an_object_that_was_erased_leaves_nothing_behind(tmp_path: Path) -> None:
    distant = Distant(a=CONTENT, b=CONTENT)
    cached = cache(distant, tmp_path)
    for key in distant.objects:
        read(cached, 0, 3 * BLOCK, key=key)
    cached.close()
    cached.forget(KEY)
    left = {path.parent.name for path in files(tmp_path)}
    gone = cached.keep_only(lambda keys: set(keys) - {"segments/20260302/b.tar"})

    assert left == {"b.tar"}
    assert (gone, files(tmp_path)) == (1, [])


def test_a_store_that_is_away_serves_what_is_here(tmp_path: Path) -> None:
    distant = Distant(a=CONTENT)
    cached = cache(distant, tmp_path)
    read(cached, 0, 10)
    distant.away = True
    with pytest.raises(StoreAway):
        cached.stream(KEY, 2 * BLOCK, 10)

    assert read(cached, 5, 10) == CONTENT[5:15]
    distant.away = False
    assert read(cached, 2 * BLOCK, 10) == CONTENT[2 * BLOCK : 2 * BLOCK + 10]


def test_a_full_disk_costs_the_cache_and_nothing_else(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may mount")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(tmp_path)], check=True)
    try:
        distant = Distant(a=CONTENT)
        cached = cache(distant, tmp_path)
        (tmp_path / "ballast").mkdir()
        whole = read(cached, 0, len(CONTENT))
        cached.close()
        left = [(path.name, path.stat().st_size) for path in files(tmp_path)]
    finally:
        subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)

    assert whole == CONTENT
    assert sum(size for _, size in left) <= 600 << 10
    assert not any(name.startswith(".") for name, _ in left)


def test_it_gives_way_to_whoever_needs_the_disk(tmp_path: Path) -> None:
    distant = Distant(a=CONTENT)
    roomy = cache(distant, tmp_path)
    read(roomy, 0, 3 * BLOCK)
    roomy.close()
    free = shutil.disk_usage(tmp_path).free
    cached = cache(distant, tmp_path, keep_free_bytes=free + (1 << 30))
    again = read(cached, 4 * BLOCK, 10)

    assert again == CONTENT[4 * BLOCK : 4 * BLOCK + 10]
    assert files(tmp_path) == []


def test_what_a_dead_process_began_is_removed(tmp_path: Path) -> None:
    cached = cache(Distant(a=CONTENT), tmp_path)
    read(cached, 0, 10)
    draft = tmp_path / KEY / ".1.99.99.new"
    draft.write_bytes(b"half")
    fresh = tmp_path / KEY / ".2.99.99.new"
    fresh.write_bytes(b"half")
    os.utime(draft, (time.time() - 3600,) * 2)
    cached.keep_only(set)

    assert [path.name for path in files(tmp_path)] == [".2.99.99.new", "0"]


def test_a_stream_that_is_given_up_leaves_no_file_open(tmp_path: Path) -> None:
    cached = cache(Distant(a=CONTENT), tmp_path)
    read(cached, 0, 10)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        cached.stream(KEY, 0, 10)
        next(cached.stream(KEY, 0, 10, 5))

    assert len(list(Path("/proc/self/fd").iterdir())) <= before


def test_readers_and_a_cache_that_is_much_too_small_do_not_disturb_each_other(tmp_path: Path) -> None:
    distant = Distant(a=CONTENT, b=CONTENT[::-1])
    wrong: list[int] = []

    def reads(seed: int) -> None:
        rng = random.Random(seed)
        mine = cache(distant, tmp_path, blocks=2)  # as another process has its own
        for _ in range(60):
            name = rng.choice("ab")
            content = distant.objects[f"segments/20260302/{name}.tar"]
            offset = rng.randrange(len(content))
            length = min(rng.randrange(1, 2 * BLOCK), len(content) - offset)
            if read(mine, offset, length, key=f"segments/20260302/{name}.tar") != content[offset : offset + length]:
                wrong.append(offset)
        mine.close()

    threads = [threading.Thread(target=reads, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
