"""An insert that only one of several may win: the others are told that it is taken."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from reading.errors import Invalid


@contextmanager
def taken_as(tx: Connection, field: str) -> Generator[None]:
    """A savepoint in which a unique index decides; the transaction can go on after a refusal.

    Foreign keys have to be checked before, since their violation would be told as the same.

    Raises:
        Invalid: another row has the value of ``field`` already.

    """
    try:
        with tx.begin_nested():
            yield
    except IntegrityError as taken:
        raise Invalid(field, "taken") from taken
