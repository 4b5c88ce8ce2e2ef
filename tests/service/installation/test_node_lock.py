"""Of several processes of a node one does what only one may do."""

from __future__ import annotations

from pathlib import Path

from service.installation.installation import Folders
from service.installation.node_lock import Claim


def test_who_comes_first_holds_it_until_it_lets_go(tmp_path: Path) -> None:
    folders = Folders(data=tmp_path)
    folders.run.mkdir()
    first, second = Claim(folders, "shipping"), Claim(folders, "shipping")
    other = Claim(folders, "lending")

    before = [first.held(), second.held(), first.held(), other.held()]
    first.release()
    after = second.held()
    second.release()
    other.release()

    assert before == [True, False, True, True]
    assert after


def test_who_stands_back_does_not_ask_yet(tmp_path: Path) -> None:
    folders = Folders(data=tmp_path)
    folders.run.mkdir()

    assert not Claim(folders, "shipping", after_seconds=60).held()
