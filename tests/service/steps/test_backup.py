"""The worker makes a backup a day and keeps some."""

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
from service.installation.load_settings import load
from service.steps.backup import NAMES, age_seconds, daily
from storage.database import snapshot


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
        newest = age_seconds(tx, clock.now)

    assert made == [0, *[1, 0] * 4]
    assert len(left) == 2
    assert all(Path(name).match(NAMES) for name in left)
    assert newest == {"newest": 23 * 3600}


def test_without_a_folder_nothing_is_made(house: House) -> None:
    step = daily(replace(house, settings=replace(house.settings, backup_dir=None, backup_hour=0)))

    assert step() == 0
