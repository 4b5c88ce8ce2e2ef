"""What each viewer may see, as SQL conditions.

Lists and single things use the same conditions, so that nothing outside somebody's list can be opened by its id.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.access.lent import is_lent, lent_studies
from reading.actions import Action
from reading.cases.identity_moves import OPEN_TO_THE_PATIENT
from reading.cases.moves import HIDDEN
from reading.errors import NotAllowed
from reading.kinds import DeviceRight
from reading.patients import persons
from reading.register import device_rights
from reading.register.grants import Reach, manages_at_the_top, reach
from reading.reports.versions import SENT_OUT, STRUCK, UNSENT, Status
from reading.tables import case, case_study, imaging_order, patient, report_version, seal_alarm, study_share
from reading.viewers import Machine, PatientViewer, Staff, Viewer
from storage.index.scope import RegisteredNames, Scope, hold_of_others
from storage.tables import instance, quarantine

NEEDED: Final[Mapping[Action, DeviceRight | None]] = {
    Action.STUDY_SEARCH: DeviceRight.QUERY,
    **dict.fromkeys(
        (
            Action.STUDY_RETRIEVE,
            Action.STUDY_METADATA,
            Action.STUDY_FRAMES,
            Action.STUDY_RENDERED,
            Action.STUDY_THUMBNAIL,
            Action.STUDY_RECEIVE,
        ),
        DeviceRight.RETRIEVE,
    ),
    Action.STUDY_FORWARD: None,  # a rule of its site sends; `service.steps.forward` asks for the receiver's right
}
"""The right that each look of a device needs; a look that is not here is not a device's."""
_RECORD: Final = patient.alias("record")


class NoRight(NotAllowed):
    """A device has no right to what it asks for, whatever that is; ``right`` is None where no device ever has."""

    def __init__(self, right: DeviceRight | None) -> None:
        super().__init__("device_right")
        self.right = right


def scope(tx: Connection, viewer: Viewer, now: datetime, action: Action) -> Scope:
    """The studies that ``viewer`` may see for this: every protocol searches in it.

    Raises:
        NoRight: a device has no right to it.

    """
    match viewer:
        case Staff():
            reached = reach(tx, viewer, now)
            return Scope(
                site_ids=reached.sites,
                hidden_site_ids=reached.above,
                lent=lent_studies(tx, viewer, now),
                shared=_studies_shared_with(reached.sites, now),
                held=hold_of_others(tx, reached.sites),
                names=_registered_names(reached.sites),
            )
        case Machine():
            _check_right(tx, viewer, now, action)
            theirs = frozenset({viewer.site_id})
            shared = _studies_shared_with(theirs, now)
            held = hold_of_others(tx, theirs)
            return Scope(site_ids=theirs, shared=shared, held=held, names=_registered_names(theirs))
        case PatientViewer():
            of_cases = sa.select(case_study.c.study_uid).join(case, case.c.id == case_study.c.case_id)
            return Scope(study_uids=frozenset(tx.scalars(of_cases.where(visible_cases(tx, viewer, now)))))


def _registered_names(site_ids: Collection[str]) -> RegisteredNames:
    """The names of the patients with whom cases of these sites are matched.

    Of another site's study nobody learns by a search how its person is registered.
    """

    def studies(named: sa.ColumnElement[bool]) -> sa.Select[tuple[str]]:
        # The site is compared as a text, so that SQLite starts from the few people, not from all cases of the site.
        of_site = sa.func.coalesce(case.c.site_id, "").in_(site_ids)
        of_people = case.c.patient_id.in_(persons.records_whose(named))
        return sa.select(case_study.c.study_uid).join(case, case.c.id == case_study.c.case_id).where(of_people, of_site)

    return RegisteredNames(forms=persons.name_forms(), studies=studies)


def share_in_force(now: datetime) -> sa.ColumnElement[bool]:
    """The condition on the table ``study_share`` for those that have not ended."""
    return study_share.c.ended_at.is_(None) & (study_share.c.until > now)


