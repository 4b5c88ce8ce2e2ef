"""`tierread policy` and `tierread calendar`: a document becomes a version, is compared and switched on."""

from __future__ import annotations

import json
from pathlib import Path

from reading.rules.shipped_policies import shipped
from tests.running import TierRead

CHINA = Path(__file__).parents[3] / "docs" / "calendars" / "china-2026.csv"


def test_a_document_becomes_the_policy(tmp_path: Path) -> None:
    tierread = TierRead(tmp_path / "data")
    green, wrong = tmp_path / "green.json", tmp_path / "wrong.json"
    green.write_text(json.dumps(shipped("green-channel")), encoding="utf-8")
    wrong.write_text(json.dumps(shipped("first")).replace('"tier": "city"', '"tier": "moon"'), encoding="utf-8")

    refused = tierread.run("policy", "check", str(wrong))
    added = tierread.admin("policy", "add", str(green), "--note", "绿色通道")
    compared = tierread.admin("policy", "compare", "1", "2")
    asked = tierread.run("policy", "switch", "2")
    not_yet = tierread.admin("policy", "list")
    tierread.admin("policy", "switch", "2", "--yes")
    tierread.admin("calendar", "import", str(CHINA))
    tried = tierread.admin("policy", "try", "1", "--days", "7")
    why = tierread.admin("policy", "why", "--modality", "CT", "--priority", "urgent", "--request", "突发偏瘫")

    digits = "9" * 20
    for typed in ("try ²", f"show {digits}", f"try {digits}", "try 1 --until 9999-12-31", "try 1 --since 0001-01-01"):
        failed = tierread.run("policy", *typed.split())
        assert (failed.returncode, "Traceback" in failed.stderr) == (4, False), (typed, failed.stderr)

    assert refused.returncode == 4
    assert "rules[2].tier (escalated) has to be 'county' / 'city'" in refused.stderr
    assert added == {"version": 2}
    assert (asked.returncode, "instead of version 1" in asked.stderr, "3 rules more" in asked.stderr) == (1, True, True)
    assert {one["version"]: one["stage"] for one in not_yet} == {1: "in_force", 2: "draft"}
    assert [one["name"] for one in compared["added"]] == ["green-stroke", "green-chest-pain", "green-trauma"]
    assert {one["version"]: one["stage"] for one in tierread.admin("policy", "list")} == {1: "past", 2: "in_force"}
    assert (why["rule"]["name"], why["rule"]["tier"], why["not_met"]) == ("green-stroke", "city", [])
    assert (tried["cases"], tried["stopped"]) == (0, False)
    assert len(tierread.admin("calendar", "list", "--year", "2026")) == 39
