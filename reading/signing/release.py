"""The release: a version becomes final and everybody concerned is notified, in one transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.engine import Connection

from reading import outbox
from reading.alerts import clarification, corrections, critical
from reading.alerts.corrections import Said
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import Move
from reading.completeness import follow_ups
from reading.context import Context, Who, without_door
from reading.errors import NotAllowed
from reading.kinds import Tier
from reading.queue import leases
from reading.report_objects import rows, standing
from reading.reports import releases, versions
from reading.reports.seal import Seal
from reading.reports.versions import UNSEEN, ReportVersion, Status
from reading.rules import case_rule
from reading.rules.required_signatures import missing_roles
from reading.rules.rule import Rule
from reading.search import index_rows
from reading.signing import change_notices, draws
from reading.signing.change_notices import NoticeKind
from reading.signing.significance import is_significant
from reading.viewers import RoleGrant


@without_door("The act that signs or restores the version has opened its case.")
def release(
    ctx: Context[Who], seal: Seal, case: Case, version: ReportVersion, *, move: Move, grant: RoleGrant, why: str = ""
) -> Case:
    """Make ``version`` the final one by ``move``; the caller has just written its last signature.

    Raises:
        NotAllowed: a signature that the rule asks is missing.

    """
    rule = case_rule.rule_of(ctx.tx, case)
    signatures = versions.signatures_for(ctx.tx, version)
    missing = missing_roles(rule, signatures)
    if missing:
        raise NotAllowed(f"missing_{min(missing)}")
    before = releases.newest(ctx.tx, case.id)
    if before is None or before.id != version.id:
        was_kept_back = versions.by_id(ctx.tx, version.id).status is Status.PENDING
        versions.set_released(ctx.tx, version, ctx.now)
        rows.need(ctx.tx, version, ctx.now)
        standing.follow(ctx.tx, case.id, ctx.now)
        index_rows.enter(ctx.tx, case, version, ctx.now)
        _tell(ctx.tx, rule, case, version, before, ctx.now)
        said = [Said(one.number, one.content) for one in versions.of_case(ctx.tx, case.id)]
        earlier = [one for one in said if one.number < version.number]
        corrections.lift(ctx, case.id, Said(version.number, version.content), earlier)
        clarification.answer_by_report(ctx, versions.by_id(ctx.tx, version.id))
        if was_kept_back:
            critical.tell_by_rule(ctx, version)
        case = cases.lock(ctx.tx, case.id)
    follow_ups.answer(ctx, case, version, grant)
    moved = leases.let_go(ctx, case, move, grant=grant, why=why)
    if draws.draw(ctx, seal, rule.review, case, version=version, signatures=signatures):
        moved = cases.move(ctx, moved, Move.DRAW, grant=None, tier=Tier.CITY)
    return moved


def _tell(  # noqa: PLR0917
    tx: Connection, rule: Rule, case: Case, version: ReportVersion, before: ReportVersion | None, now: datetime
) -> None:
    outbox.post(
        tx,
        "report.released",
        version.id,
        {"case_id": case.id, "number": version.number, "replaces": before.id if before else None},
        now,
    )
    # The versions that the site may have read: the one that was released before, and every preliminary one since.
    since = before.number if before else 0
    earlier = [old for old in versions.of_case(tx, case.id) if since <= old.number < version.number]
    seen = [old for old in earlier if old.status not in UNSEEN]
    if any(is_significant(old.content, version.content) for old in seen):
        change_notices.post(tx, version, case.site_id, NoticeKind.CHANGED, now)
    elif before is None and rule.tell_site:
        change_notices.post(tx, version, case.site_id, NoticeKind.RELEASED, now)
