"""The document of a policy: its typed schema, and every error in it by path and word."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
)
from pydantic_core import PydanticCustomError

from reading.errors import Invalid
from reading.kinds import Priority, Sex, Tier
from reading.rules.clock_document import (
    ClockPart,
    HoursPart,
    Minutes,
    Part,
    clock_part,
    clock_problems,
    hours_of,
    overdue_of,
    plain_hours,
    steps_of,
)
from reading.rules.conditions import Hours, When
from reading.rules.double_reading_document import DoubleReadingPart, double_reading_of, double_reading_part
from reading.rules.facts import folded
from reading.rules.hold import HoldPart, hold_of, hold_part
from reading.rules.review_document import ReviewPart, review_of, review_part, review_problems
from reading.rules.rule import Panel, Rule
from reading.rules.staffing import SEPARATOR, MayChoose
from reading.rules.staffing import folded as folded_skill
from reading.texts import storable

OLDEST: Final = 120
MOST_RULES: Final = 200
MOST_TEXTS: Final = 500
MOST_OPINIONS: Final = 10
MOST_SKILLS: Final = 8
"""So many fit into the column of a case."""

_KEPT: Final = {"kept": True}


def _comparable(text: str, info: ValidationInfo) -> str:
    """A text that every database holds, and that conditions compare as it is; versions keep what they said before."""
    if info.context == _KEPT:
        return text
    try:
        storable("text", text, lines=False)
    except Invalid as wrong:
        raise PydanticCustomError("characters", "control characters") from wrong
    if text and not folded(text):
        raise PydanticCustomError("blank", "blank")  # as a word it would be a part of every request
    if text != text.strip():
        raise PydanticCustomError("spaces", "spaces around it")
    return text


def _skill(text: str, info: ValidationInfo) -> str:
    if SEPARATOR in text:
        raise PydanticCustomError("comma", "a comma")
    return folded_skill(_comparable(text, info))


_Code = Annotated[str, StringConstraints(max_length=60), AfterValidator(_comparable)]
_Text = Annotated[str, StringConstraints(min_length=1, max_length=60), AfterValidator(_comparable)]
_Skill = Annotated[str, StringConstraints(min_length=1, max_length=40), AfterValidator(_skill)]
_Texts = Annotated[list[_Text], Field(min_length=1, max_length=MOST_TEXTS)]
_Codes = Annotated[list[_Code], Field(min_length=1, max_length=MOST_TEXTS)]
"""An empty one is the modality or part of the body that nobody named."""
_Years = Annotated[int, Field(ge=0, le=OLDEST)]


class WhenPart(Part):
    """The conditions of a rule: all that are named have to be met."""

    modality: _Codes | None = None
    body_part: _Codes | None = None
    contrast: bool | None = None
    site: _Texts | None = None
    department: _Texts | None = None
    priority: Annotated[list[Literal["emergency", "urgent", "routine"]], Field(min_length=1)] | None = None
    words: _Texts | None = None
    sex: Annotated[list[Literal["M", "F", "O", ""]], Field(min_length=1)] | None = None
    min_age_years: _Years | None = None
    max_age_years: _Years | None = None
    hours: HoursPart | None = None
    working_day: bool | None = None
    critical: bool | None = None
    escalated: bool | None = None


class PanelPart(Part):
    """How many colleagues give opinions before somebody signs."""

    opinions: Annotated[int, Field(ge=1, le=MOST_OPINIONS)]
    skills: list[_Skill] = Field(default_factory=list[str], max_length=MOST_SKILLS)


class RulePart(ClockPart):
    """One rule: the first whose conditions a case meets is the case's."""

    name: _Text
    when: WhenPart = WhenPart()
    tier: Literal["county", "city"]
    needs_verifier: bool
    exempt_titles: list[_Text] = Field(default_factory=list[str], max_length=MOST_TEXTS)
    review: ReviewPart | None = None
    double_reading: DoubleReadingPart | None = None
    panel: PanelPart | None = None
    hold_for_priors: HoldPart | None = None
    tell_site: bool = False
    due_minutes: Minutes
    indicator_minutes: Minutes
    arriving_minutes: Minutes
    skills: list[_Skill] = Field(default_factory=list[str], max_length=MOST_SKILLS)
    may_choose: Literal["freely", "with_reason", "no"] = "freely"
    may_leave_series: bool = False


class PolicyDocument(Part):
    """The document of a policy: its rules, the first ones first."""

    rules: Annotated[list[RulePart], Field(min_length=1, max_length=MOST_RULES)]


@dataclass(frozen=True, kw_only=True)
class DocumentProblem:
    """One error of a document."""

    path: str
    """Where it is, e.g. ``rules[2].when.priority[0]``; empty: the document itself."""
    problem: str
    """A word that pages and commands put into a sentence."""
    rule: str = ""
    """The name of the rule that it is in, where that has one."""
    values: Mapping[str, str] = field(default_factory=dict[str, str])
    """What the sentence names: the limit that was passed, the values that there are."""


