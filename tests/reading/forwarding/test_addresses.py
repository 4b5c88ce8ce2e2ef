"""Which addresses the settings allow, and that the act asks."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.engine import Engine

from reading.audit import SYSTEM, Audit
from reading.context import Context
from reading.errors import Invalid
from reading.forwarding import rules
from reading.forwarding.addresses import is_allowed
from reading.forwarding.rules import Moment
from storage.database import transaction
from tests.reading.region import make_region

ORIGINS = ("https://city.example:443", "http://10.0.0.9:8042")


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://city.example/dicomweb", True),
        ("https://City.example:443/dicomweb", True),
        ("http://10.0.0.9:8042", True),
        ("http://city.example/dicomweb", False),
        ("https://city.example:8443/dicomweb", False),
        ("https://city.example@elsewhere.example/", False),
        ("https://somebody:word@city.example/", False),
        ("file://city.example:443/etc", False),
        ("https://city.example:port/", False),
        ("https://[city/", False),
        ("", False),
    ],
)
def test_an_address_is_allowed_by_its_origin(url: str, *, allowed: bool) -> None:
    assert is_allowed(url, ORIGINS) is allowed


def test_the_act_takes_no_address_that_is_not_allowed(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        site_id = make_region(tx, now).hills.id
        ctx, url = Context(tx, Audit("web"), now, SYSTEM), "https://city.example/dicomweb"
        with pytest.raises(Invalid, match="url"):
            rules.add(ctx, site_id=site_id, moment=Moment.QUIET, url=url)
        made = rules.add(ctx, site_id=site_id, moment=Moment.QUIET, url=url, origins=ORIGINS)

    assert made.url == url
