"""Who calls, problems, the frame of a page."""
