"""A table that brings the register, as a page and a command show it: each line, and what is wrong with it."""

from __future__ import annotations

from typing import Any, Final

from reading.errors import Invalid, NotAllowed, NotDone, NotThere
from reading.register.import_columns import COLUMNS, Kind
from reading.register.import_run import Imported
from viewer.views.numbers_files import Sheet
from viewer.words.catalogue import Language, catalogue, text

EXAMPLES: Final = {
    Kind.ORGANISATIONS: (
        "C01,东县人民医院,县级,REGION,330102,,0571-88880000",
        "T01,东镇卫生院,乡镇级,C01,330102001000,,",
    ),
    Kind.PEOPLE: ("王芳,C01,报告医师,主治医师,wangfang,,", "王芳,T01,报告医师,,wangfang,2026-01-01,2026-12-31"),
    Kind.AGREEMENTS: ("T01,C01,县级,2026-01-01,", "T01,S01,市级,,"),
    Kind.DEVICES: ("DR_T01,T01,10.1.2.3,104,GB18030,,", "CT_C01,C01,10.1.1.0/24,,,,"),
}


def columns(kind: Kind, language: Language) -> list[tuple[str, bool]]:
    """The headings in one language, each with whether it must be filled."""
    return [(chinese if language is Language.ZH else name, must) for name, chinese, must in COLUMNS[kind]]


def template(kind: Kind, language: Language) -> Sheet:
    """A table with the headings alone, to be filled in."""
    return Sheet(name=kind.value, head=[name for name, _ in columns(kind, language)], rows=[])


def lines(imported: Imported, language: Language) -> list[dict[str, Any]]:
    return [
        {
            "number": one.line.number,
            "cells": " · ".join(cell for cell in one.line.cells.values() if cell),
            "added": one.added,
            "doubt": text(language, "import.namesake", username=one.namesake) if one.namesake else "",
            "problem": "" if one.problem is None else sentence(language, one.problem),
        }
        for one in imported.outcomes
    ]


def sentence(language: Language, problem: NotDone) -> str:
    """What is wrong with a line."""
    known = catalogue(language)
    match problem:
        case Invalid():
            keys = (f"invalid.{problem.field}.{problem.problem}", f"invalid.{problem.problem}")
        case NotAllowed():
            keys = (f"rule.{problem.rule}",)
        case NotThere() if problem.name:
            return text(language, "import.not-there", name=problem.name)
        case _:
            keys = ("import.not-yours",)
    return next((known[key] for key in keys if key in known), text(language, "import.refused"))
