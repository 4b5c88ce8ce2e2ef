"""The pictures that marks of a report lie in: those of its case, and of earlier cases of the same person."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from reading.access.priors import prior_cases
from reading.cases import cases
from reading.cases.cases import Case
from reading.context import Context, without_door
from reading.reports.marks import InvalidMark, Mark
from reading.viewers import Staff
from storage.index import queries
from storage.records import Instance


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
        if not is_shown(one, found.get(one.instance_uid)):
            raise InvalidMark(f"{place}.instance_uid", "no_such_picture")


def is_shown(mark: Mark, found: Instance | None) -> bool:
    """Whether the instance that a mark names is there, in its study and series, with as many frames."""
    return (
        found is not None
        and not found.hidden
        and (found.study_uid, found.series_uid) == (mark.study_uid, mark.series_uid)
        and mark.frame <= found.frames
    )
