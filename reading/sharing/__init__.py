"""Sharing: one study that a site lets another one see, with a reason and an end."""
