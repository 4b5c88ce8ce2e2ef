"""What patients let doctors see by links, as the security administrator watches and ends it: of whom is not told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import sqlalchemy as sa

from reading.actions import Action
from reading.audit import Actor
from reading.context import Context, without_door
from reading.errors import NotThere, Stale
from reading.kinds import Role
from reading.patients.keys import Keys
from reading.patients.persons import stands_for
from reading.register.administrator import only
from reading.sharing import links
from reading.sharing.links import EndReason, LinkState
from reading.tables import case, link_session, organisation, patient, patient_link
from reading.viewers import Staff

LOOK_BACK: Final = timedelta(days=30)
"""Links that ended longer ago are not listed."""
MOST: Final = 200


@dataclass(frozen=True, kw_only=True)
class Watched(LinkState):
    """A link; its secret, its note and whose it is stay with the patient."""

    patient_mark: str
    """The same for all links of one person, and nothing that is known of them."""
    site: str
    """Of the examination; of a link to everything, where the person was registered; empty where nobody knows."""
    everything: bool


@without_door("It counts and dates links; nobody is named, and nothing is opened.")
def listed(ctx: Context[Staff | Actor], keys: Keys) -> list[Watched]:
    """The links in force and those that ended lately, the newest first.

    Raises:
        NotAllowed: they are no security administrator.

    """
    only(ctx.who, Role.SECURITY_ADMINISTRATOR)
    row, since = patient_link.c, ctx.now - LOOK_BACK
    found = ctx.tx.execute(
        sa.select(
            row.case_id,
            stands_for().label("person"),
            organisation.c.name.label("site"),
            *links.state_columns(),
        )
        .join(patient, patient.c.id == row.patient_id)
        .outerjoin(case, case.c.id == row.case_id)
        .outerjoin(organisation, organisation.c.id == sa.func.coalesce(case.c.site_id, patient.c.site_id))
        .outerjoin(link_session, link_session.c.link_id == row.id)
        .where(sa.func.coalesce(row.ended_at, row.until) > since)
        .group_by(row.id, patient.c.id, organisation.c.id)
        .order_by(row.made_at.desc(), row.id.desc())
        .limit(MOST)
    )
    return [
        Watched(
            patient_mark=keys.digest("link_owner", one.person).hex()[:6].upper(),
            site=one.site or "",
            everything=one.case_id is None,
            **links.state_in(one),
        )
        for one in found
    ]


@without_door("It ends what a link shows, and shows nothing itself.")
def end(ctx: Context[Staff | Actor], link_id: str) -> None:
    """End a link and the sessions that it opened; its patient reads that it was ended for safety.

    Raises:
        NotAllowed: they are no security administrator.
        NotThere: no such link.
        Stale: it has ended.

    """
    only(ctx.who, Role.SECURITY_ADMINISTRATOR)
    if ctx.tx.scalar(sa.select(patient_link.c.id).where(patient_link.c.id == link_id)) is None:
        raise NotThere
    if not links.end_for(ctx.tx, link_id, EndReason.SECURITY, ctx.now):
        raise Stale
    details = {"why": EndReason.SECURITY.value}
    ctx.record(action=Action.LINK_END, subject_kind="link", subject_id=link_id, details=details)
