"""Reads an instance of a test's archive as the server does."""

from __future__ import annotations

from storage.database import snapshot
from storage.index.queries import Instance, instance_of
from storage.nodes.reader import Bytes
from storage.objects.store import FolderObjectStore
from tests.archive import Archive


def bytes_of(archive: Archive, sop_instance_uid: str) -> tuple[Bytes, Instance]:
    with snapshot(archive.engine) as tx:
        found = instance_of(tx, sop_instance_uid)
    assert found is not None
    return Bytes(archive.directory, FolderObjectStore(archive.directory.parent / "objects"), archive.engine), found
