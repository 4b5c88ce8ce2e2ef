"""Reads an instance of a test's archive as the server does."""

from __future__ import annotations

from storage.database import snapshot
from storage.index import Instance, instance_of
from storage.objects import FolderObjectStore
from storage.reader import Bytes
from tests.archive import Archive


def bytes_of(archive: Archive, sop_instance_uid: str) -> tuple[Bytes, Instance]:
    with snapshot(archive.engine) as tx:
        found = instance_of(tx, sop_instance_uid)
    assert found is not None
    return Bytes(archive.directory, FolderObjectStore(archive.directory.parent / "objects"), archive.engine), found
