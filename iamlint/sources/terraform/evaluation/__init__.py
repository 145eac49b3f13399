"""Modules evaluated: calls expanded, expressions worked out, instances made."""
