"""An instance as it goes out: with its attribution, in the transfer syntax that its receiver takes."""

from __future__ import annotations

from pacs.leaving.corrections import Correction, apply_correction
from pacs.pixels.opened import EXPLICIT_LITTLE, HTJ2K, NATIVE, StoredInstance
from pacs.pixels.transcode import file_bytes, to_little


def default_syntax(opened: StoredInstance) -> str:
    """The transfer syntax for a receiver that cannot be asked what it takes: nothing that few can read.

    As stored; but what we have made HTJ2K goes out as the native pixels that came.
    """
    recoded = opened.instance.recoded and opened.syntax in HTJ2K
    return EXPLICIT_LITTLE if recoded and opened.instance.received_transfer_syntax_uid in NATIVE else opened.syntax


def outgoing_file(opened: StoredInstance, correction: Correction | None, syntax: str | None = None) -> bytes:
    """A PS3.10 file, in memory; the stored bytes stay as they are.

    ``syntax`` is Explicit or Implicit VR Little Endian; None leaves it in the syntax that it is stored in.

    Raises:
        Unreadable: it cannot be corrected, so it does not go out.
        NotDecodable: it cannot be transcoded.

    """
    whole = opened.whole()
    if correction is not None:
        apply_correction(whole, correction)
    # A deflated one was inflated to be read, and goes out deflated again.
    return file_bytes(whole, opened.syntax) if syntax is None else to_little(whole, syntax)
