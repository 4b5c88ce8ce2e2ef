"""The form of a policy in words: kinds, parts and sites stand there by their names, and the document keeps codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.engine import Connection

from reading.cases import examination_codes
from reading.register import organisations
from viewer.pages.policy_form import joined, listed
from viewer.pages.township_order import DEPARTMENTS
from viewer.words import words
from viewer.words.catalogue import Language, text

NAMED: Final = ("modality", "body_part", "site")
"""The conditions whose values have codes; departments are texts of their own."""


@dataclass(frozen=True, kw_only=True)
class Names:
    """Words of codes by field, in the language of the page, and the codes of what may be typed for them."""

    words: Mapping[str, Mapping[str, str]]
    codes: Mapping[str, Mapping[str, str]]
    """By what is typed, folded; words of every language."""
    departments: Sequence[str]

    def suggested(self) -> dict[str, list[str]]:
        """What each field offers, in its order."""
        offered = {field: list(dict.fromkeys(self.words[field].values())) for field in NAMED}
        return {**offered, "department": list(self.departments)}

    def worded(self, fields: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]] | None:
        """The fields of each rule with words for codes; None where other codes would come back of them."""
        found: list[dict[str, Any]] = []
        for rule in fields:
            changed: dict[str, Any] = {**rule}
            for field in NAMED:
                codes = listed(rule[field])
                shown = [self._word(field, code) for code in codes]
                if [self._code(field, each) for each in shown] != codes:
                    return None
                changed[field] = joined(shown)
            found.append(changed)
        return found

    def coded(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """A document of the form with the codes of what was typed; what is nobody's word stays as it is."""

        def when(said: Mapping[str, Any]) -> dict[str, Any]:
            codes = {field: [self._code(field, each) for each in said[field]] for field in NAMED if field in said}
            return {**said, **codes}

        return {**document, "rules": [{**rule, "when": when(rule["when"])} for rule in document["rules"]]}

    def _word(self, field: str, code: str) -> str:
        word = self.words[field].get(code, code)
        return word if self.codes[field].get(_folded(word)) == code and listed(word) == [word] else code

    def _code(self, field: str, typed: str) -> str:
        return self.codes[field].get(_folded(typed), typed)


def names(tx: Connection, language: Language) -> Names:
    """The names of kinds of examinations, parts and organisations as they are now."""
    sites = {one.code: one.name for one in organisations.list_all(tx)}
    spoken = {each: {"modality": _kinds(each), "body_part": _parts(each), "site": sites} for each in Language}
    return Names(
        words=spoken[language],
        codes={field: _by_word([pair for each in spoken.values() for pair in each[field].items()]) for field in NAMED},
        departments=[text(language, f"department.{name}") for name in DEPARTMENTS],
    )


def _kinds(language: Language) -> dict[str, str]:
    """Those that are read, and what some devices write for one of them: a rule names both."""
    known = dict(words.code_list(language, "modality", examination_codes.MODALITIES))
    return known | {old: text(language, "policy.old-code", code=old) for old in examination_codes.ALSO_CALLED}


def _parts(language: Language) -> dict[str, str]:
    return dict(words.code_list(language, "body", examination_codes.BODY_PARTS))


def _by_word(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """What may be typed: each word that only one code has, and each code that is no other's word."""
    found: dict[str, str] = {}
    for code, word in pairs:
        if found.setdefault(_folded(word), code) != code:
            found[_folded(word)] = word  # two have it: it is nobody's
    return {**{_folded(code): code for code, _ in pairs}, **found}


def _folded(typed: str) -> str:
    return typed.strip().casefold()
