"""Provisional notes: what a doctor of a site wrote down while its line was cut, kept as history and never a report."""
