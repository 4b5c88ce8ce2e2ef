"""What a worker repeats."""
