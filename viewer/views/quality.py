"""What a person in charge sees of concerns: a line of the list, and one with both sides beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy.engine import Connection

from reading.access import door
from reading.actions import Action
from reading.cases import cases
from reading.context import Context
from reading.desk.entries import entries_of
from reading.errors import NotThere
from reading.patients.names import person_name
from reading.quality import concerns, decisions
from reading.quality.concerns import Concern
from reading.quality.decisions import Decision
from reading.quality.kinds import GROUP_OF, GROUPS, Aspect, Group, Kind
from reading.quality.moves import Move
from reading.register import devices, organisations
from reading.viewers import Staff
from storage.decisions import quarantine
from storage.index import quarantine_rows, queries
from storage.index.queries import Study
from storage.instance_row import InstanceRow
from storage.records import Held, Instance
from viewer.http.office import Office
from viewer.views.report_sheet import examination_with_side, patient_name
from viewer.words import words
from viewer.words.catalogue import Language, text

TONES: Final = {Group.CONFLICT: "alarm", Group.UNREADABLE: "alarm", Group.PATIENT: "work", Group.CLOCK: "wait"}
FALLBACK_ZONE: Final = "Asia/Shanghai"


@dataclass(frozen=True, kw_only=True)
class Line:
    aspect: Aspect
    id: str
    kind: str
    tone: str
    patient: str = field(repr=False)
    what: str
    site: str
    device: str
    at: str
    size: str
    decided: str
    """What was decided last; empty while it waits."""
    alike: int


@dataclass(frozen=True, kw_only=True)
class Listed:
    lines: Sequence[Line]
    counts: Sequence[tuple[Group, str, int]]
    kinds: Sequence[tuple[str, int]]
    total: int


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One thing that both sides say; ``beside`` is None where there is no other side to be shown."""

    label: str
    arrived: str = field(repr=False)
    beside: str | None = field(repr=False)

    @property
    def differs(self) -> bool:
        return self.beside is not None and self.arrived != self.beside


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One concern, and what may be decided about it."""

    line: Line
    kind: Kind
    advice: str
    facts: Sequence[Fact]
    beside_title: str
    """What the other column is; empty where there is none."""
    hidden_beside: bool
    """Whether there is another side that is not theirs to see."""
    arrived_picture: str
    beside_picture: str
    pair: tuple[Held, Instance] | None
    """What `viewer.http.evidence.Evidence.compare` compares, once no transaction is open."""
    case_id: str
    moves: Sequence[Move]
    others: Sequence[str]
    """Ids of those that are like it."""
    history: Sequence[Decision]
    download: bool


def listed(
    tx: Connection,
    staff: Staff,
    group: Group | None,
    language: Language,
    now: datetime,
    *,
    decided: bool,
    limit: int,
    offset: int,
) -> Listed:
    found = concerns.list_concerns(tx, staff, group, now, decided=decided, limit=limit, offset=offset)
    return Listed(
        lines=_lines(tx, staff, found.concerns, language, now),
        counts=[(each, text(language, f"quality.group.{each}"), _sum(found.counts, each)) for each in Group],
        kinds=[
            (text(language, f"quality.kind.{kind}"), found.counts[kind])
            for each in ([group] if group else Group)
            for kind in GROUPS[each]
            if found.counts[kind]
        ],
        total=found.total,
    )


def shown(tx: Connection, office: Office, staff: Staff, concern: Concern, language: Language, now: datetime) -> Shown:  # noqa: PLR0917
    """A concern that the caller has opened; what stands beside it only where that is theirs to see."""
    made = decisions.history(tx, concern.aspect, concern.subject_id)
    (line,) = _lines(tx, staff, [concern], language, now)
    zone = _zone(tx, concern.site_id)
    beside = _named(tx, _beside(tx, office, staff, concern, made, now), language)
    if concern.held is not None:
        facts = _facts_of_bytes(concern.held, beside, line, zone, language)
    else:
        facts = _facts_of_case(tx, staff, concern, line, zone, language, now)
    drawn = concern.held is not None and concern.held.row is not None and bool(concern.held.row.get("frames"))
    return Shown(
        line=line,
        kind=concern.kind,
        advice=text(language, f"quality.advice.{concern.kind}"),
        facts=facts,
        beside_title=text(language, f"quality.beside.{beside.title}") if beside.title else "",
        hidden_beside=beside.hidden,
        arrived_picture=f"/api/quality/bytes/{concern.subject_id}/picture" if drawn else "",
        beside_picture=beside.picture,
        pair=None if beside.instance is None or concern.held is None else (concern.held, beside.instance),
        case_id=concern.subject_id if concern.case is not None else "",
        moves=decisions.possible(tx, staff, concern, now),
        others=[one.subject_id for one in concerns.alike(tx, concern)],
        history=made,
        download=concern.held is not None and concern.held.key is not None,
    )


@dataclass(frozen=True, kw_only=True)
class _Beside:
    """What stands beside a newcomer: an instance, a study, or nothing."""

    title: str = ""
    hidden: bool = False
    study: Study | None = None
    instance: Instance | None = None
    site: str = ""
    device: str = ""
    what: str = ""
    picture: str = ""


def _beside(  # noqa: PLR0917
    tx: Connection, office: Office, staff: Staff, concern: Concern, made: Sequence[Decision], now: datetime
) -> _Beside:
    held = concern.held
    if held is None or held.row is None or GROUP_OF[concern.kind] is not Group.CONFLICT:
        return _Beside()
    row = InstanceRow.from_json(held.row)
    instance = queries.instance_of(tx, row.sop_instance_uid)
    swapped = concern.decided and made and made[-1].move is Move.SHOW
    if swapped:
        earlier = quarantine_rows.by_id(tx, str(made[-1].details["earlier"]))
        study = queries.study_of(tx, row.study_uid)
        stored = None if earlier is None else quarantine.as_instance(earlier)
        return _Beside(
            title="earlier",
            study=study,
            instance=stored,
            picture="" if earlier is None else f"/api/quality/bytes/{earlier.id}/picture",
        )
    entered = concern.decided and made and made[-1].move is Move.ADMIT
    study_uid = row.study_uid if instance is None or entered else instance.study_uid
    if queries.study_of(tx, study_uid) is None:
        return _Beside()
    try:
        study = door.open_study(Context(tx, office.audit, now, staff), study_uid, Action.CONCERN_BESIDE)
    except NotThere:
        return _Beside(hidden=True)
    if instance is None or entered:
        drawn = any(one.frames for one in queries.instances_in(tx, study_uid) if one.offset != held.offset)
        return _Beside(
            title="study",
            study=study,
            picture=f"/dicomweb/studies/{study_uid}/thumbnail?viewport=320,320" if drawn else "",
        )
    address = (
        f"/dicomweb/studies/{instance.study_uid}/series/{instance.series_uid}/instances/{instance.sop_instance_uid}"
    )
    return _Beside(
        title="instance",
        study=study,
        instance=instance,
        picture=f"{address}/thumbnail?viewport=320,320" if instance.frames else "",
    )


def _named(tx: Connection, beside: _Beside, language: Language) -> _Beside:
    """The same with the names of what it came from."""
    site = None if beside.study is None else organisations.by_id(tx, beside.study.site_id)
    named = replace(beside, site=site.name if site else "")
    stored = beside.instance
    if stored is None:
        return named
    device = devices.by_id(tx, stored.device_id)
    series = next((one for one in queries.series_in(tx, stored.study_uid) if one.series_uid == stored.series_uid), None)
    what = "" if series is None else _what(series.modality, series.body_part, series.series_description, language)
    return replace(named, device=device.ae_title if device else "", what=what)


def _facts_of_bytes(held: Held, beside: _Beside, line: Line, zone: str, language: Language) -> list[Fact]:
    row = None if held.row is None else InstanceRow.from_json(held.row)
    arrived = _of_row(row, language) if row is not None else {}
    arrived |= {"size": line.size, "received": line.at, "device": line.device, "site": line.site}
    other: dict[str, str] | None = None
    if beside.study is not None:
        other = _of_study(beside.study, language) | {"site": beside.site}
    if other is not None and beside.instance is not None:
        stored = beside.instance
        other |= {
            "size": _size(stored.size),
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


def _facts_of_case(  # noqa: PLR0917
    tx: Connection, staff: Staff, concern: Concern, line: Line, zone: str, language: Language, now: datetime
) -> list[Fact]:
    case = concern.case
    if case is None:
        return []
    (entry,) = entries_of(tx, staff, [case], now)
    study = queries.study_of(tx, cases.study_uids(tx, case.id)[0])
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
        "what": _what(row.modality, row.body_part, row.series_description, language),
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


def _lines(tx: Connection, staff: Staff, found: Sequence[Concern], language: Language, now: datetime) -> list[Line]:
    of_cases = [one.case for one in found if one.case is not None]
    entries = {entry.case.id: entry for entry in entries_of(tx, staff, list({c.id: c for c in of_cases}.values()), now)}
    sites = {one: organisations.by_id(tx, one) for one in {each.site_id for each in found if each.site_id}}
    titles: dict[str, str] = {}
    lines: list[Line] = []
    for one in found:
        site = sites.get(one.site_id or "")
        held, entry = one.held, None if one.case is None else entries[one.case.id]
        if entry is not None:
            patient, what = patient_name(entry, language), examination_with_side(entry, language)
        else:
            row: dict[str, Any] = (held.row if held is not None else None) or {}
            patient = person_name(row.get("patient_name", "")) or text(language, "patient-unknown")
            what = _what(row.get("modality", ""), row.get("body_part", ""), row.get("series_description", ""), language)
        device_id = held.device_id if held is not None else None
        if device_id and device_id not in titles:
            device = devices.by_id(tx, device_id)
            titles[device_id] = device.ae_title if device else ""
        made = decisions.history(tx, one.aspect, one.subject_id) if one.decided else []
        lines.append(
            Line(
                aspect=one.aspect,
                id=one.subject_id,
                kind=text(language, f"quality.kind.{one.kind}"),
                tone="done" if one.decided else TONES[GROUP_OF[one.kind]],
                patient=patient,
                what=what,
                site=site.name if site else text(language, "quality.nobody"),
                device=titles.get(device_id or "", ""),
                at=words.moment(one.at, site.time_zone if site else FALLBACK_ZONE),
                size="" if held is None else _size(held.size),
                decided=text(language, f"quality.move.{made[-1].move}") if made else "",
                alike=one.alike,
            )
        )
    return lines


def _zone(tx: Connection, site_id: str | None) -> str:
    site = None if site_id is None else organisations.by_id(tx, site_id)
    return site.time_zone if site else FALLBACK_ZONE


def _what(modality: str, body_part: str, description: str, language: Language) -> str:
    kind = words.coded(language, "modality", modality) if modality else ""
    part = words.coded(language, "body", body_part) if body_part else ""
    return " ".join(each for each in (kind, part, description) if each)


def _day(dicom: str) -> str:
    """A DICOM date as people read it; what is none stands for itself."""
    day = words.day(dicom)
    return dicom if day is None else day.isoformat()


def _moment(date: str, time: str) -> str:
    """Date and time as the device said them."""
    clock = ":".join(time[at : at + 2] for at in (0, 2, 4) if time[at : at + 2])
    return f"{_day(date)} {clock if time[:6].isdigit() else time}".strip()


def _matrix(columns: int | None, rows: int | None, frames: int) -> str:
    if not columns or not rows or not frames:
        return ""
    return f"{columns} × {rows}" + (f" × {frames}" if frames > 1 else "")


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size / 1e3:.1f} kB"


def _sum(counts: Mapping[Kind, int], group: Group) -> int:
    return sum(counts[kind] for kind in GROUPS[group])
