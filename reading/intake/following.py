"""Cases follow their images: when some are moved, hidden or shown again, the case is read, returned or emptied."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy.engine import Connection

from reading.alerts import moved_images
from reading.cases import cases, history
from reading.cases.cases import Case
from reading.cases.moves import UNREAD, Move, State
from reading.completeness import announcements, image_set
from reading.context import Context, Who, without_door
from reading.intake import identity, intake
from reading.intake.study_content import look_of, shown_side
from reading.patients.keys import Keys
from reading.rules import case_clock, case_rule
from reading.viewers import RoleGrant
from storage.index import queries


@without_door("A part of an act that has opened the case, or of the system's step.")
def follow(
    ctx: Context[Who],
    keys: Keys,
    study_uids: Iterable[str],
    *,
    grant: RoleGrant | None,
    why: str,
    of_one_person: Collection[str] = (),
) -> list[Case]:
    """Bring the cases of these studies up to the images that are shown; a study without a case opens one.

    ``grant`` is the one under which a person did it, None where a device did. A case that somebody holds, that is
    signed or that is withheld stays as it is but for the side that its images show: what has changed is seen there, and
    signing asks for another look.
    ``of_one_person`` are the cases between which images were moved, where they are one person's: a critical result goes
    on where its images are.
    """
    found: dict[str, Case] = {}
    for study_uid in sorted(study_uids):
        study = queries.study_of(ctx.tx, study_uid)
        if study is None:
            continue
        case = cases.of_study(ctx.tx, study_uid)
        if case is None and study.instances:
            case = intake.take_in(ctx, keys, study)
        if case is None:
            continue
        # From now on, images beyond those that are there now count as new.
        announcements.announce(ctx.tx, study_uid, announcements.QUIET, study.instances, ctx.now)
        found[case.id] = case
    there = [_up_to_date(ctx, case_id, grant=grant, why=why, of_one_person=of_one_person) for case_id in sorted(found)]
    return [cases.by_id(ctx.tx, case.id) for case in there]


def _up_to_date(
    ctx: Context[Who], case_id: str, *, grant: RoleGrant | None, why: str, of_one_person: Collection[str]
) -> Case:
    case = cases.lock(ctx.tx, case_id)
    move, emptied_at = _move(ctx.tx, case), history.moves_of(ctx.tx, case_id)[-1].at
    if move is not None:
        back = move in (Move.RESUBMIT, Move.REFILL)
        tier = case_rule.home_tier(ctx.tx, case) if back else None
        case = cases.move(ctx, case, move, grant=grant, why=why, tier=tier)
        if back:
            case = case_clock.go_on(ctx, case)
    if move is Move.EMPTY:
        others = [each for each in of_one_person if each != case_id] if case_id in of_one_person else []
        if others:
            moved_images.go_on_at(ctx, case_id, others[0])
        else:
            moved_images.lift_with_images(ctx, case_id, why=why)
    if move is Move.REFILL:
        moved_images.come_back(ctx, case_id, emptied_at=emptied_at)
    case = cases.lock(ctx.tx, case_id)
    shown = shown_side(ctx.tx, cases.study_uids(ctx.tx, case_id))
    if shown and shown != case.laterality:
        case = cases.change(ctx.tx, case, laterality=shown)
    if case.state in UNREAD:
        _retriaged(ctx.tx, case)
    return identity.judge(ctx, case_id)


def _move(tx: Connection, case: Case) -> Move | None:
    there, shown = image_set.counts(tx, cases.study_uids(tx, case.id))
    last = history.moves_of(tx, case.id)[-1].move
    match case.state:
        case State.AWAITING_PRIORS | State.WAITING_READ | State.RETURNED | State.WITHHELD if not there:
            return Move.EMPTY
        case State.AWAITING_PRIORS | State.WAITING_READ if not shown:
            return Move.REJECT
        case State.RETURNED if shown and last is Move.REJECT:
            return Move.RESUBMIT
        case State.EMPTIED if shown:
            return Move.REFILL
        case _:
            return None


def _retriaged(tx: Connection, case: Case) -> Case:
    """Triage the case again when its modality has changed; a corrected side or part of the body stays."""
    looks = [look_of(tx, study_uid) for study_uid in cases.study_uids(tx, case.id)]
    look = next((one for one in looks if one.modality), None)
    if look is None or look.modality == case.modality:
        return case
    return case_rule.retriage(tx, case, modality=look.modality)
