"""The pages on which images are sorted and details corrected: what was done is shown, kept and can be undone."""

from __future__ import annotations

from reading.audit import SYSTEM
from reading.context import Context
from reading.intake import rejections
from reading.intake.rejections import Note, Title
from storage.database import snapshot, transaction
from storage.index import queries
from tests.reading.clinic import read, send
from tests.reading.region import KEYS
from tests.storage.instances import DEVICE
from tests.viewer.house import House


def two_images(house: House, study_uid: str = "1.2.840.1") -> str:
    """A case of two images; its id."""
    case = house.case(study_uid)
    with transaction(house.engine) as tx:
        send(
            tx,
            house.clinic,
            study_uid,
            house.now,
            patient_id="P1",
            patient_name="Pia",
            sop_instance_uid=f"{study_uid}.1.2",
            received_digest=b"2" * 32,
        )
    return case.id


def counts(house: House, *study_uids: str) -> list[int]:
    with snapshot(house.engine) as tx:
        return [study.instances for uid in study_uids if (study := queries.study_of(tx, uid)) is not None]


def test_images_are_split_off_and_put_back_on_the_page(house: House) -> None:
    case_id = two_images(house)
    tang = house.signed_in("tang")
    page = tang.get(f"/t/case/{case_id}/images")
    split = house.submit(tang, f"/t/case/{case_id}/images", what="split", image="1.2.840.1.1.2", why="两人")
    new_case = split.headers["location"].split("/")[3]
    there = tang.get(split.headers["location"])
    (step,) = tang.get(f"/api/cases/{case_id}/images").json()["steps"]
    undone = house.submit(tang, f"/t/case/{new_case}/images/undo", step=step["id"], why="弄错了")

    assert page.text.count('type="checkbox" name="image"') == 2
    assert split.status_code == 303
    assert new_case != case_id
    assert "分出" in there.text
    assert "已成为单独的检查" in there.text
    assert undone.status_code == 303, undone.text
    assert undone.headers["location"].startswith(f"/t/case/{case_id}/images") or undone.headers["location"] == "/t"
    assert counts(house, "1.2.840.1") == [2]
    assert [kind for kind, _ in house.noted()] == ["placement", "surgery", "placement", "surgery_undone"]


def test_what_is_refused_is_explained_and_the_form_keeps_what_was_typed(house: House) -> None:
    case_id, other = two_images(house), house.case("1.2.840.2", patient_id="P2", patient_name="李建国")
    tang = house.signed_in("tang")
    nothing = house.submit(tang, f"/t/case/{case_id}/images", what="split", why="两人")
    nowhere = house.submit(tang, f"/t/case/{case_id}/images", what="move", image="1.2.840.1.1.1", why="拍到别人名下")
    strangers = house.submit(tang, f"/t/case/{case_id}/images", what="merge", into_case=other.id, why="同一次")

    assert (nothing.status_code, nowhere.status_code, strangers.status_code) == (422, 422, 422)
    assert "请选择本检查的影像" in nothing.text
    assert "请选择另一检查" in nowhere.text
    assert 'value="拍到别人名下"' in nowhere.text
    assert 'value="1.2.840.1.1.1" checked' in nowhere.text
    assert "患者不同" in strangers.text
    assert house.noted() == []


def test_a_whole_series_moves_to_the_patient_whom_it_shows(house: House) -> None:
    case_id, other = two_images(house), house.case("1.2.840.2", patient_id="P2", patient_name="李建国")
    tang = house.signed_in("tang")
    moved = house.submit(
        tang, f"/t/case/{case_id}/images", what="move", series="1.2.840.1.1", into_case=other.id, why="拍到别人名下"
    )
    there = tang.get(f"/t/case/{other.id}/images")

    assert moved.headers["location"] == f"/t/case/{other.id}/images?done=move"
    assert counts(house, "1.2.840.1", "1.2.840.2") == [0, 3]
    assert "移自他处" in there.text


