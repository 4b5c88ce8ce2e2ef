"""What the benchmarks stand on does its work: they run seldom, and must not rot meanwhile."""

from __future__ import annotations

from itertools import pairwise

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bench import budgets, denial, desk, desk_report, pictures
from bench.budgets import Found
from bench.index import QUESTIONS, ask
from bench.load_index import REPORTS_OF_A_PATIENT, fill
from bench.pictures import Stored
from bench.receive import SetUp
from storage.database import snapshot
from storage.tables import instance, study

WAITING = 900
"""Some for each of the townships."""


def test_the_loader_fills_an_index_that_answers_every_question(engine: Engine) -> None:
    province = fill(engine, waiting=WAITING, reports=2 * REPORTS_OF_A_PATIENT)

    with snapshot(engine) as tx:
        counted = [tx.scalar(sa.select(sa.func.count()).select_from(table)) for table in (study, instance)]
    assert counted == [WAITING + 2 * REPORTS_OF_A_PATIENT] * 2
    asked = ask(engine, province, waiting=WAITING, studies=counted[0] or 0, times=2, claims=20)
    assert [what for what, _ in asked] == [*QUESTIONS]


def test_an_attack_is_borne_or_not() -> None:
    borne = denial.Suffered(attack="nothing", stored=[0.1, 0.2, 0.9], read=[0.1], most_bytes=300_000_000)
    refused = denial.Suffered(attack="silence", stored=[0.1], refused=["(2, 3, 2)"], unread=1)

    assert [len(line.split(" | ")) for line in denial.HEAD[:1]] == [len(denial.row(borne).split(" | "))]
    assert denial.row(borne) == "| nothing | 0.200, 0.900 | 0 | 0.100, 0.100 | 0 | 300 | yes |"
    assert denial.row(refused) == "| silence | 0.100, 0.100 | 1 | none | 1 | 0 | NO |"


def test_a_budget_is_met_or_not_or_was_not_measured() -> None:
    quick = SetUp(server="TierRead", cpu_ms=1.5)
    slow = Stored(kind="CT", raw_bytes=100, stored_bytes=60)

    lines = budgets.rows(Found(set_ups=[quick], stored=[slow]))

    said = {line.split(" | ")[0].removeprefix("| "): line.split(" | ")[2].removesuffix(" |") for line in lines[4:-1]}
    assert said["an association in 2 ms of CPU"] == "yes"
    assert said["stored CT, of its raw bytes at most 0.45"] == "**no**"
    assert list(said.values()).count("not measured") == len(said) - 2


def test_the_desks_part_of_the_results_takes_the_place_of_the_one_before() -> None:
    looked = [
        desk.Looked(what=desk.JUMP, way=way, mbit=4, seconds=seconds)
        for way, seconds in (("processor", 0.8), ("processor", 9), ("processor", 0.7), ("WebGL", 1.2))
    ]
    first = desk_report.with_part("# What was measured\n\n## Pictures\n", [desk_report.HEADING, "", "before"])
    again = desk_report.with_part(first, [desk_report.HEADING, "", *desk_report.tables(looked, [])])

    assert desk_report.part_of("# What was measured\n") == []
    assert desk_report.part_of(first) == [desk_report.HEADING, "", "before", ""]
    assert again.startswith("# What was measured\n\n## Pictures\n\n## The desk\n")
    assert "before" not in again.splitlines()
    assert f"| {desk.JUMP} | 4 | 0.80 | 1.20 | 1 | **no** |" in again.splitlines()


def test_resolutions_of_a_radiograph_are_complete_one_after_the_other() -> None:
    found = pictures.shown()

    assert [one.pixels for one in found] == [47, 94, 188, 375, 750, 1500, 3000]
    assert all(less.bytes_needed < more.bytes_needed for less, more in pairwise(found))
