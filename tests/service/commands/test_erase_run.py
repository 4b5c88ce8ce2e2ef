"""`tierread erase`, `hold` and `retention`: images go for good, the case and its report stay."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from pacs.arriving.outcome import Reason
from reading.audit import events_about
from reading.cases import cases
from reading.cases.moves import State
from reading.completeness import account, ledger
from reading.errors import NotAllowed
from reading.tables import case
from service.cli import app
from service.steps import steps
from storage import tables
from storage.database import snapshot, transaction
from storage.index.queries import study_of
from tests.builders import image, thing
from tests.compacted import stored
from tests.service.steps.test_compact import STUDY, Here, here

__all__ = ["here"]


@pytest.fixture
def told(here: Here, monkeypatch: pytest.MonkeyPatch) -> Iterator[CliRunner]:
    """The command line on the same installation."""
    monkeypatch.setenv("TIERREAD_DATA_DIR", str(here.house.settings.data_dir))
    monkeypatch.setenv("TIERREAD_NODE", "node")
    url = here.house.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("TIERREAD_DATABASE_URL", url)
    yield CliRunner()
    assert os.environ["TIERREAD_DATABASE_URL"] == url


def case_id(here: Here) -> str:
    with snapshot(here.house.engine) as tx:
        found = cases.of_study(tx, STUDY)
    assert found is not None
    return found.id


def instances(here: Here) -> int:
    return len(here.archive.instances())


def test_the_images_of_a_case_go_and_the_case_opens_all_the_same(here: Here, told: CliRunner) -> None:
    first = here.arrive(1)
    here.arrive(2)
    here.read()
    ended = told.invoke(app, ["erase", case_id(here), "--reason", "asked for by the patient", "--yes", "--json"])
    said = json.loads(ended.stdout)
    here.archive.take(thing(image(SOPInstanceUID=first, StudyInstanceUID=STUDY)), here.sender)
    with snapshot(here.house.engine) as tx:
        study = study_of(tx, STUDY)
        shown = cases.by_id(tx, case_id(here))
        progress = account.of_case(tx, shown)
        arrived = ledger.arrived(tx, [STUDY])
        events = [(one.action, one.details) for one in events_about(tx, "study", STUDY)]
    assert study is not None

    assert (said["studies"], said["instances"], said["segments_waiting"]) == (1, 2, 0)
    assert (instances(here), shown.state, arrived) == (0, State.FINAL, 2)
    assert progress is not None
    assert study.erased_at is not None
    assert events[0] == ("study.erase", {"instances": 2, "request_id": said["request"]})
    assert here.archive.quarantined() == []
    assert list(here.house.object_store.keys("segments/")) == []


def test_who_sends_it_again_is_refused_and_nothing_is_kept(here: Here, told: CliRunner) -> None:
    uid = here.arrive(1)
    here.read()
    told.invoke(app, ["erase", "--reason", "by order", "--yes"], input=f"{STUDY}\n")
    outcome = here.archive.take(
        thing(image(SOPInstanceUID=uid, StudyInstanceUID=STUDY, SeriesInstanceUID=f"{STUDY}.1")), here.sender
    )
    stored(here.archive)

    assert (outcome.accepted, outcome.reason, outcome.status) == (False, Reason.ERASED, 0x0124)
    assert (here.archive.instances(), here.archive.quarantined()) == ([], [])


def test_nothing_goes_without_a_yes(here: Here, told: CliRunner) -> None:
    here.arrive(1)
    here.read()
    ended = told.invoke(app, ["erase", STUDY, "--reason", "by order"], input="n\n")

    assert (ended.exit_code, instances(here)) == (1, 1)


def test_an_open_case_stays_unless_it_is_meant(here: Here, told: CliRunner) -> None:
    here.arrive(1)
    here.read(State.READING)
    refused = told.invoke(app, ["erase", STUDY, "--reason", "by order", "--yes"])
    before = instances(here)
    meant = told.invoke(app, ["erase", STUDY, "--reason", "by order", "--yes", "--open-too"])

    assert isinstance(refused.exception, NotAllowed)
    assert (before, meant.exit_code, instances(here)) == (1, 0, 0)


def test_a_hold_keeps_the_images_until_it_ends(here: Here, told: CliRunner) -> None:
    here.arrive(1)
    here.read()
    told.invoke(app, ["hold", STUDY, "--reason", "case 12 of the court"])
    refused = told.invoke(app, ["erase", STUDY, "--reason", "by order", "--yes"])
    before = instances(here)
    told.invoke(app, ["hold", STUDY, "--end"])
    erased = told.invoke(app, ["erase", STUDY, "--reason", "by order", "--yes"])

    assert isinstance(refused.exception, NotAllowed)
    assert (before, erased.exit_code, instances(here)) == (1, 0, 0)


def test_only_what_is_old_and_over_and_not_held_goes_by_its_age(
    here: Here, told: CliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, uid in enumerate((STUDY, "1.2.840.2", "1.2.840.3", "1.2.840.4")):
        here.arrive(number, uid)
    here.read()
    old = here.clock.now - timedelta(days=16 * 366)
    with transaction(here.house.engine) as tx:
        aged = tables.study.c.study_uid.in_((STUDY, "1.2.840.2", "1.2.840.3"))
        tx.execute(sa.update(tables.study).where(aged).values(last_received_at=old))
        tx.execute(sa.update(tables.study).where(tables.study.c.study_uid == "1.2.840.2").values(hold="court"))
        open_one = cases.of_study(tx, "1.2.840.3")
        assert open_one is not None
        tx.execute(sa.update(case).where(case.c.id == open_one.id).values(state=State.READING))
    unset = told.invoke(app, ["retention", "--json"])
    monkeypatch.setenv("TIERREAD_RETENTION_YEARS", "15")
    shown = json.loads(told.invoke(app, ["retention", "--json"]).stdout)
    told.invoke(app, ["retention", "--erase", "--yes"])

    assert unset.exit_code != 0
    assert {one["study_uid"]: (one["held"], one["open"]) for one in shown} == {
        STUDY: (False, False),
        "1.2.840.2": (True, False),
        "1.2.840.3": (False, True),
    }
    assert {row["study_uid"] for row in here.archive.instances()} == {"1.2.840.2", "1.2.840.3", "1.2.840.4"}


def test_the_worker_writes_out_what_was_not_stored_yet(here: Here, told: CliRunner) -> None:
    uid = here.arrive(1)
    here.read()
    here.archive.take(thing(image(StudyInstanceUID=STUDY, SeriesInstanceUID=f"{STUDY}.1")), here.sender)
    said = json.loads(told.invoke(app, ["erase", STUDY, "--reason", "by order", "--yes", "--json"]).stdout)
    step = next(one for one in steps.of(here.house, here.stop) if one.name == "write out what was erased")
    stored(here.archive)
    while step.run():
        pass
    here.clock.now += timedelta(days=1)
    next(one for one in steps.of(here.house, here.stop) if one.name == "remove what was replaced").run()

    assert uid not in {row["sop_instance_uid"] for row in here.archive.instances()}
    assert said["segments_waiting"] == 1
    assert list(here.house.object_store.keys("segments/")) == []
