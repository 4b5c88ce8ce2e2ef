"""The frame of the pages of staff: which ways somebody has, what waits there, and at which of them they stand."""
