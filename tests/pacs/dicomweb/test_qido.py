"""Searches find what was asked and nothing else, within what the caller may see."""

from __future__ import annotations

from dicomweb_client.api import DICOMwebClient
from pydicom.config import IGNORE
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from pacs.arriving.describe import describe_pending
from pacs.dicomweb.problems import TooManySearches, answer
from storage.nodes.reader import Bytes
from storage.objects.store import FolderObjectStore
from tests.archive import OTHER
from tests.builders import image, new_uid
from tests.dicomweb import Web


def ids(answer: object, tag: str = "00100020") -> list[str]:
    return sorted(one[tag]["Value"][0] for one in answer.json())  # type: ignore[attr-defined]


def three(web: Web) -> list[Dataset]:
    """Three studies of three people."""
    sent = [
        image(PatientID="P001", PatientName="Li^Na=李^娜", StudyDate="20260101", Modality="CT", AccessionNumber="A1"),
        image(PatientID="P002", PatientName="LIN^Bo=林^波", StudyDate="20260201", Modality="DX", AccessionNumber="A2"),
        image(PatientID="P003", PatientName="Zhao^Li=赵^丽", StudyDate="20260301", Modality="CT", AccessionNumber="A3"),
    ]
    web.send(*sent)
    return sent


QUERIES = [
    ("", ["P001", "P002", "P003"]),
    ("PatientID=P001", ["P001"]),
    ("00100020=P001", ["P001"]),
    ("PatientName=li*", ["P001", "P002"]),
    ("PatientName=%E6%9D%8E*", ["P001"]),
    ("StudyDate=20260115-20260215", ["P002"]),
    ("StudyDate=-20260131", ["P001"]),
    ("StudyDate=20260201", ["P002"]),
    ("ModalitiesInStudy=DX", ["P002"]),
    ("ModalitiesInStudy=CT,MR", ["P001", "P003"]),
    ("ModalitiesInStudy=MR%5CDX", ["P002"]),
    ("ModalitiesInStudy=MR,US", []),
    ("PatientID=P001%20", ["P001"]),
    ("AccessionNumber=%20A3%20", ["P003"]),
    ("AccessionNumber=A3", ["P003"]),
    ("AccessionNumber=A?&StudyDate=20260201-", ["P002", "P003"]),
    ("PatientID=P999", []),
    ("limit=2&offset=2", ["P001"]),
    ("limit=0", []),
]
REFUSED = [
    "PatientWeight=70",
    "Nonsense=1",
    "00091001=x",
    "StudyDate=today",
    "limit=x",
    f"StudyDescription={'*a' * 200}",
]


def test_whoever_crowds_is_asked_to_come_again() -> None:
    said = answer(TooManySearches())

    assert (said.status_code, said.headers["retry-after"]) == (503, "5")


def test_studies_are_found_by_what_is_asked(web: Web) -> None:
    three(web)
    for query, found in QUERIES:
        answer = web.ada.get(f"/studies?{query}")

        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/dicom+json"
        assert ids(answer) == found, query


def test_dates_and_times_of_acr_nema_are_found_in_either_form(web: Web) -> None:
    web.send(image(StudyDate="20260105", StudyTime="091500"))
    old = image()
    odd = (("StudyDate", "2026.01.05"), ("PatientBirthDate", "1980.01.02"), ("StudyTime", "10:15:00"))
    for keyword, written in odd:
        old[keyword] = DataElement(old[keyword].tag, old[keyword].VR, written, validation_mode=IGNORE)
    web.send(old)
    uid = f"StudyInstanceUID={old.StudyInstanceUID}"
    for query in (
        *("StudyDate=20260105", "StudyDate=2026.01.05", "StudyDate=20260101-20260131", "StudyDate=2026.01.05-"),
        *("PatientBirthDate=19800102", "PatientBirthDate=1980.01.02", "StudyTime=1000-1030", "StudyTime=10:15"),
    ):
        assert len(web.ada.get(f"/studies?{uid}&{query}").json()) == 1, query
    assert web.ada.get(f"/studies?{uid}&StudyTime=1100-").json() == []
    (found,) = web.ada.get(f"/studies/{old.StudyInstanceUID}/metadata").json()
    assert found["00080020"]["Value"] == ["2026.01.05"]  # as it came


