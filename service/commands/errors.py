"""How an error ends a command: one table from errors to a sentence, a remedy and an exit code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from rich.console import Console
from sqlalchemy.exc import DatabaseError, OperationalError

from reading.access.visibility import NoRight
from reading.errors import (
    Busy,
    ChecksOpen,
    Invalid,
    KeyFileUnfit,
    MoveNotAllowed,
    NotAllowed,
    NotThere,
    ProofTooOld,
    SaidOtherwise,
    SignInOver,
    Stale,
    TooManyAttempts,
    WrongCredentials,
)
from reading.numbers.ratio_document import InvalidRatio
from reading.reports.marks import InvalidMark
from reading.rules.rules_document import InvalidDocument
from reading.simulation.apart import TookTooLong
from reading.simulation.scenario import InvalidScenario, TooLarge
from reading.teaching.words import StillNamed
from reading.templates.document import InvalidTemplate
from service.installation.installation import CannotStart, database_failure
from service.installation.load_settings import WrongSettings
from viewer.views.policy_problems import sentences
from viewer.words.catalogue import Language, catalogue

WRONG_USAGE: Final = 2
"""Also the exit code of settings that cannot be used."""
CANNOT_START: Final = 3
REFUSED: Final = 4


class Refused(Exception):
    """The command line itself refuses what was asked; ``problem`` names the thing, ``remedy`` says what helps."""

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy


@dataclass(frozen=True, kw_only=True)
class Ending:
    """What a command says on standard error when it fails, and its exit code."""

    code: int
    sentence: str
    remedies: tuple[str, ...] = ()


LISTS: Final = {
    "organisation": "`tierread org list` shows the organisations",
    "person": "`tierread person list` shows the people",
    "device": "`tierread device list` shows the devices",
    "agreement": "`tierread org agreement list` shows the agreements",
    "role": "`tierread person list` shows who holds which role",
    "forwarding rule": "`tierread forward list` shows the rules",
    "message": "`tierread messages list` shows the messages",
    "forwarding job": "`tierread forward jobs` shows the jobs",
    "slot": "`tierread roster list` shows the slots",
    "skill": "`tierread skill list` shows who has which skill",
    "absence": "`tierread absence list` shows who is absent",
    "policy": "`tierread policy list` shows the versions",
    "shipped policy": "`tierread policy show --help` says which there are",
    "policy switch": "`tierread policy list --json` shows the switches that have not come",
    "simulation scenario": "`tierread simulate --help` says which there are",
    "price": "`tierread statement prices` shows the price list",
    "journey": "`tierread statement journeys` shows what holds",
    "share": "`tierread share list` shows the shares",
    "case or study": "the id of a case stands in the address of its page",
}
"""By the kind of a thing that was not found: where to look for it."""

PLACES: Final = {
    "code": "CODE",
    "name": "NAME",
    "parent_code": "--parent",
    "region_code": "--region",
    "institution_number": "--number",
    "username": "--username",
    "title": "--title",
    "password": "--password-file",
    "ae_title": "AE_TITLE",
    "network": "--host",
    "host": "--call-at",
    "port": "--port",
    "issuer": "--issuer",
    "character_set": "--character-set",
    "certificate": "--certificate",
    "site": "--site",
    "modality": "--modality",
    "url": "--url",
    "token_file": "--token-file",
    "device": "--to",
    "minutes": "--minutes",
    "disposal_minutes": "--disposal-minutes",
    "modalities": "--modality",
    "body_parts": "--body-part",
    "priority": "--priority",
    "role": "--role",
    "telephone": "--telephone",
    "reason": "--reason",
    "until": "--until",
    "person": "--person",
    "action": "--action",
    "after": "--after",
    "note": "--note",
    "at": "--at",
    "since": "--days",
}
"""Where on the command line a field of `Invalid` is entered."""

INVALID: Final = {
    "code.taken": "another organisation has this code, or had it before it ended",
    "username.taken": "somebody else has this username, or had it",
    "username.length": "a username has 2 to 64 characters",
    "username.characters": "a username has the letters a to z, digits, dot, dash and underscore",
    "password.characters": "the password holds a character that cannot be typed",
    "parent_code.unknown": "no organisation takes part under this code",
    "region_code.length": "a region code of GB/T 2260 has 2, 4, 6, 9 or 12 digits",
    "region_code.characters": "a region code of GB/T 2260 has digits only",
    "institution_number.length": "a unified social credit code has 18 characters, a registration 22 or 23",
    "institution_number.check_character": "the check character of the unified social credit code is wrong",
    "parent_code.under_itself": "it cannot stand under itself or what is below it",
    "role.held_then": "they hold this role there at some of that time",
    "since.agreement_overlap": "there is the same agreement at some of that time",
    "at.agreement_ends_before": "the agreement ends before that",
    "person.unknown": "nobody has or had this username; `tierread person list` shows the people",
    "action.unknown": "docs/audit.md lists the words of the audit",
    "after.form": "give back what the page before said at its end",
    "target.one_of_device_and_url": "name either a device with --to or an address with --url",
    "device.has_no_port": "the entry of this device does not say where it is called: `tierread device set --port`",
    "reason.missing": "say why, in a few words",
    "days.range": "a token is good for one day to five years",
    "ambiguous": "several have this name",
    "all": "something has to stay",
    "another_person": "they belong to different patients",
    "any_address_needs_a_certificate": "a device that may call from any address must be bound to a certificate",
    "characters": "it holds a character that does not belong there",
    "check_character": "its check character is wrong",
    "date": "it is not a date",
    "form": "it is not in the form of its attribute",
    "future_date": "its date lies in the future",
    "minutes_range": "minutes are between 1 and 1440",
    "missing": "it is missing",
    "not_a_boolean": "it is neither true nor false",
    "not_a_certificate": "this file is no certificate",
    "not_a_text": "it is not a text",
    "not_corrected_here": "this attribute cannot be corrected",
    "names_patient": "it has a name or number of a patient",
    "names_somebody": "it has the name of somebody at work, a full date or a telephone number",
    "number": "there are too few or too many of them",
    "patients_card_says_otherwise": "the identity card of the linked patient says otherwise",
    "unknown_field": "there is no such field",
    "unknown_parent": "the code of the organisation above it is unknown",
}
"""By field and word of `Invalid`, or by the word alone, what the viewer's catalogue has no sentence for."""

