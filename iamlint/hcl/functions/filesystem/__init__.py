"""Functions that read files and directories, and what a path names."""
