"""`tierread verify` names a signature that does not hold by version and role, and is not sound then."""

from __future__ import annotations

from datetime import datetime

from reading.access.report_seals import BrokenReport
from reading.anchors.check import AnchorFlaw, AuditCheck, BrokenAnchor, RestoredThen
from reading.audit_chains import Break, Flaw
from reading.reports.versions import SealFlaw
from service.commands.verify import ANCHOR_FLAWS, FLAWS, SEAL_FLAWS, SENTENCES, words
from service.steps.verify import Verification
from storage.segments.inspection import Finding


def test_a_broken_signature_is_damage_and_is_named() -> None:
    broken = [
        BrokenReport(version_id="01K1", flaws=(SealFlaw.SIGNATURE,)),
        BrokenReport(version_id="01K2", flaws=(SealFlaw.IDENTITY, SealFlaw.UNSIGNED)),
    ]
    found = Verification(reports=7, broken_reports=broken)
    said = words(found)

    assert not found.sound
    assert "7 reports compared with their signatures" in said
    assert "report version 01K1: a signature does not hold for what it says now" in said
    assert "01K2: it is shown under another patient, name, sex, birth date or side than it was signed for, it" in said
    assert said.endswith("DAMAGE was found")


def test_a_broken_chain_is_worded() -> None:
    found = Verification(
        audit=AuditCheck(
            breaks=[Break(writer="node1/web", number=3, flaw=Flaw.OUT_OF_ORDER)],
            broken_anchors=[BrokenAnchor(number=7, flaw=AnchorFlaw.MISSING)],
            lost_signatures=["01KS"],
        )
    )

    assert "audit chain node1/web breaks at event 3: the event does not follow the one before" in words(found)
    assert "anchor 7 of the audit: it was written, and no object store has it" in words(found)
    assert "signature 01KS: it was anchored, and is gone or changed" in words(found)
    assert words(found).endswith("DAMAGE was found")


def test_what_a_restore_lost_is_said_and_is_no_damage(now: datetime) -> None:
    found = Verification(
        audit=AuditCheck(chains=2, anchors=9, anchored_at=now, after=4, restored=[RestoredThen(at=now, events=6)])
    )

    assert found.sound
    assert "restored at 2026-03-02 08:00 UTC: 6 events of the audit were lost" in words(found)
    assert "2 audit chains, 9 anchors, the last of 2026-03-02 08:00 UTC; 4 events since are not anchored yet" in words(
        found
    )


def test_without_the_keys_it_is_said_that_signatures_were_not_checked() -> None:
    found = Verification(seal_missing=True)

    assert not found.sound
    assert "NOT checked: the keys are missing" in words(found)


def test_every_finding_and_every_flaw_has_words() -> None:
    assert set(SENTENCES) == set(Finding)
    assert set(FLAWS) == set(Flaw)
    assert set(SEAL_FLAWS) == set(SealFlaw)
    assert set(ANCHOR_FLAWS) == set(AnchorFlaw)
