"""The form of a policy: a field a column, a rule a row; only a document that comes back as it was becomes a form."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends, Form

from reading.kinds import Priority
from reading.rules.rules_document import DocumentProblem, InvalidDocument
from viewer.http.plain_fields import Plain

Column = Annotated[list[str], Form(max_length=200)]
Counts = Annotated[list[Annotated[str, Plain]], Form(max_length=200)]
MOST_RULES: Final = 27
"""Most rules that the form shows: with three boxes ticked in each it stays below the 1000 fields of a request."""
PRIORITIES: Final = [priority.value for priority in Priority]
SEXES: Final = ("M", "F", "O", "")
"""The last is the sex that nobody named."""
UNNAMED: Final = ("modality", "body_part")
"""Conditions that a case may meet of which nobody named that fact: a box beside the texts."""
LISTS: Final = ("modality", "body_part", "site", "department", "words")
FLAGS: Final = ("contrast", "working_day", "critical", "escalated")
CHOICES: Final[Mapping[str, Sequence[str]]] = {
    "tier": ("county", "city"),
    "needs_verifier": ("yes", "no"),
    "tell_site": ("no", "yes"),
    "double_arbitration": ("", "discordant_only", "all_recalls", "all_not_normal", "recall_if_either"),
    "double_first_final": ("at_once", "after_minutes", "by_reader"),
    "review_when": ("", "before_release", "after_release"),
    "may_choose": ("freely", "with_reason", "no"),
    "may_leave_series": ("no", "yes"),
    "hold_urgent_too": ("no", "yes"),
    **dict.fromkeys(FLAGS, ("", "yes", "no")),
}
"""By field: what its list offers, and what it shows first."""
USUAL_DOUBLE: Final[Mapping[str, Any]] = {"arbitration": "discordant_only", "first_final": "at_once", "minutes": 60}
"""What a document means by a double reading of which it says no more."""
USUAL_HOLD: Final[dict[str, Any]] = {"urgent_too": False}
"""And of a hold for earlier images."""
_COMMAS: Final = str.maketrans({"，": ",", "、": ",", "\n": ",", "\r": ","})
_CLOCK: Final = re.compile("(?:(?:[01][0-9]|2[0-3]):[0-5][0-9])?")
"""What a browser keeps of a time; another text would come back empty."""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The fields of the form as they were typed, each with one entry a rule; boxes name the rule that they stand in."""

    columns: Mapping[str, Sequence[str]]
    priority: Sequence[str]
    sex: Sequence[str]
    unnamed: Sequence[str]
    """Box by box, e.g. ``2:modality``."""


def rows(  # noqa: PLR0917 -- the fields of the form
    name: Column,
    tier: Column,
    needs_verifier: Column,
    tell_site: Column,
    exempt_titles: Column,
    skills: Column,
    panel_opinions: Counts,
    panel_skills: Column,
    hold_minutes: Counts,
    hold_urgent_too: Column,
    may_choose: Column,
    may_leave_series: Column,
    double_arbitration: Column,
    double_first_final: Column,
    double_minutes: Counts,
    double_consensus: Counts,
    review_when: Column,
    review_percent: Counts,
    due_minutes: Counts,
    indicator_minutes: Counts,
    arriving_minutes: Counts,
    modality: Column,
    body_part: Column,
    site: Column,
    department: Column,
    words: Annotated[list[str], Form(max_length=2000)],
    contrast: Column,
    working_day: Column,
    critical: Column,
    escalated: Column,
    min_age_years: Counts,
    max_age_years: Counts,
    hours_from: Counts,
    hours_to: Counts,
    priority: Annotated[list[str] | None, Form(max_length=200)] = None,
    sex: Annotated[list[str] | None, Form(max_length=200)] = None,
    unnamed: Annotated[list[str] | None, Form(max_length=200)] = None,
) -> Rows:
    """The dependency that gathers the fields of the form."""
    columns = {
        "name": name,
        "tier": tier,
        "needs_verifier": needs_verifier,
        "tell_site": tell_site,
        "exempt_titles": exempt_titles,
        "skills": skills,
        "panel_opinions": panel_opinions,
        "panel_skills": panel_skills,
        "hold_minutes": hold_minutes,
        "hold_urgent_too": hold_urgent_too,
        "may_choose": may_choose,
        "may_leave_series": may_leave_series,
        "double_arbitration": double_arbitration,
        "double_first_final": double_first_final,
        "double_minutes": double_minutes,
        "double_consensus": double_consensus,
        "review_when": review_when,
        "review_percent": review_percent,
        "due_minutes": due_minutes,
        "indicator_minutes": indicator_minutes,
        "arriving_minutes": arriving_minutes,
        "modality": modality,
        "body_part": body_part,
        "site": site,
        "department": department,
        "words": words,
        "contrast": contrast,
        "working_day": working_day,
        "critical": critical,
        "escalated": escalated,
        "min_age_years": min_age_years,
        "max_age_years": max_age_years,
        "hours_from": hours_from,
        "hours_to": hours_to,
    }
    return Rows(columns=columns, priority=priority or (), sex=sex or (), unnamed=unnamed or ())


