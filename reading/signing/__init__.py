"""Signatures, release, withholding, printing."""
