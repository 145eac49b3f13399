"""Modules as written: files and folders, blocks, variables and module calls."""
