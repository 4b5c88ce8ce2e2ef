"""The errors of a policy's document as sentences: where, and what has to be."""

from __future__ import annotations

from collections.abc import Iterable

from reading.rules.rules_document import DocumentProblem
from viewer.words.catalogue import Language, text


def sentences(problems: Iterable[DocumentProblem], language: Language) -> list[tuple[str, str]]:
    """For each error its place (the path, and the rule by its name) and what is wrong."""
    return [(place(one, language), text(language, f"policy.problem.{one.problem}", **one.values)) for one in problems]


def place(problem: DocumentProblem, language: Language) -> str:
    path = problem.path or text(language, "policy.problem.place.document")
    return f"{path} ({problem.rule})" if problem.rule else path
