"""What peers may propose, and what we pick."""

from __future__ import annotations

import pytest
from pydicom.uid import (
    AllTransferSyntaxes,
    UID_dictionary,  # pyright: ignore[reportPrivateImportUsage] # its documented table
)
from pynetdicom.sop_class import _STORAGE_CLASSES  # its table of all of them

from pacs.dimse.negotiation import VERIFICATION, Offer, transfer_syntaxes
from pacs.dimse.private_classes import PRIVATE_CLASSES
from pacs.rights import Right
from reading.kinds import DeviceRight
from storage.instance_row import is_uid

CT = "1.2.840.10008.5.1.4.1.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
WORKLIST = "1.2.840.10008.5.1.4.31"
LOSSY = [
    "1.2.840.10008.1.2.4.50",
    "1.2.840.10008.1.2.4.51",
    "1.2.840.10008.1.2.4.81",
    "1.2.840.10008.1.2.4.91",
    "1.2.840.10008.1.2.4.203",
]


def test_takes_every_storage_class_and_transfer_syntax_that_the_libraries_know() -> None:
    offer = Offer()

    assert all(offer.stores(uid) for uid in _STORAGE_CLASSES.values())
    assert set(AllTransferSyntaxes) <= set(transfer_syntaxes())
    assert len(transfer_syntaxes()) == len(set(transfer_syntaxes()))


@pytest.mark.parametrize(
    "uid",
    [
        "1.2.840.10008.5.1.4.1.2.2.1",  # Study Root FIND
        "1.2.840.10008.5.1.4.1.1.201.2",  # Inventory FIND
        "1.2.840.10008.1.3.10",  # Media Storage Directory
        "1.2.840.10008.1.20.1",  # Storage Commitment
        "1.2.826.0.1.3680043.8.498.7",  # private
    ],
)
def test_takes_nothing_else(uid: str) -> None:
    assert not Offer().stores(uid)


def test_private_ones_are_taken_by_setting() -> None:
    offer = Offer(private_sop_classes=["1.2.3.4"], private_transfer_syntaxes=["1.2.3.5"])

    assert offer.stores("1.2.3.4")
    assert "1.2.3.5" in offer.contexts_for(["1.2.3.4"])[0].transfer_syntax


@pytest.mark.parametrize("uid", PRIVATE_CLASSES)
def test_the_private_classes_of_the_makers_are_taken(uid: str) -> None:
    assert is_uid(uid)
    assert uid not in UID_dictionary
    assert Offer().stores(uid)


def test_what_of_a_device_is_not_accepted_is_said_in_words() -> None:
    proposed = [
        (CT, [EXPLICIT]),
        (CT, ["1.2.3.5"]),  # another of its contexts is accepted
        ("1.3.46.670589.5.0.1", ["1.2.3.5"]),
        ("1.2.840.10008.5.1.1.9", [EXPLICIT]),
        ("1.2.3.4", [EXPLICIT]),
        ("none", [EXPLICIT]),
    ]

    assert Offer().refused(proposed) == {
        "Philips volume, former (1.3.46.670589.5.0.1)",
        "Basic Grayscale Print Management Meta SOP Class (1.2.840.10008.5.1.1.9)",
        "1.2.3.4",
    }
    assert Offer().refused([(CT, [EXPLICIT])]) == frozenset()


def test_prefers_explicit_then_implicit_then_what_loses_nothing() -> None:
    order = [str(uid) for uid in Offer().contexts_for([CT])[0].transfer_syntax]

    assert order[:2] == [EXPLICIT, "1.2.840.10008.1.2"]
    lossless = ["1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.5"]
    assert max(order.index(uid) for uid in lossless) < min(order.index(uid) for uid in LOSSY)


def test_contexts_are_shared_between_associations() -> None:
    offer = Offer()

    assert offer.contexts_for([CT])[0] is offer.contexts_for([CT])[0]


def test_each_sop_class_asks_for_a_right_and_verification_for_none() -> None:
    offer = Offer(services={WORKLIST: Right.WORKLIST}, private_sop_classes=["1.2.3.4"])

    assert [offer.right_for(uid) for uid in (CT, "1.2.3.4", WORKLIST, VERIFICATION, "1.2.3")] == [
        Right.STORE,
        Right.STORE,
        Right.WORKLIST,
        None,
        None,
    ]


def test_the_rights_are_those_of_the_register_of_devices() -> None:
    assert [str(one) for one in Right] == [str(one) for one in DeviceRight]
