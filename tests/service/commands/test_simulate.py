"""`tierread simulate`: a scenario is played under two policies; what is wrong or too large is said in a sentence."""

from __future__ import annotations

import json
from pathlib import Path

from tests.reading.simulation.scenes import document, readers
from tests.running import TierRead


def test_a_scenario_is_played_and_what_cannot_be_is_refused(tmp_path: Path) -> None:
    tierread = TierRead(tmp_path / "data")
    mine, wrong, large = (tmp_path / f"{name}.json" for name in ("mine", "wrong", "large"))
    mine.write_text(json.dumps(document(readers(2), runs=2)), encoding="utf-8")
    wrong.write_text(json.dumps(document(readers(2, organisation="moon"))), encoding="utf-8")
    large.write_text(json.dumps(document(runs=100, kinds=[{"modality": "CT", "per_day": 50_000}])), encoding="utf-8")
    svg = tmp_path / "waiting.svg"

    one, again = (tierread.admin("simulate", str(mine), "--seed", "3") for _ in range(2))
    two = tierread.admin("simulate", str(mine), "--against", "first", "--staffing", "--svg", str(svg))
    printed = tierread.run("simulate", str(mine))
    shown = tierread.run("simulate", "day", "--show")
    refused = {name: tierread.run("simulate", name) for name in (str(wrong), str(large), "moon-day")}
    nobody = tierread.run("simulate", str(mine), "--policy", "99")

    assert one == again
    assert [outcome["policy"] for outcome in two["outcomes"]] == ["in_force", "first"]
    assert {change["name"]: change["difference"] for change in two["changes"]}["inside"]["mean"] == 0
    assert len(two["staffing"]) == 1
    assert svg.read_text("utf-8").count("<polyline") == 2
    assert "released when due" in printed.stdout
    assert json.loads(shown.stdout)["name"] == "day"
    assert [run.returncode for run in refused.values()] == [4, 4, 4]
    assert "staff[0].organisation" in refused[str(wrong)].stderr
    assert "5000000 cases in all" in refused[str(large)].stderr
    assert nobody.returncode == 4
    assert "Traceback" not in nobody.stderr + "".join(run.stderr for run in refused.values())
    recorded = tierread.admin("audit", "list", "--action", "simulation.run")["events"]
    assert [event["details"]["policies"] for event in recorded].count("in_force, first") == 1
