"""docs/settings.md lists every setting with its default, its unit and its meaning, and nothing else."""

from __future__ import annotations

import re
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, Final

import pytest

from service.installation.load_settings import CONFIG
from service.installation.settings import NAMES, PREFIX, Settings, variable
from viewer.words.catalogue import Language, catalogue

REPOSITORY: Final = Path(__file__).parent.parent.parent
PAGE: Final = (REPOSITORY / "docs" / "settings.md").read_text("utf-8")
ROWS: Final = dict(re.findall(r"^\| `(TIERREAD_\w+)` (\|.*)$", PAGE, re.MULTILINE))


def shown_default(each: Field[Any]) -> str:
    assert each.default is not MISSING
    if each.default in ("", None, ()):
        return ""
    return f"`{each.default:g}`" if isinstance(each.default, float) else f"`{each.default}`"


@pytest.mark.parametrize("each", fields(Settings), ids=lambda each: each.name)
def test_a_setting_is_documented_as_it_is(each: Field[Any]) -> None:
    row = ROWS[variable(each.name)]
    _, default, unit, about, _ = (cell.strip() for cell in row.split("|"))

    assert default == shown_default(each)
    assert unit == each.metadata["unit"]
    assert about == each.metadata["about"]


def test_the_page_of_the_installation_says_what_each_setting_is_in_both_languages() -> None:
    english, chinese = catalogue(Language.EN), catalogue(Language.ZH)

    assert {name: english.get(f"setting.{name}") for name in NAMES} == {
        each.name: each.metadata["about"] for each in fields(Settings)
    }
    assert [name for name in NAMES if not re.search("[\u4e00-\u9fff]", chinese[f"setting.{name}"])] == []


def test_no_setting_is_documented_that_is_not_there() -> None:
    assert set(ROWS) == {variable(name) for name in NAMES}


def test_pages_and_compose_name_only_settings_that_are_there() -> None:
    known = {variable(name) for name in NAMES} | {CONFIG}
    files = [REPOSITORY / "README.md", REPOSITORY / "docker-compose.yml", REPOSITORY / "Dockerfile"]
    files += sorted((REPOSITORY / "docs").rglob("*.md"))
    named: set[tuple[str, str]] = set()
    for file in files:
        found = re.findall(rf"\b{PREFIX}[A-Z0-9_]*[A-Z0-9]\b", file.read_text("utf-8"))
        named |= {(file.name, name) for name in found}

    assert [(file, name) for file, name in sorted(named) if name not in known] == []
