"""The story of docs/path-of-a-study.md, told with a real sender, a real browser and no mock.

The township takes the picture, the county reads it, the city reviews the reading, the patient reads the report.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect
from pydicom import dcmwrite
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID

from storage.database import connect, snapshot
from storage.tables import segment
from tests.acts import decides, enters_as_a_patient, prints_a_receipt, sees_every_picture, writes
from tests.browser import PHONE, chromium, signed_in, window
from tests.builders import DX, image
from tests.conftest import need_tool
from tests.postgresql import Cluster, as_application
from tests.running import Cast, TierRead, serving, wait_until
from tests.seaweedfs import SeaweedFS
from tests.wire import EXPLICIT_LITTLE

FINDINGS = "右侧胸腔见无肺纹理透亮区，肺组织压缩约 60 %，⌀ 12 mm，𪛖氏线。"
IMPRESSION = "右侧气胸。"
AMENDED = "右侧张力性气胸，纵隔左移。"
READ_BACK = "右侧气胸，已安排转诊"


@pytest.fixture(params=["SQLite and a folder", "PostgreSQL and a bucket"])
def tierread(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TierRead]:
    if request.param == "SQLite and a folder":
        with serving(tmp_path) as running:
            yield running
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    s3: SeaweedFS = request.getfixturevalue("s3")
    # As it is delivered: the application's role owns nothing, so that a right which it lacks is found here.
    owner_url = cluster.new_database()
    settings = {**s3.settings("path"), "TIERREAD_DATABASE_OWNER_URL": owner_url}
    with serving(tmp_path, database_url=as_application(owner_url), settings=settings) as running:
        yield running
    cluster.drop(owner_url)


@pytest.fixture
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.mark.timeout(240)
def test_from_the_device_to_the_patients_phone(tierread: TierRead, browser: Browser, tmp_path: Path) -> None:
    cast = tierread.cast()
    tang = signed_in(window(browser, tierread), cast.tang, onward="/t")

    # The township registers the examination, takes the picture and sees that it arrived.
    accession = registers_a_chest(tang, cast)
    sends_the_picture(tierread, cast, accession, tmp_path)
    from_the_object_store(tierread)
    tang.goto("/t")
    expect(tang.locator(".images", has_text="1/1")).to_be_visible()

    # The county reads it: Ada claims, sets the critical flag, signs; Vera verifies.
    ada = signed_in(window(browser, tierread), cast.ada)
    ada.click("#take-next")
    sees_every_picture(ada)
    raises_a_critical_result(ada)
    expect(tang.locator(".banner.danger")).to_be_visible(timeout=30_000)  # by itself, before anybody signed
    writes(ada, FINDINGS, IMPRESSION)
    ada.locator(".actions .primary").click()
    expect(ada.locator("dialog .unprintable")).to_contain_text("〔U+2A6D6〕")  # said before it is signed
    ada.keyboard.press("Escape")
    decides(ada)
    vera = signed_in(window(browser, tierread), cast.vera)
    vera.click("#take-next")
    sees_every_picture(vera)
    decides(vera)

    # The township answers the alert and prints the preliminary report.
    acknowledges(tang)
    tang.goto("/t")
    tang.locator("td.actions a", has_text="临时报告").click()
    expect(tang.locator("article.sheet")).to_contain_text("临时报告，以正式报告为准")
    expect(tang.locator("article.sheet")).to_contain_text(IMPRESSION)
    tang.locator("button.primary").click()
    expect(tang.locator("[role=status]")).to_be_visible()

    # The city amends.
    ben = signed_in(window(browser, tierread), cast.ben)
    ben.click("#take-next")
    sees_every_picture(ben)
    ben.check("input[name=outcome][value=amend]")
    ben.check("input[name=score][value='3a']")
    ben.fill("#comment", "纵隔移位未描述。")
    ben.fill("#impression", AMENDED)
    decides(ben)

    # The township hands out the receipt; the patient reads the amended text on a phone.
    tang.goto("/t")
    tang.locator("a.patient").click()
    code = prints_a_receipt(tang)
    pia = window(browser, tierread, size=PHONE).new_page()
    enters_as_a_patient(pia, cast.pia.identity_card, code)
    pia.locator("ul.reports a").click()
    expect(pia.locator("article.report")).to_contain_text(AMENDED)
    expect(pia.locator("article.report")).not_to_contain_text(IMPRESSION)
    picture = pia.locator(".pictures img").first
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    assert AMENDED.rstrip("。") in text_of_the_pdf(pia, tmp_path)

    # The final report lies in the study as DICOM, and nothing has to be read for that.
    case_id = re.search(r"/t/case/(\w+)", tang.url)
    assert case_id is not None
    said = report_in_the_study(tierread, cast, case_id[1])
    assert AMENDED in said
    assert IMPRESSION not in said

    # Quinn, of another county, gets the answer of a thing that does not exist.
    quinn = tierread.sign_in(cast.quinn)
    theirs, nothing = (quinn.get(f"/api/cases/{name}") for name in (case_id[1], "0" * 26))

    assert theirs.status_code == nothing.status_code == 404
    assert theirs.json() == nothing.json()
    assert quinn.get("/api/cases").json()["total"] == 0


def report_in_the_study(tierread: TierRead, cast: Cast, case_id: str) -> str:
    """The structured report that QIDO-RS lists beside the images, by WADO-RS as text; there is a PDF as well."""
    ada = tierread.sign_in(cast.ada)
    study_uid = ada.get(f"/api/cases/{case_id}").json()["studies"][0]["study_uid"]
    study = f"/dicomweb/studies/{study_uid}"

    def listed() -> dict[str, str]:
        found = ada.get(f"{study}/series").json()
        series = {one["00080060"]["Value"][0]: one["0020000E"]["Value"][0] for one in found}
        return series if {"SR", "DOC"} <= set(series) else {}

    series = wait_until(listed, what="the objects of the report")
    assert set(series) == {"DX", "SR", "DOC"}
    metadata = ada.get(f"{study}/series/{series['SR']}/metadata").json()
    assert len(metadata) == 1
    pdf = ada.get(f"{study}/series/{series['DOC']}/metadata").json()
    assert pdf[0]["00420012"]["Value"] == ["application/pdf"]
    case = ada.get(f"/api/cases/{case_id}").json()
    assert (case["state"], case["follow_up"], sum(case["to_see"].values())) == ("final", None, 1)
    assert (case["images"]["arrived"], case["images"]["late"], case["studies"][0]["modality"]) == (1, 0, "DX")
    whole = ada.get(f"{study}/series/{series['SR']}", headers={"Accept": 'multipart/related; type="application/dicom"'})
    assert whole.status_code == 200
    return str(metadata)


def registers_a_chest(tang: Page, cast: Cast) -> str:
    """Fills in the order form; the accession number that it answers."""
    tang.goto("/t/order")
    tang.select_option("#card_type", "identity_card")
    tang.fill("#card", cast.pia.identity_card)
    tang.keyboard.press("Enter")
    tang.fill("#name", cast.pia.name)
    tang.check("input[name=modality][value=DX]")
    tang.check("input[name=body_part][value=CHEST]")
    tang.fill("#reason", "咳嗽三天")
    tang.locator("main form.card button[type=submit]").click()
    tang.wait_for_url("**/t/order?made=*")
    registered = re.search(r"[0-9]{6}[0-9A-Z]{6}", tang.locator("p.note.success").inner_text())
    assert registered is not None
    return registered[0]


def sends_the_picture(tierread: TierRead, cast: Cast, accession: str, folder: Path) -> None:
    """The device sends with DCMTK's storescu."""
    dataset = image(
        rows=512,
        columns=512,
        SOPClassUID=DX,
        Modality="DX",
        BodyPartExamined="CHEST",
        StudyDescription="胸部正位",
        AccessionNumber=accession,
        PatientID=cast.pia.number,
        PatientName=f"Pi^Ya={cast.pia.name}",
        PatientBirthDate="19800506",
        WindowCenter=2048,
        WindowWidth=4096,
    )
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(EXPLICIT_LITTLE)
    dcmwrite(folder / "chest.dcm", dataset, enforce_file_format=True)
    command = [need_tool("storescu"), "-aet", cast.device, "-aec", tierread.ae_title]
    subprocess.run(
        [*command, "127.0.0.1", str(tierread.dicom_port), str(folder / "chest.dcm")],
        check=True,
        env={**os.environ, "TCP_NODELAY": "1"},
        timeout=60,
    )


