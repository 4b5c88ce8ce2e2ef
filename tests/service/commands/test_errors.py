"""Every error that a command meets ends it with a sentence: no word of the code reaches the terminal."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from reading import errors
from reading.errors import Invalid, KeyFileUnfit, NotAllowed, NotDone, NotThere
from reading.identifiers import Problem
from reading.numbers.periods import Unit
from reading.register.administrator import RULES
from service.commands.errors import (
    ENDINGS,
    KEY_FILES,
    REFUSED,
    Ending,
    ending_of,
    sentence_of_invalid,
    sentence_of_rule,
)

READING = Path(errors.__file__).parent
ANY_FIELD = "a field"


def kinds(base: type[Exception]) -> set[type[Exception]]:
    return {kind for below in base.__subclasses__() for kind in {below, *kinds(below)}}


def calls(name: str) -> Iterator[list[ast.expr]]:
    """The arguments of every call of an error's class in the package."""
    for module in READING.rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                yield node.args


def words(node: ast.expr) -> set[str]:
    """What an argument may be; an expression that is no literal is one of the identifiers' problems."""
    match node:
        case ast.Constant(value=str(word)):
            return {word}
        case ast.IfExp(body=one, orelse=other):
            return words(one) | words(other)
        case ast.JoinedStr(values=[ast.Constant(value="longest_"), *_]):
            return {f"longest_{unit}" for unit in Unit}
        case ast.JoinedStr():
            return {"missing_author", "missing_verifier", "missing_reviewer"}
        case ast.Subscript(value=ast.Name(id="RULES")):
            return {*RULES.values()}
        case _:
            return {*Problem}


def test_every_error_of_reading_is_in_the_table() -> None:
    assert kinds(NotDone) - ENDINGS.keys() == set()


def test_every_word_of_what_is_invalid_has_a_sentence() -> None:
    found = {
        (field.value if isinstance(field, ast.Constant) else ANY_FIELD, word)
        for field, problem in calls("Invalid")
        for word in words(problem)
    }

    assert len(found) > 50
    assert sorted(pair for pair in found if sentence_of_invalid(str(pair[0]), pair[1]) is None) == []


def test_every_rule_has_a_sentence() -> None:
    found = {rule for (argument,) in calls("NotAllowed") for rule in words(argument)}

    assert len(found) > 20
    assert sorted(rule for rule in found if sentence_of_rule(rule) is None) == []


def test_every_problem_of_a_key_file_has_a_sentence() -> None:
    found = {word for _, problem in calls("KeyFileUnfit") for word in words(problem)}

    assert found == KEY_FILES.keys()


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (NotThere("organisation", "T9"), "there is no organisation T9, or it has ended"),
        (NotThere(), "there is no such thing, or it has ended"),
        (Invalid("parent_code", "unknown"), "--parent: no organisation takes part under this code"),
        (Invalid("ae_title", "length"), "AE_TITLE: An AE title has at most 16 characters."),
        (NotAllowed("not_their_site"), "Only staff of the site, or those responsible above it, can do this."),
        (KeyFileUnfit(Path("/k/seal.pem"), "length"), "the key file /k/seal.pem is unfit: it does not hold a key"),
    ],
)
def test_a_sentence_names_the_thing(error: Exception, sentence: str) -> None:
    ending = ending_of(error)

    assert ending is not None
    assert ending.sentence.startswith(sentence)


def test_an_open_case_is_refused_with_what_helps() -> None:
    ending = ending_of(NotAllowed("case_is_open"))

    assert ending == Ending(
        code=REFUSED,
        sentence="the reading of this case is not over, so its images stay; --open-too erases them all the same",
    )


def test_the_unforeseen_has_no_ending() -> None:
    assert ending_of(KeyError("x")) is None
