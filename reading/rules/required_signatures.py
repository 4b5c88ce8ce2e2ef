"""The signatures that a rule asks for before a report is released."""

from __future__ import annotations

from collections.abc import Iterable

from reading.cases.moves import SigningRole
from reading.reports.opinion import Result
from reading.reports.seal import BLIND_READING, CONSENSUS, payload_of
from reading.reports.versions import Signature
from reading.rules.rule import Arbitration, Rule


def by_resident(signature: Signature) -> bool:
    """Whether somebody signed as a resident, whom an attending countersigns."""
    return bool(payload_of(signature).get("in_training"))


def _is_enough(rule: Rule, author: Signature) -> bool:
    """Whether a blind reading recalls under a rule that asks for no more than one that does."""
    double, opinion = rule.double_reading, payload_of(author)["content"].get("opinion") or {}
    by_either = double is not None and double.arbitration is Arbitration.RECALL_IF_EITHER
    return by_either and opinion.get("result") == Result.RECALL


def _is_verified(rule: Rule, author: Signature) -> bool:
    """Whether somebody else has to agree with what an author signed."""
    return by_resident(author) or rule.needs_verifier_after(payload_of(author)["title"])


def missing_roles(rule: Rule, signatures: Iterable[Signature]) -> set[SigningRole]:
    """The roles whose signatures the rule still asks for before the release."""
    present = {signature.role: signature for signature in signatures}
    asked = {SigningRole.AUTHOR}
    author = present.get(SigningRole.AUTHOR)
    reading = "" if author is None else payload_of(author).get("reading")
    if author is not None and reading in {BLIND_READING, CONSENSUS}:
        # No rule asks a verifier of two readers; where one recall is enough, it stands with its own signature alone.
        both = {SigningRole.AUTHOR, SigningRole.SECOND}
        alone = reading == BLIND_READING and _is_enough(rule, author)
        return (asked if alone else both) - present.keys()
    # What a verifier passes on to the city instead of signing is signed there, whatever the rule for it says.
    is_passed_on = SigningRole.REVIEWER in present
    if author is not None and not is_passed_on and _is_verified(rule, author):
        asked.add(SigningRole.VERIFIER)
    if rule.reviewed_before_release:
        asked.add(SigningRole.REVIEWER)
    return asked - present.keys()
