"""Matching keys and results that C-FIND and QIDO-RS share."""
