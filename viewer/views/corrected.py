"""What a correction changed, in words: each attribute as it was and as it became."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reading.dicom_dates import parse_date
from reading.intake.attribute_changes import Change
from reading.patients.names import as_written, person_name
from viewer.words import words
from viewer.words.catalogue import Language, text


def in_words(changes: Iterable[Change], language: Language) -> Sequence[str]:
    """A line for each attribute, as ``Sex: male to female``."""
    return [_line(one, language) for one in changes]


def _line(one: Change, language: Language) -> str:
    before, after = (_value(one.keyword, value, language) for value in (one.before, one.after))
    if before == after and one.keyword == "PatientName":
        before, after = _spelled(one.before), _spelled(one.after)  # the letters alone were corrected
    nothing = text(language, "record.nothing")
    what = words.coded(language, "attribute", one.keyword)
    return text(language, "record.changed", what=what, before=before or nothing, after=after or nothing)


def _value(keyword: str, value: str, language: Language) -> str:
    match keyword:
        case "PatientName" | "ReferringPhysicianName":
            return person_name(value)
        case "PatientSex":
            return words.coded(language, "sex", value)
        case "PatientBirthDate":
            born = parse_date(value)
            return value if born is None else born.isoformat()
        case "BodyPartExamined":
            return " ".join(words.coded(language, "body", part) for part in value.split())
        case _:
            return value


def _spelled(dicom: str) -> str:
    name = as_written(dicom)
    return " ".join(part for part in (name.characters, name.family, name.given) if part)
