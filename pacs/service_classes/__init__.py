"""One file a DIMSE service (PS3.4): query/retrieve, worklist, MPPS, commitment."""
