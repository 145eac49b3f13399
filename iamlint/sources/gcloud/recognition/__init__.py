"""Recognises files by path, table, and shape of their documents."""
