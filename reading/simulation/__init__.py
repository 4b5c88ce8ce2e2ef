"""Simulation: a day of a region is played through its own policy, queue and clocks, to see whom it needs."""
