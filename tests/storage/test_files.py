"""A file is written whole, locked by one at a time, and one that is gone by nobody."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from storage.files import lock, write_parts_at


def test_of_two_the_first_has_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    with lock(path) as first, lock(path) as second:
        held = (first is not None, second is not None)
    with lock(path) as afterwards:
        assert afterwards is not None

    assert held == (True, False)


def test_a_file_that_is_gone_is_not_locked(tmp_path: Path) -> None:
    with lock(tmp_path / "none") as fd:
        assert fd is None


@pytest.mark.parametrize("taken", [0, 2, 3, 4, 7, 8])
def test_parts_are_written_whole_however_much_the_disk_takes_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: int
) -> None:
    def some(fd: int, parts: tuple[bytes, ...], offset: int) -> int:
        return os.pwrite(fd, b"".join(parts)[:taken], offset)

    monkeypatch.setattr(os, "pwritev", some)
    with (tmp_path / "file").open("w+b") as file:
        write_parts_at(file.fileno(), (b"abc", b"", b"defg", b"h"), 2)

    assert (tmp_path / "file").read_bytes() == b"\0\0abcdefgh"
