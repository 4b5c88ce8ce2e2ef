"""Forwarding: dated rules send a site's studies on to other archives, each study by a job that goes on until done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.actions import Action
from reading.audit import SYSTEM
from reading.context import Context, Who, without_door
from reading.errors import Invalid, NotAllowed, NotThere
from reading.kinds import Tier
from reading.register import devices, organisations
from reading.reports.versions import Status
from reading.row_rules import open_at, valid_at
from reading.tables import case_study, forwarded_instance, forwarding_job, forwarding_rule, report_version
from reading.texts import checked
from storage.database import insert_new
from storage.ids import new_id
from storage.tables import series, study

LOOK_BACK: Final = timedelta(days=1)
"""Rows that a recovery enters late bear the time when they were received: so far back they are found."""
LEASE: Final = timedelta(minutes=5)
LONGEST_WAIT: Final = timedelta(hours=1)
GIVE_UP_AFTER: Final = timedelta(days=7)
"""A township's line may be gone for three days; after a week a person has to look."""
FORGET_AFTER: Final = timedelta(days=30)
"""When it no longer matters which of a study's images went out before a late one comes."""
MOST_AT_ONCE: Final = 500


class Moment(StrEnum):
    """When a study goes out."""

    QUIET = "quiet"
    """When nothing more came for a while."""
    FINAL = "final"
    """When its report is final and released."""


