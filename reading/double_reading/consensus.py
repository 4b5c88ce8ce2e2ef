"""Consensus: two who read a case blind see both readings and sign one text: one of the two, or one written for both.

Where one of them does not agree, or the time of the rule is over, a third person decides as between any two readings.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import sqlalchemy as sa

from reading import tables
from reading.access import door
from reading.actions import Action
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import Move, State, Step, after
from reading.checks.finding import Check
from reading.completeness import image_set
from reading.context import Context, Who, without_door
from reading.double_reading import comparisons, conclusion
from reading.errors import NotAllowed, Stale
from reading.kinds import Tier
from reading.queue import claiming
from reading.reports import versions
from reading.reports.content import Content
from reading.reports.not_shown import NotShown
from reading.reports.seal import CONSENSUS, Seal, payload_of, sign_version
from reading.reports.versions import ReportVersion, Status
from reading.rules import flags
from reading.signing import report_checks
from reading.signing.basis import identity
from reading.signing.marked_pictures import lie_in_its_pictures
from reading.texts import checked
from reading.viewers import RoleGrant, Staff

AT_ONCE: Final = 100
"""Most cases that go to a third person in one go."""


def propose(
    ctx: Context[Staff],
    seal: Seal,
    case_id: str,
    *,
    content: Content,
    confirmed: Collection[Check] = (),
    seen: int | None = None,
) -> ReportVersion:
    """Write one text for both and sign it; it replaces what either proposed before, and is released by `accord`.

    Their pictures are those that they saw when they read it.

    Raises:
        NotThere: no such case, or not one that they may see.
        MoveNotAllowed: its two readers do not confer.
        NotAllowed: they are none of the two.
        Stale: the case has changed since its revision ``seen``, or images or identity since it was read.
        Invalid: the content is not ready to be signed or has no opinion, or a mark lies in no picture of the case.
        ChecksOpen: a check of the text stops it, or was not confirmed.

    """
    case, own, grant = _one_of_two(ctx, case_id, Move.PROPOSE, seen)
    readings = comparisons.standing(ctx.tx, case_id)
    _as_it_was_read(ctx, case, readings)
    conclusion.opinion_of(content)
    content.ready_to_sign(of_breasts=case.is_of_breasts)
    signed = [mark for one in readings for mark in one.content.marks]
    lie_in_its_pictures(ctx, case, content.marks, signed=signed)
    checks = report_checks.settle(ctx, case, content, confirmed)
    versions.withdraw_proposal(ctx.tx, case_id)
    version = versions.add(
        ctx.tx,
        case_id=case_id,
        content=content,
        identity=readings[-1].identity,
        images=readings[-1].images,
        incomplete_reason=own.incomplete_reason,
        supersedes=readings[-1],
        now=ctx.now,
        unsent=Status.PROPOSED,
    )
    _sign(ctx, seal, grant, version, own=own, confirmed=checks)
    conclusion.tell_critical(ctx, version)
    cases.move(ctx, cases.lock(ctx.tx, case_id), Move.PROPOSE, grant=grant)
    return version


def accord(ctx: Context[Staff], seal: Seal, case_id: str, *, version_id: str, seen: int | None = None) -> ReportVersion:
    """Sign the other one's reading, or the text that they wrote for both: it is released with both names.

    Their pictures are those that they saw when they read it.

    Raises:
        NotThere: no such case, or not one that they may see.
        MoveNotAllowed: its two readers do not confer.
        NotAllowed: they are none of the two.
        Stale: the case has changed since its revision ``seen``, or images or identity since it was read; the text does
            not stand any longer, or is their own.

    """
    case, own, grant = _one_of_two(ctx, case_id, Move.ACCORD, seen)
    readings = comparisons.standing(ctx.tx, case_id)
    _as_it_was_read(ctx, case, readings)
    offered = [*readings, *comparisons.proposed(ctx.tx, case_id)]
    theirs = comparisons.signed_by(ctx.tx, offered, ctx.who.person_id)
    other = next((one for one in offered if one.id == version_id and one.id not in theirs), None)
    if other is None:
        raise Stale(case.revision)
    _sign(ctx, seal, grant, other, own=own)
    comparisons.agree(ctx.tx, readings[-1], other)
    conclusion.conclude(ctx, seal, grant, cases.lock(ctx.tx, case_id), other, Move.ACCORD)
    versions.withdraw_proposal(ctx.tx, case_id)
    return versions.by_id(ctx.tx, other.id)


def dissent(ctx: Context[Staff], case_id: str, *, why: str, seen: int | None = None) -> Case:
    """Say why there is no consensus: a third person decides between the two readings, and is told the words.

    Raises:
        NotThere: no such case, or not one that they may see.
        MoveNotAllowed: its two readers do not confer.
        NotAllowed: they are none of the two.
        Stale: the case has changed since its revision ``seen``.
        Invalid: no reason was given.

    """
    case, _, grant = _one_of_two(ctx, case_id, Move.DISSENT, seen)
    words = checked("why", why, longest=1000, lines=True, required=True)
    second = comparisons.standing(ctx.tx, case_id)[-1]
    comparisons.dissent(ctx.tx, second, by=ctx.who.person_id, words=words, now=ctx.now)
    return _to_a_third(ctx, case, grant)


@without_door("The worker's step ends what takes too long at every site.")
def end_due(ctx: Context[Who]) -> int:
    """Send what two did not settle in the time of their rule to a third person; answers how many."""
    row, case = tables.double_reading.c, tables.case.c
    over = (
        sa.select(tables.case)
        .where(case.state == State.CONFERRING)
        .where(sa.exists().where(row.case_id == case.id, row.confer_until <= ctx.now))
        .order_by(case.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    found = [cases.from_row(one) for one in ctx.tx.execute(over)]
    for one in found:
        _to_a_third(ctx, one, None)
    return len(found)


def _as_it_was_read(ctx: Context[Staff], case: Case, readings: Sequence[ReportVersion]) -> None:
    """Make sure that both readings were of the images and the identity that stand now.

    Raises:
        Stale: images or identity are others than those that either was signed for.

    """
    found = image_set.image_set(ctx.tx, cases.study_uids(ctx.tx, case.id)).digest
    stands = {found} == {one.images["set"] for one in readings}
    now = identity(ctx.tx, case)
    if not stands or any(now != one.identity for one in readings):
        raise Stale(readings[-1].number)


def _sign(
    ctx: Context[Staff],
    seal: Seal,
    grant: RoleGrant,
    version: ReportVersion,
    *,
    own: ReportVersion,
    confirmed: Sequence[Check] = (),
) -> None:
    """Sign a text of both in the role of one's own reading, for the pictures that one saw when one read them."""
    [signed] = [one for one in versions.signatures_on(ctx.tx, [own.id]) if one.person_id == ctx.who.person_id]
    signature = sign_version(
        seal,
        version,
        signed.role,
        ctx.who,
        grant,
        now=ctx.now,
        not_shown=NotShown.from_json(payload_of(signed).get("not_shown")),
        confirmed_checks=confirmed,
        reading=CONSENSUS,
    )
    versions.add_signature(ctx.tx, signature)


def _to_a_third(ctx: Context[Who], case: Case, grant: RoleGrant | None) -> Case:
    versions.withdraw_proposal(ctx.tx, case.id)
    return flags.follow(ctx.tx, cases.move(ctx, case, Move.DISSENT, grant=grant, tier=Tier.CITY))


def _one_of_two(
    ctx: Context[Staff], case_id: str, move: Move, seen: int | None
) -> tuple[Case, ReportVersion, RoleGrant]:
    """The case, and the reading of it that this person made."""
    door.open_case(ctx, case_id, Action.CASE_OPEN)
    case = cases.lock(ctx.tx, case_id, seen=seen)
    after(case.state, move)
    own = comparisons.reading_of(ctx.tx, case_id, ctx.who.person_id)
    if own is None:
        raise NotAllowed("not_one_of_the_two")
    return case, own, claiming.grant_for(ctx.tx, ctx.who, Step.SECOND, case, case.tier, now=ctx.now)
