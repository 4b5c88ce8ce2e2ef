"""What readers and townships are shown: worklist, case, priors, and the export of a case."""
