"""Teaching entries and collections as pages show them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from reading.errors import Invalid
from reading.teaching.collection_change import Before
from reading.teaching.collections import Collection
from reading.teaching.library import Entry, Kept
from reading.teaching.since_then import Difference, SinceThen
from reading.teaching.words import BANDS, LENGTHS, StillNamed
from viewer.views.text_changes import Part, Way, text_changes
from viewer.words import words
from viewer.words.catalogue import Language, text

_LABELS: Final = {name: "teaching.title-of" if name == "title" else f"teaching.{name}" for name in LENGTHS}
"""What the fields of the words are called on the page."""


def line(one: Entry, zone: str, language: Language, *, new: bool = False) -> dict[str, Any]:
    """An entry in a list, and on its page."""
    said = one.words
    return {
        "id": one.id,
        "title": said.title,
        "diagnosis": said.diagnosis,
        "point": said.point,
        "findings": said.findings,
        "impression": said.impression,
        "examination": _examination(one, language),
        "person": text(language, "list-comma").join(
            part
            for part in (words.coded(language, "sex", one.sex) if one.sex else "", band(one.age_from, language))
            if part
        ),
        "collection": one.collection.name,
        "collection_id": one.collection.id,
        "organisation": one.collection.organisation_name,
        "added": words.day(one.added_at, zone),
        "pictures": one.pictures,
        "new": new,
    }


def band(age_from: int | None, language: Language) -> str:
    """A band of ages in words; empty where nobody knows it."""
    if age_from is None:
        return ""
    if age_from == BANDS[0]:
        return text(language, "teaching.age-first", n=BANDS[1])
    later = [first for first in BANDS if first > age_from]
    if not later:
        return text(language, "teaching.age-last", n=age_from)
    return text(language, "teaching.age", first=age_from, last=later[0] - 1)


def collection(one: Collection, new: dict[str, set[str]], kept: frozenset[str]) -> dict[str, Any]:
    """A collection beside the list: whether they are told of what is new there, and how much that is."""
    return {
        "id": one.id,
        "name": one.name,
        "description": one.description,
        "organisation": one.organisation_name,
        "seen_by": one.seen_by,
        "subscribed": one.id in new,
        "new": len(new.get(one.id, ())),
        "keeps": one.organisation_id in kept,
    }


def history(one: Collection, before: Sequence[Before], zone: str, language: Language) -> list[dict[str, Any]]:
    """What a collection was before each change and became by it, the newest first."""
    said = [_called(one, language), *(_called(each, language) for each in before)]
    return [
        {
            "at": words.moment(each.changed_at, zone),
            "who": each.changed_by,
            "values": [
                {"field": text(language, f"teaching.{field}"), "before": old[field] or "—", "now": new[field] or "—"}
                for field in old
                if old[field] != new[field]
            ],
        }
        for each, new, old in zip(before, said, said[1:], strict=False)
    ]


def since_then(found: SinceThen, language: Language) -> list[dict[str, Any]]:
    """What is otherwise now than it was entered, field by field; texts with what was taken out and what came in."""
    return [
        {
            "field": text(language, f"teaching.{one.name}" if one.name in LENGTHS else f"teaching.fact.{one.name}"),
            "parts": _parts(one, _fact(one.name, one.before, language), _fact(one.name, one.now, language)),
        }
        for one in found.differences
    ]


def hands(kept: Kept, zone: str, language: Language) -> list[str]:
    """Whoever wrote an entry, and each who changed its words."""
    return [
        text(language, "teaching.hand-changed" if place else "teaching.hand-added", name=one.name, at=at)
        for place, one in enumerate(kept.hands)
        for at in [words.moment(one.at, zone)]
    ]


def _called(one: Collection | Before, language: Language) -> dict[str, str]:
    seen_by = text(language, f"teaching.seen-by-{one.seen_by}")
    return {"name": one.name, "description": one.description, "seen-by": seen_by}


def _parts(one: Difference, before: str, now: str) -> list[Part]:
    """The words of a text that changed; of a fact the one and the other."""
    if one.name in LENGTHS:
        return text_changes(before, now)
    return [Part(way=Way.OUT, text=before), Part(way=Way.KEPT, text=" → "), Part(way=Way.IN, text=now)]


def _fact(field: str, value: Any, language: Language) -> str:
    match field:
        case "modality" | "sex":
            return words.coded(language, field, value) if value else "—"
        case "body_part":
            return words.coded(language, "body", value) if value else "—"
        case "laterality":
            return words.coded(language, "side", value) if value in {"L", "R", "B"} else "—"
        case "age_from":
            return band(value, language) or "—"
        case _:
            return str(value)


def wrong_fields(refused: Exception | None) -> list[str]:
    """The fields of the words that a refusal is about, in their order on the page."""
    if isinstance(refused, StillNamed):
        named = {field for field, _ in refused.found}
    else:
        named = {refused.field} if isinstance(refused, Invalid) else set[str]()
    return [field for field in LENGTHS if field in named]


def at_its_field(refused: Exception, said: str, language: Language) -> str:
    """What is wrong, with the name of the field where the refusal is about one of the words."""
    return text(language, "colon").join([*(text(language, _LABELS[one]) for one in wrong_fields(refused)), said])


def still_named(refused: StillNamed, language: Language) -> list[str]:
    """A sentence for each field in which somebody is named: the kinds of words, never a word."""
    kinds: dict[str, list[str]] = {}
    for field, kind in refused.found:
        kinds.setdefault(field, []).append(text(language, f"teaching.kind.{kind}"))
    return [
        text(
            language,
            "teaching.still-named",
            field=text(language, _LABELS[field]),
            kinds=text(language, "list-comma").join(named),
        )
        for field, named in kinds.items()
    ]


def _examination(one: Entry, language: Language) -> str:
    side = words.coded(language, "side", one.laterality) if one.laterality in {"L", "R", "B"} else ""
    part = text(language, "teaching.side-part", side=side, part=words.coded(language, "body", one.body_part))
    named = (words.coded(language, "modality", one.modality), part.strip())
    return " · ".join(each for each in named if each)
