"""Bytes and rows: segments, object store, index, database. Knows nothing of DICOM encoding or of people."""
