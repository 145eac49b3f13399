"""The results of a run: the report, and the fingerprints of findings."""
