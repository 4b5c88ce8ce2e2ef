"""Questions before an examination: a site asks whoever reads for it, and gets a protocol or the reason against it."""
