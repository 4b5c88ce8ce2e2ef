"""Drafts, versions, seals."""
