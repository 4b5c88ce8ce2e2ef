"""Measures TierRead against its peers and writes bench/RESULTS.md: `make bench`, or `python -m bench --quick`.

Everything runs on this machine, on free ports, in a folder that is removed at the end. Run it while nothing
else runs: the tables say how busy the machine was.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from bench import index, receive, report, retrieve
from bench.receive import Case, Received, SetUp
from bench.retrieve import Amount
from bench.servers import Missing, Opened, orthanc, storescp, tierread

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
]
QUICK: Final = [
    Case(kind="CT", associations=4, pdu_kib=128, instances=400),
    Case(kind="CT", associations=1, pdu_kib=128, instances=200),
    Case(kind="CT", associations=8, pdu_kib=16, instances=200),
    Case(kind="DX", associations=4, pdu_kib=128, instances=16),
    Case(kind="US", associations=1, pdu_kib=128, instances=200),
]
PARTS: Final = ("receive", "retrieve", "index")


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
    begun = time.monotonic()
    how = f"`python -m bench{' --quick' if asked.quick else ''}`, {rounds} round{'s' if rounds > 1 else ''}"
    lines = [
        "# What was measured",
        "",
        f"{how}, medians; {datetime.now(UTC):%Y-%m-%d}.",
        "",
        *(f"* {line}" for line in (*report.machine(), *report.versions())),
        "",
    ]
    with tempfile.TemporaryDirectory(dir=asked.work) as work:
        if "receive" in parts:
            lines += _receiving(QUICK if asked.quick else FULL, rounds, Path(work))
        if "retrieve" in parts:
            amount = Amount(studies=100, times=12) if asked.quick else Amount()
            found = [each for _ in range(rounds) for each in _told(retrieve.a_round(ANSWERERS, amount, Path(work)))]
            lines += report.retrieving(found, amount.slices, amount.studies)
        if "index" in parts:
            lines += report.indexed(list(_told(_indexed(size, Path(work)))))
    lines.append(f"It took {(time.monotonic() - begun) / 60:.0f} minutes.")
    asked.out.write_text("\n".join(lines) + "\n", "utf-8")


def _receiving(cases: list[Case], rounds: int, work: Path) -> list[str]:
    found = [each for _ in range(rounds) for each in _told(receive.a_round(RECEIVERS, cases, work))]
    return report.receiving(
        [each for each in found if isinstance(each, Received)], [each for each in found if isinstance(each, SetUp)]
    )


def _indexed(size: int, work: Path) -> Iterator[index.Asked]:
    # SQLite carries one hospital, not a province.
    for database, waiting in (("sqlite", min(size, 30_000)), ("postgresql", size)):
        try:
            yield from index.measured(database, work, waiting=waiting, reports=waiting)
        except Missing:
            continue


def _told(found: Iterator[object]) -> Iterator[object]:
    for each in found:
        print(each, flush=True)
        yield each


if __name__ == "__main__":
    main()
