"""Forwarding rules: who may be sent a site's studies, and the end of a rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy.engine import Engine

from reading.audit import SYSTEM
from reading.context import Context
from reading.errors import Invalid, NotAllowed, NotThere
from reading.forwarding import jobs, rules
from reading.register import organisations
from storage.database import transaction
from tests.reading.clinic import Clinic, send
from tests.reading.forwarding.test_jobs import QUIET, device, planned, rule


def test_only_those_who_read_for_a_site_are_sent_its_studies(clinic: Clinic, engine: Engine, now: datetime) -> None:
    region = clinic.region
    with transaction(engine) as tx:
        for site_id, title in ((region.hills.id, "A"), (region.oak.id, "B"), (region.city.id, "C")):
            rule(tx, clinic, now, device_id=device(tx, site_id, now, title=title))
        for site_id, title in ((region.elm.id, "D"), (region.lake.id, "E")):
            with pytest.raises(NotAllowed):
                rule(tx, clinic, now, device_id=device(tx, site_id, now, title=title))
        for wrong in (
            {"device_id": None},
            {"device_id": device(tx, region.oak.id, now, title="F"), "url": "https://a"},
            {"device_id": device(tx, region.oak.id, now, title="G", port=None)},
        ):
            with pytest.raises(Invalid):
                rule(tx, clinic, now, **({"url": ""} | wrong))
        one = rule(tx, clinic, now)
        agreed = [one for one in organisations.agreements(tx, now) if one.site_id == region.hills.id]
        allowed = [rules.may_receive(tx, one, now)]
        for each in agreed:
            organisations.end_agreement(tx, each.id, now)
        allowed.append(rules.may_receive(tx, one, now))

    assert allowed == [True, False]


def test_a_rule_that_has_ended_sends_nothing(clinic: Clinic, engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        one = rule(tx, clinic, now - QUIET)
        send(tx, clinic, "1.2.1", now)
        planned(tx, one, now + QUIET)
        ended = rules.end(Context(tx, clinic.audit, now + QUIET, SYSTEM), one.id)
        with pytest.raises(NotThere):
            rules.end(Context(tx, clinic.audit, now + QUIET, SYSTEM), one.id)
        claimed = jobs.claim(tx, now + QUIET)
        valid = rules.valid(tx, now + QUIET)

    assert ended == replace(ended, id=one.id, until=now + QUIET)
    assert (claimed, valid) == (None, [])
