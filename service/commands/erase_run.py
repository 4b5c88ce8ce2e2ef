"""What `erase` asks before it makes a request, and how it carries the request out at once, as the worker would."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy.engine import Connection, Engine

from reading.audit import SYSTEM, Audit
from reading.context import Context
from reading.retention import requests, retention
from reading.retention.requests import NamedBy, Request
from service.installation.house import now
from service.installation.installation import Folders
from service.installation.settings import Settings
from service.installation.stores import object_store_of
from service.steps.erase import finish, take_out
from service.telemetry.logs import logger
from storage.database import snapshot, transaction
from storage.decisions import erasure
from storage.index.queries import Study, all_instances_in
from storage.objects.store import StoreAway, StoreRefuses
from storage.rewriting import old_segments
from storage.rewriting.rewrite import Work


def count(tx: Connection, studies: Sequence[Study]) -> int:
    """The images of these studies, hidden ones too."""
    return sum(len(all_instances_in(tx, one.study_uid)) for one in studies)


def named(engine: Engine, name: str, *, open_too: bool) -> tuple[list[Study], int]:
    """The studies that may be erased under this name, and how many images they have.

    Raises:
        NotThere: nothing is called so.
        NotAllowed: they have to stay.

    """
    with snapshot(engine) as tx:
        studies = retention.studies_named(tx, name)
        retention.check(tx, studies, open_too=open_too)
        return studies, count(tx, studies)


def carry_out(  # noqa: PLR0917
    settings: Settings,
    folders: Folders,
    engine: Engine,
    audit: Audit,
    studies: Sequence[Study],
    reason: str,
    *,
    named_by: NamedBy,
    open_too: bool,
) -> tuple[Request, int]:
    """Make a request in the operator's name and carry it out; answers it, and how many segments still hold bytes.

    Raises:
        NotAllowed: a hold forbids it, a reading is not over, or a request of two people names one of them.

    """
    with transaction(engine) as tx:
        ctx = Context(tx, audit, datetime.now(UTC), SYSTEM)
        made = requests.add(ctx, studies, reason, named_by=named_by, open_too=open_too)
    take_out(engine, audit, now, folders.spool, made.id)
    waiting = write_out(settings, folders, engine)
    finish(engine, audit, now, made.id)
    with snapshot(engine) as tx:
        return requests.by_id(tx, made.id), waiting


def write_out(settings: Settings, folders: Folders, engine: Engine) -> int:
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
