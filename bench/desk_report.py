"""Measures the reader's desk and writes its part of bench/RESULTS.md: `make bench-desk` (BENCH=--quick: in minutes).

Run it while nothing else runs: the part says how busy the machine was.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench import desk, desk_memory, report
from bench.desk import FAST_MBIT, LATENCY_MS, SLOW_MBIT, WAYS, Looked
from bench.desk_memory import Held
from bench.desk_scene import CASES, SLICES_OF_A_CASE, region

RESULTS: Final = Path(__file__).parent / "RESULTS.md"
HEADING: Final = "## The desk"


@dataclass(frozen=True, kw_only=True)
class Budget:
    what: str
    mbit: int
    seconds: float


BUDGETS: Final = (
    Budget(what=desk.RADIOGRAPH, mbit=FAST_MBIT, seconds=2.5),
    Budget(what=desk.JUMP, mbit=FAST_MBIT, seconds=1),
)
MOST_MB: Final = 1200
SHOWN: Final = {1, 2, 4, 5, 10, 15, 20}
"""Numbers of cases that the table shows."""
ROWS: Final = (
    (desk.RADIOGRAPH, FAST_MBIT),
    (desk.RADIOGRAPH_WHOLE, FAST_MBIT),
    (desk.RADIOGRAPH, SLOW_MBIT),
    (desk.RADIOGRAPH_WHOLE, SLOW_MBIT),
    *(
        (what, FAST_MBIT)
        for what in (desk.FIRST, desk.SCROLLABLE, desk.JUMP_COARSE, desk.JUMP, desk.AGAIN, desk.AGAIN_JUMP)
    ),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="four cases instead of twenty")
    parser.add_argument("--work", type=Path, default=None, help="folder for the installation")
    parser.add_argument("--out", type=Path, default=RESULTS)
    asked = parser.parse_args()
    load, looked, held = report.load(), list[Looked](), list[Held]()
    cases = 4 if asked.quick else CASES
    with tempfile.TemporaryDirectory(dir=asked.work) as folder, region(Path(folder) / "desk", cases=cases) as where:
        for way in WAYS:
            for one in desk.looked(where, way):
                print(one, flush=True)
                looked.append(one)
            for one in desk_memory.held(where, way):
                print(one, flush=True)
                held.append(one)
    how = [f"`make bench-desk`{' BENCH=--quick' if asked.quick else ''}; {datetime.now(UTC):%Y-%m-%d}."]
    part = [HEADING, "", *how, "", *(f"* {line}" for line in report.machine(load)), "", *tables(looked, held)]
    before = asked.out.read_text("utf-8") if asked.out.exists() else ""
    asked.out.write_text(with_part(before, part), "utf-8")


def with_part(results: str, part: Sequence[str]) -> str:
    """The results with this part at their end, in the place of the one before."""
    others = results.partition(f"{HEADING}\n")[0].rstrip()
    return "\n".join([*([others, ""] if others else []), *part]).rstrip() + "\n"


def part_of(results: str) -> list[str]:
    """The lines of the desk's part; none where there is none."""
    _, heading, part = results.partition(f"{HEADING}\n")
    return [*(heading + part).rstrip().splitlines(), ""] if heading else []


def tables(looked: Sequence[Looked], held: Sequence[Held]) -> list[str]:
    ways = list(dict.fromkeys([one.way for one in looked] + [one.way for one in held]))
    return [
        f"A line of {FAST_MBIT} or {SLOW_MBIT} Mbit/s and {LATENCY_MS} ms for each request, as Chromium emulates it;",
        "the scripts of the desk are there. Seconds from the click or the jump; medians of three (lossless",
        "radiographs: of one). A radiograph is recognisable by the server's preview or the first resolution. *Again*:",
        "the case was left and opened a second time. OHIF is not at hand, nothing is measured beside it. The next case",
        "is not fetched ahead: each picture that is fetched is a look on record, which its patient reads.",
        "",
        f"| what | Mbit/s |{''.join(f' {way} |' for way in ways)} at most | met |",
        f"|---|---:|{'---:|' * len(ways)}---:|---|",
        *(_row(looked, ways, what, mbit) for what, mbit in ROWS),
        "",
        f"Memory of the page's process, its workers included, after cases of {SLICES_OF_A_CASE} slices, each fetched",
        f"whole; in MB, at most {MOST_MB}:",
        "",
        f"| cases |{''.join(f' {way} |' for way in ways)}",
        f"|---:|{'---:|' * len(ways)}",
        *(_held_row(held, ways, cases) for cases in sorted({one.cases for one in held} & SHOWN)),
        "",
    ]


def _row(looked: Sequence[Looked], ways: Sequence[str], what: str, mbit: int) -> str:
    medians = [_median(looked, what, mbit, way) for way in ways]
    budget = next((each.seconds for each in BUDGETS if (each.what, each.mbit) == (what, mbit)), None)
    met = "" if budget is None else "yes" if all(one <= budget for one in medians) else "**no**"
    cells = " | ".join(f"{one:.2f}" for one in medians)
    return f"| {what} | {mbit} | {cells} | {'' if budget is None else budget} | {met} |"


def _median(looked: Sequence[Looked], what: str, mbit: int, way: str) -> float:
    found = [one.seconds for one in looked if (one.what, one.mbit, one.way) == (what, mbit, way)]
    return statistics.median(found) if found else float("nan")


def _held_row(held: Sequence[Held], ways: Sequence[str], cases: int) -> str:
    found = {one.way: one.megabytes for one in held if one.cases == cases}
    return f"| {cases} | {' | '.join(f'{found[way]:.0f}' if way in found else '-' for way in ways)} |"


if __name__ == "__main__":
    main()
