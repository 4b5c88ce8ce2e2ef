"""Reports: drafts while typing, then versions that people sign for exactly what they were shown."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.access import access
from reading.actions import Action
from reading.alerts import critical
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import (
    SIGNS_AS,
    Move,
    SigningRole,
    State,
    Step,
    after,
    move_after_signing,
    move_after_verifying,
    only_role,
)
from reading.completeness import follow_ups, ledger
from reading.completeness import image_set as images
from reading.completeness.image_set import ImageSet
from reading.context import Context
from reading.errors import Invalid, MoveNotAllowed, NotAllowed, Stale
from reading.kinds import Tier
from reading.queue import queue
from reading.reports import drafts, versions
from reading.reports.content import Content
from reading.reports.drafts import Draft
from reading.reports.seal import Seal, sign_version
from reading.reports.versions import ReportVersion
from reading.rules import triage
from reading.signing import release
from reading.texts import storable
from reading.viewers import RoleGrant, Staff
from storage.tables import study


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What the desk had on its screen when somebody signed."""

    image_set: str
    """The digest of the images that the desk knew of."""
    series: Collection[str]
    """Series UIDs that were shown complete, at full resolution."""
    incomplete_reason: str = ""
    """Why it is signed although images are missing."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a signature will stand on, checked."""

    images: ImageSet
    identity: Mapping[str, Any]
    incomplete_reason: str


def save_draft(ctx: Context[Staff], case_id: str, content: Content, *, revision: int, lease_revision: int) -> Draft:
    """Write over the draft of ``revision`` (0 where there is none yet).

    Raises:
        Stale: the lease or the draft has another revision.

    """
    queue.hold(ctx, case_id, None, lease_revision)
    return drafts.save(ctx.tx, case_id, ctx.who.person_id, content, revision=revision, now=ctx.now)


def sign(
    ctx: Context[Staff],
    seal: Seal,
    case_id: str,
    *,
    content: Content,
    shown: Shown,
    draft_revision: int,
    lease_revision: int,
) -> ReportVersion:
    """The author's signature: makes the next version, which the verifier, the reviewer or the release gets.

    Raises:
        Stale: lease, draft or images have changed since they were shown.
        NotAllowed: they acted in another role, or a series was never shown.
        Invalid: findings or impression are blank; images are missing and no reason is given.

    """
    case, grant = queue.hold(ctx, case_id, Step.READ, lease_revision)
    drafts.unchanged(ctx.tx, case_id, draft_revision)
    case = alarm(ctx, case, content)
    version = _author(ctx.tx, seal, ctx.who, grant, case, content=content, shown=shown, now=ctx.now)
    _hand_on(ctx, seal, grant, case, version=version)
    return version


def verify(
    ctx: Context[Staff], seal: Seal, case_id: str, *, content: Content | None, shown: Shown, lease_revision: int
) -> ReportVersion:
    """The verifier's signature, under the author's words or (``content``) under their own; see `endorse`.

    Raises:
        Stale: lease or images have changed since they were shown.
        NotAllowed: they acted in another role, or a series was never shown.
        Invalid: findings or impression are blank; images are missing and no reason is given.

    """
    case, grant = queue.hold(ctx, case_id, Step.VERIFY, lease_revision)
    if content is not None:
        case = alarm(ctx, case, content)
    version = endorse(ctx.tx, seal, ctx.who, grant, case, content=content, shown=shown, now=ctx.now)
    move = move_after_verifying(needs_review=triage.rule_of(ctx.tx, case).reviewed_before_release)
    if after(case.state, move) is State.FINAL:
        release.release(ctx, seal, case, version, move=move, grant=grant)
    else:
        queue.let_go(ctx, case, move, grant=grant, tier=Tier.CITY)
    return version


def send_back(ctx: Context[Staff], case_id: str, *, lease_revision: int, why: str) -> Case:
    """The verifier does not sign: it is read again, with the reason.

    Raises:
        Stale: the lease is not theirs any more.
        Invalid: no reason was given.

    """
    case, grant = queue.hold(ctx, case_id, Step.VERIFY, lease_revision)
    return queue.let_go(ctx, case, Move.SEND_BACK, grant=grant, why=cases.reason(why))


def addendum(ctx: Context[Staff], seal: Seal, version_id: str, *, content: Content, shown: Shown) -> ReportVersion:
    """A new version of a final report, which gets all the signatures that its rule asks before it replaces the old.

    Raises:
        NotThere: no such version, or not one that they may see.
        Stale: it is not the newest version.
        MoveNotAllowed: the case is not final.
        NotAllowed: they do not read for the site, acted in another role, or somebody else looks at late images.

    """
    found = access.open_report(ctx, version_id, Action.REPORT_ADDENDUM)
    case = cases.lock(ctx.tx, found.case_id)
    if case.state is not State.FINAL:
        raise MoveNotAllowed(case.state, Move.SIGN)
    standing = versions.current(ctx.tx, case.id)
    if standing is None or standing.id != version_id:
        raise Stale(standing.number if standing else None)
    follow_ups.not_with_another(ctx.tx, case.id, ctx.who, ctx.now)
    case = cases.change(ctx.tx, case, step=Step.READ, tier=triage.home_tier(ctx.tx, case))
    grant = queue.grant_for(ctx.tx, ctx.who, Step.READ, case, case.tier, now=ctx.now)
    case = alarm(ctx, case, content)
    version = _author(ctx.tx, seal, ctx.who, grant, case, content=content, shown=shown, now=ctx.now)
    _hand_on(ctx, seal, grant, case, version=version)
    return version


