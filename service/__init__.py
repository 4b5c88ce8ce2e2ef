"""The composition root: the `tierread` command, settings, wiring, workers and demo."""
