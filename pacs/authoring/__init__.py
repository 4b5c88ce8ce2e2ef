"""DICOM objects that we write: pure functions from plain values to a data set, and how one is kept."""
