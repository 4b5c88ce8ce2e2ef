"""What the images of a case say of their person, compared with one another and with a registered person."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from sqlalchemy.engine import Connection

from reading.cases import cases
from reading.cases.cases import Case
from reading.patients import persons, same_person
from reading.patients.image_persons import said_by_image, said_by_images
from reading.patients.patients import Patient
from reading.patients.same_name import Answer
from reading.patients.same_person import Fact, Said, compare, compare_images, said_by
from storage.index import queries
from storage.index.persons import odd_images, persons_in


@dataclass(frozen=True, kw_only=True)
class SaidByStudy:
    """What one study of a case says."""

    study_uid: str = field(repr=False)
    shown: Said
    """What it came with, corrections applied."""
    others: tuple[Said, ...]
    """What other images in it say; each may be another person."""
    differing: frozenset[Fact]
    """The facts in which anything in it contradicts the person, or the rest of the case."""
    contradictions: tuple[Said, ...]
    """What contradicts."""
    odd: int
    """How many of its images say something else than their study did first."""


def said_in(tx: Connection, case_id: str, patient: Patient | None) -> list[SaidByStudy]:
    """What each study of a case says, compared with ``patient`` and with all that the case says besides.

    What a person leaves open, such as the sex, one image may say and another contradict.
    """
    uids = cases.study_uids(tx, case_id)
    named = persons_in(tx, uids)
    found, so_far = list[SaidByStudy](), list[Said]()
    for uid in uids:
        study = queries.study_of(tx, uid)
        if study is None or uid not in named:
            continue
        shown = said_by(study)
        # A name that was corrected is compared as corrected: what the study came with is known to be wrong.
        others = tuple(sorted((said_by_image(one) for one in named[uid].others), key=_in_order))
        differing, contradictions = set[Fact](), list[Said]()
        for one in (shown, *others):
            differs = set(compare(one, patient).differing) if patient is not None else set[Fact]()
            differs |= {fact for each in so_far for fact in compare_images(one, each).differing}
            differing |= differs
            contradictions += [one] if differs else []
            so_far.append(one)
        found.append(
            SaidByStudy(
                study_uid=uid,
                shown=shown,
                others=others,
                differing=frozenset(differing),
                contradictions=tuple(contradictions),
                odd=named[uid].odd,
            )
        )
    return found


def contradicting_images(tx: Connection, study: SaidByStudy) -> dict[str, Said]:
    """The shown images of a study by which it contradicts, besides those that say what the study says."""
    said = {uid: said_by_image(named) for uid, named in odd_images(tx, study.study_uid).items()}
    return {uid: one for uid, one in said.items() if one in study.contradictions}


def contradicts(tx: Connection, case_id: str, said: Said) -> bool:
    """Whether images that say this cannot be of the person whom a case shows."""
    return any(
        compare_images(said, one).differing
        for study in said_in(tx, case_id, None)
        for one in (study.shown, *study.others)
    )


def agrees_by_number(tx: Connection, case_id: str, said: Said) -> bool:
    """Whether a case that shares no more than a number with images that say this shows the person whom they name.

    A number alone joins nothing: the name agrees, and sex or birth date with it, as for earlier images.
    """
    answers = {compare_images(said, one).verdict_by_number for one in everything(said_in(tx, case_id, None))}
    return Answer.AGREES in answers and Answer.DIFFERS not in answers


def names_another(tx: Connection, case: Case, patient: Patient) -> bool:
    """Whether any image of a case contradicts ``patient``, or the case is linked to somebody else."""
    linked = case.patient_id is not None and not persons.one_person(tx, case.patient_id, patient.id)
    return linked or contradicted(tx, case.id, patient)


def contradicted(tx: Connection, case_id: str, patient: Patient) -> bool:
    """Whether any image of a case contradicts ``patient``."""
    return any(one.contradictions for one in said_in(tx, case_id, patient))


def one_person(tx: Connection, one: Case, other: Case) -> bool:
    """Whether nothing says that two cases are two persons': not who is linked, and no image of either."""
    linked = (one.patient_id, other.patient_id)
    if None not in linked and not persons.one_person(tx, *linked):
        return False
    said = everything(study for case in (one, other) for study in said_in(tx, case.id, None))
    return not any(compare_images(this, that).differing for this, that in combinations(said, 2))


def another_person(tx: Connection, case_id: str, patient: Patient) -> tuple[Fact, ...]:
    """The facts in which any image of a case names somebody else than ``patient`` altogether."""
    return same_person.another_person(said_by_images(tx, cases.study_uids(tx, case_id)), patient)


def agrees(studies: Sequence[SaidByStudy], patient: Patient | None) -> bool:
    """Whether every study names the person, and every other image in it that says a name at all."""
    if patient is None or not studies:
        return False
    named = [one.shown for one in studies] + [one for each in studies for one in each.others if one.name.strip()]
    return all(compare(one, patient).verdict is Answer.AGREES for one in named)


def digests(said: Iterable[Said], patient: Patient | None) -> frozenset[str]:
    """What a person has seen beside a registered person's facts; another digest once either changes."""
    beside = None if patient is None else [patient.id, patient.name, str(patient.sex), str(patient.birth_date)]
    return frozenset(
        hashlib.sha256(json.dumps([one.name, one.sex, one.birth_date, beside]).encode()).hexdigest() for one in said
    )


def everything(studies: Iterable[SaidByStudy]) -> list[Said]:
    return [said for one in studies for said in (one.shown, *one.others)]


def not_agreeing(studies: Iterable[SaidByStudy], patient: Patient | None) -> list[Said]:
    """What the images say that does not name ``patient`` by itself."""
    return [one for one in everything(studies) if patient is None or compare(one, patient).verdict is not Answer.AGREES]


def _in_order(said: Said) -> tuple[str, str, str]:
    return said.name, said.birth_date, said.sex
