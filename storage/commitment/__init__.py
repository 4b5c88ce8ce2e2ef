"""Storage commitment (PS3.4 J): requests, verdicts, and the reports on them."""
