"""Who takes part: organisations, people and their roles, agreements, devices."""
