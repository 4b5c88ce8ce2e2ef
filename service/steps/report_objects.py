"""The objects of reports: the worker makes those that final versions wait for, one at a time, and keeps them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.engine import Connection

from pacs.authoring.keeping import Keeper
from reading.access import report_seals
from reading.audit import SYSTEM
from reading.cases import cases
from reading.context import Context
from reading.report_objects import rows, standing
from reading.report_objects.rows import Wanted
from reading.retention import retention
from reading.signing import papers
from service.installation.house import House
from service.installation.nodes import bytes_of
from service.steps.worker import Step
from service.telemetry.logs import logger
from service.telemetry.metrics import STEP_FAILURES
from service.wiring.report_objects import AlreadyStored, Broken, Made, NothingToMake, made_of
from storage.database import transaction
from storage.index import queries
from storage.index.queries import Entered
from storage.nodes.reader import Bytes

NAME: Final = "write reports as DICOM"
EVERY_SECONDS: Final = 2
BROKEN_AGAIN_AFTER: Final = timedelta(hours=1)
"""Delay after which a version that was not what was signed is looked at again."""


ERASED_BEFORE: Final = "its images were erased while it was made"


class NotEntered(Exception):
    """The index holds our own object for a question: what lies in the study is not what belongs there."""


def writing(house: House, keeper: Keeper) -> Step:
    """A step that makes the objects that wait."""
    bytes_ = bytes_of(house)
    return Step(name=NAME, every_seconds=EVERY_SECONDS, run=lambda: write_next(house, bytes_, keeper), gives_way=True)


def write_next(house: House, bytes_: Bytes, keeper: Keeper) -> int:
    """Make the object that waits the longest; 0 when none is due. What fails waits, and keeps no other waiting."""
    with transaction(house.engine) as tx:
        wanted = rows.take(tx, house.clock())
    if wanted is None:
        return 0
    try:
        _write(house, bytes_, keeper, wanted)
    except Exception as error:  # noqa: BLE001 whatever is wrong with one report is tried again, and seen
        STEP_FAILURES.labels(NAME).inc()
        logger().error("an object of a report was not made", version_id=wanted.version_id, exc_info=error)
        with transaction(house.engine) as tx:
            rows.failed(tx, wanted, house.clock())
    return 1


def _write(house: House, bytes_: Bytes, keeper: Keeper, wanted: Wanted) -> None:
    try:
        made = made_of(house, bytes_, wanted)
        if made.file_digest is not None:
            # Before it can be found: whoever has the file asks whether it was issued here, and no crash comes between.
            with transaction(house.engine) as tx:
                papers.note_file(Context(tx, house.audit, house.clock(), SYSTEM), wanted.version_id, made.file_digest)
        entered = _keep(house, keeper, made)
    except AlreadyStored:
        _settle(house, wanted, Entered.SAME)
    except NothingToMake:
        _settle(house, wanted, Entered.ERASED)
    except Broken as broken:
        with transaction(house.engine) as tx:
            ctx = Context(tx, house.audit, house.clock(), SYSTEM)
            report_seals.raise_alarm(ctx, wanted.version_id, broken.flaws)
            rows.postpone(tx, wanted, house.clock() + BROKEN_AGAIN_AFTER)
    else:
        _settle(house, wanted, entered)


def _keep(house: House, keeper: Keeper, made: Made) -> Entered:
    entered = keeper.keep(made.written, site_id=made.study.site_id, received=made.received, now=house.clock())
    if entered is Entered.HELD:
        raise NotEntered
    return entered


def _settle(house: House, wanted: Wanted, entered: Entered) -> None:
    """Note what became of it, and show it where its version is final still: it was entered hidden."""
    with transaction(house.engine) as tx:
        now = house.clock()
        # Whoever supersedes or withholds the version holds this lock: one of the two sees what the other did.
        cases.lock(tx, wanted.case_id)
        if entered is Entered.ERASED or _erase_with_its_images(house, tx, wanted, now):
            rows.left_out(tx, wanted, now)
        else:
            rows.stored(tx, wanted, now)
        standing.follow(tx, wanted.case_id, now)


def _erase_with_its_images(house: House, tx: Connection, wanted: Wanted, now: datetime) -> bool:
    """Whether its study was erased while it was made: it goes the same way."""
    made = queries.instance_of(tx, wanted.sop_instance_uid)
    study = None if made is None else queries.study_of(tx, made.study_uid)
    if study is None or study.erased_at is None or queries.all_instances_in(tx, study.study_uid):
        return False
    retention.erase(Context(tx, house.audit, now, SYSTEM), study, ERASED_BEFORE, request_id="")
    return True
