"""Frames: found, decoded, encoded, rendered."""
