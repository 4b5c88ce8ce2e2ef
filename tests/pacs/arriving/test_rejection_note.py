"""Key object selections of the four titles reject what they name; others reject nothing."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from pacs.arriving.rejection_note import REJECTS, rejection_note
from pacs.dataset.dicom_json import to_json
from tests.builders import encoded, image
from tests.pacs import objects


def described(one: Dataset) -> dict[str, Any]:
    return to_json(dcmread(BytesIO(encoded(one)), force=True), "bulk")


@pytest.mark.parametrize("title", sorted(REJECTS))
def test_a_note_names_what_it_rejects(title: str) -> None:
    first, second = image(), image()
    found = rejection_note(described(objects.rejection_note(first, second, title=title)))

    assert found is not None
    assert found.title == title
    assert set(found.sop_instance_uids) == {first.SOPInstanceUID, second.SOPInstanceUID}


def test_what_the_content_alone_names_is_rejected_too() -> None:
    first = image()
    note = objects.rejection_note(first)
    del note.CurrentRequestedProcedureEvidenceSequence
    found = rejection_note(described(note))

    assert found is not None
    assert found.sop_instance_uids == (first.SOPInstanceUID,)


def test_what_is_no_uid_names_nothing() -> None:
    first = image()
    wrong = {"00081199": {"vr": "SQ", "Value": [{"00081155": {"vr": "UI", "Value": ["1.2." + "x" * 300]}}]}}
    note = described(objects.rejection_note(first))
    note["0040A730"]["Value"].append(wrong)
    found = rejection_note(note)

    assert found is not None
    assert found.sop_instance_uids == (first.SOPInstanceUID,)


def test_no_other_document_rejects_anything() -> None:
    first = image()
    of_interest = objects.rejection_note(first, title="113000")
    private = objects.rejection_note(first, scheme="99LOCAL")

    assert rejection_note(described(of_interest)) is None
    assert rejection_note(described(private)) is None
    assert rejection_note({"0040A043": {"vr": "SQ", "Value": [None, {}]}}) is None
    assert rejection_note({}) is None
