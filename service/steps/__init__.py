"""The steps that the worker process repeats: intake, shipping, compaction, checks, backups."""
