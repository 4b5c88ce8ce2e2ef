"""Sharing: one study that a site lets another one see, and what a patient lets a doctor see by a link."""
