"""Frames: found, decoded, encoded, compared, rendered."""