class JobState(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    DEAD = "dead"
    """It failed for a week: a person looks, and lets it begin anew."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """To a device of the register, or to a DICOMweb server."""

    id: str
    site_id: str
    modality: str
    """Of a series in the study; empty for every study."""
    moment: Moment
    device_id: str | None
    url: str
    """Base address of STOW-RS, empty where it goes to a device."""
    token_file: str
    """File of the bearer token for ``url``; empty for none."""
    planned_until: datetime
    since: datetime
    until: datetime | None


@dataclass(frozen=True, kw_only=True)
class Job:
    """One study on its way out by one rule."""

    id: str
    rule_id: str
    study_uid: str
    instances: int
    """Known when it was planned, and delivered once it is done."""
    state: JobState
    waiting_since: datetime
    attempts: int
    next_at: datetime
    failure: str
    """A word of ours, empty where none is known."""
    done_at: datetime | None


# -- rules


@without_door("Whoever runs the service sets the rules on the command line.")
def add(
    ctx: Context[Who],
    *,
    site_id: str,
    moment: Moment,
    modality: str = "",
    device_id: str | None = None,
    url: str = "",
    token_file: str = "",
) -> Rule:
    """A rule for what arrives from now on; the caller has compared ``url`` with the addresses that are allowed.

    Raises:
        Invalid: neither or both of device and address; a device that is never called.
        NotAllowed: the device's organisation is not the site and reads nothing of it.

    """
    if (device_id is None) == (not url):
        raise Invalid("target", "one_of_device_and_url")
    if device_id is not None:
        one = devices.by_id(ctx.tx, device_id)
        if one is None or devices.called_at(one) is None:
            raise Invalid("device", "has_no_port")
    rule = Rule(
        id=new_id(),
        site_id=site_id,
        modality=checked("modality", modality, longest=16),
        moment=moment,
        device_id=device_id,
        url=checked("url", url, longest=500),
        token_file=checked("token_file", token_file, longest=500),
        planned_until=ctx.now,
        since=ctx.now,
        until=None,
    )
    if not may_receive(ctx.tx, rule, ctx.now):
        raise NotAllowed("destination-does-not-read-for-the-site")
    ctx.tx.execute(
        forwarding_rule.insert().values(
            id=rule.id,
            site_id=rule.site_id,
            modality=rule.modality,
            moment=rule.moment,
            device_id=rule.device_id,
            url=rule.url,
            token_file=rule.token_file,
            planned_until=rule.planned_until,
            since=rule.since,
        )
    )
    _note(ctx, Action.FORWARDING_ADD, rule.id)
    return rule


def may_receive(tx: Connection, rule: Rule, now: datetime) -> bool:
    """Whether the device still takes part, and is the site's own or that of an organisation that reads for it.

    A DICOMweb server is allowed by the settings, which whoever runs the service writes.
    """
    if rule.device_id is None:
        return True
    one = devices.by_id(tx, rule.device_id)
    if one is None or (one.until is not None and one.until <= now):
        return False
    readers = {reader for tier in Tier for reader in organisations.readers_of(tx, rule.site_id, tier, now)}
    return one.site_id == rule.site_id or one.site_id in readers


@without_door("Whoever runs the service sets the rules on the command line.")
def end(ctx: Context[Who], rule_id: str) -> Rule:
    """Nothing goes out by it any more, what was planned neither.

    Raises:
        NotThere: no such rule, or it has ended.

    """
    ended = ctx.tx.execute(
        forwarding_rule.update()
        .where(forwarding_rule.c.id == rule_id, open_at(forwarding_rule, ctx.now))
        .values(until=ctx.now)
    )
    if ended.rowcount != 1:
        raise NotThere("forwarding rule", rule_id)
    _note(ctx, Action.FORWARDING_END, rule_id)
    return rule_of(ctx.tx, rule_id)


def rule_of(tx: Connection, rule_id: str) -> Rule:
    return _rule(tx.execute(sa.select(forwarding_rule).where(forwarding_rule.c.id == rule_id)).one())


def rules(tx: Connection) -> list[Rule]:
    return [_rule(row) for row in tx.execute(sa.select(forwarding_rule).order_by(forwarding_rule.c.since))]


def valid_rules(tx: Connection, now: datetime) -> list[Rule]:
    return [
        _rule(row)
        for row in tx.execute(
            sa.select(forwarding_rule).where(valid_at(forwarding_rule, now)).order_by(forwarding_rule.c.id)
        )
    ]


# -- jobs


def plan(tx: Connection, rule: Rule, now: datetime, quiet: timedelta) -> int:
    """Give each study that is ready, or has more images than went out, its job; answers how many."""
    until = now - quiet
    begun = max(rule.since, rule.planned_until - LOOK_BACK)
    job = forwarding_job
    ready = [study.c.site_id == rule.site_id, study.c.hidden.is_(False), study.c.last_received_at <= until]
    moved = study.c.last_received_at > begun
    if rule.moment is Moment.FINAL:
        final = (
            sa.select(case_study.c.study_uid)
            .join(report_version, report_version.c.case_id == case_study.c.case_id)
            .where(report_version.c.status == Status.FINAL)
        )
        released = report_version.c.released_at
        ready.append(study.c.study_uid.in_(final.where(released > rule.since)))
        moved = moved | study.c.study_uid.in_(final.where(released > begun))
    if rule.modality:
        shown = sa.select(series.c.study_uid).where(
            series.c.study_uid == study.c.study_uid, series.c.modality == rule.modality
        )
        ready.append(shown.exists())
    rows = tx.execute(
        sa.select(study.c.study_uid, study.c.instances, job.c.id)
        .outerjoin(job, (job.c.study_uid == study.c.study_uid) & (job.c.rule_id == rule.id))
        .where(*ready, moved, job.c.id.is_(None) | (job.c.instances < study.c.instances))
        .order_by(study.c.last_received_at)
        .limit(MOST_AT_ONCE)
    ).all()
    waiting = {"state": JobState.WAITING, "waiting_since": now, "attempts": 0, "next_at": now, "done_at": None}
    for study_uid, instances, job_id in rows:
        if job_id is None:
            made = {"id": new_id(), "rule_id": rule.id, "study_uid": study_uid, "instances": instances}
            tx.execute(insert_new(tx, job).values(**made, **waiting))
        else:
            tx.execute(job.update().where(job.c.id == job_id).values(instances=instances, **waiting))
    if len(rows) < MOST_AT_ONCE:
        tx.execute(
            forwarding_rule.update().where(forwarding_rule.c.id == rule.id).values(planned_until=max(until, rule.since))
        )
    return len(rows)


def claim(tx: Connection, now: datetime) -> tuple[Job, Rule] | None:
    """The job that has waited longest, for this worker alone while it keeps it."""
    job = forwarding_job
    free = job.c.leased_until.is_(None) | (job.c.leased_until < now)
    row = tx.execute(
        sa.select(job)
        .join(forwarding_rule, forwarding_rule.c.id == job.c.rule_id)
        .where(job.c.state == JobState.WAITING, job.c.next_at <= now, free, valid_at(forwarding_rule, now))
        .order_by(job.c.next_at, job.c.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=job)
    ).one_or_none()
    if row is None:
        return None
    attempts = row.attempts + 1
    tx.execute(job.update().where(job.c.id == row.id).values(attempts=attempts, leased_until=now + LEASE))
    return _job(row, attempts=attempts), rule_of(tx, row.rule_id)


def keep(tx: Connection, job: Job, now: datetime) -> None:
    """The worker is still at it."""
    tx.execute(forwarding_job.update().where(forwarding_job.c.id == job.id).values(leased_until=now + LEASE))


def delivered(tx: Connection, job: Job) -> set[str]:
    """The SOP Instance UIDs that the destination has."""
    sent = forwarded_instance
    return set(tx.scalars(sa.select(sent.c.sop_instance_uid).where(sent.c.job_id == job.id)))


def deliver(tx: Connection, job: Job, sop_instance_uid: str, now: datetime) -> None:
    """Note that the destination has an instance, and keep the job."""
    values = {"job_id": job.id, "sop_instance_uid": sop_instance_uid, "at": now}
    tx.execute(insert_new(tx, forwarded_instance).values(**values))
    keep(tx, job, now)


def finish(tx: Connection, job: Job, now: datetime) -> None:
    """Everything that there was has gone out."""
    sent = sa.select(sa.func.count()).where(forwarded_instance.c.job_id == job.id).scalar_subquery()
    tx.execute(
        forwarding_job.update()
        .where(forwarding_job.c.id == job.id)
        .values(state=JobState.DONE, instances=sent, failure="", leased_until=None, done_at=now)
    )


def fail(tx: Connection, job: Job, failure: str, now: datetime, *, away: bool) -> None:
    """Try again later, after a week no more; where nobody answers, the rule's other jobs wait as long."""
    wait = min(timedelta(seconds=5 * 2 ** min(job.attempts, 16)), LONGEST_WAIT)
    dead = now - job.waiting_since >= GIVE_UP_AFTER
    state = JobState.DEAD if dead else JobState.WAITING
    table = forwarding_job
    tx.execute(
        table.update()
        .where(table.c.id == job.id)
        .values(state=state, failure=failure, next_at=now + wait, leased_until=None)
    )
    if away:
        others = (table.c.rule_id == job.rule_id) & (table.c.state == JobState.WAITING)
        tx.execute(table.update().where(others, table.c.next_at < now + wait).values(next_at=now + wait))


@without_door("Whoever runs the service repeats jobs on the command line.")
def retry(ctx: Context[Who], job_id: str) -> None:
    """Let a job that has failed begin anew; what was delivered is not sent again.

    Raises:
        NotThere: no such job, or it is done.

    """
    table = forwarding_job
    again = ctx.tx.execute(
        table.update()
        .where(table.c.id == job_id, table.c.state != JobState.DONE)
        .values(state=JobState.WAITING, waiting_since=ctx.now, attempts=0, next_at=ctx.now)
    )
    if again.rowcount != 1:
        raise NotThere("forwarding job", job_id)
    _note(ctx, Action.FORWARDING_RETRY, job_id)


def jobs(tx: Connection, limit: int, *, state: JobState | None = None) -> list[Job]:
    """The latest first."""
    asked = sa.select(forwarding_job).order_by(forwarding_job.c.waiting_since.desc(), forwarding_job.c.id.desc())
    if state is not None:
        asked = asked.where(forwarding_job.c.state == state)
    return [_job(row) for row in tx.execute(asked.limit(limit))]


def forget(tx: Connection, now: datetime) -> int:
    """Drop the notes of jobs that were done long ago; the jobs stay."""
    job = forwarding_job
    old = sa.select(job.c.id).where(job.c.state == JobState.DONE, job.c.done_at < now - FORGET_AFTER)
    return tx.execute(forwarded_instance.delete().where(forwarded_instance.c.job_id.in_(old))).rowcount


def _note(ctx: Context[Who], action: Action, subject_id: str) -> None:
    ctx.by(SYSTEM).record(action=action, subject_kind="forwarding", subject_id=subject_id)


def _rule(row: sa.Row[tuple[object, ...]]) -> Rule:
    return Rule(
        id=row.id,
        site_id=row.site_id,
        modality=row.modality,
        moment=Moment(row.moment),
        device_id=row.device_id,
        url=row.url,
        token_file=row.token_file,
        planned_until=row.planned_until,
        since=row.since,
        until=row.until,
    )


def _job(row: sa.Row[tuple[object, ...]], *, attempts: int | None = None) -> Job:
    return Job(
        id=row.id,
        rule_id=row.rule_id,
        study_uid=row.study_uid,
        instances=row.instances,
        state=JobState(row.state),
        waiting_since=row.waiting_since,
        attempts=row.attempts if attempts is None else attempts,
        next_at=row.next_at,
        failure=row.failure,
        done_at=row.done_at,
    )
