"""Segments, the tar files that instances are appended to, and the files of refused bytes."""
