"""Questions to the policy: which rule facts meet and why, a version on past cases, and what routed a case."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, File, Form, Query
from starlette.requests import Request
from starlette.responses import Response

from reading.actions import Action
from reading.desk import case_policy
from reading.errors import Busy, Invalid
from reading.kinds import Priority, Role, Sex
from reading.register import organisations
from reading.rules import policy_acts, policy_rights, trial, typed_facts
from reading.rules.explanation import explain
from reading.rules.policy_acts import Stage
from reading.rules.rules_document import kept_rules
from reading.rules.typed_facts import TypedFacts
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import acting, going_in, in_snapshot
from viewer.http.page import language_of, staff_page
from viewer.http.plain_fields import Plain
from viewer.http.problems import problem_of
from viewer.http.typed_times import typed_day, typed_moment
from viewer.pages.person_form import one_of
from viewer.pages.sign_in import words_for
from viewer.views import case_routing
from viewer.views import policy as view

router = APIRouter(prefix="/office/policy")

FLAGS: Final = {"yes": True, "no": False}
DAYS: Final = 30
MOST_CASES: Final = 50_000
"""Most cases that a page tries a version on, in some ten seconds (0.15 ms a case); the command takes more."""

"""Years of a trial: the days before and after them have their moments in every zone and database."""

Field = Annotated[str, Form(max_length=200)]
Version = Annotated[int, Form(ge=1)]


@router.get("/why")
def show_why(request: Request, staff: Looking, version: Annotated[int, Query(ge=0)] = 0) -> Response:
    return _why_page(request, staff, TypedFacts(), version)


@router.post("/why")
def why(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    version: Version,
    site: Field = "",
    modality: Field = "",
    body_part: Field = "",
    priority: Field = "routine",
    department: Field = "",
    contrast: Field = "",
    words: Annotated[str, Form(max_length=1000)] = "",
    sex: Field = "",
    age: Annotated[Field, Plain] = "",
    at: Field = "",
    critical: Field = "",
    escalated: Field = "",
) -> Response:
    """What is typed is posted: a request may name somebody, and stands in no address."""
    typed = TypedFacts()
    try:
        typed = TypedFacts(
            site=site.strip(),
            modality=modality.strip().upper(),
            body_part=body_part.strip().upper(),
            priority=one_of(Priority, "priority", priority),
            department=department.strip(),
            contrast=FLAGS.get(contrast),
            request=words,
            sex=one_of(Sex, "sex", sex),
            age_years=_age(age),
            at=typed_moment("at", at, None),
            critical=bool(critical),
            escalated=bool(escalated),
        )
        return _why_page(request, staff, typed, version, answered=True)
    except Invalid as wrong:
        return _why_page(request, staff, typed, version, wrong=wrong)


@router.post("/why/file")
def why_file(
    request: Request, staff: Submitting, version: Version, file: Annotated[bytes, File(max_length=1 << 20)]
) -> Response:
    """The head of a DICOM file fills the form; nothing of it is kept."""
    try:
        typed = office_of(request).examination_facts(file)
    except Invalid as wrong:
        return _why_page(request, staff, TypedFacts(), version, wrong=wrong)
    return _why_page(request, staff, typed, version, answered=True, from_file=True)


@router.get("/try")
def show_try(request: Request, staff: Looking, version: Annotated[int, Query(ge=0)] = 0) -> Response:
    return _try_page(request, staff, version, *_last_days(request))


@router.post("/try")
def try_it(
    request: Request,
    staff: Submitting,
    version: Version,
    since: Annotated[Field, Plain] = "",
    until: Annotated[Field, Plain] = "",
) -> Response:
    """``since`` and ``until`` are days of the region, both included; empty: the last days."""
    zone = office_of(request).zone()
    first, last = _last_days(request)
    office, language = office_of(request), language_of(request)
    try:
        first, last = typed_day("since", since) or first, typed_day("until", until) or last
        with acting(office, staff) as ctx:
            rules = kept_rules(policy_acts.version(ctx, version).document)
        with in_snapshot(office, staff) as ctx:
            begins = datetime(first.year, first.month, first.day, tzinfo=zone)
            ends = datetime(last.year, last.month, last.day, tzinfo=zone) + timedelta(days=1)
            made = trial.run(ctx, rules, since=begins, until=ends, version=version, most=MOST_CASES)
    except (Busy, Invalid) as wrong:
        return _try_page(request, staff, version, first, last, wrong=wrong)
    with acting(office, staff) as ctx:
        trial.record(ctx, made)
        names = {one.code: one.name for one in organisations.list_all(ctx.tx)}
    return _try_page(request, staff, version, first, last, found=view.trial(made, names, zone.key, language))


@router.get("/case/{case_id}")
def show_case(request: Request, staff: Looking, case_id: str) -> Response:
    """Why a case is where it is: the rule and version that routed it, and its moves."""
    language = language_of(request)
    with going_in(office_of(request), staff, Action.CASE_MOVES, "case", case_id) as ctx:
        found = case_policy.routing(ctx, case_id)
        shown = case_routing.routing(ctx.tx, found, language, ctx.now)
    return staff_page(request, staff, "policy_case.html", **shown)


def _why_page(
    request: Request,
    staff: Staff,
    typed: TypedFacts,
    version: int,
    *,
    answered: bool = False,
    from_file: bool = False,
    wrong: Invalid | None = None,
) -> Response:
    office, language = office_of(request), language_of(request)
    with acting(office, staff) as ctx:
        listed = policy_acts.versions(ctx)
        chosen = version or next(one.version.version for one in listed if one.stage is Stage.IN_FORCE)
        found: dict[str, Any] | None = None
        if answered:
            rules = kept_rules(policy_acts.version(ctx, chosen).document)
            found = view.explanation(explain(rules, typed_facts.facts(ctx, typed)), language)
        sites = [one.code for one in organisations.list_all(ctx.tx) if one.until is None]
    return staff_page(
        request,
        staff,
        "policy_why.html",
        status=problem_of(wrong).status if wrong else 200,
        numbers=[one.version.version for one in listed],
        version=chosen,
        typed=typed,
        at=typed.at.strftime("%Y-%m-%dT%H:%M") if typed.at else "",
        sites=sites,
        found=found,
        from_file=from_file,
        problem=words_for(request, wrong) if wrong else "",
    )


def _try_page(
    request: Request,
    staff: Staff,
    version: int,
    since: date,
    until: date,
    *,
    found: dict[str, Any] | None = None,
    wrong: Busy | Invalid | None = None,
) -> Response:
    with acting(office_of(request), staff) as ctx:
        policy_rights.must_write(ctx)
        listed = policy_acts.versions(ctx)
    return staff_page(
        request,
        staff,
        "policy_try.html",
        in_charge=staff.holds(Role.QUALITY_MANAGER),
        status=problem_of(wrong).status if wrong else 200,
        numbers=[one.version.version for one in listed],
        version=version or listed[0].version.version,
        since=since.isoformat(),
        until=until.isoformat(),
        found=found,
        problem=words_for(request, wrong) if wrong else "",
    )


def _last_days(request: Request) -> tuple[date, date]:
    zone = office_of(request).zone()
    today = office_of(request).clock().astimezone(zone).date()
    return today - timedelta(days=DAYS - 1), today


def _age(typed: str) -> int | None:
    if not typed.strip():
        return None
    if not (typed.strip().isascii() and typed.strip().isdigit() and len(typed.strip()) <= 3):
        raise Invalid("age", "range")
    return int(typed)
