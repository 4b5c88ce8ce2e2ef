"""The terms that an order may use: modalities, parts of the body, sides."""

from __future__ import annotations

from typing import Final

from reading.cases import examination_codes

MODALITIES: Final = tuple(one for one in examination_codes.MODALITIES if one not in {"PT", "NM", "SM", "OT"})
"""What an examination can be ordered for (PS3.3 C.7.3.1.1.1), the most frequent first."""
BODY_PARTS: Final = (
    "CHEST",
    "RIB",
    "CLAVICLE",
    "BREAST",
    "ABDOMEN",
    "HEAD",
    "CSPINE",
    "TSPINE",
    "LSPINE",
    "PELVIS",
    "SHOULDER",
    "ARM",
    "ELBOW",
    "FOREARM",
    "WRIST",
    "HAND",
    "FINGER",
    "HIP",
    "THIGH",
    "KNEE",
    "LEG",
    "ANKLE",
    "FOOT",
    "TOE",
)
"""What the form of a township shows at once (defined terms of PS3.16 annex L)."""
OTHER_PARTS: Final = tuple(one for one in examination_codes.BODY_PARTS if one not in BODY_PARTS)
"""What it shows on demand, from head to foot; programs may name any other."""
PAIRED: Final = frozenset(
    {
        *("RIB", "CLAVICLE", "SCAPULA", "ACJOINT", "SCJOINT", "SHOULDER", "AXILLA", "ARM", "HUMERUS", "ELBOW"),
        *("FOREARM", "RADIUS", "ULNA", "WRIST", "HAND", "FINGER", "THUMB"),
        *("HIP", "THIGH", "FEMUR", "KNEE", "PATELLA", "LEG", "TIBIA", "FIBULA", "CALF"),
        *("ANKLE", "FOOT", "CALCANEUS", "TOE"),
        "BREAST",
    }
)
"""The parts of which there are two (PS3.16 annex L), in capitals: without a side nobody knows which to examine.

Ribs too: an oblique view shows those of one side.
"""
LATERALITIES: Final = ("", "L", "R", "B")
"""Left, right, both (PS3.3 C.7.3.1); empty where there is no side to name."""
