"""Numbers: what was done in each step of each case, counted by day and place, and the indicators made of that."""
