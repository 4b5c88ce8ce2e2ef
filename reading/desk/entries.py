"""The entries of a worklist: each case with what is known beside it, in a few queries for all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.access import blindness
from reading.access.priors import prior_cases
from reading.alerts import alert_rows, classes, findings, notices
from reading.alerts.alert_rows import Alert
from reading.alerts.class_list import ResultClass
from reading.alerts.notices import Notice
from reading.cases.cases import Case
from reading.cases.identity_moves import Identity
from reading.cases.moves import HELD, UNFINISHED
from reading.clock.life import REASON_OF
from reading.completeness import follow_ups, ledger
from reading.completeness.follow_ups import FollowUp
from reading.completeness.ledger import Progress
from reading.dicom_dates import parse_date
from reading.patients import patients
from reading.patients.image_persons import said_by_image
from reading.patients.patients import Patient
from reading.patients.same_name import Answer, compare_names
from reading.patients.same_person import Fact, Said, another_person
from reading.queue import assigned
from reading.queue.assigned import WaitsFor
from reading.register import organisations
from reading.reports import releases
from reading.reports.versions import CURRENT
from reading.rules import policy
from reading.rules.examination_time import day_there, years_between
from reading.rules.policy import Policy, Rule
from reading.viewers import Staff, Viewer
from storage.index.persons import Named, odd_persons
from storage.tables import series, study


@dataclass(frozen=True, kw_only=True)
class Site:
    id: str
    code: str
    name: str
    time_zone: str


@dataclass(frozen=True, kw_only=True)
class EntryPatient:
    """The patient as in the images, corrections applied; dates are in DICOM's form."""

    name: str = field(repr=False)
    registered: str = field(repr=False)
    """The name of the registered patient to whom the case is linked; empty where it is linked to none, or where the
    images name somebody else: nobody's picture is shown under another's name."""
    sex: str
    birth_date: str = field(repr=False)
    age_years: int | None
    differing: tuple[Fact, ...] = ()
    """The facts in which any image names somebody else altogether than whom somebody joined the case to."""


@dataclass(frozen=True, kw_only=True)
class EntryStudy:
    study_uid: str = field(repr=False)
    study_date: str
    description: str
    modality: str
    accession_number: str = field(repr=False)
    instances: int
    patient_id: str = field(default="", repr=False)
    """As the device wrote it, corrections applied."""
    attribution_revision: int = 0
    """Of its attribution; 0 for the study as it came."""
    erased_at: datetime | None = None
    """When its images were erased."""


@dataclass(frozen=True, kw_only=True)
class Holder:
    person_id: str
    name: str
    expires_at: datetime
    parked: bool = False
    """They put it aside."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One case of the worklist."""

    case: Case
    site: Site
    patient: EntryPatient
    studies: tuple[EntryStudy, ...]
    progress: Progress
    rule: Rule
    policy_version: int
    indicator_at: datetime
    """When the report should be released, counted from the examination."""
    overdue: bool
    holder: Holder | None
    alert: Alert | None
    alert_acknowledged_by: str | None
    """The name of the person who acknowledged the alert."""
    alert_named: ResultClass | None
    """Its class, by its name."""
    alert_findings: tuple[str, ...] = field(repr=False)
    """What it tells, the first words first; empty where no alert stands."""
    alert_told: tuple[Notice, ...]
    """Who was told of it."""
    prior_count: int
    released: bool
    """Whether a final version stands."""
    waits_for: WaitsFor | None
    """Whom it waits for, where it is assigned."""
    lacks_skill: bool
    """It waits for a skill that nobody on duty has."""
    follow_up: FollowUp | None
    """The open follow-up: a reader has to look at images that came after the report."""
    countersign: str = ""
    """The name of the organisation whose attendings countersign the report of a resident; empty: none has to."""


