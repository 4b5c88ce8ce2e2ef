"""The audit's searches at size, on PostgreSQL: filled by the server, asked as the page asks, with the pages read.

    python -m bench.audit [--events 10000000] [--times 40]

Two years of a province: 1,000 people and 400 devices at 300 addresses, eight events a case; one word in a hundred
thousand is rare, one event in two hundred refused. The digests are no chain: no search looks at them.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bench.servers import Missing
from reading.actions import Action
from reading.administrators import audit_search
from reading.administrators.audit_search import After, Search
from reading.audit import Outcome
from reading.tables import audit_event
from storage.database import connect, snapshot
from tests import plans, postgresql

PAGE: Final = 50
BEGIN: Final = datetime(2024, 11, 1, tzinfo=UTC)
SPAN: Final = timedelta(days=730)
PEOPLE: Final = 1_000
DEVICES: Final = 400
EVENTS_OF_A_CASE: Final = 8
COMMON: Final = ("case.open", "report.read", "study.frames", "study.metadata", "worklist.open", "session.open")
RARE: Final = Action.ROLE_GRANT
FILL: Final = """
INSERT INTO audit_event (writer, number, at, actor_kind, actor_id, address, action, subject_kind, subject_id, outcome,
                         details, previous, digest)
SELECT 'node/web+' || i % 8, i / 8 + 1, :begin + :span * (i::float8 / :events),
       CASE WHEN i % 10 < 3 THEN 'machine' ELSE 'staff' END,
       CASE WHEN i % 10 < 3 THEN 'D' || lpad((hashint8(i) & 1048575)::bigint % :devices || '', 25, '0')
            ELSE 'P' || lpad(floor(:people * power((hashint8(i + 1) & 1048575) / 1048576.0, 3)) || '', 25, '0') END,
       '10.0.' || (hashint8(i + 2) & 1048575) % 300 / 100 || '.' || (hashint8(i + 2) & 1048575) % 100,
       CASE WHEN i % 100000 = 77 THEN :rare ELSE (CAST(:common AS text[]))[1 + (hashint8(i + 3) & 1048575) % 6] END,
       CASE WHEN i % 4 = 0 THEN 'list' ELSE 'case' END,
       CASE WHEN i % 4 = 0 THEN '' ELSE 'C' || lpad(i / :of_a_case || '', 25, '0') END,
       CASE WHEN i % 200 = 13 THEN 'refused' ELSE 'done' END,
       '{}', sha256(int8send(i)), sha256(int8send(i + 1))
FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS i
"""


@dataclass(frozen=True, kw_only=True)
class Asked:
    what: str
    p50_ms: float
    p99_ms: float
    most_ms: float
    pages: int
    """Pages of 8 KiB that the plan of one search read, in memory or on the disk."""


def fill(engine: Engine, events: int, *, at_once: int = 1_000_000) -> None:
    """Fill an empty audit; its indexes are made at the end, as after a restore."""
    indexes = sorted(audit_event.indexes, key=lambda one: str(one.name))
    with engine.begin() as tx:
        for index in indexes:
            index.drop(tx)
    for first in range(0, events, at_once):
        with engine.begin() as tx:
            given = {"begin": BEGIN, "span": SPAN, "events": events, "devices": DEVICES, "people": PEOPLE}
            given |= {"rare": RARE.value, "common": list(COMMON), "of_a_case": EVENTS_OF_A_CASE}
            tx.execute(sa.text(FILL), {**given, "first": first, "last": min(events, first + at_once) - 1})
    with engine.begin() as tx:
        for index in indexes:
            index.create(tx)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as tx:
        tx.exec_driver_sql("VACUUM ANALYZE audit_event")


def questions(events: int, draw: random.Random) -> dict[str, Callable[[], Search]]:
    """What the page asks, each with whom and what it asks about drawn anew."""

    def person() -> str:
        return f"P{int(PEOPLE * draw.random() ** 3):025d}"

    def device() -> str:
        return f"D{draw.randrange(DEVICES):025d}"

    def address() -> str:
        return f"10.0.{draw.randrange(3)}.{draw.randrange(100)}"

    def case() -> str:
        return f"C{draw.randrange(events // EVENTS_OF_A_CASE):025d}"

    def common() -> str:
        return draw.choice(COMMON)

    def moment() -> datetime:
        return BEGIN + SPAN * draw.random()

    def deep() -> After:
        return After(at=moment(), writer="node/web+3", number=1)

    some = 60
    return {
        "the newest": Search,
        "from a moment on, further pages": lambda: Search(after=deep()),
        "a person": lambda: Search(actor_id=person()),
        "a person, further pages": lambda: Search(actor_id=person(), after=deep()),
        "a person, a common deed": lambda: Search(actor_id=person(), action=common()),
        "a person, a rare deed": lambda: Search(actor_id=person(), action=RARE),
        "a device, a deed it never did": lambda: Search(actor_id=device(), action=Action.AUDIT_EXPORT),
        "a person, refused": lambda: Search(actor_id=person(), outcome=Outcome.REFUSED),
        "a person, an address": lambda: Search(actor_id=person(), address=address()),
        "a case": lambda: Search(subject_kind="case", subject_id=case()),
        f"a patient with {some} things": lambda: Search(about=tuple(("case", case()) for _ in range(some))),
        "a common deed": lambda: Search(action=common()),
        "a rare deed": lambda: Search(action=RARE),
        "a deed that nobody did": lambda: Search(action=Action.AUDIT_EXPORT),
        "refused": lambda: Search(outcome=Outcome.REFUSED),
        "refused, a common deed": lambda: Search(outcome=Outcome.REFUSED, action=common()),
        "refused, a rare deed": lambda: Search(outcome=Outcome.REFUSED, action=RARE),
        "an address": lambda: Search(address=address()),
        "an address, a common deed": lambda: Search(address=address(), action=common()),
        "an address, a rare deed": lambda: Search(address=address(), action=RARE),
        "an address, refused": lambda: Search(address=address(), outcome=Outcome.REFUSED),
        "a week, a person, a deed": lambda: _week(moment(), actor_id=person(), action=common()),
        "a week, an address, a rare deed": lambda: _week(moment(), address=address(), action=RARE),
    }


def ask(engine: Engine, events: int, *, times: int) -> Iterator[Asked]:
    """Each question, put by the function of the page."""
    for what, made in questions(events, random.Random(7)).items():  # the same draw in every run
        seconds: list[float] = []
        for _ in range(times):
            search = made()
            with snapshot(engine) as tx:
                begun = time.perf_counter()
                audit_search.page(tx, search, limit=PAGE)
                seconds.append(time.perf_counter() - begun)
        ordered = sorted(seconds)
        yield Asked(
            what=what,
            p50_ms=statistics.median(ordered) * 1000,
            p99_ms=ordered[int(len(ordered) * 0.99)] * 1000,
            most_ms=ordered[-1] * 1000,
            pages=_pages(engine, made()),
        )


def sizes(engine: Engine) -> list[tuple[str, int, int]]:
    """Table and indexes: name, bytes, and the levels of a tree below its root; -1 for the table."""
    with engine.connect() as tx:
        tx.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pageinspect")
        names = ["pk_audit_event", *sorted(str(one.name) for one in audit_event.indexes)]
        found = [("audit_event", int(tx.exec_driver_sql("SELECT pg_table_size('audit_event')").scalar_one()), -1)]
        for name in names:
            size = sa.text("SELECT pg_relation_size(CAST(:name AS regclass)), (bt_metap(CAST(:name AS text))).level")
            bytes_, level = tx.execute(size, {"name": name}).one()
            found.append((name, int(bytes_), int(level)))
    return found


def _week(begin: datetime, **asked: Any) -> Search:
    return Search(since=begin, until=begin + timedelta(days=7), **asked)


def _pages(engine: Engine, search: Search) -> int:
    with plans.listening(engine) as executed, snapshot(engine) as tx:
        audit_search.page(tx, search, limit=PAGE)
    explain = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)"
    with snapshot(engine) as tx:
        found = [tx.exec_driver_sql(f"{explain} {asked}", values).scalar_one()[0]["Plan"] for asked, values in executed]
    return sum(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] for plan in found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--times", type=int, default=40)
    asked = parser.parse_args()
    programs = postgresql.programs()
    if programs is None:
        raise Missing
    with ExitStack() as stack:
        cluster = postgresql.Cluster(programs, durable=True, settings=["maintenance_work_mem=1GB", "max_wal_size=8GB"])
        stack.callback(cluster.stop)
        engine = connect(cluster.new_database())
        stack.callback(engine.dispose)
        begun = time.perf_counter()
        fill(engine, asked.events)
        print(f"{asked.events:,} events in {time.perf_counter() - begun:.0f} s")
        for name, size, level in sizes(engine):
            print(f"{name}: {size / 1e9:.2f} GB, level {level}")
        for one in ask(engine, asked.events, times=asked.times):
            print(f"| {one.what} | {one.p50_ms:.1f} | {one.p99_ms:.1f} | {one.most_ms:.1f} | {one.pages} |", flush=True)


if __name__ == "__main__":
    main()
