"""What those who are asked do: they give opinions with key images, or decline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from reading import outbox
from reading.access import invited, visibility
from reading.access.consultations import open_consultation
from reading.actions import Action
from reading.cases import cases
from reading.consultation import asking, colleagues, consultation_rows
from reading.consultation.consultation_rows import Consultation, KeyImage
from reading.consultation.moves import InvitationMove, Move, after, invitation_after
from reading.context import Context
from reading.errors import Invalid, NotAllowed
from reading.tables import consultation, consultation_opinion
from reading.tables import consultation_invitation as invitation
from reading.texts import checked
from reading.viewers import Staff
from storage.ids import new_id
from storage.index import queries

MOST_KEY_IMAGES: Final = 20


def speak(
    ctx: Context[Staff], consultation_id: str, *, words: str, key_images: Sequence[tuple[str, int]]
) -> Consultation:
    """Add to the thread: whoever is asked gives an opinion, whoever asked answers. What was said stays as it is.

    ``key_images``: SOP Instance UIDs of the case, each with the number of a frame, from 1.

    Raises:
        NotThere: no such consultation, or not theirs to see (any longer).
        NotAllowed: they neither are asked nor asked, or ask for the site no longer.
        MoveNotAllowed: it has ended.
        Invalid: nothing was said, or a key image is none of the case's.

    """
    open_consultation(ctx, consultation_id, Action.CONSULTATION_SPEAK)
    asked = consultation_rows.lock(ctx.tx, consultation_id, seen=None)
    place = _place(ctx, asked)
    after(asked.state, Move.SPEAK)
    said = checked("words", words, longest=4000, required=True, lines=True)
    images = _key_images(ctx, asked, key_images)
    ctx.tx.execute(
        sa.insert(consultation_opinion),
        {
            "id": new_id(),
            "consultation_id": consultation_id,
            "person_id": ctx.who.person_id,
            "organisation_id": place,
            "words": said,
            "key_images": [one.to_json() for one in images],
            "at": ctx.now,
        },
    )
    ctx.record(
        action=Action.CONSULTATION_SPEAK,
        subject_kind="case",
        subject_id=asked.case_id,
        details={"consultation": consultation_id},
    )
    told = {"case_id": asked.case_id, "person_id": asked.asked_by}
    outbox.post(ctx.tx, "consultation.opinion", consultation_id, told, ctx.now)
    return asking.changed(ctx, asked)


def decline(ctx: Context[Staff], consultation_id: str, *, why: str) -> None:
    """Give no opinion, with the reason; they see the case no longer.

    Raises:
        NotThere: no such consultation, or not theirs to see (any longer), or they are not asked.
        MoveNotAllowed: they gave an opinion.
        Invalid: no reason was given.

    """
    open_consultation(ctx, consultation_id, Action.CONSULTATION_DECLINE)
    asked = consultation_rows.lock(ctx.tx, consultation_id, seen=None)
    reason = cases.reason(why)
    asking.end_invitation(ctx, asked, ctx.who.person_id, InvitationMove.DECLINE, why=reason)
    ctx.record(
        action=Action.CONSULTATION_DECLINE,
        subject_kind="case",
        subject_id=asked.case_id,
        details={"consultation": consultation_id},
    )
    told = {"case_id": asked.case_id, "person_id": asked.asked_by}
    outbox.post(ctx.tx, "consultation.declined", consultation_id, told, ctx.now)
    asking.changed(ctx, asked)


def _place(ctx: Context[Staff], asked: Consultation) -> str:
    """The organisation for which they speak; an invitation becomes an answered one."""
    theirs = (invitation.c.consultation_id == asked.id) & (invitation.c.person_id == ctx.who.person_id)
    row = ctx.tx.execute(sa.select(invitation.c.state, invitation.c.organisation_id).where(theirs)).one_or_none()
    in_force = invited.consultations_with(ctx.who, ctx.now).where(consultation.c.id == asked.id)
    if row is not None and ctx.tx.execute(in_force).first() is not None:
        answered = invitation_after(row.state, InvitationMove.ANSWER)
        ctx.tx.execute(sa.update(invitation).where(theirs).values(state=answered))
        return row.organisation_id
    if asked.asked_by != ctx.who.person_id:
        raise NotAllowed("only_who_is_asked")
    return colleagues.asking_grant(ctx, cases.by_id(ctx.tx, asked.case_id)).organisation_id


def _key_images(ctx: Context[Staff], asked: Consultation, named: Sequence[tuple[str, int]]) -> list[KeyImage]:
    """The named frames, which they see and which are of the case or of an earlier one that is shown with it."""
    if len(named) > MOST_KEY_IMAGES:
        raise Invalid("key_images", "too_many")
    shown = [asked.case_id, *consultation_rows.priors(ctx.tx, asked.id)]
    studies = {uid for case_id in shown for uid in cases.study_uids(ctx.tx, case_id)}
    scope = visibility.scope(ctx.tx, ctx.who, ctx.now, Action.CONSULTATION_SPEAK)
    found: dict[tuple[str, int], KeyImage] = {}
    for uid, frame in named:
        image = queries.seen_instance(ctx.tx, scope, uid)
        if image is None or image.study_uid not in studies or not 1 <= frame <= image.frames:
            raise Invalid("key_images", "unknown")
        found[uid, frame] = KeyImage(
            study_uid=image.study_uid, series_uid=image.series_uid, sop_instance_uid=uid, frame=frame
        )
    return list(found.values())
