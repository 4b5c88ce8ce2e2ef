"""A backup of either kind of database is restored into either, whole or not at all, and never over something."""

from __future__ import annotations

import gzip
import json
import re
import tarfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading import audit_chains
from storage import tables
from storage.backup import database_dump, schedule
from storage.backup.archive import BrokenBackup
from storage.backup.database_dump import INDEX, NotEmpty, restore, write
from storage.database import connect, metadata, snapshot, transaction
from storage.index import journal
from storage.rebuild import rebuild
from storage.schema import SchemaTooNew, is_current, migrate
from tests.reading.clinic import arrive, open_clinic, read
from tests.reading.intake.test_replay import at_work
from tests.recorded import recorded
from tests.storage.test_migrations import at as at_revision

Rows = dict[str, list[dict[str, Any]]]
MARK: Final = "rebuilding"
"""What a restored database has until its index was made again."""

ONE_OF_TWO: Final = {
    "forwarding_rule": {"url": ""},
    "factor": {"kind": "totp"},
    "patient_session": {"telephone_id": None},
    "teaching_entry": {"removed_at": None, "grams": [1]},
}
"""What a row says, or leaves out, where it says one thing or another."""


def quiet() -> None:
    pass


@recorded
def fill(tx: Connection, now: datetime) -> None:
    """A clinic at work, and one row in each table that its work did not touch."""
    clinic = open_clinic(tx, now)
    at_work(tx, clinic, now)
    read(tx, clinic, clinic.ada, arrive(tx, clinic, "1.5", now, patient_name="皮^亚=Pi^Ya").id, now)
    for table in metadata.sorted_tables:
        if table.name != MARK and tx.scalar(sa.select(sa.func.count()).select_from(table)) == 0:
            made = {column.name: something(tx, column, now) for column in table.columns}
            tx.execute(sa.insert(table).values(made | ONE_OF_TWO.get(table.name, {})))


def something(tx: Connection, column: sa.Column[Any], now: datetime) -> Any:
    """A value that the column takes."""
    for key in column.foreign_keys:
        return None if key.column.table is column.table else tx.scalar(sa.select(key.column).limit(1))
    checks = (str(one.sqltext) for one in column.table.constraints if isinstance(one, sa.CheckConstraint))
    listed = re.compile(rf"\b{column.name}\"? in \('([a-z0-9_]+)'")
    for check in checks:
        if found := listed.search(check):
            return found[1]
    match column.type:
        case sa.JSON():
            return {"名": ["皮亚", 1, 2.5, None, True]}
        case sa.LargeBinary():
            return bytes(range(32))
        case sa.Boolean():
            return True
        case sa.Integer():
            return 7
        case sa.Date():
            return now.date()
        case sa.String():
            return "1"
        case _:
            return now + timedelta(microseconds=123456)


def everything(engine: Engine) -> Rows:
    with snapshot(engine) as tx:
        return {
            table.name: sorted((dict(row) for row in tx.execute(sa.select(table)).mappings()), key=repr)
            for table in metadata.sorted_tables
            if table.name != MARK
        }


@pytest.fixture
def full(engine: Engine, now: datetime) -> Engine:
    with transaction(engine) as tx:
        fill(tx, now)
    return engine


def test_every_row_comes_back_and_the_audit_holds(full: Engine, empty: Engine, tmp_path: Path, now: datetime) -> None:
    file = tmp_path / "a.backup"
    written = write(full, file, now)
    before = everything(full)
    read_back = restore(empty, file, now, quiet)
    with snapshot(empty) as tx:
        breaks = [audit_chains.verify_chain(tx, writer) for writer in audit_chains.writers(tx)]
        with pytest.raises(sa.exc.DBAPIError, match="insert-only"):
            tx.exec_driver_sql("DELETE FROM audit_event")

    assert all(before.values())
    assert everything(empty) == before
    assert (written, is_current(empty), breaks) == (read_back, True, [None] * len(breaks))
    assert written.rows == sum(len(rows) for rows in before.values())
    assert file.stat().st_mode & 0o777 == 0o600
    assert rebuild.is_unfinished(empty)
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_nothing_counts_by_itself_in_either_database() -> None:
    """A restore has no sequence to set: every key is ours."""
    alone = [
        table.name
        for table in metadata.sorted_tables
        for column in table.columns
        if column.identity
        or (len(table.primary_key) == 1 and column is table.autoincrement_column and column.type.python_type is int)
    ]

    assert alone == []


def test_a_backup_is_of_one_moment(full: Engine, empty_alike: Engine, tmp_path: Path, now: datetime) -> None:
    before = everything(full)
    added: list[str] = []

    def meanwhile() -> None:
        if not added:
            with transaction(full) as tx:
                added.append(journal.write(tx, "hide", {"study_uid": "1.9"}, now))

    write(full, tmp_path / "a.backup", now, tell=meanwhile)
    restore(empty_alike, tmp_path / "a.backup", now, quiet)

    assert added
    assert everything(empty_alike) == before


def test_without_its_index_the_journal_is_to_be_read_again(
    full: Engine, empty_alike: Engine, tmp_path: Path, now: datetime
) -> None:
    write(full, tmp_path / "a.backup", now, with_index=False)
    before = everything(full)
    restored = restore(empty_alike, tmp_path / "a.backup", now, quiet)
    after = everything(empty_alike)
    with snapshot(empty_alike) as tx:
        waiting = [one.id for one in journal.unapplied(tx)]

    assert not restored.whole
    assert {name for name, rows in after.items() if not rows} == INDEX
    assert sorted(waiting) == sorted(one["id"] for one in before["journal"])


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def without_end(content: bytes) -> bytes:
    """A whole archive of the tables, as a process that was killed between two members could leave."""
    plain = gzip.decompress(content)
    at = plain.index(b"manifest.json")
    return gzip.compress(plain[:at] + bytes(1024))


