"""Evaluates modules: expands calls, evaluates expressions, makes instances."""
