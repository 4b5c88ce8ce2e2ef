"""Faces machines: DIMSE and DICOMweb. The only package that knows pydicom, pynetdicom and numpy."""
