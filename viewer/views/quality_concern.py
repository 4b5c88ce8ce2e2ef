"""One concern as a person decides about it: what arrived, beside what is stored, and the possible decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy.engine import Connection

from reading.cases import cases
from reading.context import Context
from reading.desk import worklist
from reading.dicom_dates import parse_date
from reading.patients.names import person_name
from reading.quality import concerns, decisions
from reading.quality.concerns import Concern
from reading.quality.decisions import Decision
from reading.quality.kinds import Kind
from reading.quality.moves import Move
from reading.register import organisations
from reading.viewers import Staff
from storage.index import queries
from storage.index.queries import Study
from storage.instance_row import InstanceRow
from storage.records import Held, Instance
from viewer.views.quality import FALLBACK_ZONE, Line, file_size, lines, named_examination
from viewer.views.quality_beside import Beside, beside
from viewer.words import words
from viewer.words.catalogue import Language, text


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One value on both sides; ``beside`` is None where no other side is shown."""

    label: str
    arrived: str = field(repr=False)
    beside: str | None = field(repr=False)

    @property
    def differs(self) -> bool:
        return self.beside is not None and self.arrived != self.beside


@dataclass(frozen=True, kw_only=True)
class ConcernDetail:
    """One concern, and the decisions that the viewer may make about it."""

    line: Line
    kind: Kind
    advice: str
    facts: Sequence[Fact]
    beside_title: str
    """The heading of the other column; empty where there is none."""
    hidden_beside: bool
    """Whether there is another side that the viewer may not see."""
    arrived_picture: str
    beside_picture: str
    pair: tuple[Held, Instance] | None
    """The two for `viewer.http.evidence.Evidence.compare`, to be called when no transaction is open."""
    case_id: str
    moves: Sequence[Move]
    others: Sequence[str]
    """Ids of the other concerns about the same study that are like it."""
    history: Sequence[Decision]
    download: bool


def concern_detail(ctx: Context[Staff], concern: Concern, language: Language) -> ConcernDetail:
    """A concern that the caller has opened; the other side is hidden where the viewer may not see it."""
    tx = ctx.tx
    made = decisions.history(tx, concern.aspect, concern.subject_id)
    (line,) = lines(ctx, [concern], language)
    zone = _zone(tx, concern.site_id)
    other = beside(ctx, concern, made, language)
    if concern.held is not None:
        facts = _facts_of_bytes(concern.held, other, line, zone, language)
    else:
        facts = _facts_of_case(ctx, concern, line, zone, language)
    drawn = concern.held is not None and concern.held.row is not None and bool(concern.held.row.get("frames"))
    return ConcernDetail(
        line=line,
        kind=concern.kind,
        advice=text(language, f"quality.advice.{concern.kind}"),
        facts=facts,
        beside_title=text(language, f"quality.beside.{other.title}") if other.title else "",
        hidden_beside=other.hidden,
        arrived_picture=f"/api/quality/bytes/{concern.subject_id}/picture" if drawn else "",
        beside_picture=other.picture,
        pair=None if other.instance is None or concern.held is None else (concern.held, other.instance),
        case_id=concern.subject_id if concern.case is not None else "",
        moves=decisions.possible(tx, ctx.who, concern, ctx.now),
        others=[one.subject_id for one in concerns.alike(tx, concern)],
        history=made,
        download=concern.held is not None and concern.held.key is not None,
    )


def _facts_of_bytes(held: Held, beside: Beside, line: Line, zone: str, language: Language) -> list[Fact]:
    row = None if held.row is None else InstanceRow.from_json(held.row)
    arrived = _of_row(row, language) if row is not None else {}
    arrived |= {"size": line.size, "received": line.at, "device": line.device, "site": line.site}
    other: dict[str, str] | None = None
    if beside.study is not None:
        other = _of_study(beside.study, language) | {"site": beside.site}
    if other is not None and beside.instance is not None:
        stored = beside.instance
        other |= {
            "size": file_size(stored.size),
            "device": beside.device,
            "what": beside.what,
            "received": words.moment(stored.received_at, zone),
            "number": "" if stored.instance_number is None else str(stored.instance_number),
            "matrix": _matrix(stored.columns, stored.rows, stored.frames),
        }
    return [
        Fact(
            label=text(language, f"quality.fact.{name}"),
            arrived=value,
            beside=None if other is None else other.get(name),
        )
        for name, value in arrived.items()
        if value or (other is not None and other.get(name))
    ]


def _facts_of_case(ctx: Context[Staff], concern: Concern, line: Line, zone: str, language: Language) -> list[Fact]:
    case = concern.case
    if case is None:
        return []
    (entry,) = worklist.entries_of(ctx.tx, ctx.who, [case], ctx.now)
    study = queries.study_of(ctx.tx, cases.study_uids(ctx.tx, case.id)[0])
    said = "" if study is None else _moment(study.study_date, study.study_time)
    values = {
        "patient": line.patient,
        "patient-id": "" if study is None else study.received_patient_id,
        "accession": entry.studies[0].accession_number,
        "study-time": said,
        "received": words.moment(case.received_at, zone),
        "what": line.what,
        "site": line.site,
    }
    return [
        Fact(label=text(language, f"quality.fact.{name}"), arrived=v, beside=None) for name, v in values.items() if v
    ]


def _of_row(row: InstanceRow, language: Language) -> dict[str, str]:
    return {
        "patient": person_name(row.patient_name),
        "patient-id": row.patient_id,
        "issuer": row.issuer,
        "birth-date": _day(row.birth_date),
        "sex": words.coded(language, "sex", row.sex) if row.sex else "",
        "study-time": _moment(row.study_date, row.study_time),
        "accession": row.accession_number,
        "description": row.study_description,
        "what": named_examination(row.modality, row.body_part, row.series_description, language),
        "number": "" if row.instance_number is None else str(row.instance_number),
        "matrix": _matrix(row.columns, row.rows, row.frames),
    }


def _of_study(study: Study, language: Language) -> dict[str, str]:
    return {
        "patient": person_name(study.patient_name),
        "patient-id": study.patient_id,
        "issuer": study.issuer,
        "birth-date": _day(study.birth_date),
        "sex": words.coded(language, "sex", study.sex) if study.sex else "",
        "study-time": _moment(study.study_date, study.study_time),
        "accession": study.accession_number,
        "description": study.study_description,
    }


def _zone(tx: Connection, site_id: str | None) -> str:
    site = None if site_id is None else organisations.by_id(tx, site_id)
    return site.time_zone if site else FALLBACK_ZONE


def _day(dicom: str) -> str:
    """A DICOM date as people read it; another text stands for itself."""
    day = parse_date(dicom)
    return dicom if day is None else day.isoformat()


def _moment(date: str, time: str) -> str:
    """Date and time as the device wrote them."""
    clock = ":".join(time[at : at + 2] for at in (0, 2, 4) if time[at : at + 2])
    return f"{_day(date)} {clock if time[:6].isdigit() else time}".strip()


def _matrix(columns: int | None, rows: int | None, frames: int) -> str:
    if not columns or not rows or not frames:
        return ""
    return f"{columns} × {rows}" + (f" × {frames}" if frames > 1 else "")
