"""DICOM objects of final reports: which version needs which, whether they are made, and which of them are seen."""
