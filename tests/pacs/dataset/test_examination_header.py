"""What the head of a file says of an examination, in any encoding, from as much of it as there is."""

from __future__ import annotations

import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from pacs.dataset.examination_header import examination_header
from pacs.dataset.part10 import NoMeta, read_meta
from tests.builders import image, part10


def _file(syntax: str, **known: object) -> bytes:
    dataset = image(
        rows=64,
        columns=64,
        SpecificCharacterSet="GB18030",
        Modality="CT",
        BodyPartExamined="HEAD",
        PatientSex="F",
        PatientBirthDate="19700101",
        StudyDate="20260302",
        RequestingService="急诊科",
        StudyDescription="头颅平扫",
        **known,
    )
    return part10(dataset, syntax)


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_a_header_is_read_in_any_encoding(syntax: str) -> None:
    said = examination_header(_file(syntax, ContrastBolusAgent="碘海醇"))

    assert (said.modality, said.body_part, said.sex, said.birth_date) == ("CT", "HEAD", "F", "19700101")
    assert (said.department, said.description, said.with_contrast) == ("急诊科", "头颅平扫", True)


def test_a_file_that_is_cut_before_its_pixels_says_as_much() -> None:
    whole = _file(ExplicitVRLittleEndian)

    assert examination_header(whole[:-4096]) == examination_header(whole)
    assert not examination_header(whole).with_contrast


def test_a_file_that_is_cut_inside_its_file_meta_information_is_refused() -> None:
    whole = _file(ExplicitVRLittleEndian)
    meta = read_meta(whole, whole=True)
    assert meta is not None

    for length in range(meta.end + 1):
        with pytest.raises(NoMeta):
            examination_header(whole[:length])


@pytest.mark.parametrize("head", [b"", b"x" * 100, b"x" * 1000, bytes(128) + b"DICM"])
def test_what_is_no_file_is_refused(head: bytes) -> None:
    with pytest.raises(NoMeta):
        examination_header(head)