class InvalidDocument(Invalid):
    """A document of a policy has errors; the first of them stands in for all where one is asked for."""

    def __init__(self, problems: Sequence[DocumentProblem]) -> None:
        super().__init__(problems[0].path or "document", problems[0].problem)
        self.problems = tuple(problems)


WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "missing": ("required", ""),
    "extra_forbidden": ("unknown_field", ""),
    "list_type": ("not_a_list", ""),
    "too_short": ("too_few", "min_length"),
    "too_long": ("too_many", "max_length"),
    "model_type": ("not_an_object", ""),
    "model_attributes_type": ("not_an_object", ""),
    "dict_type": ("not_an_object", ""),
    "bool_type": ("not_a_boolean", ""),
    "int_type": ("not_a_whole_number", ""),
    "float_type": ("not_a_number", ""),
    "finite_number": ("not_a_number", ""),
    "string_type": ("not_a_text", ""),
    "string_too_short": ("required", ""),
    "string_too_long": ("too_long", "max_length"),
    "blank": ("required", ""),
    "characters": ("characters", ""),
    "spaces": ("spaces", ""),
    "comma": ("comma", ""),
    "string_pattern_mismatch": ("not_a_clock", ""),
    "literal_error": ("not_among", "expected"),
    "greater_than": ("too_small_above", "gt"),
    "greater_than_equal": ("too_small", "ge"),
    "less_than_equal": ("too_large", "le"),
}
"""By pydantic's type of an error: our word, and the name of the value that the sentence states."""


def read_document(text: str) -> Any:
    """The value of a JSON text, to be checked by `read_rules`.

    Raises:
        InvalidDocument: it is no JSON, or has a number or a text that nothing can show again.

    """
    try:
        read = json.loads(text)
        json.dumps(read, ensure_ascii=False).encode()  # halves of surrogate pairs have no UTF-8
    except json.JSONDecodeError as wrong:
        problem = DocumentProblem(path="", problem="not_json", values={"limit": str(wrong.lineno)})
        raise InvalidDocument([problem]) from wrong
    except (RecursionError, ValueError) as wrong:  # nested too deeply; thousands of digits
        raise InvalidDocument([DocumentProblem(path="", problem="not_accepted")]) from wrong
    return read


def kept_rules(document: Mapping[str, Any]) -> tuple[Rule, ...]:
    """The rules of a version that is kept: texts that no new document may have stay as they were.

    Raises:
        InvalidDocument: with every error.

    """
    return _rules(document, _KEPT)


def read_rules(document: Mapping[str, Any]) -> tuple[Rule, ...]:
    """The rules of a new document, checked.

    Raises:
        InvalidDocument: with every error.

    """
    return _rules(document, {})


def _rules(document: Mapping[str, Any], context: dict[str, bool]) -> tuple[Rule, ...]:
    try:
        read = PolicyDocument.model_validate(document, context=context)
    except ValidationError as wrong:
        raise InvalidDocument([problem_of(document, error) for error in wrong.errors()]) from wrong
    rules = tuple(_rule(part) for part in read.rules)
    problems = _between(rules)
    if problems:
        raise InvalidDocument(problems)
    return rules


def problem_of(document: Any, error: Any) -> DocumentProblem:
    place = tuple(error["loc"])
    word, named = WORDS.get(error["type"], ("not_accepted", ""))
    values = {"limit": str(error["ctx"][named]).replace(" or ", " / ").replace(", ", " / ")} if named else {}
    return DocumentProblem(path=_path(place), problem=word, rule=_name_at(document, place), values=values)


def _path(place: Sequence[int | str]) -> str:
    path = ""
    for step in place:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else step
    return path


def _name_at(document: Any, place: Sequence[int | str]) -> str:
    try:
        name = document["rules"][place[1]]["name"]
    except (LookupError, TypeError):
        return ""
    return name if isinstance(name, str) else ""