def test_what_cannot_be_matched_is_refused_as_a_problem(web: Web) -> None:
    three(web)
    for query in REFUSED:
        answer = web.ada.get(f"/studies?{query}")

        assert answer.status_code == 400
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] == "/problems/invalid"
        assert answer.json()["field"] == query.split("=")[0]


def test_a_patient_id_of_two_issuers_matches_none_until_one_is_named(web: Web) -> None:
    web.send(image(PatientID="P001", IssuerOfPatientID="HOSPITAL A"))
    web.send(image(PatientID="P001", IssuerOfPatientID="HOSPITAL B"))

    silent = web.ada.get("/studies?PatientID=P001")
    assert silent.json() == []
    assert "several issuers" in silent.headers["warning"]
    assert web.ada.get("/series?00100020=P001").json() == []
    named = web.ada.get("/studies?PatientID=P001&IssuerOfPatientID=HOSPITAL B")
    assert ids(named, "00100021") == ["HOSPITAL B"]
    assert "warning" not in named.headers


def test_a_study_shows_what_the_standard_asks(web: Web) -> None:
    sent = three(web)[0]
    (found,) = web.ada.get(f"/studies?StudyInstanceUID={sent.StudyInstanceUID}").json()

    assert found["00100010"]["Value"] == [{"Alphabetic": "Li^Na", "Ideographic": "李^娜"}]
    assert found["00080061"]["Value"] == ["CT"]
    assert found["00081190"]["Value"] == [f"{web.base}/studies/{sent.StudyInstanceUID}"]
    assert found["00201206"]["Value"] == [1]
    assert found["00201208"]["Value"] == [1]
    required = "00080020 00080030 00080050 00080056 00080090 00100030 00100040 0020000D 00200010"
    assert set(required.split()) <= set(found)


def test_series_and_instances_are_found_below_their_study(web: Web) -> None:
    study, series = new_uid(), new_uid()
    sent = [image(StudyInstanceUID=study, SeriesInstanceUID=series, InstanceNumber=n, rows=4) for n in (1, 2, 3)]
    web.send(*sent, image(StudyInstanceUID=study, SeriesNumber=2, Modality="SR"))

    client = DICOMwebClient(web.base, headers={"Authorization": "Bearer ada"})
    found = client.search_for_series(study)
    instances = client.search_for_instances(study, series)

    assert [one["00080060"]["Value"][0] for one in found] == ["CT", "SR"]
    assert found[0]["00201209"]["Value"] == [3]
    assert [one["00080018"]["Value"][0] for one in instances] == [one.SOPInstanceUID for one in sent]
    assert instances[0]["00280010"]["Value"] == [4]
    assert len(web.ada.get("/instances?Modality=SR").json()) == 1
    assert web.ada.get(f"/studies/{study}/series?Modality=MR").json() == []


def test_included_fields_of_an_instance_come_from_its_header(web: Web) -> None:
    sent = image(ImageComments="taken lying down")
    web.send(sent)
    base = f"/studies/{sent.StudyInstanceUID}/instances"
    plain = web.ada.get(base).json()[0]
    named = web.ada.get(f"{base}?includefield=ImageComments").json()[0]
    everything = web.ada.get(f"{base}?includefield=all").json()[0]

    assert "00204000" not in plain
    assert named["00204000"]["Value"] == ["taken lying down"]
    assert {"00204000", "00280100", "00080018"} <= set(everything)


def test_what_is_included_is_picked_out_of_sequences_and_private_groups(web: Web) -> None:
    sent = image()
    requested = Dataset()
    requested.ScheduledProcedureStepID, requested.RequestedProcedureID = "S1", "R1"
    sent.RequestAttributesSequence = [requested]
    sent.private_block(0x0009, "TIERREAD TEST", create=True).add_new(0x01, "LO", "own")
    web.send(sent)
    base = f"/studies/{sent.StudyInstanceUID}/instances"

    def included(field: str) -> dict[str, object]:
        answer = web.ada.get(f"{base}?includefield={field}")
        assert answer.status_code == 200
        return answer.json()[0]

    step = {"00400009": {"vr": "SH", "Value": ["S1"]}}
    assert included("00400275.00400009")["00400275"] == {"vr": "SQ", "Value": [step]}
    assert included("RequestAttributesSequence.00400009,ImageComments")["00400275"] == {"vr": "SQ", "Value": [step]}
    assert included("00400275.00321060")["00400275"] == {"vr": "SQ", "Value": [{}]}
    assert included("00091001")["00091001"] == {"vr": "LO", "Value": ["own"]}
    assert "00400275" not in included("Modality.ScheduledProcedureStepID")
    everything = included("00400275,00400275.00400009")["00400275"]
    assert everything == {"vr": "SQ", "Value": [{"00401001": {"vr": "SH", "Value": ["R1"]}, **step}]}


