"""Results of earlier runs, in the user's cache directory: used again while everything that a run read is the same."""
