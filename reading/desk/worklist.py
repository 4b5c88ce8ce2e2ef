"""The worklist: cases as people see them, with what lies beside each, in a few queries a page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.access import access
from reading.alerts import critical
from reading.alerts.critical import Alert
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import HELD, Move, State, Step
from reading.completeness import follow_ups, ledger
from reading.completeness.follow_ups import FollowUp
from reading.completeness.ledger import Progress
from reading.kinds import Tier
from reading.patients.patient_identifiers import never_links
from reading.reports.versions import CURRENT, Status
from reading.rules import policy
from reading.rules.examination_time import parse_date
from reading.rules.policy import Policy
from reading.rules.rule import Rule
from reading.rules.triage import years_between
from reading.texts import storable
from reading.viewers import Viewer
from storage.index.entry_rows import folded
from storage.tables import series, study

OPEN: frozenset[State] = frozenset(State) - {
    State.FINAL,
    State.WITHHELD,
    State.WITHDRAWN,
    State.EMPTIED,
}


class Tab(StrEnum):
    """What reviewers choose from, and readers for `LATE`."""

    BEFORE_RELEASE = "before_release"
    SAMPLED = "sampled"
    ESCALATED = "escalated"
    DISPUTED = "disputed"
    LATE = "late"
    """Images came after the report."""


class Order(StrEnum):
    URGENCY = "urgency"
    NEWEST = "newest"


@dataclass(frozen=True, kw_only=True)
class Filters:
    states: frozenset[State] = frozenset()
    """Empty: every state."""
    tier: Tier | None = None
    site_code: str | None = None
    modality: str | None = None
    text: str = ""
    """Part of the patient's name, or a whole accession number or patient id."""
    tab: Tab | None = None
    step: Step | None = None
    held_by: str | None = None
    """The person who holds them."""
    since: datetime | None = None
    """Received not before this, or not done yet."""
    order: Order = Order.URGENCY


@dataclass(frozen=True, kw_only=True)
class Site:
    id: str
    code: str
    name: str


@dataclass(frozen=True, kw_only=True)
class ShownPatient:
    """As the images say now, corrections applied; dates are DICOM's."""

    name: str = field(repr=False)
    sex: str
    birth_date: str = field(repr=False)
    age_years: int | None


@dataclass(frozen=True, kw_only=True)
class ShownStudy:
    study_uid: str = field(repr=False)
    study_date: str
    description: str
    modality: str
    accession_number: str = field(repr=False)
    instances: int
    erased_at: datetime | None = None
    """When its images were erased."""


