"""The object store that the settings name: with a lock where the bucket locks, and a cache where it is far away."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.installation.installation import CannotStart
from service.installation.load_settings import WrongSettings, load
from service.installation.settings import Settings
from service.installation.stores import cache_of, check_lock, object_store_of
from storage.objects.block_cache import BlockCache
from tests.running import TierRead
from tests.seaweedfs import SeaweedFS


def settings_of(s3: SeaweedFS, folder: Path, **more: str) -> Settings:
    return load({**s3.settings("stores"), "TIERREAD_DATA_DIR": str(folder), **more})


def test_a_bucket_without_locks_ends_the_start_of_whoever_asks_for_them(s3: SeaweedFS, tmp_path: Path) -> None:
    settings = settings_of(s3, tmp_path, TIERREAD_S3_RETENTION_DAYS="30")
    with pytest.raises(CannotStart, match="without object lock"):
        check_lock(settings, object_store_of(settings))
    tierread = TierRead(tmp_path / "house", settings={**s3.settings("stores"), "TIERREAD_S3_RETENTION_DAYS": "30"})
    ended = tierread.run("serve", "--role", "worker")

    assert ended.returncode == 3
    assert "TIERREAD_S3_RETENTION_DAYS" in ended.stderr


def test_a_server_that_is_away_keeps_nobody_from_starting(s3: SeaweedFS, tmp_path: Path) -> None:
    settings = settings_of(s3, tmp_path, TIERREAD_S3_RETENTION_DAYS="30", TIERREAD_S3_ENDPOINT="http://127.0.0.1:1")

    check_lock(settings, object_store_of(settings))


def test_a_folder_cannot_lock() -> None:
    with pytest.raises(WrongSettings) as raised:
        load({"TIERREAD_S3_RETENTION_DAYS": "30"})

    assert [each.where for each in raised.value.problems] == ["TIERREAD_S3_RETENTION_DAYS"]


def test_a_cache_stands_in_front_of_a_bucket_alone(s3: SeaweedFS, tmp_path: Path) -> None:
    folder, far = load({"TIERREAD_DATA_DIR": str(tmp_path)}), settings_of(s3, tmp_path)
    without = settings_of(s3, tmp_path, TIERREAD_CACHE_MIB="0")
    (tmp_path / "file").touch()
    unfit = settings_of(s3, tmp_path, TIERREAD_CACHE_DIR=str(tmp_path / "file" / "cache"))

    assert cache_of(folder, object_store_of(folder)) is None
    assert cache_of(without, object_store_of(without)) is None
    assert isinstance(cache_of(far, object_store_of(far)), BlockCache)
    with pytest.raises(CannotStart, match="cache folder"):
        cache_of(unfit, object_store_of(unfit))
