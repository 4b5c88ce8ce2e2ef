"""Whoever tries cards of strangers waits, and nobody else."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Engine

from reading.access.acting import acting
from reading.access.guesses import FREE, WITHIN
from reading.errors import Invalid, TooManyAttempts
from reading.kinds import IdentifierKind, Sex
from reading.orders.registration import CardHolder, find_or_register
from reading.viewers import Staff
from storage.database import transaction
from tests.reading.clinic import open_clinic
from tests.reading.region import KEYS, PIA_CARD, pia


def test_quinn_tries_names_on_a_strangers_card_a_dozen_times_an_hour(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        patient = pia(tx, now)

    def at_the_counter(who: Staff, site_id: str, name: str, at: datetime) -> str:
        holder = CardHolder(
            kind=IdentifierKind.IDENTITY_CARD, card=PIA_CARD, name=name, sex=Sex.UNKNOWN, birth_date=None
        )
        with acting(engine, clinic.audit, at, who) as ctx:
            return find_or_register(ctx, KEYS, holder, site_id).id

    for number in range(FREE):
        with pytest.raises(Invalid):
            at_the_counter(clinic.quinn, clinic.region.moor.id, f"Paul{number}", now + timedelta(minutes=number))
    last = now + timedelta(minutes=FREE)
    with pytest.raises(TooManyAttempts) as refused:
        at_the_counter(clinic.quinn, clinic.region.moor.id, "Pia", last)

    assert refused.value.retry_after == now + WITHIN - last
    assert at_the_counter(clinic.tang, clinic.region.hills.id, "Pia", last) == patient.id
    assert at_the_counter(clinic.quinn, clinic.region.moor.id, "Pia", now + WITHIN) == patient.id
