"""Segments that were stored before have no second copy yet, and no round has begun."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from storage import schema
from storage.database import snapshot
from storage.keeping import second_copy
from storage.upkeep import rounds, segment_queries
from storage.upkeep.rounds import Round, Task
from tests.storage.instances import NOON
from tests.storage.migrations.upgrading import upgrade_to_before


def test_what_was_stored_before_is_still_to_be_copied_and_read(empty: Engine) -> None:
    upgrade_to_before(empty, "0014")
    with empty.connect() as connection, connection.begin():
        connection.execute(
            sa.text(
                "INSERT INTO segment (id, study_uid, node, key, state, size, opened_at, stored_at) "
                "VALUES ('01K', '1.2.3', 'here', 'segments/01K.tar', 'stored', 7, '2026-03-02 12:00:00+00:00', "
                "'2026-03-02 12:00:00+00:00')"
            )
        )
    schema.migrate(empty)

    with snapshot(empty) as tx:
        waiting, begun, segments = second_copy.backlog(tx), rounds.of(tx, Task.VERIFY), segment_queries.after(tx, "", 2)
    assert (waiting.segments, waiting.oldest) == (1, NOON)
    assert begun == Round(position="", started_at=None, finished_at=None)
    assert [(one.id, one.copied) for one in segments] == [("01K", False)]
