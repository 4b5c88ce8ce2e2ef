"""Reports of storage commitments, sent to devices on the association of the request, or by a call once that is gone."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from pacs.dimse.peer import Unreachable, open_association
from pacs.dimse.service import Service
from pacs.service_classes.commitment import Conversation, Delivery, Report, StorageCommitment, proposal, send_report
from reading.register import devices
from reading.register.devices import Device
from service.installation.house import House
from service.telemetry.logs import logger
from service.telemetry.metrics import COMMITMENT_REPORTS
from service.wiring.commitment import HOLD
from service.wiring.peers import peer_of
from storage.commitment import requests, unsent_reports
from storage.commitment.unsent_reports import UnsentReport
from storage.database import snapshot, transaction

EVERY_SECONDS: Final = 0.5
RENEW_EVERY: Final = HOLD / 3
AFTER_FAILURE_SECONDS: Final = 5.0
QUIET_SECONDS: Final = 1.0
"""A device that asked and then releases at once is not talked to in between: old ones would be confused."""
KEEP_SECONDS: Final = 5.0
"""Silence after which a waiting device's association is kept alive."""
ANSWER_SECONDS: Final = 15.0
AT_ONCE: Final = 10
"""Reports that one conversation with a device carries."""
TELL_LEASE: Final = timedelta(minutes=5)
"""Longer than all reports of a conversation take, so that no other node sends them meanwhile."""
FIRST_DELAY: Final = timedelta(seconds=30)
LONGEST_DELAY: Final = timedelta(hours=1)
GIVE_UP_AFTER: Final = timedelta(days=4)
"""Township lines are gone for three days at times."""
CALLS_AT_ONCE: Final = 4
BATCH: Final = 200
QUERY_RETRIEVE: Final = "1.2.840.10008.5.1.4.1.2.2.2"
"""Study Root MOVE: where it is served, devices are told that they can fetch from us what we committed to."""

NO_PORT: Final = "no_port"
"""The device's entry has no port or no single address: it hears its reports when it calls."""
ENDED: Final = "ended"


def delay(attempts: int) -> timedelta:
    """The pause after so many failed attempts."""
    return min(FIRST_DELAY * 2 ** min(attempts, 16), LONGEST_DELAY)


@dataclass(frozen=True, kw_only=True)
class _Errand:
    """Reports for one device, and the conversation that carries them, if one stands."""

    device: Device | None
    reports: Sequence[UnsentReport]
    conversation: Conversation | None


