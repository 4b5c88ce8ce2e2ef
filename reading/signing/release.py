"""The release: a version becomes final, and who must know is told, in one transaction."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import outbox, tables
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import Move, SigningRole
from reading.completeness import follow_ups
from reading.context import Context, Who
from reading.errors import NotAllowed
from reading.kinds import Tier
from reading.queue import queue
from reading.reports import versions
from reading.reports.content import Content
from reading.reports.seal import Seal, payload_of
from reading.reports.versions import ReportVersion, Signature, Status
from reading.rules import triage
from reading.rules.rule import ReviewTime, Rule
from reading.viewers import RoleGrant
from storage.ids import new_id


def release(
    ctx: Context[Who], seal: Seal, case: Case, version: ReportVersion, *, move: Move, grant: RoleGrant, why: str = ""
) -> Case:
    """Make ``version`` the final one by ``move``; the caller has just let somebody sign it.

    Raises:
        NotAllowed: a signature that the rule asks is missing.

    """
    rule = triage.rule_of(ctx.tx, case)
    signatures = versions.signatures_for(ctx.tx, version)
    missing = missing_roles(rule, signatures)
    if missing:
        raise NotAllowed(f"missing_{min(missing)}")
    before = versions.final(ctx.tx, case.id)
    if before is not None and before.id != version.id:
        versions.set_status(ctx.tx, before.id, Status.SUPERSEDED)
    if before is None or before.id != version.id:
        versions.set_released(ctx.tx, version.id, ctx.now)
        _tell(ctx.tx, case, version, before, ctx.now)
    follow_ups.answer(ctx, case, version, grant)
    moved = queue.let_go(ctx, case, move, grant=grant, why=why)
    if _drawn(seal, rule, case, signatures):
        moved = cases.move(ctx, moved, Move.DRAW, grant=None, tier=Tier.CITY)
    return moved


def missing_roles(rule: Rule, signatures: list[Signature]) -> set[SigningRole]:
    """Which signatures a rule still asks for before the release."""
    present = {signature.role: signature for signature in signatures}
    asked = {SigningRole.AUTHOR}
    author = present.get(SigningRole.AUTHOR)
    if author is not None and rule.needs_verifier_after(payload_of(author)["title"]):
        asked.add(SigningRole.VERIFIER)
    if rule.reviewed_before_release:
        asked.add(SigningRole.REVIEWER)
    return asked - present.keys()


def is_significant(old: Content, new: Content) -> bool:
    """Whether a change must be acknowledged where the earlier version was seen."""
    return (
        old.positive != new.positive
        or old.critical_class != new.critical_class
        or "".join(old.impression.split()) != "".join(new.impression.split())
    )


def acknowledge_change(tx: Connection, notice_id: str, person_id: str, now: datetime) -> bool:
    """The site has read the changed report; False when somebody said so before."""
    notice = tables.change_notice
    done = tx.execute(
        sa.update(notice)
        .where(notice.c.id == notice_id, notice.c.acknowledged_at.is_(None))
        .values(acknowledged_by=person_id, acknowledged_at=now)
    )
    return done.rowcount == 1


def _tell(tx: Connection, case: Case, version: ReportVersion, before: ReportVersion | None, now: datetime) -> None:
    outbox.post(
        tx,
        "report.released",
        version.id,
        {"case_id": case.id, "number": version.number, "replaces": before.id if before else None},
        now,
    )
    # What the site may have seen: the final version before, else every preliminary one.
    seen = [before] if before else [old for old in versions.of_case(tx, case.id) if old.number < version.number]
    if any(is_significant(old.content, version.content) for old in seen):
        tx.execute(
            sa.insert(tables.change_notice).values(id=new_id(), version_id=version.id, site_id=case.site_id, at=now)
        )


def _drawn(seal: Seal, rule: Rule, case: Case, signatures: list[Signature]) -> bool:
    if rule.review is None or rule.review.when is not ReviewTime.AFTER_RELEASE:
        return False
    if any(signature.role is SigningRole.REVIEWER for signature in signatures):
        return False
    return seal.draws(case.id, rule.review.percent)
