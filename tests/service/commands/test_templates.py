"""`tierread template`: a document becomes the next version of a template, and an error is told with its path."""

from __future__ import annotations

import json
from pathlib import Path

from tests.running import TierRead


def test_a_document_becomes_the_next_version(tmp_path: Path) -> None:
    tierread, file = TierRead(tmp_path / "data"), tmp_path / "knee.json"
    tierread.admin("org", "add", "OAK", "橡树县医院", "--level", "county")
    shipped = {one["key"]: one for one in tierread.admin("template", "list")}
    document = json.loads(tierread.run("template", "show", shipped["knee-mr"]["id"]).stdout)
    file.write_text(json.dumps(document | {"title": {"zh": "本院膝关节", "en": "Our knee"}}), encoding="utf-8")
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps(document | {"sentences": []}), encoding="utf-8")

    added = tierread.admin("template", "add", "knee-mr", str(file), "--org", "OAK")
    refused = tierread.run("template", "add", "knee-mr", str(wrong))
    nobody = tierread.run("template", "add", "knee-mr", str(file), "--person", "nobody")
    page = tmp_path / "knee.html"
    page.write_text(tierread.run("template", "export", added["id"]).stdout, encoding="utf-8")
    taken = tierread.admin("template", "import", "knee-copy", str(page))
    tierread.admin("template", "end", added["id"])

    assert (taken["version"], taken["title"], taken["left_out"]) == (1, "本院膝关节", [])
    assert len(shipped) == 18
    assert (added["version"], added["title"], added["owner"]) == (1, "本院膝关节", "OAK")
    assert refused.returncode != 0
    assert "sentences: " in refused.stderr
    assert nobody.returncode != 0
    assert {one["key"]: one["id"] for one in tierread.admin("template", "list")}["knee-mr"] == shipped["knee-mr"]["id"]
