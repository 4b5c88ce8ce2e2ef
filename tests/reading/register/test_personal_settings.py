"""What somebody set for themselves: of its shape, by its revision, theirs alone, and gone with their account."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import pytest
from sqlalchemy.engine import Engine

from reading.context import Context
from reading.errors import Invalid, NotThere, Stale
from reading.register import people, personal_settings
from reading.register.setting_shapes import LONGEST, Setting, checked
from reading.viewers import Staff
from storage.database import transaction
from tests.reading.clinic import open_clinic

COLUMNS: Final = ["due", "patient", "examination", "site", "arrival", "images", "state", "holder"]
KEPT: Final = {"name": "山区", "address": "#/?tab=verify&site=hills&sort=-due"}
WORKLIST: Final[dict[str, Any]] = {
    "columns": {"order": COLUMNS, "hidden": ["arrival"]},
    "preview": True,
    "kept": [KEPT],
}
LIVER: Final[dict[str, Any]] = {"name": "肝", "center": 60, "width": 150, "key": "5"}


def test_a_person_finds_their_own_settings_again_and_nobody_elses(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)

        def of(staff: Staff) -> Context[Staff]:
            return Context(tx, clinic.audit, now, staff)

        personal_settings.keep(of(clinic.ada), "worklist", WORKLIST, seen=0)
        personal_settings.keep(of(clinic.ada), "grids", {"CT": "2x2"}, seen=0)
        changed = personal_settings.keep(of(clinic.ada), "grids", {"CT": "1x2"}, seen=1)
        with pytest.raises(Stale):
            personal_settings.keep(of(clinic.ada), "grids", {}, seen=1)
        with pytest.raises(Stale):
            personal_settings.keep(of(clinic.ada), "grids", {}, seen=0)
        with pytest.raises(NotThere):
            personal_settings.keep(of(clinic.ada), "colours", {}, seen=0)
        hers = {one.setting: (one.value, one.revision) for one in personal_settings.of_person(of(clinic.ada))}
        bens = personal_settings.of_person(of(clinic.ben))
        personal_settings.keep(of(clinic.ben), "grids", {"MR": "2x2"}, seen=0)
        people.end(tx, clinic.ada.person_id, now)
        left = personal_settings.of_person(of(clinic.ada)), personal_settings.of_person(of(clinic.ben))

    assert changed.revision == 2
    assert hers == {Setting.WORKLIST: (WORKLIST, 1), Setting.GRIDS: ({"CT": "1x2"}, 2)}
    assert bens == []
    assert [len(found) for found in left] == [0, 1]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        (Setting.WORKLIST, []),
        (Setting.WORKLIST, WORKLIST | {"colour": "red"}),
        (Setting.WORKLIST, WORKLIST | {"preview": "yes"}),
        (Setting.WORKLIST, WORKLIST | {"columns": {"order": ["name"], "hidden": []}}),
        (Setting.WORKLIST, WORKLIST | {"kept": [KEPT | {"address": "#/?tab=all&q=王小丽"}]}),
        (Setting.WORKLIST, WORKLIST | {"kept": [KEPT | {"address": "https://elsewhere.example/"}]}),
        (Setting.WORKLIST, WORKLIST | {"kept": [KEPT] * 21}),
        (Setting.GRIDS, {"CT": "5x1"}),
        (Setting.GRIDS, {"ct": "1x1"}),
        (Setting.GRIDS, {"CT": 2}),
        (Setting.GRIDS, {f"M{n}": "1x1" for n in range(61)}),
        (Setting.KEYS, {"length": "Alt M"}),
        (Setting.KEYS, {"length": ""}),
        (Setting.KEYS, {"<b>": "M"}),
        (Setting.KEYS, {f"act{n}": "M" for n in range(121)}),
        (Setting.WINDOWS, {"CT": [LIVER | {"width": 0}]}),
        (Setting.WINDOWS, {"CT": [LIVER | {"center": float("nan")}]}),
        (Setting.WINDOWS, {"CT": [LIVER | {"name": ""}]}),
        (Setting.WINDOWS, {"CT": [LIVER | {"key": "6"}]}),
        (Setting.WINDOWS, {"CT": [LIVER] * 13}),
        (Setting.WINDOWS, {"ct": [LIVER]}),
        (Setting.DESK, {"text_px": 11}),
        (Setting.DESK, {"text_px": 21}),
        (Setting.DESK, {"text_px": 15.5}),
    ],
)
def test_what_has_another_shape_is_not_kept(setting: Setting, value: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        checked(setting, value)

    assert (refused.value.field, refused.value.problem) == ("value", "unknown")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        (Setting.WORKLIST, {}),
        (Setting.WORKLIST, {"preview": True}),
        (Setting.KEYS, {"length": ";", "outcome-send_back": "Shift X", "save": "Ctrl B", "zoom-in": "+"}),
        (Setting.WINDOWS, {"CT": [LIVER, LIVER | {"name": "骨", "key": "", "width": 1.5}], "MR": []}),
        (Setting.DESK, {}),
        (Setting.DESK, {"text_px": 20}),
    ],
)
def test_what_has_its_shape_is_kept_as_it_was_said(setting: Setting, value: dict[str, Any]) -> None:
    assert checked(setting, value) == value


def test_what_is_too_large_or_no_text_is_not_kept() -> None:
    with pytest.raises(Invalid) as large:
        checked(Setting.GRIDS, {"CT": "1" * LONGEST})
    with pytest.raises(Invalid):
        checked(Setting.GRIDS, {"CT": "\ud800"})

    assert large.value.problem == "too_long"