def altered(content: bytes) -> bytes:
    return gzip.compress(gzip.decompress(content).replace(b"Pi^Ya", b"Li^Na"))


def flipped(content: bytes) -> bytes:
    at = len(content) // 3
    return content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]


def newer(content: bytes) -> bytes:
    plain = gzip.decompress(content)
    return gzip.compress(plain.replace(b'"backup 1"', b'"backup 9"'))


def test_what_is_not_whole_is_refused_and_nothing_is_written(full: Engine, tmp_path: Path, now: datetime) -> None:
    file, other = tmp_path / "a.backup", connect(f"sqlite:///{tmp_path / 'other.db'}")
    write(full, file, now)
    whole = file.read_bytes()
    for damage in (cut, without_end, altered, flipped, newer, lambda _: b"no archive at all"):
        file.write_bytes(damage(whole))
        with pytest.raises(BrokenBackup):
            restore(other, file, now, quiet)
        with other.connect() as connection:
            assert sa.inspect(connection).get_table_names() == [], damage
    other.dispose()


def test_a_database_with_something_in_it_is_left_alone(full: Engine, tmp_path: Path, now: datetime) -> None:
    write(full, tmp_path / "a.backup", now)
    before = everything(full)
    with pytest.raises(NotEmpty):
        restore(full, tmp_path / "a.backup", now, quiet)

    assert everything(full) == before
    assert not rebuild.is_unfinished(full)


def test_an_empty_one_of_this_version_is_filled(
    full: Engine, empty_alike: Engine, tmp_path: Path, now: datetime
) -> None:
    write(full, tmp_path / "a.backup", now)
    migrate(empty_alike)
    restore(empty_alike, tmp_path / "a.backup", now, quiet)

    assert everything(empty_alike) == everything(full)


def test_one_of_an_older_version_is_brought_to_this_one(
    engine: Engine, empty_alike: Engine, tmp_path: Path, now: datetime
) -> None:
    at_revision(engine, "0011")
    with engine.connect() as connection, connection.begin():
        connection.execute(
            sa.text(
                "INSERT INTO organisation (id, code, name, level, since) VALUES ('S', 'T01', 'Hills', 'township', :now)"
            ),
            {"now": now.isoformat(sep=" ")},
        )
        connection.execute(
            sa.text(
                "INSERT INTO segment (id, study_uid, node, key, state, opened_at, stored_at)"
                " VALUES ('A', '1.2', 'n', 'k', 'stored', :now, :now)"
            ),
            {"now": now.isoformat(sep=" ")},
        )
    written = write(engine, tmp_path / "old.backup", now)
    restore(empty_alike, tmp_path / "old.backup", now, quiet)
    after = everything(empty_alike)

    assert written.revision == "0011"
    assert is_current(empty_alike)
    assert [(one["id"], one["since"]) for one in after["organisation"]] == [("S", now)]
    assert [(one["state"], one["compact_at"]) for one in after["segment"]] == [("stored", now)]


def test_one_of_a_newer_version_is_not_understood(full: Engine, tmp_path: Path, now: datetime) -> None:
    file, other = tmp_path / "a.backup", connect(f"sqlite:///{tmp_path / 'other.db'}")
    with full.connect() as connection, connection.begin():
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    write(full, file, now)
    with pytest.raises(SchemaTooNew):
        restore(other, file, now, quiet)
    other.dispose()


def test_a_full_disk_leaves_nothing_behind(full: Engine, tmp_path: Path, now: datetime) -> None:
    def full_disk() -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write(full, tmp_path / "a.backup", now, tell=full_disk)

    assert list(tmp_path.glob("*.backup*")) == list(tmp_path.glob(".*")) == []


def test_one_node_makes_the_backup_of_a_day_and_another_takes_over_from_a_dead_one(engine: Engine) -> None:
    day, at = date(2026, 3, 2), datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    with transaction(engine) as tx:
        first = schedule.claim(tx, day, "one", at)
        others = [schedule.claim(tx, day, "two", at + timedelta(hours=hours)) for hours in (1, 5)]
        mine = schedule.claim(tx, day, "one", at + timedelta(hours=1))
        taken = schedule.claim(tx, day, "two", at + timedelta(hours=8))
        assert taken is not None
        schedule.finish(tx, taken, 7, at + timedelta(hours=9))
        done = [schedule.claim(tx, day, node, at + timedelta(hours=20)) for node in ("one", "two")]
        following = schedule.claim(tx, day + timedelta(days=1), "one", at + timedelta(days=1))
        newest = schedule.newest(tx)

    assert first == mine == taken
    assert (others, done) == ([None, None], [None, None])
    assert following not in (None, first)
    assert newest == at + timedelta(hours=9)


def test_the_archive_is_read_without_us(full: Engine, tmp_path: Path, now: datetime) -> None:
    write(full, tmp_path / "a.backup", now)
    with tarfile.open(tmp_path / "a.backup") as archive:
        inside = {name: archive.extractfile(name) for name in archive.getnames() if name.endswith((".json", ".jsonl"))}
        content = {name: file.read().decode() for name, file in inside.items() if file is not None}
    told = json.loads(content["manifest.json"])
    (lines,) = (said for name, said in content.items() if name.startswith("tables/organisation/"))

    assert {one["name"] for one in told["tables"]} == {table.name for table in metadata.sorted_tables}
    assert "卫生院" in lines or len(lines.splitlines()) > 3
    assert database_dump.count(full) == len(metadata.sorted_tables)
    assert tables.journal.name in {one["name"] for one in told["tables"]}
