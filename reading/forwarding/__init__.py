"""Rules that send studies on."""
