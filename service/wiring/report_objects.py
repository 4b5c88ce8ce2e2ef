"""The DICOM objects of a final report: what reading says of the version, in the values that pacs writes."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from pacs.authoring.document import Written
from pacs.authoring.encapsulated_pdf import encapsulated_pdf
from pacs.authoring.key_objects import KEY, key_objects
from pacs.authoring.measurements import is_measured, measurement_report
from pacs.authoring.presentation_state import GREY, presentation_state, shown_as
from pacs.authoring.report import Mark, Picture, Reference, Report, Said, Signer, Value
from pacs.authoring.structured_report import structured_report
from pacs.dataset.walk import EXPLICIT_BIG
from pacs.pixels.lookup_table import BIG, LITTLE
from pacs.pixels.opened import StoredInstance
from reading.access.report_seals import flaws_of
from reading.alerts import classes
from reading.audit import SYSTEM
from reading.cases import cases
from reading.cases.moves import SigningRole
from reading.context import Context
from reading.desk.clinical_request import request_of
from reading.desk.desk import SignedBy, signed_version
from reading.desk.entries import Entry, entries_of
from reading.report_objects import rows
from reading.report_objects.rows import Kind, Wanted
from reading.reports import issues, marks, versions
from reading.reports.versions import ReportVersion, SealFlaw, Status
from reading.signing import papers
from reading.signing.marked_pictures import shows
from reading.viewers import Machine
from service.installation.house import House
from storage.database import snapshot, transaction
from storage.index import queries
from storage.index.queries import Study
from storage.nodes.reader import Bytes
from storage.records import SHOWN_AS
from viewer.views.paper import proof_at
from viewer.views.report_pdf import Proof, Sheet, render
from viewer.views.report_sheet import parts_of, sheet_of, zone_of
from viewer.words import words
from viewer.words.catalogue import Language

_HAN: Final = re.compile("[\u3400-\u9fff\uf900-\ufaff]")

_PLACES: Final = 1000
"""More than a report has marks: the numbers of the presentation states of a version follow each other."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """An object, ready to be kept in a study."""

    written: Written
    study: Study
    received: dict[str, str] = field(repr=False)
    """The columns of patient and study as they came."""
    file_digest: bytes | None = None
    """SHA-256 of the PDF in it."""


class NothingToMake(Exception):
    """The version is final no longer, or its images were erased, or none of them can bear the object."""


class AlreadyStored(Exception):
    """It lies in the study: it was stored just before a crash."""


class Broken(Exception):
    """The version is not what was signed: nothing is made of it."""

    def __init__(self, flaws: frozenset[SealFlaw]) -> None:
        super().__init__()
        self.flaws = flaws


@dataclass(frozen=True, kw_only=True)
class _Opened:
    version: ReportVersion
    entry: Entry
    study: Study
    signers: tuple[SignedBy, ...]
    language: Language
    sheet: Sheet


def made_of(house: House, bytes_: Bytes, wanted: Wanted) -> Made:
    """Make an object; nothing is written but the code that its sheet bears.

    Raises:
        NothingToMake, AlreadyStored, Broken: there is nothing to be kept.
        pacs.pixels.opened.Unreadable: the image that was drawn on cannot be read.

    """
    proof = _proof(house, wanted) if wanted.kind is Kind.PDF else None
    with snapshot(house.engine) as tx:
        opened = _opened(tx, house, wanted, proof)
        report = _report(tx, opened, wanted)
        received = queries.received_of(tx, opened.study.study_uid)
        image = queries.instance_of(tx, wanted.about) if wanted.about else None
    if image is not None:
        return Made(written=_drawn(report, StoredInstance(bytes_, image)), study=opened.study, received=received)
    if wanted.kind is not Kind.PDF:
        return Made(written=_written(report, wanted.kind), study=opened.study, received=received)
    pdf = render(opened.sheet, opened.version.released_at or opened.version.created_at)
    return Made(
        written=encapsulated_pdf(report, pdf),
        study=opened.study,
        received=received,
        file_digest=hashlib.sha256(pdf).digest(),
    )


def _drawn(report: Report, on: StoredInstance) -> Written:
    shown = shown_as(on.header(), {mark.picture.frame or 1 for mark in report.marks}) if report.marks else None
    if shown is None or shown.get("PhotometricInterpretation") not in GREY:
        raise NothingToMake  # no such state is for what is gone, in colour, or shown in several ways
    return presentation_state(report, shown, BIG if on.syntax == EXPLICIT_BIG else LITTLE)


def _written(report: Report, kind: Kind) -> Written:
    match kind:
        case Kind.SR:
            return structured_report(report)
        case Kind.MEASURED if any(is_measured(mark) for mark in report.marks):
            return measurement_report(report)
        case Kind.KEYS if any(mark.kind == KEY for mark in report.marks):
            return key_objects(report)
        case _:  # the pictures are gone
            raise NothingToMake


def _proof(house: House, wanted: Wanted) -> tuple[str, str] | None:
    """Code and origin of the page that checks paper; None where nobody said how people reach it."""
    origin = house.settings.public_origin.rstrip("/")
    if not origin:
        return None
    with transaction(house.engine) as tx:
        ctx = Context(tx, house.audit, house.clock(), SYSTEM)
        return papers.code_for(ctx, house.keys, versions.by_id(tx, wanted.version_id)), origin


def _opened(tx: Connection, house: House, wanted: Wanted, proof: tuple[str, str] | None) -> _Opened:
    version = versions.by_id(tx, wanted.version_id)
    if queries.instance_of(tx, wanted.sop_instance_uid) is not None:
        raise AlreadyStored
    study = _study(tx, wanted)
    if version.status is not Status.FINAL or study is None:
        raise NothingToMake
    flaws = flaws_of(tx, [version], house.seal.public_key)[version.id]
    if flaws:
        raise Broken(flaws)
    version = replace(version, flaws=flaws)
    case = cases.by_id(tx, wanted.case_id)
    # The installation itself sees what a machine of the site sees.
    itself = Machine(device_id="", site_id=case.site_id, issuer="")
    entry = entries_of(tx, itself, [case], house.clock())[0]
    said = f"{version.content.findings}{version.content.impression}"
    language = Language.ZH if _HAN.search(said) else Language.EN
    return _Opened(
        version=version,
        entry=entry,
        study=study,
        signers=signed_version(tx, version).signatures,
        language=language,
        sheet=sheet_of(tx, entry, version, language, proof=_on_sheet(proof, language)),
    )


def _on_sheet(proof: tuple[str, str] | None, language: Language) -> Proof | None:
    return None if proof is None else proof_at(proof[1], proof[0], language)


def _study(tx: Connection, wanted: Wanted) -> Study | None:
    """The study of the case that the object goes into: that of the image it is about, else the first with images.

    A presentation state lies beside its image (PS3.3 C.11.11); an earlier examination gets none from this case.
    """
    image = queries.instance_of(tx, wanted.about) if wanted.about else None
    found = [queries.study_of(tx, uid) for uid in cases.study_uids(tx, wanted.case_id)]
    fit = [one for one in found if one is not None and one.instances and one.merged_into is None]
    if wanted.about:
        fit = [one for one in fit if image is not None and not image.hidden and one.study_uid == image.study_uid]
    return fit[0] if fit else None


def _report(tx: Connection, opened: _Opened, wanted: Wanted) -> Report:
    version, study = opened.version, opened.study
    there = queries.instances_of(tx, version.images["instances"])
    drawn = [about for kind, about in rows.parts_of(version.content) if kind is Kind.DRAWN]
    place = drawn.index(wanted.about) + 1 if wanted.kind is Kind.DRAWN else None
    number = issues.number_of(tx, version)
    assert number is not None  # noqa: S101 -- a final version has one
    return Report(
        sop_instance_uid=wanted.sop_instance_uid,
        # The study too: a series lies in one, and a case may later show another first.
        series_uid=rows.uid_of(wanted.case_id, study.study_uid, wanted.kind),
        study_uid=study.study_uid,
        attributes={keyword: str(getattr(study, column)) for keyword, column in SHOWN_AS.items()},
        number=number if place is None else number * _PLACES + place,
        released_at=_at(version.released_at or version.created_at, zone_of(tx, opened.entry)),
        institution=opened.entry.site.name,
        title=opened.sheet.heading,
        language=opened.language.value,
        said=_said(tx, opened),
        signers=[
            Signer(
                name=one.name,
                organisation=one.organisation,
                signed_at=_at(one.signed_at, zone_of(tx, opened.entry)),
                is_author=one.role is SigningRole.AUTHOR,
                title=one.title,
                in_training=one.signed_as == "resident",
            )
            for one in opened.signers
        ],
        read=[_reference(one) for one in there.values()],
        marks=_marks(tx, version, wanted),
        predecessor=_predecessor(tx, version, wanted.kind),
    )


def _said(tx: Connection, opened: _Opened) -> Said:
    version, language, case = opened.version, opened.language, opened.entry.case
    parts = dict(parts_of(request_of(tx, case).words, version, opened.signers, language))
    critical = version.content.critical_class
    return Said(
        request=parts.get("request", ""),
        findings=parts.get("findings", ""),
        impression=parts.get("impression", ""),
        recommendation=parts.get("recommendation", ""),
        consultation=parts.get("consultation", ""),
        incomplete=parts.get("incomplete", ""),
        not_assessed=parts.get("not-shown", ""),
        critical=words.class_name(classes.named(tx, critical, case.site_id), language) if critical else "",
        positive=version.content.positive,
    )


def _marks(tx: Connection, version: ReportVersion, wanted: Wanted) -> list[Mark]:
    """The marks that an object is about, of pictures that are still shown where they were marked."""
    if wanted.kind in {Kind.SR, Kind.PDF}:
        return []
    made = [one for one in version.content.marks if not wanted.about or one.instance_uid == wanted.about]
    there = queries.instances_of(tx, [one.instance_uid for one in made])
    withheld = {one.study_uid for one in queries.studies_of(tx, {one.study_uid for one in made}) if one.hidden}
    found = [(one, there[one.instance_uid]) for one in made if one.instance_uid in there]
    return [_mark(one, image) for one, image in found if shows(one, image) and image.study_uid not in withheld]


def _mark(one: marks.Mark, image: queries.Instance) -> Mark:
    return Mark(
        uid=f"2.25.{UUID(one.id).int}",
        kind=one.kind.value,
        picture=Picture(reference=_reference(image), frame=one.frame if image.frames > 1 else None),
        points=one.points,
        values=[Value(name=value.name.value, value=value.value, unit=value.unit) for value in one.values],
        calibration=one.calibration.value if one.calibration and one.is_scaled else "",
        text=one.text,
    )


def _predecessor(tx: Connection, version: ReportVersion, kind: Kind) -> Reference | None:
    earlier = rows.predecessors(tx, version, kind)
    there = queries.instances_of(tx, earlier)
    return next((_reference(there[uid]) for uid in earlier if uid in there), None)


def _reference(one: queries.Instance) -> Reference:
    return Reference(
        study_uid=one.study_uid,
        series_uid=one.series_uid,
        sop_class_uid=one.sop_class_uid,
        sop_instance_uid=one.sop_instance_uid,
    )


def _at(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone))
