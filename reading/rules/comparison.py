"""Two versions of a policy compared: rules that came, went, moved, and what each of the others asks otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reading.rules.rule import Rule
from reading.rules.rules_document import rule_part


@dataclass(frozen=True, kw_only=True)
class FieldChange:
    """A field of a rule that is not what it was; None where one of the two does not have it."""

    field: str
    """As a path inside the rule, e.g. ``when.words``."""
    before: Any
    after: Any


@dataclass(frozen=True, kw_only=True)
class RuleChange:
    """A rule that both versions have, by its name."""

    name: str
    place_before: int
    """From 1."""
    place_after: int
    moved: bool
    """Whether it stands before another rule that it stood behind."""
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What a version has otherwise than an earlier one."""

    added: tuple[tuple[int, Rule], ...]
    """Rules that only the later one has, with their place from 1."""
    removed: tuple[tuple[int, Rule], ...]
    changed: tuple[RuleChange, ...]
    """Rules with other fields, or in another order."""


def compare(before: Sequence[Rule], after: Sequence[Rule]) -> Comparison:
    """What ``after`` has otherwise; a rule that has another name is another rule."""
    old, new = ({rule.name: (place, rule) for place, rule in enumerate(rules, start=1)} for rules in (before, after))
    stayed = _in_order([name for name in old if name in new], [name for name in new if name in old])
    changed: list[RuleChange] = []
    for name, (place, rule) in new.items():
        if name in old:
            fields = _fields(old[name][1], rule)
            if fields or name not in stayed:
                changed.append(
                    RuleChange(
                        name=name,
                        place_before=old[name][0],
                        place_after=place,
                        moved=name not in stayed,
                        fields=fields,
                    )
                )
    return Comparison(
        added=tuple(entry for name, entry in new.items() if name not in old),
        removed=tuple(entry for name, entry in old.items() if name not in new),
        changed=tuple(changed),
    )


def _fields(before: Rule, after: Rule) -> tuple[FieldChange, ...]:
    old, new = flat(rule_part(before)), flat(rule_part(after))
    return tuple(
        FieldChange(field=key, before=old.get(key), after=new.get(key))
        for key in dict.fromkeys((*old, *new))
        if old.get(key) != new.get(key)
    )


def flat(part: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a rule by their path; what a condition asks stays whole."""
    found: dict[str, Any] = {}
    for key, value in part.items():
        if key in {"when", "review", "double_reading", "panel", "hold_for_priors", "step_minutes", "overdue"}:
            found |= {f"{key}.{inner}": asked for inner, asked in value.items()}
        elif key != "name":
            found[key] = value
    return found


def _in_order(before: Sequence[str], after: Sequence[str]) -> set[str]:
    """The most names that stand in one order in both (longest common subsequence): the others have moved."""
    lengths = [[0] * (len(after) + 1) for _ in range(len(before) + 1)]
    for i, one in reversed(list(enumerate(before))):
        for j, other in reversed(list(enumerate(after))):
            lengths[i][j] = lengths[i + 1][j + 1] + 1 if one == other else max(lengths[i + 1][j], lengths[i][j + 1])
    i, j, found = 0, 0, set[str]()
    while i < len(before) and j < len(after):
        if before[i] == after[j]:
            found.add(before[i])
            i, j = i + 1, j + 1
        elif lengths[i + 1][j] >= lengths[i][j + 1]:
            i += 1
        else:
            j += 1
    return found
