"""The form of a ratio: kinds and conditions as lists, over the same document that somebody may also write."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, get_args

from fastapi import Depends, Form

from reading.cases.examination_codes import BODY_PARTS, MODALITIES
from reading.kinds import Priority
from reading.numbers.ratio_document import LISTS, NUMBERS, SCORES, YES_OR_NO, Ratio
from viewer.http.plain_fields import Plain
from viewer.words import words
from viewer.words.catalogue import Language, text

PARTS: Final = ("of", "counted")
KINDS: Final[Sequence[str]] = get_args(Ratio.model_fields["kind"].annotation)
BETTER: Final[Sequence[str]] = get_args(Ratio.model_fields["better"].annotation)
_ANSWERS: Final = {"true": True, "false": False}
Field = Annotated[str, Form(max_length=80)]
Where = Annotated[list[str], Form(max_length=400)]


def typed_document(  # noqa: PLR0917 -- the fields of the form
    name_zh: Field = "",
    name_en: Field = "",
    kind: Field = "",
    better: Field = "",
    of_minutes_at_most: Annotated[Field, Plain] = "",
    of_examined_minutes_at_most: Annotated[Field, Plain] = "",
    counted_minutes_at_most: Annotated[Field, Plain] = "",
    counted_examined_minutes_at_most: Annotated[Field, Plain] = "",
    where: Where = [],  # noqa: B006 -- the default of a form without a ticked box
) -> str:
    """The document that the fields say; empty where the form was not sent.

    ``where`` is one of each box and list: part, condition and value, such as ``of:modality:CT``.
    """
    if not kind:
        return ""
    parts: dict[str, dict[str, Any]] = {part: {} for part in PARTS}
    for one in where:
        part, _, said = one.partition(":")
        name, _, value = said.partition(":")
        if part in parts and name in LISTS:
            parts[part].setdefault(name, []).append(value)
        elif part in parts and name in YES_OR_NO and value in _ANSWERS:
            parts[part][name] = _ANSWERS[value]
    minutes = (
        of_minutes_at_most,
        of_examined_minutes_at_most,
        counted_minutes_at_most,
        counted_examined_minutes_at_most,
    )
    for (part, name), value in zip(((part, name) for part in PARTS for name in NUMBERS), minutes, strict=True):
        if value.strip():
            parts[part][name] = int(value) if value.strip().isdecimal() else value
    document = {"name_zh": name_zh, "name_en": name_en, "kind": kind, **parts, "better": better}
    return json.dumps(document, ensure_ascii=False, indent=2)


FromForm = Annotated[str, Depends(typed_document)]


def fields_of(document: str, language: Language) -> dict[str, Any] | None:
    """What the form shows of a document; None of one that is no object, which stays a text."""
    try:
        said = json.loads(document)
    except ValueError:
        return None
    if not isinstance(said, dict):
        return None
    parts = {part: said.get(part) if isinstance(said.get(part), dict) else {} for part in PARTS}
    return {
        "name_zh": said.get("name_zh", ""),
        "name_en": said.get("name_en", ""),
        "kind": said.get("kind", ""),
        "better": said.get("better", "neither"),
        "kinds": [(each, text(language, f"numbers.ratio.kind.{each}")) for each in KINDS],
        "betters": [(each, text(language, f"numbers.ratio.better.{each}")) for each in BETTER],
        "parts": [_part(part, parts[part] or {}, language) for part in PARTS],
    }


def _part(part: str, said: Mapping[str, Any], language: Language) -> dict[str, Any]:
    offered = {
        "modality": words.code_list(language, "modality", MODALITIES),
        "body_part": words.code_list(language, "body", BODY_PARTS),
        "priority": words.code_list(language, "priority", [each.value for each in Priority]),
        "score": [(each, each) for each in SCORES],
    }
    return {
        "name": part,
        "lists": [_list(name, said.get(name), offered[name], language) for name in LISTS],
        "flags": [(name, _name(name, language), json.dumps(said.get(name))) for name in YES_OR_NO],
        "numbers": [(name, _name(name, language), said.get(name, "")) for name in NUMBERS],
    }


def _list(name: str, said: Any, offered: list[tuple[str, str]], language: Language) -> dict[str, Any]:
    chosen = said if isinstance(said, list) else []
    more = [(str(each), str(each)) for each in chosen if each not in {code for code, _ in offered}]
    return {"name": name, "title": _name(name, language), "offered": [*offered, *more], "chosen": chosen}


def _name(name: str, language: Language) -> str:
    return text(language, f"numbers.ratio.field.{name}")