def endorse(
    tx: Connection,
    seal: Seal,
    staff: Staff,
    grant: RoleGrant,
    case: Case,
    *,
    content: Content | None,
    shown: Shown,
    now: datetime,
) -> ReportVersion:
    """The signature of a verifier or a reviewer.

    Where text, images and identity are what the version has, the signature lies beside the author's on
    that version. Where anything differs there is a new version, which supersedes the old and carries
    this signature alone: nobody's name ever stands under words, images or a name that they have not
    seen. The signatures that the new version rests on are found by `versions.signatures_for`.
    """
    role = SIGNS_AS[case.step]
    only_role(role, cases.roles_of(tx, case.id, staff.person_id))
    standing = versions.current(tx, case.id)
    if standing is None:
        raise Stale(None)
    seen = see(tx, case, shown)
    said = standing.content if content is None else content
    said.ready_to_sign()
    same = (
        said == standing.content
        and seen.images.digest == standing.images["set"]
        and seen.identity == standing.identity
        and not any(one.role is role for one in versions.signatures_on(tx, [standing.id]))
    )
    version = standing
    if not same:
        version = versions.add(
            tx,
            case_id=case.id,
            content=said,
            identity=seen.identity,
            images=seen.images.to_json(),
            incomplete_reason=seen.incomplete_reason,
            supersedes=standing,
            now=now,
        )
    versions.add_signature(tx, sign_version(seal, version, role, staff, grant, now=now))
    return version


def see(tx: Connection, case: Case, shown: Shown) -> Seen:
    """Check that what was on the screen is what there is.

    Raises:
        Stale: images came since.
        NotAllowed: a series was never shown.
        Invalid: images are missing and no reason is given.

    """
    study_uids = cases.study_uids(tx, case.id)
    found = images.image_set(tx, study_uids)
    if found.digest != shown.image_set:
        raise Stale(None)
    if found.series_with_images - set(shown.series):
        raise NotAllowed("series_not_shown")
    reason = storable("incomplete_reason", shown.incomplete_reason.strip())
    if len(reason) > 500:
        raise Invalid("incomplete_reason", "too_long")
    expected = ledger.expected(tx, study_uids)
    complete = not case.arriving and expected is not None and ledger.arrived(tx, study_uids) >= expected
    if not complete and not reason:
        raise Invalid("incomplete_reason", "required")
    return Seen(images=found, identity=identity(tx, case), incomplete_reason="" if complete else reason)


def identity(tx: Connection, case: Case) -> dict[str, Any]:
    """Who and what is shown beside the report: of each study as its attribution says now."""
    joined = tables.case_study
    rows = tx.execute(
        sa.select(study)
        .join(joined, joined.c.study_uid == study.c.study_uid)
        .where(joined.c.case_id == case.id)
        .order_by(joined.c.joined_at, joined.c.study_uid)
    )
    return {
        "patient_id": case.patient_id,
        "site_id": case.site_id,
        "modality": case.modality,
        "body_part": case.body_part,
        "laterality": case.laterality,
        "studies": [
            {
                "study_uid": row.study_uid,
                "patient_id": row.patient_id,
                "issuer": row.issuer,
                "patient_name": row.patient_name,
                "birth_date": row.birth_date,
                "sex": row.sex,
                "study_date": row.study_date,
                "accession_number": row.accession_number,
                "attribution_revision": row.attribution_revision,
            }
            for row in rows
        ],
    }


def alarm(ctx: Context[Staff], case: Case, content: Content) -> Case:
    """A report that names a critical class has an alert, even when nobody pressed the flag while typing."""
    standing = critical.open_alert(ctx.tx, case.id)
    if content.critical_class is None or (standing and standing.critical_class == content.critical_class.strip()):
        return case
    critical.raise_alert(ctx, case.id, critical_class=content.critical_class, finding=content.impression)
    return cases.lock(ctx.tx, case.id)


def _author(
    tx: Connection,
    seal: Seal,
    staff: Staff,
    grant: RoleGrant,
    case: Case,
    *,
    content: Content,
    shown: Shown,
    now: datetime,
) -> ReportVersion:
    only_role(SigningRole.AUTHOR, cases.roles_of(tx, case.id, staff.person_id))
    content.ready_to_sign()
    seen = see(tx, case, shown)
    version = versions.add(
        tx,
        case_id=case.id,
        content=content,
        identity=seen.identity,
        images=seen.images.to_json(),
        incomplete_reason=seen.incomplete_reason,
        supersedes=versions.current(tx, case.id),
        now=now,
    )
    versions.add_signature(tx, sign_version(seal, version, SigningRole.AUTHOR, staff, grant, now=now))
    return version


def _hand_on(ctx: Context[Staff], seal: Seal, grant: RoleGrant, case: Case, *, version: ReportVersion) -> None:
    rule = triage.rule_of(ctx.tx, case)
    move = move_after_signing(
        needs_verifier=rule.needs_verifier_after(ctx.who.title), needs_review=rule.reviewed_before_release
    )
    if after(case.state, move) is State.FINAL:
        release.release(ctx, seal, case, version, move=move, grant=grant)
        return
    tier = Tier.CITY if move is Move.SIGN_FOR_REVIEW else None
    queue.let_go(ctx, case, move, grant=grant, tier=tier)
