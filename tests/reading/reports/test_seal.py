"""The seal: what it covers, what breaks it, and which cases it draws."""

from __future__ import annotations

import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reading.cases.moves import SigningRole
from reading.errors import KeyFileUnfit
from reading.kinds import Role
from reading.reports.content import Content
from reading.reports.seal import Seal, canonical, holds, payload_of, sign_version
from reading.reports.versions import ReportVersion, Status
from reading.viewers import RoleGrant, Staff
from storage.ids import new_id

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SEAL = Seal(Ed25519PrivateKey.from_private_bytes(bytes(32)))
ADA = Staff(person_id="ada", username="ada", name="Ada", title="主治医师", grants=())
GRANT = RoleGrant(id="grant", person_id="ada", organisation_id="oak", role=Role.READER, since=NOW)
VERSION = ReportVersion(
    id="version",
    case_id="case",
    number=1,
    status=Status.PRELIMINARY,
    content=Content(findings="两肺清晰", impression="未见异常", positive=False),
    identity={"studies": [{"patient_name": "Pia"}], "laterality": "L"},
    images={"set": "ab", "instances": {"1.2.3": "cd"}},
    image_count=1,
    incomplete_reason="",
    supersedes_id=None,
    created_at=NOW,
    released_at=None,
)
SIGNED = sign_version(SEAL, VERSION, SigningRole.AUTHOR, ADA, GRANT, now=NOW)


def test_a_signature_holds_for_what_its_person_saw() -> None:
    assert holds(SIGNED, VERSION, SEAL.public_key)
    assert payload_of(SIGNED)["title"] == "主治医师"


@pytest.mark.parametrize(
    "change",
    [
        {"content": replace(VERSION.content, impression="右下肺炎")},
        {"content": replace(VERSION.content, positive=None)},
        {"identity": {"studies": [{"patient_name": "Quinn"}], "laterality": "L"}},
        {"identity": {"studies": [{"patient_name": "Pia"}], "laterality": "R"}},
        {"images": {"set": "ab", "instances": {"1.2.3": "ce"}}},
        {"images": {"set": "ab", "instances": {}}},
        {"incomplete_reason": "urgent"},
        {"id": "other"},
        {"case_id": "other"},
        {"number": 2},
    ],
)
def test_whatever_changes_in_the_version_breaks_it(change: dict[str, Any]) -> None:
    assert not holds(SIGNED, replace(VERSION, **change), SEAL.public_key)


@pytest.mark.parametrize(
    "change",
    [
        {"role": SigningRole.REVIEWER},
        {"person_id": "ben"},
        {"grant_id": "other"},
        {"payload": SIGNED.payload.replace(b"Ada", b"Ben")},
        {"value": bytes(64)},
        {"key_id": "0" * 64},
    ],
)
def test_whatever_changes_in_the_signature_breaks_it(change: dict[str, Any]) -> None:
    assert not holds(replace(SIGNED, **change), VERSION, SEAL.public_key)


def test_another_installation_did_not_sign_it() -> None:
    assert not holds(SIGNED, VERSION, Ed25519PrivateKey.generate().public_key())


def test_equal_values_have_equal_bytes() -> None:
    assert canonical({"b": 1, "a": "肺"}) == canonical({"a": "肺", "b": 1}) == '{"a":"肺","b":1}'.encode()


def test_the_sample_is_a_fifth_always_the_same_and_another_with_another_key() -> None:
    ids = [new_id() for _ in range(2000)]
    drawn = {each for each in ids if SEAL.draws(each, 20)}

    assert 300 < len(drawn) < 500  # 400 expected, five standard deviations are 89
    assert drawn == {each for each in ids if SEAL.draws(each, 20)}
    assert drawn != {each for each in ids if Seal(Ed25519PrivateKey.generate()).draws(each, 20)}
    assert all(SEAL.draws(each, 100) for each in ids)
    assert drawn <= {each for each in ids if SEAL.draws(each, 40)}


def test_the_key_is_made_once_and_is_nobody_elses_to_read(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    first, second = Seal.from_folder(folder), Seal.from_folder(folder)

    assert first.key_id == second.key_id
    assert stat.S_IMODE((folder / "seal.pem").stat().st_mode) == 0o600


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    Seal.from_folder(tmp_path)
    (tmp_path / "seal.pem").chmod(0o644)

    with pytest.raises(KeyFileUnfit):
        Seal.from_folder(tmp_path)
