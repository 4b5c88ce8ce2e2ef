"""`tierread roster`, `skill` and `absence`: a county's week from the command line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.running import TierRead


def test_a_county_keeps_its_roster_from_the_command_line(tmp_path: Path) -> None:
    tierread = TierRead(tmp_path)
    tierread.admin("org", "add", "OAK", "Oak", "--level", "county")
    tierread.admin("person", "add", "Ada", "--org", "OAK", "--role", "reader")
    evening = (datetime.now(UTC) + timedelta(hours=8)).isoformat()
    slot = tierread.admin("roster", "add", "ada", "--org", "OAK", "--until", evening)
    again = tierread.run("roster", "add", "ada", "--org", "OAK", "--until", evening)
    skill = tierread.admin("skill", "add", "ada", "ct")
    absence = tierread.admin("absence", "add", "ada", "--kind", "training")
    tierread.admin("roster", "limit", "ada", "--most", "3")
    weighed = tierread.admin("roster", "weight", "CT", "--body-part", "HEAD", "--weight", "0.9")
    now = tierread.admin("roster", "now", "OAK")
    weights = tierread.admin("roster", "weights")
    listed = [tierread.admin(*said) for said in (("roster", "list", "OAK"), ("skill", "list"), ("absence", "list"))]
    tierread.admin("roster", "end", slot["id"])
    tierread.admin("skill", "end", skill["id"])
    tierread.admin("absence", "end", absence["id"])

    assert again.returncode != 0
    assert "slot" in again.stderr
    assert [(one["obstacles"], one["most"]) for one in now] == [("absent signed_out", 3)]
    assert weighed["weight"] == 0.9
    assert 0.9 in {one["weight"] for one in weights}
    assert [one["id"] for rows in listed for one in rows] == [slot["id"], skill["id"], absence["id"]]
    assert tierread.admin("roster", "list", "OAK") == tierread.admin("skill", "list") == []
