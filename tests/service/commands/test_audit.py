"""`tierread audit` lists, exports and verifies; a look at the audit is in it, too, and no cell calculates."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine
from typer.testing import CliRunner

from reading.actions import Action
from reading.audit import SYSTEM, Actor, ActorKind, Audit
from reading.kinds import Role
from service.cli import app
from storage.database import transaction
from tests.reading.region import hire, make_region

RUN = CliRunner()


@pytest.fixture
def ada(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Ada, who opened three cases an hour ago, on an installation that commands find."""
    monkeypatch.setenv("TIERREAD_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TIERREAD_DATABASE_URL", engine.url.render_as_string(hide_password=False))
    now = datetime.now(UTC) - timedelta(hours=1)
    with transaction(engine) as tx:
        region = make_region(tx, now)
        person = hire(tx, "ada", now, (Role.READER, region.oak))
        for number in range(3):
            Audit("web").record(
                tx,
                actor=Actor(kind=ActorKind.STAFF, id=person.person_id),
                action=Action.CASE_OPEN,
                subject_kind="case",
                subject_id=f"=C{number}",
                now=now + timedelta(minutes=number),
            )
    return person.person_id


def test_events_of_a_person_are_listed_page_by_page_and_each_look_is_in_the_audit(ada: str) -> None:
    asked = ["audit", "list", "--person", "ada", "--limit", "2", "--json"]
    first = json.loads(RUN.invoke(app, asked).stdout)
    second = json.loads(RUN.invoke(app, [*asked, "--after", first["after"]]).stdout)
    looks = json.loads(RUN.invoke(app, ["audit", "list", "--action", "audit.search", "--json"]).stdout)

    assert [one["subject_id"] for one in first["events"]] == ["=C2", "=C1"]
    assert ([one["subject_id"] for one in second["events"]], second["after"]) == (["=C0"], None)
    assert {one["actor_id"] for one in first["events"]} == {ada}
    assert [one["details"].get("actor_id") for one in looks["events"]] == [None, ada, ada]
    assert "case.open" in RUN.invoke(app, ["audit", "list", "--since", "2026-01-01"]).stdout


def test_an_export_is_json_lines_or_a_table_in_which_no_cell_calculates(ada: str, tmp_path: Path) -> None:
    del ada
    lines = RUN.invoke(app, ["audit", "export", "--action", "case.open"]).stdout.splitlines()
    to = tmp_path / "audit.csv"
    done = RUN.invoke(app, ["audit", "export", "--action", "case.open", "--format", "csv", "--output", str(to)])
    rows = list(csv.DictReader(io.StringIO(to.read_text("utf-8"))))
    kept = json.loads(RUN.invoke(app, ["audit", "list", "--action", "audit.export", "--json"]).stdout)

    assert done.exit_code == 0
    assert [json.loads(line)["subject_id"] for line in lines] == ["=C2", "=C1", "=C0"]
    assert [row["subject_id"] for row in rows] == ["'=C2", "'=C1", "'=C0"]
    assert {(row["actor_name"], row["at"][19:], len(row["at_local"])) for row in rows} == {("Ada", "+00:00", 19)}
    assert len(kept["events"]) == 2


def test_chains_that_hold_are_said_to_and_a_word_of_nobodys_is_refused(ada: str) -> None:
    del ada
    sound = RUN.invoke(app, ["audit", "verify", "--json"])

    assert (sound.exit_code, json.loads(sound.stdout)["sound"]) == (0, True)
    assert json.loads(sound.stdout)["chains"] >= 1
    assert "the audit holds" in RUN.invoke(app, ["audit", "verify"]).stdout
    assert RUN.invoke(app, ["audit", "list", "--action", "case.steal"]).exit_code != 0


def test_a_chain_that_was_rebuilt_without_an_event_ends_with_one(engine: Engine, ada: str) -> None:
    del ada
    with transaction(engine) as tx:
        if engine.dialect.name == "sqlite":
            for name in tx.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all():
                tx.exec_driver_sql(f'DROP TRIGGER "{name}"')
        else:
            tx.exec_driver_sql("ALTER TABLE audit_event DISABLE TRIGGER USER")
        tx.exec_driver_sql("DELETE FROM audit_event WHERE writer = 'web' AND number = 2")
        Audit("other").record(
            tx, actor=SYSTEM, action=Action.CASE_OPEN, subject_kind="case", subject_id="C", now=datetime.now(UTC)
        )
    broken = RUN.invoke(app, ["audit", "verify", "--json"])

    assert broken.exit_code == 1
    assert [(one["writer"], one["number"]) for one in json.loads(broken.stdout)["breaks"]] == [("web", 2)]


def test_sessions_are_ended_from_the_command_line(ada: str) -> None:
    del ada
    ended = RUN.invoke(app, ["person", "sign-out", "ada", "--json"])

    assert (ended.exit_code, json.loads(ended.stdout)) == (0, {"username": "ada", "sessions": 0})
    assert RUN.invoke(app, ["person", "sign-out", "nobody"]).exit_code != 0
