"""Backups: the database written into one file and restored from it."""
