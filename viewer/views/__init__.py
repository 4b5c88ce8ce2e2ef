"""What is shown, put together for a page or for JSON."""
