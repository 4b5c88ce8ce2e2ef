"""Storage commitment: what was asked, what can be said."""