def test_at_the_study_level_what_is_not_indexed_is_left_out_and_said(web: Web) -> None:
    three(web)
    for field in ("00400275.00400009", "00091001", "ImageComments"):
        answer = web.ada.get(f"/studies?PatientID=P001&includefield={field}")

        assert answer.status_code == 200
        assert "includefield" in answer.headers["warning"]


def test_options_that_are_not_supported_are_answered_with_a_warning(web: Web) -> None:
    three(web)
    fuzzy = web.ada.get("/studies?fuzzymatching=true&PatientName=li")
    more = web.ada.get("/studies?limit=1")
    left_out = web.ada.get("/studies?includefield=PatientWeight")

    assert fuzzy.headers["warning"].startswith("299 ")
    assert "additional results" in more.headers["warning"]
    assert "includefield" in left_out.headers["warning"]
    assert "warning" not in web.ada.get("/studies").headers


def test_a_corrected_body_part_is_found_as_it_is_answered(web: Web) -> None:
    sent, other = image(BodyPartExamined="CHEST"), image(BodyPartExamined="CHEST")
    web.send(sent, other)
    web.correct(sent.StudyInstanceUID, BodyPartExamined="HAND")

    for level in ("series", "instances"):
        found = web.ada.get(f"/{level}?BodyPartExamined=HAND&includefield=BodyPartExamined").json()
        assert [(one["0020000D"]["Value"], one["00180015"]["Value"]) for one in found] == [
            ([sent.StudyInstanceUID], ["HAND"])
        ]
        former = web.ada.get(f"/{level}?BodyPartExamined=CHEST").json()
        assert [one["0020000D"]["Value"] for one in former] == [[other.StudyInstanceUID]]


def test_corrected_studies_are_found_by_who_they_are_of(web: Web) -> None:
    sent = image(PatientID="P001", PatientName="Wang^Xiaoming", StudyDescription="Chest of Wang Xiaoming")
    web.send(sent)
    web.correct(sent.StudyInstanceUID, PatientID="P002", PatientName="Li^Na")
    found = web.ada.get("/studies?PatientID=P002")

    assert web.ada.get("/studies?PatientID=P001").json() == []
    assert web.ada.get("/studies?PatientName=Wang*").json() == []
    assert ids(found) == ["P002"]
    for address in ("/studies", "/series", "/instances", "/instances?includefield=all"):
        text = web.ada.get(address).text
        assert "Li^Na" in text
        assert "Wang" not in text
        assert "P001" not in text
        assert "19700101" not in text


def test_another_site_finds_nothing(web: Web) -> None:
    sent = three(web)[0]
    web.send(image(PatientID="Q001"), sender=OTHER)

    assert ids(web.quinn.get("/studies")) == ["Q001"]
    theirs = web.quinn.get(f"/studies/{sent.StudyInstanceUID}/series")
    nothing = web.quinn.get(f"/studies/{new_uid()}/series")
    assert (theirs.status_code, theirs.content) == (nothing.status_code, nothing.content)
    for level in ("studies", "series", "instances"):
        answer = web.quinn.get(f"/{level}?StudyInstanceUID={sent.StudyInstanceUID}")
        assert answer.json() == []


