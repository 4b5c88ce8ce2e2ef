"""Whatever a device writes into an indexed attribute, its image goes the whole way: acknowledged, found, listed, read,
signed, printed, given away. What cannot be is shown as it came.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any, Final

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pynetdicom.ae import ApplicationEntity

from pacs.dataset import tags
from tests.builders import CT, encoded, image, thing
from tests.dicomweb import path_of
from tests.running import Cast, TierRead, serving, wait_until
from tests.wire import EXPLICIT_LITTLE, Object, Sender

STUDY_ROOT_FIND: Final = "1.2.840.10008.5.1.4.1.2.2.1"
DATES: Final = (
    "00010101",
    "00000000",
    "18180302",
    "19000101",
    "19691231",
    "20260231",
    "20700101",
    "99991231",
    "2026.01.05",
    "2026-01-05",
    "20260105-",
    "today",
)
AT_THE_END: Final = ("00010101", "99991231")
"""Of what a date can say: a zone shifts them beyond it."""
TIMES: Final = ("99", "24", "235960", "10:15:00", "101500.999999999", "-1", "12 30")
OFFSETS: Final = ("-0500", "+1400", "+9999", "-1259", "0800", "CST")
CODES: Final = ("", "?", "ct", "CT\\MR", "*", "男", "L\\R", "ISO_IR 192", "DROP TABLE")
NUMBERS: Final = ("-1", "2147483648", "1e9", "NaN", "99999999999999999999", "1\\2")
TEXTS: Final = (
    "<script>alert(1)</script>",
    "'; DROP TABLE study; --",
    "#set page(width: 1pt) $x^2$",
    "{{ 7 * 7 }}{% raw %}",
    "%s%n%00",
    "..\\..\\etc\\passwd",
    "^^^^=^^^^=^^^^",
    "===",
    "=王",
    "王\u202e小\u202c\u0301\u0301丽",
    "😀朱镕𠮷ﷺ",
    "\ufeff\u200b",
    "A" * 300,
    "\x1b$B0\x1b(B",
    "a\x00b\rc\nd\x7f",
    '="1+1"',
    "TEST",
    "0",
)
BYTES: Final = (
    b"\xff\xfe\x00",
    b"\x1b$)A\xd6\xec\xe9F",
    "朱镕".encode("gb18030"),
    "é".encode("latin-1"),
    b"\xf0\x9f\x98",
)
ANYTHING: Final = (
    st.sampled_from([*TEXTS, *CODES, *DATES]).map(str.encode) | st.sampled_from(BYTES) | st.binary(max_size=40)
)
ATTRIBUTES: Final[dict[int, tuple[str, tuple[str, ...]]]] = {
    tags.SPECIFIC_CHARACTER_SET: ("CS", ("", "ISO_IR 100", "ISO_IR 192", "GB18030", "\\ISO 2022 IR 58", "KOI8-R")),
    tags.STUDY_DATE: ("DA", DATES),
    tags.SERIES_DATE: ("DA", DATES),
    tags.STUDY_TIME: ("TM", TIMES),
    tags.SERIES_TIME: ("TM", TIMES),
    tags.ACCESSION_NUMBER: ("SH", TEXTS),
    tags.MODALITY: ("CS", CODES),
    tags.REFERRING_PHYSICIAN: ("PN", TEXTS),
    tags.STATION_NAME: ("SH", TEXTS),
    tags.STUDY_DESCRIPTION: ("LO", TEXTS),
    tags.SERIES_DESCRIPTION: ("LO", TEXTS),
    tags.PATIENT_NAME: ("PN", TEXTS),
    tags.PATIENT_ID: ("LO", TEXTS),
    tags.ISSUER_OF_PATIENT_ID: ("LO", TEXTS),
    tags.PATIENT_BIRTH_DATE: ("DA", DATES),
    tags.PATIENT_SEX: ("CS", CODES),
    tags.BODY_PART_EXAMINED: ("CS", CODES),
    tags.STUDY_ID: ("SH", TEXTS),
    tags.SERIES_NUMBER: ("IS", NUMBERS),
    tags.INSTANCE_NUMBER: ("IS", NUMBERS),
    tags.LATERALITY: ("CS", CODES),
    tags.TIMEZONE_OFFSET: ("SH", OFFSETS),
}
"""What the index reads: each with its VR and what is hostile to it."""

Written = dict[int, bytes]
IMAGES: Final = st.lists(
    st.fixed_dictionaries(
        {},
        optional={tag: st.sampled_from(values).map(str.encode) | ANYTHING for tag, (_, values) in ATTRIBUTES.items()},
    ),
    min_size=10,
    max_size=10,
)


@pytest.fixture(scope="module")
def tierread(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TierRead]:
    with serving(tmp_path_factory.mktemp("hostile"), settings={"TIERREAD_HTTP_CONNECTIONS_PER_ADDRESS": "512"}) as one:
        yield one


@pytest.fixture(scope="module")
def cast(tierread: TierRead) -> Cast:
    return tierread.cast()


@pytest.mark.timeout(300)
@settings(max_examples=2, derandomize=True, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(written=IMAGES)
def test_no_text_of_a_device_stops_its_image_anywhere(tierread: TierRead, cast: Cast, written: list[Written]) -> None:
    goes_the_whole_way(tierread, cast, written)


@pytest.mark.timeout(300)
def test_no_date_of_a_device_stops_its_image_anywhere(tierread: TierRead, cast: Cast) -> None:
    dated = [
        {tags.STUDY_DATE: day.encode(), tags.PATIENT_BIRTH_DATE: day.encode(), tags.TIMEZONE_OFFSET: offset.encode()}
        for day in DATES
        for offset in (("-0500", "+1400") if day in AT_THE_END else ("-0500",))
    ]
    goes_the_whole_way(tierread, cast, dated)


def goes_the_whole_way(tierread: TierRead, cast: Cast, written: list[Written]) -> None:
    made = [of(one) for one in written]
    sent = [dataset for dataset, _ in made]
    with Sender(
        address=("127.0.0.1", tierread.dicom_port), contexts=[(CT, [EXPLICIT_LITTLE])], calling=cast.device
    ) as sender:
        assert [sender.store(one) for _, one in made] == [0] * len(sent)
    ada, tang, machine = tierread.sign_in(cast.ada), tierread.sign_in(cast.tang), tierread.machine(cast.device)
    cases = wait_until(lambda: arrived(ada, sent), what="every image on the worklist, and all of them there")
    for one in sent:
        found_by_machines(tierread, cast, machine, one)
        read_by_people(ada, tang, cases[str(one.StudyInstanceUID)])
    for path in ("/t", "/quality", "/api/cases?size=200"):
        answered(tang, path)


def of(written: Written) -> tuple[Dataset, Object]:
    """An image, and what a sender sends of it: these bytes as they are in the place of its own values."""
    made = image(rows=8, columns=8, PatientName="Pia^Patient", StudyDescription="CHEST")
    elements = {int(one.tag): _alone(one) for one in made}
    for number, value in written.items():
        even = value + b" " * (len(value) % 2)
        vr = ATTRIBUTES[number][0].encode()
        elements[number] = struct.pack("<HH2sH", number >> 16, number & 0xFFFF, vr, len(even)) + even
    return made, replace(thing(made), dataset=b"".join(elements[number] for number in sorted(elements)))


def _alone(element: DataElement) -> bytes:
    dataset = Dataset()
    dataset.add(element)
    return encoded(dataset)


def arrived(ada: httpx.Client, sent: list[Dataset]) -> dict[str, dict[str, Any]] | None:
    items: list[dict[str, Any]] = []
    for page in count(1):
        items += (found := ada.get("/api/cases", params={"size": 200, "page": page}).json())["items"]
        if len(items) >= found["total"]:
            break
    cases = {study["study_uid"]: one for one in items for study in one["studies"] if not one["arriving"]}
    wanted = {str(one.StudyInstanceUID) for one in sent}
    return {uid: cases[uid] for uid in wanted} if wanted <= cases.keys() else None


def found_by_machines(tierread: TierRead, cast: Cast, machine: httpx.Client, one: Dataset) -> None:
    path = path_of(one)
    query = {"StudyInstanceUID": str(one.StudyInstanceUID)}
    for level in ("studies", "series", "instances"):
        answer = machine.get(f"/dicomweb/{level}", params={**query, "includefield": "all"})
        assert (answer.status_code, len(answer.json())) == (200, 1)
    for what in ("/metadata", "/rendered", ""):
        assert machine.get(f"/dicomweb{path}{what}", headers={"Accept": "*/*"}).status_code == 200
    entity = ApplicationEntity(ae_title=cast.device)
    entity.add_requested_context(STUDY_ROOT_FIND)
    association = entity.associate("127.0.0.1", tierread.dicom_port, ae_title=tierread.ae_title)
    asked = Dataset()
    asked.QueryRetrieveLevel, asked.StudyInstanceUID = "STUDY", one.StudyInstanceUID
    asked.PatientName = asked.PatientID = asked.StudyDate = asked.PatientBirthDate = asked.StudyDescription = ""
    try:
        statuses = [status.Status for status, _ in association.send_c_find(asked, STUDY_ROOT_FIND)]
    finally:
        association.release()
    assert statuses == [0xFF00, 0]


def read_by_people(ada: httpx.Client, tang: httpx.Client, case: dict[str, Any]) -> None:
    here = f"/t/case/{case['id']}"
    for page in ("", "/correct", "/identity", "/images", "/order", "/export.zip"):
        answered(tang, here + page)
    claimed = ada.post(f"/api/cases/{case['id']}/claim")
    assert claimed.status_code == 200, claimed.text
    desk = claimed.json()
    signed = ada.post(
        f"/api/cases/{case['id']}/sign",
        json={
            "lease_revision": desk["lease"]["revision"],
            "image_set": desk["image_set"],
            "shown_series": desk["to_see"],
            "draft_revision": 0,
            "content": {
                "findings": "双肺纹理清晰。",
                "impression": "未见异常。",
                "positive": False,
                "critical_class": None,
                "recommendation": "",
            },
        },
    )
    assert signed.status_code == 200, signed.text
    (version,) = signed.json()["versions"]
    assert answered(ada, f"/api/reports/{version['id']}.pdf").content.startswith(b"%PDF")
    answered(tang, f"/t/print/{version['id']}")
    answered(tang, here)


def answered(client: httpx.Client, path: str) -> httpx.Response:
    answer = client.get(path, follow_redirects=True)
    assert answer.status_code == 200, (path, answer.status_code, answer.text[:500])
    return answer
