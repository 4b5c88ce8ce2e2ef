"""/office/policy: versions of the policy, each as a table and as a document, compared, edited, and switched on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.errors import Invalid, NotThere, Stale
from reading.register import people, region_clock
from reading.rules import policy_acts, policy_rights
from reading.rules.comparison import compare
from reading.rules.rules_document import InvalidDocument, kept_rules, read_document, read_rules
from reading.rules.shipped_policies import NAMES, shipped
from reading.viewers import Staff
from storage.database import snapshot
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import acting
from viewer.http.page import language_of, staff_page
from viewer.http.problems import problem_of
from viewer.pages import policy_form
from viewer.pages.policy_form import Typed
from viewer.pages.policy_names import Names, names
from viewer.pages.sign_in import words_for
from viewer.views import policy as view
from viewer.views.policy_problems import sentences

router = APIRouter(prefix="/office/policy")

"""The clock of times that are typed for the whole region."""
_RULE: Final = re.compile(r"rules\[(\d+)\]")
"""The rule that the path of an error leads into."""
DONE: Final = ("added", "switched", "cancelled", "calendar")

Done = Annotated[str, Query(max_length=10)]
Number = Annotated[int, Query(ge=1)]
Text = Annotated[str, Form(max_length=400_000)]
Note = Annotated[str, Form(max_length=400)]


@router.get("")
def show(request: Request, staff: Looking, done: Done = "") -> Response:
    language = language_of(request)
    with acting(office_of(request), staff) as ctx:
        listed, zone = policy_acts.versions(ctx), region_clock.zone(ctx.tx).key
        lines = [view.line(one, _name(ctx.tx, one.version.made_by), zone, language) for one in listed]
        may = {"write": policy_rights.writes(ctx), "switch": policy_rights.switches(ctx)}
    return staff_page(
        request, staff, "policy.html", lines=lines, may=may, done=done if done in DONE else "", shipped=NAMES
    )


@router.get("/new")
def show_new(request: Request, staff: Looking, start: Annotated[str, Query(max_length=40)] = "first") -> Response:
    with acting(office_of(request), staff) as ctx:
        policy_rights.must_write(ctx)
        newest = max(one.version.version for one in policy_acts.versions(ctx))
        if start.isascii() and start.isdigit():
            document: Mapping[str, Any] = policy_acts.version(ctx, int(start)).document
        else:
            document = shipped(start)
    return _editor(request, staff, document, newest=newest, note="")


@router.post("/new")
def edit_form(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    typed: Typed,
    seen: Annotated[int, Form(ge=1)],
    act: Annotated[str, Form(max_length=20)],
    note: Note = "",
) -> Response:
    """``act``: ``save``, ``check``, ``document``, or as `policy_form.after_act`; ``seen``: the newest version then."""
    try:
        document = _named(request).coded(policy_form.document_of(typed))
    except InvalidDocument as wrong:
        return _editor(request, staff, {"rules": []}, newest=seen, note=note, refused=wrong)
    return _go_on(request, staff, document, act, newest=seen, note=note)


@router.post("/new/document")
def edit_document(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    document: Text,
    seen: Annotated[int, Form(ge=1)],
    act: Annotated[str, Form(max_length=20)],
    note: Note = "",
) -> Response:
    """``act``: ``save``, ``check``, or ``form``."""
    try:
        read = read_document(document)
    except InvalidDocument as wrong:
        return _editor(request, staff, None, newest=seen, note=note, refused=wrong, source=document)
    if act not in {"save", "check"}:
        return _editor(request, staff, read, newest=seen, note=note)
    return _go_on(request, staff, read, act, newest=seen, note=note, source=document)


@router.get("/compare")
def show_comparison(request: Request, staff: Looking, before: Number, after: Number) -> Response:
    language = language_of(request)
    with acting(office_of(request), staff) as ctx:
        old, new = (kept_rules(policy_acts.version(ctx, number).document) for number in (before, after))
        numbers = [one.version.version for one in policy_acts.versions(ctx)]
    return staff_page(
        request,
        staff,
        "policy_compare.html",
        before=before,
        after=after,
        numbers=numbers,
        found=view.comparison(compare(old, new), language),
    )


@router.get("/version/{number}")
def show_version(request: Request, staff: Looking, number: int, done: Done = "") -> Response:
    return _version_page(request, staff, number, done=done)


def _version_page(request: Request, staff: Staff, number: int, *, done: str = "") -> Response:
    language = language_of(request)
    with acting(office_of(request), staff) as ctx:
        listed = policy_acts.versions(ctx)
        found = next((one for one in listed if one.version.version == number), None)
        if found is None:
            raise NotThere
        line = view.line(found, _name(ctx.tx, found.version.made_by), region_clock.zone(ctx.tx).key, language)
        may = {"write": policy_rights.writes(ctx), "switch": policy_rights.switches(ctx)}
    document = found.version.document
    return staff_page(
        request,
        staff,
        "policy_version.html",
        line=line,
        rules=view.rules(kept_rules(document), language),
        source=view.source(document),
        numbers=[one.version.version for one in listed if one.version.version != number],
        may=may,
        done=done if done in DONE else "",
    )


def _go_on(
    request: Request,
    staff: Staff,
    document: Any,
    act: str,
    *,
    newest: int,
    note: str,
    source: str = "",
) -> Response:
    if act == "document":
        return _editor(request, staff, document, newest=newest, note=note, as_document=True)
    if act not in {"save", "check"}:
        return _editor(request, staff, policy_form.after_act(document, act), newest=newest, note=note)
    try:
        rules = read_rules(document)
        if act == "save":
            with acting(office_of(request), staff) as ctx:
                made = policy_acts.add(ctx, document, note=note, newest=newest)
            return RedirectResponse(f"/office/policy/version/{made.version}?done=added", status_code=303)
    except (Invalid, Stale) as refused:
        return _editor(
            request, staff, document, newest=newest, note=note, refused=refused, source=source, as_document=bool(source)
        )
    return _editor(
        request, staff, document, newest=newest, note=note, checked=len(rules), source=source, as_document=bool(source)
    )


def _editor(
    request: Request,
    staff: Staff,
    document: Any,
    *,
    newest: int,
    note: str,
    refused: Invalid | Stale | None = None,
    source: str = "",
    as_document: bool = False,
    checked: int = 0,
) -> Response:
    language = language_of(request)
    with acting(office_of(request), staff) as ctx:
        policy_rights.must_write(ctx)
        named = names(ctx.tx, language)
    fields = None if document is None or as_document else policy_form.fields_of(document)
    fields = None if fields is None else named.worded(fields)
    problems: Sequence[tuple[str, str]] = ()
    wrong_rules: set[int] = set()
    if isinstance(refused, InvalidDocument):
        problems = sentences(refused.problems, language)
        wrong_rules = {int(place[1]) for one in refused.problems if (place := _RULE.match(one.path))}
    elif refused is not None:
        problems = [("", words_for(request, refused))]
    return staff_page(
        request,
        staff,
        "policy_edit.html",
        status=problem_of(refused).status if refused else 200,
        fields=fields,
        titles=[view.rule_title(one["name"], language) for one in fields or ()],
        source=source or view.source(document),
        newest=newest,
        note=note,
        problems=problems,
        wrong_rules=wrong_rules,
        checked=checked,
        priorities=policy_form.PRIORITIES,
        sexes=policy_form.SEXES,
        unnamed=policy_form.UNNAMED,
        choices=policy_form.CHOICES,
        suggested=named.suggested(),
        only_as_document=document is not None and fields is None and not as_document,
    )


def _named(request: Request) -> Names:
    with snapshot(office_of(request).engine) as tx:
        return names(tx, language_of(request))


def _name(tx: Any, person_id: str | None) -> str:
    one = people.by_id(tx, person_id) if person_id else None
    return one.name if one else ""
