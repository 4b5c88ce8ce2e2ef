"""The objects of reports: the worker makes those that final versions wait for, one at a time, and keeps them."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pacs.authoring.keeping import Keeper
from reading.access import report_seals
from reading.audit import SYSTEM
from reading.cases import cases
from reading.context import Context
from reading.report_objects import rows, standing
from reading.report_objects.rows import AGAIN_AFTER, Wanted
from reading.signing import papers
from service.installation.house import House
from service.installation.nodes import bytes_of
from service.steps.worker import Step
from service.telemetry.logs import logger
from service.telemetry.metrics import STEP_FAILURES
from service.wiring.report_objects import AlreadyStored, Broken, Made, NothingToMake, made_of
from storage.database import transaction
from storage.index.queries import Entered
from storage.nodes.reader import Bytes

NAME: Final = "write reports as DICOM"
EVERY_SECONDS: Final = 2
BROKEN_AGAIN_AFTER: Final = timedelta(hours=1)
"""Delay after which a version that was not what was signed is looked at again."""


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
            rows.postpone(tx, wanted, house.clock() + AGAIN_AFTER)
    return 1


def _write(house: House, bytes_: Bytes, keeper: Keeper, wanted: Wanted) -> None:
    try:
        made = made_of(house, bytes_, wanted)
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
        _settle(house, wanted, entered, made.file_digest)


def _keep(house: House, keeper: Keeper, made: Made) -> Entered:
    entered = keeper.keep(made.written, site_id=made.study.site_id, received=made.received, now=house.clock())
    if entered is Entered.HELD:
        raise NotEntered
    return entered


def _settle(house: House, wanted: Wanted, entered: Entered, file_digest: bytes | None = None) -> None:
    with transaction(house.engine) as tx:
        now = house.clock()
        # Whoever supersedes or withholds the version holds this lock: one of the two sees what the other did.
        cases.lock(tx, wanted.case_id)
        if entered is Entered.ERASED:
            rows.left_out(tx, wanted, now)
        else:
            rows.stored(tx, wanted, now)
        if file_digest is not None:
            papers.note_file(Context(tx, house.audit, now, SYSTEM), wanted.version_id, file_digest)
        standing.follow(tx, wanted.case_id, now)
