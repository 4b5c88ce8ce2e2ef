"""Report templates as HTML by IHE MRRT, for other programs."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final

from reading.templates.document import (
    AnyField,
    Cell,
    ChoiceField,
    Document,
    NumberField,
    Sentence,
    SideField,
    TableField,
    TextField,
)
from reading.templates.mrrt_html import EMBEDDED
from reading.templates.rendering import SIDES, Language

_SECTIONS: Final = {"findings": "Findings", "impression": "Impression", "recommendation": "Recommendations"}


def export_mrrt(document: Document, language: Language, *, identifier: str) -> str:
    """A template by MRRT in one language: its fields as controls, its normal sentences, and the document itself.

    Other programs show the controls under the part in which a field is first said; what follows from their values is
    in the document alone, from which `reading.templates.mrrt` takes everything over.
    """
    title = escape(getattr(document.title, language))
    places = _places(document)
    body = "\n".join(
        f'<section id="{part}" data-section-name="{name}">\n'
        f'<header class="level1">{name}</header>\n'
        + "\n".join((*_normal(document, part, language), *(_shown(one, language) for one in places[part])))
        + "\n</section>"
        for part, name in _SECTIONS.items()
        if places[part] or any(one.part == part for one in document.sentences)
    )
    # Nothing in it ends the script; JSON reads it the same.
    kept = document.model_dump_json(exclude_defaults=True).replace("<", "\\u003c")
    return (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="UTF-8">\n<title>{title}</title>\n'
        f'<meta name="dcterms.title" content="{title}">\n'
        f'<meta name="dcterms.identifier" content="{escape(identifier)}">\n'
        f'<meta name="dcterms.type" content="IMAGE_REPORT_TEMPLATE">\n'
        f'<meta name="dcterms.language" content="{language}">\n'
        f'<script type="text/xml">\n<template_attributes>\n<top-level-flag>true</top-level-flag>\n'
        f"<status>ACTIVE</status>\n</template_attributes>\n</script>\n"
        f'<script type="application/json" id="{EMBEDDED}">{kept}</script>\n'
        f"</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _places(document: Document) -> dict[str, list[AnyField]]:
    """The fields by the part in which each is first said; one that nothing says is a finding."""
    found: dict[str, list[AnyField]] = {part: [] for part in _SECTIONS}
    for one in document.fields:
        saying = (each.part for each in document.sentences if _names(each, one))
        found[next(saying, "findings")].append(one)
    return found


def _names(sentence: Sentence, one: AnyField) -> bool:
    return one.name in {*sentence.words.places(), *sentence.given, *sentence.chosen, sentence.each}


def _normal(document: Document, part: str, language: Language) -> Iterator[str]:
    for one in document.sentences:
        if one.part == part and not one.words.places() and not one.given and not one.chosen and not one.each:
            words = getattr(one.words, language).replace("{{", "{").replace("}}", "}")
            yield f"<p>{escape(words)}</p>"


def _shown(one: AnyField, language: Language) -> str:
    label = escape(getattr(one.label, language))
    if isinstance(one, TableField):
        cells = "".join(
            f"<td>{_labelled(column, f'{one.name}_{column.name}', language)}</td>" for column in one.columns
        )
        return f"<table><tr><td>{label}</td>{cells}</tr></table>"
    return f"<p>{_labelled(one, one.name, language)}</p>"


def _labelled(one: Cell, name: str, language: Language) -> str:
    label = f'<label for="{name}">{escape(getattr(one.label, language))}</label>'
    named = f'id="{name}" name="{name}"' + (' data-field-completion-action="ALERT"' if one.mandatory else "")
    match one:
        case TextField():
            return f'{label} <input type="text" {named} data-field-type="TEXT">'
        case NumberField():
            step = "1" if not one.decimals else f"0.{'0' * (one.decimals - 1)}1"
            range_ = f'min="{one.low:g}" max="{one.high:g}" step="{step}" data-field-units="{escape(one.unit)}"'
            return f'{label} <input type="number" {named} data-field-type="NUMBER" {range_}> {escape(one.unit)}'
        case ChoiceField():
            options = [(each.code, getattr(each.words, language)) for each in one.options]
            return f"{label} {_select(named, options, many=one.many)}"
        case SideField():
            return f"{label} {_select(named, [(code, getattr(words, language)) for code, words in SIDES.items()])}"


def _select(named: str, options: list[tuple[str, str]], *, many: bool = False) -> str:
    inside = "".join(f'<option value="{escape(code)}">{escape(words)}</option>' for code, words in options)
    multiple = " multiple" if many else ""
    return f'<select {named} data-field-type="SELECTION_LIST"{multiple}>{inside}</select>'
