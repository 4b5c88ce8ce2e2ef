"""Of the files that a person has to look at some are named, whatever their number."""

from __future__ import annotations

from pathlib import Path

from service.commands.import_names import MOST_NAMES, NamesToLookAt, names_of


def test_few_are_named_and_the_others_are_counted(tmp_path: Path) -> None:
    memory = tmp_path / "one.jsonl"
    with NamesToLookAt(memory) as names:
        for number in range(MOST_NAMES + 7):
            names.add(f"{number}\n.dcm", "truncated")
    lines = names_of(memory).read_text().splitlines()

    assert (len(lines), lines[0], lines[-1]) == (MOST_NAMES + 1, "truncated\t0 .dcm", "and 7 more")


def test_a_run_without_any_removes_those_of_the_run_before(tmp_path: Path) -> None:
    memory = tmp_path / "one.jsonl"
    with NamesToLookAt(memory) as names:
        names.add("a.dcm", "truncated")
    with NamesToLookAt(memory):
        pass

    assert not names_of(memory).exists()
