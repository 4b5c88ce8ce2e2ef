"""One instance from its first byte to its description (the DICOM JSON of its header, kept beside the row)."""
