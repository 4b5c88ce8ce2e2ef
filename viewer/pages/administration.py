"""What the pages of the office share: the frame, what an act refused, days that are typed, and who is let in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from fastapi import Form, Query
from starlette.requests import Request
from starlette.responses import Response

from reading.context import Context
from reading.errors import Invalid, NotAllowed, NotDone, NotThere, Stale
from reading.viewers import Staff
from viewer.http.office import office_of
from viewer.http.on_record import ULID, acting
from viewer.http.page import staff_page
from viewer.http.plain_fields import Plain
from viewer.http.problems import problem_of
from viewer.http.typed_times import typed_moment
from viewer.pages.sign_in import words_for

Code = Annotated[str, Form(max_length=60)]
Typed = Annotated[str, Form(max_length=400)]
Day = Annotated[str, Plain, Form(max_length=10)]
Done = Annotated[str, Query(max_length=12)]
Revision = Annotated[int, Form(ge=0, lt=2**31)]
Count = Annotated[int, Form(ge=0, lt=2**31)]
DAY: Final = timedelta(days=1)


def administration_page(
    request: Request, staff: Staff, template: str, *, refused: NotDone | None = None, **values: Any
) -> Response:
    """A page of the office; ``refused`` is what an act on it answered."""
    return staff_page(
        request,
        staff,
        template,
        status=problem_of(refused).status if refused else 200,
        problem=words_for(request, refused) if refused else "",
        **values,
    )


def refusal_of(
    request: Request,
    staff: Staff,
    act: Callable[[Context[Staff]], object],
    *,
    who: Callable[[Context[Staff]], None] | None = None,
) -> NotDone | None:
    """Do it, and answer what refused it, to be said on the page; what is not theirs to see is raised.

    ``who`` refuses whoever may not, before ``act`` reads what was typed.
    """
    try:
        with acting(office_of(request), staff) as ctx:
            if who is not None:
                who(ctx)
            act(ctx)
    except (Invalid, NotAllowed, Stale) as refused:
        return refused
    return None


def must_be_sure(sure: str, *, unless: bool = False) -> None:
    """Raises: Invalid, where the box beside a warning was not ticked."""
    if not sure and not unless:
        raise Invalid("sure", "required")


def known_id(row_id: str) -> str:
    """Raises: NotThere, where it is no id."""
    if not ULID.fullmatch(row_id):
        raise NotThere
    return row_id


def typed_term(since: str, until: str, zone: str, now: datetime) -> tuple[datetime | None, datetime | None]:
    """From a first to a last day on the clock of a place; None for now, and for no end. Today begins now.

    Raises:
        Invalid: one of them is no day.

    """
    place = ZoneInfo(zone)
    begins, ends = typed_moment("since", since, place), typed_moment("until", until, place)
    if begins is not None and begins.date() == now.astimezone(place).date():
        begins = None
    return begins, None if ends is None else ends + DAY
