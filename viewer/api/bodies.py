"""The bodies of requests: unknown fields are refused, texts are bounded; what they mean is checked in `reading`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from reading.alerts import disposal as disposals
from reading.alerts.read_back import Means
from reading.cases.moves import Step
from reading.checks.finding import Check
from reading.kinds import HeldAs, IdentifierKind, Priority, Sex
from reading.quality import decisions
from reading.queue.screen_state import ScreenState
from reading.reports.not_shown import Fault
from reading.review.review import Outcome
from reading.review.scores import Score
from viewer.http.plain_fields import Plain

Word = Annotated[str, StringConstraints(max_length=200)]
Line = Annotated[str, StringConstraints(max_length=1000)]
Uid = Annotated[str, StringConstraints(max_length=64)]
Revision = Annotated[int, Field(ge=0, lt=1 << 31)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SignIn(Body):
    username: Annotated[Word, Plain]
    password: Word
    code: Annotated[Word, Plain] = ""
    """Of the second factor, or a recovery code, for whoever has one at hand."""


class ShownFactor(Body):
    """A code of an app or a recovery code, or the browser's answer for a passkey."""

    code: Annotated[Word, Plain] = ""
    passkey: dict[str, Any] | None = None


class NewFactor(ShownFactor):
    name: Word


class PersonalSetting(Body):
    value: dict[str, Any]
    revision: Revision
    """0 where it never was set."""


class Slip(Body):
    slip: Annotated[Word, Plain]


class NewPassword(Body):
    current: Word
    new: Word


class Proof(ShownFactor):
    password: Word = ""


class Claim(Body):
    step: Step | None = None


class Chosen(Body):
    """Why somebody takes this case and not the one that they would be handed."""

    why: Line = ""


class Held(Body):
    """An act under a lease, or on a row, of this revision."""

    revision: Revision


class Parked(Held):
    screen: ScreenState = ScreenState()


class HeldWhy(Held):
    why: Line


class Deferred(Held):
    why: Line = ""


class Why(Body):
    why: Line


class SeenWhy(Why):
    """An act on a case; ``revision`` is the case's that was on the screen."""

    revision: Revision


class Split(SeenWhy):
    instances: Annotated[list[Uid], Field(min_length=1, max_length=5000)]
    into_case: Annotated[str, StringConstraints(max_length=26)] | None = None
    """The examination of the same site to which they go; a new one where none is named."""


class Merge(SeenWhy):
    into_case: Annotated[str, StringConstraints(max_length=26)]


class HideImages(SeenWhy):
    instances: Annotated[list[Uid], Field(min_length=1, max_length=5000)]


class Draft(Body):
    content: dict[str, Any]
    revision: Revision
    lease_revision: Revision


class SeriesFault(Body):
    """What went wrong when the desk tried to show a series."""

    fault: Fault
    pictures: Annotated[int, Field(ge=1, lt=1 << 31)] | None = None
    """How many of its pictures were not shown; the whole series where nothing is said."""


class Images(Body):
    """What of the images was on the screen, and what could not be."""

    image_set: Annotated[str, StringConstraints(max_length=64)]
    shown_series: Annotated[dict[Uid, Revision], Field(max_length=2000)]
    """Series Instance UID to how many of its pictures were drawn in full quality, and documents opened."""
    incomplete_reason: Line = ""
    cannot_show: Annotated[dict[Uid, SeriesFault], Field(max_length=2000)] = {}
    """By Series Instance UID."""
    not_shown_reason: Line = ""


class Signed(Images):
    """What somebody signs for."""

    confirmed: Annotated[list[Check], Field(max_length=len(Check))] = []
    """The checks of the text that they confirm by name."""


class Screen(Signed):
    """What was on the screen of somebody who holds the case."""

    lease_revision: Revision


class Sign(Screen):
    content: dict[str, Any]
    draft_revision: Revision


class Verify(Screen):
    content: dict[str, Any] | None = None


class Review(Screen):
    outcome: Outcome
    score: Score | None = None
    comment: Line = ""
    report: dict[str, Any] | None = None


class Addendum(Signed):
    content: dict[str, Any]


class ToCheck(Body):
    """A report while it is written."""

    content: dict[str, Any]


class Values(Body):
    """The values of a template's fields."""

    values: dict[str, Any]


class NewPhrase(Body):
    shortcut: Annotated[str, StringConstraints(max_length=20)]
    words: Annotated[str, StringConstraints(max_length=2000)]
    organisation: Annotated[str, StringConstraints(max_length=40)] = ""
    """Code of the organisation that it is for; their own where none is named."""


class ToPrint(Body):
    """A report before it is signed."""

    content: dict[str, Any]


class NoChange(Images):
    """A reader says that images which came after the report change nothing."""

    revision: Revision
    comment: Line = ""


class ManifestSeries(Body):
    series_uid: Uid
    instances: Annotated[list[Uid], Field(min_length=1, max_length=20_000)]
    """SOP Instance UIDs in the order in which they are counted."""


class Manifest(Body):
    """What a machine is about to send of a study, or has sent."""

    study_uid: Uid
    series: Annotated[list[ManifestSeries], Field(min_length=1, max_length=2000)]


class Critical(Body):
    critical_class: Word
    finding: Line


class WithdrawCritical(Why):
    """``alert`` is the one that was on the screen."""

    alert: Annotated[str, StringConstraints(max_length=26)]