def entries_of(tx: Connection, viewer: Viewer, found: Sequence[Case], now: datetime) -> list[Entry]:
    """The entries of these cases, in their order; the caller has checked that ``viewer`` may see them."""
    if not found:
        return []
    ids = [case.id for case in found]
    studies = _studies(tx, ids)
    rules = _rules(tx, found)
    sites = _sites(tx, found)
    expected = _shown_of_expected(tx, [one.study_uid for rows in studies.values() for one in rows])
    registered = _registered(tx, {case.patient_id for case in found if case.patient_id is not None})
    held = ledger.held_of_each(tx, [one.study_uid for rows in studies.values() for one in rows])
    modalities = _modalities(tx, [one.study_uid for rows in studies.values() for one in rows])
    holders, alerts = _holders(tx, found), alert_rows.newest_standing_on_each(tx, ids)
    untold = blindness.hides_alerts(tx, viewer, list(alerts), now) if alerts else frozenset()
    alerts = {case_id: alert for case_id, alert in alerts.items() if alert.id not in untold}
    odd = _odd_persons(tx, found, studies)
    unnamed = blindness.nameless(tx, found)
    holders = {
        case_id: one for case_id, one in holders.items() if case_id not in unnamed or one.person_id == _person(viewer)
    }
    said = {(alerts[case.id].critical_class, case.site_id) for case in found if case.id in alerts}
    named = {each: classes.named(tx, *each) for each in said}
    words = findings.of_alerts(tx, alerts.values()) if alerts else {}
    told = notices.of_alerts(tx, [alert.id for alert in alerts.values()], last=notices.ON_A_LIST) if alerts else {}
    names = _names(tx, {alert.acknowledged_by for alert in alerts.values() if alert.acknowledged_by})
    standing = _standing(tx, ids)
    late = follow_ups.open_of_each(tx, ids)
    attending = organisations.by_ids(tx, {case.countersign_at for case in found if case.countersign_at is not None})
    priors = prior_cases(tx, viewer, found, now)
    waiting, lacking = assigned.waits_for(tx, ids, now), assigned.without_skill(tx, found, now)
    waiting = {
        case_id: one for case_id, one in waiting.items() if case_id not in unnamed or one.person_id == _person(viewer)
    }
    return [
        _entry(
            case,
            site=sites[case.site_id],
            rows=studies[case.id],
            modalities=modalities,
            expected=expected,
            held=held,
            registered=registered,
            odd=odd,
            rule=rules[case.policy_id].rule(case.rule),
            policy_version=rules[case.policy_id].version,
            holder=holders.get(case.id),
            alert=alerts.get(case.id),
            names=names,
            named=named,
            words=words,
            told=told,
            standing=standing[case.id],
            follow_up=late.get(case.id),
            waits_for=waiting.get(case.id),
            lacks_skill=case.id in lacking,
            prior_count=len(priors[case.id]),
            countersign=attending[case.countersign_at].name if case.countersign_at is not None else "",
            now=now,
        )
        for case in found
    ]


def _entry(
    case: Case,
    *,
    site: Site,
    rows: Sequence[sa.Row[Any]],
    modalities: dict[str, str],
    expected: dict[str, int],
    held: dict[str, int],
    registered: dict[str, Patient],
    odd: Mapping[str, frozenset[Named]],
    rule: Rule,
    policy_version: int,
    holder: Holder | None,
    alert: Alert | None,
    names: dict[str, str],
    named: Mapping[tuple[str, str], ResultClass],
    words: Mapping[str, tuple[str, ...]],
    told: Mapping[str, list[Notice]],
    standing: _Standing,
    follow_up: FollowUp | None,
    waits_for: WaitsFor | None,
    lacks_skill: bool,
    prior_count: int,
    countersign: str,
    now: datetime,
) -> Entry:
    first = rows[0]
    joined = registered.get(case.patient_id or "")
    said = [*map(_said, rows), *(said_by_image(one) for row in rows for one in odd.get(row.study_uid, ()))]
    born = parse_date(first.birth_date)
    known = [expected[row.study_uid] for row in rows if row.study_uid in expected]
    return Entry(
        case=case,
        site=site,
        patient=EntryPatient(
            name=first.patient_name,
            registered=_unless_another(first.patient_name, joined.name if joined else ""),
            sex=first.sex,
            birth_date=first.birth_date,
            age_years=years_between(born, day_there(case.examined_at, site.time_zone)) if born else None,
            differing=another_person(said, joined) if joined else (),
        ),
        studies=tuple(
            EntryStudy(
                study_uid=row.study_uid,
                study_date=row.study_date,
                description=row.study_description,
                modality=modalities.get(row.study_uid, case.modality),
                accession_number=row.accession_number,
                instances=row.instances,
                patient_id=row.patient_id,
                attribution_revision=row.attribution_revision,
                erased_at=row.erased_at,
            )
            for row in rows
        ),
        progress=Progress(
            arrived=sum(row.instances for row in rows),
            # Erased studies are not missing images.
            expected=sum(known) if len(known) == len(rows) and not any(row.erased_at for row in rows) else None,
            arriving=case.arriving,
            held=sum(held.get(row.study_uid, 0) for row in rows),
            signed=standing.signed,
        ),
        rule=rule,
        policy_version=policy_version,
        indicator_at=policy.indicator_at(rule, case.examined_at),
        overdue=case.state in UNFINISHED - REASON_OF.keys() and not standing.released and case.due_at < now,
        holder=holder,
        waits_for=waits_for,
        lacks_skill=lacks_skill,
        alert=alert,
        alert_acknowledged_by=names.get(alert.acknowledged_by or "") if alert else None,
        alert_named=named[alert.critical_class, case.site_id] if alert else None,
        alert_findings=words[alert.id] if alert else (),
        alert_told=tuple(told.get(alert.id, ())) if alert else (),
        prior_count=prior_count,
        released=standing.released,
        follow_up=follow_up,
        countersign=countersign,
    )