def shared_with(site_ids: Collection[str], now: datetime) -> sa.ColumnElement[bool]:
    """The condition on the table ``study_share`` for those that let these sites see a study now."""
    return study_share.c.site_id.in_(site_ids) & share_in_force(now)


def _studies_shared_with(site_ids: Collection[str], now: datetime) -> sa.Select[tuple[str]]:
    return sa.select(study_share.c.study_uid).where(shared_with(site_ids, now))


def visible_cases(tx: Connection, viewer: Viewer, now: datetime) -> sa.ColumnElement[bool]:
    """The condition on the table ``case`` that holds for what ``viewer`` may see."""
    match viewer:
        case Staff():
            reached = reach(tx, viewer, now)
            return case.c.site_id.in_(reached.sites) & (case.c.state.not_in(HIDDEN) | case.c.site_id.in_(reached.above))
        case PatientViewer():
            return awaited_cases(viewer) & sa.exists().where(
                report_version.c.case_id == case.c.id, _released()
            ).correlate(case)
        case Machine():
            return sa.false()


def cases_in_view(tx: Connection, viewer: Viewer, now: datetime) -> sa.ColumnElement[bool]:
    """The condition on the table ``case`` for those whose images and report ``viewer`` may read, and no more.

    Besides their own those that a consultation, a referral or an emergency lends them: these stand in no list of work,
    and no act opens them.
    """
    own = visible_cases(tx, viewer, now)
    return own | is_lent(tx, viewer, now) if isinstance(viewer, Staff) else own


def awaited_cases(viewer: PatientViewer) -> sa.ColumnElement[bool]:
    """The condition on the table ``case`` that holds for the patient's own, also before there is a report to see.

    A receipt opens one case; whoever proved a card itself sees the person's whole history.
    """
    theirs = case.c.patient_id.in_(persons.records_of(viewer.patient_id)) & case.c.state.not_in(HIDDEN)
    theirs &= _known_to_be_theirs()
    return theirs if viewer.case_id is None else theirs & (case.c.id == viewer.case_id)


def visible_versions(tx: Connection, viewer: Viewer, now: datetime) -> sa.ColumnElement[bool]:
    """The condition on ``report_version`` joined with its ``case`` that holds for what ``viewer`` may see.

    Blind readings are never among them: `blindness` opens those.
    """
    in_sight = visible_cases(tx, viewer, now)
    match viewer:
        case Staff():
            lent = is_lent(tx, viewer, now) & report_version.c.status.in_(SENT_OUT)
            seen = in_sight & _versions_for(reach(tx, viewer, now)) & report_version.c.status.not_in(UNSENT)
            return seen | lent
        case PatientViewer():
            return in_sight & _released()
        case Machine():
            return sa.false()


def visible_patients(tx: Connection, viewer: Viewer, now: datetime) -> sa.ColumnElement[bool]:
    """The condition on the table ``patient`` that holds for what ``viewer`` may see.

    Whoever sees one record of a person sees them all: they are one.
    """
    match viewer:
        case Staff():
            return _known_at(reach(tx, viewer, now).sites, visible_cases(tx, viewer, now))
        case PatientViewer():
            return patient.c.id.in_(persons.records_of(viewer.patient_id))
        case Machine():
            return sa.false()


def registered_patients(tx: Connection, viewer: Viewer, now: datetime) -> sa.ColumnElement[bool]:
    """The condition on the table ``patient`` for those whose register ``viewer`` may open: with cards and telephone.

    Their own sites and those that they manage; whoever only reads for a site has no part in its register.
    """
    if not isinstance(viewer, Staff):
        return sa.false()
    reached = reach(tx, viewer, now)
    sites = reached.own | reached.managed
    return _known_at(sites, visible_cases(tx, viewer, now) & case.c.site_id.in_(sites))


def managed_patients(tx: Connection, viewer: Staff, now: datetime) -> sa.ColumnElement[bool]:
    """The condition on the table ``patient`` for those whose records ``viewer`` may merge and part."""
    sites = reach(tx, viewer, now).managed
    return _known_at(sites, visible_cases(tx, viewer, now) & case.c.site_id.in_(sites))


