"""Emergency access: whoever treats opens what is not theirs to see, for a reason and some hours, and is judged."""