class ReadBack(Body):
    """``said_so``: the words again, where they were refused as other than what was told and were read back so."""

    read_back: Line
    spoken_with: Annotated[str, Field(max_length=100)]
    means: Means
    said_so: Annotated[str, StringConstraints(max_length=1000)] = ""


class Clarification(Body):
    """With whom at the site it was spoken again, and what was agreed."""

    spoken_with: Annotated[str, Field(max_length=100)]
    agreed: Annotated[str, Field(max_length=1000)]


class Disposal(Body):
    """What was done with the patient."""

    disposal: disposals.Disposal
    text: Annotated[str, Field(max_length=1000)] = ""


class Person(Body):
    """The person at the counter and the card that they show."""

    card_type: IdentifierKind | None
    """None: no papers; then they get a temporary number, and may be nameless."""
    card: Annotated[Word, Plain] = ""
    name: Word = ""
    estimated_age: Annotated[Annotated[int, Field(ge=0, le=130)] | None, Plain] = None
    """Years, where nobody knows the birth date of somebody without papers."""
    sex: Sex = Sex.UNKNOWN
    birth_date: Annotated[date | None, Plain] = None
    card_of: HeldAs = HeldAs.OWN
    """Whose card it is: a guardian's stands for the child until the child is of age."""
    guardian: Annotated[str, StringConstraints(max_length=200)] = ""
    """The guardian's name, where it is theirs."""
    telephone: Annotated[Annotated[str, StringConstraints(max_length=40)], Plain] = ""


class Procedure(Body):
    body_part: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    laterality: Annotated[str, StringConstraints(pattern="^[LRBU]?$")] = ""


class Order(Body):
    site: Word
    """Code of the organisation."""
    patient: Person | None = None
    patient_id: Annotated[str, StringConstraints(max_length=26)] | None = None
    """Id of somebody who is registered, instead of a card."""
    modality: Annotated[str, StringConstraints(pattern="^[A-Z]{2,16}$")]
    priority: Priority = Priority.ROUTINE
    procedures: Annotated[list[Procedure], Field(min_length=1, max_length=20)]
    reason: Line = ""
    scheduled_at: AwareDatetime | None = None
    """None: now."""
    station: Annotated[str, StringConstraints(max_length=16)] = ""
    """AE title of the device that is to make it; empty: any of the site."""
    department: Annotated[str, StringConstraints(max_length=60)] = ""
    contrast: bool | None = None
    """Whether it is to be made with a contrast agent; None: not said."""
    again: bool = False
    """Although the same part is ordered for the same day already."""


class Attribution(Body):
    study_uid: Uid
    attributes: dict[str, Annotated[str, StringConstraints(max_length=512)]]
    reason: Annotated[str, StringConstraints(min_length=1, max_length=1000)]
    revision: Revision
    """Of the study's attribution, as it was on the screen: 0 for the study as it came."""
    patient_number: Annotated[Annotated[str, StringConstraints(max_length=16)] | None, Plain] = None


class Decide(Body):
    """A decision about a concern; ``seen`` is how many decisions its history had on the screen."""

    move: decisions.Move
    reason: Annotated[str, StringConstraints(min_length=1, max_length=1000)]
    seen: Revision
    alike: bool = False
    """Decide the same about the concerns of the same study that are like it."""


class NewLink(Body):
    """What a patient shares by a link: a case, or (null) everything of theirs."""

    case_id: Annotated[str, Field(max_length=26)] | None
    days: Annotated[int, Plain]
    passcode: bool = True
    label: Word = ""


class PaperCode(Body):
    code: Annotated[Annotated[str, Field(max_length=60)], Plain]


class PatientSignIn(Body):
    card_type: IdentifierKind | Literal["patient_number"]
    """``patient_number``: the number on the receipt of somebody who held no card."""
    card: Annotated[Word, Plain]
    code: Annotated[Annotated[str, StringConstraints(max_length=20)], Plain]


class Registered(Person):
    """Somebody to be registered without an order; a person without a card gets a temporary number."""

    site: Word
    """Code of the organisation."""


class PatientSearch(Body):
    """A card, a patient number, or name and birth date."""

    card_type: IdentifierKind = IdentifierKind.IDENTITY_CARD
    card: Annotated[Word, Plain] = ""
    number: Annotated[Word, Plain] = ""
    name: Word = ""
    birth_date: Annotated[date | None, Plain] = None


class PatientCorrection(Body):
    """What is left out stays as it is; a null birth date is taken away."""

    revision: Revision
    reason: Line
    name: Word | None = None
    sex: Sex | None = None
    birth_date: Annotated[date | None, Plain] = None
    telephone: Annotated[Annotated[str, StringConstraints(max_length=40)] | None, Plain] = None


class PatientCard(Body):
    """A card that is added to somebody who is registered."""

    revision: Revision
    reason: Line
    card_type: IdentifierKind
    card: Annotated[Word, Plain]
    card_of: HeldAs = HeldAs.OWN
    guardian: Word = ""
    until: AwareDatetime | None = None
    """Earlier than the child's majority, with which a guardian's card ends."""


class Because(Body):
    revision: Revision
    reason: Line


class ProposedMerge(Body):
    other: Annotated[str, StringConstraints(max_length=26)]
    """Id of the record that becomes one of this person."""
    reason: Line


class MergeDecision(Because):
    move: Literal["merge", "decline", "undo"]
