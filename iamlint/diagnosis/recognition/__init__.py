"""Texts of errors: which kind one is, and the values that it states."""
