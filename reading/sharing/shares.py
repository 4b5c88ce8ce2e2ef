"""Shares: a whole study, and nothing else of its patient, is seen by another site until the share ends.

What a share opens is decided where every protocol asks (`reading.access.visibility.scope`); who may share, and why, is
in docs/adr/0011-holdings.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.access import door, visibility
from reading.actions import Action
from reading.audit import Actor
from reading.cases import cases
from reading.cases.identity_moves import Identity
from reading.context import Context, without_door
from reading.errors import Invalid, NotAllowed, NotThere, Stale
from reading.kinds import Role
from reading.register import organisations
from reading.register.grants import may_act
from reading.register.organisations import Organisation
from reading.tables import organisation, person, study_share
from reading.texts import checked
from reading.viewers import LinkViewer, PatientViewer, RoleGrant, Staff
from storage.ids import new_id
from storage.index import queries
from storage.index.queries import Study

LONGEST: Final = timedelta(days=366)
"""No share is for good: whoever needs the study for longer is asked again."""
REASON_LONGEST: Final = 1000


@dataclass(frozen=True, kw_only=True)
class Share:
    """One study, seen by one site for a while."""

    id: str
    study_uid: str
    site_id: str
    site_name: str
    reason: str = field(repr=False)
    shared_by: str | None
    """The name of the person; None for the operator."""
    since: datetime
    until: datetime
    ended_at: datetime | None
    ended_by: str | None
    ended_why: str = field(repr=False)
    ended_by_patient: bool = False
    """They took their consent back."""

    def in_force(self, now: datetime) -> bool:
        return self.ended_at is None and self.until > now


@dataclass(frozen=True, kw_only=True)
class SharedStudy:
    """A study that another site lets somebody's site see."""

    share: Share
    study: Study
    owner: Organisation
    modalities: Sequence[str]


def may_share(tx: Connection, staff: Staff, site_id: str, now: datetime) -> RoleGrant | None:
    """The grant with which somebody shares studies of a site: they manage its quality."""
    return may_act(tx, staff, Role.QUALITY_MANAGER, site_id, now)


def share_case(ctx: Context[Staff], case_id: str, *, site_code: str, until: datetime, reason: str) -> list[Share]:
    """Share every study that a case holds now.

    Raises:
        NotThere: no such case, or not theirs to see; no such site.
        NotAllowed: as `share_study`.
        Invalid: as `share_study`.

    """
    door.open_case(ctx, case_id, Action.CASE_OPEN)
    return [
        share_study(ctx, study_uid, site_code=site_code, until=until, reason=reason)
        for study_uid in cases.study_uids(ctx.tx, case_id)
    ]


def share_study(ctx: Context[Staff | Actor], study_uid: str, *, site_code: str, until: datetime, reason: str) -> Share:
    """Let another site see a study, whole and with what comes later, until a time.

    Raises:
        NotThere: no such study, or not theirs to see; no such site, or it has ended.
        NotAllowed: they do not manage the quality of the study's site; it is open whose images they are; or the
            patient took the consent to sharing it back.
        Invalid: no reason, an end that has passed or is too far, the study's own site, or one that sees it already.

    """
    study, grant = _opened(ctx, study_uid)
    why = checked("reason", reason, longest=REASON_LONGEST)
    if not why:
        raise Invalid("reason", "empty")
    if not ctx.now < until <= ctx.now + LONGEST:
        raise Invalid("until", "share_range")
    site = organisations.in_force(ctx.tx, site_code)
    if site.id == study.site_id:
        raise Invalid("site", "own")
    before = of_studies(ctx.tx, [study_uid])
    if any(one.ended_by_patient for one in before):
        raise NotAllowed("patient_took_consent_back")
    if any(one.site_id == site.id and one.in_force(ctx.now) for one in before):
        raise Invalid("site", "shared_already")
    case = cases.of_study(ctx.tx, study_uid)
    if case is not None and case.identity is Identity.DIFFERS:
        raise NotAllowed("identity_is_open")
    made = new_id()
    ctx.tx.execute(
        study_share.insert(),
        {
            "id": made,
            "study_uid": study_uid,
            "site_id": site.id,
            "reason": why,
            "shared_by": None if grant is None else _person(ctx),
            "grant_id": None if grant is None else grant.id,
            "since": ctx.now,
            "until": until,
        },
    )
    details = {"share_id": made, "site_id": site.id, "until": until.isoformat()}
    ctx.record(action=Action.STUDY_SHARE, subject_kind="study", subject_id=study_uid, details=details)
    return _one(ctx.tx, made)