Typed = Annotated[Rows, Depends(rows)]


def document_of(typed: Rows) -> dict[str, Any]:
    """The document that was typed; what is no number stays as it was typed, to be named by the schema.

    Raises:
        InvalidDocument: the fields are not those of one form.

    """
    counts = {len(column) for column in typed.columns.values()}
    if len(counts) != 1:
        raise InvalidDocument([DocumentProblem(path="", problem="not_accepted")])
    return {"rules": [_rule(typed, number) for number in range(counts.pop())]}


def fields_of(document: Any) -> list[dict[str, Any]] | None:
    """The fields of each rule for the form; None where the form would send another document back."""
    try:
        found = [_fields(rule) for rule in document["rules"]]
        whole = _plain(document_of(typed_of(found))) == _plain(document)
    except (AttributeError, LookupError, TypeError, InvalidDocument):
        return None
    return found if whole and len(found) <= MOST_RULES else None


def typed_of(fields: Sequence[Mapping[str, Any]]) -> Rows:
    """What a browser sends of the form with these fields when nobody changes any."""
    choices = {"priority": PRIORITIES, "sex": SEXES, "unnamed": UNNAMED}
    keys = [key for key in fields[0] if key not in choices]
    boxes = {
        key: [f"{number}:{code}" for number, rule in enumerate(fields) for code in shown if code in rule[key]]
        for key, shown in choices.items()
    }
    columns = {key: [_sent(key, str(rule[key])) for rule in fields] for key in keys}
    return Rows(columns=columns, **boxes)


def _sent(key: str, value: str) -> str:
    """The value that a field sends: a list its first choice, and a clock nothing, for a value that they do not have."""
    if key in CHOICES:
        return value if value in CHOICES[key] else CHOICES[key][0]
    if key in {"hours_from", "hours_to"}:
        return value if _CLOCK.fullmatch(value) else ""
    return value.replace("\r", "").replace("\n", "")


