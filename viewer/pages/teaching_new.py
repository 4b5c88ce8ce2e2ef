"""/teaching/new/{case}: a final case becomes a teaching entry, after somebody has read and edited what is kept."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.actions import Action
from reading.errors import Invalid, NotAllowed, Stale
from reading.teaching import collections, entries, pictures
from reading.teaching.identity_words import MASK
from reading.teaching.pictures import Burned, Picture
from reading.teaching.words import LENGTHS, StillNamed, Words
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting
from viewer.http.office import Office, office_of
from viewer.http.on_record import going_in
from viewer.http.page import language_of, staff_page
from viewer.http.problems import problem_of
from viewer.pages.sign_in import words_for
from viewer.pages.township_case import opened
from viewer.views import questions
from viewer.views import teaching as view
from viewer.views.teaching_pictures import chosen, offered, value_of

router = APIRouter(prefix="/teaching/new")

Text = Annotated[str, Form(max_length=40_000)]
Values = Annotated[list[str] | None, Form()]


@router.get("/{case_id}")
def show(request: Request, staff: Looking, case_id: str) -> Response:
    return _form(request, staff, case_id)


@router.post("/{case_id}")
def add(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    case_id: str,
    version: Annotated[str, Form(max_length=26)] = "",
    collection: Annotated[str, Form(max_length=26)] = "",
    title: Text = "",
    diagnosis: Text = "",
    findings: Text = "",
    impression: Text = "",
    point: Text = "",
    picture: Values = None,
    looked_at: Values = None,
) -> Response:
    typed = Words(title=title, diagnosis=diagnosis, findings=findings, impression=impression, point=point)
    office, wanted, looked = office_of(request), chosen(picture or []), set(chosen(looked_at or []))
    doubtful: list[str] = []
    try:
        _check_chosen(wanted, collection)
        with going_in(office, staff, Action.TEACHING_ADD, "case", case_id) as ctx:
            entries.source(ctx, office.keys, case_id)  # before anything slow: who may not add renders nothing
        handed_in = _rendered(office, staff, wanted, looked)
        doubtful = [
            value_of(one.sop_instance_uid, one.frame)
            for one in handed_in
            if one.rendered.burned is Burned.POSSIBLE and not one.looked_at
        ]
        with going_in(office, staff, Action.TEACHING_ADD, "case", case_id) as ctx:
            made = entries.add(ctx, office.keys, case_id, collection, typed, handed_in, seen=version)
    except (Invalid, Stale) as refused:
        return _form(
            request,
            staff,
            case_id,
            refused=refused,
            typed=typed,
            collection=collection,
            ticked=[value_of(*one) for one in wanted],
            looked=[value_of(*one) for one in looked],
            doubtful=doubtful,
        )
    except NotAllowed as refused:
        if refused.rule != "name_burned_in":
            raise
        return _form(
            request,
            staff,
            case_id,
            refused=refused,
            typed=typed,
            collection=collection,
            ticked=[value_of(*one) for one in wanted],
        )
    return RedirectResponse(f"/teaching/entries/{made}?done=added", status_code=303)


def _check_chosen(wanted: list[tuple[str, int]], collection: str) -> None:
    """Before anything is rendered: not too many pictures, and somewhere to keep them."""
    if len(wanted) > pictures.MOST:
        raise Invalid("pictures", "too_many_pictures")
    if not collection:
        raise Invalid("collection", "required")


def _rendered(
    office: Office, staff: Staff, wanted: list[tuple[str, int]], looked: set[tuple[str, int]]
) -> list[Picture]:
    """The chosen pictures, rendered outside any transaction."""
    return [
        Picture(
            sop_instance_uid=uid,
            frame=frame,
            rendered=office.teaching_picture(staff, uid, frame),
            looked_at=(uid, frame) in looked,
        )
        for uid, frame in wanted
    ]


def _form(
    request: Request,
    staff: Staff,
    case_id: str,
    *,
    refused: Invalid | Stale | NotAllowed | None = None,
    typed: Words | None = None,
    collection: str = "",
    ticked: list[str] | None = None,
    looked: list[str] | None = None,
    doubtful: list[str] | None = None,
) -> Response:
    office, language = office_of(request), language_of(request)
    with going_in(office, staff, Action.TEACHING_ADD, "case", case_id) as ctx:
        made_of = entries.source(ctx, office.keys, case_id)
        kept = {one.id for one in collections.keeps_for(ctx.tx, staff)}
        into = [one for one in collections.every(ctx) if one.organisation_id in kept]
        series = offered(ctx, made_of.version, language)
        case = questions.case(opened(ctx, case_id), language)
        there = entries.of_case(ctx, case_id)
    holds_it = {kept_in for _, _, kept_in in there}
    said = made_of.proposal if typed is None else typed
    marked = [one["value"] for each in series for one in each["shown"] if one["marked"]][: pictures.MOST]
    return staff_page(
        request,
        staff,
        "teaching_new.html",
        status=200 if refused is None else problem_of(refused).status,
        problem=""
        if refused is None or isinstance(refused, StillNamed)
        else view.at_its_field(refused, words_for(request, refused), language),
        wrong_fields=view.wrong_fields(refused),
        still_named=view.still_named(refused, language) if isinstance(refused, StillNamed) else [],
        case=case,
        version=made_of.version.id,
        into=into,
        there=there,
        collection=collection or next((one.id for one in into if one.id not in holds_it), ""),
        holds_it=holds_it,
        typed=said.to_row(),
        lengths=LENGTHS,
        masks=sum(value.count(MASK) for value in said.to_row().values()),
        mask=MASK,
        series=series,
        ticked=marked if ticked is None else ticked,
        looked=looked or [],
        doubtful=doubtful or [],
        most=pictures.MOST,
    )
