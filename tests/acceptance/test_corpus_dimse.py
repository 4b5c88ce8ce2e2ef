"""Every file of the corpus is sent over DICOM: none vanishes, none hangs, none takes the listener down."""

from __future__ import annotations

import collections
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from pacs.arriving.outcome import STATUS, Reason
from pacs.pixels.sameness import Encoded, same_instance
from storage.database import connect
from tests import corpus, wire
from tests.archive import Archive
from tests.archive import archive as make_archive
from tests.conftest import need_tool
from tests.corpus import CorpusFile

NO_CONTEXT: Final = "no context"
"""The SOP class is none for storing, so its presentation context is refused (PS3.8 9.3.3.2)."""

# Outside odd/ everything is stored but what is no composite instance: directories of media, whose SOP
# class is not for the network, and test objects without the UIDs that say what and whose they are.
# What has no UIDs is refused and kept in quarantine.
NOT_INSTANCES: Final = {
    **dict.fromkeys(
        (
            "media/dicomdirtests/DICOMDIR",
            "media/dicomdirtests/DICOMDIR-bigEnd",
            "media/dicomdirtests/DICOMDIR-empty.dcm",
            "media/dicomdirtests/DICOMDIR-implicit",
            "media/dicomdirtests/DICOMDIR-nooffset",
            "media/dicomdirtests/DICOMDIR-nopatient",
            "media/dicomdirtests/DICOMDIR-reordered",
            "media/dicomdirtests/TINY_ALPHA/DICOMDIR",
            "other/dwv_DICOMDIR",
            "other/dwv_bbmri.dcmdir.dcm",
            "pr/dcm4che_DICOMDIR",
        ),
        NO_CONTEXT,
    ),
    **dict.fromkeys(
        (
            "charset/pydicom_chrSQEncoding.dcm",
            "charset/pydicom_chrSQEncoding1.dcm",
            "sr/dwv_sr-arrow.dcm",
            "sr/dwv_sr-circle.dcm",
            "sr/dwv_sr-ellipse.dcm",
            "sr/dwv_sr-protractor.dcm",
            "sr/dwv_sr-rectangle.dcm",
            "sr/dwv_sr-roi.dcm",
            "sr/dwv_sr-ruler.dcm",
            "ts/pydicom-data_HTJ2KLossless_08_RGB.dcm",
            "ts/pydicom-data_HTJ2K_08_RGB.dcm",
            "ts/pydicom-data_JLSL_08_07_0_1F.dcm",
            "ts/pydicom-data_JLSL_16_15_1_1F.dcm",
            "ts/pydicom-data_JLSL_RGB_ILV0.dcm",
            "ts/pydicom-data_JLSL_RGB_ILV1.dcm",
            "ts/pydicom-data_JLSL_RGB_ILV2.dcm",
            "ts/pydicom-data_JLSN_RGB_ILV0.dcm",
            "ts/pydicom_JPEGLSNearLossless_08.dcm",
            "ts/pydicom_JPEGLSNearLossless_16.dcm",
            "ts/pydicom_SC_rgb_jls_lossy_line.dcm",
            "ts/pydicom_SC_rgb_jls_lossy_sample.dcm",
        ),
        Reason.NO_UIDS,
    ),
}

