"""Both catalogues say the same things, and every text that a page asks for is there."""

from __future__ import annotations

import re
import string

import pytest

from reading.alerts import moves as alert_moves
from reading.alerts import notices, read_back
from reading.alerts.class_list import When
from reading.alerts.disposal import Disposal
from reading.alerts.duty import ON_DUTY_AS
from reading.cases import examination_codes
from reading.cases.moves import Move, SigningRole, State
from reading.checks.finding import Check, Severity
from reading.desk.alert_board import Row
from reading.desk.clinical_request import Told
from reading.intake.putting_right import Reason
from reading.kinds import Priority, Sex
from reading.orders.terms import BODY_PARTS
from reading.quality import moves as quality_moves
from reading.quality.kinds import Group, Kind
from reading.reports.versions import VALID
from reading.rules.rules_document import WORDS
from reading.sessions import account_notices
from reading.sessions.patient_sessions import CARDS
from viewer.folders import VIEWER
from viewer.http import problems
from viewer.pages.township_order import DEPARTMENTS
from viewer.words.catalogue import Language, MissingText, catalogue, spoken, text, understood


def places(pattern: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(pattern) if name is not None}


def test_the_catalogues_have_the_same_keys_with_the_same_places_in_their_order() -> None:
    chinese, english = catalogue(Language.ZH), catalogue(Language.EN)

    assert chinese.keys() == english.keys()
    assert list(chinese) == sorted(chinese)
    assert [key for key in chinese if places(chinese[key]) != places(english[key])] == []
    assert [key for key in chinese if not chinese[key].strip() or not english[key].strip()] == []


def test_no_text_asks_people_for_a_setting_of_the_server() -> None:
    """They cannot set it, and it is no word: whoever runs the server knows it from docs/settings.md."""
    assert [key for language in Language for key, said in catalogue(language).items() if "TIERREAD_" in said] == []


def test_every_text_that_a_template_asks_for_is_there() -> None:
    asked = {
        key
        for template in (VIEWER / "templates").glob("*.html")
        for key in re.findall(r"""\bt\(["']([\w.-]+)["'][,)]""", template.read_text())
    }

    assert len(asked) > 100
    assert asked - catalogue(Language.ZH).keys() == set()


def test_every_text_that_the_code_asks_for_is_there() -> None:
    asked = {
        key
        for module in VIEWER.rglob("*.py")
        if "web" not in module.parts
        for key in re.findall(r"""\btext\([^"'()]*(?:\([^()]*\))?,\s*["']([\w.-]+)["']""", module.read_text())
    }

    assert len(asked) > 20
    assert asked - catalogue(Language.ZH).keys() == set()


CODES = [
    *(f"state.{state}" for state in State),
    *(f"move.{move}" for move in Move),
    *(f"priority.{priority}" for priority in Priority),
    *(f"sex.{sex}" for sex in Sex if sex),
    *(f"card.{kind}" for kind in sorted(CARDS)),
    *(f"report.{role}" for role in SigningRole),
    *(f"report.status.{status}" for status in VALID),
    *(f"alerts.notice.{kind}" for kind in notices.Kind),
    *(f"alerts.row.{row}" for row in Row),
    *(f"account.notice.{kind}" for kind in account_notices.Notice),
    *(f"alerts.state.{state}" for state in alert_moves.State),
    *(f"alerts.when.{when}" for when in When),
    *(f"role.{role}" for role in ON_DUTY_AS),
    *(f"alerts.means.{means}" for means in read_back.Means),
    *(f"alerts.disposal.{disposal}" for disposal in Disposal),
    *(f"modality.{modality}" for modality in examination_codes.MODALITIES),
    *(f"body.{part}" for part in {*BODY_PARTS, *examination_codes.BODY_PARTS}),
    *(f"check.{check}" for check in Check if check is not Check.PERSON_OF_IMAGES_DIFFERS),
    "identity.another",  # as lists and pages say it
    *(f"check.name.{check}" for check in Check),
    *(f"check.{severity}" for severity in Severity),
    *(f"request.{told}" for told in Told if told is not Told.WORDS),
    *(f"department.{department}" for department in DEPARTMENTS),
    *(f"policy.problem.{word}" for word, _ in WORDS.values()),
    *(f"reason.{reason}" for reason in Reason),
    *(f"quality.group.{group}" for group in Group),
    *(f"quality.kind.{kind}" for kind in Kind),
    *(f"quality.advice.{kind}" for kind in Kind),
    *(f"quality.move.{move}" for move in quality_moves.Move),
    *(f"quality.move-text.{move}" for move in quality_moves.Move),
]


def test_every_code_has_a_word() -> None:
    assert [key for key in CODES if not catalogue(Language.ZH).get(key)] == []


def test_every_problem_has_a_title_and_an_advice() -> None:
    slugs = {*problems.BY_STATUS.values(), *(kind.slug for kind in problems.TABLE.values()), "failed"}

    assert [slug for slug in slugs if f"problem.{slug}" not in catalogue(Language.ZH)] == []
    assert [slug for slug in slugs if f"problem.{slug}.advice" not in catalogue(Language.ZH)] == []


def test_a_missing_text_or_value_is_loud() -> None:
    with pytest.raises(MissingText):
        text(Language.ZH, "no.such.key")
    with pytest.raises(MissingText):
        text(Language.EN, "images.arriving")


def test_chinese_comes_first() -> None:
    assert [spoken(None), spoken("fr"), spoken("en")] == [Language.ZH, Language.ZH, Language.EN]


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", Language.ZH),
        ("en-GB,en;q=0.5", Language.EN),
        ("fr, zh-Hant;q=0.3, en;q=0.2", Language.ZH),
        ("en;q=0, zh;q=0.1", Language.ZH),
        ("de", Language.EN),
        ("*;q=nan, zh;q=;, en;q=x", Language.ZH),
    ],
)
def test_a_browser_says_which_language_it_prefers(accepted: str, language: Language) -> None:
    assert understood(accepted) is language
