"""`tierread critical` and `tierread duty`: the list of a site, and who is told there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.running import TierRead


def test_a_site_says_its_minutes_and_who_is_on_duty(tmp_path: Path) -> None:
    tierread = TierRead(tmp_path)
    tierread.admin("org", "add", "HILLS", "Hills", "--level", "township")
    tierread.admin("person", "add", "Tang", "--org", "HILLS", "--role", "technician")

    def minutes(*of: str) -> dict[str, int]:
        listed: list[dict[str, Any]] = tierread.admin("critical", "list", *of)
        return {one["code"]: one["minutes"] for one in listed}

    shipped = minutes()
    tierread.admin("critical", "add", "stroke", "--org", "HILLS", "--minutes", "4")
    said, everybody = minutes("--org", "HILLS"), minutes()
    tierread.admin("critical", "end", "stroke", "--org", "HILLS")
    tierread.admin("critical", "end", "other")
    ended = minutes("--org", "HILLS")
    made = tierread.admin("duty", "add", "tang", "--org", "HILLS", "--role", "technician", "--telephone", "6612345")
    listed = tierread.admin("duty", "list", "--org", "HILLS")
    tierread.admin("duty", "end", made["id"])
    refused = tierread.run("critical", "add", "new_one", "--minutes", "4")

    assert (shipped["stroke"], said["stroke"], everybody["stroke"], ended["stroke"]) == (10, 4, 10, 10)
    assert shipped.keys() - ended.keys() == {"other"}
    assert [(one["name"], one["telephone"]) for one in listed] == [("Tang", "6612345")]
    assert tierread.admin("duty", "list") == []
    assert refused.returncode != 0
    assert "a new class needs" in refused.stderr.lower()
