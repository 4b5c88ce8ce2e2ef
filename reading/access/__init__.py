"""The one door to a person's data."""
