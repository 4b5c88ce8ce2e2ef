"""The list of concerns, as those in charge of quality and the sites read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from reading.context import Context
from reading.desk.entries import entries_of
from reading.patients.names import person_name
from reading.quality import concerns, decisions
from reading.quality.concerns import Concern
from reading.quality.kinds import GROUP_OF, GROUPS, Aspect, Group, Kind
from reading.register import devices, organisations
from reading.register.device_contacts import RefusedClasses
from reading.viewers import Staff
from storage.segments.quarantine_quota import Overflow
from viewer.views.report_sheet import examination_with_side, patient_name
from viewer.words import words
from viewer.words.catalogue import Language, text

TONES: Final = {Group.CONFLICT: "alarm", Group.UNREADABLE: "alarm", Group.PATIENT: "work", Group.CLOCK: "wait"}
FALLBACK_ZONE: Final = organisations.TIME_ZONE
"""The time zone of what no known site sent."""


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
class ConcernList:
    lines: Sequence[Line]
    counts: Sequence[tuple[Group, str, int]]
    kinds: Sequence[tuple[str, int]]
    total: int
    overflows: Sequence[str]
    """Sentences about devices whose quarantine is full."""
    refused_classes: Sequence[str]
    """Sentences about devices that offer what is not accepted."""


def concern_list(
    ctx: Context[Staff], group: Group | None, language: Language, *, decided: bool, limit: int, offset: int
) -> ConcernList:
    """A page of the list; ``group`` None lists all groups."""
    found = concerns.list_concerns(ctx.tx, ctx.who, group, ctx.now, decided=decided, limit=limit, offset=offset)
    return ConcernList(
        lines=lines(ctx, found.concerns, language),
        counts=[(each, text(language, f"quality.group.{each}"), _sum(found.counts, each)) for each in Group],
        kinds=[
            (text(language, f"quality.kind.{kind}"), found.counts[kind])
            for each in ([group] if group else Group)
            for kind in GROUPS[each]
            if found.counts[kind]
        ],
        total=found.total,
        overflows=[_overflow(ctx, one, language) for one in found.overflows],
        refused_classes=[_refused(ctx, one, language) for one in found.refused_classes],
    )


def _overflow(ctx: Context[Staff], one: Overflow, language: Language) -> str:
    site, device = organisations.by_id(ctx.tx, one.site_id), devices.by_id(ctx.tx, one.device_id)
    return text(
        language,
        "quality.overflow",
        device=device.ae_title if device else one.device_id,
        site=site.name if site else text(language, "quality.nobody"),
        n=one.refused,
        at=words.moment(one.last_at, site.time_zone if site else FALLBACK_ZONE),
    )


def _refused(ctx: Context[Staff], one: RefusedClasses, language: Language) -> str:
    site = organisations.by_id(ctx.tx, one.site_id)
    return text(
        language,
        "quality.classes-refused",
        device=one.ae_title,
        site=site.name if site else text(language, "quality.nobody"),
        classes=one.classes,
        at=words.moment(one.at, site.time_zone if site else FALLBACK_ZONE),
    )


def lines(ctx: Context[Staff], found: Sequence[Concern], language: Language) -> list[Line]:
    """The lines of these concerns, in their order."""
    tx = ctx.tx
    of_cases = [one.case for one in found if one.case is not None]
    entries = {
        entry.case.id: entry for entry in entries_of(tx, ctx.who, list({c.id: c for c in of_cases}.values()), ctx.now)
    }
    sites = organisations.by_ids(tx, {each.site_id for each in found if each.site_id})
    titles: dict[str, str] = {}
    made: list[Line] = []
    for one in found:
        site = sites.get(one.site_id or "")
        held, entry = one.held, None if one.case is None else entries[one.case.id]
        if entry is not None:
            patient, what = patient_name(entry, language), examination_with_side(entry.case, language)
        else:
            row: dict[str, Any] = (held.row if held is not None else None) or {}
            patient = person_name(row.get("patient_name", "")) or text(language, "patient-unknown")
            what = named_examination(
                row.get("modality", ""), row.get("body_part", ""), row.get("series_description", ""), language
            )
        device_id = held.device_id if held is not None else None
        if device_id and device_id not in titles:
            device = devices.by_id(tx, device_id)
            titles[device_id] = device.ae_title if device else ""
        history = decisions.history(tx, one.aspect, one.subject_id) if one.decided else []
        made.append(
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
                size="" if held is None else file_size(held.size),
                decided=text(language, f"quality.move.{history[-1].move}") if history else "",
                alike=one.alike,
            )
        )
    return made


def named_examination(modality: str, body_part: str, description: str, language: Language) -> str:
    """What images without a case show: DR chest, and the words of the device."""
    kind = words.coded(language, "modality", modality) if modality else ""
    part = words.coded(language, "body", body_part) if body_part else ""
    return " ".join(each for each in (kind, part, description) if each)


def file_size(size: int) -> str:
    """Bytes as people read them: 8.4 MB."""
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size / 1e3:.1f} kB"


def _sum(counts: Mapping[Kind, int], group: Group) -> int:
    return sum(counts[kind] for kind in GROUPS[group])