def _between(rules: Sequence[Rule]) -> list[DocumentProblem]:
    """The errors that no field has alone."""
    found: list[DocumentProblem] = []
    seen: set[str] = set()
    emergencies_have_theirs = False
    everything_has_its_own = False

    def wrong(number: int, place: str, problem: str) -> None:
        found.append(DocumentProblem(path=f"rules[{number}].{place}", problem=problem, rule=rules[number].name))

    for number, rule in enumerate(rules):
        when = rule.when
        if rule.name in seen:
            wrong(number, "name", "name_twice")
        seen.add(rule.name)
        if everything_has_its_own:
            wrong(number, "when", "never_reached")
        if when.hours is not None and when.hours.begins == when.hours.ends:
            wrong(number, "when.hours", "no_hours")
        for place, problem in (*review_problems(rule.review), *clock_problems(rule)):
            wrong(number, place, problem)
        if None not in {when.min_age_years, when.max_age_years} and (when.min_age_years or 0) > (
            when.max_age_years or 0
        ):
            wrong(number, "when.max_age_years", "ages_crossed")
        meets_emergencies = when.priority is None or Priority.EMERGENCY in when.priority
        if meets_emergencies and rule.reviewed_before_release and not emergencies_have_theirs:
            wrong(number, "review.when", "emergency_waits_for_review")
        if rule.double_reading is not None:
            if meets_emergencies and not emergencies_have_theirs:
                wrong(number, "double_reading", "emergency_waits_for_second_reader")
            if rule.needs_verifier:
                wrong(number, "needs_verifier", "double_reading_has_no_verifier")
            if rule.reviewed_before_release:
                wrong(number, "review.when", "double_reading_has_its_arbiter")
        if rule.panel is not None and rule.double_reading is not None:
            wrong(number, "panel", "double_reading_has_no_panel")
        if rule.panel is not None and meets_emergencies and not emergencies_have_theirs:
            wrong(number, "panel", "emergency_waits_for_panel")
        if when.priority is None or Priority.EMERGENCY in when.priority:
            emergencies_have_theirs |= set(when.asked()) <= {"priority"}
        everything_has_its_own |= when == When()
    if rules[-1].when != When():
        wrong(len(rules) - 1, "when", "last_rule_has_conditions")
    return found


def _rule(part: RulePart) -> Rule:
    return Rule(
        name=part.name,
        when=_when(part.when),
        tier=Tier(part.tier),
        needs_verifier=part.needs_verifier,
        exempt_titles=frozenset(part.exempt_titles),
        review=review_of(part.review),
        double_reading=double_reading_of(part.double_reading),
        panel=None if part.panel is None else Panel(opinions=part.panel.opinions, skills=frozenset(part.panel.skills)),
        hold=hold_of(part.hold_for_priors),
        tell_site=part.tell_site,
        due_minutes=part.due_minutes,
        indicator_minutes=part.indicator_minutes,
        arriving_minutes=part.arriving_minutes,
        working_hours=hours_of(part.working_hours),
        step_minutes=steps_of(part.step_minutes),
        overdue=overdue_of(part.overdue),
        park_minutes=part.park_minutes,
        skills=frozenset(part.skills),
        may_choose=MayChoose(part.may_choose),
        may_leave_series=part.may_leave_series,
    )


def _when(part: WhenPart) -> When:
    return When(
        modality=_set(part.modality),
        body_part=_set(part.body_part),
        contrast=part.contrast,
        site=_set(part.site),
        department=_set(part.department),
        priority=None if part.priority is None else frozenset(map(Priority, part.priority)),
        words=_set(part.words),
        sex=None if part.sex is None else frozenset(map(Sex, part.sex)),
        min_age_years=part.min_age_years,
        max_age_years=part.max_age_years,
        hours=hours_of(part.hours),
        working_day=part.working_day,
        critical=part.critical,
        escalated=part.escalated,
    )


def _set(texts: list[str] | None) -> frozenset[str] | None:
    return None if texts is None else frozenset(texts)


def rule_part(rule: Rule) -> dict[str, Any]:
    """A rule as its part of a document, without what is as it would be anyway."""
    part: dict[str, Any] = {
        "name": rule.name,
        "when": {condition.value: plain(value) for condition, value in rule.when.asked().items()},
        "tier": rule.tier.value,
        "needs_verifier": rule.needs_verifier,
        "due_minutes": rule.due_minutes,
        "indicator_minutes": rule.indicator_minutes,
        "arriving_minutes": rule.arriving_minutes,
    }
    if rule.double_reading is not None:
        part["double_reading"] = double_reading_part(rule.double_reading)
    if rule.panel is not None:
        skills = {"skills": sorted(rule.panel.skills)} if rule.panel.skills else {}
        part["panel"] = {"opinions": rule.panel.opinions} | skills
    if rule.hold is not None:
        part["hold_for_priors"] = hold_part(rule.hold)
    flags = {"tell_site": rule.tell_site, "may_leave_series": rule.may_leave_series}
    part |= {name: True for name, said in flags.items() if said}
    if rule.skills:
        part["skills"] = sorted(rule.skills)
    if rule.may_choose is not MayChoose.FREELY:
        part["may_choose"] = rule.may_choose.value
    if rule.exempt_titles:
        part["exempt_titles"] = sorted(rule.exempt_titles)
    if rule.review is not None:
        part["review"] = review_part(rule.review)
    return part | clock_part(rule)


def plain(value: Any) -> Any:
    """What a condition asks, as JSON has it."""
    match value:
        case Hours():
            return plain_hours(value)
        case frozenset():
            return sorted(str(one) for one in value)
        case _:
            return value