RULES: Final = {
    "administrators-are-different-people": (
        "this person administers already: system, security and audit administrator are three different people"
    ),
    "administrators-see-no-picture": (
        "system, security and audit administrators see no picture and no report: name somebody without another role"
    ),
    "nobody-audits-themselves": (
        "this person administered system or security within the last year, and would audit their own doings"
    ),
    "case_is_open": "the reading of this case is not over, so its images stay; --open-too erases them all the same",
    "under_a_hold": "these images are under a hold and stay; `tierread hold --end` ends it",
}
"""By the rule of `NotAllowed`, where the command line has more to say than a page."""

KEY_FILES: Final = {
    "open_to_others": "other users may read or write it",
    "length": "it does not hold a key of 32 bytes",
    "not_ed25519": "it does not hold an Ed25519 key",
}
"""By the problem of `KeyFileUnfit`."""


def sentence_of_invalid(field: str, problem: str) -> str | None:
    """The sentence for a word of `Invalid`; None where there is none."""
    known = catalogue(Language.EN)
    return (
        INVALID.get(f"{field}.{problem}")
        or known.get(f"invalid.{field}.{problem}")
        or INVALID.get(problem)
        or known.get(f"invalid.{problem}")
    )


def sentence_of_rule(rule: str) -> str | None:
    """The sentence for a rule of `NotAllowed`; None where there is none."""
    return RULES.get(rule) or catalogue(Language.EN).get(f"rule.{rule}")


def cannot_read(path: Path, error: OSError | UnicodeDecodeError) -> Refused:
    """The refusal of a file that an option names and that cannot be read."""
    why = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
    return Refused(f"{path} cannot be read: {why}", "name a file that this user may read")


def cannot_write(path: Path, error: OSError) -> Refused:
    """The refusal of a file that an option names and that cannot be written."""
    return Refused(f"{path} cannot be written: {error.strerror}", "name a file that this user may write")


def _not_there(error: NotThere) -> Ending:
    thing = " ".join(part for part in (error.kind or "such thing", error.name) if part)
    remedy = LISTS.get(error.kind)
    return Ending(
        code=REFUSED, sentence=f"there is no {thing}, or it has ended", remedies=(remedy,) if remedy is not None else ()
    )


def _invalid(error: Invalid) -> Ending:
    place = PLACES.get(error.field, error.field.replace("_", " "))
    sentence = sentence_of_invalid(error.field, error.problem) or "this value is not accepted"
    return Ending(code=REFUSED, sentence=f"{place}: {sentence}")


def _invalid_document(error: InvalidDocument) -> Ending:
    lines = tuple(f"{place} {what}" for place, what in sentences(error.problems, Language.EN))
    return Ending(code=REFUSED, sentence="the document is no policy:", remedies=lines)


