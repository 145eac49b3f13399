"""Answers in three values, and globs over texts that may be known in part."""
