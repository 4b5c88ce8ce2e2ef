"""The index at size: QIDO's statements, the claim of a reader, and a patient's list, on a filled database."""

from __future__ import annotations

import random
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy.engine import Engine

from bench.load_index import REPORTS_OF_A_PATIENT, Province, fill, patient_id
from bench.servers import Missing
from reading import access, queue
from reading.audit import Audit
from reading.viewers import PatientViewer, Staff
from storage.database import connect, snapshot, transaction
from storage.schema import migrate
from storage.search import Exact, Match, Range, Wildcard, search_studies
from tests import postgresql
from viewer import patient_view

CLAIMING_AT_ONCE: Final = {"postgresql": 8, "sqlite": 1}
"""Threads that claim for the readers in turn: more would measure how two cores, or one writer, are shared."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    what: str
    database: str
    waiting: int
    reports: int
    times: int
    p50_ms: float
    p99_ms: float


def measured(database: str, folder: Path, *, waiting: int, reports: int) -> Iterator[Asked]:
    """Fill a database of its own, on ``sqlite`` or ``postgresql``, and ask it.

    Raises:
        Missing: PostgreSQL is not installed.

    """
    with ExitStack() as stack:
        engine = connect(_url(database, folder, stack))
        stack.callback(engine.dispose)
        migrate(engine)
        province = fill(engine, waiting=waiting, reports=reports)
        for what, seconds in _questions(engine, province, waiting, waiting + reports):
            ordered = sorted(seconds)
            yield Asked(
                what=what,
                database=database,
                waiting=waiting,
                reports=reports,
                times=len(ordered),
                p50_ms=statistics.median(ordered) * 1000,
                p99_ms=ordered[int(len(ordered) * 0.99)] * 1000,
            )


def _url(database: str, folder: Path, stack: ExitStack) -> str:
    if database == "sqlite":
        return f"sqlite:///{folder / 'index.db'}"
    programs = postgresql.programs()
    if programs is None:
        raise Missing
    cluster = postgresql.Cluster(programs, durable=True)
    stack.callback(cluster.stop)
    return cluster.new_database()


def _questions(engine: Engine, province: Province, waiting: int, studies: int) -> Iterator[tuple[str, list[float]]]:
    def some() -> int:
        return random.randrange(studies)

    matches: dict[str, Callable[[], Match]] = {
        "QIDO, the newest": list,
        "QIDO, a day": lambda: [("study_date", Range("20261101", "20261101"))],
        "QIDO, a patient id": lambda: [("patient_id", Exact(f"D{some() // 4}"))],
        "QIDO, an accession number": lambda: [("accession_number", Exact(f"A{some()}"))],
        "QIDO, part of a name": lambda: [("patient_name", Wildcard(f"Family{some() % 5000}^*"))],
    }
    for what, match in matches.items():
        yield what, [_seconds(partial(_qido, engine, province, match)) for _ in range(200)]
    yield "a patient's list of reports", [_seconds(partial(_list_of_reports, engine, province)) for _ in range(100)]
    yield "claim", _claims(engine, province, min(1000, waiting // 2))


def _qido(engine: Engine, province: Province, match: Callable[[], Match]) -> None:
    with snapshot(engine) as tx:
        scope = access.scope(tx, random.choice(province.readers), province.now)
        search_studies(tx, scope, match(), limit=25)


def _list_of_reports(engine: Engine, province: Province) -> None:
    patient = PatientViewer(patient_id=patient_id(random.randrange(province.patients)), receipt_id="R" * 26)
    with transaction(engine) as tx:
        found = patient_view.reports_of(tx, Audit("bench"), patient, province.now)
    if len(found) != REPORTS_OF_A_PATIENT:
        raise RuntimeError("reports are missing")


def _claims(engine: Engine, province: Province, count: int) -> list[float]:
    """Seconds of each claim; every reader in turn, several at once.

    Raises:
        RuntimeError: a case was given twice.

    """
    seconds: list[float] = []
    given: list[str] = []
    noting = threading.Lock()

    def claim(staff: Staff) -> None:
        begun = time.perf_counter()
        with transaction(engine) as tx:
            case = queue.claim_next(tx, Audit(f"bench/{threading.get_ident()}"), staff, None, province.now)
        with noting:
            seconds.append(time.perf_counter() - begun)
            if case is not None:
                given.append(case.id)

    readers: Sequence[Staff] = province.readers
    with ThreadPoolExecutor(CLAIMING_AT_ONCE[engine.dialect.name]) as pool:
        list(pool.map(claim, (readers[number % len(readers)] for number in range(count))))
    if len(set(given)) != count:
        raise RuntimeError("a case was given twice, or not at all")
    return seconds


def _seconds(ask: Callable[[], None]) -> float:
    begun = time.perf_counter()
    ask()
    return time.perf_counter() - begun
