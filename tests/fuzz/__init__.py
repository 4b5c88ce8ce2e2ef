"""What no device should send. The suite runs a slice; `make fuzz` runs each entry for a hundred thousand cases."""
