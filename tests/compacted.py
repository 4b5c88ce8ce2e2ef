"""Describes, stores and compacts all that an archive of a test has received, as the worker does within hours."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from pacs.arriving.describe import describe_pending
from pacs.pixels.permanent_htj2k import recode
from storage import tables
from storage.database import snapshot
from storage.keeping.shipping import ship
from storage.nodes.reader import Bytes
from storage.objects.store import FolderObjectStore
from storage.rewriting.rewrite import NothingGained, RewriteOutcome, Work, rewrite
from tests.archive import Archive


def store_of(archive: Archive) -> FolderObjectStore:
    return FolderObjectStore(archive.directory.parent / "objects")


def now() -> datetime:
    return datetime.now(UTC)


def stored(archive: Archive) -> None:
    """Everything is described and in the object store."""
    while describe_pending(archive.engine, Bytes(archive.directory, store_of(archive), archive.engine)):
        pass
    archive.spool.close()
    while ship(archive.engine, archive.directory, store_of(archive), now()):
        pass


def compact(archive: Archive) -> list[RewriteOutcome]:
    """Each study's segments become one."""
    stored(archive)
    segment = tables.segment.c
    with snapshot(archive.engine) as tx:
        there = tx.execute(sa.select(segment.study_uid, segment.id).where(segment.state == "stored")).all()
    work = Work(engine=archive.engine, spool_dir=archive.directory, store=store_of(archive), node="node", clock=now)
    done: list[RewriteOutcome] = []
    for study_uid in sorted({row.study_uid for row in there}):
        ids = [row.id for row in there if row.study_uid == study_uid]
        try:
            done.append(rewrite(work, study_uid, ids, recode=recode))
        except NothingGained:
            continue
    return done
