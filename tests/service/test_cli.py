"""The command line, as somebody types it: a process with its exit code and its words."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import sqlalchemy as sa

from reading.tables import audit_event
from storage.database import connect, snapshot
from tests.running import TierRead


@pytest.fixture
def tierread(tmp_path: Path) -> TierRead:
    return TierRead(tmp_path)


def test_a_newcomer_builds_a_small_region(tierread: TierRead) -> None:
    password = tierread.folder / "password"
    password.write_text("eine-lange-Losung\n")

    tierread.admin("org", "add", "C1", "县医院", "--level", "county")
    town = tierread.admin("org", "add", "T1", "卫生院", "--level", "township", "--parent", "C1")
    first = tierread.admin("person", "add", "唐 技师", "--org", "T1", "--role", "technician")
    lasting = tierread.admin(
        "person",
        "add",
        "Ada",
        "--org",
        "C1",
        "--role",
        "reader",
        "--title",
        "主治医师",
        "--password-file",
        str(password),
    )
    tierread.admin("person", "grant", "ada", "--org", "C1", "--role", "verifier")
    tierread.admin("device", "add", "DR1", "--host", "10.1.2.3", "--site", "T1", "--port", "１０４")
    token = tierread.admin("device", "token", "DR1")
    people = tierread.admin("person", "list")
    devices = tierread.admin("device", "list")

    assert (town["level"], town["parent"]) == ("township", "C1")
    assert first["username"] == "tangjishi"
    assert len(first["password"]) >= 16
    assert "password" not in lasting
    assert {(each["username"], role["role"]) for each in people for role in each["roles"]} == {
        ("tangjishi", "technician"),
        ("ada", "reader"),
        ("ada", "verifier"),
    }
    assert [(each["network"], each["port"], each["site"], each["issuer"]) for each in devices] == [
        ("10.1.2.3/32", 104, "T1", "T1")
    ]
    assert len(token["token"]) >= 40


def test_paths_and_texts_are_taken_letter_by_letter(tierread: TierRead) -> None:
    folder = tierread.folder / "ＣＴ\u00a0ﬁle"
    folder.mkdir()
    saved = folder / "２０２６.tar"
    tierread.admin("org", "add", "Ｃ１", "ＣＴ", "--level", "county")
    tierread.run("backup", str(saved))

    assert [(one["code"], one["name"]) for one in tierread.admin("org", "list")] == [("C1", "ＣＴ")]
    assert saved.is_file()


def test_a_role_and_an_agreement_end_by_command(tierread: TierRead) -> None:
    tierread.admin("org", "add", "C1", "县医院", "--level", "county")
    tierread.admin("org", "add", "T1", "卫生院", "--level", "township", "--parent", "C1")
    tierread.admin("person", "add", "Ada", "--org", "C1", "--role", "reader")
    tierread.admin("person", "grant", "ada", "--org", "C1", "--role", "verifier")
    person = tierread.admin("person", "revoke", "ada", "--org", "C1", "--role", "reader")
    again = tierread.run("person", "revoke", "ada", "--org", "C1", "--role", "reader")
    of_town = next(one for one in tierread.admin("org", "agreement", "list") if one["site"] == "T1")
    ended = tierread.admin("org", "agreement", "end", of_town["id"])
    unknown = tierread.run("org", "agreement", "end", of_town["id"])
    left = [(one["site"], one["reader"], one["tier"]) for one in tierread.admin("org", "agreement", "list")]

    assert person["roles"] == [{"role": "verifier", "org": "C1"}]
    assert (again.returncode, "there is no role reader of ada at C1" in again.stderr) == (4, True)
    assert (of_town["reader"], ended["id"]) == ("C1", of_town["id"])
    assert (unknown.returncode, f"there is no agreement {of_town['id']}" in unknown.stderr) == (4, True)
    assert left == [("C1", "C1", "county")]


def test_what_has_ended_is_listed_as_ended_and_every_change_is_on_record(tierread: TierRead) -> None:
    tierread.admin("org", "add", "T1", "卫生院", "--level", "township")
    tierread.admin("device", "add", "DR1", "--host", "10.1.2.0/24", "--site", "T1")
    tierread.admin("device", "end", "DR1")
    again = tierread.run("device", "end", "DR1")
    devices = tierread.admin("device", "list")
    engine = connect(tierread.database_url)
    with snapshot(engine) as tx:
        actions = list(tx.scalars(sa.select(audit_event.c.action).order_by(audit_event.c.number)))
    engine.dispose()

    assert devices[0]["until"] is not None
    assert again.returncode == 4
    assert actions == ["organisation.add", "device.add", "device.end"]


def test_a_refusal_says_why_and_exits_with_4(tierread: TierRead) -> None:
    nobody = ("person", "add", "x", "--org", "NOBODY", "--role", "reader")
    said = {
        "--parent: no organisation": tierread.run("org", "add", "T1", "x", "--level", "township", "--parent", "NOBODY"),
        "there is no organisation NOBODY": tierread.run(*nobody),
        "none cannot be read: No such file": tierread.run(*nobody, "--password-file", "none"),
        "there is no device DR9": tierread.run("device", "end", "DR9"),
        "there is no person nobody": tierread.run("person", "end", "nobody"),
        "there is no forwarding rule 7": tierread.run("forward", "end", "7"),
    }

    assert {done.returncode for done in said.values()} == {4}
    for words, done in said.items():
        assert words in done.stderr
        assert done.stdout == ""
        assert "Traceback" not in done.stderr


def test_wrong_settings_and_wrong_usage_exit_with_2(tierread: TierRead) -> None:
    tierread.environ |= {"TIERREAD_HTTP_PORT": "zero", "TIERREAD_PORT": "1"}
    settings = tierread.run("org", "list")
    usage = tierread.run("org", "add")

    assert settings.returncode == usage.returncode == 2
    assert "TIERREAD_HTTP_PORT: expected a whole number" in settings.stderr
    assert "TIERREAD_PORT: no such setting" in settings.stderr


def test_a_database_that_does_not_answer_or_is_too_new_exits_with_3(tierread: TierRead) -> None:
    tierread.environ["TIERREAD_DATABASE_URL"] = "postgresql+psycopg://tierread@127.0.0.1:1/tierread"
    away = tierread.run("org", "list")
    del tierread.environ["TIERREAD_DATABASE_URL"]
    tierread.admin("org", "list")
    engine = connect(tierread.database_url)
    with engine.begin() as tx:
        tx.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    too_new = tierread.run("org", "list")

    assert away.returncode == too_new.returncode == 3
    assert "does not answer" in away.stderr
    assert "9999" in too_new.stderr


def test_a_damaged_database_exits_with_3_and_says_what_helps(tierread: TierRead) -> None:
    tierread.admin("org", "list")
    (tierread.data_dir / "tierread.db").write_bytes(b"no database" * 1000)
    for log in tierread.data_dir.glob("tierread.db-*"):
        log.unlink()
    garbage = tierread.run("org", "list")

    assert garbage.returncode == 3
    assert "the database is damaged" in garbage.stderr
    assert "tierread restore" in garbage.stderr
    assert "Traceback" not in garbage.stderr


def test_a_data_folder_that_somebody_made_is_closed_to_others(tierread: TierRead) -> None:
    tierread.data_dir.mkdir(mode=0o755)
    (tierread.data_dir / "tierread.db").touch(0o644)
    tierread.admin("org", "list")

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tierread.data_dir, *tierread.data_dir.iterdir())}
    assert {mode for name, mode in modes.items() if name.startswith("tierread.db")} == {0o600}
    assert modes[tierread.data_dir.name] == 0o700


def test_the_help_is_grouped_by_what_people_do(tierread: TierRead) -> None:
    asked = tierread.run("--help").stdout
    places = [asked.index(f"─ {panel} ─") for panel in ("Run", "People and devices", "Images in and out")]
    places += [asked.index(f"─ {panel} ─") for panel in ("Keep and check", "Erase")]

    assert places == sorted(places)
    assert asked.count("│ device ") == 1
    assert tierread.run("--version").stdout == f"tierread {version('tierread')}\n"
    assert tierread.run("devices", "list").returncode == 0
    assert tierread.run("nothing").returncode == 2


def test_a_command_imports_no_other_command(tierread: TierRead) -> None:
    code = "import sys; from service.cli import app; app(['org', '--help'], standalone_mode=False); print(*sys.modules)"
    ran = [sys.executable, "-c", code]
    done = subprocess.run(ran, env=tierread.environ, cwd=tierread.folder, capture_output=True, text=True, check=True)
    imported = {name for name in done.stdout.split() if name.startswith(("service.commands.", "pacs"))}

    assert "service.commands.organisations" in imported
    assert imported & {"service.commands.import_files", "service.commands.serve", "pacs"} == set()


def test_lists_read_well_on_a_terminal(tierread: TierRead) -> None:
    tierread.admin("org", "add", "T1", "河口镇卫生院", "--level", "township")
    done = tierread.run("org", "list")

    assert done.stdout.split()[:3] == ["code", "name", "level"]
    assert "河口镇卫生院" in done.stdout
    assert json.loads(tierread.run("org", "list", "--json").stdout)[0]["code"] == "T1"


def test_forwarding_rules_are_added_listed_and_ended(tierread: TierRead) -> None:
    tierread.admin("org", "add", "C1", "县医院", "--level", "county")
    tierread.admin("org", "add", "T1", "卫生院", "--level", "township", "--parent", "C1")
    tierread.admin("org", "add", "C2", "邻县医院", "--level", "county")
    tierread.admin("device", "add", "PACS", "--host", "10.1.2.3", "--site", "C1", "--port", "104")
    tierread.admin("device", "add", "ELSE", "--host", "10.1.2.4", "--site", "C2", "--port", "104")
    rule = tierread.admin("forward", "add", "--site", "T1", "--to", "PACS", "--modality", "CT", "--when", "final")
    stranger = tierread.run("forward", "add", "--site", "T1", "--to", "ELSE")
    unlisted = tierread.run("forward", "add", "--site", "T1", "--url", "https://pacs.example.cn/dicom-web")
    tierread.admin("forward", "end", rule["id"])
    rules = tierread.admin("forward", "list")

    assert [(one["site"], one["to"], one["modality"], one["when"]) for one in rules] == [("T1", "PACS", "CT", "final")]
    assert rules[0]["until"] is not None
    assert (stranger.returncode, unlisted.returncode) == (4, 4)
    assert tierread.admin("forward", "jobs") == []
    assert tierread.run("forward", "retry", rule["id"]).returncode == 4