@dataclass(frozen=True, kw_only=True)
class Holder:
    person_id: str
    name: str
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the worklist."""

    case: Case
    site: Site
    patient: ShownPatient
    studies: tuple[ShownStudy, ...]
    progress: Progress
    rule: Rule
    indicator_at: datetime
    """Until when it should be released by the clock that began with the examination."""
    overdue: bool
    holder: Holder | None
    alert: Alert | None
    alert_acknowledged_by: str | None
    """The name of the person who answered it."""
    prior_count: int
    released: bool
    """Whether a final version stands."""
    follow_up: FollowUp | None
    """The open one: images that came after the report wait for a word from a reader."""


@dataclass(frozen=True, kw_only=True)
class Page:
    entries: tuple[Entry, ...]
    total: int


def list_cases(tx: Connection, viewer: Viewer, filters: Filters, *, limit: int, offset: int, now: datetime) -> Page:
    """A page of what ``viewer`` may see, the most urgent first (or the newest)."""
    case = tables.case
    condition = sa.and_(access.visible_cases(tx, viewer, now), *_conditions(filters))
    order = (
        (case.c.rank, case.c.due_at, case.c.id)
        if filters.order is Order.URGENCY
        else (case.c.received_at.desc(), case.c.id.desc())
    )
    rows = tx.execute(sa.select(case).where(condition).order_by(*order).limit(limit).offset(offset)).all()
    total = tx.scalar(sa.select(sa.func.count()).select_from(case).where(condition)) or 0
    return Page(entries=tuple(entries_of(tx, viewer, [cases.from_row(row) for row in rows], now)), total=total)


def entries_of(tx: Connection, viewer: Viewer, found: Sequence[Case], now: datetime) -> list[Entry]:
    """The lines of these cases, in their order; ``viewer`` has been found to see them."""
    if not found:
        return []
    ids = [case.id for case in found]
    studies = _studies(tx, ids)
    rules = _rules(tx, found)
    sites = _sites(tx, found)
    expected = _shown_of_expected(tx, [one.study_uid for rows in studies.values() for one in rows])
    modalities = _modalities(tx, [one.study_uid for rows in studies.values() for one in rows])
    holders, alerts = _holders(tx, found), critical.open_alerts(tx, ids)
    names = _names(tx, {alert.acknowledged_by for alert in alerts.values() if alert.acknowledged_by})
    standing = _standing(tx, ids)
    late = follow_ups.open_of_each(tx, ids)
    priors = prior_cases(tx, viewer, found, now)
    return [
        _entry(
            case,
            site=sites[case.site_id],
            rows=studies[case.id],
            modalities=modalities,
            expected=expected,
            rule=rules[case.policy_id].rule(case.rule),
            holder=holders.get(case.id),
            alert=alerts.get(case.id),
            names=names,
            standing=standing[case.id],
            follow_up=late.get(case.id),
            prior_count=len(priors[case.id]),
            now=now,
        )
        for case in found
    ]


def prior_cases(tx: Connection, viewer: Viewer, found: Sequence[Case], now: datetime) -> dict[str, list[Case]]:
    """For each case the earlier ones of the same person that ``viewer`` may see, the newest first.

    The same person: the patient who is linked, or the same PatientID of the same issuer.
    """
    keys = _person_keys(tx, [case.id for case in found])
    wanted = {key for each in keys.values() for key in each}
    priors: dict[str, list[Case]] = {case.id: [] for case in found}
    if not wanted:
        return priors
    case, joined = tables.case, tables.case_study
    linked = [value for kind, value, _ in wanted if kind == "patient"]
    device = [(value, issuer) for kind, value, issuer in wanted if kind == "device"]
    # Two ways to the same cases, each by its own index; one condition with OR would read every case.
    same = sa.union(
        sa.select(case.c.id).where(case.c.patient_id.in_(linked)),
        sa.select(joined.c.case_id)
        .join(study, study.c.study_uid == joined.c.study_uid)
        .where(sa.tuple_(study.c.patient_id, study.c.issuer).in_(device)),
    )
    rows = tx.execute(
        sa.select(case)
        .where(case.c.id.in_(same), access.visible_cases(tx, viewer, now))
        .order_by(case.c.examined_at.desc(), case.c.id.desc())
    ).all()
    others = [cases.from_row(row) for row in rows]
    of_others = _person_keys(tx, [other.id for other in others])
    for one in found:
        priors[one.id] = [
            other
            for other in others
            if other.id != one.id and other.examined_at <= one.examined_at and keys[one.id] & of_others[other.id]
        ]
    return priors


def _conditions(filters: Filters) -> Iterable[sa.ColumnElement[bool]]:
    case, joined, site = tables.case, tables.case_study, tables.organisation
    if filters.states:
        yield case.c.state.in_(filters.states)
    if filters.tier is not None:
        yield case.c.tier == filters.tier
    if filters.site_code is not None:
        yield case.c.site_id.in_(sa.select(site.c.id).where(site.c.code == filters.site_code))
    if filters.modality is not None:
        yield case.c.modality == filters.modality
    if filters.tab is not None:
        yield from _of_tab(filters.tab)
    if filters.step is not None:
        yield case.c.step == filters.step
    if filters.held_by is not None:
        lease = tables.lease
        yield sa.exists().where(lease.c.case_id == case.c.id, lease.c.person_id == filters.held_by)
    if filters.since is not None:
        yield (case.c.received_at >= filters.since) | case.c.state.in_(OPEN)
    text = storable("q", filters.text.strip(), lines=False)
    if text:
        yield (
            sa.exists()
            .where(joined.c.case_id == case.c.id, joined.c.study_uid == study.c.study_uid)
            .where(
                # 王^小丽 and 王小丽 are one name.
                sa.func.replace(study.c.patient_name_folded, "^", "").contains(
                    folded(text).replace("^", ""), autoescape=True
                )
                | (study.c.accession_number == text)
                | (study.c.patient_id == text)
            )
        )


def _of_tab(tab: Tab) -> Iterable[sa.ColumnElement[bool]]:
    case, version, moved = tables.case, tables.report_version, tables.case_move
    final = sa.exists().where(version.c.case_id == case.c.id, version.c.status == Status.FINAL)

    def was(move: Move) -> sa.Exists:
        return sa.exists().where(moved.c.case_id == case.c.id, moved.c.move == move)

    at_review = case.c.state.in_([State.WAITING_REVIEW, State.REVIEWING])
    match tab:
        case Tab.BEFORE_RELEASE:
            yield at_review & ~final
        case Tab.SAMPLED:
            yield at_review & final & ~was(Move.DISPUTE)
        case Tab.ESCALATED:
            yield case.c.state.in_(OPEN) & was(Move.ESCALATE)
        case Tab.DISPUTED:
            yield (case.c.state == State.DISPUTED) | (at_review & was(Move.DISPUTE))
        case Tab.LATE:
            late = tables.follow_up
            # Few are open at a time: found from there, not by looking at every final case.
            yield case.c.id.in_(sa.select(late.c.case_id).where(late.c.closed_at.is_(None)))


def _entry(
    case: Case,
    *,
    site: Site,
    rows: Sequence[sa.Row[Any]],
    modalities: dict[str, str],
    expected: dict[str, int],
    rule: Rule,
    holder: Holder | None,
    alert: Alert | None,
    names: dict[str, str],
    standing: _Standing,
    follow_up: FollowUp | None,
    prior_count: int,
    now: datetime,
) -> Entry:
    first = rows[0]
    born = parse_date(first.birth_date)
    known = [expected[row.study_uid] for row in rows if row.study_uid in expected]
    return Entry(
        case=case,
        site=site,
        patient=ShownPatient(
            name=first.patient_name,
            sex=first.sex,
            birth_date=first.birth_date,
            age_years=years_between(born, case.examined_at.date()) if born else None,
        ),
        studies=tuple(
            ShownStudy(
                study_uid=row.study_uid,
                study_date=row.study_date,
                description=row.study_description,
                modality=modalities.get(row.study_uid, case.modality),
                accession_number=row.accession_number,
                instances=row.instances,
                erased_at=row.erased_at,
            )
            for row in rows
        ),
        progress=Progress(
            arrived=sum(row.instances for row in rows),
            # Of what was erased nothing is missing.
            expected=sum(known) if len(known) == len(rows) and not any(row.erased_at for row in rows) else None,
            arriving=case.arriving,
            signed=standing.signed,
        ),
        rule=rule,
        indicator_at=policy.indicator_at(rule, case.examined_at),
        overdue=case.state in OPEN and not standing.released and case.due_at < now,
        holder=holder,
        alert=alert,
        alert_acknowledged_by=names.get(alert.acknowledged_by or "") if alert else None,
        prior_count=prior_count,
        released=standing.released,
        follow_up=follow_up,
    )


@dataclass(frozen=True, kw_only=True)
class _Standing:
    signed: int | None = None
    released: bool = False


def _standing(tx: Connection, case_ids: Sequence[str]) -> dict[str, _Standing]:
    version = tables.report_version
    rows = tx.execute(
        sa.select(version.c.case_id, version.c.status, version.c.image_count)
        .where(version.c.case_id.in_(case_ids), version.c.status.in_(CURRENT))
        .order_by(version.c.number)
    )
    found: dict[str, _Standing] = defaultdict(_Standing)
    for row in rows:
        released = found[row.case_id].released or row.status == Status.FINAL
        found[row.case_id] = _Standing(signed=row.image_count, released=released)
    return found


def _studies(tx: Connection, case_ids: Sequence[str]) -> dict[str, list[sa.Row[Any]]]:
    joined = tables.case_study
    rows = tx.execute(
        sa.select(joined.c.case_id, study)
        .join(study, study.c.study_uid == joined.c.study_uid)
        .where(joined.c.case_id.in_(case_ids))
        .order_by(joined.c.joined_at, joined.c.study_uid)
    )
    found: dict[str, list[sa.Row[Any]]] = defaultdict(list)
    for row in rows:
        found[row.case_id].append(row)
    return found


def _modalities(tx: Connection, study_uids: Sequence[str]) -> dict[str, str]:
    """Study UID to the modalities of its series, joined by a stroke."""
    rows = tx.execute(
        sa.select(series.c.study_uid, series.c.modality)
        .where(series.c.study_uid.in_(study_uids), series.c.instances > 0)
        .distinct()
        .order_by(series.c.modality)
    )
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        found[row.study_uid].append(row.modality)
    return {uid: "/".join(modality for modality in each if modality) for uid, each in found.items()}


def _rules(tx: Connection, found: Sequence[Case]) -> dict[str, Policy]:
    return {policy_id: policy.by_id(tx, policy_id) for policy_id in {case.policy_id for case in found}}


def _sites(tx: Connection, found: Sequence[Case]) -> dict[str, Site]:
    site = tables.organisation
    rows = tx.execute(
        sa.select(site.c.id, site.c.code, site.c.name).where(site.c.id.in_({case.site_id for case in found}))
    )
    return {row.id: Site(id=row.id, code=row.code, name=row.name) for row in rows}


def _holders(tx: Connection, found: Sequence[Case]) -> dict[str, Holder]:
    lease, person = tables.lease, tables.person
    rows = tx.execute(
        sa.select(lease, person.c.name)
        .join(person, person.c.id == lease.c.person_id)
        .where(lease.c.case_id.in_([case.id for case in found if case.state in HELD]))
    )
    return {row.case_id: Holder(person_id=row.person_id, name=row.name, expires_at=row.expires_at) for row in rows}


def _names(tx: Connection, person_ids: Iterable[str]) -> dict[str, str]:
    person = tables.person
    rows = tx.execute(sa.select(person.c.id, person.c.name).where(person.c.id.in_(list(person_ids))))
    return {row.id: row.name for row in rows}


def _person_keys(tx: Connection, case_ids: Sequence[str]) -> dict[str, set[tuple[str, str, str]]]:
    """For each case by what its person is known: (kind, value, issuer)."""
    case, joined = tables.case, tables.case_study
    rows = tx.execute(
        sa.select(case.c.id, case.c.patient_id.label("linked"), study.c.patient_id, study.c.issuer)
        .join(joined, joined.c.case_id == case.c.id)
        .join(study, study.c.study_uid == joined.c.study_uid)
        .where(case.c.id.in_(case_ids))
    )
    found: dict[str, set[tuple[str, str, str]]] = {case_id: set() for case_id in case_ids}
    for row in rows:
        if row.linked is not None:
            found[row.id].add(("patient", row.linked, ""))
        if row.issuer and not never_links(row.patient_id):
            found[row.id].add(("device", row.patient_id, row.issuer))
    return found


def _shown_of_expected(tx: Connection, study_uids: Sequence[str]) -> dict[str, int]:
    """Study UID to how many instances are expected to be shown: what arrived and was hidden is not waited for."""
    expected, hidden = ledger.expected_of_each(tx, study_uids), ledger.hidden_of_each(tx, study_uids)
    return {uid: max(0, number - hidden.get(uid, 0)) for uid, number in expected.items()}
