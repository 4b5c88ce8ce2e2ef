"""Entries: made of a final case by who keeps the collection, without the person, and gone when the images are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.audit import SYSTEM
from reading.context import Context
from reading.errors import Invalid, MoveNotAllowed, NotAllowed, NotThere, Stale
from reading.kinds import Role
from reading.review import discrepancies
from reading.review.discrepancy_moves import Reason
from reading.review.scores import Score
from reading.tables import audit_event, teaching_entry, teaching_picture
from reading.teaching import entries, library, removal
from reading.teaching.collections import SeenBy
from reading.teaching.identity_words import MASK, Kind
from reading.teaching.library import Query
from reading.teaching.pictures import LARGEST_BYTES, MOST, Burned, Rendered
from reading.teaching.words import BANDS, StillNamed, band_of
from storage.database import transaction
from tests.reading.clinic import arrive, open_clinic, read
from tests.reading.double_reading.twice import mammogram, open_screening, read_blind
from tests.reading.region import KEYS, hire, pia
from tests.reading.teaching.scenes import WORDS, added, chosen, collection, ctx_of, final


def test_the_proposal_says_what_was_signed_without_the_person(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        pia(tx, now)
        case, _ = final(tx, clinic, now)

        proposal = entries.source(ctx_of(tx, clinic, clinic.ben, now), KEYS, case.id).proposal

    assert proposal.findings == f"{MASK}：右下肺见片状影，边界不清"
    assert proposal.impression == f"右下肺炎，与{MASK}片比较吸收"


def test_what_is_kept_has_words_pictures_and_no_person(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        pia(tx, now)
        case, version = final(tx, clinic, now)
        into = collection(tx, clinic, clinic.ben, clinic.region.city, now)
        made = added(tx, clinic, clinic.ben, version, into, now)

        [found] = library.find(ctx_of(tx, clinic, clinic.quinn, now), Query(), limit=9).entries
        events = tx.execute(sa.select(audit_event).where(audit_event.c.action == "teaching.add")).all()

    assert (found.id, found.words, found.pictures) == (made, WORDS, (1,))
    assert (found.modality, found.body_part, found.age_from, found.sex) == ("DX", "CHEST", 30, "F")
    assert "case" not in {name for name in found.__dataclass_fields__ if name.endswith("_id")}
    assert [(one.subject_id, one.details) for one in events] == [
        (made, {"case_id": case.id, "collection_id": into, "pictures": 1})
    ]


@pytest.mark.parametrize(
    ("field", "words", "kind"),
    [
        ("findings", "PIA 的片", Kind.NAME),
        ("title", "卡号 110105 199003071220", Kind.NUMBER),
        ("point", "生于1990年3月7日", Kind.BIRTH_DATE),
        ("diagnosis", "由 Vera 诊断", Kind.STAFF),
        ("impression", "转自 Hills", Kind.ORGANISATION),
        ("findings", "检查号 ACC-2291", Kind.ACCESSION),
        ("impression", f"与{MASK}片比较吸收", Kind.MASKED),
    ],
)
def test_who_is_named_is_refused_by_kind(engine: Engine, now: datetime, field: str, words: str, kind: Kind) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        pia(tx, now)
        _, version = final(tx, clinic, now, accession_number="ACC-2291")
        into = collection(tx, clinic, clinic.ben, clinic.region.city, now)

        with pytest.raises(StillNamed) as refused:
            added(tx, clinic, clinic.ben, version, into, now, words=replace(WORDS, **{field: words}))

    assert (field, kind) in refused.value.found
    assert words not in str(refused.value)


def test_a_case_stands_in_a_collection_once(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        _, version = final(tx, clinic, now)
        into, other = (collection(tx, clinic, clinic.ben, clinic.region.city, now, seen_by) for seen_by in SeenBy)
        made = added(tx, clinic, clinic.ben, version, into, now)
        with pytest.raises(Invalid) as twice:
            added(tx, clinic, clinic.ben, version, into, now)
        added(tx, clinic, clinic.ben, version, other, now)
        entries.remove(ctx_of(tx, clinic, clinic.ben, now), made, why="重写", seen=1)
        added(tx, clinic, clinic.ben, version, into, now)

    assert (twice.value.field, twice.value.problem) == ("collection", "case_there_already")


def test_only_who_keeps_the_collection_and_works_above_the_case_adds(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        _, version = final(tx, clinic, now)
        city = collection(tx, clinic, clinic.ben, clinic.region.city, now)
        oak = collection(tx, clinic, clinic.mona, clinic.region.oak, now)

        for who, into, refusal in (
            (clinic.ada, city, NotAllowed),
            (clinic.rosa, city, NotAllowed),
            (clinic.tang, city, NotAllowed),
            (clinic.quinn, city, NotThere),
            (clinic.mona, city, NotAllowed),
            (clinic.ben, oak, NotAllowed),
        ):
            with pytest.raises(refusal):
                added(tx, clinic, who, version, into, now)
        assert added(tx, clinic, clinic.ben, version, city, now)
        assert added(tx, clinic, clinic.mona, version, oak, now)


def test_pictures_are_of_the_case_few_and_looked_at(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        _, version = final(tx, clinic, now)
        final(tx, clinic, now, "1.2")
        into = collection(tx, clinic, clinic.ben, clinic.region.city, now)
        large = Rendered(jpeg=b"\xff\xd8\xff" + bytes(LARGEST_BYTES), burned=Burned.NO)
        png = Rendered(jpeg=b"\x89PNG", burned=Burned.NO)

        for pictures, problem in (
            ((chosen("1.2"),), "not_of_the_case"),
            ((chosen(frame=2),), "not_of_the_case"),
            ((chosen(), chosen()), "picture_twice"),
            (tuple(chosen(frame=number) for number in range(1, MOST + 2)), "too_many_pictures"),
            ((chosen(burned=Burned.POSSIBLE),), "not_looked_at"),
            ((replace(chosen(), rendered=large),), "picture_too_large"),
            ((replace(chosen(), rendered=png),), "picture_too_large"),
        ):
            with pytest.raises(Invalid) as refused:
                added(tx, clinic, clinic.ben, version, into, now, pictures=pictures)
            assert refused.value.problem == problem
        with pytest.raises(NotAllowed, match="name_burned_in"):
            added(tx, clinic, clinic.ben, version, into, now, pictures=(chosen(burned=Burned.YES, looked_at=True),))
        looked_at = chosen(burned=Burned.POSSIBLE, looked_at=True)
        assert added(tx, clinic, clinic.ben, version, into, now, pictures=(looked_at,))


def test_nothing_is_taught_from_what_is_not_decided(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        waiting = arrive(tx, clinic, "1.5", now)
        residents = arrive(tx, clinic, "1.6", now)
        unsigned = read(tx, clinic, clinic.rosa, residents.id, now)
        case, version = final(tx, clinic, now)
        into = collection(tx, clinic, clinic.mona, clinic.region.oak, now)

        for case_id in (waiting.id, residents.id):
            with pytest.raises(MoveNotAllowed):
                entries.source(ctx_of(tx, clinic, clinic.mona, now), KEYS, case_id)
        with pytest.raises(MoveNotAllowed):
            added(tx, clinic, clinic.mona, unsigned, into, now)
        with pytest.raises(Stale):
            entries.add(ctx_of(tx, clinic, clinic.mona, now), KEYS, case.id, into, WORDS, (), seen=unsigned.id)
        assert version.id


def test_a_discrepancy_keeps_a_case_out_until_it_is_judged(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        cleo = hire(tx, "cleo", now, (Role.CLINICIAN, clinic.region.hills))
        _, version = final(tx, clinic, now)
        into = collection(tx, clinic, clinic.mona, clinic.region.oak, now)
        raised = discrepancies.raise_discrepancy(
            ctx_of(tx, clinic, cleo, now), version.case_id, reason=Reason.COURSE, words="不符", seen=version.id
        )

        with pytest.raises(NotAllowed, match="report_is_in_question"):
            added(tx, clinic, clinic.mona, version, into, now)
        discrepancies.judge(
            ctx_of(tx, clinic, clinic.ben, now), raised.id, score=Score.CONCUR, comment="相符", seen=raised.revision
        )
        assert added(tx, clinic, clinic.mona, version, into, now)


def test_a_blind_reading_is_never_taught(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_screening(tx, now)
        case = mammogram(tx, clinic, "1.9", now)
        read_blind(tx, clinic, clinic.ada, case.id, now)

        with pytest.raises(MoveNotAllowed):
            entries.source(ctx_of(tx, clinic, clinic.mona, now), KEYS, case.id)


def test_looking_through_again_takes_words_and_drops_pictures(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        _, version = final(tx, clinic, now)
        into = collection(tx, clinic, clinic.ben, clinic.region.city, now)
        made = added(tx, clinic, clinic.ben, version, into, now)
        ben = ctx_of(tx, clinic, clinic.ben, now)
        new = replace(WORDS, title="改过的题目")

        for who, refusal in ((clinic.ada, NotAllowed), (clinic.mona, NotThere)):
            with pytest.raises(refusal):
                entries.change(ctx_of(tx, clinic, who, now), KEYS, made, new, (1,), seen=1)
        with pytest.raises(StillNamed):
            entries.change(ben, KEYS, made, replace(new, point="Ada"), (1,), seen=1)
        entries.change(ben, KEYS, made, new, (), seen=1)
        with pytest.raises(Stale):
            entries.change(ben, KEYS, made, new, (), seen=1)
        entry, kept = library.open_entry(ben, made)
        titles = [
            [one.id for one in library.find(ben, Query(text=word), limit=9).entries]
            for word in ("改过", "膈面", "心缘征的")
        ]

    assert (entry.words, entry.pictures) == (new, ())
    assert kept is not None
    assert (kept.revision, kept.rests, kept.case_id) == (2, None, version.case_id)
    assert titles == [[made], [made], []]


def test_removing_leaves_nothing_but_who_when_and_why(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        _, version = final(tx, clinic, now)
        city = collection(tx, clinic, clinic.ben, clinic.region.city, now)
        made = added(tx, clinic, clinic.ben, version, city, now)
        ben, bea = (ctx_of(tx, clinic, who, now) for who in (clinic.ben, clinic.bea))

        with pytest.raises(NotAllowed):
            entries.remove(bea, made, why="重复", seen=1)
        with pytest.raises(NotThere):
            entries.remove(ctx_of(tx, clinic, clinic.quinn, now), made, why="重复", seen=1)
        with pytest.raises(Invalid):
            entries.remove(ben, made, why=" ", seen=1)
        entries.remove(ben, made, why="重复", seen=1)
        with pytest.raises(NotThere):
            library.open_entry(ben, made)
        row = tx.execute(sa.select(teaching_entry)).one()

        assert {row.title, row.diagnosis, row.findings, row.impression, row.point, row.words} == {""}
        assert (row.removed_by, row.removed_why, row.case_id) == (clinic.ben.person_id, "重复", version.case_id)
        assert tx.execute(sa.select(teaching_picture)).all() == []


def test_erasing_the_images_removes_the_entry(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        _, version = final(tx, clinic, now)
        _, other = final(tx, clinic, now, "1.2")
        city = collection(tx, clinic, clinic.ben, clinic.region.city, now)
        added(tx, clinic, clinic.ben, version, city, now)
        stays = added(tx, clinic, clinic.ben, other, city, now, pictures=(chosen("1.2"),))
        system = Context(tx, clinic.audit, now, SYSTEM)

        removed = (removal.remove_erased(system, "1.1"), removal.remove_erased(system, "1.1"))
        left = library.find(ctx_of(tx, clinic, clinic.ben, now), Query(), limit=9).entries
        pictures = tx.scalars(sa.select(teaching_picture.c.entry_id)).all()

    assert removed == (1, 0)
    assert [one.id for one in left] == [stays]
    assert pictures == [stays]


def test_an_age_is_that_of_the_day_at_the_site(engine: Engine) -> None:
    """At one in the night of the tenth birthday it is still the day before by UTC."""
    night = datetime(2026, 3, 6, 17, 0, tzinfo=UTC)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, night)
        _, version = final(tx, clinic, night, birth_date="20160307", study_date="20260307", study_time="010000")
        into = collection(tx, clinic, clinic.ben, clinic.region.city, night)
        added(tx, clinic, clinic.ben, version, into, night)

        assert tx.scalar(sa.select(teaching_entry.c.age_from)) == 10


def test_ages_stand_in_bands() -> None:
    assert [band_of(years) for years in (None, 0, 1, 4, 5, 9, 10, 35, 89, 90, 117)] == [
        *(None, 0, 1, 1, 5, 5, 10, 30, 80, 90, 90)
    ]
    assert list(BANDS) == sorted(BANDS)
