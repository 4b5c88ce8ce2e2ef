"""What the pages of the policy show: versions, rules as a table, a comparison, a trial, an explanation."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from reading.rules.comparison import Comparison
from reading.rules.explanation import Explanation
from reading.rules.policy_acts import Listed, Stage
from reading.rules.rule import Rule
from reading.rules.trial import CaseBehind, Load, Number, Trial
from viewer.views import policy_words
from viewer.words import words
from viewer.words.catalogue import Language, text

TONES: Mapping[Stage, str] = {
    Stage.DRAFT: "",
    Stage.AHEAD: "warning",
    Stage.IN_FORCE: "success",
    Stage.PAST: "",
}


def line(one: Listed, author: str, zone: str, language: Language) -> dict[str, Any]:
    return {
        "number": one.version.version,
        "stage": one.stage,
        "state": text(language, f"policy.stage.{one.stage}"),
        "tone": TONES[one.stage],
        "since": policy_words.moment(one.since, zone),
        "until": policy_words.moment(one.until, zone),
        "ahead": one.ahead.id if one.ahead else "",
        "ahead_at": policy_words.moment(one.ahead.at, zone) if one.ahead else "",
        "made_at": policy_words.moment(one.version.made_at, zone),
        "made_by": author,
        "note": one.version.note,
        "rules": len(one.version.document["rules"]),
    }


def rules(found: Sequence[Rule], language: Language) -> list[dict[str, Any]]:
    return [
        {
            "name": policy_words.rule_name(rule.name, language),
            "conditions": policy_words.conditions(rule, language),
            "tier": text(language, f"policy.tier.{rule.tier}"),
            "city": rule.tier == "city",
            "verifier": policy_words.verifier(rule, language),
            "titles": text(language, "list-comma").join(sorted(rule.exempt_titles)),
            "review": policy_words.review(rule, language),
            "tell": text(language, "policy.flag.tell_site.yes") if rule.tell_site else "",
            "leave": text(language, "policy.flag.may_leave_series.yes") if rule.may_leave_series else "",
            "due": policy_words.minutes(rule.due_minutes, language),
            "indicator": policy_words.minutes(rule.indicator_minutes, language),
            "arriving": policy_words.minutes(rule.arriving_minutes, language),
            "clock": [*policy_words.clock(rule, language), *policy_words.staffing(rule, language)],
        }
        for rule in found
    ]


def source(document: Any) -> str:
    """The document as text."""
    return json.dumps(document, ensure_ascii=False, indent=2)


def rule_title(name: str, language: Language) -> str:
    """What stands over a rule in the editor; empty where it has no name yet."""
    return policy_words.rule_name(name, language) if name else ""


def comparison(found: Comparison, language: Language) -> dict[str, Any]:
    return {
        "added": [(place, shown) for (place, _), shown in zip(found.added, _all(found.added, language), strict=True)],
        "removed": [
            (place, shown) for (place, _), shown in zip(found.removed, _all(found.removed, language), strict=True)
        ],
        "changed": [
            {
                "name": policy_words.rule_name(one.name, language),
                "moved": one.moved,
                "place_before": one.place_before,
                "place_after": one.place_after,
                "fields": [
                    {
                        "name": policy_words.field_name(each.field, language),
                        "before": policy_words.value(each.field, each.before, language),
                        "after": policy_words.value(each.field, each.after, language),
                    }
                    for each in one.fields
                ],
            }
            for one in found.changed
        ],
    }


def explanation(found: Explanation, language: Language) -> dict[str, Any]:
    return {
        "sentence": policy_words.explanation_lines(found, language)[0],
        "tried": [
            (policy_words.rule_name(one.rule, language), policy_words.unmet(one, language)) for one in found.tried
        ],
        "behind": [policy_words.rule_name(name, language) for name in found.behind],
    }


def trial(made: Trial, names: Mapping[str, str], zone: str, language: Language) -> dict[str, Any]:
    """The numbers of a trial, each with the cases behind it; ``names`` of organisations, by code."""
    before, after = made.before, made.after
    tiers = [
        (text(language, f"policy.tier.{tier}"), made.tiers_before[tier], made.tiers_after[tier])
        for tier in sorted({*made.tiers_before, *made.tiers_after})
    ]
    return {
        "cases": made.cases,
        "stopped": made.stopped,
        "rows": [
            *((text(language, "policy.try.row.tier", tier=name), old, new) for name, old, new in tiers),
            *(
                (_reader(code, names, language), made.readers_before[code], made.readers_after[code])
                for code in sorted({*made.readers_before, *made.readers_after})
            ),
            (text(language, "policy.try.row.late"), before.late, after.late),
            (text(language, "policy.try.row.second"), before.second_readings, after.second_readings),
            (text(language, "policy.try.row.opinions"), before.opinions, after.opinions),
            (text(language, "policy.try.row.may_wait"), before.may_wait, after.may_wait),
            (text(language, "policy.try.row.reviews-before"), before.reviews_before, after.reviews_before),
            (text(language, "policy.try.row.reviews-after"), round(before.reviews_after), round(after.reviews_after)),
        ],
        "rules": [
            (
                policy_words.rule_name(name, language),
                _cases(made.rules_before.get(name)),
                _cases(made.rules_after.get(name)),
                late,
            )
            for name, late in (
                (name, made.rules_after[name].late if name in made.rules_after else 0)
                for name in dict.fromkeys((*made.rules_after, *made.rules_before))
            )
        ],
        "numbers": [
            *(
                _number(text(language, f"policy.try.number.{name}"), getattr(made, name), names, zone, language)
                for name in ("other_tier", "sooner", "later", "newly_late", "no_longer_late")
            ),
            *(
                _number(_arrow(old, new, language), number, names, zone, language)
                for (old, new), number in sorted(made.moved.items(), key=lambda entry: -entry[1].count)
            ),
        ],
    }


def _all(found: Sequence[tuple[int, Rule]], language: Language) -> list[dict[str, Any]]:
    return rules([rule for _, rule in found], language)


def _arrow(before: str, after: str, language: Language) -> str:
    return " → ".join(policy_words.rule_name(name, language) for name in (before, after))


def _reader(code: str, names: Mapping[str, str], language: Language) -> str:
    if not code:
        return text(language, "policy.try.row.nobody")
    return text(language, "policy.try.row.reader", name=names.get(code, code))


def _cases(load: Load | None) -> int:
    return load.cases if load else 0


def _number(name: str, number: Number, names: Mapping[str, str], zone: str, language: Language) -> dict[str, Any]:
    behind = [_behind(one, names, zone, language) for one in number.behind]
    return {"name": name, "count": number.count, "behind": behind}


def _behind(one: CaseBehind, names: Mapping[str, str], zone: str, language: Language) -> dict[str, Any]:
    return {
        "id": one.case_id,
        "site": names.get(one.site_code, one.site_code),
        "modality": words.coded(language, "modality", one.modality or ""),
        "received": policy_words.moment(one.received_at, zone),
        "released": policy_words.moment(one.released_at, zone),
        "said": [
            {
                "rule": policy_words.rule_name(said.rule, language),
                "tier": text(language, f"policy.tier.{said.tier}"),
                "due": policy_words.moment(said.due_at, zone),
                "late": said.late,
            }
            for said in (one.before, one.after)
        ],
    }