def end(ctx: Context[Staff | Actor], share_id: str, *, reason: str) -> Share:
    """End a share before its time.

    Raises:
        NotThere: no such share, or its study is not theirs to see.
        NotAllowed: they do not manage the quality of the study's site.
        Stale: it has ended.
        Invalid: no reason.

    """
    share = _one(ctx.tx, share_id)
    _, grant = _opened(ctx, share.study_uid)
    why = checked("reason", reason, longest=REASON_LONGEST)
    if not why:
        raise Invalid("reason", "empty")
    still = (study_share.c.id == share_id, study_share.c.ended_at.is_(None), study_share.c.until > ctx.now)
    ending = study_share.update().where(*still)
    ended_by = None if grant is None else _person(ctx)
    if not ctx.tx.execute(ending.values(ended_at=ctx.now, ended_by=ended_by, ended_why=why)).rowcount:
        raise Stale
    details = {"share_id": share_id, "site_id": share.site_id}
    ctx.record(action=Action.STUDY_SHARE_END, subject_kind="study", subject_id=share.study_uid, details=details)
    return _one(ctx.tx, share_id)


def take_back_consent(ctx: Context[PatientViewer], share_id: str) -> Share:
    """End a share because the patient no longer agrees; nobody shares the study again unless they agree again.

    Raises:
        NotThere: no such share, or not of an examination that is theirs to see.
        NotAllowed: a receipt or a link opened the session, which anybody may hold.
        Stale: it has ended.

    """
    share = _theirs(ctx, share_id)
    still = (study_share.c.id == share_id, study_share.c.ended_at.is_(None), study_share.c.until > ctx.now)
    if not ctx.tx.execute(study_share.update().where(*still).values(ended_at=ctx.now, ended_by_patient=True)).rowcount:
        raise Stale
    details = {"share_id": share_id, "site_id": share.site_id}
    ctx.record(action=Action.CONSENT_END, subject_kind="study", subject_id=share.study_uid, details=details)
    return _one(ctx.tx, share_id)


def give_consent_again(ctx: Context[PatientViewer], share_id: str) -> Share:
    """Take back that the consent was taken back: the share stands again until its end, and the study may be shared.

    Raises:
        NotThere, NotAllowed: as `take_back_consent`.
        Stale: the patient has not ended it, or agreed meanwhile.

    """
    share = _theirs(ctx, share_id)
    ended = (study_share.c.id == share_id, study_share.c.ended_by_patient)
    if not ctx.tx.execute(study_share.update().where(*ended).values(ended_at=None, ended_by_patient=False)).rowcount:
        raise Stale
    details = {"share_id": share_id, "site_id": share.site_id}
    ctx.record(action=Action.CONSENT_GIVE, subject_kind="study", subject_id=share.study_uid, details=details)
    return _one(ctx.tx, share_id)


def of_studies(tx: Connection, study_uids: Sequence[str]) -> list[Share]:
    """Every share of studies that the caller has opened, the newest first."""
    return _shares(tx, study_share.c.study_uid.in_(study_uids))


@without_door("The operator's list, which names sites and the ids of studies, and no person.")
def in_force(ctx: Context[Actor]) -> list[Share]:
    """Every share that stands, the newest first; for the operator."""
    return _shares(ctx.tx, visibility.share_in_force(ctx.now))


