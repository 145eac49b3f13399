"""Modules as they are written: which files and folders there are, their blocks, variables and module calls."""
