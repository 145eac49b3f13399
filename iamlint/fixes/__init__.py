"""Fixes: edits that resolve findings, made by pure functions that rule documents name, and proved before use."""
