"""One instance on its way out: corrected, shown in the study where a person put it, transcoded, zipped."""
