"""Comparisons, explanations and trials of a policy: in sentences for people, and as JSON for programs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from reading.rules.comparison import Comparison, FieldChange, flat
from reading.rules.conditions import Condition
from reading.rules.explanation import Explanation, Tried
from reading.rules.rule import Rule
from reading.rules.rules_document import rule_part
from reading.rules.staffing import MayChoose
from reading.rules.trial import CaseBehind, Load, Number, Said, Trial
from viewer.words import words
from viewer.words.catalogue import Language, catalogue, text


def field_name(field: str, language: Language) -> str:
    """The name of a field of a rule, by its path."""
    return text(language, f"policy.field.{field.removeprefix('when.')}")


def rule_name(name: str, language: Language) -> str:
    """The name of a rule, with what it is called in the language where it is one of the shipped ones."""
    word = catalogue(language).get(f"policy.rule.{name}", name)
    return name if word == name else text(language, "policy.rule-named", name=name, word=word)


def value(field: str, asked: Any, language: Language) -> str:
    """What a field says, in words; a dash where it says nothing."""
    name = field.removeprefix("when.")
    match asked:
        case None:
            return "—"
        case bool():
            return text(language, f"policy.flag.{name}.{'yes' if asked else 'no'}")
        case {"from": begins, "to": ends}:
            return f"{begins}–{ends}"
        case list() if name == "review.quotas":
            return text(language, "list-semicolon").join(_quota(one, language) for one in asked)
        case list():
            return text(language, "list-comma").join(_coded(name, str(one), language) for one in asked)
        case _:
            return _coded(name, str(asked), language)


def conditions(rule: Rule, language: Language) -> list[tuple[str, str]]:
    """The conditions of a rule: what each asks of, and what it asks."""
    part = flat(rule_part(rule))
    asked = {field: said for field, said in part.items() if field.startswith("when.")}
    return [(field_name(field, language), value(field, said, language)) for field, said in asked.items()]


def review(rule: Rule, language: Language) -> str:
    if rule.review is None:
        return text(language, "policy.review.none")
    part = flat(rule_part(rule))
    said = [text(language, f"policy.review.{rule.review.when}", percent=percentage(rule.review.percent))]
    said += [
        text(language, f"policy.review.{times}", times=f"{part[f'review.{times}']:g}")
        for times in ("positive_times", "changed_times")
        if f"review.{times}" in part
    ]
    said += [_quota(quota, language) for quota in part.get("review.quotas", [])]
    return text(language, "list-semicolon").join(said)


def _quota(quota: Mapping[str, Any], language: Language) -> str:
    limits = [
        text(language, f"policy.quota.{name}", n=quota[name]) for name in ("at_least", "at_most") if name in quota
    ]
    return text(
        language,
        "policy.quota",
        of=text(language, f"policy.quota.of.{quota['of']}"),
        days=quota["days"],
        limits=text(language, "list-comma").join(limits),
    )


def double_reading(rule: Rule, language: Language) -> str:
    """Who decides between two blind readings, and until when the first can be taken back; empty where one reads."""
    asked = rule.double_reading
    if asked is None:
        return ""
    lasts = minutes(asked.minutes, language)
    said = text(
        language,
        "policy.double_reading",
        arbitration=text(language, f"policy.value.double_reading.arbitration.{asked.arbitration}"),
        final=text(language, f"policy.double_reading.{asked.finality}", minutes=lasts),
    )
    if asked.consensus_minutes is None:
        return said
    return said + text(language, "policy.double_reading.confers", minutes=minutes(asked.consensus_minutes, language))


def verifier(rule: Rule, language: Language) -> str:
    if rule.double_reading is not None:
        return double_reading(rule, language)
    if not rule.needs_verifier:
        return text(language, "policy.verifier.no")
    return text(language, "policy.verifier.but" if rule.exempt_titles else "policy.verifier.yes")


def clock(rule: Rule, language: Language) -> list[str]:
    """How the clocks of a rule run, and what becomes of a case that waits too long; nothing where all is as usual."""
    part = flat(rule_part(rule))
    lines: list[str] = []
    if rule.working_hours is not None:
        hours = value("working_hours", part["working_hours"], language)
        lines.append(text(language, "policy.clock.working-hours", hours=hours))
    if rule.step_minutes:
        steps = [
            text(language, "policy.clock.step", step=text(language, f"step.{step}"), minutes=minutes(most, language))
            for step, most in rule.step_minutes.items()
        ]
        lines.append(text(language, "policy.clock.steps", steps=text(language, "list-comma").join(steps)))
    if rule.hold is not None:
        key = "policy.hold.urgent-too" if rule.hold.urgent_too else "policy.hold"
        lines.append(text(language, key, minutes=minutes(rule.hold.minutes, language)))
    if rule.overdue is not None:
        goals = value("overdue.to", part["overdue.to"], language)
        lines.append(text(language, "policy.clock.overdue", goals=goals))
    return lines


def staffing(rule: Rule, language: Language) -> list[str]:
    """What a rule asks of whoever takes its cases; nothing where that is anybody who reads there."""
    lines: list[str] = []
    if rule.panel is not None:
        skilled = text(language, "list-comma").join(sorted(rule.panel.skills))
        key = "policy.panel.skilled" if skilled else "policy.panel"
        lines.append(text(language, key, n=rule.panel.opinions, skills=skilled))
    if rule.skills:
        skills = text(language, "list-comma").join(sorted(rule.skills))
        lines.append(text(language, "policy.staffing.skills", skills=skills))
    if rule.may_choose is not MayChoose.FREELY:
        lines.append(text(language, f"policy.staffing.choose.{rule.may_choose}"))
    return lines


def percentage(number: float) -> str:
    return f"{number:g}%"


def minutes(number: int, language: Language) -> str:
    """A time in the unit that people say: minutes to two hours, hours to two days, then days."""
    if number <= 120 or number % 60:
        return text(language, "policy.minutes", n=number)
    if number <= 2880 or number % 1440:
        return text(language, "policy.hours", n=number // 60)
    return text(language, "policy.days", n=number // 1440)


def unmet(tried: Tried, language: Language) -> str:
    """Why a rule is not met, as a sentence."""
    if tried.condition is Condition.WORDS:
        return text(language, "policy.unmet.words", asked=value("words", tried.asked, language))
    if tried.condition in {Condition.MIN_AGE_YEARS, Condition.MAX_AGE_YEARS}:
        kind = "unknown" if tried.said is None else tried.condition.value
        return text(language, f"policy.unmet.age.{kind}", asked=tried.asked, said=tried.said)
    said = value(tried.condition, tried.said, language) if tried.said not in {None, ""} else ""
    if not said:
        said = text(language, "policy.not-said")
    if isinstance(tried.asked, bool):
        return text(language, "policy.unmet.flag", asked=value(tried.condition, tried.asked, language), said=said)
    return text(
        language,
        "policy.unmet",
        what=field_name(tried.condition, language),
        asked=value(tried.condition, tried.asked, language),
        said=said,
    )


def explanation_lines(found: Explanation, language: Language) -> list[str]:
    rule = found.rule
    lines = [
        text(
            language,
            "policy.why.met",
            rule=rule_name(rule.name, language),
            place=found.place,
            tier=text(language, f"policy.tier.{rule.tier}"),
            due=minutes(rule.due_minutes, language),
            review=review(rule, language),
        )
    ]
    lines += [f"  {double_reading(rule, language)}"] if rule.double_reading is not None else []
    return [*lines, *(f"  {rule_name(one.rule, language)}: {unmet(one, language)}" for one in found.tried)]


def explanation_json(found: Explanation) -> dict[str, Any]:
    return {
        "rule": rule_part(found.rule),
        "place": found.place,
        "not_met": [
            {"rule": one.rule, "condition": one.condition.value, "asked": one.asked, "said": one.said}
            for one in found.tried
        ],
        "behind": list(found.behind),
    }


def comparison_lines(found: Comparison, language: Language) -> list[str]:
    lines = [
        text(language, "policy.compare.added", rule=rule_name(rule.name, language), place=place)
        for place, rule in found.added
    ]
    lines += [
        text(language, "policy.compare.removed", rule=rule_name(rule.name, language), place=place)
        for place, rule in found.removed
    ]
    for one in found.changed:
        if one.moved:
            places = {"before": one.place_before, "after": one.place_after}
            lines.append(text(language, "policy.compare.moved", rule=one.name, **places))
        lines += [f"{one.name}{text(language, 'colon')}{change(each, language)}" for each in one.fields]
    return lines


def change(one: FieldChange, language: Language) -> str:
    before, after = (value(one.field, said, language) for said in (one.before, one.after))
    return text(language, "policy.compare.field", field=field_name(one.field, language), before=before, after=after)


def comparison_json(found: Comparison) -> dict[str, Any]:
    return {
        "added": [{"place": place, **rule_part(rule)} for place, rule in found.added],
        "removed": [{"place": place, **rule_part(rule)} for place, rule in found.removed],
        "changed": [
            {
                "rule": one.name,
                "place_before": one.place_before,
                "place_after": one.place_after,
                "moved": one.moved,
                "fields": [{"field": each.field, "before": each.before, "after": each.after} for each in one.fields],
            }
            for one in found.changed
        ],
    }


def trial_lines(made: Trial, language: Language) -> list[str]:
    """A trial in a few lines: what is asked now, and what would be."""
    lines = [
        text(language, "policy.try.cases", n=made.cases),
        text(language, "policy.try.other-rule", n=made.other_rule),
        text(language, "policy.try.other-tier", n=made.other_tier.count),
        text(language, "policy.try.sooner-later", sooner=made.sooner.count, later=made.later.count),
        text(language, "policy.try.late", before=made.before.late, after=made.after.late),
        text(language, "policy.try.late-changes", newly=made.newly_late.count, no_longer=made.no_longer_late.count),
        text(language, "policy.try.reviews-before", before=made.before.reviews_before, after=made.after.reviews_before),
        text(language, "policy.try.second", before=made.before.second_readings, after=made.after.second_readings),
        text(language, "policy.try.opinions", before=made.before.opinions, after=made.after.opinions),
        text(language, "policy.try.may_wait", before=made.before.may_wait, after=made.after.may_wait),
        text(
            language,
            "policy.try.reviews-after",
            before=round(made.before.reviews_after),
            after=round(made.after.reviews_after),
        ),
    ]
    for code in sorted({*made.readers_before, *made.readers_after}):
        counts = {"before": made.readers_before[code], "after": made.readers_after[code]}
        lines.append(text(language, "policy.try.reader", code=code or "—", **counts))
    if made.stopped:
        lines.append(text(language, "policy.try.stopped", n=made.cases))
    for (before, after), number in sorted(made.moved.items(), key=lambda entry: -entry[1].count):
        lines.append(f"  {before} → {after}: {number.count}")
    return lines


def trial_json(made: Trial) -> dict[str, Any]:
    return {
        "version": made.version,
        "since": made.since.isoformat(),
        "until": made.until.isoformat(),
        "cases": made.cases,
        "stopped": made.stopped,
        "before": {
            **_load(made.before),
            "tiers": dict(made.tiers_before),
            "readers": dict(made.readers_before),
            "rules": _loads(made.rules_before),
        },
        "after": {
            **_load(made.after),
            "tiers": dict(made.tiers_after),
            "readers": dict(made.readers_after),
            "rules": _loads(made.rules_after),
        },
        "moved": [
            {"before": before, "after": after, **_number(number)} for (before, after), number in made.moved.items()
        ],
        **{
            name: _number(getattr(made, name))
            for name in ("other_tier", "sooner", "later", "newly_late", "no_longer_late")
        },
    }


def _coded(name: str, code: str, language: Language) -> str:
    """The word of a code where the catalogue has one; the code itself otherwise."""
    if not code:
        return text(language, "policy.not-said")
    known = catalogue(language)
    for key in (f"policy.value.{name}.{code}", f"{_WORDS.get(name, '')}.{code}"):
        if key in known:
            return known[key]
    return minutes(int(code), language) if "_minutes" in name else code


_WORDS: Mapping[str, str] = {
    "body_part": "body",
    "priority": "priority",
    "sex": "sex",
    "tier": "policy.tier",
}
"""By field: where the catalogue has the words of its codes."""


def _load(one: Load) -> dict[str, Any]:
    return {
        "cases": one.cases,
        "late": one.late,
        "second_readings": one.second_readings,
        "opinions": one.opinions,
        "reviews_before_release": one.reviews_before,
        "reviews_after_release": round(one.reviews_after, 1),
    }


def _loads(rules: Mapping[str, Load]) -> dict[str, Any]:
    return {name: _load(one) for name, one in rules.items()}


def _number(one: Number) -> dict[str, Any]:
    return {"count": one.count, "behind": [_behind(each) for each in one.behind]}


def _behind(one: CaseBehind) -> dict[str, Any]:
    return {
        "case": one.case_id,
        "site": one.site_code,
        "modality": one.modality,
        "received_at": one.received_at.isoformat(),
        "released_at": one.released_at.isoformat() if one.released_at else None,
        "before": _said(one.before),
        "after": _said(one.after),
    }


def _said(one: Said) -> dict[str, Any]:
    return {"rule": one.rule, "tier": one.tier, "due_at": one.due_at.isoformat(), "late": one.late}


def moment(at: datetime | None, zone: str) -> str:
    return words.moment(at, zone) if at else ""
