"""The conformance statement says what a listener really accepts and answers, nothing more and nothing less."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
from pydicom.uid import UID_dictionary
from pynetdicom.presentation import build_context

from pacs.arriving.outcome import STATUS, Reason
from pacs.dataset import character_sets
from pacs.dimse import tls
from pacs.dimse.negotiation import Offer, transfer_syntaxes
from pacs.dimse.peer import Peer, open_association
from pacs.dimse.refusals import Refusal
from pacs.search import matching_keys
from pacs.service_classes import commitment, find, modality_worklist, mpps, mpps_message, retrieve
from reading.audit import Audit
from reading.patients.keys import keys_in
from reading.reports.seal import Seal
from service.installation.house import House
from service.installation.installation import Folders
from service.installation.settings import Settings
from service.wiring.service_classes import services_of
from storage.objects.store import FolderObjectStore
from tests.archive import Archive
from tests.pacs.conftest import small_archive
from tests.standard.test_settings_docs import REPOSITORY

__all__ = ["small_archive"]

PAGE: Final = (REPOSITORY / "docs" / "conformance.md").read_text("utf-8")
PRIVATE: Final = "1.2.826.0.1.3680043.8.498.7"
MOST_CONTEXTS: Final = 128


def section(title: str) -> str:
    """From a heading that begins with ``title`` to the next one of its depth."""
    found = re.search(rf"^(#+) [\d.]+ {re.escape(title)}.*?(?=^\1 |^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None, title
    return found[0]


def statuses(title: str) -> set[str]:
    return set(re.findall(r"^\| ((?:[0-9A-F]{4}(?:, )?)+) \|", section(title), re.MULTILINE))


def stated_services() -> set[str]:
    """The SOP classes of the table of services; ``1.2.3.1, .2`` stands for 1.2.3.1 and 1.2.3.2."""
    named: set[str] = set()
    for uid, more in re.findall(
        r"^\| [A-Z][^|]*? (1\.[\d.]+\d)((?:, \.\d+)*) \| SCP", section("Services"), re.MULTILINE
    ):
        named.add(uid)
        named |= {f"{uid.rpartition('.')[0]}{end}" for end in more.split(", ") if end}
    return named


def test_a_listener_accepts_the_stated_sop_classes_and_no_others(small_archive: Archive, tmp_path: Path) -> None:
    house = House(
        settings=Settings(data_dir=tmp_path),
        folders=Folders(data=tmp_path),
        clock=lambda: datetime.now(UTC),
        engine=small_archive.engine,
        keys=keys_in(tmp_path / "keys"),
        seal=Seal.from_folder(tmp_path / "keys"),
        audit=Audit("test/scp"),
        object_store=FolderObjectStore(tmp_path / "objects"),
    )
    asked = [uid for uid, entry in UID_dictionary.items() if entry[1] in ("SOP Class", "Meta SOP Class")] + [PRIVATE]
    accepted: set[str] = set()
    with small_archive.listening(services_of(house)) as listener:
        peer = Peer(ae_title="TIERREAD", host="127.0.0.1", port=listener.address[1])
        for start in range(0, len(asked), MOST_CONTEXTS - 1):
            # Verification stands in each, since an association without any accepted context is none.
            contexts = [
                build_context("1.2.840.10008.1.1"),
                *map(build_context, asked[start : start + MOST_CONTEXTS - 1]),
            ]
            with open_association("TOWNSHIP", peer, contexts) as association:
                accepted |= {str(context.abstract_syntax) for context in association.accepted_contexts}

    offer = Offer()
    assert accepted == stated_services() | {uid for uid in asked if offer.stores(uid)}


def test_the_preference_of_transfer_syntaxes_is_the_stated_one() -> None:
    order = transfer_syntaxes()
    places = {uid: place for place, uid in enumerate(order)}

    assert "Explicit VR Little Endian, Implicit VR Little\nEndian, lossless compression, others" in PAGE
    assert order[:2] == ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2")
    assert max(places[f"1.2.840.10008.1.2.4.{end}"] for end in (57, 70, 80, 90, 201, 202)) < min(
        places[f"1.2.840.10008.1.2.4.{end}"] for end in (50, 51, 81, 91, 203)
    )


def test_every_refusal_is_listed() -> None:
    assert [one for one in Refusal if str(one.value) not in section("Associations")] == []


@pytest.mark.parametrize(
    ("title", "answered"),
    [
        ("Storage", {status for reason, status in STATUS.items() if reason is not Reason.FAILED}),
        ("Storage commitment", {*commitment.STATUS.values(), *commitment.FAILURE_REASON.values()}),
        (
            "Query (C-FIND)",
            {
                find.PENDING,
                find.PENDING_KEYS_IGNORED,
                find.CANCELLED,
                find.OUT_OF_RESOURCES,
                find.IDENTIFIER_UNFIT,
                find.UNABLE,
            },
        ),
        (
            "Retrieval (C-MOVE, C-GET)",
            {
                retrieve.OUT_OF_RESOURCES,
                retrieve.TOO_MANY_MATCHES,
                retrieve.UNKNOWN_DESTINATION,
                retrieve.IDENTIFIER_UNFIT,
                retrieve.UNABLE,
            },
        ),
        (
            "Modality Worklist",
            {
                modality_worklist.CANCELLED,
                modality_worklist.OUT_OF_RESOURCES,
                modality_worklist.NOT_OF_THIS_CLASS,
                modality_worklist.CANNOT_UNDERSTAND,
            },
        ),
        (
            "Modality Performed Procedure Step",
            {
                mpps.PROCESSING_FAILURE,
                mpps_message.INVALID_VALUE,
                mpps_message.MISSING_ATTRIBUTE,
                mpps_message.MISSING_VALUE,
            },
        ),
    ],
)
def test_every_status_of_a_service_is_listed_where_it_is_described(title: str, answered: set[int]) -> None:
    listed = {status for row in statuses(title) for status in row.split(", ")}

    assert {f"{status:04X}" for status in answered} - listed == set()


def test_every_key_that_a_query_matches_is_listed() -> None:
    words = section("Query (C-FIND)").replace("'", "")

    assert set(KEY_NAMES) == set(matching_keys.KEYS)
    assert [name for name in KEY_NAMES.values() if name not in words] == []


def test_every_character_set_that_is_read_is_listed() -> None:
    words = section("Character sets")
    single = {term.removeprefix("ISO_IR ") for term in character_sets._SINGLE if term}
    extended = {term.removeprefix("ISO 2022 IR ") for term in character_sets._EXTENDED}
    listed = set(re.findall(r"\b(?:\d+|GB18030|GBK)\b", words))

    assert (single | extended) - listed == set()


def test_the_profile_of_tls_is_the_stated_one() -> None:
    words = section("Security")

    assert {cipher.split("-")[0] for cipher in tls.CIPHERS} == {"ECDHE"}
    for part in ("AES-128-GCM-SHA256", "AES-256-GCM-SHA384"):
        assert part in words
        assert any(part.replace("AES-", "AES") in cipher for cipher in tls.CIPHERS)


KEY_NAMES: Final = {
    0x00080016: "SOP Class UID",
    0x00080018: "SOP Instance UID",
    0x00080020: "Study Date",
    0x00080030: "Study Time",
    0x00080050: "Accession Number",
    0x00080060: "Modality",
    0x00080061: "Modalities in Study",
    0x00080090: "Referring Physicians Name",
    0x0008103E: "Series Description",
    0x00081030: "Study Description",
    0x00100010: "Patients Name",
    0x00100020: "Patient ID",
    0x00100021: "Issuer of Patient ID",
    0x00100030: "Birth Date",
    0x00100040: "Sex",
    0x00180015: "Body Part Examined",
    0x0020000D: "Study Instance UID",
    0x0020000E: "Series Instance UID",
    0x00200010: "Study ID",
    0x00200011: "Series Number",
    0x00200013: "Instance Number",
}
