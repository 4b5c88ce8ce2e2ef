"""/api/cases/ID/dictation: a recording goes to the region's speech service, its words come back; nothing is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.requests import Request

from reading.actions import Action
from reading.errors import Invalid, NotThere
from reading.signing import dictation
from viewer.http.callers import Acting
from viewer.http.office import office_of
from viewer.http.on_record import going_in
from viewer.http.page import language_of

router = APIRouter(prefix="/api/cases")
TAKEN: Final = ("audio/webm", "audio/ogg", "audio/mp4", "audio/wav")
"""What browsers record, and what is made of it for services that take nothing else."""


@dataclass(frozen=True, kw_only=True)
class Recording:
    media: str
    audio: bytes = field(repr=False)


async def recording(request: Request) -> Recording:
    """The body of a request.

    Raises:
        Invalid: it is no recording of a kind that is passed on, or an empty one.

    """
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in TAKEN:
        raise Invalid("recording", "media_type")
    audio = await request.body()
    if not audio:
        raise Invalid("recording", "required")
    return Recording(media=media, audio=audio)


@router.post("/{case_id}/dictation")
def dictate(
    request: Request, staff: Acting, case_id: str, said: Annotated[Recording, Depends(recording)]
) -> dict[str, str]:
    office = office_of(request)
    speech = office.dictation
    if speech is None:
        raise NotThere
    with speech.turns.turn(staff.person_id):
        with going_in(office, staff, Action.REPORT_DICTATE, "case", case_id) as ctx:
            dictation.send_out(ctx, case_id, size=len(said.audio))
        return {"text": speech.hear(said.audio, said.media, language_of(request).value)}
