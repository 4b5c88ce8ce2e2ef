"""Nobody's earlier pictures are offered beside another's: a number alone joins no two persons."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Connection, Engine

from reading.access import priors
from reading.access.priors import Link
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.identity_moves import Identity
from reading.patients.same_person import Comparison, Said
from storage.database import snapshot, transaction
from tests.plans import listening, plans_of, reads_through
from tests.reading.clinic import Clinic, arrive, open_clinic
from tests.reading.region import pia

DOG = {"patient_id": "D1", "patient_name": "Dog^Rex", "sex": "F", "birth_date": "20140101"}


def priors_of(tx: Connection, clinic: Clinic, case: Case, now: datetime) -> list[str]:
    return [prior.id for prior in priors.prior_cases(tx, clinic.ada, [case], now)[case.id]]


@pytest.mark.parametrize(
    "earlier",
    [
        {**DOG, "patient_name": "Anonymous", "sex": "M", "birth_date": "2006"},
        {**DOG, "patient_name": "Anonymous"},
        {**DOG, "patient_name": "TEST"},
        {**DOG, "patient_name": ""},
        {**DOG, "patient_name": "Cat^Tom"},
        {**DOG, "sex": "M"},
        {**DOG, "birth_date": "20060506"},
        {**DOG, "patient_id": "D2"},
        {**DOG, "sex": "", "birth_date": ""},
    ],
)
def test_a_bare_number_offers_nobody_anothers_pictures(engine: Engine, now: datetime, earlier: dict[str, str]) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        arrive(tx, clinic, "1.1", now - timedelta(days=9), **earlier)
        dog = arrive(tx, clinic, "1.2", now, **DOG)

        assert priors_of(tx, clinic, dog, now) == []


@pytest.mark.parametrize("blank", ["sex", "birth_date"])
def test_a_number_and_a_name_join_with_one_more_fact(engine: Engine, now: datetime, blank: str) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        earlier = arrive(tx, clinic, "1.1", now - timedelta(days=9), **{**DOG, blank: ""})
        dog = arrive(tx, clinic, "1.2", now, **DOG)

        assert priors_of(tx, clinic, dog, now) == [earlier.id]


@pytest.mark.parametrize(("names", "joins"), [(1, True), (priors.NAMES, True), (priors.NAMES + 1, False)])
def test_thousands_of_studies_under_one_number_are_compared_by_what_they_say(
    engine: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch, names: int, joins: bool
) -> None:
    many, compared = 120, Counter[str]()
    by_itself = priors.compare_images

    def counted(one: Said, other: Said) -> Comparison:
        compared["pairs"] += 1
        return by_itself(one, other)

    monkeypatch.setattr(priors, "compare_images", counted)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        said = [{**DOG, "patient_name": f"Dog^{number % names:03}"} for number in range(many)]
        found = [arrive(tx, clinic, f"1.{number}", now, **one) for number, one in enumerate(said, start=1)]
    with listening(engine) as executed, snapshot(engine) as tx:
        of_all = priors.prior_cases(tx, clinic.ada, found, now)

    others = [one for one in said[:-1] if one == said[-1]]
    assert len(of_all[found[-1].id]) == (len(others) if joins else 0)
    assert compared["pairs"] == (names**2 if joins else 0)
    assert len(executed) < 15


def test_a_number_that_joins_nobody_joins_nobody_who_is_found_for_another_case(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        for number in range(priors.NAMES):
            arrive(tx, clinic, f"1.{number}", now, **{**DOG, "patient_name": f"Cat^{number}"})
        patient_id = pia(tx, now).id
        earlier = arrive(tx, clinic, "2.1", now - timedelta(days=9), **DOG)
        linked = arrive(tx, clinic, "2.2", now, **{**DOG, "patient_id": "X9"})
        for case in (earlier, linked):
            cases.change(tx, cases.by_id(tx, case.id), patient_id=patient_id)
        stranger = arrive(tx, clinic, "2.3", now, **DOG)
        both = [cases.by_id(tx, case.id) for case in (linked, stranger)]
        found = priors.prior_cases(tx, clinic.ada, both, now)

    assert {case_id: [one.id for one in each] for case_id, each in found.items()} == {
        linked.id: [earlier.id],
        stranger.id: [],
    }


@pytest.mark.parametrize("number", ["", "TEST", "Anonymous"])
def test_a_placeholder_joins_nobody_even_under_one_name(engine: Engine, now: datetime, number: str) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        arrive(tx, clinic, "1.1", now - timedelta(days=9), **{**DOG, "patient_id": number})
        dog = arrive(tx, clinic, "1.2", now, **{**DOG, "patient_id": number})

        assert priors_of(tx, clinic, dog, now) == []


def test_one_number_and_one_person_in_another_writing_is_a_prior(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        known = {"patient_id": "P1", "sex": "F", "birth_date": "19900307"}
        earlier = arrive(tx, clinic, "1.1", now - timedelta(days=9), **known, patient_name="WANG^XIAOLI")
        later = arrive(tx, clinic, "1.2", now, **known, patient_name="Wang^Xiaoli=王^小丽")

        assert priors_of(tx, clinic, later, now) == [earlier.id]
        assert priors_of(tx, clinic, earlier, now) == []


def test_who_is_linked_to_one_patient_is_one_person_and_to_two_patients_two(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        one = pia(tx, now)
        earlier = arrive(tx, clinic, "1.1", now - timedelta(days=9), **DOG)
        elsewhere = arrive(tx, clinic, "1.2", now - timedelta(days=5), **{**DOG, "patient_id": "X9"})
        later = arrive(tx, clinic, "1.3", now, **DOG)
        before = priors_of(tx, clinic, later, now)
        for case in (elsewhere, later):
            cases.change(tx, cases.by_id(tx, case.id), patient_id=one.id)
        linked = priors_of(tx, clinic, cases.by_id(tx, later.id), now)

        found = priors.priors_of(tx, clinic.ada, cases.by_id(tx, later.id), now)

    assert before == [earlier.id]
    assert linked == [elsewhere.id, earlier.id]
    assert [(prior.link, prior.said.name) for prior in found] == [(Link.PERSON, "Dog^Rex"), (Link.NUMBER, "Dog^Rex")]


@pytest.mark.parametrize(
    ("identity", "offered"),
    [
        ((Identity.SILENT, Identity.AGREES), False),
        ((Identity.AGREES, Identity.CONFIRMED), True),
        ((Identity.CONFIRMED, Identity.DIFFERS), False),
    ],
)
def test_images_that_contradict_each_other_are_offered_only_where_both_are_confirmed(
    engine: Engine, now: datetime, identity: tuple[Identity, Identity], *, offered: bool
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        one = pia(tx, now)
        cat = {**DOG, "patient_id": "X9", "patient_name": "Cat^Tom"}
        earlier = arrive(tx, clinic, "1.1", now - timedelta(days=9), **cat)
        later = arrive(tx, clinic, "1.2", now, **DOG)
        for case, said in zip((earlier, later), identity, strict=True):
            cases.change(tx, cases.by_id(tx, case.id), patient_id=one.id, identity=said)

        assert priors_of(tx, clinic, cases.by_id(tx, later.id), now) == ([earlier.id] if offered else [])


def test_priors_are_found_by_an_index(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        dog = arrive(tx, clinic, "1.1", now, **DOG)

    for plan in plans_of(engine, lambda tx: priors.prior_cases(tx, clinic.ada, [dog], now)):
        for table in ("case", "case_study", "study"):
            assert not reads_through(plan, table), plan
