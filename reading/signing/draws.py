"""Draws released reports for a review afterwards: who foresees it cannot, and who looks back can check it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa

from reading.cases.cases import Case
from reading.cases.moves import SigningRole
from reading.context import Context, Who, without_door
from reading.reports import versions
from reading.reports.seal import Seal
from reading.reports.versions import ReportVersion, Signature
from reading.rules.rule import Quota, Review, ReviewTime, Stratum
from reading.rules.sample import Released, chance
from reading.signing.significance import is_significant
from reading.tables import review_draw
from storage.ids import new_id


@without_door("A part of the release, whose act has opened the case.")
def draw(
    ctx: Context[Who],
    seal: Seal,
    review: Review | None,
    case: Case,
    *,
    version: ReportVersion,
    signatures: Sequence[Signature],
) -> bool:
    """Whether a released version is drawn for review; that it was is kept, with how likely it was.

    Two releases of one moment do not see each other, so a quota may be passed by as many as are released at once.
    """
    signed = {signature.role: signature for signature in signatures}
    if review is None or review.when is not ReviewTime.AFTER_RELEASE or SigningRole.REVIEWER in signed:
        return False
    author = signed[SigningRole.AUTHOR]
    percent = chance(review, _released(ctx, version, author), _drawn(ctx, review.quotas, case, author.person_id))
    if not seal.draws(case.id, percent):
        return False
    ctx.tx.execute(
        sa.insert(review_draw),
        {
            "id": new_id(),
            "case_id": case.id,
            "version_id": version.id,
            "rule": case.rule,
            "reader_id": author.person_id,
            "site_id": case.site_id,
            "modality": case.modality,
            "per_million": round(percent * 10_000),
            "at": ctx.now,
        },
    )
    return True


def _released(ctx: Context[Who], version: ReportVersion, author: Signature) -> Released:
    signed = version if author.version_id == version.id else versions.by_id(ctx.tx, author.version_id)
    return Released(positive=version.content.positive is True, changed=is_significant(signed.content, version.content))


def _drawn(ctx: Context[Who], quotas: Sequence[Quota], case: Case, reader_id: str) -> dict[Stratum, int]:
    """How many of the rule's cases were drawn in each quota's days, of the reader, site or modality of this one."""
    row = review_draw.c
    same = {
        Stratum.READER: row.reader_id == reader_id,
        Stratum.SITE: row.site_id == case.site_id,
        Stratum.MODALITY: row.modality == case.modality,
    }
    found: dict[Stratum, int] = {}
    for quota in quotas:
        lately = (row.rule == case.rule) & (row.at > ctx.now - timedelta(days=quota.days))
        # Once there are as many as any limit asks for, more say nothing.
        enough = max(quota.at_least, quota.at_most or 0)
        some = sa.select(row.case_id).where(lately, same[quota.of]).distinct().limit(enough).subquery()
        found[quota.of] = ctx.tx.scalar(sa.select(sa.func.count()).select_from(some)) or 0
    return found
