"""A region at work: its cast with the seal and the audit, and the steps of a case as its people take them."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.engine import Connection

from reading.alerts import critical
from reading.alerts.alert_rows import Alert
from reading.alerts.read_back import Means
from reading.audit import SYSTEM, Audit
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import State
from reading.checks.finding import Check
from reading.completeness import image_set
from reading.context import Context
from reading.intake import arrival_end, identity, intake
from reading.kinds import Role
from reading.queue import claiming, leases
from reading.register.organisations import Organisation
from reading.reports import drafts
from reading.reports.content import Content
from reading.reports.seal import Seal
from reading.reports.versions import ReportVersion
from reading.review import review
from reading.review.review import Outcome, Review
from reading.review.scores import Score
from reading.rules import policy
from reading.rules.first_policy import FIRST_POLICY
from reading.signing import signatures
from reading.signing.basis import Screen
from reading.tables import outbox
from reading.viewers import Staff
from storage.index.queries import Study
from storage.tables import instance
from tests.reading.region import KEYS, Region, found_region, hire, received
from tests.recorded import recorded

RESIDENT = "住院医师"
ATTENDING = "主治医师"
UNSAMPLED = {
    "rules": [
        rule | ({"review": None} if (rule.get("review") or {}).get("percent") == 20 else {})
        for rule in FIRST_POLICY["rules"]
    ]
}
"""The first policy without its sample, so that a radiograph's way does not hang on the id of its case."""
NORMAL = Content(findings="两肺纹理清晰", impression="心肺未见明显异常", positive=False)
PNEUMONIA = Content(findings="右下肺片状影", impression="右下肺炎", positive=True)


@dataclass(frozen=True, kw_only=True)
class Clinic:
    region: Region
    ada: Staff
    """Reads for Oak county, whose townships are Hills and Lake; an attending, so nobody has to verify her."""
    rosa: Staff
    """Reads for Oak county as a resident."""
    vera: Staff
    """Verifies for Oak county, and reads."""
    ben: Staff
    """Reviews for the city."""
    bea: Staff
    """Reviews for the city, too."""
    tang: Staff
    """Takes pictures at Hills."""
    mona: Staff
    """Manages quality for Oak county and what is under it."""
    quinn: Staff
    """Does everything at Elm county, and must see nothing of Oak's."""
    audit: Audit
    seal: Seal


def messages(tx: Connection) -> list[sa.Row[Any]]:
    """What the outbox holds, the oldest first."""
    return list(tx.execute(sa.select(outbox).order_by(outbox.c.created_at, outbox.c.id)))


def open_clinic(tx: Connection, now: datetime, rules: dict[str, Any] = UNSAMPLED) -> Clinic:
    """The region and everybody who works there, in a database that has neither."""
    return _opened(tx, now, json.dumps(rules))


@recorded
def _opened(tx: Connection, now: datetime, rules: str) -> Clinic:
    return found_clinic(tx, now, json.loads(rules))


def found_clinic(tx: Connection, now: datetime, rules: dict[str, Any] = UNSAMPLED) -> Clinic:
    """By the acts themselves, one after the other."""
    region = found_region(tx, now)
    policy.install(tx, rules, None, now, version=1)
    oak, city = region.oak, region.city

    def titled(staff: Staff, title: str) -> Staff:
        return replace(staff, title=title)

    return Clinic(
        region=region,
        ada=titled(hire(tx, "ada", now, (Role.READER, oak)), ATTENDING),
        rosa=titled(hire(tx, "rosa", now, (Role.READER, oak)), RESIDENT),
        vera=titled(hire(tx, "vera", now, (Role.VERIFIER, oak), (Role.READER, oak)), ATTENDING),
        ben=titled(hire(tx, "ben", now, (Role.REVIEWER, city)), ATTENDING),
        bea=titled(hire(tx, "bea", now, (Role.REVIEWER, city)), ATTENDING),
        tang=hire(tx, "tang", now, (Role.TECHNICIAN, region.hills)),
        mona=hire(tx, "mona", now, (Role.QUALITY_MANAGER, oak)),
        quinn=titled(
            hire(
                tx,
                "quinn",
                now,
                (Role.READER, region.elm),
                (Role.VERIFIER, region.elm),
                (Role.TECHNICIAN, region.moor),
                (Role.QUALITY_MANAGER, region.elm),
            ),
            ATTENDING,
        ),
        audit=Audit("test"),
        # A seal that is always the same, so that it is known which cases it draws.
        seal=Seal(Ed25519PrivateKey.from_private_bytes(bytes(32))),
    )


