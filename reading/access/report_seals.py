"""Reports compared with their signatures before anybody sees them; one that differs raises an alarm."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy.engine import Connection, Engine

from reading.actions import Action
from reading.audit import SYSTEM
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.identity_moves import Identity
from reading.context import Context, Who, without_door
from reading.errors import Invalid
from reading.patients.same_name import Answer, compare_names
from reading.reports import releases, versions
from reading.reports.seal_check import chains_of
from reading.reports.versions import VALID, ReportVersion, SealFlaw, Status
from reading.rules import policy
from reading.rules.required_signatures import missing_roles
from reading.tables import case, case_study, seal_alarm
from reading.viewers import PatientViewer
from storage.database import insert_new, snapshot
from storage.tables import study

_PAGE: Final = 200


@dataclass(frozen=True, kw_only=True)
class BrokenReport:
    """A version that is not what was signed."""

    version_id: str
    flaws: tuple[SealFlaw, ...]


@dataclass(frozen=True, kw_only=True)
class CheckedPage:
    """Some versions in the order of their ids: how many they are, and the broken ones."""

    versions: int
    broken: tuple[BrokenReport, ...]


@without_door("The door calls it with versions that the viewer may see.")
def checked(ctx: Context[Who], found: Sequence[ReportVersion]) -> list[ReportVersion]:
    """The same versions, each compared with its signatures; a broken one raises an alarm, which a whole one lifts.

    A context without a key, of an act that shows no report, gets them as they came.
    """
    if ctx.seal_key is None or not found:
        return list(found)
    flaws = flaws_of(ctx.tx, found, ctx.seal_key)
    for version in found:
        if flaws[version.id]:
            raise_alarm(ctx, version.id, flaws[version.id])
    if not isinstance(ctx.who, PatientViewer):  # to whom no version is visible while its alarm stands
        _lift(ctx, [version.id for version in found if not flaws[version.id]])
    return [replace(version, flaws=flaws[version.id]) for version in found]


@without_door("It records what a check of all reports found; nobody looks at one.")
def raise_alarm(ctx: Context[Who], version_id: str, flaws: frozenset[SealFlaw]) -> bool:
    """Put a broken version on record, once until it is whole again; False where it is."""
    table = seal_alarm
    named = " ".join(sorted(flaws))
    fresh = insert_new(ctx.tx, table).values(version_id=version_id, flaws=named, found_at=ctx.now)
    again = (
        sa.update(table)
        .where(table.c.version_id == version_id, table.c.lifted_at.is_not(None))
        .values(flaws=named, found_at=ctx.now, told_at=None, lifted_at=None)
    )
    key = table.c.version_id
    new = ctx.tx.scalar(fresh.returning(key)) or ctx.tx.scalar(again.returning(key))
    if new:
        ctx.by(SYSTEM).record(
            action=Action.REPORT_BROKEN, subject_kind="report", subject_id=version_id, details={"flaws": named}
        )
    return new is not None


def untold(tx: Connection) -> list[BrokenReport]:
    """Alarms that the log does not have yet."""
    waiting = sa.select(seal_alarm).where(seal_alarm.c.told_at.is_(None), seal_alarm.c.lifted_at.is_(None))
    return [
        BrokenReport(version_id=row.version_id, flaws=tuple(SealFlaw(flaw) for flaw in row.flaws.split()))
        for row in tx.execute(waiting.order_by(seal_alarm.c.found_at))
    ]


@without_door("It notes that the log has them; nobody looks at a report.")
def told(ctx: Context[Who], version_ids: Sequence[str]) -> None:
    ctx.tx.execute(sa.update(seal_alarm).where(seal_alarm.c.version_id.in_(version_ids)).values(told_at=ctx.now))


def _lift(ctx: Context[Who], version_ids: Sequence[str]) -> None:
    standing = seal_alarm.c.version_id.in_(version_ids) & seal_alarm.c.lifted_at.is_(None)
    if ctx.tx.scalar(sa.select(sa.literal(1)).where(standing).limit(1)) is not None:
        ctx.tx.execute(sa.update(seal_alarm).where(standing).values(lifted_at=ctx.now))


def check_reports(engine: Engine, key: Ed25519PublicKey) -> Iterator[CheckedPage]:
    """All versions, a page at a time: no transaction stays open while signatures are checked."""
    last = ""
    while True:
        with snapshot(engine) as tx:
            rows = versions.rows_after(tx, last, _PAGE)
            readable = {row.id: version for row in rows if (version := _readable(row)) is not None}
            flaws = flaws_of(tx, list(readable.values()), key)
        if not rows:
            return
        flaws = {row.id: flaws.get(row.id, frozenset({SealFlaw.UNREADABLE})) for row in rows}
        yield CheckedPage(
            versions=len(rows),
            broken=tuple(
                BrokenReport(version_id=each, flaws=tuple(sorted(found))) for each, found in flaws.items() if found
            ),
        )
        last = rows[-1].id


def flaws_of(
    tx: Connection, found: Sequence[ReportVersion], key: Ed25519PublicKey
) -> Mapping[str, frozenset[SealFlaw]]:
    """What is wrong with each of these versions, by its id; nothing with those that are what was signed."""
    if not found:
        return {}
    chains = chains_of(tx, found)
    today = _cases_today(tx, {version.case_id for version in found})
    answer: dict[str, frozenset[SealFlaw]] = {}
    for version in found:
        now, flaws = today[version.case_id], chains[version.id].flaws(key)
        if not flaws and version.status is Status.FINAL:
            rule = policy.by_id(tx, now.case.policy_id).rule(now.case.rule)
            if now.newest_released != version.number or missing_roles(rule, chains[version.id].newest()):
                flaws.add(SealFlaw.RELEASE)
        if version.status in VALID and _differs(version, now):
            flaws.add(SealFlaw.IDENTITY)
        answer[version.id] = frozenset(flaws)
    return answer


@dataclass(frozen=True, kw_only=True)
class _CaseToday:
    """What a case says of its report and its patient now."""

    case: Case
    newest_released: int | None
    """The greatest number of a version that was ever released."""
    shown: dict[str, dict[str, str]] = field(repr=False)
    """Name, sex and birth date as they are shown, by Study Instance UID."""


def _cases_today(tx: Connection, case_ids: Collection[str]) -> Mapping[str, _CaseToday]:
    people = (study.c.study_uid, study.c.patient_name, study.c.sex, study.c.birth_date)
    rows = tx.execute(
        sa.select(case, releases.newest_number().label("newest_released"), *people)
        .outerjoin(case_study, case_study.c.case_id == case.c.id)
        .outerjoin(study, study.c.study_uid == case_study.c.study_uid)
        .where(case.c.id.in_(case_ids))
    )
    found: dict[str, _CaseToday] = {}
    for row in rows:
        if row.id not in found:
            found[row.id] = _CaseToday(case=cases.from_row(row), newest_released=row.newest_released, shown={})
        if row.study_uid is not None:
            shown = {"patient_name": row.patient_name, "sex": row.sex, "birth_date": row.birth_date}
            found[row.id].shown[row.study_uid] = shown
    return found


def _differs(version: ReportVersion, today: _CaseToday) -> bool:
    """Whether a version is shown under another identity than it was signed for.

    Somebody whose case had no patient at signing may be linked afterwards. Studies that joined or left since are no
    change of the person. While a case is held nobody is linked to it, and no patient sees its report.
    """
    signed, case = version.identity, today.case
    held = case.identity is Identity.DIFFERS and case.patient_id is None
    if not held and signed["patient_id"] is not None and signed["patient_id"] != case.patient_id:
        return True
    if signed["laterality"] != case.laterality:
        return True
    for one in signed["studies"]:
        now = today.shown.get(one["study_uid"])
        if now is None or now == {name: one[name] for name in now}:
            continue
        same_name = (
            now["patient_name"] == one["patient_name"]
            or compare_names(now["patient_name"], one["patient_name"]) is Answer.AGREES
        )
        if not same_name or any(now[fact] and one[fact] and now[fact] != one[fact] for fact in ("sex", "birth_date")):
            return True
    return False


def _readable(row: sa.Row[tuple[object, ...]]) -> ReportVersion | None:
    try:
        return versions.from_row(row)
    except (Invalid, ValueError, TypeError, AttributeError):  # somebody wrote something else into the row
        return None