def _invalid_scenario(error: InvalidScenario) -> Ending:
    lines = tuple(f"{place} {what}" for place, what in sentences(error.problems, Language.EN))
    return Ending(code=REFUSED, sentence="the document is no scenario:", remedies=lines)


def _not_allowed(error: NotAllowed) -> Ending:
    return Ending(code=REFUSED, sentence=sentence_of_rule(error.rule) or "a rule does not allow this")


def _key_file(error: KeyFileUnfit) -> Ending:
    problem = KEY_FILES.get(error.problem, "it does not hold a key")
    remedy = (
        f"chmod 600 {error.path}" if error.problem == "open_to_others" else "restore it from the backup of the keys"
    )
    return Ending(code=CANNOT_START, sentence=f"the key file {error.path} is unfit: {problem}", remedies=(remedy,))


def _wrong_settings(error: WrongSettings) -> Ending:
    return Ending(
        code=WRONG_USAGE,
        sentence="the settings are wrong:",
        remedies=tuple(f"{problem.where}: {problem.problem}" for problem in error.problems),
    )


def _cannot_start(error: CannotStart) -> Ending:
    return Ending(code=CANNOT_START, sentence=error.problem, remedies=(error.remedy,))


def _refused(error: Refused) -> Ending:
    return Ending(code=REFUSED, sentence=error.problem, remedies=(error.remedy,) if error.remedy else ())


ENDINGS: Final[Mapping[type[Exception], Callable[[Any], Ending]]] = {
    WrongSettings: _wrong_settings,
    CannotStart: _cannot_start,
    KeyFileUnfit: _key_file,
    OperationalError: lambda error: _cannot_start(database_failure(error)),
    DatabaseError: lambda error: _cannot_start(database_failure(error)),
    Refused: _refused,
    NotThere: _not_there,
    InvalidScenario: _invalid_scenario,
    InvalidDocument: _invalid_document,
    InvalidMark: _invalid,
    InvalidTemplate: lambda error: Ending(
        code=REFUSED, sentence=f"the document is no template: {error.field}: {error.why}"
    ),
    TooLarge: lambda error: Ending(
        code=REFUSED,
        sentence=f"the scenario has {error.asked} {error.what} in all, and at most {error.most} are played",
        remedies=("take fewer days, runs or cases",),
    ),
    InvalidRatio: lambda error: Ending(code=REFUSED, sentence=f"the document is no ratio: {error.field}"),
    TookTooLong: lambda error: Ending(
        code=REFUSED,
        sentence=f"the simulation did not end within {error.seconds} seconds",
        remedies=("take fewer days, runs or cases",),
    ),
    StillNamed: _invalid,
    Invalid: _invalid,
    NotAllowed: _not_allowed,
    NoRight: _not_allowed,
    Stale: lambda _: Ending(code=REFUSED, sentence="somebody changed it at the same time", remedies=("try again",)),
    SaidOtherwise: lambda _: Ending(code=REFUSED, sentence="what was sent before differs from this, and is kept"),
    ChecksOpen: lambda error: Ending(
        code=REFUSED, sentence=f"checks of the report are open: {', '.join((*error.stops, *error.unconfirmed))}"
    ),
    MoveNotAllowed: lambda _: Ending(
        code=REFUSED, sentence="the case has moved on, and this cannot be done to it any more"
    ),
    ProofTooOld: lambda _: Ending(code=REFUSED, sentence="prove again who you are: a password or a factor"),
    SignInOver: lambda _: Ending(code=REFUSED, sentence="the sign-in took too long; begin again with the password"),
    WrongCredentials: lambda _: Ending(code=REFUSED, sentence="the username or the password is wrong"),
    Busy: lambda _: Ending(code=REFUSED, sentence="too many are being served at this moment; try again"),
    TooManyAttempts: lambda _: Ending(code=REFUSED, sentence="too many attempts have failed; try again later"),
}


def ending_of(error: Exception) -> Ending | None:
    """How an error ends the command; None for the unforeseen.

    Only exact kinds of the database's errors are foreseen: an integrity or programming error is a fault of ours.
    """
    endings = cast("Mapping[type[Any], Callable[[Any], Ending]]", ENDINGS)
    for kind, ending in endings.items():
        if type(error) is kind or (isinstance(error, kind) and not isinstance(error, DatabaseError)):
            return ending(error)
    return None


def exit_code_of(run: Callable[[], int]) -> int:
    """Run a command or a process; an error that is foreseen is printed as a sentence with its remedies."""
    try:
        return run()
    except Exception as error:
        ending = ending_of(error)
        if ending is None:
            raise
        console = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)
        console.print(f"tierread: {ending.sentence}")
        for line in ending.remedies:
            console.print(f"  {line}")
        return ending.code
