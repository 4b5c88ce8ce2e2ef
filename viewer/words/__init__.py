"""The two catalogues."""