def _known_at(sites: frozenset[str], cases: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Patients with such a case, an order at these sites, or registered there, in any of their records."""
    record = _RECORD
    known = (
        sa.exists().where((case.c.patient_id == record.c.id) & cases).correlate(record)
        | sa.exists()
        .where(imaging_order.c.patient_id == record.c.id, imaging_order.c.site_id.in_(sites))
        .correlate(record)
        | record.c.site_id.in_(sites)
    )
    standing = persons.stands_for()
    of_one = (record.c.id == standing) | (record.c.merged_into == standing)
    return sa.exists(sa.select(record.c.id).where(of_one, known).correlate(patient))


def visible_quarantine(tx: Connection, viewer: Viewer, now: datetime) -> sa.ColumnElement[bool]:
    """The condition on the table ``quarantine`` that holds for what ``viewer`` may see.

    The site that sent the bytes sees them, and so do its quality managers. Bytes of an unknown sender are shown
    to the quality managers of a top organisation.
    """
    if not isinstance(viewer, Staff):
        return sa.false()
    reached = reach(tx, viewer, now)
    theirs = quarantine.c.site_id.in_(reached.own | reached.managed)
    return theirs | quarantine.c.site_id.is_(None) if manages_at_the_top(tx, viewer) is not None else theirs


def visible_concerned_cases(tx: Connection, viewer: Viewer, now: datetime) -> sa.ColumnElement[bool]:
    """The condition on the table ``case`` for those about which ``viewer`` may decide a concern.

    Their own sites and those that they manage; whoever only reads for a site decides nothing there.
    """
    if not isinstance(viewer, Staff):
        return sa.false()
    reached = reach(tx, viewer, now)
    return visible_cases(tx, viewer, now) & case.c.site_id.in_(reached.own | reached.managed)


def _check_right(tx: Connection, machine: Machine, now: datetime, action: Action) -> None:
    needed = NEEDED.get(action)
    if action not in NEEDED or (needed and needed not in device_rights.of(tx, machine.device_id, now)):
        raise NoRight(needed)


def _versions_for(reached: Reach) -> sa.ColumnElement[bool]:
    at_work = case.c.site_id.in_(reached.read | reached.managed)
    asked_for = case.c.site_id.in_(reached.own)
    return (
        (asked_for & report_version.c.status.in_(SENT_OUT))
        | (at_work & report_version.c.status.not_in(STRUCK))
        | case.c.site_id.in_(reached.above)
    )


def _known_to_be_theirs() -> sa.ColumnElement[bool]:
    """Name, sex and birth date agree or a person has confirmed them.

    No image came since that names another, and the register says of the person what it said then: who compares and who
    corrects the register may act at one moment, and neither sees the other.
    """
    odd = (
        sa.select(sa.func.count())
        .select_from(instance)
        .join(case_study, case_study.c.study_uid == instance.c.study_uid)
        .where(case_study.c.case_id == case.c.id, instance.c.other_person.is_not(None), instance.c.hidden.is_(False))
        .correlate(case)
    )
    facts_at = sa.select(patient.c.facts_at).where(patient.c.id == case.c.patient_id).correlate(case).scalar_subquery()
    return (
        case.c.identity.in_(OPEN_TO_THE_PATIENT)
        & (odd.scalar_subquery() == case.c.other_persons)
        & case.c.facts_at.is_not_distinct_from(facts_at)
    )


def _released() -> sa.ColumnElement[bool]:
    # A report that is known not to be what was signed is kept from the patient, and so are its pictures.
    alarm = sa.exists().where(seal_alarm.c.version_id == report_version.c.id, seal_alarm.c.lifted_at.is_(None))
    return (
        (report_version.c.status == Status.FINAL)
        & report_version.c.released_at.is_not(None)
        & ~alarm.correlate(report_version)
    )
