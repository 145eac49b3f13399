"""Accepted findings: configuration, ignore comments, baselines, and their effects in a run."""
