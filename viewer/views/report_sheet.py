"""The sheet of a report as it stands on paper and on the patient's page, in the language of the request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from reading.alerts import classes
from reading.cases import cases
from reading.cases.identity_moves import Identity
from reading.cases.moves import SigningRole
from reading.desk.clinical_request import request_of
from reading.desk.desk import SignedBy, signed_version
from reading.desk.entries import Entry, entries_of
from reading.desk.unseen import UnseenSeries
from reading.dicom_dates import parse_date
from reading.patients import patients
from reading.patients.names import bare, person_name
from reading.register import organisations
from reading.reports import issues, versions
from reading.reports.versions import ReportVersion, Status
from reading.rules.examination_time import birth_date_doubtful
from reading.signing.marked_pictures import places
from reading.viewers import PatientViewer, Staff
from viewer.views.consultations import quoted
from viewer.views.marks import lines
from viewer.views.opinions import opinion
from viewer.views.report_pdf import Proof, Sheet
from viewer.words import words
from viewer.words.catalogue import Language, text

ON_PAPER: Final = (
    *("request", "findings", "marks", "impression", "recommendation", "consultation", "incomplete", "not-shown"),
)
"""The parts of a report as they follow each other on the sheet."""
FOR_PATIENTS: Final = (
    *("impression", "recommendation", "findings", "consultation", "incomplete", "not-shown"),
    "request",
)
"""As a patient reads them: what it says first. What was measured stands on their paper, and explains nothing here."""
CENTRES: Final = {SigningRole.AUTHOR: "reading-centre", SigningRole.REVIEWER: "review-centre"}
"""Signatures whose organisation stands at the head of the sheet, under the site that issues it."""


def sheet_for(
    tx: Connection,
    viewer: Staff | PatientViewer,
    version: ReportVersion,
    language: Language,
    now: datetime,
    *,
    proof: Proof | None = None,
) -> Sheet:
    """The sheet of a version that ``viewer`` has opened through `reading.access`."""
    entry = entries_of(tx, viewer, [cases.by_id(tx, version.case_id)], now)[0]
    return sheet_of(tx, entry, version, language, proof=proof)


def patients_sheet(tx: Connection, entry: Entry, version: ReportVersion, language: Language) -> Sheet:
    """The sheet as its patient reads it: what it says first, and no word 'positive' that explains nothing."""
    told = partial(words.told_moment, language)
    sheet = sheet_of(tx, entry, version, language, order=FOR_PATIENTS, worded=told)
    bare_result = text(language, "report.result")
    return replace(sheet, facts=[pair for pair in sheet.facts if pair[0] != bare_result])


def sheet_of(
    tx: Connection,
    entry: Entry,
    version: ReportVersion,
    language: Language,
    *,
    proof: Proof | None = None,
    order: Sequence[str] = ON_PAPER,
    worded: Callable[[datetime, str], str] = words.moment,
) -> Sheet:
    """The sheet of a version that the caller has opened through `reading.access`."""
    zone = zone_of(tx, entry)
    signatures = signed_version(tx, version).signatures
    accession = entry.studies[0].accession_number
    known = entry.case.modality not in {"", "OT"}
    modality = words.coded(language, "modality", entry.case.modality) if known else ""
    heading = text(language, "report.sheet-heading", modality=modality)
    number = _number(tx, version, language)
    request, marks = request_of(tx, entry.case).words, version.content.marks
    measured = "\n".join(lines(marks, places(tx, version.case_id, marks), language))
    return Sheet(
        language=language,
        title=f"{heading} {accession}".strip(),
        heading=heading,
        hospital=entry.site.name,
        centres=_centres(signatures, language),
        watermark=_watermark(version, language),
        caution=text(language, "identity.not-confirmed") if entry.case.identity is Identity.DIFFERS else "",
        facts=_facts(tx, entry, version, zone, language, worded=worded),
        sections=[
            (text(language, f"report.{name}"), said)
            for name, said in parts_of(request, version, signatures, language, order, measured=measured)
        ],
        signatures=[
            (
                text(language, f"report.{signed.signed_as}"),
                f"{signed.name} {signed.title}".strip(),
                signed.organisation,
                worded(signed.signed_at, zone),
            )
            for signed in signatures
        ],
        note=text(language, "report.note"),
        footer=" · ".join(part for part in (heading, accession, number) if part),
        page=text(language, "report.page", n="{n}", m="{m}"),
        proof=proof,
    )


def _number(tx: Connection, version: ReportVersion, language: Language) -> str:
    """The version as people count; empty of one that the site is never given."""
    number = issues.number_of(tx, version)
    return "" if number is None else text(language, "report.version-n", n=number)


def _watermark(version: ReportVersion, language: Language) -> str:
    if version.broken:
        return text(language, "report.broken")
    match version.status:
        case Status.FINAL:
            return ""
        case Status.SUPERSEDED:
            return text(language, "report.superseded")
        case _:
            return text(language, "report.watermark")


def _replaced(
    tx: Connection, version: ReportVersion, zone: str, language: Language, worded: Callable[[datetime, str], str]
) -> str:
    """The version in whose place this one stands, as the site had it; empty of the first."""
    numbers = issues.of_cases(tx, [version.case_id])
    before = [one for one in versions.of_case(tx, version.case_id) if one.number < version.number and one.id in numbers]
    if not before or version.id not in numbers:
        return ""
    number = text(language, "report.version-n", n=numbers[before[-1].id])
    return f"{number} · {worded(before[-1].released_at or before[-1].created_at, zone)}"


def zone_of(tx: Connection, entry: Entry) -> str:
    """The time zone of the site, in which people read the times of a case."""
    site = organisations.by_id(tx, entry.site.id)
    assert site is not None  # noqa: S101 -- a foreign key
    return site.time_zone


def zone_of_case(tx: Connection, case_id: str) -> str:
    """As `zone_of`, of a case whose report was opened."""
    site = organisations.by_id(tx, cases.by_id(tx, case_id).site_id)
    assert site is not None  # noqa: S101 -- a foreign key
    return site.time_zone


class Examined(Protocol):
    """A case, or a line of a list that says the same of one."""

    @property
    def modality(self) -> str: ...
    @property
    def body_part(self) -> str: ...
    @property
    def laterality(self) -> str: ...


def examination(examined: Examined, language: Language) -> str:
    """What was examined, without its side: DR Chest."""
    kind = words.coded(language, "modality", examined.modality)
    part = words.coded(language, "body", examined.body_part)
    return f"{kind} {part}".strip()


def side(examined: Examined, language: Language) -> str:
    """Left, right, both sides, or nothing."""
    return words.coded(language, "side", examined.laterality) if examined.laterality else ""


def examination_with_side(examined: Examined, language: Language) -> str:
    return " ".join(part for part in (examination(examined, language), side(examined, language)) if part)


def patient_name(entry: Entry, language: Language) -> str:
    """The registered name of the patient to whom the case is linked; until then the name in the images, corrected."""
    return entry.patient.registered or person_name(entry.patient.name) or text(language, "patient-unknown")


def name_in_images(entry: Entry) -> str:
    """The writing of the images, where it differs from the registered name that stands first; else empty."""
    said = person_name(entry.patient.name)
    registered = entry.patient.registered
    return said if registered and bare(said) != bare(person_name(registered)) else ""


def patient_age(entry: Entry, zone: str, language: Language) -> str:
    """The age on the day of the examination; a birth date that cannot be as the device wrote it, and that it cannot."""
    on: date = entry.case.examined_at.astimezone(ZoneInfo(zone)).date()
    if birth_date_doubtful(entry.patient.birth_date, on):
        return text(language, "birth-date-doubtful", said=entry.patient.birth_date)
    return words.age(language, parse_date(entry.patient.birth_date), on)


def examined_at(
    entry: Entry, zone: str, language: Language, worded: Callable[[datetime, str], str] = words.moment
) -> str:
    """When the examination began; where the device wrote what cannot be, when it was received, and what was written."""
    return " ".join(filter(None, (worded(entry.case.examined_at, zone), examined_doubt(entry, language))))


def examined_doubt(entry: Entry, language: Language) -> str:
    """What the device wrote as the date of the examination where that cannot be; else empty."""
    if not entry.case.clock_wrong:
        return ""
    return f"({text(language, 'examined-doubtful', said=entry.studies[0].study_date)})"


def patient_sex(entry: Entry, language: Language) -> str:
    return words.coded(language, "sex", entry.patient.sex) if entry.patient.sex else ""


def _facts(
    tx: Connection,
    entry: Entry,
    version: ReportVersion,
    zone: str,
    language: Language,
    *,
    worded: Callable[[datetime, str], str],
) -> Sequence[tuple[str, str]]:
    case = entry.case
    patient = patients.by_id(tx, case.patient_id) if case.patient_id else None
    positive = version.content.positive
    values = {
        "name": patient_name(entry, language),
        "name-in-images": name_in_images(entry),
        "sex": patient_sex(entry, language),
        "age": patient_age(entry, zone, language),
        "patient-number": patient.number if patient else "",
        "examination": examination(case, language),
        "side": side(case, language),
        "accession": entry.studies[0].accession_number,
        "examined-at": examined_at(entry, zone, language, worded),
        "reported-at": worded(version.released_at or version.created_at, zone),
        "version": _number(tx, version, language),
        "replaces": _replaced(tx, version, zone, language, worded),
        "opinion": opinion(version.content.opinion, language),
        "result": "" if positive is None else text(language, f"report.{'positive' if positive else 'negative'}"),
        "critical": words.class_name(classes.named(tx, code, case.site_id), language)
        if (code := version.content.critical_class)
        else "",
    }
    return [(text(language, f"report.{name}"), value) for name, value in values.items() if value]


def parts_of(
    request: str,
    version: ReportVersion,
    signatures: Sequence[SignedBy],
    language: Language,
    order: Sequence[str] = ON_PAPER,
    *,
    measured: str = "",
) -> Sequence[tuple[str, str]]:
    """What the clinic asked, the texts of the report and what limits them, by their names; blank ones are left out.

    ``measured``: the marks in words, where they are to stand among them.
    """
    content = version.content
    found = {
        "request": request,
        "findings": content.findings,
        "marks": measured,
        "impression": content.impression,
        "recommendation": content.recommendation,
        "consultation": quoted(version.consultations, language),
        "incomplete": version.incomplete_reason,
        "not-shown": _seen_by_nobody(signatures, language),
    }
    return [(name, found[name].strip()) for name in order if found[name].strip()]


def _seen_by_nobody(signatures: Sequence[SignedBy], language: Language) -> str:
    """The series that were shown to none of those who read the images and signed, with the reasons that they gave."""
    readers = [signed for signed in signatures if signed.role is not SigningRole.CORRECTOR]
    unseen = [{one.series_uid for one in signed.unseen.series} for signed in readers]
    nobody = set.intersection(*unseen) if unseen else set[str]()
    if not nobody:
        return ""
    lines = [_series_words(one, language) for one in readers[0].unseen.series if one.series_uid in nobody]
    reasons = dict.fromkeys(signed.unseen.reason for signed in readers)
    return "\n".join([*lines, *reasons])


def _series_words(one: UnseenSeries, language: Language) -> str:
    number = text(language, "unseen.series", n=one.number) if one.number is not None else ""
    name = " · ".join(
        part for part in (number, words.coded(language, "modality", one.modality), one.description) if part
    )
    some = text(language, "unseen.some", n=one.pictures) if one.pictures else ""
    return text(language, "colon").join(part for part in (name, some, text(language, f"unseen.{one.fault}")) if part)


def _centres(signatures: Sequence[SignedBy], language: Language) -> Sequence[tuple[str, str]]:
    """The centres that read and reviewed."""
    return [
        (text(language, f"report.{CENTRES[signed.role]}"), signed.organisation)
        for signed in signatures
        if signed.role in CENTRES
    ]
