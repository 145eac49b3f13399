"""Functions that make, read and encode texts."""
