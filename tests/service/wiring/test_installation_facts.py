"""The page of the installation: every fact has its words, what is wrong is red, and no secret is shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from service.installation.house import House, house_of
from service.installation.installation import make_folders, open_database
from service.installation.load_settings import load
from service.processes.health import State
from service.wiring.installation_facts import installation_of
from storage.backup import schedule
from storage.database import transaction
from storage.schema import migrate
from tests.reading.region import make_region
from viewer.http.installation import Fact, Standing
from viewer.pages.installation import FACTS, PARTS, fact_line, part_of
from viewer.words.catalogue import Language

READY = dict.fromkeys(("database", "spool", "object_store", "dicom", "worker"), "ok")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {
        "TIERREAD_DATA_DIR": str(tmp_path / "data"),
        "TIERREAD_AE_TITLE": "HERE",
        "TIERREAD_COPY_STORE": str(tmp_path / "copy"),
    }


def test_what_is_wrong_is_found_and_worded_with_what_to_do(environ: dict[str, str], tmp_path: Path) -> None:
    settings = load(environ)
    folders = make_folders(settings, demo=None, founds=True)
    engine = open_database(settings)
    migrate(engine)
    with house_of(settings, folders, "web") as house:
        with transaction(house.engine) as tx:
            make_region(tx, house.clock())
        fresh = installation_of(house, environ, lambda _now: READY)
        without = _at(house, timedelta(days=3))
        kept = replace(house, settings=replace(settings, backup_dir=tmp_path))
        awaited = installation_of(kept, environ, lambda _now: READY)
        missed = installation_of(_at(kept, timedelta(days=3)), environ, lambda _now: READY)
        before = installation_of(without, environ, lambda _now: {**READY, "worker": str(State.FAILED)})
        with transaction(house.engine) as tx:
            schedule.note(tx, "here", 1, house.clock(), house.clock())
        after = installation_of(house, environ, lambda _now: READY)
        late = installation_of(_at(house, timedelta(days=3)), environ, lambda _now: READY)
    engine.dispose()

    def of(facts: tuple[Fact, ...]) -> dict[str, Standing]:
        return {one.word: one.standing for one in facts}

    assert {of(fresh.facts)[word] for word in ("backup-unset", "anchor-never", "sweep-never")} == {Standing.WAITING}
    assert of(awaited.facts)["backup-first"] is Standing.WAITING
    assert of(missed.facts)["backup-never"] is Standing.BAD
    assert of(before.facts)["worker"] is Standing.BAD
    assert of(before.facts)["anchor-never"] is Standing.BAD
    assert of(before.facts)["backup-unset"] is Standing.BAD
    assert of(after.facts)["worker"] is Standing.GOOD
    assert of(after.facts)["backup"] is Standing.GOOD
    assert of(late.facts)["backup"] is Standing.BAD
    for found in (fresh, awaited, missed, before, after, late):
        assert of(found.facts).keys() <= set(FACTS)
        assert {part_of(word) for word in of(found.facts)} == {one for part in PARTS.values() for one in part}
        for language in Language:
            lines = [fact_line(one, language) for one in found.facts]
            assert all(line["says"] for line in lines)
            assert all(bool(line["do"]) == (line["bad"] or line["word"].endswith("-unset")) for line in lines)


def test_settings_say_where_they_come_from_and_hide_passwords(environ: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "tierread.toml"
    file.write_text('node = "n1"\n')
    environ = {**environ, "TIERREAD_CONFIG": str(file)}
    settings = load(environ)
    folders = make_folders(settings, demo=None, founds=True)
    engine = open_database(settings)
    migrate(engine)
    with house_of(settings, folders, "web") as house:
        secret = replace(house.settings, database_owner_url="postgresql+psycopg://owner:hunter2@db/tierread")
        found = installation_of(replace(house, settings=secret), environ, lambda _now: READY)
    engine.dispose()
    shown = {one.name: one for one in found.settings}

    assert shown["TIERREAD_AE_TITLE"].value == "HERE"
    assert shown["TIERREAD_AE_TITLE"].source == "TIERREAD_AE_TITLE"
    assert shown["TIERREAD_NODE"].source == f"{file}: node"
    assert shown["TIERREAD_HTTP_PORT"].source == ""
    assert "owner:***@db" in shown["TIERREAD_DATABASE_OWNER_URL"].value
    assert not any("hunter2" in one.value for one in found.settings)


def _at(house: House, later: timedelta) -> House:
    return replace(house, clock=lambda: house.clock() + later)
