"""An outgoing instance: corrected, and in a transfer syntax that its receiver takes."""

from __future__ import annotations

from pacs.leaving.corrections import Correction, apply_correction
from pacs.pixels.opened import EXPLICIT_LITTLE, HTJ2K, NATIVE, StoredInstance
from pacs.pixels.transcode import file_bytes, to_little


def default_syntax(opened: StoredInstance) -> str:
    """The transfer syntax for a receiver that names none: the stored one.

    An instance that compaction recoded as HTJ2K is sent with native pixels, as it was received.
    """
    recoded = opened.instance.recoded and opened.syntax in HTJ2K
    return EXPLICIT_LITTLE if recoded and opened.instance.received_transfer_syntax_uid in NATIVE else opened.syntax


def outgoing_file(opened: StoredInstance, correction: Correction | None, syntax: str | None = None) -> bytes:
    """A PS3.10 file in memory, corrected and transcoded.

    ``syntax`` is Explicit or Implicit VR Little Endian; None keeps the stored syntax.

    Raises:
        Unreadable: the instance cannot be corrected, and must not be sent.
        NotDecodable: the pixels cannot be transcoded.

    """
    whole = opened.whole()
    if correction is not None:
        apply_correction(whole, correction)
    # A deflated data set was inflated when it was read, and is deflated again.
    return file_bytes(whole, opened.syntax) if syntax is None else to_little(whole, syntax)
