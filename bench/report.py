"""Writes what was measured as tables: medians of the rounds, and each server beside ours."""

from __future__ import annotations

import platform
import statistics
import subprocess
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final, TypeVar

import sqlalchemy as sa

from bench.index import Asked
from bench.objects import KINDS
from bench.pictures import Shown, Stored
from bench.receive import Received, SetUp
from bench.retrieve import Answered

OURS: Final = "TierRead"
Measured = TypeVar("Measured")


def load() -> float:
    """What others wanted of the cores in the last minute."""
    return float(Path("/proc/loadavg").read_text("ascii").split()[0])


def machine(load: float) -> list[str]:
    """Cores, memory, kernel, and how busy it was; no names."""
    memory = Path("/proc/meminfo").read_text("ascii").split()[1]
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    cores = Path("/proc/cpuinfo").read_text("utf-8").count("processor\t")
    return [
        f"{cores} cores ({model}), {int(memory) // 2**20} GiB, Linux {platform.release().split('-')[0]}",
        f"load when it began: {load}" + (" (others were at work: compare within a table only)" if load > 1 else ""),
    ]


def versions() -> list[str]:
    found = [f"Python {platform.python_version()}, SQLite {sa.create_engine('sqlite://').dialect.dbapi.sqlite_version}"]  # type: ignore[union-attr]
    found.append(
        ", ".join(f"{name} {version(name)}" for name in ("pynetdicom", "pydicom", "sqlalchemy", "psycopg", "uvicorn"))
    )
    for package, what in (
        ("orthanc", "Orthanc"),
        ("orthanc-dicomweb", "Orthanc DICOMweb"),
        ("dcmtk", "DCMTK"),
        ("postgresql", "PostgreSQL"),
    ):
        asked = subprocess.run(
            ["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True, check=False
        )
        found.append(f"{what} {asked.stdout}" if asked.returncode == 0 else f"{what} is not installed: no rows of it")
    return found


def receiving(found: Sequence[Received], set_ups: Sequence[SetUp]) -> list[str]:
    lines = [
        "## Receiving",
        "",
        "C-STORE by DCMTK's storescu, explicit little endian, with TCP_NODELAY unless *as shipped* is said: then a",
        "small packet waits for the acknowledgement of the one before. TierRead flushes each instance and enters it",
        "into its index before it answers; Orthanc indexes and does not flush; storescp does neither.",
        "CPU is that of every process with a part in the acknowledgement (with PostgreSQL, the database's too);",
        "*readable* is when all are indexed, described and on the worklist, with the CPU of every process by then.",
        "Ratios: TierRead's rate over the server's, and the server's CPU over TierRead's.",
        "",
    ]
    for case in sorted({each.case for each in found}):
        rows = [each for each in found if each.case == case]
        what = f"{KINDS[case.kind].name}, {case.associations} associations, PDUs of {case.pdu_kib} KiB"
        what += "" if case.at_once else ", senders as shipped"
        lines += [
            f"### {what}, {case.instances} instances",
            "",
            "| server | instances/s | CPU ms each | CPU ms each, readable | readable after s | rate | CPU |",
            "|---|---:|---:|---:|---:|---:|---:|",
        ]
        ours = [each for each in rows if each.server == OURS]
        for name in _names(rows):
            theirs = [each for each in rows if each.server == name]
            rate, cpu = _median(theirs, lambda each: each.per_second), _median(theirs, lambda each: each.cpu_ms)
            lines.append(
                f"| {name} | {rate:.0f} | {cpu:.2f} | {_median(theirs, lambda each: each.cpu_ms_readable):.2f} "
                f"| {_median(theirs, lambda each: each.readable_after_seconds):.1f} "
                f"| {_ratio(_median(ours, lambda each: each.per_second), rate)} "
                f"| {_ratio(cpu, _median(ours, lambda each: each.cpu_ms))} |"
            )
        lines.append("")
    lines += ["### Setting up an association", "", "| server | CPU ms |", "|---|---:|"]
    lines += [
        f"| {name} | {_median([each for each in set_ups if each.server == name], lambda each: each.cpu_ms):.1f} |"
        for name in _names(set_ups)
    ]
    return [*lines, ""]


def retrieving(found: Sequence[Answered], slices: int, studies: int) -> list[str]:
    lines = [
        "## Retrieval",
        "",
        f"DICOMweb over loopback without TLS: a CT study of {slices} slices, explicit little endian as stored, and a",
        f"list over {studies + 1} studies. Asked once before it is timed, so files are in the page cache. TierRead's",
        "requests are signed in, checked for access and on its audit trail, Orthanc's are open. Frames are plain.",
        "",
        "| question | server | p50 ms | p99 ms | CPU ms each | rate |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for what in dict.fromkeys(each.what for each in found):
        for name in _names([each for each in found if each.what == what]):
            rows = [each for each in found if (each.what, each.server) == (what, name)]
            lines.append(
                f"| {what} | {name} | {_median(rows, lambda each: each.p50_ms):.1f} "
                f"| {_median(rows, lambda each: each.p99_ms):.1f} | {_median(rows, lambda each: each.cpu_ms):.1f} "
                f"| {_median(rows, lambda each: each.rate):.0f} {rows[0].unit} |"
            )
    return [*lines, ""]


def indexed(found: Sequence[Asked]) -> list[str]:
    lines = [
        "## The index at size",
        "",
        "In the process that asks, without HTTP: with the query for what the person may see, its audit and its commit.",
        "Claims by 100 readers of 30 counties: ten a second, at moments of their own; and without a pause, eight at",
        "once on PostgreSQL; on connections that have chosen before. Each case was given once.",
        "",
        "| question | database | waiting | reports | times | p50 ms | p99 ms |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {each.what} | {each.database} | {each.waiting:,} | {each.reports:,} | {each.times} "
        f"| {each.p50_ms:.1f} | {each.p99_ms:.1f} |"
        for each in found
    ]
    return [*lines, ""]


def pictured(stored: Sequence[Stored], shown: Sequence[Shown]) -> list[str]:
    lines = [
        "## Pictures",
        "",
        "The demonstration's invented CT (with the noise of a scanner) and radiographs as compaction stores them,",
        "headers and manifest included; and how much of a radiograph is there after how many bytes, reckoned from its",
        "codestream.",
        "",
        "| kind | raw MB | stored MB | share |",
        "|---|---:|---:|---:|",
        *(
            f"| {one.kind} | {one.raw_bytes / 1e6:.1f} | {one.stored_bytes / 1e6:.1f} | {one.share:.2f} |"
            for one in stored
        ),
        "",
        "| pixels of the longer side | kB | s at 4 Mbit/s |",
        "|---:|---:|---:|",
        *(f"| {one.pixels} | {one.bytes_needed / 1e3:.0f} | {one.seconds:.1f} |" for one in shown),
    ]
    return [*lines, ""]


def _names(rows: Iterable[Received | SetUp | Answered]) -> list[str]:
    return list(dict.fromkeys(each.server for each in rows))


def _median(rows: Sequence[Measured], value: Callable[[Measured], float]) -> float:
    return statistics.median(map(value, rows)) if rows else 0.0


def _ratio(over: float, under: float) -> str:
    return f"{over / under:.2f}" if under else "-"
