"""`tierread verify` names a signature that does not hold by version and role, and is not sound then."""

from __future__ import annotations

from reading.audit_chains import Break, Flaw
from reading.cases.moves import SigningRole
from reading.reports.seal_check import BrokenSignature
from service.commands.verify import FLAWS, SENTENCES, words
from service.steps.verify import Verification
from storage.segments.inspection import Finding


def test_a_broken_signature_is_damage_and_is_named() -> None:
    broken = [
        BrokenSignature(version_id="01K1", role=SigningRole.AUTHOR),
        BrokenSignature(version_id="01K2", role=None),
    ]
    found = Verification(signatures=7, broken_signatures=broken)
    said = words(found)

    assert not found.sound
    assert "7 signatures checked" in said
    assert "report version 01K1: the signature of its author does not hold" in said
    assert "report version 01K2: it carries no signature, or cannot be read" in said
    assert said.endswith("DAMAGE was found")


def test_a_broken_chain_is_worded() -> None:
    found = Verification(breaks=[Break(writer="node1/web", number=3, flaw=Flaw.OUT_OF_ORDER)])

    assert "audit chain node1/web breaks at event 3: the event does not follow the one before" in words(found)


def test_without_the_keys_it_is_said_that_signatures_were_not_checked() -> None:
    found = Verification(seal_missing=True)

    assert found.sound
    assert "NOT checked: the keys are missing" in words(found)


def test_every_finding_and_every_flaw_has_words() -> None:
    assert set(SENTENCES) == set(Finding)
    assert set(FLAWS) == set(Flaw)
