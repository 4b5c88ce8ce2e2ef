"""A query is matched or refused, never passed over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pacs.dicomweb.problems import BadRequest
from pacs.dicomweb.query import MOST, NO_FUZZY, parse
from pacs.search.matching_keys import KEYS, Level
from storage.index.queries import AnyOf, Exact, Range, UidList, Wildcard


@pytest.mark.parametrize("name", ["PatientID", "00100020"])
def test_a_key_is_a_keyword_or_a_tag(name: str) -> None:
    assert parse([(name, "P001")], Level.STUDY).match == (("patient_id", Exact("P001")),)


@pytest.mark.parametrize(
    ("key", "value", "condition"),
    [
        ("PatientName", "WANG*", ("patient_name", Wildcard("WANG*"))),
        ("PatientName", "王小?", ("patient_name", Wildcard("王小?"))),
        ("StudyDate", "20260302", ("study_date", Range("20260302", "20260302"))),
        ("StudyDate", "20260301-", ("study_date", Range("20260301", None))),
        ("StudyDate", "-20260301", ("study_date", Range(None, "20260301"))),
        ("StudyDate", "2026.03.01", ("study_date", Range("20260301", "20260301"))),
        ("StudyDate", "2026.03.01 - 20260302", ("study_date", Range("20260301", "20260302"))),
        ("StudyTime", "08:30-09:30:15.5", ("study_time", Range("0830", "093015.5"))),
        ("StudyTime", "08-0930", ("study_time", Range("08", "0930"))),
        ("StudyInstanceUID", "1.2,1.3", ("study_uid", UidList(("1.2", "1.3")))),
        ("StudyInstanceUID", "1.2\\1.3", ("study_uid", UidList(("1.2", "1.3")))),
        ("ModalitiesInStudy", "CT", ("modality", Exact("CT"))),
        ("ModalitiesInStudy", "CT,", ("modality", Exact("CT"))),
        ("ModalitiesInStudy", "CT, MR", ("modality", AnyOf((Exact("CT"), Exact("MR"))))),
        ("ModalitiesInStudy", "C*\\MR", ("modality", AnyOf((Wildcard("C*"), Exact("MR"))))),
        ("PatientID", "P001 ", ("patient_id", Exact("P001"))),
        ("PatientID", " P,001", ("patient_id", Exact("P,001"))),
        ("StudyDate", "20260301 ", ("study_date", Range("20260301", "20260301"))),
        ("StudyInstanceUID", "1.2, 1.3 ", ("study_uid", UidList(("1.2", "1.3")))),
    ],
)
def test_a_value_says_how_it_is_matched(key: str, value: str, condition: object) -> None:
    assert parse([(key, value)], Level.STUDY).match == (condition,)


@pytest.mark.parametrize("value", ["", "*", " "])
def test_an_empty_value_matches_everything(value: str) -> None:
    assert parse([("PatientName", value)], Level.STUDY).match == ()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("Nonsense", "1"),
        ("0010002", "1"),
        ("00100020x", "1"),
        ("PatientWeight", "70"),  # of the dictionary, but not in the index
        ("00091001", "1"),
        ("SOPInstanceUID", "1.2"),  # below the level that is searched
        ("StudyDate", "today"),
        ("StudyDate", "-"),
        ("StudyDate", "2026-03-02"),
        ("StudyInstanceUID", "1.2'; drop table study"),
        ("limit", "-1"),
        ("limit", "many"),
        ("offset", "1e3"),
        ("fuzzymatching", "perhaps"),
        ("includefield", "Nonsense"),
        ("includefield", "00400275."),
        ("includefield", "RequestAttributesSequence.Nonsense"),
        ("includefield", ".".join(["00400275"] * 100)),
        ("ModalitiesInStudy", ",".join(["CT"] * 200)),
        ("00400275.00400009", "1"),
        ("PatientName", "a\0b"),
    ],
)
def test_what_cannot_be_matched_is_refused(key: str, value: str) -> None:
    with pytest.raises(BadRequest):
        parse([(key, value)], Level.STUDY)


def test_a_key_given_twice_is_refused() -> None:
    with pytest.raises(BadRequest):
        parse([("PatientID", "A"), ("00100020", "B")], Level.STUDY)


def test_modalities_in_study_is_a_key_of_studies_alone() -> None:
    with pytest.raises(BadRequest):
        parse([("ModalitiesInStudy", "CT")], Level.SERIES)


def test_fuzzy_matching_is_answered_with_a_warning() -> None:
    assert parse([("fuzzymatching", "true")], Level.STUDY).warnings == (NO_FUZZY,)
    assert parse([("fuzzymatching", "false")], Level.STUDY).warnings == ()


def test_there_is_an_end_to_every_answer() -> None:
    assert parse([("limit", "999999")], Level.STUDY).limit == MOST[Level.STUDY]
    assert parse([], Level.SERIES).limit == MOST[Level.SERIES]
    assert parse([("limit", "0")], Level.STUDY).limit == 0


def test_included_fields_are_named_or_all() -> None:
    query = parse([("includefield", "StudyDescription,00081060"), ("includefield", "all")], Level.STUDY)

    assert query.include == {(0x00081030,), (0x00081060,)}
    assert query.include_all


@pytest.mark.parametrize(
    ("field", "path"),
    [
        ("00091001", (0x00091001,)),
        ("00400275.00400009", (0x00400275, 0x00400009)),
        ("RequestAttributesSequence.ScheduledProcedureStepID", (0x00400275, 0x00400009)),
        ("RequestAttributesSequence.00091002", (0x00400275, 0x00091002)),
    ],
)
def test_what_is_included_is_named_by_its_path_too(field: str, path: tuple[int, ...]) -> None:
    assert parse([("includefield", f"{field},")], Level.INSTANCE).include == {path}


@given(
    pairs=st.lists(
        st.tuples(st.sampled_from(["PatientID", "StudyDate", "limit", "includefield", "x"]) | st.text(), st.text())
    )
)
def test_any_query_is_understood_or_refused(pairs: list[tuple[str, str]]) -> None:
    try:
        query = parse(pairs, Level.INSTANCE)
    except BadRequest:
        return

    assert {column for column, _ in query.match} <= {key.column for key in KEYS.values()}
