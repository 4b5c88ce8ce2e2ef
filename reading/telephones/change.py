"""A patient changes the verified telephone in a session that it opened: a code goes to the old number and the new."""

from __future__ import annotations

from reading.actions import Action
from reading.audit import Outcome
from reading.context import Context, without_door
from reading.errors import Invalid, NotAllowed
from reading.patients import telephones
from reading.patients.keys import Keys
from reading.telephones import codes, numbers
from reading.telephones.codes import Purpose
from reading.telephones.numbers import Verified
from reading.viewers import LinkViewer, PatientViewer


@without_door("It concerns the patient's own telephone alone.")
def ask(ctx: Context[PatientViewer], keys: Keys, telephone: str) -> Invalid | None:
    """Send a code to the number in force, and one to the number that is to take its place.

    Where one of them takes no more today, the refusal is returned, and must be committed.

    Raises:
        NotAllowed: the session was not opened by the telephone.
        Invalid: it is no mobile number, or the one in force.

    """
    verified = _verified(ctx, keys)
    number = telephones.mobile(telephone)
    if not number:
        raise Invalid("telephone", "form")
    if number == verified.number:
        raise Invalid("telephone", "unchanged")
    # Where the old number takes none, the new one gets none.
    sent = all(
        codes.send(
            ctx.tx,
            keys,
            purpose=purpose,
            asked=_asked(ctx, keys),
            patient_id=verified.patient_id,
            number=to,
            now=ctx.now,
        )
        for purpose, to in ((Purpose.OLD, verified.number), (Purpose.NEW, number))
    )
    ctx.record(
        action=Action.PATIENT_TELEPHONE_CODE,
        subject_kind="patient",
        subject_id=ctx.who.patient_id,
        outcome=Outcome.DONE if sent else Outcome.REFUSED,
    )
    return None if sent else Invalid("telephone_code", "too_many")


@without_door("It concerns the patient's own telephone alone.")
def change(ctx: Context[PatientViewer], keys: Keys, *, old: str, new: str) -> Invalid | None:
    """Take both codes; the session ends with the number. A refusal is returned, and must be committed.

    Raises:
        NotAllowed: the session was not opened by the telephone.
        Invalid: so many people have the new number that it is hardly theirs.

    """
    verified, asked = _verified(ctx, keys), _asked(ctx, keys)
    proved = [
        codes.check(ctx.tx, keys, purposes=[purpose], asked=asked, code=code, now=ctx.now)
        for purpose, code in ((Purpose.OLD, old), (Purpose.NEW, new))
    ]
    of_old, of_new = proved
    is_right = of_old is not None and of_new is not None and of_old.number == verified.number
    outcome = Outcome.DONE if is_right else Outcome.REFUSED
    ctx.record(action=Action.PATIENT_TELEPHONE, subject_kind="patient", subject_id=ctx.who.patient_id, outcome=outcome)
    if of_old is None or of_new is None or not is_right:
        return Invalid("telephone_code", "wrong")
    for one in (of_old, of_new):
        codes.use(ctx.tx, one, ctx.now)
    numbers.enter(ctx.tx, keys, verified.patient_id, of_new.number, made_by=None, now=ctx.now)
    return None


def _verified(ctx: Context[PatientViewer], keys: Keys) -> Verified:
    found = numbers.of_person(ctx.tx, keys, ctx.who.patient_id)
    if found is None or ctx.who.case_id is not None or isinstance(ctx.who, LinkViewer):
        raise NotAllowed("card_must_be_proved")
    return found


def _asked(ctx: Context[PatientViewer], keys: Keys) -> bytes:
    return keys.digest("telephone_change", ctx.who.patient_id)
