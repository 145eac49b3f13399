"""The editor's server: answers the Language Server Protocol about the buffers of an editor."""
