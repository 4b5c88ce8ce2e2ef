"""Malformed and hostile files that were taken in are answered for by every route, and the server lives."""

from __future__ import annotations

from collections import Counter

import pytest

from tests import corpus
from tests.dicomweb import Web
from tests.wire import from_file


def test_odd_files_get_an_answer_from_every_route(web: Web, capsys: pytest.CaptureFixture[str]) -> None:
    answers: Counter[tuple[str, int]] = Counter()
    for file in (file for file in corpus.files() if file.odd):
        if file.path.stat().st_size:
            web.archive.take(from_file(file.path))
    rows = web.archive.instances()
    for row in rows:
        path = f"/studies/{row['study_uid']}/series/{row['series_uid']}/instances/{row['sop_instance_uid']}"
        for below in ("", "/metadata", "/rendered", "/thumbnail", "/frames/1", "/bulkdata/7FE00010"):
            answers[below, web.ada.get(path + below).status_code] += 1
        answers["explicit", web.ada.get(path, headers={"Accept": EXPLICIT}).status_code] += 1
        web.correct(row["study_uid"], PatientName="Li^Na", PatientID="P-9001")
        answers["corrected", web.ada.get(path).status_code] += 1
        answers["corrected metadata", web.ada.get(f"{path}/metadata").status_code] += 1
    with capsys.disabled():
        print(f"\n{len(rows)} odd files taken in: {dict(answers)}")

    assert {status for _, status in answers} <= {200, 404, 406}
    assert answers["/metadata", 200] == answers["corrected metadata", 200] == answers["", 200] == len(rows)
    assert web.ada.get("/studies").status_code == 200


EXPLICIT = "application/dicom; transfer-syntax=1.2.840.10008.1.2.1"
