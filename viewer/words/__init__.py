"""The two catalogues of texts, and how times, ages, names and codes are worded."""
