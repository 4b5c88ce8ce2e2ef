"""The worker's step of erasure: confirmed requests are carried out, study by study; the command does the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy.engine import Engine

from reading.audit import SYSTEM, Audit
from reading.context import Context
from reading.errors import Stale
from reading.retention import requests
from reading.teaching import removal
from service.installation.house import House
from storage.database import snapshot, transaction
from storage.decisions import erasure
from storage.decisions.erasure import Erasure
from storage.segments import quarantine_files


def erase_step(house: House) -> Callable[[], int]:
    """A step that goes on with every request that is confirmed; answers how many it began or ended.

    Another step writes the bytes out (`service.steps.compact.purge_step`).
    """

    def run() -> int:
        with snapshot(house.engine) as tx:
            waiting = requests.unfinished(tx)
        done = 0
        for one in waiting:
            if one.segments is None:
                take_out(house.engine, house.audit, house.clock, house.folders.spool, one.id)
                done += 1
            done += finish(house.engine, house.audit, house.clock, one.id)
        return done

    return run


def take_out(engine: Engine, audit: Audit, clock: Callable[[], datetime], spool: Path, request_id: str) -> None:
    """Take every study of a request out of the index, each in a transaction: a thousand keep no device waiting."""
    with transaction(engine) as tx:
        request = requests.by_id(tx, request_id)
        try:
            requests.begin(Context(tx, audit, clock(), SYSTEM), request)
        except Stale:
            return
    elsewhere = 0
    for item in request.items:
        if item.outcome:
            continue
        with transaction(engine) as tx:
            ctx = Context(tx, audit, clock(), SYSTEM)
            gone = requests.erase_one(ctx, request, item.study_uid)
            if gone is not None:
                removal.remove_erased(ctx, item.study_uid)
        elsewhere += remove_files(spool, gone) if gone is not None else 0
    segments = [segment_id for _, segment_id, _ in erasure.pending(engine)]
    with transaction(engine) as tx:
        requests.rows_gone(tx, request_id, segments, elsewhere)


def finish(engine: Engine, audit: Audit, clock: Callable[[], datetime], request_id: str) -> bool:
    """End a request once its bytes are written out; whether it ended now."""
    pending = [segment_id for _, segment_id, _ in erasure.pending(engine)]
    try:
        with transaction(engine) as tx:
            return requests.finish(Context(tx, audit, clock(), SYSTEM), requests.by_id(tx, request_id), pending)
    except Stale:  # another worker did in this moment
        return False


def remove_files(spool: Path, erased: Erasure) -> int:
    """Remove refused copies from this node's spool; answers how many lie in another's."""
    elsewhere = 0
    for key in erased.files:
        path = spool / key
        elsewhere += not path.exists()
        path.unlink(missing_ok=True)
        quarantine_files.note_of(path).unlink(missing_ok=True)
    return elsewhere
