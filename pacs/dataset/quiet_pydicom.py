"""Keeps pydicom from repeating what it reads: its warnings and its log hold values of data sets, names among them."""

from __future__ import annotations

import logging
import warnings

from pydicom import config


def quieten() -> None:
    """Once a process, before the first data set is read; what is wrong with one we find out ourselves."""
    config.settings.reading_validation_mode = config.IGNORE
    logging.getLogger("pydicom").setLevel(logging.CRITICAL + 1)
    warnings.filterwarnings("ignore", module=r"(pydicom|pacs|pylibjpeg)\b")
