"""The security administrator sees what failed, and nobody else does."""

from __future__ import annotations

from reading.kinds import Role
from storage.database import transaction
from tests.reading.region import hire
from tests.viewer.house import House, give_password


def test_the_security_administrator_sees_who_was_tried_and_who_guesses_at_patients(house: House) -> None:
    with transaction(house.engine) as tx:
        sue = hire(tx, "sue", house.now, (Role.SECURITY_ADMINISTRATOR, house.clinic.region.city))
        give_password(tx, sue)
    house.client().post("/api/session", json={"username": "ada", "password": "guess-guess-guess"})
    tang, quinn = house.signed_in("tang"), house.signed_in("quinn")
    wrong = {"site": "moor", "card_type": "identity_card", "card": "110105199003071220", "name": "Paul"}
    refused = quinn.post("/api/patients", json=wrong)
    seen = house.signed_in("sue").get("/api/security/failures")

    assert refused.status_code == 422
    assert {(one["kind"], one["about"], one["failures"]) for one in seen.json()["failures"]} == {
        ("everybody", "", 1),
        ("account", "ada", 1),
        ("address", "127.0.0.1", 1),
        ("naming", "quinn", 1),
    }
    assert seen.json()["brake_is_on"] is False
    assert tang.get("/api/security/failures").status_code == 403
