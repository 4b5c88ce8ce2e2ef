"""Acts on reading agreements: which organisation reads for which site, at which tier, from when until when."""

from __future__ import annotations

from datetime import datetime

from reading.actions import Action
from reading.audit import Actor
from reading.context import Context, without_door
from reading.errors import Invalid, NotThere
from reading.kinds import Tier
from reading.register import administered, organisations
from reading.register.organisations import Agreement
from reading.row_rules import within_term
from reading.viewers import Staff


@without_door("The register of organisations and people; nothing of a patient is in it.")
def agree(
    ctx: Context[Staff | Actor],
    site_code: str,
    reader_code: str,
    tier: Tier,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Agreement:
    """Let an organisation read for a site at a tier, from now on where nobody says otherwise.

    One that stands without an end is answered again.

    Raises:
        NotThere: no organisation of one of the codes, it has ended, or the site is not theirs.
        NotAllowed: they are no system administrator.
        Invalid: it would end before it begins or in the past, or overlap another one of the same.

    """
    site, reader = organisations.in_force(ctx.tx, site_code), organisations.in_force(ctx.tx, reader_code)
    administered.must_keep(ctx, site.id)
    begins = within_term(ctx.now, since, until)
    for one in organisations.agreements_between(ctx.tx, site.id, reader.id, tier):
        if one.until is not None and one.until <= begins:
            continue
        if one.since <= begins and one.until is None and until is None:
            return one
        if until is None or one.since < until:
            raise Invalid("since", "agreement_overlap")
    made = organisations.agree(ctx.tx, site.id, reader.id, tier, begins, until=until)
    _record(ctx, Action.AGREEMENT_ADD, made, since, until)
    return made


@without_door("The register of organisations and people; nothing of a patient is in it.")
def end(ctx: Context[Staff | Actor], agreement_id: str, *, at: datetime | None = None) -> Agreement:
    """End an agreement, now or at a later time: the reading that has begun is finished, and no other begins.

    Raises:
        NotThere: no such agreement, it has ended, or its site is not theirs.
        NotAllowed: they are no system administrator.
        Invalid: the time is in the past, or after the end that it has.

    """
    found = organisations.agreement_by_id(ctx.tx, agreement_id)
    if found is None or (found.until is not None and found.until <= ctx.now):
        raise NotThere("agreement", agreement_id)
    administered.must_keep(ctx, found.site_id)
    within_term(ctx.now, None, at)
    if at is not None and found.until is not None and at > found.until:
        raise Invalid("at", "agreement_ends_before")
    organisations.end_agreement(ctx.tx, agreement_id, at or ctx.now)
    _record(ctx, Action.AGREEMENT_END, found, None, at)
    return found


def _record(
    ctx: Context[Staff | Actor], action: Action, one: Agreement, since: datetime | None, until: datetime | None
) -> None:
    ctx.record(
        action=action,
        subject_kind="organisation",
        subject_id=one.site_id,
        details={
            "reader_id": one.reader_id,
            "tier": one.tier,
            **({} if since is None else {"since": since.isoformat()}),
            **({} if until is None else {"until": until.isoformat()}),
        },
    )
