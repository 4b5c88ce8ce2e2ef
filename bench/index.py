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

from bench.load_index import REPORTS_OF_A_PATIENT, Province, fill
from bench.servers import Missing
from reading.access import door, visibility
from reading.actions import Action
from reading.audit import Audit
from reading.context import Context
from reading.queue import claiming
from reading.viewers import PatientViewer, Staff
from storage.database import connect, snapshot, transaction
from storage.index.search import Exact, Match, Range, Wildcard, search_studies
from storage.schema import migrate
from tests import postgresql
from viewer.views.patient import MOST_LISTED

QIDO: Final = (
    "QIDO, the newest",
    "QIDO, a day",
    "QIDO, a patient id",
    "QIDO, an accession number",
    "QIDO, part of a name",
)
THEIR_REPORTS: Final = "a patient's list of reports"
CLAIM: Final = "claim"
CLAIM_IN_TIME: Final = "claim, ten a second"
QUESTIONS: Final = (*QIDO, THEIR_REPORTS, CLAIM_IN_TIME, CLAIM)
CLAIMS_A_SECOND: Final = 10
"""Of a hundred readers who take a case every ten seconds, at moments of their own: ten times what people do."""
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
        for what, seconds in ask(engine, province, waiting=waiting, studies=waiting + reports):
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


def ask(
    engine: Engine, province: Province, *, waiting: int, studies: int, times: int = 200, claims: int = 1000
) -> Iterator[tuple[str, list[float]]]:
    """Each of `QUESTIONS` with the seconds that its answers took."""

    def some() -> int:
        return random.randrange(studies)

    matches: list[Callable[[], Match]] = [
        list,
        lambda: [("study_date", Range("20261101", "20261101"))],
        lambda: [("patient_id", Exact(f"D{some() // 4}"))],
        lambda: [("accession_number", Exact(f"A{some()}"))],
        lambda: [("patient_name", Wildcard(f"Family{some() % 5000}^*"))],
    ]
    for what, match in zip(QIDO, matches, strict=True):
        yield what, [_seconds(partial(_qido, engine, province, match)) for _ in range(times)]
    yield THEIR_REPORTS, [_seconds(partial(_list_of_reports, engine, province)) for _ in range(-(-times // 2))]
    count = min(claims, waiting // 2) // 2
    # A connection stands for days; the first choice on each is planned, which is no part of what a reader waits for.
    _claims(engine, province, min(4 * CLAIMING_AT_ONCE[engine.dialect.name], count))
    yield CLAIM_IN_TIME, _claims(engine, province, count, a_second=CLAIMS_A_SECOND)
    yield CLAIM, _claims(engine, province, count)


def _qido(engine: Engine, province: Province, match: Callable[[], Match]) -> None:
    with snapshot(engine) as tx:
        scope = visibility.scope(tx, random.choice(province.readers), province.now, Action.STUDY_SEARCH)
        search_studies(tx, scope, match(), limit=25)


def _list_of_reports(engine: Engine, province: Province) -> None:
    patient = PatientViewer(patient_id=random.choice(province.sealed), case_id=None)
    with transaction(engine) as tx:
        ctx = Context(tx, Audit("bench"), province.now, patient, province.seal.public_key)
        found = door.open_own_reports(ctx, limit=MOST_LISTED)
    if len(found) != REPORTS_OF_A_PATIENT:
        raise RuntimeError("reports are missing")


def _claims(engine: Engine, province: Province, count: int, *, a_second: float | None = None) -> list[float]:
    """Seconds of each claim, every reader in turn: several at once, one after the other without a pause.

    With ``a_second``, so many come on average, at moments that do not wait for each other (Poisson), and each counts
    from its moment on: what it waits behind others is part of it.

    Raises:
        RuntimeError: a case was given twice.

    """
    seconds: list[float] = []
    given: list[str] = []
    noting = threading.Lock()

    start, moment = time.perf_counter(), 0.0
    moments: list[float | None] = []
    for _ in range(count):
        moment += random.expovariate(a_second) if a_second else 0.0
        moments.append(start + moment if a_second else None)

    def claim(staff: Staff, due: float | None) -> None:
        if due is not None:
            time.sleep(max(0.0, due - time.perf_counter()))
        begun = due or time.perf_counter()
        with transaction(engine) as tx:
            case = claiming.claim_next(Context(tx, Audit(f"bench/{threading.get_ident()}"), province.now, staff), None)
        with noting:
            seconds.append(time.perf_counter() - begun)
            if case is not None:
                given.append(case.id)

    readers: Sequence[Staff] = province.readers
    with ThreadPoolExecutor(CLAIMING_AT_ONCE[engine.dialect.name]) as pool:
        list(pool.map(claim, (readers[number % len(readers)] for number in range(count)), moments))
    if len(set(given)) != count:
        raise RuntimeError("a case was given twice, or not at all")
    return seconds


def _seconds(ask: Callable[[], None]) -> float:
    begun = time.perf_counter()
    ask()
    return time.perf_counter() - begun
