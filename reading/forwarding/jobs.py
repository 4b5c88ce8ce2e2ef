"""Forwarding jobs: one study on its way to an archive by one rule, tried until the archive has all of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.actions import Action
from reading.audit import Actor
from reading.context import Context, without_door
from reading.errors import NotThere
from reading.forwarding import rules
from reading.forwarding.rules import Moment, Rule
from reading.register import administered
from reading.reports.versions import Status
from reading.row_rules import valid_at
from reading.tables import case_study, forwarded_instance, forwarding_job, forwarding_rule, report_version
from reading.viewers import Staff
from storage.database import insert_new
from storage.ids import new_id
from storage.tables import series, study

LOOK_BACK: Final = timedelta(days=1)
"""How far back studies are looked for: a recovery enters rows late, under the time when they were received."""
LEASE: Final = timedelta(minutes=5)
LONGEST_WAIT: Final = timedelta(hours=1)
GIVE_UP_AFTER: Final = timedelta(days=7)
"""A township's line may be down for three days; after a week a person has to look."""
FORGET_AFTER: Final = timedelta(days=30)
"""How long the list of delivered instances is kept, so that late images alone are sent."""
MOST_AT_ONCE: Final = 500


class JobState(StrEnum):
    """How far a job is."""

    WAITING = "waiting"
    DONE = "done"
    DEAD = "dead"
    """It failed for a week; a person looks, and starts it again."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One study on its way out by one rule."""

    id: str
    rule_id: str
    study_uid: str
    instances: int
    """Instances of the study when the job was planned; those delivered once it is done."""
    state: JobState
    waiting_since: datetime
    attempts: int
    next_at: datetime
    failure: str
    """The word for the last failure; empty if none."""
    done_at: datetime | None


def plan(tx: Connection, rule: Rule, now: datetime, quiet: timedelta) -> int:
    """Make a job for each study that is ready or has grown since it was sent; the number of jobs made."""
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
            series.c.study_uid == study.c.study_uid, series.c.modality == rule.modality, series.c.made_here.is_(False)
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
    """The job that has waited longest, leased to this worker."""
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
    return _job(row, attempts=attempts), rules.by_id(tx, row.rule_id)


def keep(tx: Connection, job: Job, now: datetime) -> None:
    """Renew the lease of a job."""
    tx.execute(forwarding_job.update().where(forwarding_job.c.id == job.id).values(leased_until=now + LEASE))


def delivered_uids(tx: Connection, job: Job) -> set[str]:
    """The SOP Instance UIDs that were delivered to the destination."""
    sent = forwarded_instance
    return set(tx.scalars(sa.select(sent.c.sop_instance_uid).where(sent.c.job_id == job.id)))


def deliver(tx: Connection, job: Job, sop_instance_uid: str, now: datetime) -> None:
    """Note that an instance was delivered, and renew the lease of the job."""
    values = {"job_id": job.id, "sop_instance_uid": sop_instance_uid, "at": now}
    tx.execute(insert_new(tx, forwarded_instance).values(**values))
    keep(tx, job, now)


def finish(tx: Connection, job: Job, now: datetime) -> None:
    """End a job whose instances were all delivered."""
    sent = sa.select(sa.func.count()).where(forwarded_instance.c.job_id == job.id).scalar_subquery()
    tx.execute(
        forwarding_job.update()
        .where(forwarding_job.c.id == job.id)
        .values(state=JobState.DONE, instances=sent, failure="", leased_until=None, done_at=now)
    )


def fail(tx: Connection, job: Job, failure: str, now: datetime, *, away: bool) -> None:
    """Schedule the next attempt, or give up after a week; if nothing answers, the rule's other jobs wait as long."""
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


@without_door("Forwarding jobs; the study is not opened.")
def retry(ctx: Context[Staff | Actor], job_id: str) -> None:
    """Start a failed job again; what was delivered is not sent again.

    Raises:
        NotThere: no such job, it is done, or its site is not theirs.
        NotAllowed: they are no system administrator.

    """
    table = forwarding_job
    asked = sa.select(forwarding_rule.c.site_id).join(table, table.c.rule_id == forwarding_rule.c.id)
    site_id = ctx.tx.scalar(asked.where(table.c.id == job_id))
    if site_id is None:
        raise NotThere("forwarding job", job_id)
    administered.must_keep(ctx, site_id)
    again = ctx.tx.execute(
        table.update()
        .where(table.c.id == job_id, table.c.state != JobState.DONE)
        .values(state=JobState.WAITING, waiting_since=ctx.now, attempts=0, next_at=ctx.now)
    )
    if again.rowcount != 1:
        raise NotThere("forwarding job", job_id)
    ctx.record(action=Action.FORWARDING_RETRY, subject_kind="forwarding", subject_id=job_id)


def latest(
    tx: Connection, limit: int, *, state: JobState | None = None, rule_ids: Collection[str] | None = None
) -> list[Job]:
    """The latest jobs, the newest first; ``rule_ids``: of these rules alone."""
    asked = sa.select(forwarding_job).order_by(forwarding_job.c.waiting_since.desc(), forwarding_job.c.id.desc())
    if state is not None:
        asked = asked.where(forwarding_job.c.state == state)
    if rule_ids is not None:
        asked = asked.where(forwarding_job.c.rule_id.in_(rule_ids))
    return [_job(row) for row in tx.execute(asked.limit(limit))]


def waiting_by_rule(tx: Connection) -> dict[str, int]:
    """How many studies wait, by the id of the rule."""
    job = forwarding_job.c
    asked = sa.select(job.rule_id, sa.func.count()).where(job.state == JobState.WAITING).group_by(job.rule_id)
    return {rule_id: int(number) for rule_id, number in tx.execute(asked)}


def forget(tx: Connection, now: datetime) -> int:
    """Drop the lists of delivered instances of jobs done long ago; the jobs stay."""
    job = forwarding_job
    old = sa.select(job.c.id).where(job.c.state == JobState.DONE, job.c.done_at < now - FORGET_AFTER)
    return tx.execute(forwarded_instance.delete().where(forwarded_instance.c.job_id.in_(old))).rowcount


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
