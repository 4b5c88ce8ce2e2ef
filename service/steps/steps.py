"""The worker's steps: what is done by itself, and how often."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from sqlalchemy.engine import Connection

from pacs.arriving.describe import Description, describe_pending
from pacs.arriving.rejection_note import KEY_OBJECT_SELECTION, rejection_note
from pacs.arriving.settle_held import settle_held
from pacs.dataset.header_members import Members
from reading.administrators import audit_checks
from reading.alerts import climbing
from reading.audit import SYSTEM
from reading.context import Context
from reading.double_reading import consensus, readings
from reading.intake import arrival_end, awaiting, identity, intake, rejections
from reading.intake.rejections import Note, Title
from reading.overdue import rerouting
from reading.patients import patients
from reading.queue import assigning, leases
from reading.referral import sending
from reading.sessions import attempts, half_sessions
from reading.telephones import codes
from service.installation.house import House
from service.installation.nodes import SHIP_SECONDS, TRIM_SECONDS, bytes_of, shipping, ships, trimming
from service.steps.anchor import Anchoring, places_of
from service.steps.arrivals import Arrivals
from service.steps.audit_collector import collecting
from service.steps.backup import daily
from service.steps.broken_reports import tell_of_broken_reports
from service.steps.compact import compact_step, purge_step, tidy_step
from service.steps.erase import erase_step
from service.steps.forward import Forwarder
from service.steps.messages import Messenger
from service.steps.numbers import count_changes, sum_up
from service.steps.upkeep import Upkeep
from service.steps.worker import Step
from service.telemetry.logs import logger
from service.telemetry.metrics import STEP_FAILURES
from storage.commitment import verdicts
from storage.commitment.verdicts import Patience
from storage.database import snapshot, transaction
from storage.index import spelling
from storage.index.queries import Instance
from storage.nodes.reader import Bytes

ANCHOR_SECONDS: Final = 5
"""How often it is asked whether an anchor is due."""
AT_ONCE: Final = 200
"""Cases that are compared, or names that are spelled, in one go."""


def of(house: House, stop: threading.Event) -> list[Step]:
    """The steps of a worker; the long ones end early once ``stop`` is set."""
    bytes_ = bytes_of(house)
    upkeep = Upkeep(house, stop)
    forwarder = Forwarder(house, bytes_)
    messenger = Messenger(house)
    sends = Step(name="send the audit", every_seconds=2, run=collecting(house))
    return [
        *([sends] if house.settings.audit_collector else []),
        Step(name="intake", every_seconds=0.5, run=_intake(house)),
        Step(name="compare identities", every_seconds=1, run=_compare_identities(house), gives_way=True),
        Step(name="spell names", every_seconds=60, run=_in_transaction(house, _spell), gives_way=True),
        Step(name="end arriving", every_seconds=1, run=_in_transaction(house, _end_arriving(house))),
        Step(name="earlier images", every_seconds=5, run=_in_transaction(house, _look_for_priors(house))),
        Step(name="first readings", every_seconds=15, run=_in_transaction(house, _finalise(house))),
        Step(name="end conferring", every_seconds=15, run=_in_transaction(house, _end_conferring(house))),
        Step(name="expire leases", every_seconds=2, run=_in_transaction(house, _expire(house))),
        Step(name="end referrals", every_seconds=60, run=_in_transaction(house, _end_referrals(house))),
        Step(name="re-route", every_seconds=5, run=_in_transaction(house, _reroute(house))),
        Step(name="assign", every_seconds=2, run=_in_transaction(house, _assign(house))),
        Step(name="climb", every_seconds=5, run=_in_transaction(house, _climb(house))),
        Step(name="ask about read-backs", every_seconds=15, run=_in_transaction(house, _ask(house))),
        Step(name="remind of disposal", every_seconds=60, run=_in_transaction(house, _remind(house))),
        Step(name="describe", every_seconds=1, run=_describe(house, bytes_)),
        Step(name="settle", every_seconds=5, run=_settle(house, bytes_)),
        Step(name="ship", every_seconds=SHIP_SECONDS, run=shipping(house, ships(house))),
        Step(name="trim the cache", every_seconds=TRIM_SECONDS, run=trimming(house)),
        Step(name="commit", every_seconds=1, run=_commit(house)),
        Step(name="compact", every_seconds=30, run=compact_step(house, stop)),
        Step(name="erase", every_seconds=2, run=erase_step(house)),
        Step(name="write out what was erased", every_seconds=10, run=purge_step(house)),
        Step(name="remove what was replaced", every_seconds=60, run=tidy_step(house)),
        Step(name="plan forwarding", every_seconds=5, run=forwarder.plan),
        Step(name="forward", every_seconds=2, run=forwarder.deliver),
        Step(name="address messages", every_seconds=1, run=messenger.address),
        Step(name="send messages", every_seconds=1, run=messenger.deliver),
        Step(name="forget messages", every_seconds=3600, run=messenger.forget),
        Step(name="count", every_seconds=5, run=lambda: count_changes(house), gives_way=True),
        Step(name="sum up", every_seconds=10, run=lambda: sum_up(house), gives_way=True),
        Step(name="anchor", every_seconds=ANCHOR_SECONDS, run=Anchoring(house).run, gives_way=True),
        Step(name="check the audit", every_seconds=5, run=_check_audit(house), gives_way=True),
        Step(name="tell of broken reports", every_seconds=5, run=lambda: tell_of_broken_reports(house)),
        Step(name="back up", every_seconds=60, run=daily(house)),
        Step(name="forget what was forwarded", every_seconds=3600, run=forwarder.forget),
        Step(name="forget failed proofs", every_seconds=3600, run=_in_transaction(house, _forget_proofs(house))),
        Step(name="copy", every_seconds=5, run=upkeep.copy, gives_way=True),
        Step(name="copy decisions", every_seconds=60, run=upkeep.copy_decisions, gives_way=True),
        Step(name="verify", every_seconds=60, run=upkeep.verify, gives_way=True),
        Step(name="sweep", every_seconds=3600, run=upkeep.sweep, gives_way=True),
    ]


def _intake(house: House) -> Callable[[], int]:
    arrivals = Arrivals()

    def run() -> int:
        with snapshot(house.engine) as tx:
            waiting = arrivals.waiting(tx, house.clock())
        taken = 0
        for study in waiting:
            # One transaction each: a study that cannot be taken in keeps none of the others waiting.
            try:
                with transaction(house.engine) as tx:
                    intake.take_in(Context(tx, house.audit, house.clock(), SYSTEM), house.keys, study)
                    rejections.catch_up(Context(tx, house.audit, house.clock(), SYSTEM), house.keys, study.study_uid)
            except Exception as error:  # noqa: BLE001 whatever is wrong with it is tried again, and seen
                arrivals.postpone(study, house.clock())
                STEP_FAILURES.labels("intake").inc()
                logger().error("a study could not be taken in", exc_info=error)
            else:
                arrivals.taken_in(study)
                taken += 1
        return taken

    return run


def _compare_identities(house: House) -> Callable[[], int]:
    """Compares cases of before this was done with their persons, the newest first, each in its own transaction."""

    def run() -> int:
        with snapshot(house.engine) as tx:
            waiting = identity.unchecked(tx, AT_ONCE)
        compared = 0
        for case_id in waiting:
            try:
                with transaction(house.engine) as tx:
                    identity.judge(Context(tx, house.audit, house.clock(), SYSTEM), case_id)
            except Exception as error:  # noqa: BLE001 it stays closed to its patient, is tried again, and is seen
                STEP_FAILURES.labels("compare identities").inc()
                logger().error("the images of a case could not be compared with its person", exc_info=error)
            else:
                compared += 1
        return compared

    return run


def _end_arriving(house: House) -> Callable[[Connection], int]:
    return lambda tx: arrival_end.end_arriving(tx, house.clock(), house.settings.quiet_seconds)


def _look_for_priors(house: House) -> Callable[[Connection], int]:
    return lambda tx: awaiting.look(Context(tx, house.audit, house.clock(), SYSTEM))


def _finalise(house: House) -> Callable[[Connection], int]:
    return lambda tx: readings.finalise_due(Context(tx, house.audit, house.clock(), SYSTEM))


def _end_conferring(house: House) -> Callable[[Connection], int]:
    return lambda tx: consensus.end_due(Context(tx, house.audit, house.clock(), SYSTEM))


def _expire(house: House) -> Callable[[Connection], int]:
    return lambda tx: leases.expire(Context(tx, house.audit, house.clock(), SYSTEM))


def _end_referrals(house: House) -> Callable[[Connection], int]:
    return lambda tx: sending.lapse(Context(tx, house.audit, house.clock(), SYSTEM))


def _reroute(house: House) -> Callable[[Connection], int]:
    return lambda tx: rerouting.reroute(Context(tx, house.audit, house.clock(), SYSTEM))


def _assign(house: House) -> Callable[[Connection], int]:
    return lambda tx: assigning.assign(Context(tx, house.audit, house.clock(), SYSTEM))


def _climb(house: House) -> Callable[[Connection], int]:
    return lambda tx: climbing.climb(Context(tx, house.audit, house.clock(), SYSTEM))


def _ask(house: House) -> Callable[[Connection], int]:
    return lambda tx: climbing.ask(Context(tx, house.audit, house.clock(), SYSTEM))


def _remind(house: House) -> Callable[[Connection], int]:
    return lambda tx: climbing.remind(Context(tx, house.audit, house.clock(), SYSTEM))


def _spell(tx: Connection) -> int:
    return patients.spell(tx, AT_ONCE) + spelling.spell(tx, AT_ONCE)


def _forget_proofs(house: House) -> Callable[[Connection], int]:
    def run(tx: Connection) -> int:
        now = house.clock()
        return attempts.forget(tx, now) + half_sessions.forget(tx, now) + codes.forget(tx, now)

    return run


def _check_audit(house: House) -> Callable[[], int]:
    return lambda: audit_checks.run_next(places_of(house), house.seal.public_key, house.audit, house.clock)


def _describe(house: House, bytes_: Bytes) -> Callable[[], int]:
    members = Members()

    def told(tx: Connection, instance: Instance, description: Description) -> None:
        if instance.sop_class_uid != KEY_OBJECT_SELECTION:
            return
        found = rejection_note(description.instance)
        if found is not None:
            note = Note(
                note_uid=instance.sop_instance_uid,
                title=Title(found.title),
                site_id=instance.site_id,
                device_id=instance.device_id,
                received_at=instance.received_at,
                sop_instance_uids=found.sop_instance_uids,
            )
            rejections.take(Context(tx, house.audit, house.clock(), SYSTEM), house.keys, note)

    return lambda: describe_pending(house.engine, bytes_, on_described=told, members=members)


def _settle(house: House, bytes_: Bytes) -> Callable[[], int]:
    def run() -> int:
        settled = settle_held(house.engine, bytes_, house.clock)
        return settled.duplicates + settled.conflicts

    return run


def _commit(house: House) -> Callable[[], int]:
    patience = Patience(
        stragglers=timedelta(seconds=house.settings.commitment_straggler_seconds),
        put=timedelta(seconds=house.settings.commitment_deadline_seconds),
    )

    def run() -> int:
        looked = verdicts.look(house.engine, house.object_store, house.clock(), patience)
        if looked is None:
            return 0
        for damage in looked.damages:
            logger().error(
                "the object store gives back other bytes than were stored",
                segment_id=damage.segment_id,
                offset=damage.offset,
            )
        return 1  # another may wait

    return run


def _in_transaction(house: House, step: Callable[[Connection], int]) -> Callable[[], int]:
    def run() -> int:
        with transaction(house.engine) as tx:
            return step(tx)

    return run
