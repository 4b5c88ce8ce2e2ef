"""Measures TierRead against its peers and writes bench/RESULTS.md: `make bench`, or `python -m bench --quick`.

Everything runs on this machine, on free ports, in a folder that is removed at the end. Run it while nothing
else runs: the tables say how busy the machine was.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from bench import budgets, desk_report, index, pictures, receive, report, retrieve
from bench.budgets import Found
from bench.receive import Case, Received
from bench.retrieve import Amount
from bench.servers import Missing, Opened, orthanc, storescp, tierread

Measured = TypeVar("Measured")
RESULTS: Final = Path(__file__).parent / "RESULTS.md"
RECEIVERS: Final[list[Opened]] = [
    tierread,
    partial(tierread, on_postgresql=True),
    orthanc,
    partial(orthanc, tuned=True),
    storescp,
]
ANSWERERS: Final[list[Opened]] = [tierread, orthanc, partial(orthanc, tuned=True)]
FULL: Final = [
    Case(kind=kind, associations=associations, pdu_kib=pdu_kib, instances=instances)
    for kind, instances in (("CT", 800), ("DX", 48), ("US", 800))
    for pdu_kib in (128, 16)
    for associations in (1, 4, 8)
] + [Case(kind=kind, associations=1, pdu_kib=16, instances=200, at_once=False) for kind in ("CT", "US")]
QUICK: Final = [
    Case(kind="CT", associations=4, pdu_kib=128, instances=400),
    Case(kind="CT", associations=1, pdu_kib=128, instances=200),
    Case(kind="CT", associations=8, pdu_kib=16, instances=200),
    Case(kind="DX", associations=4, pdu_kib=128, instances=16),
    Case(kind="US", associations=1, pdu_kib=128, instances=200),
    Case(kind="US", associations=1, pdu_kib=16, instances=100, at_once=False),
]
PARTS: Final = ("receive", "retrieve", "index", "pictures")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few cases and rounds, in minutes")
    parser.add_argument("--rounds", type=int, default=0, help="3, or 1 where quick")
    parser.add_argument(
        "--waiting", type=int, default=0, help="cases that wait, in the index; 1000000, or 30000 where quick"
    )
    parser.add_argument("--part", action="append", choices=PARTS, help="only this; may be given again")
    parser.add_argument("--work", type=Path, default=None, help="folder on the disk to be measured")
    parser.add_argument("--out", type=Path, default=RESULTS)
    asked = parser.parse_args()
    rounds = asked.rounds or (1 if asked.quick else 3)
    size = asked.waiting or (30_000 if asked.quick else 1_000_000)
    parts = asked.part or PARTS
    begun, load = time.monotonic(), report.load()
    how = f"`python -m bench{' --quick' if asked.quick else ''}`, {rounds} round{'s' if rounds > 1 else ''}"
    found, tables = Found(), list[str]()
    with tempfile.TemporaryDirectory(dir=asked.work) as folder:
        work = Path(folder)
        if "receive" in parts:
            tables += _receiving(QUICK if asked.quick else FULL, rounds, work, found)
        if "retrieve" in parts:
            amount = Amount(studies=100, times=12) if asked.quick else Amount()
            for _ in range(rounds):
                found.answered += _told(retrieve.a_round(ANSWERERS, amount, work))
            tables += report.retrieving(found.answered, amount.slices, amount.studies)
        if "index" in parts:
            found.asked += _told(_indexed(size, work))
            tables += report.indexed(found.asked)
        if "pictures" in parts:
            found.stored += _told(pictures.stored())
            found.shown += _told(pictures.shown())
            tables += report.pictured(found.stored, found.shown)
    lines = [
        "# What was measured",
        "",
        f"{how}, medians; {datetime.now(UTC):%Y-%m-%d}. What the profiles say of it: bench/PROFILE.md.",
        "",
        *(f"* {line}" for line in (*report.machine(load), *report.versions())),
        "",
        *budgets.rows(found),
        *tables,
        f"It took {(time.monotonic() - begun) / 60:.0f} minutes.",
        "",
        *(desk_report.part_of(asked.out.read_text("utf-8")) if asked.out.exists() else []),
    ]
    asked.out.write_text("\n".join(lines) + "\n", "utf-8")


def _receiving(cases: list[Case], rounds: int, work: Path, found: Found) -> list[str]:
    for _ in range(rounds):
        for each in _told(receive.a_round(RECEIVERS, cases, work)):
            if isinstance(each, Received):
                found.received.append(each)
            else:
                found.set_ups.append(each)
    return report.receiving(found.received, found.set_ups)


def _indexed(size: int, work: Path) -> Iterator[index.Asked]:
    # SQLite carries one hospital, not a province.
    for database, waiting in (("sqlite", min(size, 30_000)), ("postgresql", size)):
        try:
            yield from index.measured(database, work, waiting=waiting, reports=waiting)
        except Missing:
            continue


def _told(found: Iterable[Measured]) -> Iterator[Measured]:
    for each in found:
        print(each, flush=True)
        yield each


if __name__ == "__main__":
    main()