def test_a_site_that_sent_one_image_of_another_sites_study_finds_that_image_alone(web: Web) -> None:
    study, series = new_uid(), new_uid()
    shared = image(StudyInstanceUID=study, SeriesInstanceUID=series, InstanceNumber=1)
    second = image(StudyInstanceUID=study, SeriesInstanceUID=series, InstanceNumber=2)
    report = image(StudyInstanceUID=study, SeriesNumber=2, Modality="SR")
    web.send(shared, second, report)
    web.send(shared, sender=OTHER)
    web.send(image(StudyInstanceUID=study, SeriesInstanceUID=series, InstanceNumber=3))  # later

    assert ids(web.tang.get(f"/studies/{study}/instances"), "00200013") == [1, 1, 2, 3]
    (found,) = web.quinn.get("/studies?includefield=all").json()
    assert (found["00201206"]["Value"], found["00201208"]["Value"], found["00080061"]["Value"]) == ([1], [1], ["CT"])
    (in_series,) = web.quinn.get(f"/studies/{study}/series").json()
    assert (in_series["0020000E"]["Value"], in_series["00201209"]["Value"]) == ([series], [1])
    for address in (f"/studies/{study}/instances", f"/studies/{study}/series/{series}/instances", "/instances"):
        assert ids(web.quinn.get(address), "00080018") == [shared.SOPInstanceUID]
    for query in (
        "/studies?ModalitiesInStudy=SR",
        f"/series?SeriesInstanceUID={report.SeriesInstanceUID}",
        f"/instances?SOPInstanceUID={second.SOPInstanceUID}",
        f"/studies/{study}/series/{report.SeriesInstanceUID}/instances",
    ):
        assert web.tang.get(query).json() != []
        assert web.quinn.get(query).json() == []


def test_an_image_says_how_many_bits_its_samples_have(web: Web) -> None:
    sent = [image(), image(BitsAllocated=8, BitsStored=8, HighBit=7, PixelData=bytes(64))]
    web.send(*sent)
    before = web.ada.get("/instances").json()
    describe_pending(
        web.engine, Bytes(web.archive.directory, FolderObjectStore(web.archive.directory / "no"), web.engine)
    )
    after = {one["00080018"]["Value"][0]: one for one in web.ada.get("/instances").json()}

    assert len(before) == len(after) == 2
    assert [after[one.SOPInstanceUID]["00280100"] for one in sent] == [
        {"vr": "US", "Value": [16]},
        {"vr": "US", "Value": [8]},
    ]


def test_a_name_in_characters_alone_has_an_alphabetic_group(web: Web) -> None:
    sent = image(PatientName="李^娜", ReferringPhysicianName='=Tang "唐"')
    path = web.send(sent)
    metadata, study = web.ada.get(f"{path}/metadata").json()[0], web.ada.get("/studies").json()[0]

    for found in (metadata, study):
        assert found["00100010"]["Value"] == [{"Alphabetic": "李^娜", "Ideographic": "李^娜"}]
        assert found["00080090"]["Value"] == [{"Alphabetic": 'Tang "唐"', "Ideographic": 'Tang "唐"'}]


def test_a_name_with_an_alphabetic_group_stays_as_it_is(web: Web) -> None:
    path = web.send(image(PatientName="Li^Na=李^娜"))

    for address in (f"{path}/metadata", "/studies"):
        found = web.ada.get(address).json()[0]
        assert found["00100010"]["Value"] == [{"Alphabetic": "Li^Na", "Ideographic": "李^娜"}]


def test_a_study_of_no_modality_has_none(web: Web) -> None:
    web.send(image(Modality=None))
    (study,) = web.ada.get("/studies").json()

    assert "00080061" not in study


def test_a_series_has_the_side_that_was_corrected_for_it_or_for_its_images(web: Web) -> None:
    study_uid, mixed, whole, paired, alike = (new_uid() for _ in range(5))
    sent = [
        image(StudyInstanceUID=study_uid, SeriesInstanceUID=series_uid, InstanceNumber=number, Laterality="L")
        for series_uid in (mixed, whole, alike)
        for number in (1, 2)
    ]
    breast = image(StudyInstanceUID=study_uid, SeriesInstanceUID=paired, ImageLaterality="L")
    web.send(*sent, breast)
    of_images = {
        f"Laterality@{one.SOPInstanceUID}": "R"
        for one in sent
        if one.SeriesInstanceUID == alike or (one.SeriesInstanceUID == mixed and one.InstanceNumber == 2)
    }
    of_images[f"ImageLaterality@{breast.SOPInstanceUID}"] = "R"
    web.correct(study_uid, **{f"Laterality@{whole}": "R"}, **of_images)

    found = web.ada.get(f"/studies/{study_uid}/series").json()
    metadata = web.ada.get(f"/studies/{study_uid}/series/{mixed}/metadata").json()

    assert {one["0020000E"]["Value"][0]: one["00200060"].get("Value") for one in found} == {
        mixed: None,
        whole: ["R"],
        alike: ["R"],
        paired: ["R"],
    }
    assert sorted(one["00200060"]["Value"][0] for one in metadata) == ["L", "R"]
