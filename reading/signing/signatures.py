"""Signing: author and verifier sign a version for exactly what their screen showed; drafts are saved until then."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from reading.access import door
from reading.actions import Action
from reading.alerts import clarification, corrections, critical
from reading.alerts.corrections import Said
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
from reading.checks.finding import Check
from reading.completeness import follow_ups
from reading.context import Context, without_door
from reading.errors import Invalid, MoveNotAllowed, NotAllowed, Stale
from reading.kinds import Role, Tier
from reading.queue import claiming, leases
from reading.report_objects import standing as report_objects
from reading.reports import drafts, versions
from reading.reports.content import Content
from reading.reports.drafts import Draft
from reading.reports.marks import Mark
from reading.reports.seal import BLIND_READING, Seal, sign_version
from reading.reports.temporary import is_held_back, takes_the_place
from reading.reports.versions import ReportVersion, Status
from reading.rules import case_rule
from reading.signing import panel, release, report_checks
from reading.signing.basis import Basis, Screen, basis_of, record_not_shown
from reading.signing.marked_pictures import lie_in_its_pictures
from reading.viewers import RoleGrant, Staff


def save_draft(ctx: Context[Staff], case_id: str, content: Content, *, revision: int, lease_revision: int) -> Draft:
    """Replace the draft of ``revision`` (0 where there is none yet).

    Raises:
        Stale: the lease or the draft has another revision.

    """
    leases.hold(ctx, case_id, None, lease_revision)
    return drafts.save(ctx.tx, case_id, ctx.who.person_id, content, revision=revision, now=ctx.now)


def sign(
    ctx: Context[Staff],
    seal: Seal,
    case_id: str,
    *,
    content: Content,
    screen: Screen,
    draft_revision: int,
    lease_revision: int,
) -> ReportVersion:
    """Sign as the author: makes the next version and hands it to the verifier, the reviewer or the release.

    Raises:
        Stale: lease, draft or images have changed since they were shown.
        NotAllowed: they acted in another role, two people read it, the panel of its rule has not met, or a series was
            never shown; see `basis_of`.
        Invalid: findings or impression are blank; what is missing or cannot be shown stands there without a reason; a
            mark lies in no picture of the case (`InvalidMark`).
        ChecksOpen: a check of the text stops it, or was not confirmed.

    """
    case, grant = leases.hold(ctx, case_id, Step.READ, lease_revision)
    drafts.unchanged(ctx.tx, case_id, draft_revision)
    if not content.is_critical and case_rule.is_read_by_two(ctx.tx, case):
        raise NotAllowed("read_by_two")
    version = _author(ctx, seal, grant, case, content=content, screen=screen)
    case = alarm(ctx, version, changed=True)
    _hand_on(ctx, seal, grant, case, version=version)
    return version


def verify(
    ctx: Context[Staff], seal: Seal, case_id: str, *, content: Content | None, screen: Screen, lease_revision: int
) -> ReportVersion:
    """Sign as the verifier, under the author's words or (``content``) under their own; see `endorse`.

    Raises:
        Stale: lease or images have changed since they were shown.
        NotAllowed: they acted in another role, or a series was never shown; see `basis_of`.
        Invalid: findings or impression are blank; what is missing or cannot be shown stands there without a reason; a
            mark lies in no picture of the case (`InvalidMark`).
        ChecksOpen: a check of the text stops it, or was not confirmed.

    """
    case, grant = leases.hold(ctx, case_id, Step.VERIFY, lease_revision)
    version = endorse(ctx, seal, grant, case, content=content, screen=screen)
    case = alarm(ctx, version, changed=content is not None)
    move = move_after_verifying(needs_review=case_rule.rule_of(ctx.tx, case).reviewed_before_release)
    if after(case.state, move) is State.FINAL:
        release.release(ctx, seal, case, version, move=move, grant=grant)
    else:
        leases.let_go(ctx, case, move, grant=grant, tier=Tier.CITY)
        _let_out_critical(ctx, version)
    return version


def send_back(ctx: Context[Staff], case_id: str, *, lease_revision: int, why: str) -> Case:
    """Send a case back to be read again: the verifier does not sign, and gives the reason.

    Raises:
        Stale: the lease is not theirs any more.
        Invalid: no reason was given.

    """
    case, grant = leases.hold(ctx, case_id, Step.VERIFY, lease_revision)
    return leases.let_go(ctx, case, Move.SEND_BACK, grant=grant, why=cases.reason(why))


def addendum(ctx: Context[Staff], seal: Seal, version_id: str, *, content: Content, screen: Screen) -> ReportVersion:
    """Add a version to a final report; it needs all signatures of its rule before it replaces the old one.

    One with a critical result is told at once, and takes the place of the old one at the site as a temporary report.

    Raises:
        NotThere: no such version, or not one that they may see.
        Stale: it is not the newest version.
        MoveNotAllowed: the case is not final.
        NotAllowed: they do not read for the site, acted in another role, or somebody else looks at late images.

    """
    found = door.open_report(ctx, version_id, Action.REPORT_ADDENDUM)
    case = cases.lock(ctx.tx, found.case_id)
    if case.state is not State.FINAL:
        raise MoveNotAllowed(case.state, Move.SIGN)
    standing = versions.current(ctx.tx, case.id)
    if standing is None or standing.id != version_id:
        raise Stale(standing.number if standing else None)
    _decided_by_two(standing, content)
    follow_ups.not_with_another(ctx.tx, case.id, ctx.who, ctx.now)
    case = cases.change(ctx.tx, case, step=Step.READ, tier=case_rule.home_tier(ctx.tx, case))
    grant = claiming.grant_for(ctx.tx, ctx.who, Step.READ, case, case.tier, now=ctx.now)
    # A critical result is signed by one at once; without it two have to sign.
    took_back = standing.content.is_critical and not content.is_critical
    by_two = took_back and case_rule.is_read_by_two(ctx.tx, case)
    version = _author(ctx, seal, grant, case, content=content, screen=screen)
    case = alarm(ctx, version, changed=True)
    _hand_on(ctx, seal, grant, case, version=version, by_two=by_two)
    return version


@without_door("The act that signs has opened its case.")
def endorse(
    ctx: Context[Staff], seal: Seal, grant: RoleGrant, case: Case, *, content: Content | None, screen: Screen
) -> ReportVersion:
    """Sign as the verifier or the reviewer.

    Where text, images and identity are what the version has, the signature lies beside the author's on
    that version. Where anything differs there is a new version, which supersedes the old and carries
    this signature alone: nobody's name ever stands under words, images or a name that they have not
    basis. The signatures that the new version rests on are found by `versions.signatures_for`.
    """
    role, tx = SIGNS_AS[case.step], ctx.tx
    only_role(role, cases.roles_of(tx, case.id, ctx.who.person_id))
    standing = versions.current(tx, case.id)
    if standing is None:
        raise Stale(None)
    basis = basis_of(tx, case, screen)
    said = standing.content if content is None else content
    _decided_by_two(standing, said)
    said.ready_to_sign(of_breasts=case.is_of_breasts)
    same = (
        said == standing.content
        and basis.images.digest == standing.images["set"]
        and basis.identity == standing.identity
        and basis.consultations == standing.consultations
        and not any(one.role is role for one in versions.signatures_on(tx, [standing.id]))
    )
    lie_in_its_pictures(ctx, case, said.marks, signed=standing.content.marks)
    # Words that stay as they are were confirmed by whoever wrote them.
    confirmed = report_checks.settle(ctx, case, said, screen.confirmed) if said != standing.content else ()
    version = standing
    if not same:
        version = versions.add(
            tx,
            case_id=case.id,
            content=said,
            identity=basis.identity,
            images=basis.images.to_json(),
            incomplete_reason=basis.incomplete_reason,
            supersedes=standing,
            now=ctx.now,
            consultations=basis.consultations,
        )
    _add_signature(ctx, seal, version, role, grant=grant, basis=basis, confirmed=confirmed)
    if version.status is Status.PENDING and versions.final(tx, case.id) is None:
        versions.let_out(tx, version)
    version = versions.by_id(tx, version.id)
    # Of words that were kept back and stay as they are nobody was told, also where images or a name have changed.
    if standing.status is Status.PENDING and said == standing.content and version.status is Status.PRELIMINARY:
        critical.tell_by_rule(ctx, version)
    return version


@without_door("The act that signs the report has opened its case.")
def alarm(ctx: Context[Staff], version: ReportVersion, *, changed: bool) -> Case:
    """Raise the alert of the class that a signed version names, and tell what rules of the site want told of it.

    Whoever signs words that stay as they are answers for them, too: no critical report goes on without an alert.
    Rules told of them when they were written. What the site does not see yet is told by no rule before it does, and
    takes nothing back that one told of what the site has.
    """
    before = None if version.supersedes_id is None else versions.by_id(ctx.tx, version.supersedes_id)
    said, waits = Said(version.number, version.content), version.status is Status.PENDING
    corrections.raise_of(
        ctx,
        version.case_id,
        said,
        None if before is None else Said(before.number, before.content),
        kept_back=waits and not version.content.is_critical,
    )
    clarification.answer_by_report(ctx, version)
    if changed and not waits:
        critical.tell_by_rule(ctx, version)
    return cases.lock(ctx.tx, version.case_id)


def _decided_by_two(standing: ReportVersion, content: Content) -> None:
    """One person does not change what two have decided: for that the case is read again."""
    if content.opinion != standing.content.opinion:
        raise Invalid("opinion", "decided_by_two")


def _author(
    ctx: Context[Staff], seal: Seal, grant: RoleGrant, case: Case, *, content: Content, screen: Screen
) -> ReportVersion:
    standing = versions.current(ctx.tx, case.id)
    return _signed_by_one(
        ctx,
        seal,
        grant,
        case,
        SigningRole.AUTHOR,
        content=content,
        screen=screen,
        supersedes=standing,
        signed=() if standing is None else standing.content.marks,
    )


@without_door("A part of the act that reads blind, which has opened its case.")
def sign_blind(
    ctx: Context[Staff],
    seal: Seal,
    grant: RoleGrant,
    case: Case,
    *,
    content: Content,
    screen: Screen,
    supersedes: ReportVersion | None,
    signed: Collection[Mark] = (),
) -> ReportVersion:
    """Sign a reading of which nobody else knows yet, in the role of the case's step.

    ``signed`` are the marks of the readings that they saw, where they decide between two.

    Raises:
        NotAllowed: they acted in another role, or a series was never shown; see `basis_of`.
        Invalid: the content is not ready to be signed, or a mark lies in no picture of the case.
        ChecksOpen: a check of the text stops it, or was not confirmed.

    """
    role = SIGNS_AS[case.step]
    return _signed_by_one(
        ctx,
        seal,
        grant,
        case,
        role,
        content=content,
        screen=screen,
        supersedes=supersedes,
        signed=signed,
        reading=BLIND_READING,
    )


def _signed_by_one(
    ctx: Context[Staff],
    seal: Seal,
    grant: RoleGrant,
    case: Case,
    role: SigningRole,
    *,
    content: Content,
    screen: Screen,
    supersedes: ReportVersion | None,
    signed: Collection[Mark],
    reading: str = "",
) -> ReportVersion:
    blind = reading != ""
    only_role(role, cases.roles_of(ctx.tx, case.id, ctx.who.person_id))
    content.ready_to_sign(of_breasts=case.is_of_breasts)
    if not blind:
        panel.must_have_met(ctx.tx, case, content, ctx.who.person_id, ctx.now)
    basis = basis_of(ctx.tx, case, screen)
    lie_in_its_pictures(ctx, case, content.marks, signed=signed)
    confirmed = report_checks.settle(ctx, case, content, screen.confirmed)
    version = versions.add(
        ctx.tx,
        case_id=case.id,
        content=content,
        identity=basis.identity,
        images=basis.images.to_json(),
        incomplete_reason=basis.incomplete_reason,
        supersedes=supersedes,
        now=ctx.now,
        # A conclusion may tell one of two blind readers what the other has found.
        consultations=[] if blind and role is not SigningRole.ARBITER else basis.consultations,
        unsent=Status.BLIND if blind else None,
        held_back=grant.role is Role.RESIDENT and is_held_back(ctx.tx, case, content),
    )
    _add_signature(ctx, seal, version, role, grant=grant, basis=basis, confirmed=confirmed, reading=reading)
    return version


def _add_signature(
    ctx: Context[Staff],
    seal: Seal,
    version: ReportVersion,
    role: SigningRole,
    *,
    grant: RoleGrant,
    basis: Basis,
    confirmed: Sequence[Check],
    reading: str = "",
) -> None:
    signature = sign_version(
        seal,
        version,
        role,
        ctx.who,
        grant,
        now=ctx.now,
        not_shown=basis.not_shown,
        confirmed_checks=confirmed,
        reading=reading,
    )
    versions.add_signature(ctx.tx, signature)
    record_not_shown(ctx, version.case_id, basis.not_shown)


def _hand_on(
    ctx: Context[Staff], seal: Seal, grant: RoleGrant, case: Case, *, version: ReportVersion, by_two: bool = False
) -> None:
    rule = case_rule.rule_of(ctx.tx, case)
    in_training = grant.role is Role.RESIDENT
    move = move_after_signing(
        needs_verifier=by_two or in_training or rule.needs_verifier_after(ctx.who.title),
        needs_review=rule.reviewed_before_release,
    )
    if after(case.state, move) is State.FINAL:
        release.release(ctx, seal, case, version, move=move, grant=grant)
        return
    tier = Tier.CITY if move is Move.SIGN_FOR_REVIEW else None
    countersign_at = grant.organisation_id if in_training else None
    leases.let_go(ctx, case, move, grant=grant, tier=tier, countersign_at=countersign_at)
    _let_out_critical(ctx, version)


def _let_out_critical(ctx: Context[Staff], version: ReportVersion) -> None:
    """Let a critical version that waits for a signature take the place of the final one at the site."""
    stands = versions.final(ctx.tx, version.case_id) is not None
    if takes_the_place(version.status, critical=version.content.is_critical, final_stands=stands):
        versions.let_out(ctx.tx, version)
        report_objects.follow(ctx.tx, version.case_id, ctx.now)
        critical.tell_by_rule(ctx, version)
