"""A patient's telephone at the counter: a code goes to the number that was noted, and whoever is there says it."""

from __future__ import annotations

from reading.actions import Action
from reading.audit import Outcome
from reading.context import Context
from reading.errors import Invalid
from reading.patients import telephones
from reading.patients.keys import Keys
from reading.patients.patients import Patient
from reading.registration.records import open_patient
from reading.telephones import codes, numbers
from reading.telephones.codes import Purpose
from reading.viewers import Staff


def send_code(ctx: Context[Staff], keys: Keys, patient_id: str) -> Invalid | None:
    """Send a code to the number that was noted of a person who is there.

    Where the number takes no more today, the refusal is returned, and must be committed.

    Raises:
        NotThere: there is none, or none of their sites registers the person.
        Invalid: no mobile number was noted.

    """
    opened = open_patient(ctx, patient_id, Action.PATIENT_OPEN)
    sent = codes.send(
        ctx.tx,
        keys,
        purpose=Purpose.VERIFY,
        asked=_asked(keys, opened),
        patient_id=opened.id,
        number=_noted(opened),
        now=ctx.now,
        site_id=opened.site_id,
    )
    outcome = Outcome.DONE if sent else Outcome.REFUSED
    ctx.record(action=Action.PATIENT_TELEPHONE_CODE, subject_kind="patient", subject_id=opened.id, outcome=outcome)
    return None if sent else Invalid("telephone_code", "too_many")


def verify(ctx: Context[Staff], keys: Keys, patient_id: str, code: str) -> Invalid | None:
    """Take the code that the person says; a refusal is returned, and must be committed, for the try counts.

    Raises:
        NotThere: there is none, or none of their sites registers the person.
        Invalid: the number was changed since, or so many people have it that it is hardly theirs.

    """
    opened = open_patient(ctx, patient_id, Action.PATIENT_OPEN)
    proved = codes.check(ctx.tx, keys, purposes=[Purpose.VERIFY], asked=_asked(keys, opened), code=code, now=ctx.now)
    outcome = Outcome.REFUSED if proved is None else Outcome.DONE
    ctx.record(action=Action.PATIENT_TELEPHONE, subject_kind="patient", subject_id=opened.id, outcome=outcome)
    if proved is None:
        return Invalid("telephone_code", "wrong")
    if proved.number != _noted(opened):
        raise Invalid("telephone", "changed")
    codes.use(ctx.tx, proved, ctx.now)
    numbers.enter(ctx.tx, keys, opened.id, proved.number, made_by=ctx.who.person_id, now=ctx.now)
    return None


def _noted(opened: Patient) -> str:
    number = telephones.mobile(opened.telephone)
    if not number:
        raise Invalid("telephone", "no_mobile")
    return number


def _asked(keys: Keys, opened: Patient) -> bytes:
    return keys.digest("telephone_verify", opened.id)
