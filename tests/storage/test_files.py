"""A file is locked by one at a time, and one that is gone by nobody."""

from __future__ import annotations

from pathlib import Path

from storage.files import lock


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
