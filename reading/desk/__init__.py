"""What a reader is shown: worklist, case."""
