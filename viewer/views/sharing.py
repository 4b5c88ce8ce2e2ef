"""Shares of a case, and studies that other sites let ours see, in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from reading.dicom_dates import parse_date
from reading.patients.names import person_name
from reading.sharing.shares import Share, SharedStudy
from viewer.words import words
from viewer.words.catalogue import Language, text


def given(found: Sequence[Share], now: datetime, zone: str, language: Language) -> list[dict[str, Any]]:
    """The shares of a case, each with how it stands."""
    operator = text(language, "share.operator")
    return [
        {
            "id": one.id,
            "site": one.site_name,
            "why": one.reason,
            "given": text(language, "share.given", name=one.shared_by or operator, at=words.moment(one.since, zone)),
            "stands": one.in_force(now),
            "until": text(language, "share.until-at", at=_last_minute(one.until, zone)),
            "ended": ""
            if one.ended_at is None
            else text(language, "share.ended", name=_ended_by(one, language), at=words.moment(one.ended_at, zone)),
            "ended_why": one.ended_why,
        }
        for one in found
    ]


def to_patient(found: Sequence[Share], now: datetime, zone: str, language: Language) -> list[dict[str, Any]]:
    """The shares of an examination as its patient sees them: those in force, and those that they ended."""
    return [
        {
            "id": one.id,
            "site": one.site_name,
            "stands": one.in_force(now),
            "dates": text(
                language,
                "consent.dates" if one.in_force(now) else "consent.ended",
                at=words.told_moment(language, one.since if one.in_force(now) else one.ended_at or one.until, zone),
                until=words.told_moment(language, _last_second(one.until), zone),
            ),
        }
        for one in found
        if one.in_force(now) or one.ended_by_patient
    ]


def _last_minute(until: datetime, zone: str) -> str:
    return words.moment(_last_second(until), zone)


def _last_second(until: datetime) -> datetime:
    """A share that ends at midnight is good for the whole day before."""
    return until - timedelta(seconds=1)


def _ended_by(one: Share, language: Language) -> str:
    return text(language, "share.patient") if one.ended_by_patient else one.ended_by or text(language, "share.operator")


def line(one: SharedStudy, language: Language) -> dict[str, str]:
    """A study that another site shares; of its patient what its images say."""
    study, born, taken = one.study, parse_date(one.study.birth_date), parse_date(one.study.study_date)
    kinds = text(language, "list-comma").join(words.coded(language, "modality", each) for each in one.modalities)
    return {
        "id": one.share.id,
        "patient": person_name(study.patient_name) or text(language, "patient-unknown"),
        "patient_detail": " · ".join(
            part
            for part in (words.coded(language, "sex", study.sex) if study.sex else "", born.isoformat() if born else "")
            if part
        ),
        "examination": " ".join(part for part in (kinds, study.study_description) if part),
        "date": taken.isoformat() if taken else "",
        "images": text(language, "case.pictures", n=study.instances),
        "owner": one.owner.name,
        "until": _last_minute(one.share.until, one.owner.time_zone),
        "why": one.share.reason,
        "by": one.share.shared_by or text(language, "share.operator"),
    }
