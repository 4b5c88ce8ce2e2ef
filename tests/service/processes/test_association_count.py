"""Listeners of a node count together, and how many there are follows from cores and database."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.installation.heartbeat import Part, Role
from service.installation.installation import Folders
from service.installation.load_settings import load
from service.processes.association_count import Served
from service.processes.serve import listeners_of


def listener(folders: Folders, number: int) -> Served:
    return Served(folders, Part(role=Role.SCP, number=number, of=3))


def test_each_hears_how_many_the_others_serve(tmp_path: Path) -> None:
    folders = Folders(data=tmp_path)
    folders.run.mkdir()
    first, second, third = (listener(folders, number) for number in (1, 2, 3))
    before = [first(4), second(2), third(0)]
    again = listener(folders, 1)  # killed, and started again with nothing

    assert before == [0, 4, 6]
    assert (second(2), again(1), third(0)) == (0, 2, 3)


def test_whoever_serves_most_is_asked_for_room_once(tmp_path: Path) -> None:
    folders = Folders(data=tmp_path)
    folders.run.mkdir()
    first, second, third = (listener(folders, number) for number in (1, 2, 3))
    for one, here in ((first, 1), (second, 4), (third, 2)):
        one(here)
    third.ask_for_room()

    assert [one.is_asked_for_room() for one in (first, second, third)] == [False, True, False]
    assert not second.is_asked_for_room()
    assert (first(1), second(4), third(2)) == (6, 3, 5)


@pytest.mark.parametrize(
    ("url", "asked", "cores", "listeners"),
    [
        ("postgresql+psycopg://tierread@db/tierread", "0", 1, 1),
        ("postgresql+psycopg://tierread@db/tierread", "0", 3, 1),
        ("postgresql+psycopg://tierread@db/tierread", "0", 4, 2),
        ("postgresql+psycopg://tierread@db/tierread", "0", 64, 4),
        ("postgresql+psycopg://tierread@db/tierread", "6", 2, 6),
        ("sqlite:///tierread.db", "0", 64, 1),
        ("sqlite:///tierread.db", "2", 2, 2),
    ],
)
def test_how_many_there_are(url: str, asked: str, cores: int, listeners: int) -> None:
    settings = load({"TIERREAD_DATABASE_URL": url, "TIERREAD_LISTENERS": asked})

    assert listeners_of(settings, cores) == listeners
