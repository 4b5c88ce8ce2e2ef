"""Who reads a case, who verifies and reviews it, and within how many minutes: rules as data, in versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from reading import tables
from reading.errors import Invalid
from reading.kinds import Priority, Tier
from storage.ids import new_id


class ReviewTime(StrEnum):
    BEFORE_RELEASE = "before_release"
    AFTER_RELEASE = "after_release"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a rule may ask about a case."""

    modality: str
    body_part: str
    site_id: str
    age_years: int | None
    priority: Priority
    critical: bool
    escalated: bool


@dataclass(frozen=True, kw_only=True)
class When:
    """The conditions of a rule; one that is None is met by every case."""

    modality: frozenset[str] | None = None
    body_part: frozenset[str] | None = None
    site: frozenset[str] | None = None
    priority: frozenset[Priority] | None = None
    min_age_years: int | None = None
    max_age_years: int | None = None
    critical: bool | None = None
    escalated: bool | None = None

    def holds(self, facts: Facts) -> bool:
        return (
            (self.modality is None or facts.modality in self.modality)
            and (self.body_part is None or facts.body_part in self.body_part)
            and (self.site is None or facts.site_id in self.site)
            and (self.priority is None or facts.priority in self.priority)
            and (self.min_age_years is None or (facts.age_years is not None and facts.age_years >= self.min_age_years))
            and (self.max_age_years is None or (facts.age_years is not None and facts.age_years <= self.max_age_years))
            and (self.critical is None or facts.critical == self.critical)
            and (self.escalated is None or facts.escalated == self.escalated)
        )


