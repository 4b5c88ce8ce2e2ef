"""Organisations as their pages show them: the tree, one of them, and the agreements on both sides."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from reading.administrators.organisation_list import OrganisationList
from reading.kinds import Level
from reading.register.organisations import Agreement, Organisation
from viewer.words import words
from viewer.words.catalogue import Language, text


def tree(
    found: OrganisationList,
    language: Language,
    *,
    ended: bool,
) -> list[dict[str, Any]]:
    """A line each, those below one after it; ``depth`` is 0 at the top."""
    shown = [one for one in found.every if ended or one.until is None]
    ids = {one.id for one in shown}
    below: dict[str | None, list[Organisation]] = {}
    for one in sorted(shown, key=lambda one: (list(Level).index(one.level), one.code)):
        below.setdefault(one.parent_id if one.parent_id in ids else None, []).append(one)
    lines: list[dict[str, Any]] = []

    def add(parent_id: str | None, depth: int) -> None:
        for one in below.get(parent_id, []):
            lines.append(
                {
                    **fields(one, language),
                    "depth": min(depth, 4),
                    "kept": one.id in found.kept,
                    "people": found.people.get(one.id, 0),
                    "devices": found.devices.get(one.id, 0),
                    "reads": found.reads.get(one.id, 0),
                }
            )
            add(one.id, depth + 1)

    add(None, 0)
    return lines


def fields(one: Organisation, language: Language) -> dict[str, Any]:
    return {
        "id": one.id,
        "code": one.code,
        "name": one.name,
        "level": text(language, f"level.{one.level}"),
        "region": one.region_code or "",
        "number": one.institution_number,
        "telephone": one.telephone,
        "zone": one.time_zone,
        "parent_id": one.parent_id or "",
        "revision": one.revision,
        "ended": "" if one.until is None else day(one.until, one.time_zone),
    }


def agreement_lines(
    found: Sequence[Agreement],
    by_id: Mapping[str, Organisation],
    kept: Collection[str],
    language: Language,
    now: datetime,
) -> list[dict[str, Any]]:
    """Each with both sides; those that hold first, then those to come, then those that have ended."""
    lines: list[dict[str, Any]] = []
    for one in found:
        site, reader = by_id[one.site_id], by_id[one.reader_id]
        is_over = one.until is not None and one.until <= now
        lines.append(
            {
                "id": one.id,
                "site": site.name,
                "site_id": site.id,
                "site_code": site.code,
                "reader": reader.name,
                "reader_id": reader.id,
                "reader_code": reader.code,
                "own": site.id == reader.id,
                "tier": text(language, f"policy.tier.{one.tier}"),
                "since": day(one.since, site.time_zone),
                "until": "" if one.until is None else last_day(one.until, site.time_zone),
                "over": is_over,
                "later": one.since > now and not is_over,
                "kept": site.id in kept and not is_over,
            }
        )
    return sorted(lines, key=lambda line: (line["over"], line["later"]))


def day(at: datetime, zone: str) -> str:
    return words.day(at, zone)


def last_day(until: datetime, zone: str) -> str:
    """The last day of what holds until then: the day before where it ends at midnight."""
    return day(until - timedelta(microseconds=1), zone)
