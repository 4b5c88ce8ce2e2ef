"""The pictures that marks of a report lie in: those of its case, and of earlier cases of the same person."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from reading.access.priors import prior_cases
from reading.cases import cases
from reading.cases.cases import Case
from reading.context import Context, without_door
from reading.reports.marks import InvalidMark, Mark
from reading.viewers import Staff
from storage.index import queries
from storage.records import Instance


@dataclass(frozen=True, kw_only=True)
class Place:
    """A picture by the numbers that its device gave it; None where it gave none."""

    series: int | None = None
    image: int | None = None
    frames: int = 1
    earlier: bool = False
    """Of an earlier examination: who reads a report of this one is told no number of that."""


def places(tx: Connection, case_id: str, marks: Sequence[Mark]) -> Mapping[str, Place | None]:
    """Where marks lie, by their ids, for those who opened the report; None where a picture is shown no longer."""
    own = set(cases.study_uids(tx, case_id))
    found = queries.instances_of(tx, [one.instance_uid for one in marks])
    numbers = {
        series.series_uid: series.series_number
        for study_uid in own & {one.study_uid for one in marks}
        for series in queries.all_series_in(tx, study_uid)
    }
    return {one.id: _place(one, own, found.get(one.instance_uid), numbers) for one in marks}


def _place(mark: Mark, own: Collection[str], found: Instance | None, numbers: Mapping[str, int | None]) -> Place | None:
    if mark.study_uid not in own:
        return Place(earlier=True)
    if found is None or not shows(mark, found):
        return None
    return Place(series=numbers.get(mark.series_uid), image=found.instance_number, frames=found.frames)


@without_door("A part of the act that signs, which has opened the case.")
def lie_in_its_pictures(
    ctx: Context[Staff], case: Case, marks: Sequence[Mark], *, signed: Collection[Mark] = ()
) -> None:
    """Make sure that marks lie in pictures that whoever signs may see, where these are shown now.

    A draft may hold others: no word waits to be saved because a picture was moved or hidden meanwhile. Nor do those ask
    for it that were ``signed`` before and stay as they are.

    Raises:
        InvalidMark: ``study_uid`` is of no study of the case and of none of the earlier cases that stand beside it; its
            picture is not there, hidden, or shown in another study or series; or it has fewer frames.

    """
    new = {place: one for place, one in enumerate(marks) if one not in signed}
    found = queries.instances_of(ctx.tx, [one.instance_uid for one in new.values()])
    inside = set(cases.study_uids(ctx.tx, case.id))
    if any(one.study_uid not in inside for one in new.values()):
        for prior in prior_cases(ctx.tx, ctx.who, [case], ctx.now)[case.id]:
            inside.update(cases.study_uids(ctx.tx, prior.id))
    for place, one in new.items():
        if one.study_uid not in inside:
            raise InvalidMark(f"{place}.study_uid", "not_of_case")
        picture = found.get(one.instance_uid)
        if picture is None or not shows(one, picture):
            raise InvalidMark(f"{place}.instance_uid", "no_such_picture")


def shows(mark: Mark, found: Instance) -> bool:
    """Whether the instance that a mark names is shown, in its study and series, with as many frames."""
    return (
        not found.hidden
        and (found.study_uid, found.series_uid) == (mark.study_uid, mark.series_uid)
        and mark.frame <= found.frames
    )
