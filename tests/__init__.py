"""The suite: mirrors the packages file for file."""
