"""Private storage SOP classes that makers document or other implementations list; PS3.6 has none of them.

Found in conformance statements and in the dictionaries of dcm4che, GDCM and fo-dicom. None was found of Hologic, Konica
Minolta or Canon's newer devices: they send classes of the standard, Hologic's tomosynthesis as Secondary Capture too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PRIVATE_CLASSES: Final[Mapping[str, str]] = {
    # Agfa
    "1.2.124.113532.3500.7": "Agfa basic attribute presentation state",
    "1.2.124.113532.3500.8.1": "Agfa arrival",
    "1.2.124.113532.3500.8.2": "Agfa dictation",
    "1.2.124.113532.3500.8.3": "Agfa report transcription",
    "1.2.124.113532.3500.8.4": "Agfa report approval",
    # TomTec
    "1.2.276.0.48.5.1.4.1.1.7": "TomTec annotation",
    # Toshiba, Canon
    "1.2.392.200036.9116.7.8.1.1.1": "Toshiba ultrasound",
    # Fujifilm
    "1.2.392.200036.9125.1.1.2": "Fujifilm CR image",
    "1.2.392.200036.9125.1.1.4": "Fujifilm mammography CR image",
    # GE
    "1.2.528.1.1001.5.1.1.1": "GE collage",
    "1.2.840.113619.4.2": "GE MR image information",
    "1.2.840.113619.4.3": "GE CT image information",
    "1.2.840.113619.4.4": "GE display image information",
    "1.2.840.113619.4.5.249": "GE RT plan",
    "1.2.840.113619.4.26": "GE 3D model",
    "1.2.840.113619.4.27": "GE eNTEGRA protocol or NM Genie",
    "1.2.840.113619.4.30": "GE PET raw data",
    "2.16.840.1.113709.1.5.1": "GE PACS image management information",
    # eRAD
    "1.2.826.0.1.3680043.293.1.0.1": "eRAD report text",
    "1.2.826.0.1.3680043.293.1.0.2": "eRAD report dictation",
    # Philips, HP
    "1.2.840.113543.6.6.1.3.10001": "Philips Live 3D, first kind",
    "1.2.840.113543.6.6.1.3.10002": "Philips Live 3D, second kind",
    "1.3.46.670589.2.3.1.1": "Philips specialised XA",
    "1.3.46.670589.2.4.1.1": "Philips CX image",
    "1.3.46.670589.2.5.1.1": "Philips 3D presentation state",
    "1.3.46.670589.2.8.1.1": "Philips VRML",
    "1.3.46.670589.2.11.1.1": "Philips volume set",
    "1.3.46.670589.5.0.1": "Philips volume, former",
    "1.3.46.670589.5.0.1.1": "Philips volume",
    "1.3.46.670589.5.0.2": "Philips 3D object, former",
    "1.3.46.670589.5.0.2.1": "Philips 3D object",
    "1.3.46.670589.5.0.3": "Philips surface, former",
    "1.3.46.670589.5.0.3.1": "Philips surface",
    "1.3.46.670589.5.0.4": "Philips composite object",
    "1.3.46.670589.5.0.7": "Philips MR cardio profile",
    "1.3.46.670589.5.0.8": "Philips MR cardio, former",
    "1.3.46.670589.5.0.8.1": "Philips MR cardio",
    "1.3.46.670589.5.0.9": "Philips CT synthetic image",
    "1.3.46.670589.5.0.10": "Philips MR synthetic image",
    "1.3.46.670589.5.0.11": "Philips MR cardio analysis, former",
    "1.3.46.670589.5.0.11.1": "Philips MR cardio analysis",
    "1.3.46.670589.5.0.12": "Philips CX synthetic image",
    "1.3.46.670589.5.0.13": "Philips perfusion",
    "1.3.46.670589.5.0.14": "Philips perfusion image",
    "1.3.46.670589.7.8.1618510091": "Philips X-ray multi-frame",
    "1.3.46.670589.7.8.1618510092": "Philips live run",
    "1.3.46.670589.7.8.16185100129": "Philips run",
    "1.3.46.670589.7.8.16185100130": "Philips reconstruction",
    "1.3.46.670589.11.0.0.12.1": "Philips MR spectrum",
    "1.3.46.670589.11.0.0.12.2": "Philips MR series data",
    "1.3.46.670589.11.0.0.12.3": "Philips MR colour image",
    "1.3.46.670589.11.0.0.12.4": "Philips MR ExamCard",
    # Siemens
    "1.3.12.2.1107.5.9.1": "Siemens CSA non-image",
    "1.3.12.2.1107.5.99.3.10": "Siemens CT and MR volume",
    "1.3.12.2.1107.5.99.3.11": "Siemens AX frame sets",
    # PixelMed, PMOD
    "1.3.6.1.4.1.5962.301.1": "PixelMed legacy converted enhanced CT image",
    "1.3.6.1.4.1.5962.301.2": "PixelMed legacy converted enhanced MR image",
    "1.3.6.1.4.1.5962.301.3": "PixelMed legacy converted enhanced PET image",
    "1.3.6.1.4.1.5962.301.9": "PixelMed floating point image",
    "2.16.840.1.114033.5.1.4.1.1.130": "PMOD multi-frame image",
}
"""What each is, by its UID; accepted and stored like those of the standard."""
