"""Announced against received, late images."""