def _person(viewer: Viewer) -> str | None:
    return viewer.person_id if isinstance(viewer, Staff) else None


@dataclass(frozen=True, kw_only=True)
class _Standing:
    signed: int | None = None
    released: bool = False


def _standing(tx: Connection, case_ids: Sequence[str]) -> dict[str, _Standing]:
    version = tables.report_version.alias("standing")
    rows = tx.execute(
        sa.select(version.c.case_id, version.c.image_count, releases.was_released(version.c.case_id).label("released"))
        .where(version.c.case_id.in_(case_ids), version.c.status.in_(CURRENT))
        .order_by(version.c.number)
    )
    found: dict[str, _Standing] = defaultdict(_Standing)
    for row in rows:
        found[row.case_id] = _Standing(signed=row.image_count, released=row.released)
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
    """Study UID to the modalities of its received series, joined by ``/``."""
    rows = tx.execute(
        sa.select(series.c.study_uid, series.c.modality)
        .where(series.c.study_uid.in_(study_uids), series.c.instances > 0, series.c.made_here.is_(False))
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
    known = (site.c.id, site.c.code, site.c.name, site.c.time_zone)
    rows = tx.execute(sa.select(*known).where(site.c.id.in_({case.site_id for case in found})))
    return {row.id: Site(id=row.id, code=row.code, name=row.name, time_zone=row.time_zone) for row in rows}


def _holders(tx: Connection, found: Sequence[Case]) -> dict[str, Holder]:
    lease, person = tables.lease, tables.person
    rows = tx.execute(
        sa.select(lease, person.c.name)
        .join(person, person.c.id == lease.c.person_id)
        .where(lease.c.case_id.in_([case.id for case in found if case.state in HELD]))
    )
    return {row.case_id: _holder(row) for row in rows}


def _holder(row: Any) -> Holder:
    parked = row.parked_at is not None
    return Holder(person_id=row.person_id, name=row.name, expires_at=row.expires_at, parked=parked)


def _unless_another(said: str, registered: str) -> str:
    return "" if registered and compare_names(said, registered) is Answer.DIFFERS else registered


def _said(row: sa.Row[Any]) -> Said:
    return Said(name=row.patient_name, sex=row.sex, birth_date=row.birth_date)


def _odd_persons(
    tx: Connection, found: Sequence[Case], studies: Mapping[str, Sequence[sa.Row[Any]]]
) -> Mapping[str, frozenset[Named]]:
    """Whom single images of the linked cases name besides, by study; nothing is asked where no case has such images.

    Without a decision a case with them is linked to nobody, and its mark is that it is held.
    """
    marked = [case for case in found if case.patient_id and (case.other_persons or case.identity is Identity.CONFIRMED)]
    return odd_persons(tx, [row.study_uid for case in marked for row in studies[case.id]]) if marked else {}


def _registered(tx: Connection, patient_ids: Iterable[str]) -> dict[str, Patient]:
    return {one.id: one for one in patients.select(tx, tables.patient.c.id.in_(list(patient_ids)))}


def _names(tx: Connection, person_ids: Iterable[str]) -> dict[str, str]:
    person = tables.person
    rows = tx.execute(sa.select(person.c.id, person.c.name).where(person.c.id.in_(list(person_ids))))
    return {row.id: row.name for row in rows}


def _shown_of_expected(tx: Connection, study_uids: Sequence[str]) -> dict[str, int]:
    """Study UID to how many visible instances are expected: those that arrived and were hidden do not count."""
    expected, hidden = ledger.expected_of_each(tx, study_uids), ledger.hidden_of_each(tx, study_uids)
    return {uid: max(0, number - hidden.get(uid, 0)) for uid, number in expected.items()}
