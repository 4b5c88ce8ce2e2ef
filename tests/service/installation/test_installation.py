"""What a start does about a data folder that others can read."""

from __future__ import annotations

from pathlib import Path
from stat import S_IMODE

import pytest

from service.installation.installation import CannotStart, make_folders
from service.installation.settings import Settings
from storage.database import connect
from storage.schema import is_founded, migrate
from tests.postgresql import Cluster

PARTS = ("tierread.db", "tierread.db-wal", "tierread.db-shm", "tierread.db-journal")


def test_what_a_version_before_left_open_to_others_is_closed_at_the_start(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for name in PARTS:
        (data / name).touch()
        (data / name).chmod(0o644)
    data.chmod(0o755)
    make_folders(Settings(data_dir=data))

    assert S_IMODE(data.stat().st_mode) == 0o700
    assert {name: S_IMODE((data / name).stat().st_mode) for name in PARTS} == dict.fromkeys(PARTS, 0o600)


def test_a_database_outside_the_data_folder_is_closed_as_well(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.db"
    elsewhere.touch()
    elsewhere.chmod(0o644)
    make_folders(Settings(data_dir=tmp_path / "data", database_url=f"sqlite:///{elsewhere}"))

    assert S_IMODE(elsewhere.stat().st_mode) == 0o600


def test_a_command_that_finds_no_installation_says_where_it_looked_and_makes_none(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")

    with pytest.raises(CannotStart, match="no installation") as refused:
        make_folders(settings, demo=None)

    assert "TIERREAD_DATA_DIR" in refused.value.remedy
    assert list(tmp_path.iterdir()) == []
    make_folders(settings)
    make_folders(settings, demo=None)


def test_a_command_makes_no_installation_in_an_empty_database_of_a_server(tmp_path: Path, cluster: Cluster) -> None:
    url = cluster.empty_database()
    settings = Settings(data_dir=tmp_path / "data", database_url=url)

    with pytest.raises(CannotStart, match="it is empty") as refused:
        make_folders(settings, demo=None)

    assert "tierread serve" in refused.value.remedy
    assert list(tmp_path.iterdir()) == []
    engine = connect(url)
    assert not is_founded(engine)
    migrate(engine)
    engine.dispose()
    make_folders(settings, demo=None)
    cluster.drop(url)