def test_what_a_device_rejected_is_told_and_shown_again(house: House) -> None:
    case_id = two_images(house)
    with transaction(house.engine) as tx:
        read(tx, house.clinic, house.clinic.ada, case_id, house.now)
        note = Note(
            note_uid="9.1",
            title=Title.PATIENT_SAFETY,
            site_id=house.clinic.region.hills.id,
            device_id=DEVICE,
            received_at=house.now,
            sop_instance_uids=("1.2.840.1.1.1",),
        )
        rejections.take(Context(tx, house.clinic.audit, house.now, SYSTEM), KEYS, note)
    tang = house.signed_in("tang")
    page = tang.get(f"/t/case/{case_id}/images")
    (told,) = tang.get(f"/api/cases/{case_id}/images").json()["rejections"]
    shown = house.submit(tang, f"/t/case/{case_id}/images/show", rejection=told["id"], why="可以诊断")

    assert "因患者安全原因拒收" in page.text
    assert "1 幅已被拒收或隐藏" in page.text
    assert 'name="what"' not in page.text  # a report stands
    assert shown.status_code == 303
    assert counts(house, "1.2.840.1") == [2]


def test_the_api_hides_and_shows_and_merges(house: House) -> None:
    case_id, other = two_images(house), house.case("1.2.840.2")
    tang = house.signed_in("tang")
    hidden = tang.post(
        f"/api/cases/{case_id}/hide-images",
        json={"instances": ["1.2.840.1.1.1"], "why": "误拍", "revision": house.revision(case_id)},
    )
    (told,) = tang.get(f"/api/cases/{case_id}/images").json()["rejections"]
    after = counts(house, "1.2.840.1")
    tang.post(
        f"/api/cases/{case_id}/rejections/{told['id']}/lift",
        json={"why": "是好的", "revision": house.revision(case_id)},
    )
    merged = tang.post(
        f"/api/cases/{case_id}/merge",
        json={"into_case": other.id, "why": "同一次检查", "revision": house.revision(case_id)},
    )

    assert (hidden.status_code, merged.status_code) == (200, 200)
    assert after == [1]
    assert merged.json() == {"other_case_id": other.id}
    assert counts(house, "1.2.840.1", "1.2.840.2") == [0, 3]
    assert [kind for kind, _ in house.noted()] == [
        "rejection",
        "rejection_found",
        "placement",
        "rejection_lifted",
        "placement",
        "placement",
        "surgery",
    ]


def test_only_those_of_the_site_get_the_forms(house: House) -> None:
    case_id = two_images(house)
    ada, mona = house.signed_in("ada"), house.signed_in("mona")

    assert 'name="what"' not in ada.get(f"/t/case/{case_id}/images").text
    assert 'name="what"' in mona.get(f"/t/case/{case_id}/images").text
    assert (
        house.submit(ada, f"/t/case/{case_id}/images", what="hide", image="1.2.840.1.1.1", why="x").status_code == 403
    )
    assert "<form" not in ada.get(f"/t/case/{case_id}/correct").text.partition("<main")[2].partition("</main>")[0]


def test_details_are_corrected_where_something_was_changed(house: House) -> None:
    case_id = two_images(house)
    tang = house.signed_in("tang")
    form = {"name": "Pia", "sex": "", "birth_date": "", "body_part": "CHEST", "laterality": ""}
    same = house.submit(tang, f"/t/case/{case_id}/correct", **form, why="x")
    corrected = house.submit(
        tang,
        f"/t/case/{case_id}/correct",
        **{**form, "name": "李^娜", "sex": "F", "birth_date": "1990-03-07", "laterality": "L"},
        why="登记错误",
    )
    with snapshot(house.engine) as tx:
        study = queries.study_of(tx, "1.2.840.1")
    page = tang.get(f"/t/case/{case_id}/correct").text

    assert same.status_code == 422
    assert "没有任何改动" in same.text
    assert corrected.headers["location"] == f"/t/case/{case_id}?done=corrected"
    assert study is not None
    assert (study.patient_name, study.sex, study.birth_date) == ("LI^NA=李^娜", "F", "19900307")
    assert 'value="1990-03-07"' in page
    assert [kind for kind, _ in house.noted()] == ["attribution"]
    assert house.submit(tang, f"/t/case/{case_id}/correct", **{**form, "name": " "}, why="x").status_code == 422


def test_what_is_taken_along_comes_as_a_zip_and_leaves_a_trace(house: House) -> None:
    case_id = two_images(house)
    answer = house.signed_in("tang").get(f"/t/case/{case_id}/export.zip")

    assert (answer.status_code, answer.content) == (200, b"PKzip")
    assert answer.headers["content-type"] == "application/zip"
    assert house.signed_in("quinn").get(f"/t/case/{case_id}/export.zip").status_code == 404