# The malformed and hostile files that are refused, and why; those not named are odd, but whole, and stored.
ODD: Final = {
    "odd/dcm4che_3gb-bulk-data-truncated.dcm": Reason.BAD_UID,
    "odd/dcm4che_no_preamble_dicm_in_data.dcm": Reason.TRUNCATED,
    "odd/fo-dicom_GH177_D_CLUNIE_CT1_IVRLE_BigEndian_undefined_length.dcm": Reason.UNREADABLE,
    "odd/fo-dicom_GH179A.dcm": Reason.TRUNCATED,
    "odd/fo-dicom_GH179B.dcm": Reason.TRUNCATED,
    "odd/fo-dicom_GH340.dcm": Reason.NO_UIDS,
    "odd/orthanc-tests_2026-05-06-Deeply-Nested-Sequence.dcm": Reason.UNREADABLE,
    "odd/orthanc-tests_2026-05-26-oob-monochrome-46341.dcm": Reason.NO_PIXELS,
    "odd/orthanc-tests_Issue111.dcm": NO_CONTEXT,
    "odd/orthanc-tests_Issue195-bis.dcm": NO_CONTEXT,
    "odd/orthanc-tests_Issue195.dcm": NO_CONTEXT,
    "odd/orthanc-tests_Issue196.dcm": Reason.NO_UIDS,
    "odd/orthanc-tests_UnknownSopClassUid.dcm": NO_CONTEXT,
    "odd/pydicom-data_bad_sequence.dcm": Reason.BAD_UID,
    "odd/pydicom-data_emri_small_jpeg_2k_lossless_too_short.dcm": Reason.TRUNCATED,
    "odd/pydicom_MR_truncated.dcm": Reason.TRUNCATED,
    "odd/pydicom_UN_sequence.dcm": Reason.NO_UIDS,
    "odd/pydicom_empty_charset_LEI.dcm": Reason.NO_UIDS,
    "odd/pydicom_meta_missing_tsyntax.dcm": Reason.NO_UIDS,
    "odd/pydicom_nested_priv_SQ.dcm": Reason.NO_UIDS,
    "odd/pydicom_no_meta_group_length.dcm": Reason.NO_UIDS,
    "odd/pydicom_priv_SQ.dcm": Reason.NO_UIDS,
    "odd/pydicom_rtplan_truncated.dcm": Reason.TRUNCATED,
}


def tell(heading: str, counts: Mapping[str, int]) -> None:
    """On stderr, which workers of pytest-xdist pass on."""
    lines = [f"  {what:32}{count:4}" for what, count in sorted(counts.items())]
    print("", heading, *lines, sep="\n", file=sys.stderr, flush=True)


@contextmanager
def fresh(template: Path, folder: Path) -> Iterator[Archive]:
    folder.mkdir()
    shutil.copy(template, folder / "tierread.db")
    engine = connect(f"sqlite:///{folder / 'tierread.db'}")
    with make_archive(engine, f"sqlite:///{folder / 'tierread.db'}", folder) as made:
        yield made
    engine.dispose()


def send(archive: Archive, address: tuple[str, int], file: CorpusFile) -> tuple[str, int]:
    """What became of one file, and the status that the sender heard."""
    thing = wire.from_file(file.path)
    told = len(archive.told)
    with wire.Sender(address=address, contexts=[(thing.sop_class, [thing.transfer_syntax])]) as sender:
        if sender.refused:
            return NO_CONTEXT, -1
        status = sender.store(thing)
    (outcome,) = archive.told[told:]
    return outcome.reason, status


