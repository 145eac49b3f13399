"""The language server: answers requests of the Language Server Protocol about an editor's buffers."""
