"""Finding reports: words, fields, categories, dates and people over the final reports that somebody may see."""