class Reporter:
    """One thread of the listener's process that looks for reports, and a few that deliver them, one a device."""

    def __init__(self, house: House, services: Sequence[Service]) -> None:
        self._house = house
        self._service = next(one for one in services if isinstance(one, StorageCommitment))
        fetched = any(QUERY_RETRIEVE in one.sop_classes for one in services)
        self._retrieve_ae_title = house.settings.ae_title if fetched else ""
        self._node = house.holder
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="commitment-reports")
        self._pool = ThreadPoolExecutor(CALLS_AT_ONCE, "commitment-call")
        self._lock = threading.Lock()
        self._busy: set[str] = set()
        """Devices that are being told something."""
        self._asked_at: dict[str, datetime] = {}
        """When a request was first seen on an association of ours."""
        self._renewed_at: datetime | None = None

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finish what is being said; what is left is told after the next start."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._pool.shutdown(cancel_futures=True)

    def _run(self) -> None:
        pause = EVERY_SECONDS
        while not self._stop.wait(pause):
            try:
                self._look(self._house.clock())
                pause = EVERY_SECONDS
            except Exception as error:  # noqa: BLE001 the database may be away; what is not told stays a row
                logger().error("commitments could not be looked for", exc_info=error)
                pause = AFTER_FAILURE_SECONDS

    def _look(self, now: datetime) -> None:
        conversations = self._service.conversations()
        self._keep(conversations, now)
        standing = [one for one in conversations if one.open]
        here = {one.caller.sender.device_id for one in standing}
        with snapshot(self._house.engine) as tx:
            waiting = unsent_reports.due(tx, self._node, now, devices_here=here, limit=BATCH)
            by_device: dict[str, list[UnsentReport]] = {}
            for one in waiting:
                by_device.setdefault(one.device_id, []).append(one)
            known = {device_id: devices.by_id(tx, device_id) for device_id in by_device}
        for device_id, reports in by_device.items():
            with self._lock:
                if device_id in self._busy:
                    continue
            theirs = [one for one in standing if one.caller.sender.device_id == device_id]
            for errand in errands(known[device_id], reports, theirs, now):
                self._send(device_id, errand, now)

    def _send(self, device_id: str, errand: _Errand, now: datetime) -> None:
        with transaction(self._house.engine) as tx:
            ours = unsent_reports.lease(tx, [one.id for one in errand.reports], self._node, now, now + TELL_LEASE)
        if not ours:
            return
        reports = [one for one in errand.reports if one.id in ours]
        with self._lock:
            self._busy.add(device_id)
        self._pool.submit(self._deliver, device_id, replace(errand, reports=reports)).add_done_callback(_log_failure)

    def _deliver(self, device_id: str, errand: _Errand) -> None:
        try:
            if errand.conversation is not None:
                self._tell_here(errand.reports, errand.conversation)
            else:
                self._call(errand)
        except Exception as error:  # noqa: BLE001 of this device; it is tried again
            logger().error("a device could not be told of its commitments", device_id=device_id, exc_info=error)
            for one in errand.reports:
                self._postpone(one, "failed")
        finally:
            with self._lock:
                self._busy.discard(device_id)

    def _tell_here(self, reports: Sequence[UnsentReport], here: Conversation) -> None:
        for one in reports:
            became = here.send_report(self._report(one), ANSWER_SECONDS) if here.open else Delivery.SILENT
            if became is Delivery.DELIVERED:
                here.asked.discard(one.id)
                self._delivered(one)
            else:  # it let go, or has nobody who listens here: it is called at once
                self._postpone(one, became, at_once=True)

    def _call(self, errand: _Errand) -> None:
        device = errand.device
        peer = peer_of(device, self._house.certificates) if device is not None and device.until is None else None
        if device is None or peer is None:
            for one in errand.reports:
                self._postpone(one, NO_PORT if device is not None and device.until is None else ENDED)
            return
        contexts, roles = proposal()
        try:
            with open_association(
                self._house.settings.ae_title, peer, contexts, roles=roles, seconds=ANSWER_SECONDS
            ) as there:
                for one in errand.reports:
                    became = send_report(there, self._report(one)) if there.is_established else Delivery.SILENT
                    if became is Delivery.DELIVERED:
                        self._delivered(one)
                    else:
                        self._postpone(one, became)
        except Unreachable as unreachable:
            for one in errand.reports:
                self._postpone(one, unreachable.failure)

    def _report(self, one: UnsentReport) -> Report:
        with snapshot(self._house.engine) as tx:
            outcomes = requests.outcomes(tx, one.id)
        return Report(transaction_uid=one.transaction_uid, outcomes=outcomes, retrieve_ae_title=self._retrieve_ae_title)

    def _delivered(self, one: UnsentReport) -> None:
        with transaction(self._house.engine) as tx:
            unsent_reports.note_sent(tx, one.id, self._house.clock())
        COMMITMENT_REPORTS.labels(Delivery.DELIVERED).inc()

    def _postpone(self, one: UnsentReport, failure: str, *, at_once: bool = False) -> None:
        now = self._house.clock()
        next_at = now if at_once else now + delay(one.attempts)
        given_up_at = now if next_at - one.decided_at > GIVE_UP_AFTER else None
        with transaction(self._house.engine) as tx:
            unsent_reports.postpone(tx, one.id, failure, next_at=next_at, given_up_at=given_up_at)
        COMMITMENT_REPORTS.labels("given_up" if given_up_at else failure).inc()

    def _keep(self, conversations: Sequence[Conversation], now: datetime) -> None:
        """While a device stands on the association where it asked, it is told there and by this node."""
        asked = {one: frozenset(one.asked) for one in conversations if one.open}
        for one, asked_here in asked.items():
            since = min((self._asked_at.setdefault(each, now) for each in asked_here), default=None)
            if since is not None and now - since < self._hold and one.quiet_seconds > KEEP_SECONDS:
                one.keep()
        standing = frozenset[str]().union(*asked.values())
        ended = self._asked_at.keys() - standing
        if ended:
            with transaction(self._house.engine) as tx:
                unsent_reports.release(tx, ended, self._node)
            for each in ended:
                del self._asked_at[each]
        if standing and (self._renewed_at is None or now - self._renewed_at >= RENEW_EVERY):
            with transaction(self._house.engine) as tx:
                held = unsent_reports.lease(tx, standing, self._node, now, now + HOLD)
            for one in asked:
                one.asked.difference_update(standing - held)  # told, in whatever way
            self._renewed_at = now

    @property
    def _hold(self) -> timedelta:
        return timedelta(seconds=self._house.settings.commitment_hold_seconds)


def _log_failure(done: Future[None]) -> None:
    if not done.cancelled() and done.exception() is not None:
        logger().error("it could not be noted what a device was told", exc_info=done.exception())


def errands(
    device: Device | None, reports: Sequence[UnsentReport], standing: Sequence[Conversation], now: datetime
) -> list[_Errand]:
    """How a device is told: where it asked; else by a call; one that cannot be called, wherever it talks to us."""
    by_request = {request: one for one in standing for request in frozenset(one.asked)}
    can_be_called = device is not None and device.until is None and devices.called_at(device) is not None
    anywhere = None if can_be_called or not standing else standing[0]
    made: dict[Conversation | None, list[UnsentReport]] = {}
    for report in reports:
        conversation = by_request.get(report.id, anywhere)
        if conversation is None and report.next_at > now:
            continue  # it is called when its turn comes
        if conversation is not None and conversation.quiet_seconds < QUIET_SECONDS:
            continue
        made.setdefault(conversation, []).append(report)
    found = [_Errand(device=device, reports=theirs[:AT_ONCE], conversation=where) for where, theirs in made.items()]
    return found[:1]  # one at a time; the others are found again at the next look
