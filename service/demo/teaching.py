"""A teaching collection of the demonstration: two examinations are read, and what they teach is kept and subscribed."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from PIL import Image
from sqlalchemy.engine import Connection

from reading.access import door
from reading.actions import Action
from reading.audit import Audit
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import State
from reading.completeness import image_set
from reading.context import Context
from reading.patients.keys import Keys
from reading.queue import claiming, leases
from reading.register import organisations
from reading.reports.content import Content
from reading.reports.seal import Seal
from reading.review import review
from reading.review.review import Outcome
from reading.review.scores import Score
from reading.signing import signatures
from reading.signing.basis import Screen
from reading.tables import teaching_collection
from reading.teaching import collections, entries, subscriptions
from reading.teaching.collections import SeenBy
from reading.teaching.pictures import Burned, Picture, Rendered
from reading.teaching.words import Words
from reading.viewers import Staff
from service.demo import radiographs
from service.demo.acting import as_person
from service.demo.radiographs import Chest, Hand, Pixels
from service.demo.region import EXAMINATIONS, Region
from storage.tables import instance

READER: Final = "谢婉"
REVIEWER: Final = "白若愚"
KEEPER: Final = "沈质"
SHRUNK: Final = 3
"""Each side of a picture becomes so much shorter."""


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """What one examination says, and what there is to learn from it."""

    place: int
    """In EXAMINATIONS."""
    said: Content
    title: str
    diagnosis: str
    point: str


LESSONS: Final = (
    Lesson(
        place=8,
        said=Content(
            findings="心影增大，心胸比约0.58。左侧肋膈角变钝，可见弧形液体影。两肺门影增大，肺纹理增多。",
            impression="心影增大，左侧少量胸腔积液，请结合心功能检查。",
            positive=True,
        ),
        title="心影增大伴少量胸腔积液",
        diagnosis="心力衰竭 胸腔积液",
        point="后前位心胸比大于0.5提示心影增大。少量积液先使肋膈角变钝，约200毫升以上才能在立位片上看到；两侧都要看。",
    ),
    Lesson(
        place=9,
        said=Content(
            findings="左侧桡骨远端骨皮质不连续，断端略向背侧移位。骨骺未见分离，腕关节间隙清晰。",
            impression="左侧桡骨远端骨折。",
            positive=True,
        ),
        title="儿童桡骨远端骨折",
        diagnosis="桡骨远端骨折",
        point="儿童先看骺板，再看骨皮质是否连续；有疑问时加照对侧对比，并写明移位方向和骺板是否受累。",
    ),
)


def teach_some(  # noqa: PLR0917
    tx: Connection, audit: Audit, keys: Keys, seal: Seal, made: Region, now: datetime
) -> bool:
    """Read what is taught from and make the collection, once; False while the examinations still arrive."""
    if tx.scalar(sa.select(teaching_collection.c.id).limit(1)) is not None or len(made.studies) < len(EXAMINATIONS):
        return True
    found = [cases.of_study(tx, made.studies[one.place].study_uid) for one in LESSONS]
    whole = [one for one in found if one is not None and not one.arriving]
    if len(whole) < len(LESSONS):
        return False
    reader, keeper = (as_person(tx, audit, made, name, now, seal) for name in (READER, KEEPER))
    reviewer = as_person(tx, audit, made, REVIEWER, now, seal)
    for lesson, case in zip(LESSONS, whole, strict=True):
        _read(reader, seal, case, lesson.said)
        if cases.by_id(tx, case.id).state is not State.FINAL:
            _agree(reviewer, seal, case)
    into = collections.make(
        keeper,
        organisations.in_force(tx, "CITY").id,
        name="胸部与骨关节读片",
        description="日常检查中有教学意义的病例，去除身份信息后收入。",
        seen_by=SeenBy.REGION,
    )
    # A moment before, so that what is added now is new to them.
    subscriptions.subscribe(as_person(tx, audit, made, READER, now - timedelta(seconds=1)), into)
    for lesson, case in zip(LESSONS, whole, strict=True):
        _teach(keeper, keys, case, into, lesson)
    return True


def _read(ctx: Context[Staff], seal: Seal, case: Case, said: Content) -> None:
    screen, lease = _screen(ctx.tx, case), _take(ctx, case)
    signatures.sign(ctx, seal, case.id, content=said, screen=screen, draft_revision=0, lease_revision=lease)


def _agree(ctx: Context[Staff], seal: Seal, case: Case) -> None:
    """The policy drew it for review."""
    screen, lease = _screen(ctx.tx, case), _take(ctx, case)
    review.review(
        ctx,
        seal,
        case.id,
        outcome=Outcome.AGREE,
        score=Score.CONCUR,
        comment="",
        content=None,
        screen=screen,
        lease_revision=lease,
    )


def _teach(ctx: Context[Staff], keys: Keys, case: Case, into: str, lesson: Lesson) -> None:
    [version] = door.open_reports(ctx, case.id, Action.REPORT_READ)
    [study_uid] = cases.study_uids(ctx.tx, case.id)
    [uid] = ctx.tx.scalars(sa.select(instance.c.sop_instance_uid).where(instance.c.study_uid == study_uid))
    picture = Picture(
        sop_instance_uid=uid,
        frame=1,
        rendered=Rendered(jpeg=_jpeg(EXAMINATIONS[lesson.place].picture), burned=Burned.NO),
        looked_at=True,
    )
    words = Words(
        title=lesson.title,
        diagnosis=lesson.diagnosis,
        findings=lesson.said.findings,
        impression=lesson.said.impression,
        point=lesson.point,
    )
    entries.add(ctx, keys, case.id, into, words, [picture], seen=version.id)


def _screen(tx: Connection, case: Case) -> Screen:
    """Everything that there is, seen."""
    found = image_set.image_set(tx, cases.study_uids(tx, case.id))
    return Screen(image_set=found.digest, series=found.to_see)


def _take(ctx: Context[Staff], case: Case) -> int:
    claiming.claim(ctx, case.id)
    lease = leases.lease_of(ctx.tx, case.id)
    assert lease is not None  # noqa: S101 -- just claimed
    return lease.revision


def _jpeg(picture: object) -> bytes:
    """The picture as the service would render it, without a header."""
    pixels: Pixels
    match picture:
        case Chest():
            pixels = radiographs.chest(picture)
        case Hand():
            pixels = radiographs.hand(picture)
        case _:
            raise TypeError(type(picture))
    grey = Image.fromarray((pixels // ((radiographs.WHITE + 1) // 256)).astype("uint8"))
    out = io.BytesIO()
    grey.reduce(SHRUNK).save(out, "JPEG", quality=85)
    return out.getvalue()
