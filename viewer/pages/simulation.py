"""/office/simulation: a scenario is chosen, altered and played: who is enough, and what another policy does."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import Response

from reading.errors import Busy, Invalid
from reading.rules import policy_acts, policy_rights
from reading.rules.rules_document import InvalidDocument, read_document
from reading.rules.shipped_policies import NAMES as POLICIES
from reading.simulation import acts, apart, shipped_scenarios
from reading.simulation.apart import Answer, Asked, TookTooLong
from reading.simulation.scenario import TooLarge, must_fit, read_scenario
from reading.simulation.staffing import RUNS, USUAL_TRIES
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import acting
from viewer.http.page import language_of, staff_page
from viewer.http.plain_fields import Plain
from viewer.http.problems import problem_of
from viewer.pages.sign_in import words_for
from viewer.views import simulation as view
from viewer.views.policy_problems import sentences
from viewer.words.catalogue import Language, text

router = APIRouter(prefix="/office/simulation")

_FIRST: Final = shipped_scenarios.NAMES[0]
Document = Annotated[str, Form(max_length=400_000)]
Policy = Annotated[str, Form(max_length=20)]
Numbers = Annotated[list[Annotated[str, Plain]], Form(max_length=500)]


@router.get("")
def show(request: Request, staff: Looking, scenario: Annotated[str, Query(max_length=40)] = _FIRST) -> Response:
    document = shipped_scenarios.shipped(scenario)
    return _page(request, staff, _source(document))


@router.post("")
def play(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    document: Document,
    policy: Policy = acts.IN_FORCE,
    against: Policy = "",
    act: Annotated[str, Form(max_length=20)] = "play",
    days: Annotated[Annotated[str, Form(max_length=10)], Plain] = "",
    runs: Annotated[Annotated[str, Form(max_length=10)], Plain] = "",
    seed: Annotated[Annotated[str, Form(max_length=12)], Plain] = "",
    count: Numbers = [],  # noqa: B006 -- FastAPI copies it
    per_day: Numbers = [],  # noqa: B006
) -> Response:
    """``act``: ``play``, or ``staffing``. What is typed beside the document stands in the place of what that says."""
    policies = [policy, *([against] if against else [])]
    typed = {"days": days, "runs": runs, "seed": seed}
    source = document
    try:
        altered = _altered(read_document(document), typed, count, per_day)
        source = _source(altered)
        asked = read_scenario(altered)
        searched = RUNS * USUAL_TRIES if act == "staffing" else 0
        must_fit(asked, policies=len(policies), searched=searched, most=apart.MOST_CASES)
        with acting(office_of(request), staff) as ctx:
            premises = [(one, acts.premises(ctx, asked, one)) for one in policies]
            acts.record(ctx, asked, policies)
        answer = apart.play_apart(Asked(scenario=asked, premises=premises, staffing=act == "staffing"))
    except (Invalid, Busy) as wrong:
        return _page(request, staff, source, policies=policies, wrong=wrong)
    return _page(request, staff, source, policies=policies, answer=answer)


def _page(
    request: Request,
    staff: Staff,
    source: str,
    *,
    policies: list[str] | None = None,
    answer: Answer | None = None,
    wrong: Invalid | Busy | None = None,
) -> Response:
    language = language_of(request)
    with acting(office_of(request), staff) as ctx:
        policy_rights.may_look(ctx.who)
        versions = [str(one.version.version) for one in policy_acts.versions(ctx)]
    chosen = policies or [acts.IN_FORCE]
    names = [acts.IN_FORCE, *versions, *POLICIES]
    return staff_page(
        request,
        staff,
        "simulation.html",
        status=problem_of(wrong).status if wrong else 200,
        shipped=[(name, view.named("scenario", name, language)) for name in shipped_scenarios.NAMES],
        policies=[(name, view.policy_name(name, language)) for name in names],
        policy=chosen[0],
        against=chosen[1] if len(chosen) > 1 else "",
        source=source,
        most=apart.MOST_CASES,
        problems=_problems(request, wrong, language) if wrong else [],
        **_fields(source, language),
        **_result(answer, language),
    )


def _fields(source: str, language: Language) -> dict[str, Any]:
    """The fields of the form, where the document is right."""
    try:
        read = read_scenario(read_document(source))
    except InvalidDocument:
        return {"fields": None}
    return {"fields": view.fields(read, language)}


def _result(answer: Answer | None, language: Language) -> dict[str, Any]:
    return {"result": None if answer is None else view.result(answer.made, answer.found, language)}


def _problems(request: Request, wrong: Invalid | Busy, language: Language) -> list[str]:
    match wrong:
        case InvalidDocument():
            return [" ".join(pair) for pair in sentences(wrong.problems, language)]
        case TooLarge():
            key = "simulation.too-large" if wrong.what == "cases" else "simulation.too-many-people"
            return [text(language, key, asked=f"{wrong.asked:,}", most=f"{wrong.most:,}")]
        case TookTooLong():
            return [text(language, "simulation.took-too-long", seconds=wrong.seconds)]
        case _:
            return [words_for(request, wrong)]


def _altered(document: Any, typed: dict[str, str], counts: list[str], per_day: list[str]) -> Any:
    """A document with what was typed beside it; what is no object stays as it is, and is refused as such."""
    if not isinstance(document, dict):
        return document
    made = {**document, **{name: _number(value) for name, value in typed.items() if value.strip()}}
    for part, field, values in (("staff", "count", counts), ("kinds", "per_day", per_day)):
        said = made.get(part)
        if isinstance(said, list) and len(said) == len(values):
            pairs = zip(said, values, strict=True)
            made[part] = [{**one, field: _number(value)} if isinstance(one, dict) else one for one, value in pairs]
    return made


def _number(typed: str) -> Any:
    """What was typed as a number; anything else as it is, for the scenario to refuse by its path."""
    try:
        return json.loads(typed, parse_constant=str)
    except ValueError:
        return typed


def _source(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2)