@dataclass(frozen=True, kw_only=True)
class Review:
    when: ReviewTime
    percent: float
    """Of the cases that match; always 100 before release."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    name: str
    when: When
    tier: Tier
    """Where it waits to be read."""
    needs_verifier: bool
    exempt_titles: frozenset[str]
    """Authors of these titles need no verifier."""
    review: Review | None
    due_minutes: int
    """From receipt to the release: the clock that routes."""
    indicator_minutes: int
    """From the start of the examination to the release: the clock that is reported."""
    arriving_minutes: int
    """A case of this rule ends arriving after so long, whatever is still missing."""

    def needs_verifier_after(self, author_title: str) -> bool:
        return self.needs_verifier and author_title.strip() not in self.exempt_titles

    @property
    def reviewed_before_release(self) -> bool:
        return self.review is not None and self.review.when is ReviewTime.BEFORE_RELEASE


@dataclass(frozen=True, kw_only=True)
class Policy:
    id: str
    version: int
    rules: tuple[Rule, ...]

    def match(self, facts: Facts) -> Rule:
        """The first rule that holds; validation made sure that the last one always does."""
        return next(rule for rule in self.rules if rule.when.holds(facts))

    def rule(self, name: str) -> Rule:
        return next(rule for rule in self.rules if rule.name == name)


_EXEMPT: Final = [
    "主治医师",
    "副主任医师",
    "主任医师",
    "attending physician",
    "associate chief physician",
    "chief physician",
]
_VERIFIED: Final = {"needs_verifier": True, "exempt_titles": _EXEMPT}
_REVIEWED_FIRST: Final = {"when": "before_release"}
_SAMPLED: Final = {"when": "after_release", "percent": 20}
_XRAY: Final = ["CR", "DX", "DR", "RF", "RG"]

# Due times: the table of a hospital in the region, until each region sets its own.
FIRST_POLICY: Final[dict[str, Any]] = {
    "rules": [
        {
            "name": "emergency-ct",
            "when": {"priority": ["emergency"], "modality": ["CT", "MR"]},
            "tier": "county",
            **_VERIFIED,
            "review": {"when": "after_release", "percent": 100},
            "due_minutes": 60,
            "indicator_minutes": 120,
            "arriving_minutes": 10,
        },
        {
            "name": "emergency",
            "when": {"priority": ["emergency"]},
            "tier": "county",
            **_VERIFIED,
            "review": {"when": "after_release", "percent": 100},
            "due_minutes": 30,
            "indicator_minutes": 120,
            "arriving_minutes": 5,
        },
        {
            "name": "escalated",
            "when": {"escalated": True},
            "tier": "city",
            "needs_verifier": False,
            "review": _REVIEWED_FIRST,
            "due_minutes": 24 * 60,
            "indicator_minutes": 24 * 60,
            "arriving_minutes": 60,
        },
        {
            "name": "critical",
            "when": {"critical": True},
            "tier": "county",
            **_VERIFIED,
            "review": _REVIEWED_FIRST,
            "due_minutes": 60,
            "indicator_minutes": 120,
            "arriving_minutes": 10,
        },
        {
            "name": "ct",
            "when": {"modality": ["CT"]},
            "tier": "county",
            **_VERIFIED,
            "review": _REVIEWED_FIRST,
            "due_minutes": 240,
            "indicator_minutes": 360,
            "arriving_minutes": 60,
        },
        {
            "name": "urgent",
            "when": {"priority": ["urgent"]},
            "tier": "county",
            **_VERIFIED,
            "review": _SAMPLED,
            "due_minutes": 60,
            "indicator_minutes": 120,
            "arriving_minutes": 15,
        },
        {
            "name": "plain-xray",
            "when": {"modality": _XRAY},
            "tier": "county",
            **_VERIFIED,
            "review": _SAMPLED,
            "due_minutes": 120,
            "indicator_minutes": 240,
            "arriving_minutes": 30,
        },
        {
            "name": "other",
            "when": {},
            "tier": "county",
            **_VERIFIED,
            "review": _SAMPLED,
            "due_minutes": 240,
            "indicator_minutes": 360,
            "arriving_minutes": 60,
        },
    ]
}


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


def install(tx: Connection, document: Mapping[str, Any], made_by: str | None, now: datetime) -> Policy:
    """Put a rules document into force; cases that exist keep the policy that they were opened under.

    Raises:
        Invalid: the document has an error.

    """
    newest = tx.execute(sa.select(sa.func.max(tables.policy.c.version))).scalar()
    tx.execute(sa.update(tables.policy).where(tables.policy.c.until.is_(None)).values(until=now))
    return _made(tx, document, made_by, now, version=(newest or 0) + 1)


def _made(tx: Connection, document: Mapping[str, Any], made_by: str | None, now: datetime, *, version: int) -> Policy:
    made = Policy(id=new_id(), version=version, rules=read_rules(document))
    tx.execute(
        sa.insert(tables.policy).values(
            id=made.id, version=made.version, rules=dict(document), made_at=now, made_by=made_by, since=now
        )
    )
    return made


def in_force(tx: Connection, now: datetime) -> Policy:
    """The policy that new cases are opened under; the first one is installed when there is none yet."""
    found = _in_force(tx)
    if found is not None:
        return found
    try:
        with tx.begin_nested():
            return _made(tx, FIRST_POLICY, None, now, version=1)
    except IntegrityError:
        # Another process installed it since we looked: version is unique.
        return by_id(tx, cast("str", tx.execute(sa.select(tables.policy.c.id).where(_open())).scalar_one()))


def by_id(tx: Connection, policy_id: str) -> Policy:
    row = tx.execute(sa.select(tables.policy).where(tables.policy.c.id == policy_id)).one()
    return _policy(row)


def due_at(rule: Rule, received_at: datetime) -> datetime:
    return received_at + timedelta(minutes=rule.due_minutes)


def indicator_at(rule: Rule, examined_at: datetime) -> datetime:
    return examined_at + timedelta(minutes=rule.indicator_minutes)


def _open() -> sa.ColumnElement[bool]:
    return tables.policy.c.until.is_(None)


def _in_force(tx: Connection) -> Policy | None:
    row = tx.execute(sa.select(tables.policy).where(_open())).one_or_none()
    return None if row is None else _policy(row)


def _policy(row: sa.Row[Any]) -> Policy:
    return Policy(id=row.id, version=row.version, rules=read_rules(row.rules))


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