def _plain(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document without what is as it would be anyway, and each list in one order."""
    return {**document, "rules": [_plain_rule(rule) for rule in document["rules"]]}


def _plain_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    unsaid = {"when": {}, "tell_site": False, "exempt_titles": [], "review": None, "skills": [], "may_choose": "freely"}
    parts = dict.fromkeys(("double_reading", "panel", "hold_for_priors"))
    said: dict[str, Any] = {**unsaid, "may_leave_series": False, **parts, **rule}
    hold = said["hold_for_priors"] if said["hold_for_priors"] is None else USUAL_HOLD | said["hold_for_priors"]
    panel = said["panel"] if said["panel"] is None else {"skills": [], **said["panel"]}
    double = said["double_reading"] if said["double_reading"] is None else dict(USUAL_DOUBLE) | said["double_reading"]
    when = {key: value for key, value in said["when"].items() if value is not None}
    review = said["review"] if said["review"] is None else {"percent": 100, **said["review"]}
    return {
        **said,
        "when": {key: sorted(value) if isinstance(value, list) else value for key, value in when.items()},
        "exempt_titles": sorted(said["exempt_titles"]),
        "skills": sorted(said["skills"]),
        "double_reading": double,
        "hold_for_priors": hold,
        "panel": panel if panel is None else panel | {"skills": sorted(panel["skills"])},
        "review": review,
    }


def after_act(document: dict[str, Any], act: str) -> dict[str, Any]:
    """The document with a rule moved, removed or added: ``up:3``, ``down:3``, ``remove:3``, ``insert:3`` (from 0)."""
    kind, _, number = act.partition(":")
    rules: list[Any] = list(document["rules"])
    place = int(number) if number.isascii() and number.isdigit() else -1
    if not 0 <= place < len(rules):
        return document
    match kind:
        case "up" if place > 0:
            rules[place - 1], rules[place] = rules[place], rules[place - 1]
        case "down" if place < len(rules) - 1:
            rules[place + 1], rules[place] = rules[place], rules[place + 1]
        case "remove" if len(rules) > 1:
            del rules[place]
        case "insert":
            new = {key: value for key, value in rules[place].items() if key not in {"name", "when"}}
            rules.insert(place, {"name": "", "when": {}} | new)
        case _:
            pass
    return {"rules": rules}


def _rule(typed: Rows, number: int) -> dict[str, Any]:
    said = {key: column[number].strip() for key, column in typed.columns.items()}
    when: dict[str, Any] = {key: listed(said[key]) for key in LISTS if said[key]}
    when |= {key: said[key] == "yes" for key in FLAGS if said[key]}
    when |= {key: _number(said[key]) for key in ("min_age_years", "max_age_years") if said[key]}
    if said["hours_from"] or said["hours_to"]:
        when["hours"] = {"from": said["hours_from"], "to": said["hours_to"]}
    for key, boxes in (("priority", typed.priority), ("sex", typed.sex)):
        if chosen := _ticked(boxes, number):
            when[key] = chosen
    for key in _ticked(typed.unnamed, number):
        if key in UNNAMED:
            when[key] = [*when.get(key, []), ""]
    rule: dict[str, Any] = {
        "name": said["name"],
        "when": when,
        "tier": said["tier"],
        "needs_verifier": said["needs_verifier"] == "yes",
        **{key: _number(said[key]) for key in ("due_minutes", "indicator_minutes", "arriving_minutes")},
    }
    if said["tell_site"] == "yes":
        rule["tell_site"] = True
    if said["skills"]:
        rule["skills"] = listed(said["skills"])
    if said["panel_opinions"] or said["panel_skills"]:
        skills = {"skills": listed(said["panel_skills"])} if said["panel_skills"] else {}
        rule["panel"] = {"opinions": _number(said["panel_opinions"])} | skills
    if said["hold_minutes"]:
        too = {"urgent_too": True} if said["hold_urgent_too"] == "yes" else {}
        rule["hold_for_priors"] = {"minutes": _number(said["hold_minutes"])} | too
    if said["may_choose"] != "freely":
        rule["may_choose"] = said["may_choose"]
    if said["may_leave_series"] == "yes":
        rule["may_leave_series"] = True
    if said["exempt_titles"]:
        rule["exempt_titles"] = listed(said["exempt_titles"])
    if said["double_arbitration"]:
        final = said["double_first_final"]
        minutes = {"minutes": _number(said["double_minutes"])} if final == "after_minutes" else {}
        confers = {"consensus_minutes": _number(said["double_consensus"])} if said["double_consensus"] else {}
        rule["double_reading"] = {"arbitration": said["double_arbitration"], "first_final": final} | minutes | confers
    if said["review_when"]:
        after = said["review_when"] == "after_release"
        rule["review"] = {"when": said["review_when"]} | ({"percent": _number(said["review_percent"])} if after else {})
    return rule


def _ticked(boxes: Sequence[str], number: int) -> list[str]:
    """The codes of the boxes that are ticked in a rule."""
    return [code for place, _, code in (box.partition(":") for box in boxes) if place == str(number)]


def _fields(rule: Mapping[str, Any]) -> dict[str, Any]:
    when, review, hours = rule.get("when", {}), rule.get("review") or {}, rule.get("when", {}).get("hours", {})
    panel, hold = rule.get("panel") or {}, rule.get("hold_for_priors") or {}
    double = None if rule.get("double_reading") is None else dict(USUAL_DOUBLE) | rule["double_reading"]
    return {
        "name": rule.get("name", ""),
        "tier": rule.get("tier", ""),
        "needs_verifier": "yes" if rule.get("needs_verifier", True) else "no",
        "tell_site": "yes" if rule.get("tell_site") else "no",
        "exempt_titles": joined(rule.get("exempt_titles", [])),
        "skills": joined(rule.get("skills", [])),
        "panel_opinions": panel.get("opinions", ""),
        "panel_skills": joined(panel.get("skills", [])),
        "hold_minutes": hold.get("minutes", ""),
        "hold_urgent_too": "yes" if hold.get("urgent_too") else "no",
        "may_choose": rule.get("may_choose", "freely"),
        "may_leave_series": "yes" if rule.get("may_leave_series") else "no",
        "double_arbitration": "" if double is None else double["arbitration"],
        "double_first_final": "at_once" if double is None else double["first_final"],
        "double_minutes": USUAL_DOUBLE["minutes"] if double is None else double["minutes"],
        "double_consensus": "" if double is None else double.get("consensus_minutes") or "",
        "review_when": review.get("when", ""),
        "review_percent": review.get("percent", 100),
        **{key: rule.get(key, "") for key in ("due_minutes", "indicator_minutes", "arriving_minutes")},
        **{key: joined(when.get(key, [])) for key in LISTS},
        **{key: "" if when.get(key) is None else "yes" if when[key] else "no" for key in FLAGS},
        "min_age_years": when.get("min_age_years", ""),
        "max_age_years": when.get("max_age_years", ""),
        "hours_from": hours.get("from", ""),
        "hours_to": hours.get("to", ""),
        "priority": when.get("priority", []),
        "sex": when.get("sex", []),
        "unnamed": [key for key in UNNAMED if "" in when.get(key, [])],
    }


def listed(typed: str) -> list[str]:
    """The texts between commas, Chinese ones too."""
    return [text.strip() for text in typed.translate(_COMMAS).split(",") if text.strip()]


def joined(texts: Sequence[str]) -> str:
    return ", ".join(text for text in texts if text)


def _number(typed: str) -> int | float | str:
    if typed.isascii() and typed.isdigit():
        return int(typed)
    try:
        number = float(typed)
    except ValueError:
        return typed
    return number if math.isfinite(number) else typed
