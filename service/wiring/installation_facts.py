"""How the installation is, for its page: the same counts and ages as /readyz, the metrics and the commands."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, make_url

from reading.anchors import places
from reading.forwarding.jobs import JobState
from reading.messages import oversight
from reading.messages.moves import State
from reading.tables import forwarding_job, organisation
from service.installation.gateway_settings import unsent
from service.installation.house import House
from service.installation.load_settings import sources
from service.installation.settings import Settings, variable
from storage.backup import schedule
from storage.database import snapshot
from storage.keeping import second_copy
from storage.keeping.shipping import behind_seconds
from storage.segment_moves import SegmentState
from storage.tables import commitment, instance, node, quarantine, segment
from storage.upkeep import rounds
from storage.upkeep.rounds import Task
from viewer.http.installation import Fact, InForce, Installation, Node, Standing

BEHIND: Final = timedelta(minutes=5)
"""Much longer than it takes where all is well."""
BACKUP_OVERDUE: Final = timedelta(hours=36)
ROUNDS_OVERDUE: Final = 2
"""So many times the days of a round without its end."""
SWEPT: Final = timedelta(days=14)
NODE_SILENT: Final = timedelta(minutes=5)
LEAST_FREE_PERCENT: Final = 10
MANY: Final = 5_000
"""Instances or studies that wait for a step; more means that it does not keep up."""
SECRET: Final = ("secret", "password", "access_key")
MASKED: Final = "••••••"


def installation_of(
    house: House, environ: Mapping[str, str], readiness: Callable[[datetime], Mapping[str, str]]
) -> Installation:
    """The facts of now; ``readiness`` is what /readyz asks."""
    now = house.clock()
    parts = readiness(now)
    with snapshot(house.engine) as tx:
        facts = (
            *(_ready(word, str(state)) for word, state in parts.items()),
            *_queues(tx, now),
            *_kept(tx, house, now),
        )
        nodes = tuple(_nodes(tx, house.settings.node, now))
    return Installation(
        version=version("tierread"),
        facts=(*facts, _address(house.settings), _gateways(house.settings), _space(house)),
        nodes=nodes,
        settings=tuple(_settings(house.settings, sources(environ))),
    )


def _ready(word: str, state: str) -> Fact:
    standing = {"ok": Standing.GOOD, "elsewhere": Standing.OFF}.get(state, Standing.BAD)
    return Fact(word=word.replace("_", "-"), standing=standing)


def _queues(tx: Connection, now: datetime) -> list[Fact]:
    unstored = _count(tx, segment.c.state == SegmentState.SEALED)
    waits = int(behind_seconds(tx, now))
    undescribed = (
        tx.scalar(sa.select(sa.func.count()).select_from(instance).where(instance.c.description.is_(None))) or 0
    )
    due = tx.scalar(sa.select(sa.func.count(sa.distinct(segment.c.study_uid))).where(segment.c.compact_at <= now)) or 0
    jobs = {
        state: int(number)
        for state, number in tx.execute(
            sa.select(forwarding_job.c.state, sa.func.count()).group_by(forwarding_job.c.state)
        )
    }
    messages = oversight.count_open(tx)
    dead = jobs.get(JobState.DEAD, 0)
    never = sa.select(sa.func.count()).select_from(commitment).where(commitment.c.given_up_at.is_not(None))
    held = sa.select(sa.func.count()).select_from(quarantine).where(quarantine.c.settled_at.is_(None))
    damaged = sa.select(sa.func.count()).select_from(instance).where(instance.c.damaged)
    return [
        _fact("unstored", waits <= BEHIND.total_seconds(), n=unstored, minutes=waits // 60),
        _fact("undescribed", undescribed < MANY, n=undescribed),
        _fact("compaction", due < MANY, n=due),
        _fact("forwarding", dead == 0, n=jobs.get(JobState.WAITING, 0), dead=dead),
        _fact(
            "messages",
            messages.get(State.FAILED, 0) == 0,
            n=messages.get(State.WAITING, 0),
            failed=messages.get(State.FAILED, 0),
        ),
        _none("commitments", tx.scalar(never) or 0),
        _none("quarantine", tx.scalar(held) or 0),
        _none("damaged", tx.scalar(damaged) or 0),
    ]


def _address(settings: Settings) -> Fact:
    """Without one the service works; what it prints may open nowhere else."""
    if settings.public_origin:
        return Fact(word="address", standing=Standing.GOOD, values={"origin": settings.public_origin})
    return Fact(word="address-unset", standing=Standing.OFF)


def _gateways(settings: Settings) -> Fact:
    return Fact(word="gateways", standing=Standing.OFF if unsent(settings) else Standing.GOOD)


def _kept(tx: Connection, house: House, now: datetime) -> list[Fact]:
    settings = house.settings
    found: list[Fact] = []
    if house.copy_store is None:
        found.append(Fact(word="copy", standing=Standing.OFF))
    else:
        waiting = second_copy.backlog(tx)
        late = waiting.oldest is not None and now - waiting.oldest > timedelta(days=1)
        found.append(_fact("copy", not late, n=waiting.segments))
    newest = schedule.newest(tx)
    begun = tx.scalar(sa.select(sa.func.min(organisation.c.since))) or now
    is_fresh = now - (newest or begun) < BACKUP_OVERDUE
    found.append(_aged("backup", newest, is_fresh, now) if newest else _no_backup(settings, is_young=is_fresh, now=now))
    anchored = places.newest_at(tx)
    lately = now - (anchored or begun) < timedelta(minutes=3 * settings.anchor_minutes)
    found.append(_aged("anchor", anchored, lately, now))
    verified, swept = (rounds.of(tx, task) for task in (Task.VERIFY, Task.SWEEP))
    span = timedelta(days=settings.verify_days * ROUNDS_OVERDUE)
    checking = verified.finished_at or verified.started_at
    if settings.verify_days <= 0:
        found.append(Fact(word="verify", standing=Standing.OFF))
    else:
        found.append(_aged("verify", verified.finished_at, checking is None or now - checking < span, now))
    found.append(_aged("sweep", swept.finished_at, swept.finished_at is None or now - swept.finished_at < SWEPT, now))
    return found


def _space(house: House) -> Fact:
    usage = shutil.disk_usage(house.folders.spool)
    percent = usage.free * 100 // usage.total
    return _fact("space", percent >= LEAST_FREE_PERCENT, percent=percent, gib=usage.free >> 30)


def _nodes(tx: Connection, here: str, now: datetime) -> Iterable[Node]:
    for row in tx.execute(sa.select(node.c.name, node.c.seen_at).order_by(node.c.name)):
        alive = now - row.seen_at < NODE_SILENT
        yield Node(name=row.name, seen_at=row.seen_at, is_alive=alive, here=row.name == here)


def _settings(settings: Settings, written: Mapping[str, str]) -> Iterable[InForce]:
    for each in fields(Settings):
        yield InForce(
            name=variable(each.name),
            value=_shown(each.name, getattr(settings, each.name)),
            source=written.get(each.name, ""),
            word=each.name,
        )


def _shown(name: str, value: Any) -> str:
    if value in (None, "", ()):
        return ""
    if name.startswith("database") and not name.endswith("_file"):
        return make_url(str(value)).render_as_string(hide_password=True)
    if any(word in name for word in SECRET) and not name.endswith("_file"):
        return MASKED
    return ", ".join(str(one) for one in value) if isinstance(value, tuple) else str(value)


def _fact(word: str, is_good: bool, **values: int) -> Fact:  # noqa: FBT001 -- what was found
    return Fact(word=word, standing=Standing.GOOD if is_good else Standing.BAD, values=values)


def _none(word: str, number: int) -> Fact:
    """Good where there is none."""
    return _fact(word, number == 0, n=number)


def _aged(word: str, at: datetime | None, is_good: bool, now: datetime) -> Fact:  # noqa: FBT001
    if at is None:
        return Fact(word=f"{word}-never", standing=Standing.WAITING if is_good else Standing.BAD)
    return _fact(word, is_good, hours=int((now - at).total_seconds() // 3600))


def _no_backup(settings: Settings, *, is_young: bool, now: datetime) -> Fact:
    """Nothing is good about having none: the first one is named by its hour, on the machine's clock as it is made."""
    standing = Standing.WAITING if is_young else Standing.BAD
    if settings.backup_dir is None:
        return Fact(word="backup-unset", standing=standing)
    if not is_young:
        return Fact(word="backup-never", standing=standing)
    here = now.astimezone()
    due = here.replace(hour=settings.backup_hour, minute=0)
    first = max(due, here)
    return Fact(word="backup-first", standing=standing, values={"at": first.strftime("%Y-%m-%d %H:%M")})


def _count(tx: Connection, where: sa.ColumnElement[bool]) -> int:
    return tx.scalar(sa.select(sa.func.count()).select_from(segment).where(where)) or 0
