"""The database into one file and back."""
