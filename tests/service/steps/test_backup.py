"""`tierread backup` and `restore` say what is and is not in a backup; the worker makes one a day and keeps some."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reading.audit import Audit
from service.installation.heartbeat import Role
from service.installation.house import House, house_of
from service.installation.installation import make_folders
from service.installation.settings import load
from service.steps import backup
from service.steps.backup import NAMES, daily
from storage.database import snapshot
from tests.running import TierRead


@dataclass
class Clock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    settings = load(
        {
            "TIERREAD_DATA_DIR": str(tmp_path / "data"),
            "TIERREAD_BACKUP_DIR": str(tmp_path / "backups"),
            "TIERREAD_BACKUP_HOUR": "3",
            "TIERREAD_BACKUP_KEEP": "2",
        }
    )
    (tmp_path / "backups").mkdir()
    morning = datetime.now().astimezone().replace(hour=2, minute=30)
    with house_of(settings, make_folders(settings), Role.WORKER) as made:
        yield replace(made, clock=Clock(morning.astimezone(UTC)), audit=Audit("tests"))


def test_the_worker_makes_one_a_day_after_its_hour_and_keeps_as_many_as_are_asked_for(
    house: House, tmp_path: Path
) -> None:
    step, clock = daily(house), house.clock
    assert isinstance(clock, Clock)
    (tmp_path / "backups" / ".tierread-20200101-030000.backup.new").write_bytes(b"of one that died")
    made = [step()]
    for _ in range(4):
        clock.now += timedelta(hours=1)
        made += [step(), step()]
        clock.now += timedelta(hours=23)
    left = sorted(path.name for path in (tmp_path / "backups").iterdir())
    with snapshot(house.engine) as tx:
        age = backup.age_seconds(tx, clock.now)

    assert made == [0, *[1, 0] * 4]
    assert len(left) == 2
    assert all(Path(name).match(NAMES) for name in left)
    assert age == {"newest": 23 * 3600}


def test_without_a_folder_nothing_is_made(house: House) -> None:
    step = daily(replace(house, settings=replace(house.settings, backup_dir=None, backup_hour=0)))

    assert step() == 0


def test_the_commands_say_what_is_in_it_and_what_to_do_next(tmp_path: Path) -> None:
    tierread = TierRead(tmp_path / "one")
    tierread.admin("org", "add", "T1", "卫生院", "--level", "township")
    (tmp_path / "backups").mkdir()
    into_folder = tierread.run("backup", str(tmp_path / "backups"))
    small = tierread.admin("backup", str(tmp_path / "small.backup"), "--without-index")
    nowhere = tierread.run("backup", str(tmp_path / "no" / "such" / "folder"))
    (file,) = (tmp_path / "backups").iterdir()
    before = file.read_bytes()
    over_a_backup = tierread.run("backup", str(file))
    over_the_database = tierread.run("backup", str(tierread.data_dir / "tierread.db"))
    not_empty = tierread.run("restore", str(file))
    fresh = TierRead(tmp_path / "two")
    restored = fresh.run("restore", str(file))
    refused = fresh.run("serve")
    rebuilt = fresh.admin("rebuild-index")
    missing = TierRead(tmp_path / "three").run("restore", str(tmp_path / "no.backup"))

    assert into_folder.returncode == 0, into_folder.stderr
    assert "The keys are NOT in it" in into_folder.stdout
    assert file.match(NAMES)
    assert small["with_index"] is False
    assert [one.returncode for one in (nowhere, not_empty, refused, missing)] == [3, 3, 3, 3]
    assert (over_a_backup.returncode, over_the_database.returncode, file.read_bytes()) == (3, 3, before)
    assert "there already" in over_the_database.stderr
    assert "not empty" in not_empty.stderr
    assert restored.returncode == 0, restored.stderr
    assert "tierread rebuild-index" in restored.stdout
    assert "rebuild-index" in refused.stderr
    assert rebuilt["without_people"] is False
    assert [one["code"] for one in fresh.admin("org", "list")] == ["T1"]
