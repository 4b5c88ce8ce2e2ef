"""/office/numbers/ratios: shares that managers define, as typed documents in versions."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.errors import Invalid, Stale
from reading.numbers import figures, ratios
from reading.numbers.ratio_document import InvalidRatio, plain
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import ULID, acting, in_snapshot
from viewer.http.page import language_of
from viewer.http.plain_fields import Plain
from viewer.http.problems import problem_of
from viewer.pages.numbers import APART, Asking, Typed, numbers_page, typed
from viewer.pages.ratio_form import FromForm, fields_of
from viewer.pages.sign_in import words_for
from viewer.views import number_ratios as words
from viewer.views import numbers as view

router = APIRouter(prefix="/office/numbers/ratios")

Code = Annotated[str, Form(max_length=40)]
Id = Annotated[str, Form(max_length=26)]
START = {
    "name_zh": "急诊头颅 CT 60 分钟内发出",
    "name_en": "Emergency head CT within 60 min",
    "kind": "released",
    "of": {"modality": ["CT"], "body_part": ["HEAD"], "emergency": True},
    "counted": {"examined_minutes_at_most": 60},
    "better": "more",
}
"""The document with which the form begins."""


@router.get("")
def show(request: Request, staff: Looking, asking: Asking, edit: str = "") -> Response:
    document, code, seen, organisation = START, "", 0, ""
    if ULID.fullmatch(edit):
        with in_snapshot(office_of(request), staff) as ctx:
            found = next((one for one in ratios.ratios(ctx, asking.asked) if one.version.id == edit), None)
        if found is not None:
            one = found.version
            document, code, seen, organisation = plain(one.ratio), one.code, one.version, one.organisation_id
    text_ = json.dumps(document, ensure_ascii=False, indent=2)
    return _page(request, staff, asking, code=code, document=text_, seen=seen, organisation=organisation)


@router.post("")
def define(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    organisation: Id,
    code: Annotated[Code, Plain],
    form: FromForm,
    document: Annotated[str, Form(max_length=8000)] = "",
    seen: Annotated[int, Form(ge=0, le=100_000)] = 0,
) -> Response:
    """The ratio as a form says it, or as a ``document``."""
    as_document, document = not form, form or document
    try:
        with acting(office_of(request), staff) as ctx:
            ratios.define(ctx, organisation, code.strip(), document, seen=seen)
    except (Invalid, Stale) as wrong:
        problems = words.problems(wrong, language_of(request)) if isinstance(wrong, InvalidRatio) else []
        return _page(
            request,
            staff,
            typed(request),
            status=problem_of(wrong).status,
            code=code,
            document=document,
            as_document=as_document,
            seen=seen,
            organisation=organisation,
            problems=problems or [words_for(request, wrong)],
        )
    return RedirectResponse("/office/numbers/ratios", status_code=303)


@router.post("/end")
def end(request: Request, staff: Submitting, ratio: Id) -> Response:
    with acting(office_of(request), staff) as ctx:
        ratios.end(ctx, ratio)
    return RedirectResponse("/office/numbers/ratios", status_code=303)


@router.get("/{ratio_id}")
def show_one(request: Request, staff: Looking, asking: Asking, ratio_id: str) -> Response:
    language = language_of(request)
    with in_snapshot(office_of(request), staff) as ctx:
        tables = [(by, ratios.parts(ctx, asking.asked, ratio_id, by)) for by in APART]
        choices = figures.choices(ctx, asking.asked.period)
    version = tables[0][1][0]
    indicator, name = ratios.indicator_of(version), words.name(version, language)
    return numbers_page(
        request,
        staff,
        "numbers_ratio.html",
        asking,
        here_is="ratios",
        filters=view.filters(asking.asked, choices, language),
        ratio=words.line(version, language),
        document=json.dumps(plain(version.ratio), ensure_ascii=False, indent=2),
        tables=[
            view.table(indicator, parts, asking.asked, by, language, ratio=(version.id, name))
            for by, (_, parts) in tables
        ],
    )


def _page(request: Request, staff: Staff, asking: Typed, *, status: int = 200, **said: Any) -> Response:
    language = language_of(request)
    with in_snapshot(office_of(request), staff) as ctx:
        found = ratios.ratios(ctx, asking.asked)
        organisations = ratios.managed(ctx.tx, staff)
        waiting = ratios.still_counting(ctx)
    return numbers_page(
        request,
        staff,
        "numbers_ratios.html",
        asking,
        status=status,
        here_is="ratios",
        ratios=[words.counted(one, language) for one in found],
        organisations=organisations,
        waiting=waiting,
        fields=fields_of(str(said["document"]), language),
        **{"problems": [], "as_document": False, **said},
    )
