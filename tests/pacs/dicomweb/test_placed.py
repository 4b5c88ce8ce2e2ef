"""What is shown elsewhere than its bytes say goes out as of where it is shown; what is hidden goes out nowhere."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pydicom
from pydicom.dataset import Dataset

from pacs.arriving.describe import describe_pending
from storage.database import transaction
from storage.decisions.placement import apply
from storage.decisions.placement_changes import (
    Change,
    Hidden,
    InstancesMoved,
    Merged,
    SeriesMade,
    SeriesMoved,
    StudyMade,
    Unhidden,
    inverse,
)
from storage.nodes.reader import Bytes
from storage.objects.store import FolderObjectStore
from tests.builders import image, new_uid
from tests.dicomweb import Web, path_of

PLACED_AT = datetime(2026, 3, 2, 10, 15, tzinfo=UTC)
BULK = bytes(range(256)) * 16


def two(**shown: Any) -> list[Dataset]:
    """Two images of a series, one of them with bulk data in a sequence."""
    first = image(InstanceNumber=1, **shown)
    item = Dataset()
    item.add_new(0x00420011, "OB", BULK)
    first.SourceImageSequence = [item]
    second = image(
        StudyInstanceUID=first.StudyInstanceUID, SeriesInstanceUID=first.SeriesInstanceUID, InstanceNumber=2, **shown
    )
    return [first, second]


def place(web: Web, *changes: Change) -> None:
    with transaction(web.engine) as tx:
        apply(tx, changes, PLACED_AT)


def split(first: Dataset) -> tuple[list[Change], str]:
    """The first image gets a study of its own; the changes, and where it is then."""
    study, series = new_uid(), new_uid()
    changes: list[Change] = [
        StudyMade(study_uid=study, like=first.StudyInstanceUID),
        SeriesMade(series_uid=series, study_uid=study, like=first.SeriesInstanceUID),
        InstancesMoved(
            sop_instance_uids=(first.SOPInstanceUID,),
            from_study=first.StudyInstanceUID,
            from_series=first.SeriesInstanceUID,
            to_study=study,
            to_series=series,
        ),
    ]
    return changes, f"/studies/{study}/series/{series}/instances/{first.SOPInstanceUID}"


def retrieved(web: Web, path: str) -> Dataset:
    answer = web.ada.get(path, headers={"Accept": "application/dicom; transfer-syntax=*"})
    assert answer.status_code == 200, answer.text
    return pydicom.dcmread(BytesIO(answer.content))


TAGS = {"studies": "0020000D", "series": "0020000E", "instances": "00080018"}


def listed(web: Web, path: str) -> list[str]:
    """The UIDs that a search finds."""
    tag = TAGS[path.split("?", maxsplit=1)[0].rsplit("/", 1)[-1]]
    found: list[dict[str, Any]] = web.ada.get(path).json()
    return sorted(one[tag]["Value"][0] for one in found)


def test_a_split_instance_goes_out_as_of_its_new_place(web: Web) -> None:
    first, second = two()
    old = web.send(first, second)
    changes, new = split(first)
    place(web, *changes)
    got = retrieved(web, new)
    early = web.ada.get(f"{new}/metadata").json()
    bytes_ = Bytes(web.archive.directory, FolderObjectStore(web.archive.directory / "none"), web.engine)
    describe_pending(web.engine, bytes_)
    late = web.ada.get(f"{new}/metadata").json()
    address = late[0]["00082112"]["Value"][0]["00420011"]["BulkDataURI"]

    assert new == f"/studies/{got.StudyInstanceUID}/series/{got.SeriesInstanceUID}/instances/{got.SOPInstanceUID}"
    (item,) = got.OriginalAttributesSequence
    assert sorted(one.keyword for one in item.ModifiedAttributesSequence[0]) == [
        "SeriesInstanceUID",
        "StudyInstanceUID",
    ]
    assert (item.AttributeModificationDateTime, item.SourceOfPreviousValues) == (
        "20260302101500.000000+0000",
        "TIERREAD PLACEMENT",
    )
    assert (got.PixelData, got.PatientName) == (first.PixelData, first.PatientName)
    assert early == late
    assert (late[0]["0020000D"]["Value"], late[0]["0020000E"]["Value"]) == (
        [got.StudyInstanceUID],
        [got.SeriesInstanceUID],
    )
    assert address == f"{web.base}{new}/bulkdata/00082112/0/00420011"
    assert web.ada.get(address, headers={"Accept": "application/octet-stream"}).content == BULK
    assert web.ada.get(f"{new}/frames/1", headers={"Accept": "application/octet-stream"}).content == first.PixelData
    assert web.ada.get(f"{new}/rendered").status_code == 200
    for gone in ("", "/metadata", "/frames/1", "/rendered", "/thumbnail", "/bulkdata/7FE00010"):
        assert web.ada.get(old + gone).status_code == 404
    assert listed(web, "/studies") == sorted([first.StudyInstanceUID, got.StudyInstanceUID])
    assert listed(web, f"/studies/{first.StudyInstanceUID}/instances") == [second.SOPInstanceUID]
    assert listed(web, f"/studies/{got.StudyInstanceUID}/series") == [got.SeriesInstanceUID]
    (with_header,) = web.ada.get(f"/studies/{got.StudyInstanceUID}/instances?includefield=all").json()
    assert with_header["0020000E"]["Value"] == [got.SeriesInstanceUID]


def test_a_merged_study_says_of_the_patient_what_the_other_says(web: Web) -> None:
    wrong = two(PatientName="Wang^Wu=王^五", PatientID="P0666", StudyDescription="Wang Wu 胸部", AccessionNumber="A9")
    right = image(PatientWeight="70")
    web.send(*wrong)
    web.send(right)
    web.correct(right.StudyInstanceUID, PatientName="Li^Na=李^娜", BodyPartExamined="CHEST")
    place(
        web,
        SeriesMoved(
            series_uid=wrong[0].SeriesInstanceUID,
            from_study=wrong[0].StudyInstanceUID,
            to_study=right.StudyInstanceUID,
        ),
        Merged(study_uid=wrong[0].StudyInstanceUID, from_study=None, to_study=right.StudyInstanceUID),
    )
    path = path_of(wrong[0]).replace(wrong[0].StudyInstanceUID, right.StudyInstanceUID)
    got = retrieved(web, path)
    body = web.ada.get(f"/studies/{right.StudyInstanceUID}/metadata").text
    series = web.ada.get(f"/studies/{right.StudyInstanceUID}/series").text

    assert (got.PatientName, got.PatientID, got.AccessionNumber) == ("Li^Na=李^娜", "P0001", "A0001")
    assert (got.StudyInstanceUID, got.StudyDescription) == (right.StudyInstanceUID, "胸部平扫")
    assert got.SeriesInstanceUID == wrong[0].SeriesInstanceUID
    for text in (str(got), body, series):
        assert not any(trace in text for trace in ("Wang", "王", "P0666"))
    assert listed(web, "/studies") == [right.StudyInstanceUID]
    assert len(web.ada.get(f"/studies/{right.StudyInstanceUID}/metadata").json()) == 3


def test_validators_change_with_the_place_and_come_back_with_it(web: Web) -> None:
    first, second = two()
    web.send(first, second)
    within = new_uid()
    changes: list[Change] = [
        SeriesMade(series_uid=within, study_uid=first.StudyInstanceUID, like=first.SeriesInstanceUID),
        InstancesMoved(
            sop_instance_uids=(second.SOPInstanceUID,),
            from_study=first.StudyInstanceUID,
            from_series=first.SeriesInstanceUID,
            to_study=first.StudyInstanceUID,
            to_series=within,
        ),
    ]
    tags: list[dict[str, str]] = []
    for step in ([], changes, inverse(changes)):
        place(web, *step)
        addresses = (f"/studies/{first.StudyInstanceUID}", f"/studies/{first.StudyInstanceUID}/metadata")
        tags.append({one: web.ada.get(one).headers["etag"] for one in addresses})

    assert all(tags[0][one] != tags[1][one] for one in tags[0])
    assert tags[0] == tags[2]


def test_what_is_hidden_is_nowhere_until_it_is_shown_again(web: Web) -> None:
    first, second = two()
    web.send(first, second)
    study = f"/studies/{first.StudyInstanceUID}"
    hiding = Hidden(sop_instance_uids=(first.SOPInstanceUID,))
    whole = Hidden(sop_instance_uids=(second.SOPInstanceUID,))
    place(web, hiding)

    for gone in ("", "/metadata", "/frames/1", "/rendered"):
        assert web.ada.get(path_of(first) + gone).status_code == 404
    assert listed(web, "/instances") == [second.SOPInstanceUID]
    assert [one["00080018"]["Value"][0] for one in web.ada.get(f"{study}/metadata").json()] == [second.SOPInstanceUID]
    assert web.ada.get("/studies").json()[0]["00201208"]["Value"] == [1]
    place(web, whole)
    assert (listed(web, "/studies"), listed(web, "/series")) == ([], [])
    assert web.ada.get(study).status_code == 404
    place(web, Unhidden(sop_instance_uids=(first.SOPInstanceUID, second.SOPInstanceUID)))
    assert listed(web, "/instances") == sorted([first.SOPInstanceUID, second.SOPInstanceUID])
    assert retrieved(web, path_of(first)).get("OriginalAttributesSequence") is None
