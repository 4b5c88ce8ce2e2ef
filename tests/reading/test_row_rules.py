"""Of several that come at once, one wins and the others are told."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from sqlalchemy.engine import Connection, Engine

from reading.errors import Invalid
from reading.kinds import Level
from reading.register import devices, organisations, people
from storage.database import transaction
from tests.reading.region import make_region


def test_of_several_who_want_one_name_at_once_one_gets_it(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        site = make_region(tx, now).hills

    def person(tx: Connection) -> None:
        people.add(tx, username="ada", name="Ada", title="", password_hash="!", now=now)

    def organisation(tx: Connection) -> None:
        organisations.add(tx, code="new", name="New", level=Level.COUNTY, now=now)

    def device(tx: Connection) -> None:
        devices.add(tx, ae_title="DR1", network="10.0.0.1", port=None, site_id=site.id, issuer="", now=now)

    def try_to(add: Callable[[Connection], None]) -> str:
        try:
            with transaction(engine) as tx:
                add(tx)
        except Invalid as refused:
            return f"{refused.field} {refused.problem}"
        return "added"

    wanted = {"username": person, "code": organisation, "ae_title": device}
    with ThreadPoolExecutor(4) as pool:
        told = {field: sorted(pool.map(try_to, [add] * 4)) for field, add in wanted.items()}

    assert told == {field: sorted(["added", *[f"{field} taken"] * 3]) for field in wanted}


def test_the_transaction_goes_on_after_a_refusal(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        make_region(tx, now)
        people.add(tx, username="ada", name="Ada", title="", password_hash="!", now=now)
        try:
            people.add(tx, username="ada", name="Another", title="", password_hash="!", now=now)
        except Invalid as refused:
            told = refused.problem
        people.add(tx, username="ben", name="Ben", title="", password_hash="!", now=now)

    with transaction(engine) as tx:
        assert [one.name for one in people.list_all(tx)] == ["Ada", "Ben"]
    assert told == "taken"