def from_the_object_store(tierread: TierRead) -> None:
    """From here on all is read where it is stored: the spool has given up its copy, as it does after ten minutes."""
    engine = connect(tierread.database_url)

    def stored() -> str | None:
        with snapshot(engine) as tx:
            return tx.scalar(sa.select(segment.c.key).where(segment.c.state == "stored"))

    try:
        key = wait_until(stored, what="a stored segment")
    finally:
        engine.dispose()
    (tierread.data_dir / "spool" / key).unlink()


def raises_a_critical_result(page: Page) -> None:
    page.locator(".actions button.danger").click()
    page.select_option("dialog select[name=class]", "pneumothorax")
    page.fill("dialog textarea[name=finding]", "右侧气胸")
    page.locator("dialog button[type=submit]").click()
    expect(page.locator("dialog")).to_have_count(0)


def acknowledges(page: Page) -> None:
    banner = page.locator(".banner.danger")
    banner.locator("input[name=read_back]").fill(READ_BACK)
    banner.locator("input[name=spoken_with]").fill("值班医生")
    banner.locator("button").click()
    expect(page.locator(".banner.danger")).to_have_count(0)
    page.locator(".banner.alert select[name=disposal]").select_option("transferred")
    page.locator(".banner.alert button").click()
    expect(page.locator(".banner.alert")).to_have_count(0)


def text_of_the_pdf(page: Page, folder: Path) -> str:
    answer = page.request.get(page.url + ".pdf")
    assert answer.headers["content-type"] == "application/pdf"
    (folder / "report.pdf").write_bytes(answer.body())
    return subprocess.run(
        [need_tool("pdftotext"), "-layout", str(folder / "report.pdf"), "-"], check=True, capture_output=True, text=True
    ).stdout