def shared_here(ctx: Context[Staff]) -> list[SharedStudy]:
    """The studies that other sites let the caller's sites see, the newest share first; each is a look at its study."""
    door.open_list(ctx, Action.STUDY_SHARED)
    theirs = visibility.shared_with(visibility.scope(ctx.tx, ctx.who, ctx.now, Action.STUDY_SHARED).site_ids, ctx.now)
    found: dict[str, SharedStudy] = {}
    for share in _shares(ctx.tx, theirs):
        try:
            seen = open_shared(ctx, share.id)
        except NotThere:
            continue  # withheld meanwhile, or erased
        found.setdefault(share.study_uid, seen)
    return list(found.values())


def open_shared(ctx: Context[Staff], share_id: str) -> SharedStudy:
    """A study that stands under a share.

    Raises:
        NotThere: no such share, it has ended, or its study is not theirs to see (any longer).

    """
    share = _one(ctx.tx, share_id)
    if not share.in_force(ctx.now):
        raise NotThere
    study = door.open_study(ctx, share.study_uid, Action.STUDY_SHARED)
    owner = organisations.by_id(ctx.tx, study.site_id)
    assert owner is not None  # noqa: S101 -- organisations are never removed
    series = queries.series_in(ctx.tx, visibility.scope(ctx.tx, ctx.who, ctx.now, Action.STUDY_SHARED), share.study_uid)
    modalities = sorted({one.modality for one in series if not one.made_here})
    return SharedStudy(share=share, study=study, owner=owner, modalities=modalities)


def _opened(ctx: Context[Staff | Actor], study_uid: str) -> tuple[Study, RoleGrant | None]:
    """The study, and the grant of the person who shares it; None for the operator."""
    if not isinstance(ctx.who, Staff):
        study = queries.study_of(ctx.tx, study_uid)
        if study is None:
            raise NotThere("study", study_uid)
        return study, None
    study = door.open_study(ctx.by(ctx.who), study_uid, Action.STUDY_SHARE)
    grant = may_share(ctx.tx, ctx.who, study.site_id, ctx.now)
    if grant is None:
        raise NotAllowed("no_role_for_this_step")
    return study, grant


def _person(ctx: Context[Staff | Actor]) -> str | None:
    return ctx.who.person_id if isinstance(ctx.who, Staff) else None


def _theirs(ctx: Context[PatientViewer], share_id: str) -> Share:
    """A share of an examination of the patient who asks, in a session that a card or a telephone opened."""
    share = _one(ctx.tx, share_id)
    case = cases.of_study(ctx.tx, share.study_uid)
    if case is None:
        raise NotThere("share", share_id)
    door.open_case(ctx, case.id, Action.CASE_OPEN)
    if isinstance(ctx.who, LinkViewer) or ctx.who.case_id is not None:
        raise NotAllowed("card_needed")
    return share


def _one(tx: Connection, share_id: str) -> Share:
    found = _shares(tx, study_share.c.id == share_id)
    if not found:
        raise NotThere("share", share_id)
    return found[0]


def _shares(tx: Connection, condition: sa.ColumnElement[bool]) -> list[Share]:
    sharer, ender = person.alias("sharer"), person.alias("ender")
    rows: Sequence[Any] = tx.execute(
        sa.select(
            study_share,
            organisation.c.name.label("site_name"),
            sharer.c.name.label("sharer"),
            ender.c.name.label("ender"),
        )
        .join(organisation, organisation.c.id == study_share.c.site_id)
        .outerjoin(sharer, sharer.c.id == study_share.c.shared_by)
        .outerjoin(ender, ender.c.id == study_share.c.ended_by)
        .where(condition)
        .order_by(study_share.c.since.desc(), study_share.c.id.desc())
    ).all()
    return [
        Share(
            id=row.id,
            study_uid=row.study_uid,
            site_id=row.site_id,
            site_name=row.site_name,
            reason=row.reason,
            shared_by=row.sharer,
            since=row.since,
            until=row.until,
            ended_at=row.ended_at,
            ended_by=row.ender,
            ended_why=row.ended_why,
            ended_by_patient=row.ended_by_patient,
        )
        for row in rows
    ]
