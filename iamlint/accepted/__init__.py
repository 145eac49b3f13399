"""What a user accepts: configuration, ignore comments, baselines, and what of it is in force in a run."""
