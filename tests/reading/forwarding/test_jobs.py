"""Forwarding jobs: what is planned, who works at it, and what becomes of failures."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.engine import Connection, Engine

from reading.audit import SYSTEM
from reading.context import Context
from reading.forwarding import jobs, rules
from reading.forwarding.jobs import GIVE_UP_AFTER, LEASE, JobState
from reading.forwarding.rules import Moment, Rule
from reading.register import devices
from storage.database import transaction
from storage.index.queries import hide
from storage.tables import study
from tests.reading.clinic import Clinic, another_image, arrive, read, send

QUIET = timedelta(minutes=1)


def rule(tx: Connection, clinic: Clinic, now: datetime, **said: object) -> Rule:
    """A rule of Hills, to its county's archive if nobody says more."""
    if "device_id" not in said and "url" not in said:
        said["device_id"] = device(tx, clinic.region.oak.id, now)
    asked = {"site_id": clinic.region.hills.id, "moment": Moment.QUIET} | said
    return rules.add(Context(tx, clinic.audit, now, SYSTEM), **asked)  # type: ignore[arg-type]


def device(tx: Connection, site_id: str, now: datetime, *, port: int | None = 104, title: str = "PACS") -> str:
    made = devices.add(tx, ae_title=title, network="10.1.2.3", port=port, site_id=site_id, issuer="X", now=now)
    return made.id


def planned(tx: Connection, one: Rule, at: datetime) -> list[str]:
    jobs.plan(tx, one, at, QUIET)
    return sorted(job.study_uid for job in jobs.latest(tx, 10, state=JobState.WAITING))


def test_a_study_goes_when_it_is_quiet_and_again_when_more_comes(clinic: Clinic, engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        send(tx, clinic, "1.2.1", now - timedelta(hours=1))  # before there was a rule
        one = rule(tx, clinic, now)
        later = now + timedelta(minutes=5)
        send(tx, clinic, "1.2.2", later)
        send(tx, clinic, "1.2.3", later, modality="CT")
        send(tx, clinic, "1.2.4", later, site=clinic.region.lake)
        send(tx, clinic, "1.2.5", later)
        hide(tx, "1.2.5", now)
        only_ct = rule(tx, clinic, now, device_id=one.device_id, modality="CT")
        early = planned(tx, one, later + QUIET / 2)
        ready = planned(tx, one, later + QUIET)
        for _ in ready:
            claimed = jobs.claim(tx, later + QUIET)
            assert claimed is not None
            jobs.deliver(tx, claimed[0], f"{claimed[0].study_uid}.1.1", later)
            jobs.finish(tx, claimed[0], later)
        done = planned(tx, one, later + 2 * QUIET)
        another_image(tx, clinic, "1.2.2", 2, later + 2 * QUIET)
        again = planned(tx, one, later + 3 * QUIET)
        (job,) = jobs.latest(tx, 1, state=JobState.WAITING)
        by_modality = planned(tx, only_ct, later + QUIET)

    assert (early, ready, done, again) == ([], ["1.2.2", "1.2.3"], [], ["1.2.2"])
    assert job.instances == 2
    assert by_modality == ["1.2.2", "1.2.3"]
    with transaction(engine) as tx:
        assert jobs.delivered_uids(tx, job) == {"1.2.2.1.1"}


def test_a_final_rule_waits_for_the_released_report(clinic: Clinic, engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        one = rule(tx, clinic, now - timedelta(hours=2), moment=Moment.FINAL)
        case = arrive(tx, clinic, "1.2.1", now - timedelta(hours=1))
        unread = planned(tx, one, now)
        read(tx, clinic, clinic.ada, case.id, now)
        final = planned(tx, one, now + timedelta(minutes=2))

    assert (unread, final) == ([], ["1.2.1"])


def test_one_worker_has_a_job_until_its_lease_ends(clinic: Clinic, engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        one = rule(tx, clinic, now - QUIET)
        send(tx, clinic, "1.2.1", now)
        planned(tx, one, now + QUIET)
        at = now + QUIET
        first, second = jobs.claim(tx, at), jobs.claim(tx, at)
        assert first is not None
        jobs.keep(tx, first[0], at + LEASE)
        kept = jobs.claim(tx, at + LEASE + LEASE / 2)
        left = jobs.claim(tx, at + 3 * LEASE)

    assert (second, kept) == (None, None)
    assert left is not None
    assert (left[0].id, left[0].attempts) == (first[0].id, 2)


def test_failures_are_tried_again_ever_later_and_after_a_week_a_person_looks(
    clinic: Clinic, engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        one = rule(tx, clinic, now - QUIET)
        for uid in ("1.2.1", "1.2.2"):
            send(tx, clinic, uid, now)
        at = now + QUIET
        planned(tx, one, at)
        waits: list[timedelta] = []
        while (claimed := jobs.claim(tx, at)) is not None:
            jobs.fail(tx, claimed[0], "away", at, away=True)
            job = next(job for job in jobs.latest(tx, 9) if job.id == claimed[0].id)
            assert jobs.claim(tx, at) is None  # the other one waits as long
            waits.append(job.next_at - at)
            at = job.next_at
        dead = jobs.latest(tx, 9, state=JobState.DEAD)
        jobs.retry(Context(tx, clinic.audit, at, SYSTEM), dead[0].id)
        anew = jobs.claim(tx, at)

    assert waits[0] == timedelta(seconds=10)
    assert max(waits) == timedelta(hours=1)
    assert at - now > GIVE_UP_AFTER
    assert {job.failure for job in dead} == {"away"}
    assert len(dead) == 2
    assert anew is not None
    assert anew[0].attempts == 1


def test_notes_of_jobs_long_done_are_forgotten_and_the_jobs_are_not(
    clinic: Clinic, engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        one = rule(tx, clinic, now - QUIET)
        send(tx, clinic, "1.2.1", now)
        planned(tx, one, now + QUIET)
        claimed = jobs.claim(tx, now + QUIET)
        assert claimed is not None
        jobs.deliver(tx, claimed[0], "1.2.1.1.1", now)
        jobs.finish(tx, claimed[0], now)
        forgotten = [jobs.forget(tx, now + timedelta(days=days)) for days in (1, 31)]

        assert forgotten == [0, 1]
        assert [job.state for job in jobs.latest(tx, 9)] == [JobState.DONE]
        assert tx.scalar(study.select().with_only_columns(study.c.instances)) == 1