def arrive(
    tx: Connection,
    clinic: Clinic,
    study_uid: str,
    now: datetime,
    *,
    site: Organisation | None = None,
    **known: object,
) -> Case:
    """The case of a study of one image that has arrived whole: a chest radiograph from Hills, if nobody says more."""
    study = send(tx, clinic, study_uid, now, site=site, **known)
    case = intake.take_in(Context(tx, clinic.audit, now, SYSTEM), KEYS, study)
    arrival_end.end_arriving(tx, now + timedelta(minutes=1), 60)
    return cases.by_id(tx, case.id)


def compare_again(tx: Connection, clinic: Clinic, now: datetime) -> None:
    """What the worker does with cases whose images nobody has compared with what is known now."""
    for case_id in identity.unchecked(tx, 100):
        identity.judge(Context(tx, clinic.audit, now, SYSTEM), case_id)


def send(
    tx: Connection, clinic: Clinic, study_uid: str, now: datetime, *, site: Organisation | None = None, **known: object
) -> Study:
    """A study of one image in the index, not yet taken in."""
    chest: dict[str, object] = {"modality": "DX", "body_part": "CHEST", "frames": 1, "patient_id": f"P-{study_uid}"}
    return received(tx, site or clinic.region.hills, study_uid, now, **(chest | known))


def shown(tx: Connection, case_id: str, reason: str = "") -> Screen:
    """Everything that there is, seen."""
    found = image_set.image_set(tx, cases.study_uids(tx, case_id))
    return Screen(image_set=found.digest, series=found.to_see, incomplete_reason=reason)


def take(tx: Connection, clinic: Clinic, staff: Staff, case_id: str, now: datetime) -> int:
    """Claim a case; the revision of the lease."""
    claiming.claim(Context(tx, clinic.audit, now, staff), case_id)
    lease = leases.lease_of(tx, case_id)
    assert lease is not None
    return lease.revision


def read(  # noqa: PLR0917
    tx: Connection,
    clinic: Clinic,
    staff: Staff,
    case_id: str,
    now: datetime,
    content: Content = NORMAL,
    *,
    incomplete_reason: str = "",
    confirmed: Collection[Check] = (),
) -> ReportVersion:
    """Claim and sign as the author."""
    draft = drafts.of_case(tx, case_id)
    return signatures.sign(
        Context(tx, clinic.audit, now, staff),
        clinic.seal,
        case_id,
        content=content,
        screen=replace(shown(tx, case_id, incomplete_reason), confirmed=confirmed),
        draft_revision=draft.revision if draft else 0,
        lease_revision=take(tx, clinic, staff, case_id, now),
    )


def verify(  # noqa: PLR0917
    tx: Connection, clinic: Clinic, staff: Staff, case_id: str, now: datetime, content: Content | None = None
) -> ReportVersion:
    """Claim and sign as the verifier."""
    return signatures.verify(
        Context(tx, clinic.audit, now, staff),
        clinic.seal,
        case_id,
        content=content,
        screen=shown(tx, case_id),
        lease_revision=take(tx, clinic, staff, case_id, now),
    )


def review_as(
    tx: Connection,
    clinic: Clinic,
    staff: Staff,
    case_id: str,
    now: datetime,
    *,
    outcome: Outcome = Outcome.AGREE,
    content: Content | None = None,
    comment: str = "",
    score: Score | None = None,
) -> Review:
    """Claim and review."""
    return review.review(
        Context(tx, clinic.audit, now, staff),
        clinic.seal,
        case_id,
        outcome=outcome,
        score=score or (Score.CONCUR if outcome is Outcome.AGREE else Score.UNDERSTANDABLE_MISS),
        comment=comment,
        content=content,
        screen=shown(tx, case_id),
        lease_revision=take(tx, clinic, staff, case_id, now),
    )


def acknowledge(tx: Connection, clinic: Clinic, staff: Staff, alert_id: str, now: datetime) -> Alert:
    """Read back a stroke that was told by telephone."""
    return critical.acknowledge(
        Context(tx, clinic.audit, now, staff),
        alert_id,
        said="急性脑卒中，已告知",
        spoken_with="Ada",
        means=Means.TELEPHONE,
    )


def state(tx: Connection, case_id: str) -> State:
    return cases.by_id(tx, case_id).state


def another_image(tx: Connection, clinic: Clinic, study_uid: str, number: int, now: datetime, **known: object) -> Study:
    """One more image of a study that is there already."""
    first = tx.execute(instance.select().where(instance.c.study_uid == study_uid)).first()
    assert first is not None
    own = {"sop_instance_uid": f"{study_uid}.1.{number}", "received_digest": bytes([number]) * 32}
    return send(tx, clinic, study_uid, now, **own, **known)
