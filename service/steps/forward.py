"""Sends studies on as the forwarding rules say: plans what is ready, and delivers one study at a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

from pacs.dicomweb.stow_client import ServerAway, StowTarget
from pacs.dimse.fragments import paused_reactor
from pacs.dimse.peer import Unreachable, open_association
from pacs.dimse.storage_scu import SUCCESS, WARNINGS, AssociationLost, StorageScu, proposals
from pacs.leaving.corrections import Correction
from pacs.leaving.placement import correction_of
from pacs.leaving.visible_study import NotVisible, VisibleStudy
from pacs.pixels.opened import StoredInstance
from reading.actions import Action
from reading.forwarding import jobs, rules
from reading.forwarding.addresses import is_allowed
from reading.forwarding.jobs import Job
from reading.forwarding.rules import Rule
from reading.kinds import DeviceRight
from reading.register import device_rights, devices
from reading.viewers import Machine
from service.installation.house import House
from service.telemetry.logs import logger
from service.telemetry.metrics import FORWARDED
from service.wiring.queries import destination_at
from service.wiring.study_access import Looks
from storage.database import snapshot, transaction
from storage.index.queries import Exact, Part, search_parts, seen_instance
from storage.nodes.reader import Bytes

KEEP_EVERY_SECONDS: Final = 60.0
MANY: Final = 1_000_000


class _Stopped(Exception):
    """Why a job does not go on now; ``away`` where nobody answers at all."""

    def __init__(self, failure: str, *, away: bool = False) -> None:
        super().__init__(failure)
        self.failure = failure
        self.away = away


class Forwarder:
    def __init__(self, house: House, bytes_: Bytes) -> None:
        self._house = house
        self._bytes = bytes_
        self._looks = Looks(house)

    def plan(self) -> int:
        """Make a job for each study that is ready."""
        now = self._house.clock()
        quiet = timedelta(seconds=self._house.settings.quiet_seconds)
        with snapshot(self._house.engine) as tx:
            valid = rules.valid(tx, now)
        planned = 0
        for rule in valid:
            with transaction(self._house.engine) as tx:
                planned += jobs.plan(tx, rule, now, quiet)
        return planned

    def forget(self) -> int:
        with transaction(self._house.engine) as tx:
            return jobs.forget(tx, self._house.clock())

    def deliver(self) -> int:
        """Deliver one job as far as it goes; 0 when none is due."""
        with transaction(self._house.engine) as tx:
            claimed = jobs.claim(tx, self._house.clock())
        if claimed is None:
            return 0
        job, rule = claimed
        try:
            self._deliver(job, rule)
        except _Stopped as stopped:
            logger().warning("forwarding stopped", job_id=job.id, rule_id=rule.id, reason=stopped.failure)
            self._fail(job, stopped)
        except Exception as error:  # noqa: BLE001 whatever is wrong with one study is seen, and keeps no other waiting
            logger().error("forwarding failed", job_id=job.id, rule_id=rule.id, exc_info=error)
            self._fail(job, _Stopped("unforeseen"))
        else:
            with transaction(self._house.engine) as tx:
                jobs.finish(tx, job, self._house.clock())
        return 1

    def _fail(self, job: Job, stopped: _Stopped) -> None:
        with transaction(self._house.engine) as tx:
            jobs.fail(tx, job, stopped.failure, self._house.clock(), away=stopped.away)

    def _deliver(self, job: Job, rule: Rule) -> None:
        with snapshot(self._house.engine) as tx:
            now = self._house.clock()
            entitled = rule.device_id is None or DeviceRight.RETRIEVE in device_rights.of(tx, rule.device_id, now)
            if not rules.may_receive(tx, rule, now) or not entitled:
                raise _Stopped("not_allowed")
        # The receiver sees what the site sees: nothing that is withheld, everything as it was corrected.
        viewer = Machine(device_id=rule.device_id or rule.id, site_id=rule.site_id, issuer="")
        try:
            shown = self._looks.open_study(viewer, job.study_uid, Action.STUDY_FORWARD)
        except NotVisible:
            raise _Stopped("not_visible") from None
        with snapshot(self._house.engine) as tx:
            delivered = jobs.delivered_uids(tx, job)
            found = search_parts(tx, shown.scope, [("study_uid", Exact(job.study_uid))], limit=MANY)
        # Images are forwarded; who wants our reports as objects retrieves them.
        parts = [part for part in found if not part.made_here and part.sop_instance_uid not in delivered]
        run = _Run(self._house, self._bytes, job, shown)
        try:
            if rule.device_id is not None:
                self._to_device(rule.device_id, run, parts)
            else:
                self._to_server(rule, run, parts)
        except Unreachable as away:
            raise _Stopped(away.failure, away=True) from None
        except ServerAway:
            raise _Stopped("away", away=True) from None
        except AssociationLost:
            raise _Stopped("lost") from None
        if run.failed:
            raise _Stopped("refused")

    def _to_device(self, device_id: str, run: _Run, parts: list[Part]) -> None:
        with snapshot(self._house.engine) as tx:
            device = devices.by_id(tx, device_id)
        destination = device and destination_at(self._house, device)
        if destination is None:
            raise _Stopped("no_port")
        for proposal in proposals(dict.fromkeys((part.sop_class_uid, part.transfer_syntax_uid) for part in parts)):
            with (
                open_association(self._house.settings.ae_title, destination.peer, proposal.contexts) as association,
                paused_reactor(association),
            ):
                outlet = StorageScu(association, meanwhile=run.meanwhile)
                run.send(outlet.send, [part for part in parts if part.sop_class_uid in proposal.sop_classes])

    def _to_server(self, rule: Rule, run: _Run, parts: list[Part]) -> None:
        if not is_allowed(rule.url, self._house.settings.forward_origins):
            raise _Stopped("not_allowed")
        try:
            token = Path(rule.token_file).read_text("utf-8").strip() if rule.token_file else ""
        except (OSError, UnicodeDecodeError):
            raise _Stopped("no_token") from None
        with StowTarget(rule.url, token, run.meanwhile) as target:
            run.send(target.send, parts)


class _Run:
    """One attempt at a job."""

    def __init__(self, house: House, bytes_: Bytes, job: Job, shown: VisibleStudy) -> None:
        self._house = house
        self._bytes = bytes_
        self._job = job
        self._shown = shown
        self._kept_at = time.monotonic()
        self.failed = 0

    def send(self, one: Callable[[StoredInstance, Correction | None], int], parts: list[Part]) -> None:
        for part in parts:
            with snapshot(self._house.engine) as tx:
                instance = seen_instance(tx, self._shown.scope, part.sop_instance_uid)
            if instance is None:
                continue
            correction = correction_of(self._house.engine, self._shown, instance)
            status = one(StoredInstance(self._bytes, instance), correction)
            if status != SUCCESS and status not in WARNINGS:
                self.failed += 1
                FORWARDED.labels("failed").inc()
                continue
            FORWARDED.labels("delivered").inc()
            with transaction(self._house.engine) as tx:
                jobs.deliver(tx, self._job, part.sop_instance_uid, self._house.clock())
            self._kept_at = time.monotonic()

    def meanwhile(self) -> None:
        """Renew the lease: a large instance on a thin line takes longer."""
        if time.monotonic() - self._kept_at >= KEEP_EVERY_SECONDS:
            self._kept_at = time.monotonic()
            with transaction(self._house.engine) as tx:
                jobs.keep(tx, self._job, self._house.clock())
