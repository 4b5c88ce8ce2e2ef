"""Bytes wherever they lie: here, in the object store, with another node."""
