"""The JSON document of a policy's rules, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from reading.errors import Invalid
from reading.kinds import Priority, Tier
from reading.rules.rule import Review, ReviewTime, Rule, When


def read_rules(document: Mapping[str, Any]) -> tuple[Rule, ...]:
    """The rules of a document, checked.

    Raises:
        Invalid: with the path of the field that is wrong.

    """
    _only(document, {"rules"}, "rules document")
    entries = document.get("rules")
    if not isinstance(entries, list) or not entries:
        raise Invalid("rules", "not_a_list")
    rules = tuple(_rule(entry, f"rules[{number}]") for number, entry in enumerate(cast("list[Any]", entries)))
    if len({rule.name for rule in rules}) != len(rules):
        raise Invalid("rules", "name_twice")
    if rules[-1].when != When():
        raise Invalid("rules", "last_rule_has_conditions")
    for rule in rules:
        if rule.when == When(priority=frozenset({Priority.EMERGENCY})):
            break  # every emergency has found its rule
        meets_emergencies = rule.when.priority is None or Priority.EMERGENCY in rule.when.priority
        if meets_emergencies and rule.reviewed_before_release:
            raise Invalid(f"rules.{rule.name}", "emergency_waits_for_review")
    return rules


def _rule(entry: Any, path: str) -> Rule:
    if not isinstance(entry, dict):
        raise Invalid(path, "not_an_object")
    fields = cast("dict[str, Any]", entry)
    known = {"name", "when", "tier", "needs_verifier", "exempt_titles", "review"}
    _only(fields, known | {"due_minutes", "indicator_minutes", "arriving_minutes"}, path)
    name = fields.get("name")
    if not isinstance(name, str) or not 0 < len(name) <= 60:
        raise Invalid(f"{path}.name", "not_a_name")
    needs_verifier = fields.get("needs_verifier")
    if not isinstance(needs_verifier, bool):
        raise Invalid(f"{path}.needs_verifier", "not_a_boolean")
    tier = fields.get("tier")
    if tier not in set(Tier):
        raise Invalid(f"{path}.tier", "unknown")
    return Rule(
        name=name,
        when=_when(fields.get("when", {}), f"{path}.when"),
        tier=Tier(tier),
        needs_verifier=needs_verifier,
        exempt_titles=_texts(fields.get("exempt_titles", []), f"{path}.exempt_titles"),
        review=_review(fields.get("review"), f"{path}.review"),
        due_minutes=_minutes(fields, "due_minutes", path),
        indicator_minutes=_minutes(fields, "indicator_minutes", path),
        arriving_minutes=_minutes(fields, "arriving_minutes", path),
    )


def _when(entry: Any, path: str) -> When:
    if not isinstance(entry, dict):
        raise Invalid(path, "not_an_object")
    fields = cast("dict[str, Any]", entry)
    texts = {"modality", "body_part", "site", "priority"}
    numbers = {"min_age_years", "max_age_years"}
    flags = {"critical", "escalated"}
    _only(fields, texts | numbers | flags, path)
    made: dict[str, Any] = {key: _texts(fields[key], f"{path}.{key}") for key in texts & fields.keys()}
    for key in numbers & fields.keys():
        if not _is_whole(fields[key]) or fields[key] < 0:
            raise Invalid(f"{path}.{key}", "not_a_number")
        made[key] = fields[key]
    for key in flags & fields.keys():
        if not isinstance(fields[key], bool):
            raise Invalid(f"{path}.{key}", "not_a_boolean")
        made[key] = fields[key]
    if "priority" in made:
        if made["priority"] - set(Priority):
            raise Invalid(f"{path}.priority", "unknown")
        made["priority"] = frozenset(Priority(value) for value in made["priority"])
    return When(**made)


def _review(entry: Any, path: str) -> Review | None:
    if entry is None:
        return None
    if not isinstance(entry, dict):
        raise Invalid(path, "not_an_object")
    fields = cast("dict[str, Any]", entry)
    _only(fields, {"when", "percent"}, path)
    if fields.get("when") not in set(ReviewTime):
        raise Invalid(f"{path}.when", "unknown")
    when = ReviewTime(fields["when"])
    percent = fields.get("percent", 100)
    if not (_is_whole(percent) or isinstance(percent, float)) or not 0 < percent <= 100:
        raise Invalid(f"{path}.percent", "not_a_percentage")
    if when is ReviewTime.BEFORE_RELEASE and percent != 100:
        raise Invalid(f"{path}.percent", "before_release_is_always_all")
    return Review(when=when, percent=percent)


def _minutes(fields: Mapping[str, Any], key: str, path: str) -> int:
    value = fields.get(key)
    if not _is_whole(value) or cast("int", value) <= 0:
        raise Invalid(f"{path}.{key}", "not_minutes")
    return cast("int", value)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _texts(value: Any, path: str) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(text, str) for text in cast("list[Any]", value)):
        raise Invalid(path, "not_a_list_of_texts")
    return frozenset(cast("list[str]", value))


def _only(fields: Mapping[str, Any], known: set[str], path: str) -> None:
    unknown = sorted(set(fields) - known)
    if unknown:
        raise Invalid(f"{path}.{unknown[0]}", "unknown_field")
