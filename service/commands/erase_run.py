"""What `erase` asks before, and the files and bytes that it removes after, the images left the index."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.engine import Connection, Engine

from reading.retention import retention
from service.installation.house import now
from service.installation.installation import Folders
from service.installation.settings import Settings
from service.installation.stores import object_store_of
from service.telemetry.logs import logger
from storage.database import snapshot
from storage.decisions import erasure
from storage.decisions.erasure import Erasure
from storage.index.queries import Study, all_instances_in
from storage.objects.store import StoreAway, StoreRefuses
from storage.rewriting import old_segments
from storage.rewriting.rewrite import Work
from storage.segments import quarantine_files


def count(tx: Connection, studies: Sequence[Study]) -> int:
    """The images of these studies, hidden ones too."""
    return sum(len(all_instances_in(tx, one.study_uid)) for one in studies)


def remove_files(folders: Folders, erased: Erasure) -> int:
    """Remove refused copies from this node's spool; answers how many lie in another's."""
    elsewhere = 0
    for key in erased.files:
        path = folders.spool / key
        elsewhere += not path.exists()
        path.unlink(missing_ok=True)
        quarantine_files.note_of(path).unlink(missing_ok=True)
    return elsewhere


def finish(settings: Settings, folders: Folders, engine: Engine) -> int:
    """Write what was erased out of the object store, as far as it can be done now; answers how many segments wait."""
    work = Work(
        engine=engine,
        spool_dir=folders.spool,
        store=object_store_of(settings),
        node=settings.node,
        clock=now,
    )
    try:
        while erasure.purge(work):
            pass
        while old_segments.remove_retired(engine, work.store, now()):
            pass
    except (StoreAway, StoreRefuses, ExceptionGroup) as failure:
        # The worker goes on with it; whoever asked hears how much is left.
        logger().warning("bytes of what was erased are still stored", reason=type(failure).__name__)
    return len(erasure.pending(engine))


def named(engine: Engine, name: str, *, open_too: bool) -> tuple[list[Study], int]:
    """The studies that may be erased under this name, and how many images they have.

    Raises:
        NotThere: nothing is called so.
        NotAllowed: they have to stay.

    """
    with snapshot(engine) as tx:
        studies = retention.studies_named(tx, name)
        for one in studies:
            retention.check(tx, one, open_too=open_too)
        return studies, count(tx, studies)
