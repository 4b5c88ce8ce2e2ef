"""One instance on its way out: corrected, placed, transcoded, zipped."""
