"""Silences pydicom, whose warnings and log repeat values of data sets, names among them."""

from __future__ import annotations

import logging
import warnings

from pydicom import config


def quieten() -> None:
    """Call once a process, before the first data set is read; our own checks find what is wrong with one."""
    config.settings.reading_validation_mode = config.IGNORE
    logging.getLogger("pydicom").setLevel(logging.CRITICAL + 1)
    warnings.filterwarnings("ignore", module=r"(pydicom|pacs)\b")
