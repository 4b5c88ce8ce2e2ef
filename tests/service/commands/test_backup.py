"""`tierread backup` and `restore` say what is and is not in a backup."""

from __future__ import annotations

import stat
from pathlib import Path

from service.steps.backup import NAMES
from tests.running import TierRead


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


def test_what_is_restored_into_a_folder_made_by_hand_is_closed_to_others(tmp_path: Path) -> None:
    tierread = TierRead(tmp_path / "one")
    tierread.admin("org", "list")
    tierread.admin("backup", str(tmp_path / "one.backup"))
    fresh = TierRead(tmp_path / "two")
    fresh.data_dir.mkdir(mode=0o755)
    fresh.admin("restore", str(tmp_path / "one.backup"))

    assert stat.S_IMODE(fresh.data_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE((fresh.data_dir / "tierread.db").stat().st_mode) == 0o600
