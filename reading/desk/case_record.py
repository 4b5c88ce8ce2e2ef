"""What people did with a case besides its moves: whose it is, what was corrected, what was printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from reading.actions import Action
from reading.audit import events_about
from reading.cases import cases
from reading.cases.cases import Case
from reading.context import Context, without_door
from reading.intake import correction, identity
from reading.intake.attribute_changes import Change, attribute_changes
from reading.intake.study_content import side_changes
from reading.patients import attribution
from reading.register import people
from reading.register.people import Person
from reading.reports import versions
from reading.reports.versions import UNSEEN
from reading.viewers import Staff

RECORDED: Final = frozenset(
    {
        Action.DISCREPANCY_JUDGE,
        Action.DISCREPANCY_RAISE,
        Action.DISCREPANCY_WITHDRAW,
        Action.IDENTITY_CONFIRM,
        Action.IDENTITY_PART,
        Action.IDENTITY_UNDO,
        Action.RECEIPT_PRINT,
        Action.REPORT_PRINT,
    }
)


@dataclass(frozen=True, kw_only=True)
class Done:
    action: Action
    at: datetime
    person: str = field(repr=False)
    """The name of whoever did it; empty where it was a device or the service."""
    reason: str = field(default="", repr=False)
    """Of a correction or a decision whose the images are: a person's words, or a word of
    `reading.intake.putting_right.Reason`."""
    sides: tuple[tuple[str, str], ...] = ()
    """What the sides of images were, and what a correction made of them."""
    changes: tuple[Change, ...] = ()
    """The same of the other attributes that a correction changed. What may name another person is told to those alone
    who correct studies of the site."""


@without_door("It adds to a case that the caller has opened; of reports those alone that the site ever saw.")
def besides(ctx: Context[Staff], case: Case) -> Sequence[Done]:
    """The acts and corrections, the oldest first; what was printed is on paper, whatever became of the report."""
    sent = [one.id for one in versions.of_case(ctx.tx, case.id) if one.status not in UNSEEN]
    subjects = [("case", case.id), *(("report", one) for one in sent)]
    events = [event for kind, subject in subjects for event in events_about(ctx.tx, kind, subject)]
    done = [event for event in events if event.action in RECORDED]
    studies = cases.study_uids(ctx.tx, case.id)
    corrected = [one for study in studies for one in attribution.history(ctx.tx, study)]
    sides = {made.id: changes for study in studies for made, changes in side_changes(ctx.tx, study)}
    changes = {made: each for study in studies for made, each in changes_told(ctx, case, study).items()}
    why = {(f"identity.{one.move}", one.at): one.reason for one in identity.history(ctx.tx, case.id)}
    who_acted = {event.actor.id for event in done} | {one.made_by or "" for one in corrected}
    names = {each: people.by_id(ctx.tx, each) for each in who_acted if each}
    found = [
        Done(
            action=Action(one.action),
            at=one.at,
            person=_name(names.get(one.actor.id)),
            reason=why.get((one.action, one.at), ""),
        )
        for one in done
    ]
    found += [
        Done(
            action=Action.STUDY_CORRECT,
            at=one.made_at,
            person=_name(names.get(one.made_by or "")),
            reason=one.reason,
            sides=sides.get(one.id, ()),
            changes=changes[one.id],
        )
        for one in corrected
    ]
    return sorted(found, key=lambda one: one.at)


@without_door("A part of what is told of a case that the caller has opened.")
def changes_told(ctx: Context[Staff], case: Case, study_uid: str) -> dict[str, tuple[Change, ...]]:
    """What each revision of a study of the case changed, by its id, as far as it is told to them."""
    found = attribute_changes(ctx.tx, study_uid)
    if correction.may_correct(ctx.tx, ctx.who, case.site_id, ctx.now):
        return found
    return {made: tuple(one for one in each if not one.names_somebody) for made, each in found.items()}


def _name(person: Person | None) -> str:
    return person.name if person else ""
