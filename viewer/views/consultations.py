"""Consultations in words for their pages, and in JSON for the desk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from reading.access import visibility
from reading.actions import Action
from reading.consultation.consultation_rows import Colleague, Invitation, KeyImage, Opinion
from reading.consultation.moves import InvitationState, State
from reading.consultation.thread import Thread
from reading.context import Context
from reading.errors import Invalid
from reading.viewers import Staff
from storage.index import queries
from viewer.words import words
from viewer.words.catalogue import Language, text

Json = dict[str, Any]


def to_json(found: Thread, now: datetime) -> Json:
    asked = found.consultation
    return {
        "id": asked.id,
        "case_id": asked.case_id,
        "question": asked.question,
        "asked_by": _person(found.asker),
        "asked_at": asked.asked_at.isoformat(),
        "until": asked.until.isoformat(),
        "state": asked.state,
        "shows_the_case": asked.shows_the_case(now),
        "ended_at": asked.ended_at.isoformat() if asked.ended_at else None,
        "ended_why": asked.ended_why,
        "conclusion": asked.conclusion,
        "invitations": [{**_person(one.colleague), "state": one.state} for one in found.invitations],
        "opinions": [
            {
                **_person(one.colleague),
                "words": one.words,
                "key_images": [image.to_json() for image in one.key_images],
                "at": one.at.isoformat(),
            }
            for one in found.opinions
        ],
        "priors": list(found.priors),
        "mine": found.asks,
        "may_speak": found.may_speak,
        "may_decline": found.may_decline,
        "revision": asked.revision,
    }


def _person(colleague: Colleague) -> Json:
    return {
        "person_id": colleague.person_id,
        "name": colleague.name,
        "title": colleague.title,
        "organisation": colleague.organisation,
    }


def signed(colleague: Colleague) -> str:
    """Whose words they are: Ada 主治医师 · Oak."""
    return " · ".join(part for part in (f"{colleague.name} {colleague.title}".strip(), colleague.organisation) if part)


def shown(found: Thread, zone: str, language: Language, now: datetime) -> Json:
    """A consultation for its page."""
    asked = found.consultation
    return {
        "id": asked.id,
        "case_id": asked.case_id,
        "question": asked.question,
        "asked": text(language, "consultation.asked", name=signed(found.asker), at=words.moment(asked.asked_at, zone)),
        "state": _state(found, language, now),
        "tone": "work" if asked.shows_the_case(now) else "done" if asked.state is State.CONCLUDED else "wait",
        "until": _last_minute(asked.until, zone),
        "shows": asked.shows_the_case(now),
        "conclusion": asked.conclusion,
        "ended_why": asked.ended_why,
        "invitations": [_invitation(one, found, language) for one in found.invitations],
        "opinions": [_opinion(one, zone, language) for one in found.opinions],
        "asks": found.asks,
        "may_speak": found.may_speak,
        "may_decline": found.may_decline,
        "may_end": found.asks and asked.state is State.OPEN,
        "others_spoke": any(one.colleague.person_id != asked.asked_by for one in found.opinions),
        "revision": asked.revision,
        "priors": found.priors,
    }


def _state(found: Thread, language: Language, now: datetime) -> str:
    asked = found.consultation
    over = asked.state is State.OPEN and not asked.shows_the_case(now)
    return text(language, "consultation.state.over" if over else f"consultation.state.{asked.state}")


def _invitation(one: Invitation, found: Thread, language: Language) -> Json:
    return {
        "person_id": one.colleague.person_id,
        "who": signed(one.colleague),
        "state": text(language, f"consultation.invitation.{one.state}"),
        "why": one.ended_why,
        "can_be_removed": found.asks and found.consultation.state is State.OPEN and one.ended_at is None,
        "waits": one.state is InvitationState.INVITED,
    }


def _opinion(one: Opinion, zone: str, language: Language) -> Json:
    return {
        "who": signed(one.colleague),
        "at": words.moment(one.at, zone),
        "words": one.words,
        "images": [
            {"address": address_of(image), "label": text(language, "consultation.key-image", n=place)}
            for place, image in enumerate(one.key_images, start=1)
        ],
    }


def address_of(image: KeyImage) -> str:
    """Where DICOMweb renders a key image (PS3.18 10.4.1.1.3)."""
    series = f"/dicomweb/studies/{image.study_uid}/series/{image.series_uid}"
    return f"{series}/instances/{image.sop_instance_uid}/frames/{image.frame}"


def quoted(consultations: Iterable[Mapping[str, Any]], language: Language) -> str:
    """The conclusions that a version of a report quotes, each with who took part."""
    comma, colon = text(language, "list-comma"), text(language, "colon")
    lines: list[str] = []
    for one in consultations:
        people = comma.join(
            f"{each['name']} {each['title']}".strip() + f"（{each['organisation']}）" for each in one["took_part"]
        )
        lines += [one["conclusion"], f"{text(language, 'consultation.took-part')}{colon}{people}"]
    return "\n".join(lines)


def numbered_images(ctx: Context[Staff], study_uids: Sequence[str], typed: str) -> list[tuple[str, int]]:
    """The frames that somebody names by the numbers of series, image and frame: 2/45 3/1/12.

    Raises:
        Invalid: it is not written so, or no image that they see has these numbers.

    """
    scope = visibility.scope(ctx.tx, ctx.who, ctx.now, Action.CONSULTATION_SPEAK)
    found: list[tuple[str, int]] = []
    known: dict[tuple[int, int], str] = {}
    for uid in study_uids if typed.strip() else ():
        received = (one for one in queries.series_in(ctx.tx, scope, uid) if not one.made_here)
        for place, series in enumerate(received, start=1):
            inside = queries.instances_in(ctx.tx, scope, uid, series.series_uid)
            for at, one in enumerate(inside, start=1):
                known.setdefault((series.series_number or place, one.instance_number or at), one.sop_instance_uid)
    for each in typed.replace("，", " ").replace(",", " ").split():
        numbers = each.split("/")
        if len(numbers) not in {2, 3} or not all(part.isascii() and part.isdigit() for part in numbers):
            raise Invalid("key_images", "numbers")
        uid = known.get((int(numbers[0]), int(numbers[1])))
        if uid is None:
            raise Invalid("key_images", "unknown")
        found.append((uid, int(numbers[2]) if numbers[2:] else 1))
    return found


def _last_minute(until: datetime, zone: str) -> str:
    """What ends at midnight is good for the whole day before."""
    return words.moment(until - timedelta(seconds=1), zone)
