"""The township's list of examinations: one row each, in plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from reading.cases.cases import Case
from reading.cases.identity_moves import Identity
from reading.cases.moves import UNFINISHED, WAITING, State
from reading.context import Context
from reading.desk import township
from reading.desk.stages import Stage
from reading.desk.worklist import Entry
from reading.kinds import Priority
from reading.reports.versions import ReportVersion, Status
from reading.signing.printing import Printings
from reading.viewers import Staff
from viewer.views.report_sheet import (
    examination,
    examined_doubt,
    name_in_images,
    patient_age,
    patient_name,
    patient_sex,
    side,
)
from viewer.words import words
from viewer.words.catalogue import Language, text

TONES: Final = {State.FINAL: "done", State.RETURNED: "alarm", State.WITHHELD: "alarm", State.WITHDRAWN: "alarm"}
"""The colours of states that are done or want attention; `row` gives the others theirs."""
RELEASED_BUT: Final = {
    State.WAITING_REVIEW: "review",
    State.REVIEWING: "review",
    State.DISPUTED: "disputed",
    State.RETURNED: "returned",
}
"""What is still done with a case whose report is out; in every other state a new version is written."""


@dataclass(frozen=True, kw_only=True)
class Row:
    case_id: str
    patient: str
    name_in_images: str
    """How the device wrote the name, where that differs from the registered one; else empty."""
    patient_detail: str
    linked: bool
    """Whether the case is linked to a patient, who can then open the report."""
    identity: str
    """What comparing the images with the person says, where a person has to decide: differs or silent; else empty."""
    another: str
    """In what the images name somebody else altogether than whom they were joined to; empty where they do not."""
    examination: str
    side: str
    examined_at: str
    examined_doubt: str
    priority: str
    urgency: str
    """Its code, where it is more than routine; else empty."""
    images: str
    arriving: bool
    complete: bool
    missing: str
    """How many images are missing; empty where none are known to be."""
    held: str
    """How many wait in quarantine for a decision; empty where none do."""
    late: bool
    """Whether images arrived after the report."""
    returned: bool
    state: str
    tone: str
    due: str
    overdue: bool
    critical: bool
    paper: str
    """When the report was printed last, and by whom; empty where it was not, or there is none."""
    preliminary_id: str | None
    final_id: str | None

    @property
    def version_id(self) -> str | None:
        return self.final_id or self.preliminary_id


@dataclass(frozen=True, kw_only=True)
class Table:
    rows: Sequence[Row]
    total: int
    """How many examinations match; the rows may be fewer."""
    counts: Mapping[Stage, int]
    """Of each stage; empty for those who work at no site."""


def table(ctx: Context[Staff], *, q: str, days: int, stage: Stage | None, language: Language) -> Table:
    """The examinations at a stage, or of the last days and those that are still open, the newest first."""
    found = township.examinations(ctx, text=q, since=ctx.now - timedelta(days=days), stage=stage)
    rows = [
        row(each.entry, each.printable, each.time_zone, language, ctx.now, printed=each.printed)
        for each in found.listed
    ]
    return Table(rows=rows, total=found.total, counts=found.counts)


def row(
    entry: Entry,
    version: ReportVersion | None,
    zone: str,
    language: Language,
    now: datetime,
    *,
    printed: Printings | None = None,
) -> Row:
    case, progress = entry.case, entry.progress
    details = (patient_sex(entry, language), patient_age(entry, zone, language))
    return Row(
        case_id=case.id,
        patient=patient_name(entry, language),
        name_in_images=name_in_images(entry),
        patient_detail=" · ".join(part for part in details if part),
        linked=case.patient_id is not None,
        identity=_identity(case),
        another=text(language, "list-comma").join(text(language, f"match.{one}") for one in entry.patient.differing),
        examination=examination(entry.case, language),
        side=side(entry.case, language),
        examined_at=words.moment_today(case.examined_at, zone, now),
        examined_doubt=examined_doubt(entry, language),
        priority=text(language, f"priority.{case.priority}"),
        urgency="" if case.priority is Priority.ROUTINE else case.priority,
        images=words.images(language, progress.arrived, progress.expected, arriving=case.arriving, held=progress.held),
        arriving=case.arriving,
        complete=progress.complete,
        missing=text(language, "township.missing", n=progress.missing) if progress.missing else "",
        held=text(language, "township.held", n=progress.held) if progress.held else "",
        late=entry.follow_up is not None,
        returned=case.state is State.RETURNED,
        state=state_words(entry, language),
        tone="done" if entry.released else TONES.get(case.state, "wait" if case.state in WAITING else "work"),
        due=due(entry, language, now),
        overdue=entry.overdue,
        critical=entry.alert is not None,
        paper=paper(printed, zone, language, now),
        preliminary_id=version.id if version and version.status is Status.PRELIMINARY else None,
        final_id=version.id if version and version.status is Status.FINAL else None,
    )


def state_words(entry: Entry, language: Language) -> str:
    """The state of a case in words: of a report that is out it is said so, whatever is still done with it."""
    state = entry.case.state
    under_way = entry.released and state in UNFINISHED
    return text(language, f"state.released.{RELEASED_BUT.get(state, 'more')}" if under_way else f"state.{state}")


def retaking(entry: Entry, order_number: str, language: Language) -> str:
    """How a retake has to be named at the device, so that it answers this case (`reading.intake.intake`)."""
    if order_number:
        return text(language, "returned.retake-order", number=order_number)
    number = entry.studies[0].patient_id
    return text(language, "returned.retake-patient", number=number) if number else text(language, "returned.retake")


def paper(printed: Printings | None, zone: str, language: Language, now: datetime) -> str:
    """When and by whom a report was printed last, and how often where more than once; empty where it was not."""
    if printed is None:
        return ""
    at = words.moment_today(printed.last_at, zone, now)
    key = "township.printed" if printed.count == 1 else "township.printed-n"
    return text(language, key, at=at, name=printed.last_by, n=printed.count)


def _identity(case: Case) -> str:
    if case.identity is Identity.DIFFERS:
        return Identity.DIFFERS
    return Identity.SILENT if case.identity is Identity.SILENT and case.patient_id is not None else ""


def due(entry: Entry, language: Language, now: datetime) -> str:
    """How long until the report is due, or that its clock stands; empty for a case withheld, withdrawn or emptied."""
    if entry.released:
        return text(language, "due.done")
    if entry.case.state is State.RETURNED:
        return text(language, "due.paused")
    return words.until(language, entry.case.due_at, now) if entry.case.state in UNFINISHED else ""