def test_every_file_by_a_sender_that_changes_nothing(
    sqlite_template: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Files that contradict each other go to archives of their own: each is stored somewhere, byte for byte."""
    became: dict[str, str] = {}
    heard: dict[str, int] = {}
    waiting = list(corpus.files())
    rounds = 0
    while waiting:
        left: list[CorpusFile] = []
        rounds += 1
        with fresh(sqlite_template, tmp_path / str(rounds)) as archive, archive.listening() as listener:
            for file in waiting:
                reason, status = send(archive, listener.address, file)
                heard[file.name] = status
                if reason == Reason.HELD:
                    left.append(file)
                else:
                    became[file.name] = reason
            with wire.Sender(address=listener.address) as last:
                assert last.echo() == 0
            check_kept(archive, waiting, became)
        assert len(left) < len(waiting)
        waiting = left

    with capsys.disabled():
        counts = collections.Counter(
            ("odd" if name.startswith("odd/") else "corpus", reason) for name, reason in became.items()
        )
        tell(f"corpus by a raw sender, {rounds} archives", {" ".join(key): count for key, count in counts.items()})
    assert len(became) == len(corpus.files())
    refused = {name: reason for name, reason in became.items() if reason not in (Reason.STORED, Reason.ALREADY_HERE)}
    assert refused == {**NOT_INSTANCES, **ODD}
    assert all(
        heard[name] == (-1 if reason == NO_CONTEXT else STATUS[Reason(reason)]) for name, reason in became.items()
    )


def check_kept(archive: Archive, sent: list[CorpusFile], became: dict[str, str]) -> None:
    """What was stored reads as it was sent; what was refused lies in quarantine with its reason."""
    stored = {archive.stored(row) for row in archive.instances()}
    kept = [(row["reason"], archive.quarantine_file(row)) for row in archive.quarantined() if row["key"] is not None]
    for file in sent:
        reason = became.get(file.name)
        dataset = wire.from_file(file.path).dataset
        if reason in (Reason.STORED, Reason.ALREADY_HERE):
            assert dataset in stored, file.name
        elif reason not in (None, NO_CONTEXT):
            assert any(why == reason and data.endswith(dataset) for why, data in kept), file.name


# storescu proposes one family of syntaxes a run.
PROPOSE: Final = {
    "1.2.840.10008.1.2": "-xi",
    "1.2.840.10008.1.2.1": "-xe",
    "1.2.840.10008.1.2.2": "-xb",
    "1.2.840.10008.1.2.1.99": "-xd",
    "1.2.840.10008.1.2.4.50": "-xy",
    "1.2.840.10008.1.2.4.51": "-xx",
    "1.2.840.10008.1.2.4.70": "-xs",
    "1.2.840.10008.1.2.4.80": "-xt",
    "1.2.840.10008.1.2.4.81": "-xu",
    "1.2.840.10008.1.2.4.90": "-xv",
    "1.2.840.10008.1.2.4.91": "-xw",
    "1.2.840.10008.1.2.5": "-xr",
}


def by_syntax(files: list[CorpusFile]) -> dict[str, list[CorpusFile]]:
    groups: dict[str, list[CorpusFile]] = collections.defaultdict(list)
    for file in files:
        groups[PROPOSE.get(wire.from_file(file.path).transfer_syntax, "-xe")].append(file)
    return groups


def one_of_each_uid(files: list[CorpusFile]) -> tuple[dict[str, CorpusFile], list[CorpusFile]]:
    """Files by SOP Instance UID, and those whose UID is taken."""
    chosen: dict[str, CorpusFile] = {}
    left: list[CorpusFile] = []
    for file in files:
        uid = wire.from_file(file.path).sop_instance
        if uid in chosen:
            left.append(file)
        else:
            chosen[uid] = file
    return chosen, left


def test_every_file_that_dcmtk_sends_is_equal_in_elements_and_pixels(
    sqlite_template: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    storescu = need_tool("storescu")
    counts: collections.Counter[str] = collections.Counter()
    unequal: list[str] = []
    waiting = [file for file in corpus.files() if file.name not in NOT_INSTANCES and file.name not in ODD]
    rounds = 0
    while waiting:
        chosen, left = one_of_each_uid(waiting)
        rounds += 1
        with fresh(sqlite_template, tmp_path / str(rounds)) as archive, archive.listening() as listener:
            host, port = listener.address
            for propose, files in by_syntax(list(chosen.values())).items():
                call = [storescu, "-nh", "-R", propose, "-aet", "TOWNSHIP", "-aec", "TIERREAD", host, str(port)]
                subprocess.run(
                    [*call, *(str(file.path) for file in files)],
                    check=False,
                    capture_output=True,
                    timeout=120,
                    env={"TCP_NODELAY": "1"},
                )
            reasons = {outcome.sop_instance_uid: outcome.reason for outcome in archive.told}
            stored = {row["sop_instance_uid"]: row for row in archive.instances()}
            for uid, file in chosen.items():
                reason = reasons.get(uid)
                if reason is Reason.HELD:
                    left.append(file)
                    continue
                sent = wire.from_file(file.path)
                kept = archive.stored(stored[uid]) if uid in stored else None
                if reason is None:
                    counts["not sent by storescu"] += 1
                elif kept is None:
                    counts[f"refused: {reason}"] += 1
                    unequal.append(file.name)
                elif kept == sent.dataset:
                    counts["stored, the same bytes"] += 1
                elif same_instance(
                    Encoded(dataset=sent.dataset, transfer_syntax=sent.transfer_syntax),
                    Encoded(dataset=kept, transfer_syntax=stored[uid]["transfer_syntax_uid"]),
                ):
                    counts["stored, re-encoded on the way"] += 1
                else:
                    unequal.append(file.name)
        assert len(left) < len(waiting)
        waiting = left

    with capsys.disabled():
        tell(f"corpus by storescu, {rounds} archives", counts)
    assert unequal == []
    # It leaves out what it does not know or cannot convert: JPEG XL, retired JPEG, deflated frames, label maps.
    assert counts["not sent by storescu"] < 25
