"""Evaluates expressions, in three values."""
